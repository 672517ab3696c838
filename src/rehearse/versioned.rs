//! The files of a project as they are at another version.

use crate::decision::parameters::VERSION_FILE;
use crate::ports::files::{FileError, Files, Found};

/// Files in which only the version is another one.
pub struct Versioned<'a> {
    /// The files.
    pub files: &'a dyn Files,
    /// The version.
    pub version: String,
}

impl Files for Versioned<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match path {
            VERSION_FILE => Ok(format!("{}\n", self.version).into_bytes()),
            _ => self.files.read(path),
        }
    }

    fn mode(&self, path: &str) -> Result<u32, FileError> {
        self.files.mode(path)
    }

    fn is_folder(&self, path: &str) -> Result<bool, FileError> {
        self.files.is_folder(path)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }

    fn walk(&self, path: &str) -> Result<Vec<Found>, FileError> {
        self.files.walk(path)
    }
}
