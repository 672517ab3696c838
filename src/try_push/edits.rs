//! Files that change, with the differences.

use std::time::Duration;

use indexmap::IndexMap;
use similar::TextDiff;

use crate::base::diagnostic::Diagnostic;
use crate::ports::files::{FileError, Files};

/// The number of equal lines around a difference.
const CONTEXT_LINES: usize = 3;

/// How long to search for the shortest difference; after that, any will do.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A file that may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its content before; `None` if it does not exist.
    pub before: Option<String>,
    /// Its content after.
    pub after: String,
}

/// Files of a project, with what they will contain.
pub struct Edits<'f> {
    files: &'f dyn Files,
    edits: IndexMap<String, Edit>,
}

impl<'f> Edits<'f> {
    /// No edits yet.
    #[must_use]
    pub fn new(files: &'f dyn Files) -> Self {
        Self {
            files,
            edits: IndexMap::new(),
        }
    }

    /// The content of a file after the edits so far; `None` if it does not exist.
    ///
    /// # Errors
    /// When it cannot be read, or is no text.
    pub fn read(&self, path: &str) -> Result<Option<String>, Diagnostic> {
        match self.edits.get(path) {
            Some(edit) => Ok(Some(edit.after.clone())),
            None => read(self.files, path),
        }
    }

    /// Gives a file a content.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn write(&mut self, path: &str, after: String) -> Result<(), Diagnostic> {
        match self.edits.get_mut(path) {
            Some(edit) => edit.after = after,
            None => {
                let before = read(self.files, path)?;
                self.edits.insert(path.to_owned(), Edit { before, after });
            }
        }
        Ok(())
    }

    /// The files that change, in order of their paths.
    #[must_use]
    pub fn changes(self) -> IndexMap<String, Edit> {
        let mut changes = self.edits;
        changes.retain(|_, edit| edit.before.as_ref() != Some(&edit.after));
        changes.sort_unstable_keys();
        changes
    }
}

/// The content of a file; `None` if it does not exist.
fn read(files: &dyn Files, path: &str) -> Result<Option<String>, Diagnostic> {
    match files.read(path) {
        Ok(content) => String::from_utf8(content)
            .map(Some)
            .map_err(|_| Diagnostic::user(format!("{path} is not a text in UTF-8"))),
        Err(FileError::Missing(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Edit {
    /// The difference as git shows it, which `git apply` accepts.
    #[must_use]
    pub fn diff(&self, path: &str) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let old = match self.before {
            Some(_) => format!("a/{path}"),
            None => "/dev/null".to_owned(),
        };
        let mut text = format!("diff --git a/{path} b/{path}\n");
        if self.before.is_none() {
            text.push_str("new file mode 100644\n");
        }
        let diff = TextDiff::configure()
            .timeout(TIMEOUT)
            .diff_lines(before, &self.after);
        let mut unified = diff.unified_diff();
        let unified = unified
            .context_radius(CONTEXT_LINES)
            .header(&old, &format!("b/{path}"));
        text + &unified.to_string()
    }
}
