//! The repository that a decision runs in.

use super::snapshot::Snapshot;

/// Which version control system a repository is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Git.
    Git,
    /// Mercurial.
    Hg,
}

impl Tool {
    /// The name that the parameter `repository_type` has.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Hg => "hg",
        }
    }
}

/// The null revision, as both systems write it.
pub const NULL_REVISION: &str = "0000000000000000000000000000000000000000";

/// Explains why a question about the repository was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VcsError {
    /// The folder belongs to no repository.
    #[error("{0} is not in a git or hg repository")]
    NoRepository(String),
    /// The program is not installed or did not start.
    #[error("cannot start `{program}`: {why}")]
    NotStarted {
        /// The program.
        program: String,
        /// The error of the operating system.
        why: String,
        /// Whether the program does not exist.
        missing: bool,
    },
    /// The program failed.
    #[error("`{command}` failed{}: {stderr}", code.map(|c| format!(" with exit code {c}")).unwrap_or_default())]
    Failed {
        /// What was run.
        command: String,
        /// Its exit code, unless a signal ended it.
        code: Option<i32>,
        /// Its error output, shortened.
        stderr: String,
    },
    /// The revision is not in this clone.
    #[error("the revision `{0}` does not exist in this clone")]
    NoRevision(String),
    /// The repository has no revision at all.
    #[error("the repository has no commits yet")]
    NoCommit,
    /// It cannot be determined whether a folder is a repository.
    #[error("cannot read {path}: {why}")]
    Unreadable {
        /// What could not be read.
        path: String,
        /// The error of the operating system.
        why: String,
    },
    /// What a user wrote cannot be given to the program.
    #[error("cannot use {what} {text:?}: {why}")]
    Refused {
        /// What it should be, e.g. `the revision`.
        what: &'static str,
        /// What the user wrote.
        text: String,
        /// Why.
        why: &'static str,
    },
    /// A folder that a revision was checked out into is still there.
    #[error("cannot remove {folder}: {why}")]
    NotRemoved {
        /// The folder.
        folder: String,
        /// The error of the operating system.
        why: String,
    },
    /// A repository inside the working copy differs from what is checked out.
    #[error("{0} is a repository of its own, and differs from what is checked out")]
    OwnState(String),
    /// The system cannot do this.
    #[error("this is not implemented for {0}")]
    Unsupported(&'static str),
    /// A file is larger than may be read.
    #[error("{path} is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// How many bytes may be read.
        limit: u64,
    },
    /// The program answered something that is not UTF-8.
    #[error("the output of `{0}` is not UTF-8")]
    NotUtf8(String),
}

impl VcsError {
    /// The line of the program's output that states the error, without the command; for other
    /// errors, the whole message.
    #[must_use]
    pub fn reason(&self) -> String {
        let Self::Failed { stderr, .. } = self else {
            return self.to_string();
        };
        let reasons = ["fatal:", "abort:"];
        let is_reason = |line: &&str| reasons.iter().any(|reason| line.starts_with(reason));
        let mut lines = stderr.lines();
        match lines.clone().find(is_reason).or(lines.next()) {
            Some(line) => line.to_owned(),
            None => self.to_string(),
        }
    }
}

/// Which files count as changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// Those that differ in the working copy and are added or modified.
    WorkingCopy,
    /// Those that the changes from `base` (exclusive) to `rev` (inclusive) touch; without a base,
    /// those that `rev` touches.
    Range {
        /// The last revision that is not counted.
        base: Option<&'a str>,
        /// The last revision that is counted.
        rev: &'a str,
    },
}

/// Reads what a repository holds, whatever is checked out.
pub trait Contents: Send + Sync {
    /// The content of a file of at most `limit` bytes at a revision; `None` if there is no file there.
    ///
    /// # Errors
    /// [`VcsError::NoRevision`], [`VcsError::TooLarge`], or any other [`VcsError`].
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError>;
    /// The paths of all files below a folder at a revision, sorted; links are no files, and without the folder, there
    /// are none.
    ///
    /// # Errors
    /// [`VcsError::NoRevision`], or any other [`VcsError`].
    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError>;
    /// The hash of the last revision of a branch, here or else at the remote; `None` if there is no such branch.
    ///
    /// # Errors
    /// [`VcsError`].
    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError>;
    /// The hash of the revision that a tag names; `None` if there is no such tag.
    ///
    /// # Errors
    /// [`VcsError`].
    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError>;
}

