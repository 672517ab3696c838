//! What happens when a version moves to the next branch.
//!
//! 1. The head of the branch that ends gets the end tag.
//! 2. If another branch moves there, its revision gets the base tag, and is merged so that the branch has its
//!    files.
//! 3. Versions in files change, without or with another suffix.
//! 4. Texts in files are replaced, and the file that asks for clean builds is touched.

use std::collections::BTreeMap;

use super::action::{Action, ActionError};
use super::bump::{self, Bump, Bumped, How, last_version};
use super::place::Place;
use super::replace::Majors;
use super::tree::Tree;
use super::version::{Part, Version};
use super::{diff, replace, tag};

/// A file whose version changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionFile<'a> {
    /// The file.
    pub file: &'a str,
    /// What follows the numbers of the version.
    pub suffix: &'a str,
    /// Which part of the version is increased: `major`, `minor` or nothing.
    pub part: &'a str,
}

/// A file, what is searched in it, and what replaces it.
pub type Replacement<'a> = (&'a str, &'a str, &'a str);

/// What a task asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge<'a> {
    /// The branch that changes.
    pub to_branch: &'a str,
    /// The revision of it; its head, if empty.
    pub to_revision: &'a str,
    /// The branch that moves there; empty if there is none.
    pub from_branch: &'a str,
    /// The revision of that; its head, if empty.
    pub from_revision: &'a str,
    /// The file with the version.
    pub version_from: &'a str,
    /// The tag for the end of a version; empty if there is none.
    pub end_tag: &'a str,
    /// The tag for the beginning of a version; empty if there is none.
    pub base_tag: &'a str,
    /// Whether the other branch is merged.
    pub merges: bool,
    /// Whether the next builds are clean.
    pub touches_clobber: bool,
    /// The files whose version changes.
    pub version_files: Vec<VersionFile<'a>>,
    /// Texts that are replaced.
    pub replacements: Vec<Replacement<'a>>,
    /// Regular expressions that are replaced.
    pub patterns: Vec<Replacement<'a>>,
}

/// What a task would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The actions.
    pub actions: Vec<Action>,
    /// The files whose version changes.
    pub bumped: Vec<Bumped>,
    /// The revision that the commits follow.
    pub revision: String,
}

const CLOBBER: &str = "CLOBBER";

/// The message of the last commit.
const MESSAGE: &str = "No Bug - Update configs after merge day operations a=release\n\nIGNORE BROKEN CHANGESETS\nCLOSED TREE";

