//! What workers have read.
//!
//! The content of most files is part of the [`Snapshot`] of the working copy. Others are files outside of it, those
//! that version control ignores, and whether a path exists at all; the names in each folder that was listed; and the
//! content of files to which a kind has written what was in them before.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, json};
use crate::ports::fingerprint::{changed_since, content, looks, names};
use crate::ports::snapshot::Snapshot;

/// How paths outside of the snapshot and listed folders look.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reads {
    files: BTreeMap<String, String>,
    folders: BTreeMap<String, String>,
}

/// The paths that workers have read.
#[derive(Debug, Default)]
pub(super) struct Paths {
    files: Vec<String>,
    folders: Vec<String>,
    rewritten: Vec<String>,
    /// Whether a program has compared the whole working copy with what is checked out.
    whole_tree: bool,
    /// Whether a program has compared the tracked files with what is checked out.
    pub(super) tracked_files: bool,
}

impl Paths {
    /// Adds the answer of a worker.
    ///
    /// # Errors
    /// A path that is not text.
    pub(super) fn add(&mut self, answer: &Value) -> Result<(), String> {
        if let Some(name) = answer["strange"][0].as_str() {
            return Err(format!("the name of {name} is not UTF-8"));
        }
        let texts = |key: &str| answer[key].as_array().into_iter().flatten();
        let owned = |path: &Value| path.as_str().map(str::to_owned);
        self.files.extend(texts("read").filter_map(owned));
        self.folders.extend(texts("listed").filter_map(owned));
        self.rewritten.extend(texts("rewritten").filter_map(owned));
        self.whole_tree |= answer["whole_tree"].as_bool().unwrap_or(true);
        self.tracked_files |= answer["tracked_files"].as_bool().unwrap_or(true);
        Ok(())
    }

    /// Whether all that workers have read of the files of the snapshot, apart from the tracked ones if a program has
    /// compared these, can be seen in [`look`](Self::look): no program has read others, and none has been removed.
    pub(super) fn are_complete(&self, root: &Path, snapshot: &Snapshot) -> bool {
        let is_removed = |path: &String| {
            let whole = Path::new(path);
            std::fs::symlink_metadata(whole).is_err() && is_in_snapshot(whole, root, snapshot)
        };
        !self.whole_tree && !self.files.par_iter().any(is_removed)
    }

    /// Looks at them.
    ///
    /// # Errors
    /// A path that has changed since this moment.
    pub(super) fn look(
        mut self,
        root: &Path,
        snapshot: &Snapshot,
        moment: Timestamp,
    ) -> Result<Reads, String> {
        for paths in [&mut self.files, &mut self.folders] {
            paths.sort_unstable();
            paths.dedup();
        }
        let file = |path: String| {
            let path = source_of(&path).unwrap_or(path);
            let whole = Path::new(&path);
            if changed_since(whole, moment) && !whole.is_dir() {
                return Err(format!("{path} has changed meanwhile"));
            }
            let in_snapshot = is_in_snapshot(whole, root, snapshot);
            Ok((!in_snapshot).then(|| (path.clone(), looks(whole))))
        };
        let folder = |path: String| {
            let whole = Path::new(&path);
            if changed_since(whole, moment) {
                return Err(format!("{path} has changed meanwhile"));
            }
            Ok((path.clone(), names(whole)))
        };
        let files: Result<Vec<_>, _> = self.files.into_par_iter().map(file).collect();
        let folders: Result<_, _> = self.folders.into_par_iter().map(folder).collect();
        let rewritten = self.rewritten.into_iter().map(|path| {
            let content = content(Path::new(&path));
            (path, content)
        });
        Ok(Reads {
            files: files?.into_iter().flatten().chain(rewritten).collect(),
            folders: folders?,
        })
    }
}

impl Reads {
    /// Returns a path that looks different from how it did.
    pub(super) fn changed(&self) -> Option<&str> {
        let file = |(path, before): &(&String, &String)| {
            let look = if before.starts_with("content ") {
                content
            } else {
                looks
            };
            look(Path::new(path)) != **before
        };
        let folder = |(path, before): &(&String, &String)| names(Path::new(path)) != **before;
        let changed = self.files.par_iter().find_any(file);
        let changed = changed.or_else(|| self.folders.par_iter().find_any(folder));
        changed.map(|(path, _)| path.as_str())
    }

    /// Adds those of an earlier run.
    ///
    /// # Errors
    /// A path that looked different then.
    pub(super) fn join(mut self, earlier: Self) -> Result<Self, String> {
        let both = [
            (&mut self.files, earlier.files),
            (&mut self.folders, earlier.folders),
        ];
        for (now, before) in both {
            for (path, look) in before {
                if now.get(&path).is_some_and(|now| *now != look) {
                    return Err(format!("{path} has changed meanwhile"));
                }
                now.insert(path, look);
            }
        }
        Ok(self)
    }

    pub(super) fn to_json(&self) -> Value {
        let object = |entries: &BTreeMap<String, String>| -> Object {
            let entries = entries.iter();
            entries
                .map(|(path, look)| (path.clone(), Value::from(look.as_str())))
                .collect()
        };
        json!({"files": object(&self.files), "folders": object(&self.folders)})
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        let read = |key: &str| -> Option<BTreeMap<String, String>> {
            let entries = value[key].as_object()?.iter();
            entries
                .map(|(path, look)| Some((path.to_string(), look.as_str()?.to_owned())))
                .collect()
        };
        Some(Self {
            files: read("files")?,
            folders: read("folders")?,
        })
    }
}

/// The source of a compiled module, whose time and size are in it.
fn source_of(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once("/__pycache__/")?;
    let (module, rest) = name.split_once('.')?;
    rest.ends_with("pyc")
        .then(|| format!("{folder}/{module}.py"))
}

/// Whether the snapshot has the content of a file. If links lead there, it must have them and what they lead to.
fn is_in_snapshot(path: &Path, root: &Path, snapshot: &Snapshot) -> bool {
    let below = |path: &Path| Some(path.strip_prefix(root).ok()?.to_str()?.to_owned());
    let path = normal(path);
    let Some(name) = below(&path) else {
        return false;
    };
    if !snapshot.passes_link(&name) {
        return snapshot.contains(&name);
    }
    let real = std::fs::canonicalize(&path).ok();
    real.and_then(|real| below(&real))
        .is_some_and(|name| snapshot.contains(&name))
}

/// The path without `.` and `..`. One with `..` is resolved, since links may precede it.
fn normal(path: &Path) -> PathBuf {
    if !path.components().any(|one| one == Component::ParentDir) {
        return path.components().collect();
    }
    std::fs::canonicalize(path).unwrap_or_else(|_| {
        let mut plain = PathBuf::new();
        for one in path.components() {
            match one {
                Component::ParentDir => {
                    plain.pop();
                }
                one => plain.push(one),
            }
        }
        plain
    })
}
