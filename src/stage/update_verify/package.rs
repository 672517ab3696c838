//! The files of a build that users download.
//!
//! Packages for Linux are opened. For other systems, and where only updates are known, a build is what its
//! complete update installs.

use std::io::Read;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use tar::{Archive, EntryType};

use crate::stage::mar::extract::File;
use crate::stage::mar::install::Tree;
use crate::stage::mar::pack::{Streams, xz_reader};
use crate::stage::safe_path::is_safe;

/// The most bytes that a package may unpack to.
const LIMIT: u64 = 1 << 30;

/// Why a package cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// Packages of this type are not opened.
    #[error("packages of this type are not opened")]
    Type,
    /// It is damaged.
    #[error("the package cannot be unpacked: {0}")]
    Damaged(String),
    /// It holds something that no package of a build holds.
    #[error("the package holds {0:?}, which is no safe path of a file")]
    Unsafe(String),
    /// It is too large.
    #[error("the package unpacks to more than {LIMIT} bytes")]
    TooLarge,
}

impl From<std::io::Error> for PackageError {
    fn from(error: std::io::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// The files of a package, without the folder that all of them are in.
///
/// # Errors
/// [`PackageError`].
pub fn unpack(name: &str, content: &[u8]) -> Result<Tree, PackageError> {
    let reader: Box<dyn Read + '_> = match name.rsplit_once(".tar.") {
        Some((_, "bz2")) => Box::new(MultiBzDecoder::new(content)),
        Some((_, "gz")) => Box::new(MultiGzDecoder::new(content)),
        Some((_, "xz")) => Box::new(xz_reader(content, Streams::Several)),
        _ => return Err(PackageError::Type),
    };
    let mut left = LIMIT;
    let mut tree = Tree::new();
    // Names of files may be long, too.
    let reader = reader.take(LIMIT + LIMIT / 4);
    for entry in Archive::new(reader).entries()? {
        let mut entry = entry?;
        match entry.header().entry_type() {
            EntryType::Regular => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            // Links are no files of an update.
            EntryType::Symlink | EntryType::Link => continue,
            _ => return Err(PackageError::Unsafe(path_of(&entry))),
        }
        let path = path_of(&entry);
        let inner = path.strip_prefix("./").unwrap_or(&path);
        let parts = inner.split_once('/');
        let parts = parts.filter(|(folder, inner)| is_safe(folder) && is_safe(inner));
        let Some(inner) = parts.map(|(_, inner)| inner.to_owned()) else {
            return Err(PackageError::Unsafe(path));
        };
        let mode = entry.header().mode()? & 0o777;
        let mut content = Vec::new();
        entry.by_ref().take(left + 1).read_to_end(&mut content)?;
        left = left
            .checked_sub(content.len() as u64)
            .ok_or(PackageError::TooLarge)?;
        tree.insert(inner, File { mode, content });
    }
    Ok(tree)
}

fn path_of<R: Read>(entry: &tar::Entry<'_, R>) -> String {
    String::from_utf8_lossy(&entry.path_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn package(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o100_755);
            // The crate refuses unsafe paths, which others may write.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&builder.into_inner().unwrap()).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn files_are_below_the_folder_of_the_build() {
        let package = package(&[("firefox/a", "1"), ("./firefox/b/c", "2")]);
        let tree = unpack("firefox-1.0.tar.gz", &package).unwrap();
        let paths: Vec<&str> = tree.keys().map(String::as_str).collect();
        assert_eq!(paths, ["a", "b/c"]);
        assert_eq!(tree["a"].mode, 0o755);
    }

    proptest! {
        #[test]
        fn damaged_packages_are_refused(at in 0_usize..2000, byte in any::<u8>()) {
            let mut package = package(&[("firefox/a", "1"), ("firefox/b/c", "2")]);
            let at = at % package.len();
            package[at] = byte;
            let _ = unpack("a.tar.gz", &package);
            let _ = unpack("a.tar.gz", &package[..at]);
            let _ = unpack("a.tar.xz", &package);
        }
    }

    #[test]
    fn what_is_not_a_package_is_refused() {
        for unsafe_path in ["firefox/../a", "/a", "a", "firefox//a", "firefox/"] {
            let package = package(&[(unsafe_path, "1")]);
            let error = unpack("a.tar.gz", &package).unwrap_err();
            assert_eq!(error, PackageError::Unsafe(unsafe_path.to_owned()));
        }
        assert_eq!(unpack("Firefox 1.0.dmg", b"x"), Err(PackageError::Type));
        for name in ["a.tar.gz", "a.tar.bz2", "a.tar.xz"] {
            assert!(matches!(
                unpack(name, b"damaged"),
                Err(PackageError::Damaged(_))
            ));
        }
    }
}
