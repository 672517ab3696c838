//! What a git repository holds: files at commits, branches and tags.

use super::program::Program;
use super::revision::{check, is_path};
use crate::ports::vcs::VcsError;

/// The hash of a commit, if it is in this clone.
pub(super) fn find(program: &Program, revision: &str) -> Result<Option<String>, VcsError> {
    check("the revision", revision)?;
    let commit = format!("{revision}^{{commit}}");
    let ended = program.end(&[
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ])?;
    if ended.code == Some(1) {
        return Ok(None);
    }
    Ok(Some(ended.success()?.trim().to_owned()))
}

/// The content of a file at a commit; a link is no file.
pub(super) fn file_at(
    program: &Program,
    revision: &str,
    path: &str,
    limit: u64,
) -> Result<Option<Vec<u8>>, VcsError> {
    let hash = commit(program, revision)?;
    if !is_path(path) {
        return Ok(None);
    }
    let list = ["ls-tree", "-z", "--full-tree", &hash, "--", path];
    let listed = program.run_bytes(&list)?;
    let listed = String::from_utf8_lossy(&listed);
    // A line is `mode type hash<TAB>path`; those of files have the modes 100644 and 100755.
    let of_file = listed.split('\0').find_map(|line| {
        let (about, own) = line.split_once('\t')?;
        let is_file = own == path && about.starts_with("100");
        is_file.then(|| about.rsplit(' ').next())?
    });
    let Some(blob) = of_file else {
        return Ok(None);
    };
    let size = program.run(&["cat-file", "-s", blob])?;
    if size.trim().parse().is_ok_and(|size: u64| size > limit) {
        let path = path.to_owned();
        return Err(VcsError::TooLarge { path, limit });
    }
    program.run_bytes(&["cat-file", "blob", blob]).map(Some)
}

/// The files below a folder at a commit, without links.
pub(super) fn files_at(
    program: &Program,
    revision: &str,
    folder: &str,
) -> Result<Vec<String>, VcsError> {
    let hash = commit(program, revision)?;
    if !is_path(folder) {
        return Ok(Vec::new());
    }
    let below = format!("{folder}/");
    let list = ["ls-tree", "-r", "-z", "--full-tree", &hash, "--", &below];
    let listed = program.run_bytes(&list)?;
    let listed = String::from_utf8_lossy(&listed);
    let files = listed.split('\0').filter_map(|line| {
        let (about, path) = line.split_once('\t')?;
        (about.starts_with("100") && path.starts_with(&below)).then(|| path.to_owned())
    });
    let mut files: Vec<String> = files.collect();
    files.sort_unstable();
    Ok(files)
}

fn commit(program: &Program, revision: &str) -> Result<String, VcsError> {
    let hash = find(program, revision)?;
    hash.ok_or_else(|| VcsError::NoRevision(revision.to_owned()))
}

/// The first of several full names of refs that exists at a remote, with its hash; a tag's own object is peeled.
pub(super) fn at_remote(
    program: &Program,
    remote: &str,
    names: &[&str],
) -> Result<Option<String>, VcsError> {
    let mut arguments = vec!["ls-remote", "--", remote];
    arguments.extend(names);
    let listed = program.run_bytes(&arguments)?;
    let listed = String::from_utf8_lossy(&listed);
    let refs = || listed.lines().filter_map(|line| line.split_once('\t'));
    // A git pattern also matches the end of longer names.
    let found = names
        .iter()
        .find_map(|name| refs().find(|(_, own)| own == name));
    Ok(found.map(|(hash, _)| hash.to_owned()))
}
