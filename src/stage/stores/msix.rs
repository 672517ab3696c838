//! Packages for the Microsoft Store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::element::Element;
use super::inside::{self, InsideError, MAX_FILE};
use super::xml::{self, XmlError};
use crate::base::version::{ReleaseChannel, Version};
use crate::stage::keys::Hash;
use crate::stage::signing::zip::Zip;

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
    let named = |name: &&str| {
        let name = percent_decode_str(name).decode_utf8_lossy();
        name == "application.ini" || name.ends_with("/application.ini")
    };
    let applications: Vec<&str> = zip.names().into_iter().filter(named).collect();
    let [application] = applications[..] else {
        return Err(MsixError::Applications(applications.len()));
    };
    let application = inside::text(&zip, application)?.unwrap_or_default();
    let value = |key: &'static str| {
        let value = inside::ini(&application, "App", key).map(str::to_owned);
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
        blocks: blocks(&zip)?,
        is_signed: zip.member("AppxSignature.p7x").is_some(),
    })
}

fn document(zip: &Zip<'_>, file: &'static str) -> Result<Element, MsixError> {
    let text = inside::text(zip, file)?.ok_or(MsixError::Missing(file))?;
    xml::read(&text).map_err(|error| MsixError::Xml { file, error })
}

/// Compares all files with the map; returns how many blocks there are.
fn blocks(zip: &Zip<'_>) -> Result<usize, MsixError> {
    let map = document(zip, "AppxBlockMap.xml")?;
    if map.attribute("HashMethod") != Some("http://www.w3.org/2001/04/xmlenc#sha256") {
        return Err(MsixError::Method);
    }
    let listed: Vec<(String, &Element)> = map
        .all("File")
        .map(|file| {
            (
                file.attribute("Name")
                    .unwrap_or_default()
                    .replace('\\', "/"),
                file,
            )
        })
        .collect();
    let mut members: std::collections::BTreeMap<String, _> = zip
        .members
        .iter()
        .filter(|member| !member.name.ends_with('/'))
        .map(|member| {
            let name = percent_decode_str(&member.name).decode_utf8_lossy();
            (name.into_owned(), member)
        })
        .collect();
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
