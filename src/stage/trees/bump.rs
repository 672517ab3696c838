//! Commits that change the versions in files.

use super::action::{Action, ActionError};
use super::diff;
use super::place::Place;
use super::tree::Tree;
use super::version::Scheme;
use crate::base::json;

/// Files that get a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bump {
    /// The version.
    pub next_version: String,
    /// The files.
    pub files: Vec<String>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The version was changed, from this one.
    Changed(String),
    /// The file has the version already.
    Same,
    /// The file has a higher version, so it was left as it is.
    Higher(String),
}

/// A file that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bumped {
    /// The file.
    pub file: String,
    /// The version that it should have.
    pub next: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The content before.
    pub before: String,
    /// The content after, if it was changed.
    pub after: String,
}

/// How a bump is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct How<'a> {
    /// The repository.
    pub place: Place<'a>,
    /// Whether the commit asks for no builds.
    pub without_builds: bool,
    /// Whether `esr` is taken off a version for files whose version does not have it.
    pub follows_suffix: bool,
}

/// Looks at the files of bumps at a revision.
///
/// # Errors
/// [`ActionError`].
pub fn look(
    tree: &dyn Tree,
    revision: &str,
    bumps: &[Bump],
    how: How<'_>,
) -> Result<Vec<Bumped>, ActionError> {
    let mut looked = Vec::new();
    for bump in bumps {
        how.place.check(&bump.files)?;
        let mut files = bump.files.clone();
        files.sort_unstable();
        files.dedup();
        for file in files {
            let before = tree.file(revision, &file)?.filter(|text| !text.is_empty());
            let before = before.ok_or_else(|| ActionError::NoFile(file.clone()))?;
            looked.push(bump_file(file, before, &bump.next_version, how)?);
        }
    }
    Ok(looked)
}

/// Changes the version in a file.
fn bump_file(
    file: String,
    before: String,
    next_version: &str,
    how: How<'_>,
) -> Result<Bumped, ActionError> {
    let scheme = how.place.scheme(&file);
    let current = current(&file, &before, scheme)?;
    let current = how.place.version(&file, &current)?;
    let mut next = next_version.to_owned();
    if how.follows_suffix
        && next.ends_with("esr")
        && !current.is_esr()
        && scheme != Some(Scheme::Numbers)
    {
        next = next.replace("esr", "");
    }
    let next = how.place.version(&file, &next)?;
    let (old, new) = (current.to_string(), next.to_string());
    let (after, outcome) = if next < current {
        (before.clone(), Outcome::Higher(old))
    } else if next <= current {
        (before.clone(), Outcome::Same)
    } else {
        let after = before.replace(&old, &new);
        match after == before {
            true => (after, Outcome::Same),
            false => (after, Outcome::Changed(old)),
        }
    };
    Ok(Bumped {
        file,
        next: new,
        outcome,
        before,
        after,
    })
}

/// What is before the version in files of builds for iOS.
const SETTING: &str = "APP_VERSION = ";

/// The version that a file has: that of the manifest, or its last line without comments.
fn current(file: &str, text: &str, scheme: Option<Scheme>) -> Result<String, ActionError> {
    let wrong = |why| ActionError::Version {
        file: file.to_owned(),
        version: String::new(),
        why,
    };
    if scheme == Some(Scheme::Numbers) {
        let manifest =
            json::read(file, text.as_bytes()).map_err(|_| wrong("the file is not JSON"))?;
        let version = manifest.get("version").and_then(|version| version.as_str());
        return version
            .map(str::to_owned)
            .ok_or_else(|| wrong("the manifest has no `version`"));
    }
    if file.ends_with(".xcconfig") {
        // Comments are lines, too.
        let last = diff::lines(text)
            .into_iter()
            .next_back()
            .unwrap_or_default();
        return Ok(last.strip_prefix(SETTING).unwrap_or(last).to_owned());
    }
    last_version(text).ok_or_else(|| wrong("the file has no line with a version"))
}

/// The last line that is neither empty nor a comment.
#[must_use]
pub fn last_version(text: &str) -> Option<String> {
    let lines = diff::lines(text).into_iter();
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next_back().map(str::to_owned)
}

/// The commit that changes the versions; `None` if nothing changes.
#[must_use]
pub fn commit(looked: &[Bumped], how: How<'_>) -> Option<Action> {
    let changed = looked
        .iter()
        .filter(|one| matches!(one.outcome, Outcome::Changed(_)));
    let mut diffs: Vec<(&str, String)> = changed
        .map(|one| {
            (
                one.file.as_str(),
                diff::of_file(&one.file, &one.before, &one.after),
            )
        })
        .collect();
    if diffs.is_empty() {
        return None;
    }
    diffs.sort_by_key(|(file, _)| *file);
    let diffs: Vec<String> = diffs.into_iter().map(|(_, diff)| diff).collect();
    let mut message = "Automatic version bump NO BUG a=release CLOSED TREE".to_owned();
    if how.without_builds {
        message.push_str(" DONTBUILD");
    }
    Some(Action::Commit {
        message,
        diff: diffs.join("\n"),
    })
}
