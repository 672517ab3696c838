//! Packages for Debian and of RPM: what they say about themselves, which is what a repository goes by.
//!
//! A repository lists packages by name, version and architecture. The name of a file does not matter to it.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::access::ResourceKind;
use crate::stage::mar::pack::unpack;

/// The most bytes of the description of a package.
const MAX_DESCRIPTION: u64 = 16 << 20;

/// The architectures that Debian packages of releases may have.
const DEBIAN: &[&str] = &["all", "amd64", "arm64", "armel", "armhf", "i386", "riscv64"];

/// The architectures that RPM packages of releases may have.
const RPM: &[&str] = &[
    "aarch64", "armv7hl", "i386", "i686", "noarch", "riscv64", "x86_64",
];

/// What a package says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version; that of an RPM package with its release, as `94.0-1`.
    pub version: String,
    /// The architecture that it is for.
    pub architecture: String,
}

/// Why a file is no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It has another format.
    #[error("the file is not {0}")]
    Format(&'static str),
    /// It ends too early, or a size in it is wrong.
    #[error("the package is damaged: {0}")]
    Damaged(String),
    /// The description lacks something.
    #[error("the package has no {0}")]
    Missing(&'static str),
    /// No machine has this architecture.
    #[error("the architecture {0:?} of the package is unknown")]
    Architecture(String),
}

fn damaged(what: &str) -> PackageError {
    PackageError::Damaged(what.to_owned())
}

impl Package {
    /// Reads a package of a repository.
    ///
    /// # Errors
    /// [`PackageError`] if it is none, or does not describe itself.
    pub fn read(kind: ResourceKind, content: &[u8]) -> Result<Self, PackageError> {
        let (package, known) = match kind {
            ResourceKind::YumRepository => (read_rpm(content)?, RPM),
            ResourceKind::AptRepository | ResourceKind::Bucket => (read_debian(content)?, DEBIAN),
        };
        for (text, what) in [
            (&package.name, "name"),
            (&package.version, "version"),
            (&package.architecture, "architecture"),
        ] {
            if text.is_empty() {
                return Err(PackageError::Missing(what));
            }
        }
        if !known.contains(&package.architecture.as_str()) {
            return Err(PackageError::Architecture(package.architecture));
        }
        Ok(package)
    }

    /// Whether the package is one of a release of this version: its own version is this one, or begins with
    /// it, as `94.0b3~build1` does.
    #[must_use]
    pub fn is_of(&self, version: &str) -> bool {
        let own = match self.version.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
            _ => &self.version,
        };
        // A dash has a meaning of its own in versions of packages, and what follows `~` comes before the rest.
        let letter = version.find(|sign: char| sign.is_ascii_alphabetic());
        let (numbers, letters) = version.split_at(letter.unwrap_or(0));
        let forms = [
            version.to_owned(),
            format!("{numbers}~{letters}"),
            version.replace(['-', '_'], "."),
            version.replace('-', "~"),
        ];
        forms.iter().any(|form| {
            own.strip_prefix(form.as_str()).is_some_and(|rest| {
                let next = rest.chars().next();
                next.is_none_or(|sign| !sign.is_ascii_alphanumeric() && sign != '.')
                    && !is_prerelease(rest)
            })
        })
    }
}

/// Whether what follows a version makes it an earlier one: a beta or a candidate, as in `94.0~b3`.
fn is_prerelease(rest: &str) -> bool {
    let letters = rest.strip_prefix('~').unwrap_or_default();
    ["a", "b", "rc"].iter().any(|start| {
        let number = letters.strip_prefix(start).unwrap_or_default();
        number.starts_with(|sign: char| sign.is_ascii_digit())
    })
}

/// Reads the description of a Debian package: a file of an archive in the package, an `ar` archive.
fn read_debian(content: &[u8]) -> Result<Package, PackageError> {
    let mut rest = content
        .strip_prefix(b"!<arch>\n")
        .ok_or(PackageError::Format("a Debian package"))?;
    let (mut control, mut has_data) = (None, false);
    while !rest.is_empty() {
        let header = rest
            .get(..60)
            .ok_or_else(|| damaged("it is truncated inside a header"))?;
        let text = |from: usize, to: usize| {
            let bytes = header.get(from..to).unwrap_or_default();
            std::str::from_utf8(bytes).unwrap_or_default().trim_end()
        };
        let size: usize = text(48, 58)
            .parse()
            .map_err(|_| damaged("a file in it has no valid size"))?;
        let file = rest
            .get(60..)
            .and_then(|rest| rest.get(..size))
            .ok_or_else(|| damaged("it is truncated inside a file"))?;
        let name = text(0, 16).trim_end_matches('/');
        has_data |= name.starts_with("data.tar");
        if let Some(packing) = name.strip_prefix("control.tar") {
            control = Some((packing, file));
        }
        rest = rest.get(60 + size + size % 2..).unwrap_or_default();
    }
    let (packing, file) = control.ok_or(PackageError::Missing("description"))?;
    if !has_data {
        return Err(PackageError::Missing("files"));
    }
    match packing {
        "" => description(file),
        ".gz" => description(MultiGzDecoder::new(file)),
        ".xz" => {
            let unpacked = unpack(file, MAX_DESCRIPTION);
            let unpacked = unpacked.map_err(|error| damaged(&error.to_string()))?;
            description(&unpacked[..])
        }
        ".zst" => {
            let unpacked = ruzstd::decoding::StreamingDecoder::new(file);
            description(unpacked.map_err(|error| damaged(&error.to_string()))?)
        }
        _ => Err(damaged("its description is packed in an unknown way")),
    }
}

