//! The entries of the table of release systems.

use super::payload::TaskShape;
use super::scopes::ScopeRule;
use crate::base::value::Value;

/// A release system.
pub struct System {
    /// Its name.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// The worker implementations that mean it.
    pub implementations: &'static [&'static str],
    /// The words that the name of a worker pool, split at dashes, consists of among others; several
    /// words are separated by blanks, and `*` stands for the end of a word.
    pub pools: &'static [&'static str],
    /// The kinds whose tasks belong to it, although ordinary workers run them; without a prefix
    /// `release-` or `secondary-`, and with `*` at the end of a beginning.
    pub kinds: &'static [&'static str],
    /// How its workers find out what a task is about.
    pub source: ActionSource,
    /// What its workers do.
    pub actions: &'static [Action],
    /// The scopes that its workers ask for.
    pub scopes: &'static [ScopeRule],
    /// The actions whose work `snowman stage` does.
    pub staged: &'static [&'static str],
    /// Whether its tasks publish files with the names of those that they read.
    pub keeps_names: bool,
    /// Whether its work needs files, branches or tags of the repository that the release is made of.
    pub reads_repository: bool,
    /// What a task needs in production, beside its scopes.
    pub production: &'static str,
}

/// What a worker does.
pub struct Action {
    /// Its name; empty for workers that do one thing.
    pub name: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// Returns the rules for a task with a payload; `None` for tasks of ordinary workers.
    pub shape: fn(&Value) -> Option<&'static TaskShape>,
}

impl Action {
    /// An action.
    #[must_use]
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        shape: fn(&Value) -> Option<&'static TaskShape>,
    ) -> Self {
        Self { name, doc, shape }
    }
}

/// How a worker finds out what a task is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionSource {
    /// It does one thing.
    Only,
    /// It does one thing, in tasks of ordinary workers whose command runs this script.
    Script(&'static str),
    /// It does one thing, in tasks of ordinary workers that say what to do in this part of `extra`.
    Extra(&'static str),
    /// From the only scope with this part, which the action follows: `…:beetmover:action:`.
    Scope(&'static str),
    /// From `payload.behavior`, or else the only scope with this part, or else it is this action.
    Behavior(&'static str, &'static str),
    /// Several may be listed in `payload.actions`; their rules are those of one schema.
    List,
}