/// Answers questions about a repository.
pub trait Vcs: Contents {
    /// Which system it is.
    fn tool(&self) -> Tool;
    /// The root folder of the working copy.
    fn root(&self) -> &std::path::Path;
    /// The revision that is checked out.
    ///
    /// # Errors
    /// [`VcsError::NoCommit`] before the first one, or any other [`VcsError`].
    fn head_rev(&self) -> Result<String, VcsError>;
    /// The branch or bookmark that is checked out, if any.
    ///
    /// # Errors
    /// [`VcsError`].
    fn branch(&self) -> Result<Option<String>, VcsError>;
    /// The URL of the remote repository that the working copy most likely came from; `None` when
    /// no remote is configured.
    ///
    /// # Errors
    /// [`VcsError`].
    fn remote_url(&self) -> Result<Option<String>, VcsError>;
    /// The hash of a revision, however it is named.
    ///
    /// # Errors
    /// [`VcsError::NoRevision`] if there is none, or any other [`VcsError`].
    fn resolve(&self, revision: &str) -> Result<String, VcsError>;
    /// The hash of the last revision before what is checked out that others have too: the revision
    /// itself when they have it, `None` when they have none.
    ///
    /// # Errors
    /// [`VcsError`].
    fn base_rev(&self) -> Result<Option<String>, VcsError>;
    /// Checks a revision out into a new folder. The working copy and
    /// what is not committed in it stay as they are.
    ///
    /// # Errors
    /// [`VcsError`].
    fn check_out(&self, revision: &str, folder: &std::path::Path) -> Result<(), VcsError>;
    /// Removes a folder that a revision was checked out into.
    ///
    /// # Errors
    /// [`VcsError`].
    fn remove_check_out(&self, folder: &std::path::Path) -> Result<(), VcsError>;
    /// The message of the revision that is checked out.
    ///
    /// # Errors
    /// [`VcsError`].
    fn commit_message(&self) -> Result<String, VcsError>;
    /// The base revision of a change if it is missing from this clone; `None` if it is there, or
    /// none is needed.
    ///
    /// # Errors
    /// [`VcsError`].
    fn missing_base(&self, change: &Change<'_>) -> Result<Option<String>, VcsError>;
    /// Fetches a revision from a remote repository, and returns its hash. The working copy and git
    /// refs are left unchanged.
    ///
    /// # Errors
    /// [`VcsError`].
    fn fetch(&self, revision: &str, remote: &str) -> Result<String, VcsError>;
    /// The files that changed, in the order in which the program lists them. Names that are not
    /// UTF-8 are written as described in [`file_name`](crate::base::file_name).
    ///
    /// # Errors
    /// [`VcsError`].
    fn changed_files(&self, change: &Change<'_>) -> Result<Vec<String>, VcsError>;
    /// The files below these paths that are tracked at the revision that is checked out, with
    /// names as in [`Vcs::changed_files`].
    ///
    /// # Errors
    /// [`VcsError`].
    fn tracked_files(&self, paths: &[&str]) -> Result<Vec<String>, VcsError>;
    /// Whether the path from the root of the working copy is tracked as a symbolic link.
    ///
    /// # Errors
    /// [`VcsError`].
    fn tracks_link(&self, path: &std::path::Path) -> Result<bool, VcsError>;
    /// The state of the working copy: everything that is tracked, or neither tracked nor ignored.
    ///
    /// # Errors
    /// [`VcsError::OwnState`], [`VcsError::Unsupported`], or any other [`VcsError`].
    fn snapshot(&self) -> Result<Snapshot, VcsError>;
    /// The present [`Snapshot::repository`].
    ///
    /// # Errors
    /// [`VcsError::Unsupported`], or any other [`VcsError`].
    fn repository_state(&self) -> Result<String, VcsError>;
    /// The present [`Snapshot::tracked`], provided that [`Snapshot::repository`] is as it was.
    ///
    /// # Errors
    /// [`VcsError::Unsupported`], or any other [`VcsError`].
    fn tracked_state(&self) -> Result<String, VcsError>;
    /// The note of this ref (`refs/notes/…`) of `remote` on the revision that is checked out; a ref
    /// of the same name in this clone does not count. hg has none.
    ///
    /// # Errors
    /// [`VcsError`].
    fn note(&self, note_ref: &str, remote: &str) -> Result<Option<String>, VcsError>;
}
