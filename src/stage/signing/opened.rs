//! Files, opened as far as the checks need it.

use super::file_type::FileType;
use super::report::Output;
use super::zip::Zip;

/// A file, opened as far as the checks need it.
#[derive(Debug)]
pub struct Opened<'a> {
    /// Its name.
    pub path: &'a str,
    /// Its content.
    pub content: &'a [u8],
    /// The ZIP file that it is.
    pub zip: Option<Zip<'a>>,
    /// Its type.
    pub file_type: FileType,
}

impl<'a> Opened<'a> {
    /// Opens a file.
    #[must_use]
    pub fn new(path: &'a str, content: &'a [u8]) -> Self {
        let zip = Zip::read(content).ok();
        let names = zip.as_ref().map(Zip::names);
        let file_type = FileType::of(content, names.as_deref());
        Self {
            path,
            content,
            zip,
            file_type,
        }
    }

    /// The file with another content, or, with an ending, a file beside it.
    #[must_use]
    pub fn output(&self, ending: &str, content: Vec<u8>) -> Output {
        let path = format!("{}{ending}", self.path);
        Output { path, content }
    }

    /// Whether the name has an ending.
    #[must_use]
    pub fn ends(&self, end: &str) -> bool {
        self.path.ends_with(end)
    }
}
