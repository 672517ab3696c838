//! What signing has to say.

use super::file_type::FileType;
use super::formats::Method;

/// A file to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input<'a> {
    /// Its name as an artifact.
    pub path: &'a str,
    /// Its content.
    pub content: &'a [u8],
    /// The formats that the payload names for it, in any order.
    pub formats: &'a [String],
    /// The comment that goes into a Windows installer package.
    pub comment: Option<&'a str>,
}

/// An artifact of the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// How a format was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The file was signed with a worthless key, and the signature verified.
    Signed {
        /// The name of the certificate.
        certificate: &'static str,
        /// The key: its OpenPGP fingerprint, or the SHA-256 of its public part.
        key: String,
    },
    /// The file was not changed. Its type and what the format needs of it were checked.
    Attested,
}

/// A format that was applied to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The format.
    pub format: String,
    /// What the worker does for it.
    pub method: Method,
    /// How it was applied.
    pub how: How,
    /// The SHA-256 of the file before.
    pub before: String,
    /// The SHA-256 of the file after.
    pub after: String,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
}

/// A file with all its formats applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedFile {
    /// The name of the file that was signed.
    pub path: String,
    /// Its type.
    pub file_type: FileType,
    /// The formats, in the order in which they were applied.
    pub steps: Vec<Step>,
    /// What became of it: the file, and detached signatures.
    pub outputs: Vec<Output>,
}

/// All files of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The certificate.
    pub certificate: &'static str,
    /// The files, in the order of the payload.
    pub files: Vec<SignedFile>,
    /// Public keys, which the worker publishes beside the files.
    pub keys: Vec<Output>,
}

/// Why a file is not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(pub String);

impl Reason {
    /// A reason in these words.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<E: std::error::Error> From<E> for Reason {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Why a task would fail, or sign what must not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {text}", place = path.as_deref().unwrap_or("the task"))]
pub struct Problem {
    /// The file, if it is about one.
    pub path: Option<String>,
    /// What is wrong.
    pub text: String,
}

impl Problem {
    /// A problem of a file.
    #[must_use]
    pub fn of(path: &str, text: impl Into<String>) -> Self {
        Self {
            path: Some(path.to_owned()),
            text: text.into(),
        }
    }

    /// A problem of the task.
    #[must_use]
    pub fn of_task(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { path: None, text }
    }
}
