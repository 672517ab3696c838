//! Flatpaks: archives with a repository, as builds pack them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, sink};

use super::inside::{is_safe, leads_out};
use super::ostree::{Budget, Objects, OstreeError};
use crate::stage::ini;
use crate::stage::mar::pack;

/// The most bytes of an archive that the worker takes.
const MAX_ARCHIVE: u64 = 400 << 20;
/// The most bytes of an unpacked archive. Its files are compressed, so it is hardly larger than the archive.
const MAX_UNPACKED: u64 = 1 << 30;
/// The most references of a repository.
const MAX_REFERENCES: usize = 100;
/// The most bytes of a file that is read as text.
const MAX_TEXT: u64 = 1 << 20;
/// The folder of the repository.
const FOLDER: &str = "repo";

/// A reference of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The application.
    pub app: String,
    /// The processor.
    pub architecture: String,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// How many files it has.
    pub files: usize,
}

/// What a flatpak contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flatpak {
    /// The applications.
    pub references: Vec<Reference>,
    /// How many objects were compared with their names.
    pub objects: usize,
    /// What is wrong with its files.
    pub faults: Vec<String>,
}

/// Why a flatpak is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlatpakError {
    /// It is too large.
    #[error("the archive has more than {MAX_ARCHIVE} bytes, which the worker refuses")]
    TooLarge,
    /// It unpacks to too much.
    #[error("the archive unpacks to more than {MAX_UNPACKED} bytes")]
    Unpacked,
    /// It has too many references.
    #[error("the repository has more than {MAX_REFERENCES} references")]
    References,
    /// It cannot be unpacked.
    #[error("the archive cannot be unpacked: {0}")]
    Damaged(String),
    /// A path leads out of the archive.
    #[error("the path {0:?} leads out of the archive")]
    Path(String),
    /// A link leads out of the archive.
    #[error("the link {0:?} leads out of the archive")]
    Link(String),
    /// A file would run with the rights of its owner.
    #[error("{0:?} would run with the rights of its owner")]
    Rights(String),
    /// A path occurs twice.
    #[error("the path {0:?} occurs twice")]
    Twice(String),
    /// It has other folders at its top.
    #[error("the archive has {0:?} at its top, but only `{FOLDER}` is expected")]
    Top(String),
    /// A reference is not one of an application.
    #[error("the reference {0:?} is not one of an application")]
    Reference(String),
    /// The repository is damaged.
    #[error(transparent)]
    Repository(#[from] OstreeError),
}

/// Reads a flatpak, and checks all objects of its repository.
///
/// # Errors
/// [`FlatpakError`].
pub fn read(bytes: &[u8]) -> Result<Flatpak, FlatpakError> {
    if bytes.len() as u64 > MAX_ARCHIVE {
        return Err(FlatpakError::TooLarge);
    }
    let (objects, references) = files(bytes, MAX_UNPACKED)?;
    let count = objects.check()?;
    let mut found = Vec::new();
    let mut faults = Vec::new();
    let mut budget = Budget::default();
    for (name, commit) in references {
        let parts: Vec<&str> = name.split('/').collect();
        let [kind, app, architecture, branch] = parts[..] else {
            // Those of screenshots and of the repository itself have fewer parts.
            if name.starts_with("app/") {
                return Err(FlatpakError::Reference(name));
            }
            continue;
        };
        let files = objects.files(&commit, &mut budget)?;
        for (path, file) in &files {
            if file.mode & 0o6000 != 0 {
                faults.push(format!(
                    "{name}: {path} would run with the rights of its owner"
                ));
            }
        }
        if kind != "app" {
            continue;
        }
        match files.get("metadata") {
            None => faults.push(format!("{name}: it has no file `metadata`")),
            Some(file) => {
                let text = objects.content(file, MAX_TEXT)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                let named = ini::value(&text, "Application", "name");
                if named != Some(app) {
                    faults.push(format!(
                        "{name}: `metadata` is that of {}",
                        named.unwrap_or("no application")
                    ));
                }
            }
        }
        let exported = files.keys().filter_map(|path| path.strip_prefix("export/"));
        let other = |path: &&str| {
            let file = path.rsplit('/').next().unwrap_or_default();
            !file.starts_with(app)
        };
        for path in exported.filter(other) {
            faults.push(format!(
                "{name}: the exported file {path} does not begin with {app}"
            ));
        }
        found.push(Reference {
            app: app.to_owned(),
            architecture: architecture.to_owned(),
            branch: branch.to_owned(),
            commit,
            files: files.len(),
        });
    }
    Ok(Flatpak {
        references: found,
        objects: count,
        faults,
    })
}

