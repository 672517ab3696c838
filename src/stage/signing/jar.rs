//! Signatures of JAR files, as extensions and Android packages (their version 1) have them.
//!
//! 1. The manifest lists each member with its digest.
//! 2. The signature file holds the digest of the manifest, and of each of its sections.
//! 3. The block file holds the signature over the signature file, with the certificate.
//!
//! All three are members in `META-INF`.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::zip::{Zip, ZipError};
use crate::stage::keys::{Certificate, Hash, KeyError, Seal, certificate};

/// The largest member that is looked at.
const LARGEST: u64 = 1 << 30;

/// The names of the three members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// The manifest.
    pub manifest: &'static str,
    /// The signature file.
    pub signature: &'static str,
    /// The block file.
    pub block: &'static str,
}

/// The names in extensions.
pub const XPI: Names = Names {
    manifest: "META-INF/manifest.mf",
    signature: "META-INF/mozilla.sf",
    block: "META-INF/mozilla.rsa",
};

/// The names in Android packages.
pub const APK: Names = Names {
    manifest: "META-INF/MANIFEST.MF",
    signature: "META-INF/SIGNATURE.SF",
    block: "META-INF/SIGNATURE.RSA",
};

/// Why a file was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JarError {
    /// It cannot be read.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What the signature of a file is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JarVerdict {
    /// There is none.
    Unsigned,
    /// This certificate signed this content.
    Valid(&'static str),
    /// Another key signed it.
    OtherKey,
    /// The signature does not fit the content; the text says where.
    Changed(String),
}

/// Signs a file, in place of the signature that it has.
///
/// # Errors
///
/// When the file cannot be read, or the key cannot sign.
pub fn sign(zip: &Zip<'_>, names: Names, signer: &Certificate) -> Result<Vec<u8>, JarError> {
    let mut manifest = Text::default();
    manifest.line("Manifest-Version", "1.0");
    manifest.end();
    let mut sections = Text::default();
    for member in &zip.members {
        if is_signature(&member.name) || member.name.ends_with('/') {
            continue;
        }
        let mut section = Text::default();
        section.line("Name", &member.name);
        section.line("SHA-256-Digest", &digest(&member.content(LARGEST)?));
        section.end();
        sections.line("Name", &member.name);
        sections.line("SHA-256-Digest", &digest(&section.0));
        sections.end();
        manifest.0.extend(section.0);
    }
    let mut signature = Text::default();
    signature.line("Signature-Version", "1.0");
    signature.line("SHA-256-Digest-Manifest", &digest(&manifest.0));
    signature.end();
    signature.0.extend(sections.0);
    let block = certificate::signed_data(signer.name, signer.key()?, &signature.0)?;
    let new = [
        (names.manifest.to_owned(), manifest.0),
        (names.signature.to_owned(), signature.0),
        (names.block.to_owned(), block),
    ];
    Ok(zip.with(&new, is_signature)?)
}

