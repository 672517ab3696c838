//! Packages for the Microsoft Store.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::element::Element;
use super::inside::{self, InsideError, MAX_FILE, is_safe};
use super::xml::{self, XmlError};
use crate::base::version::{ReleaseChannel, Version};
use crate::stage::ini;
use crate::stage::keys::Hash;
use crate::stage::signing::zip::{Member, Zip, ZipError};

/// How many bytes a hash of the map is for.
const BLOCK: usize = 65_536;

/// Files that the map does not list.
const NOT_LISTED: &[&str] = &[
    "AppxBlockMap.xml",
    "AppxSignature.p7x",
    "[Content_Types].xml",
    "AppxMetadata/CodeIntegrity.cat",
];

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Msix {
    /// The name of the application for the store.
    pub name: String,
    /// Who publishes it.
    pub publisher: String,
    /// Its version: four numbers.
    pub version: String,
    /// The processor that it is for.
    pub architecture: String,
    /// The version of the application in it.
    pub application_version: String,
    /// The id of its build.
    pub build_id: String,
    /// How many files it has.
    pub files: usize,
    /// How many blocks were compared with the map.
    pub blocks: usize,
    /// Whether it is signed.
    pub is_signed: bool,
}

/// Why a package is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MsixError {
    /// It is damaged, or has bad paths.
    #[error(transparent)]
    Inside(#[from] InsideError),
    /// A file is missing.
    #[error("the package has no {0}")]
    Missing(&'static str),
    /// A file is not what it should be.
    #[error("{file}: {error}")]
    Xml {
        /// The file.
        file: &'static str,
        /// The error.
        error: XmlError,
    },
    /// The manifest lacks something.
    #[error("AppxManifest.xml has no {0}")]
    Manifest(&'static str),
    /// There is another number of files about the application than one.
    #[error("the package has {0} files application.ini, but there must be exactly one")]
    Applications(usize),
    /// The file about the application lacks something.
    #[error("application.ini has no {0}")]
    Application(&'static str),
    /// The map does not list a file.
    #[error("AppxBlockMap.xml does not list {0}")]
    NotListed(String),
    /// The map lists a file that does not exist.
    #[error("AppxBlockMap.xml lists {0}, which does not exist")]
    NoFile(String),
    /// The map has another hash.
    #[error("AppxBlockMap.xml: the block {block} of {file} has another hash")]
    Hash {
        /// The file.
        file: String,
        /// The number of the block, from 0.
        block: usize,
    },
    /// The map has another size or number of blocks.
    #[error("AppxBlockMap.xml: {0} has another size or number of blocks")]
    Size(String),
    /// The map uses other hashes.
    #[error("AppxBlockMap.xml uses another hash than SHA-256")]
    Method,
}

/// Reads a package, and compares all files with the map of blocks.
///
/// # Errors
/// [`MsixError`].
pub fn read(bytes: &[u8]) -> Result<Msix, MsixError> {
    let zip = inside::open(bytes)?;
    let files = inside::test(&zip)?;
    let manifest = document(&zip, "AppxManifest.xml")?;
    let identity = manifest
        .child("Identity")
        .ok_or(MsixError::Manifest("Identity"))?;
    let of = |name: &'static str| {
        let value = identity.attribute(name).map(str::to_owned);
        value.ok_or(MsixError::Manifest(name))
    };
    let members = members(&zip)?;
    let named = |(name, member): (&String, &'_ &Member<'_>)| {
        let is_one = name == "application.ini" || name.ends_with("/application.ini");
        is_one.then(|| member.name.clone())
    };
    let applications: Vec<String> = members.iter().filter_map(named).collect();
    let [application] = &applications[..] else {
        return Err(MsixError::Applications(applications.len()));
    };
    let application = inside::text(&zip, application)?.unwrap_or_default();
    let value = |key: &'static str| {
        let value = ini::value(&application, "App", key).map(str::to_owned);
        value.ok_or(MsixError::Application(key))
    };
    Ok(Msix {
        name: of("Name")?,
        publisher: of("Publisher")?,
        version: of("Version")?,
        architecture: identity
            .attribute("ProcessorArchitecture")
            .unwrap_or("neutral")
            .to_owned(),
        application_version: value("Version")?,
        build_id: value("BuildID")?,
        files,
        blocks: blocks(&zip, members)?,
        is_signed: zip.member("AppxSignature.p7x").is_some(),
    })
}

fn document(zip: &Zip<'_>, file: &'static str) -> Result<Element, MsixError> {
    let text = inside::text(zip, file)?.ok_or(MsixError::Missing(file))?;
    xml::read(&text).map_err(|error| MsixError::Xml { file, error })
}

/// The files by the names that they are unpacked to: those in the ZIP file are escaped as in an address.
///
/// The systems that the package is for do not tell names apart by their case, so two names that differ in
/// nothing else are one.
fn members<'z, 'a>(zip: &'z Zip<'a>) -> Result<BTreeMap<String, &'z Member<'a>>, InsideError> {
    let mut members = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for member in &zip.members {
        let name = percent_decode_str(&member.name).decode_utf8();
        let name = name.map_err(|_| ZipError::Damaged("a name is not UTF-8"))?;
        if !is_safe(&name) {
            return Err(InsideError::Path(member.name.clone()));
        }
        if !seen.insert(name.trim_end_matches('/').to_lowercase()) {
            return Err(InsideError::Twice(name.into_owned()));
        }
        if !name.ends_with('/') {
            members.insert(name.into_owned(), member);
        }
    }
    Ok(members)
}

/// Compares all files with the map; returns how many blocks there are.
fn blocks(zip: &Zip<'_>, mut members: BTreeMap<String, &Member<'_>>) -> Result<usize, MsixError> {
    let map = document(zip, "AppxBlockMap.xml")?;
    if map.attribute("HashMethod") != Some("http://www.w3.org/2001/04/xmlenc#sha256") {
        return Err(MsixError::Method);
    }
    let listed = map.all("File").map(|file| {
        let name = file.attribute("Name").unwrap_or_default();
        (name.replace('\\', "/"), file)
    });
    let mut count = 0;
    for (name, file) in listed {
        let member = members.remove(&name);
        let member = member.ok_or_else(|| MsixError::NoFile(name.clone()))?;
        let content = member.content(MAX_FILE).map_err(InsideError::Zip)?;
        let size = file.attribute("Size").and_then(|size| size.parse().ok());
        let hashes: Vec<&Element> = file.all("Block").collect();
        if size != Some(content.len()) || hashes.len() != content.len().div_ceil(BLOCK) {
            return Err(MsixError::Size(name));
        }
        for (block, (content, hash)) in content.chunks(BLOCK).zip(hashes).enumerate() {
            count += 1;
            let expected = STANDARD.encode(Hash::Sha256.digest(&[content]));
            if hash.attribute("Hash") != Some(expected.as_str()) {
                return Err(MsixError::Hash { file: name, block });
            }
        }
    }
    let left = members
        .into_keys()
        .find(|name| !NOT_LISTED.contains(&name.as_str()));
    match left {
        Some(name) => Err(MsixError::NotListed(name)),
        None => Ok(count),
    }
}

/// The version that the package of a version has; `None` if it cannot be computed.
///
/// Numbers are padded to three with 0, the number of a beta is the third one, and the fourth one is 0. The
/// version of a nightly build has the month, and day and hour of the build.
#[must_use]
pub fn version(version: &str, build_id: &str) -> Option<String> {
    let read: Version = version.parse().ok()?;
    let number = |at: usize| read.numbers.get(at).copied().unwrap_or_default();
    Some(match read.channel {
        ReleaseChannel::Nightly(_) => {
            let part = |from: usize, to: usize| build_id.get(from..to)?.parse::<u32>().ok();
            let month = format!("{}{}", part(2, 4)?, build_id.get(4..6)?);
            let hour = format!("{}{}", part(6, 8)?, build_id.get(8..10)?);
            format!("{}.{month}.{hour}.0", number(0))
        }
        ReleaseChannel::Beta(beta) | ReleaseChannel::Candidate(beta) => {
            format!("{}.{}.{beta}.0", number(0), number(1))
        }
        ReleaseChannel::Release | ReleaseChannel::Esr => {
            format!("{}.{}.{}.0", number(0), number(1), number(2))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::makers::{self, Facts};

    /// A made package with one more file, of this name in the ZIP file.
    fn with(name: &str) -> Result<Msix, MsixError> {
        let facts = Facts {
            product: "hail",
            version: "94.0",
            build_id: "20261130093000",
            platform: "win64",
            locale: "en-US",
            label: "build-hail",
            branch: "try",
        };
        let bytes = makers::make("target.msix", &facts).unwrap();
        let zip = Zip::read(&bytes).unwrap();
        let more = [(name.to_owned(), b"more".to_vec())];
        read(&zip.with(&more, |_| false).unwrap())
    }

    #[test]
    fn names_are_those_that_are_unpacked() {
        // Signatures are not in the map.
        assert!(with("AppxMetadata/CodeIntegrity.cat").is_ok());
        assert!(with("AppxMetadata/Code%49ntegrity.cat").is_ok());
        for name in [
            "%2e%2e/evil",
            "a/%2E./evil",
            "%2fevil",
            "a%5cevil",
            "c%3a/evil",
            "a%00",
        ] {
            let refused = MsixError::Inside(InsideError::Path(name.to_owned()));
            assert_eq!(with(name), Err(refused), "{name}");
        }
        for (name, unpacked) in [
            ("AppxManifest%2exml", "AppxManifest.xml"),
            ("appxmanifest.xml", "AppxManifest.xml"),
            ("Assets/%53toreLogo.png", "Assets/StoreLogo.png"),
            ("assets/storelogo.png/", "Assets/StoreLogo.png"),
        ] {
            let refused = MsixError::Inside(InsideError::Twice(unpacked.to_owned()));
            assert_eq!(with(name), Err(refused), "{name}");
        }
        let refused = with("%ff").unwrap_err().to_string();
        assert!(refused.contains("not UTF-8"), "{refused}");
        assert_eq!(with("%252e"), Err(MsixError::NotListed("%2e".to_owned())));
    }

    #[test]
    fn versions_have_four_numbers() {
        for (text, expected) in [
            ("142.0b3", "142.0.3.0"),
            ("142.0", "142.0.0.0"),
            ("142.0.1", "142.0.1.0"),
            ("140.12.0esr", "140.12.0.0"),
            ("96.0a1", "96.2111.816.0"),
        ] {
            assert_eq!(
                version(text, "20211108163854").as_deref(),
                Some(expected),
                "{text}"
            );
        }
        assert_eq!(version("96.0a1", "x"), None);
        assert_eq!(version("x", ""), None);
    }
}
