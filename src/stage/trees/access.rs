//! Which actions a task may take.

use std::collections::BTreeSet;

use super::action::ActionError;
use crate::base::value::Value;

/// How the scopes of the worker begin, unless the task has others for a repository.
const PREFIX: &str = "project:releng:lando:";

/// How the scopes of a task begin.
fn prefix<'s>(scopes: &[&'s str]) -> &'s str {
    let mut scopes = scopes.iter();
    let found = scopes.find_map(|scope| {
        let at = scope.find(":lando:repo:")?;
        scope.get(..at + ":lando:".len())
    });
    found.unwrap_or(PREFIX)
}

/// What a task asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The repository.
    pub repository: &'a str,
    /// Its actions.
    pub actions: &'a [&'a str],
    /// The payload.
    pub payload: &'a Value,
}

impl Asked<'_> {
    /// Checks a task as the real worker does.
    ///
    /// # Errors
    /// [`ActionError::Scopes`], [`ActionError::NoActions`], [`ActionError::Field`].
    pub fn check(&self, scopes: &[&str]) -> Result<(), ActionError> {
        let missing: Vec<String> = self
            .expected(scopes)
            .into_iter()
            .filter(|scope| !scopes.contains(&scope.as_str()))
            .collect();
        if !missing.is_empty() {
            return Err(ActionError::Scopes(missing));
        }
        if self.actions.is_empty() {
            return Err(ActionError::NoActions);
        }
        let has = |names: &[&str]| self.actions.iter().any(|action| names.contains(action));
        let given = |field: &str| self.payload.get(field).is_some();
        if given("dontbuild") && !has(&["l10n_bump"]) {
            return Err(ActionError::Field {
                field: "dontbuild",
                actions: "l10n_bump",
            });
        }
        if given("ignore_closed_tree") && !has(&["l10n_bump", "android_l10n_sync"]) {
            return Err(ActionError::Field {
                field: "ignore_closed_tree",
                actions: "l10n_bump and android_l10n_sync",
            });
        }
        Ok(())
    }

    /// The scopes that the task needs.
    fn expected(&self, scopes: &[&str]) -> BTreeSet<String> {
        let prefix = prefix(scopes);
        let mut expected = BTreeSet::from([format!("{prefix}repo:{}", self.repository)]);
        for action in self.actions {
            let whole = format!("{prefix}action:{action}");
            if *action != "version_bump" || scopes.contains(&whole.as_str()) {
                expected.insert(whole);
                continue;
            }
            let info = self.payload.get("version_bump_info");
            let files = info.and_then(|info| info.get("files"));
            let files = files.into_iter().flat_map(Value::texts);
            expected.extend(files.map(|file| format!("{whole}:file:{file}")));
        }
        expected
    }
}