impl Merge<'_> {
    /// Computes the actions on a day, such as `2026-11-28`.
    ///
    /// # Errors
    /// [`ActionError`].
    pub fn plan(&self, tree: &dyn Tree, today: &str) -> Result<Planned, ActionError> {
        let mut actions = Vec::new();
        let head = |revision: &str, branch: &str| match revision.is_empty() {
            true => tree.head(branch),
            false => Ok(revision.to_owned()),
        };
        let to_revision = head(self.to_revision, self.to_branch)?;
        let to_version = self.version(tree, &to_revision)?;
        if !self.end_tag.is_empty() {
            let name = tag_name(self.end_tag, to_version.major())?;
            actions.extend(tag::actions(&[&name], &tree.head(self.to_branch)?)?);
        }
        let (version, revision) = if self.from_branch.is_empty() {
            if self.merges {
                return Err(ActionError::NoBranch);
            }
            (to_version, to_revision)
        } else {
            let revision = head(self.from_revision, self.from_branch)?;
            let version = self.version(tree, &revision)?;
            if !self.base_tag.is_empty() {
                let name = tag_name(self.base_tag, version.major())?;
                actions.extend(tag::actions(&[&name], &revision)?);
            }
            if self.merges {
                actions.push(Action::Merge {
                    target: revision.clone(),
                    message: format!("Promote {} to {}", self.from_branch, self.to_branch),
                });
            }
            (version, revision)
        };
        let bumped = self.bump(tree, &version, &revision, &mut actions)?;
        actions.push(Action::Commit {
            message: MESSAGE.to_owned(),
            diff: self.other_changes(tree, &version, &revision, today)?,
        });
        Ok(Planned {
            actions,
            bumped,
            revision,
        })
    }

    fn version(&self, tree: &dyn Tree, revision: &str) -> Result<Version, ActionError> {
        let content = tree.file(revision, self.version_from)?;
        let content = content.ok_or_else(|| ActionError::NoFile(self.version_from.to_owned()))?;
        let text = last_version(&content).unwrap_or_default();
        Place::Gecko.version(self.version_from, &text)
    }

    fn bump(
        &self,
        tree: &dyn Tree,
        version: &Version,
        revision: &str,
        actions: &mut Vec<Action>,
    ) -> Result<Vec<Bumped>, ActionError> {
        let mut parts: Vec<&str> = self.version_files.iter().map(|file| file.part).collect();
        parts.retain(|part| !part.is_empty());
        parts.sort_unstable();
        parts.dedup();
        let part = match parts[..] {
            [] => None,
            ["major"] => Some(Part::Major),
            [_] => Some(Part::Minor),
            _ => return Err(ActionError::Kinds(parts.len())),
        };
        let mut by_suffix: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for file in &self.version_files {
            let files = by_suffix.entry(file.suffix).or_default();
            files.push(file.file.to_owned());
        }
        let bumps = by_suffix.into_iter().map(|(suffix, files)| {
            let next_version = version.following(part, suffix)?;
            Ok(Bump {
                next_version,
                files,
            })
        });
        let bumps: Vec<Bump> = bumps.collect::<Result<_, ActionError>>()?;
        let how = How {
            place: Place::Gecko,
            without_builds: false,
            follows_suffix: false,
        };
        let bumped = bump::look(tree, revision, &bumps, how)?;
        actions.extend(bump::commit(&bumped, how));
        Ok(bumped)
    }

    /// The difference of replaced texts, and of the file that asks for clean builds.
    fn other_changes(
        &self,
        tree: &dyn Tree,
        version: &Version,
        revision: &str,
        today: &str,
    ) -> Result<String, ActionError> {
        let read = |file: &str| -> Result<String, ActionError> {
            let content = tree.file(revision, file)?;
            content.ok_or_else(|| ActionError::NoFile(file.to_owned()))
        };
        let majors = Majors::after(version.major());
        // Of several replacements in one file, only the last one counts, as in the real worker.
        let mut changed: Vec<(&str, String, String)> = Vec::new();
        let mut note =
            |file, before, after| match changed.iter_mut().find(|(name, ..)| *name == file) {
                Some(known) => known.2 = after,
                None => changed.push((file, before, after)),
            };
        for &(file, from, to) in &self.replacements {
            let before = read(file)?;
            let after = replace::text(file, &before, (from, to), majors)?;
            note(file, before, after);
        }
        for &(file, from, to) in &self.patterns {
            let before = read(file)?;
            let after = replace::pattern(file, &before, (from, to), majors)?;
            note(file, before, after);
        }
        if self.touches_clobber {
            let before = read(CLOBBER)?;
            let after = clobber(&before, today);
            note(CLOBBER, before, after);
            changed.sort_by_key(|(file, ..)| *file);
        }
        let diffs = changed
            .iter()
            .map(|(file, before, after)| diff::of_file(file, before, after));
        Ok(diffs.collect::<Vec<_>>().join("\n"))
    }

    /// Files in which more than one text is replaced: the real worker replaces the last one alone.
    #[must_use]
    pub fn lost_replacements(&self) -> Vec<&str> {
        let mut files: Vec<&str> = self.replacements.iter().map(|one| one.0).collect();
        files.extend(self.patterns.iter().map(|one| one.0));
        files.sort_unstable();
        let mut twice: Vec<&str> = files
            .windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| pair[0])
            .collect();
        twice.dedup();
        twice
    }
}

/// The name of a tag of a major version.
fn tag_name(template: &str, major: u32) -> Result<String, ActionError> {
    let number = |name: &str| (name == "major_version").then_some(major);
    replace::fill(template, &number, false)
}

/// The file that asks for clean builds: its comments, and the day.
fn clobber(before: &str, today: &str) -> String {
    let mut after = String::new();
    for line in diff::lines(before) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            after.push_str(line);
            after.push('\n');
        }
    }
    after + "Merge day clobber " + today
}