/// The objects of the repository, and its references with their commits.
///
/// The archive is unpacked while it is read, and nothing else of it is kept.
fn files(bytes: &[u8], limit: u64) -> Result<(Objects, BTreeMap<String, String>), FlatpakError> {
    let damaged = |error: std::io::Error| FlatpakError::Damaged(error.to_string());
    let mut objects = Objects::default();
    let mut references = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut has_files = false;
    let mut archive = tar::Archive::new(pack::reader(bytes).take(limit));
    let mut read = || -> Result<(), FlatpakError> {
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let Some((path, is_file)) = path_of(&entry)? else {
                continue;
            };
            has_files |= is_file;
            let place = path.strip_prefix("repo/").unwrap_or_default();
            if let Some(name) = place.strip_prefix("objects/").filter(|_| is_file) {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).map_err(damaged)?;
                objects.by_name.insert(name.to_owned(), content);
            } else if let Some(name) = place.strip_prefix("refs/heads/").filter(|_| is_file) {
                let mut commit = String::new();
                // A commit has 64 digits.
                let start = entry.take(128).read_to_string(&mut commit);
                start.map_err(damaged)?;
                references.insert(name.to_owned(), commit.trim().to_owned());
                if references.len() > MAX_REFERENCES {
                    return Err(FlatpakError::References);
                }
            }
            if !path.ends_with('/') && !seen.insert(path.clone()) {
                return Err(FlatpakError::Twice(path));
            }
        }
        Ok(())
    };
    let done = read();
    // What follows the last entry is read, too, since the archive may be cut short there.
    let mut rest = archive.into_inner();
    let ended = done.and_then(|()| std::io::copy(&mut rest, &mut sink()).map_err(damaged));
    match rest.limit() {
        0 => Err(FlatpakError::Unpacked),
        _ if ended.is_ok() && !has_files => Err(FlatpakError::Damaged("it is empty".to_owned())),
        _ => ended.map(|_| (objects, references)),
    }
}

/// The path of an entry, with a slash at the end if it is a folder, and whether it is a file; `None` if it is the top.
fn path_of(entry: &tar::Entry<'_, impl Read>) -> Result<Option<(String, bool)>, FlatpakError> {
    let damaged = |error: std::io::Error| FlatpakError::Damaged(error.to_string());
    let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let path = path.strip_prefix("./").unwrap_or(&path);
    let path = path.trim_end_matches('/').to_owned();
    if path.is_empty() || path == "." {
        return Ok(None);
    }
    if !is_safe(&path) {
        return Err(FlatpakError::Path(path));
    }
    let top = path.split('/').next().unwrap_or_default();
    if top != FOLDER {
        return Err(FlatpakError::Top(top.to_owned()));
    }
    let header = entry.header();
    let kind = header.entry_type();
    if header.mode().map_err(damaged)? & 0o6000 != 0 {
        return Err(FlatpakError::Rights(path));
    }
    if kind.is_symlink() || kind.is_hard_link() {
        let target = entry.link_name_bytes().unwrap_or_default();
        let target = String::from_utf8_lossy(&target).into_owned();
        if target.starts_with('/') || leads_out(&path, &target, kind.is_hard_link()) {
            return Err(FlatpakError::Link(path));
        }
    }
    match kind.is_dir() {
        true => Ok(Some((path + "/", false))),
        false => Ok(Some((path, kind.is_file()))),
    }
}

#[cfg(test)]
mod tests;
