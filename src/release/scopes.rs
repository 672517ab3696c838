//! The scopes that release workers ask for.
//!
//! A worker finds out from scopes what a task may change, e.g. the bucket that files are copied to:
//! `project:releng:beetmover:bucket:dep`. What comes before `beetmover` is the prefix of the trust
//! domain.

use crate::base::text::list_some;

/// What a worker asks of the scopes of a task.
#[derive(Debug)]
pub struct ScopeRule {
    /// What such a scope grants, for messages: "bucket".
    pub what: &'static str,
    /// The parts that mark such a scope: the value follows.
    pub parts: &'static [&'static str],
    /// How many there are.
    pub count: Count,
}

/// How many scopes a worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// One.
    One,
    /// At most one.
    AtMostOne,
    /// At least one.
    Some,
}

/// Returns the values of the scopes that have one of these parts, with whole scopes.
pub fn values<'s>(scopes: &[&'s str], parts: &[&str]) -> Vec<(&'s str, &'s str)> {
    let found = scopes.iter().filter_map(|scope| {
        let value = parts.iter().find_map(|part| {
            let at = scope.find(part)?;
            // A prefix of the trust domain comes before.
            (at > 0).then(|| &scope[at + part.len()..])
        })?;
        Some((value, *scope))
    });
    found.filter(|(value, _)| !value.is_empty()).collect()
}

impl ScopeRule {
    /// One scope with one of these parts.
    #[must_use]
    pub const fn one(what: &'static str, parts: &'static [&'static str]) -> Self {
        Self {
            what,
            parts,
            count: Count::One,
        }
    }

    /// Returns what is wrong with the scopes of a task, if anything.
    #[must_use]
    pub fn check(&self, scopes: &[&str]) -> Option<String> {
        let found = values(scopes, self.parts);
        let (what, parts) = (self.what, self.parts);
        let all = || {
            let scopes: Vec<String> = found
                .iter()
                .map(|(_, scope)| format!("`{scope}`"))
                .collect();
            list_some(&scopes)
        };
        let expected = || {
            let parts: Vec<String> = parts.iter().map(|part| format!("`…{part}…`")).collect();
            parts.join(" or ")
        };
        match (self.count, found.len()) {
            (Count::One | Count::Some, 0) => Some(format!(
                "the worker asks for a scope for the {what}, {}, but the task has none",
                expected()
            )),
            (Count::One | Count::AtMostOne, 2..) => Some(format!(
                "the worker asks for one scope for the {what}, but the task has several: {}",
                all()
            )),
            _ => None,
        }
    }
}
