//! The files of a repository.

/// Why a file or branch cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// There is no such branch.
    #[error("the repository has no branch {0}")]
    Branch(String),
    /// There is no such revision.
    #[error("the repository has no revision {0}")]
    Revision(String),
    /// The repository cannot be read.
    #[error("cannot read the repository: {0}")]
    Unreadable(String),
    /// The file is no text.
    #[error("{0} is not a text of at most {MAX_FILE} bytes")]
    NoText(String),
    /// The file is too large.
    #[error("{0} has more than {MAX_FILE} bytes")]
    TooLarge(String),
}

/// The most bytes of a file that a task reads.
pub const MAX_FILE: usize = 4 * 1024 * 1024;

/// The revision that the release is made of, whatever its hash is.
pub const HEAD: &str = "HEAD";

/// A repository, read at its revisions.
pub trait Tree: Sync {
    /// The content of a file at a revision; `None` if there is no such file.
    ///
    /// # Errors
    /// [`TreeError`].
    fn file(&self, revision: &str, path: &str) -> Result<Option<String>, TreeError>;

    /// The content of a file of any type at a revision; `None` if there is no such file.
    ///
    /// # Errors
    /// [`TreeError`].
    fn content(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, TreeError>;

    /// The paths of all files below a folder at a revision, sorted.
    ///
    /// # Errors
    /// [`TreeError`].
    fn files(&self, revision: &str, folder: &str) -> Result<Vec<String>, TreeError>;

    /// The revision at the head of a branch.
    ///
    /// # Errors
    /// [`TreeError`].
    fn head(&self, branch: &str) -> Result<String, TreeError>;

    /// The revision that a tag names; `None` if there is no such tag.
    ///
    /// # Errors
    /// [`TreeError`].
    fn tag(&self, name: &str) -> Result<Option<String>, TreeError>;
}
