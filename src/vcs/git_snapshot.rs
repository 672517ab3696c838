//! The state of a git working copy.
//!
//! 1. `git status` compares the working copy with what is checked out: the commit, the files that differ from
//!    it, and the untracked ones.
//! 2. `git ls-files` lists all tracked files, and shows for which of them git does not look.
//! 3. The content of each file that differs, is untracked or is not looked at is added, and what commands that
//!    read the repository could show: the refs, the configuration, and where a shallow clone ends.
//!
//! Whether tracked files differ as they did can be determined again with less: the files that git does not see, and the
//! list of those that it does, need not be looked for.
//!
//! Submodules and other repositories inside the working copy have a state of their own, so they must not differ
//! from what is checked out.

use std::path::PathBuf;

use super::program::Program;
use crate::base::digest::Digests;
use crate::ports::fingerprint::{content, looks};
use crate::ports::snapshot::Snapshot;
use crate::ports::vcs::VcsError;

const STATUS: &[&str] = &[
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--no-ahead-behind",
    "--no-renames",
    "--ignore-submodules=none",
];
const ALL: &str = "--untracked-files=all";
const TRACKED: &str = "--untracked-files=no";

fn status(git: &Program, files: &str) -> Result<Vec<u8>, VcsError> {
    git.run_bytes(&[STATUS, &[files]].concat())
}

/// Takes a snapshot.
pub(super) fn take(git: &Program) -> Result<Snapshot, VcsError> {
    let (status, listed) = rayon::join(
        || status(git, ALL),
        || git.run_bytes(&["ls-files", "-v", "--stage", "-z"]),
    );
    let mut snapshot = Snapshot::default();
    let mut differing: Vec<Vec<u8>> = Vec::new();
    let status = status?;
    let mut digests = Digests::default();
    for entry in entries(&status).filter(|entry| !is_compiled(entry)) {
        digests.add(entry);
        if let Some(found) = differing_file(entry)? {
            differing.push(found.to_owned());
            snapshot.files.extend(text(found));
        }
    }
    let mut sees_all = true;
    for entry in entries(&listed?) {
        let Some((about, path)) = split(entry, b'\t') else {
            continue;
        };
        if !about.starts_with(b"H ") {
            sees_all = false;
            differing.push(path.to_owned());
        }
        // A submodule is a folder.
        if !about[2..].starts_with(b"160000 ") {
            snapshot.files.extend(text(path));
        }
        if about[2..].starts_with(b"120000 ") {
            snapshot.links.extend(text(path));
        }
    }
    for path in &differing {
        let file = git.root().join(as_path(path));
        if file.is_symlink() {
            snapshot.links.extend(text(path));
        }
        digests.add(path);
        digests.add(content(&file).as_bytes());
    }
    if sees_all {
        snapshot.tracked = Some(tracked_digest(git, &status)?);
    }
    let state = State::read(git)?;
    digests.add(&state.refs);
    digests.add(&state.config);
    digests.add(state.shallow.as_bytes());
    snapshot.digest = digests.finish();
    snapshot.repository = state.digest();
    snapshot.files.sort_unstable();
    snapshot.files.dedup();
    snapshot.links.sort_unstable();
    Ok(snapshot)
}

/// A digest of the state of the repository.
pub(super) fn repository(git: &Program) -> Result<String, VcsError> {
    Ok(State::read(git)?.digest())
}

/// A digest of how tracked files differ from what is checked out.
pub(super) fn tracked(git: &Program) -> Result<String, VcsError> {
    tracked_digest(git, &status(git, TRACKED)?)
}

/// The digest of the entries of `git status` for tracked files, and of the content of these.
fn tracked_digest(git: &Program, status: &[u8]) -> Result<String, VcsError> {
    let mut digests = Digests::default();
    for entry in entries(status).filter(|entry| !entry.starts_with(b"?")) {
        digests.add(entry);
        if let Some(path) = differing_file(entry)? {
            digests.add(content(&git.root().join(as_path(path))).as_bytes());
        }
    }
    Ok(digests.finish())
}

/// The state of the repository, apart from the working copy.
struct State {
    refs: Vec<u8>,
    config: Vec<u8>,
    shallow: String,
    /// What is checked out.
    head: String,
    /// How the list of tracked files looks.
    index: String,
}

impl State {
    fn read(git: &Program) -> Result<Self, VcsError> {
        let folders = git.run(&["rev-parse", "--git-common-dir", "--git-dir"])?;
        let mut folders = folders.lines().map(|folder| git.root().join(folder));
        let common = folders.next().unwrap_or_default();
        let own = folders.next().unwrap_or_default();
        Ok(Self {
            refs: git.run_bytes(&["for-each-ref"])?,
            config: git.run_bytes(&["config", "--list", "-z"])?,
            shallow: content(&common.join("shallow")),
            head: content(&own.join("HEAD")),
            index: looks(&own.join("index")),
        })
    }

    fn digest(&self) -> String {
        let mut digests = Digests::default();
        digests.add(&self.refs);
        digests.add(&self.config);
        for part in [&self.shallow, &self.head, &self.index] {
            digests.add(part.as_bytes());
        }
        digests.finish()
    }
}

/// Whether an entry of `git status` is an untracked file that Python has made of another one.
fn is_compiled(entry: &[u8]) -> bool {
    let text = String::from_utf8_lossy(entry);
    text.starts_with("? ") && format!("/{}", &text[2..]).contains("/__pycache__/")
}

/// The file of an entry of `git status`, if it has one.
fn differing_file(entry: &[u8]) -> Result<Option<&[u8]>, VcsError> {
    // The number of fields before the path.
    let fields = match entry.first() {
        Some(b'?') => 1,
        Some(b'1') => 8,
        Some(b'u') => 10,
        _ => return Ok(None),
    };
    let parts: Vec<_> = entry.splitn(fields + 1, |byte| *byte == b' ').collect();
    let Some(path) = parts.get(fields) else {
        return Ok(None);
    };
    let is_submodule = fields > 1 && parts[2].starts_with(b"S");
    if is_submodule || path.ends_with(b"/") {
        let path = String::from_utf8_lossy(path).into_owned();
        return Err(VcsError::OwnState(path));
    }
    Ok(Some(path))
}

fn entries(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
}

fn split(entry: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = entry.iter().position(|byte| *byte == at)?;
    Some((&entry[..at], &entry[at + 1..]))
}

/// A name as text. Others are treated as files that are not part of the state.
fn text(name: &[u8]) -> Option<String> {
    Some(std::str::from_utf8(name).ok()?.to_owned())
}

#[cfg(unix)]
fn as_path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn as_path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}