/// Checks the signature of a file.
///
/// # Errors
///
/// When the file cannot be read.
pub fn verify(zip: &Zip<'_>, known: &[&'static Certificate]) -> Result<JarVerdict, JarError> {
    let find = |matches: &dyn Fn(&str) -> bool| {
        let found = zip
            .members
            .iter()
            .find(|member| matches(&member.name.to_ascii_uppercase()));
        found.map(|member| member.content(LARGEST)).transpose()
    };
    let block = |name: &str| name.starts_with("META-INF/") && name.ends_with(".RSA");
    let changed = |what: &str| Ok(JarVerdict::Changed(what.to_owned()));
    let Some(member) = zip
        .members
        .iter()
        .find(|m| block(&m.name.to_ascii_uppercase()))
    else {
        // The keys here are all of RSA.
        let others = [".DSA", ".EC"];
        let is_other = |name: String| {
            name.starts_with("META-INF/") && others.iter().any(|end| name.ends_with(end))
        };
        let mut names = zip.members.iter().map(|m| m.name.to_ascii_uppercase());
        return Ok(match names.any(is_other) {
            true => JarVerdict::OtherKey,
            false => JarVerdict::Unsigned,
        });
    };
    let block = member.content(LARGEST)?;
    let beside = member.name.to_ascii_uppercase().replace(".RSA", ".SF");
    let Some(signature) = find(&|name| name == beside)? else {
        return changed("the signature file is missing");
    };
    let mut by = None;
    for certificate in known {
        match certificate::check(&block, &signature, certificate.key()?.public()) {
            Ok(Seal::Matches) => by = Some(certificate.name),
            Ok(Seal::OtherContent) => return changed("the signature file was changed"),
            Ok(Seal::NotThisKey) => {}
            Err(_) => return changed("the block file is damaged"),
        }
    }
    let Some(by) = by else {
        return Ok(JarVerdict::OtherKey);
    };
    let Some(manifest) = find(&|name| name == "META-INF/MANIFEST.MF")? else {
        return changed("the manifest is missing");
    };
    let sections = sections(&signature);
    let whole = sections
        .get("")
        .and_then(|main| main.get("SHA-256-Digest-Manifest"));
    if whole != Some(&digest(&manifest)) {
        return changed("the manifest was changed");
    }
    let listed = self::sections(&manifest);
    for member in &zip.members {
        if is_signature(&member.name) || member.name.ends_with('/') {
            continue;
        }
        let stated = listed
            .get(&member.name)
            .and_then(|section| section.get("SHA-256-Digest"));
        if stated != Some(&digest(&member.content(LARGEST)?)) {
            return Ok(JarVerdict::Changed(format!(
                "{:?} was changed",
                member.name
            )));
        }
    }
    let names: BTreeSet<&str> = zip.names().into_iter().collect();
    let gone = listed
        .keys()
        .find(|name| !name.is_empty() && !names.contains(name.as_str()));
    Ok(match gone {
        Some(name) => JarVerdict::Changed(format!("{name:?} is missing")),
        None => JarVerdict::Valid(by),
    })
}

/// Whether a member belongs to a signature, by its name.
#[must_use]
pub fn is_signature(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let Some(inner) = name.strip_prefix("META-INF/") else {
        return false;
    };
    let ends = [".SF", ".RSA", ".DSA", ".EC"]
        .iter()
        .any(|end| inner.ends_with(end));
    !inner.contains('/') && (inner == "MANIFEST.MF" || inner.starts_with("COSE.") || ends)
}

fn digest(content: &[u8]) -> String {
    STANDARD.encode(Hash::Sha256.digest(&[content]))
}

/// A manifest, or a part of one.
#[derive(Debug, Default)]
struct Text(Vec<u8>);

impl Text {
    /// Adds a line. One with more than 72 bytes is continued on the next, behind a blank.
    fn line(&mut self, key: &str, value: &str) {
        let line = format!("{key}: {value}");
        let mut rest = line.as_bytes();
        let mut room = 72;
        while let Some((now, later)) = rest
            .split_at_checked(room)
            .filter(|(_, later)| !later.is_empty())
        {
            self.0.extend([now, b"\r\n "].concat());
            (rest, room) = (later, 71);
        }
        self.0.extend([rest, b"\r\n"].concat());
    }

    fn end(&mut self) {
        self.0.extend(b"\r\n");
    }
}

/// The sections of a manifest by the name in them; that of the first is empty.
fn sections(text: &[u8]) -> BTreeMap<String, BTreeMap<String, String>> {
    let text = String::from_utf8_lossy(text)
        .replace("\r\n", "\n")
        .replace("\n ", "");
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for section in text.split("\n\n") {
        let lines = section.lines().filter_map(|line| line.split_once(": "));
        let fields: BTreeMap<String, String> = lines
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        if !fields.is_empty() {
            let name = fields.get("Name").cloned().unwrap_or_default();
            sections.insert(name, fields);
        }
    }
    sections
}
