//! The files of a project as they are at another version.

use crate::decision::parameters::VERSION_FILE;
use crate::ports::files::{FileError, Files, Overlay, normalize};

/// Files in which only the version is another one.
pub struct Versioned<'a> {
    /// The files.
    pub files: &'a dyn Files,
    /// The version.
    pub version: String,
}

impl Overlay for Versioned<'_> {
    fn below(&self) -> &dyn Files {
        self.files
    }

    fn read_over(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match normalize(path).as_deref() {
            Ok(VERSION_FILE) => Ok(format!("{}\n", self.version).into_bytes()),
            _ => self.files.read(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::files::Disk;

    #[test]
    fn the_version_is_another_one_however_its_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in [VERSION_FILE, "other"] {
            std::fs::write(folder.path().join(name), "1.0\n").unwrap();
        }
        let disk = Disk::new(folder.path()).unwrap();
        let files = Versioned {
            files: &disk,
            version: "0.9".to_owned(),
        };
        let read = |path: &str| {
            files
                .read(path)
                .map(|text| String::from_utf8(text).unwrap())
        };
        assert_eq!(read("version.txt"), Ok("0.9\n".to_owned()));
        assert_eq!(read("./a/../version.txt"), Ok("0.9\n".to_owned()));
        assert_eq!(read("other"), Ok("1.0\n".to_owned()));
        assert_eq!(
            files.list("."),
            Ok(["other", "version.txt"].map(str::to_owned).to_vec())
        );
    }
}