/// Reads the file `control` of an archive.
fn description(reader: impl Read) -> Result<Package, PackageError> {
    let error = |error: std::io::Error| damaged(&error.to_string());
    let mut archive = tar::Archive::new(reader.take(MAX_DESCRIPTION));
    for entry in archive.entries().map_err(error)? {
        let mut entry = entry.map_err(error)?;
        let path = entry.path_bytes();
        if path.strip_prefix(b"./").unwrap_or(&path) != b"control" {
            continue;
        }
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(error)?;
        let field = |name: &str| {
            let mut lines = text.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.unwrap_or_default().trim().to_owned()
        };
        return Ok(Package {
            name: field("Package"),
            version: field("Version"),
            architecture: field("Architecture"),
        });
    }
    Err(PackageError::Missing("description"))
}

/// Reads the description of an RPM package: after the lead and the signatures, a header of tags.
fn read_rpm(content: &[u8]) -> Result<Package, PackageError> {
    let rest = content
        .strip_prefix(b"\xed\xab\xee\xdb")
        .and_then(|rest| rest.get(92..))
        .ok_or(PackageError::Format("an RPM package"))?;
    let signatures = Header::read(rest)?;
    // The next header begins at a multiple of eight.
    let end = signatures.length.next_multiple_of(8);
    let header = Header::read(rest.get(end..).unwrap_or_default())?;
    let version = header.text(1001).unwrap_or_default();
    Ok(Package {
        name: header.text(1000).unwrap_or_default(),
        version: match header.text(1002) {
            Some(release) if !version.is_empty() => format!("{version}-{release}"),
            _ => version,
        },
        architecture: header.text(1022).unwrap_or_default(),
    })
}

/// A header of an RPM package.
struct Header<'a> {
    index: &'a [u8],
    values: &'a [u8],
    /// How many bytes it has in all.
    length: usize,
}

impl<'a> Header<'a> {
    fn read(content: &'a [u8]) -> Result<Self, PackageError> {
        if !content.starts_with(b"\x8e\xad\xe8\x01") {
            return Err(damaged("a header is missing"));
        }
        let number = |at: usize| {
            number(content, at).ok_or_else(|| damaged("it is truncated inside a header"))
        };
        let (count, size) = (number(8)?, number(12)?);
        let parts = || {
            let end = 16usize.checked_add(count.checked_mul(16)?)?;
            let length = end.checked_add(size)?;
            Some(Self {
                index: content.get(16..end)?,
                values: content.get(end..length)?,
                length,
            })
        };
        parts().ok_or_else(|| damaged("it is truncated inside a header"))
    }

    /// The text of a tag.
    fn text(&self, tag: usize) -> Option<String> {
        let mut entries = self.index.chunks_exact(16);
        let entry = entries.find(|entry| number(entry, 0) == Some(tag))?;
        // Texts of one language, and lists of them.
        if ![6, 8, 9].contains(&number(entry, 4)?) {
            return None;
        }
        let value = self.values.get(number(entry, 8)?..)?;
        let end = value.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(value.get(..end)?).into_owned())
    }
}

/// The number of four bytes at a place.
fn number(content: &[u8], at: usize) -> Option<usize> {
    let bytes = content.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(version: &str) -> Package {
        Package {
            name: "hail".to_owned(),
            version: version.to_owned(),
            architecture: "amd64".to_owned(),
        }
    }

    #[test]
    fn versions_of_packages_begin_with_those_of_releases() {
        for (own, version, expected) in [
            ("94.0~build1", "94.0", true),
            ("94.0b3~build1", "94.0b3", true),
            ("94.0~b3~build1", "94.0b3", true),
            ("94.0~b3~build1", "94.0", false),
            ("1:94.0-1", "94.0", true),
            ("94.0a1~20260131120000", "94.0a1", true),
            ("94.0.1~build1", "94.0.1", true),
            ("94.0.1~build1", "94.0", false),
            ("94.0.rc.1-1", "94.0-rc.1", true),
            ("94.0b3~build1", "94.0", false),
            ("94.0b31~build1", "94.0b3", false),
            ("93.0~build1", "94.0", false),
        ] {
            assert_eq!(package(own).is_of(version), expected, "{own} {version}");
        }
    }

    #[test]
    fn other_files_and_damaged_ones_are_refused() {
        let read = |kind, content: &[u8]| Package::read(kind, content).unwrap_err().to_string();
        let (apt, yum) = (ResourceKind::AptRepository, ResourceKind::YumRepository);
        assert_eq!(read(apt, b"text"), "the file is not a Debian package");
        assert_eq!(read(yum, b"!<arch>\n"), "the file is not an RPM package");
        assert_eq!(read(apt, b"!<arch>\n"), "the package has no description");
        let header = format!("{:<48}{:<10}`\n", "data.tar", 5000);
        let cut = format!("!<arch>\n{header}");
        assert_eq!(
            read(apt, cut.as_bytes()),
            "the package is damaged: it is truncated inside a file"
        );
        // Sizes that no file can have.
        let mut lead = b"\xed\xab\xee\xdb".to_vec();
        lead.resize(96, 0);
        lead.extend(b"\x8e\xad\xe8\x01\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
        assert_eq!(
            read(yum, &lead),
            "the package is damaged: it is truncated inside a header"
        );
    }
}
