//! What is sent to the service that changes repositories.

use super::tree::TreeError;
use crate::base::value::{Value, json};

/// Who makes the commits.
const AUTHOR: &str = "Release Engineering Landoscript <release+landoscript@mozilla.com>";

/// An action of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Sets a tag.
    Tag {
        /// Its name.
        name: String,
        /// The revision.
        target: String,
    },
    /// Adds a commit to the branch.
    Commit {
        /// The message.
        message: String,
        /// The difference.
        diff: String,
    },
    /// Merges a revision so that the result has its files.
    Merge {
        /// The revision.
        target: String,
        /// The message.
        message: String,
    },
}

impl Action {
    /// The action as it is sent.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Tag { name, target } => {
                json!({"action": "tag", "name": name, "target": target})
            }
            Self::Commit { message, diff } => json!({
                "action": "create-commit",
                "author": AUTHOR,
                "commitmsg": message,
                "diff": diff,
            }),
            Self::Merge { target, message } => json!({
                "action": "merge-onto",
                "target": target,
                "strategy": "theirs",
                "commit_message": message,
            }),
        }
    }
}

/// Why a task fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// A scope is missing.
    #[error("the task has no scope {}", .0.join(", nor "))]
    Scopes(Vec<String>),
    /// The task lists no action.
    #[error("the task lists no action")]
    NoActions,
    /// A field belongs to other actions.
    #[error("`{field}` is only allowed with {actions}")]
    Field {
        /// The field.
        field: &'static str,
        /// The actions that it belongs to.
        actions: &'static str,
    },
    /// A field is missing.
    #[error("`payload.{0}` is missing, which the action needs")]
    Missing(&'static str),
    /// There are no tags.
    #[error("the task lists no tags")]
    NoTags,
    /// A file must not be changed.
    #[error("{0} is not one of the files whose version a task may change")]
    Forbidden(String),
    /// A file does not exist.
    #[error("{0} does not exist in the repository")]
    NoFile(String),
    /// A file has no version that is read.
    #[error("{file}: {version:?} is not a version that the file may have: {why}")]
    Version {
        /// The file.
        file: String,
        /// The text.
        version: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No version follows.
    #[error("no version follows {version}: {why}")]
    NoNext {
        /// The version.
        version: String,
        /// The reason.
        why: &'static str,
    },
    /// The branch that is merged is missing.
    #[error("`merge_info.from_branch` is missing, but `merge_old_head` is set")]
    NoBranch,
    /// Files ask for different parts of the version to change.
    #[error("the files ask for {0} kinds of `version_bump`, but there can be only one")]
    Kinds(usize),
    /// A file does not contain what is to be replaced.
    #[error("{file} does not contain {text:?}, which is to be replaced")]
    NoText {
        /// The file.
        file: String,
        /// The text.
        text: String,
    },
    /// A template cannot be filled in.
    #[error("{template:?} cannot be filled in: {why}")]
    Template {
        /// The template.
        template: String,
        /// The reason.
        why: String,
    },
    /// A regular expression is none.
    #[error("{0}")]
    Pattern(String),
    /// A file with revisions is not JSON of the expected form.
    #[error("{0} is not a mapping of locales")]
    Changesets(String),
    /// The repository cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl ActionError {
    /// The words of the real worker.
    #[must_use]
    pub fn production_message(&self) -> String {
        match self {
            Self::Scopes(scopes) => {
                format!("required scope(s) not present: {}", scopes.join(", "))
            }
            Self::NoActions => "must provide at least one action!".to_owned(),
            Self::NoTags => "must provide at least one tag!".to_owned(),
            Self::Field { field, actions } => {
                format!("{field} is only respected in {actions}!")
            }
            Self::Forbidden(file) => format!("{file} is not in version bump allowlist"),
            Self::NoFile(file) => format!("{file} does not exist!"),
            Self::NoBranch => {
                "'from_branch' is required when merge_old_head is True or version_files are present"
                    .to_owned()
            }
            Self::Kinds(count) => {
                format!("must provide zero or one `version_bump` type, got: {count}")
            }
            Self::NoText { file, text } => format!("{file} does not contain {text}"),
            other => other.to_string(),
        }
    }
}
