//! The repository of the project as a rehearsal sees it: what is checked out, with all that is not committed.

use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::ports::vcs::{Contents, Vcs, VcsError};

/// The working copy of the project.
pub struct WorkingCopy {
    vcs: Box<dyn Vcs>,
    head: String,
}

impl WorkingCopy {
    /// A working copy in which the revision `head` is checked out.
    pub fn new(vcs: Box<dyn Vcs>, head: &str) -> Self {
        Self {
            vcs,
            head: head.to_owned(),
        }
    }
}

impl WorkingCopy {
    /// The place of a file or folder below the root; `None` if there is none. As in the repository, a link is neither
    /// a file nor a folder, and nothing is below it.
    fn real(&self, path: &str) -> Result<Option<PathBuf>, VcsError> {
        let is_below = |part| matches!(part, Component::Normal(_));
        if !Path::new(path).components().all(is_below) {
            return Ok(None);
        }
        let root = self.vcs.root();
        let real_root = root.canonicalize();
        let real_root = real_root.map_err(|error| unreadable(path, &error))?;
        match root.join(path).canonicalize() {
            Ok(real) => Ok((real == real_root.join(path)).then_some(real)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(unreadable(path, &error)),
        }
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> VcsError {
    VcsError::Unreadable {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

impl Contents for WorkingCopy {
    /// What is checked out is read from the folder, as the decision reads it.
    fn file_at(&self, revision: &str, path: &str, limit: u64) -> Result<Option<Vec<u8>>, VcsError> {
        if revision != self.head {
            return self.vcs.file_at(revision, path, limit);
        }
        let Some(place) = self.real(path)?.filter(|place| place.is_file()) else {
            return Ok(None);
        };
        let unreadable = |error: std::io::Error| unreadable(path, &error);
        let mut content = Vec::new();
        let file = std::fs::File::open(&place).map_err(unreadable)?;
        let read = file.take(limit + 1).read_to_end(&mut content);
        read.map_err(unreadable)?;
        if content.len() as u64 > limit {
            let path = path.to_owned();
            return Err(VcsError::TooLarge { path, limit });
        }
        Ok(Some(content))
    }

    fn files_at(&self, revision: &str, folder: &str) -> Result<Vec<String>, VcsError> {
        if revision != self.head {
            return self.vcs.files_at(revision, folder);
        }
        let mut found = Vec::new();
        if !folder.is_empty() && self.real(folder)?.is_some() {
            collect(self.vcs.root(), folder, 0, &mut found)?;
        }
        found.sort_unstable();
        Ok(found)
    }

    fn branch_tip(&self, branch: &str) -> Result<Option<String>, VcsError> {
        self.vcs.branch_tip(branch)
    }

    fn tag_target(&self, tag: &str) -> Result<Option<String>, VcsError> {
        self.vcs.tag_target(tag)
    }
}

/// How deep folders may be.
const DEPTH: usize = 32;

/// Collects the files below a folder; links are not followed.
fn collect(
    root: &Path,
    folder: &str,
    depth: usize,
    found: &mut Vec<String>,
) -> Result<(), VcsError> {
    let unreadable = |error: std::io::Error| unreadable(folder, &error);
    if depth == DEPTH {
        return Err(unreadable(std::io::Error::other(
            "its folders are too deep",
        )));
    }
    let entries = match std::fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(());
        }
        Err(error) => return Err(unreadable(error)),
    };
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            collect(root, &path, depth + 1, found)?;
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::environment::Environment;
    use crate::vcs::discover;

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        std::fs::write(other.path().join("file"), "one").unwrap();
        let init = ["init", "--quiet"];
        let mut git = std::process::Command::new("git");
        let status = git.args(init).current_dir(folder.path()).status();
        assert!(status.unwrap().success());
        let place = |name: &str| folder.path().join(name);
        std::fs::create_dir(place("inside")).unwrap();
        std::fs::write(place("inside/file"), "one").unwrap();
        for (name, target) in [
            ("outside", other.path().to_owned()),
            ("file", other.path().join("file")),
            ("folder", "inside".into()),
        ] {
            std::os::unix::fs::symlink(target, place(name)).unwrap();
        }
        let vcs = discover(folder.path(), &Environment::of_process()).unwrap();
        let copy = WorkingCopy::new(vcs, "head");
        let read = |path: &str| copy.file_at("head", path, 3);
        assert_eq!(read("inside/file"), Ok(Some(b"one".to_vec())));
        for path in ["outside/file", "file", "folder/file"] {
            assert_eq!(read(path), Ok(None), "{path}");
        }
    }

    #[test]
    fn what_is_not_committed_counts() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let mut command = std::process::Command::new("git");
            let user = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
            command
                .args(user)
                .args(arguments)
                .current_dir(folder.path());
            let output = command.output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        git(&["init", "--quiet", "--initial-branch=main"]);
        let write = |text: &str| std::fs::write(folder.path().join("file"), text).unwrap();
        write("one");
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "-m", "one"]);
        let first = git(&["rev-parse", "HEAD"]);
        git(&["commit", "--quiet", "--allow-empty", "-m", "two"]);
        let head = git(&["rev-parse", "HEAD"]);
        write("two");
        let vcs = discover(folder.path(), &Environment::of_process()).unwrap();
        let copy = WorkingCopy::new(vcs, &head);
        let read = |revision: &str, path: &str| copy.file_at(revision, path, 3);
        assert_eq!(read(&head, "file"), Ok(Some(b"two".to_vec())));
        assert_eq!(read(&first, "file"), Ok(Some(b"one".to_vec())));
        assert_eq!(read(&head, "none"), Ok(None));
        assert_eq!(read(&head, "file/none"), Ok(None));
        assert_eq!(read(&head, "."), Ok(None));
        assert_eq!(read(&head, "../file"), Ok(None));
        assert_eq!(copy.files_at(&head, "folder"), Ok(Vec::new()));
        std::fs::create_dir_all(folder.path().join("folder/in")).unwrap();
        for path in ["folder/in/a", "folder/b"] {
            std::fs::write(folder.path().join(path), "x").unwrap();
        }
        let files = vec!["folder/b".to_owned(), "folder/in/a".to_owned()];
        assert_eq!(copy.files_at(&head, "folder"), Ok(files));
        assert_eq!(copy.files_at(&first, "folder"), Ok(Vec::new()));
        for outside in ["..", "", "/", "."] {
            assert_eq!(copy.files_at(&head, outside), Ok(Vec::new()), "{outside}");
        }
        write("four");
        assert!(matches!(
            read(&head, "file"),
            Err(VcsError::TooLarge { .. })
        ));
    }
}
