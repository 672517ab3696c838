//! Scope expressions and roles.
//!
//! A role `assume:<id>` grants its scopes to every caller with a scope that satisfies `assume:<id>`;
//! a role id that ends in `*` stands for every id with that start, and `<..>` in its scopes for the
//! rest of the id. Expansion repeats until nothing is added.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::base::scope::ScopeSet;

/// The scopes of a set, in order.
pub(crate) fn list(scopes: &ScopeSet) -> Vec<String> {
    scopes.iter().map(ToString::to_string).collect()
}

/// What a method demands of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    /// One scope.
    Scope(String),
    /// Every member.
    AllOf(Vec<Expression>),
    /// At least one member.
    AnyOf(Vec<Expression>),
}

impl Expression {
    /// One scope.
    pub(crate) fn scope(scope: impl Into<String>) -> Expression {
        Expression::Scope(scope.into())
    }

    /// Every one of these scopes.
    pub(crate) fn all_of<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> Expression {
        Expression::AllOf(scopes.into_iter().map(Expression::scope).collect())
    }

    /// Tells whether a set of scopes satisfies the expression.
    pub(crate) fn satisfied_by(&self, held: &ScopeSet) -> bool {
        match self {
            Expression::Scope(scope) => held.satisfies(scope),
            Expression::AllOf(parts) => parts.iter().all(|part| part.satisfied_by(held)),
            Expression::AnyOf(parts) => parts.iter().any(|part| part.satisfied_by(held)),
        }
    }

    /// What is left of the expression once the scopes held are taken away; nothing when it is
    /// satisfied.
    pub(crate) fn missing(&self, held: &ScopeSet) -> Option<Expression> {
        if self.satisfied_by(held) {
            return None;
        }
        match self {
            Expression::Scope(_) => Some(self.clone()),
            Expression::AllOf(parts) => {
                let left: Vec<Expression> =
                    parts.iter().filter_map(|part| part.missing(held)).collect();
                match <[Expression; 1]>::try_from(left) {
                    Ok([only]) => Some(only),
                    Err(left) => Some(Expression::AllOf(left)),
                }
            }
            Expression::AnyOf(parts) => {
                let left: Vec<Expression> =
                    parts.iter().filter_map(|part| part.missing(held)).collect();
                match <[Expression; 1]>::try_from(left) {
                    Ok([only]) => Some(only),
                    Err(left) => Some(Expression::AnyOf(left)),
                }
            }
        }
    }

    /// The expression as JSON.
    pub(crate) fn json(&self) -> Value {
        match self {
            Expression::Scope(scope) => Value::String(scope.clone()),
            Expression::AllOf(parts) => {
                json!({"AllOf": parts.iter().map(Expression::json).collect::<Vec<_>>()})
            }
            Expression::AnyOf(parts) => {
                json!({"AnyOf": parts.iter().map(Expression::json).collect::<Vec<_>>()})
            }
        }
    }

    /// The expression as error messages print it: a lone scope bare, anything else as indented
    /// JSON.
    pub(crate) fn text(&self) -> String {
        match self {
            Expression::Scope(scope) => scope.clone(),
            other => serde_json::to_string_pretty(&other.json()).unwrap_or_default(),
        }
    }
}

/// The roles of the sandbox, with a memory of expansions already made.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    roles: BTreeMap<String, Vec<String>>,
    known: BTreeMap<Vec<String>, Arc<ScopeSet>>,
}

impl Roles {
    /// Defines a role, replacing an earlier one of that id.
    pub(crate) fn set(&mut self, id: &str, scopes: Vec<String>) {
        self.roles.insert(id.to_owned(), scopes);
        self.known.clear();
    }

    /// Removes a role.
    pub(crate) fn remove(&mut self, id: &str) {
        self.roles.remove(id);
        self.known.clear();
    }

    /// The scopes of a role.
    pub(crate) fn get(&self, id: &str) -> Option<&[String]> {
        self.roles.get(id).map(Vec::as_slice)
    }

    /// The roles by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.roles.iter()
    }

    /// The normalised set of everything that the scopes grant.
    pub(crate) fn expand(&mut self, scopes: &[String]) -> Arc<ScopeSet> {
        if let Some(known) = self.known.get(scopes) {
            return Arc::clone(known);
        }
        let expanded = Arc::new(self.closure(scopes));
        self.known.insert(scopes.to_vec(), Arc::clone(&expanded));
        expanded
    }

    fn closure(&self, scopes: &[String]) -> ScopeSet {
        let mut held: BTreeSet<String> = scopes.iter().cloned().collect();
        let mut fresh: Vec<String> = scopes.to_vec();
        while let Some(scope) = fresh.pop() {
            for granted in self.granted_by(&scope) {
                if held.insert(granted.clone()) {
                    fresh.push(granted);
                }
            }
        }
        held.into_iter().collect::<ScopeSet>().normalized()
    }

    fn granted_by(&self, scope: &str) -> Vec<String> {
        const ASSUME: &str = "assume:";
        let mut granted = Vec::new();
        // A scope such as `*` or `assu*` satisfies every role there is.
        let (role_prefix, open) = match (scope.strip_prefix(ASSUME), scope.strip_suffix('*')) {
            (Some(role_prefix), _) => match role_prefix.strip_suffix('*') {
                Some(start) => (start, true),
                None => (role_prefix, false),
            },
            (None, Some(start)) if ASSUME.starts_with(start) => ("", true),
            _ => return granted,
        };
        for (id, scopes) in &self.roles {
            let rest = match id.strip_suffix('*') {
                Some(start) if role_prefix.starts_with(start) => {
                    let rest = role_prefix.get(start.len()..).unwrap_or_default();
                    Some(if open {
                        format!("{rest}*")
                    } else {
                        rest.to_owned()
                    })
                }
                Some(start) if open && start.starts_with(role_prefix) => Some("*".to_owned()),
                None if id == role_prefix || (open && id.starts_with(role_prefix)) => {
                    Some(String::new())
                }
                _ => None,
            };
            let Some(rest) = rest else { continue };
            granted.extend(scopes.iter().map(|scope| match scope.split_once("<..>") {
                // What follows a star would be lost in it.
                Some((start, _)) if rest.ends_with('*') => format!("{start}{rest}"),
                _ => scope.replace("<..>", &rest),
            }));
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(scopes: &[&str]) -> ScopeSet {
        scopes.iter().copied().collect()
    }

    fn texts(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn missing_scopes_are_returned() {
        let needed = Expression::AllOf(vec![
            Expression::scope("a"),
            Expression::scope("b"),
            Expression::AnyOf(vec![Expression::scope("c"), Expression::scope("d")]),
        ]);
        assert_eq!(needed.missing(&set(&["a", "b", "d"])), None);
        assert_eq!(
            needed.missing(&set(&["a", "c"])),
            Some(Expression::scope("b"))
        );
        assert_eq!(
            needed.missing(&set(&["b"])).map(|left| left.json()),
            Some(json!({"AllOf": ["a", {"AnyOf": ["c", "d"]}]}))
        );
    }

    #[test]
    fn roles_expand_until_nothing_is_added() {
        let mut roles = Roles::default();
        roles.set(
            "repo:hg/try:*",
            texts(&["assume:level-1", "queue:route:try.<..>.x"]),
        );
        roles.set("level-1", texts(&["queue:create-task:low:gecko-1/*"]));
        assert_eq!(
            *roles.expand(&texts(&["assume:repo:hg/try:branch"])),
            set(&[
                "assume:level-1",
                "assume:repo:hg/try:branch",
                "queue:create-task:low:gecko-1/*",
                "queue:route:try.branch.x"
            ])
        );
        assert_eq!(
            *roles.expand(&texts(&["assume:repo:*"])),
            set(&[
                "assume:level-1",
                "assume:repo:*",
                "queue:create-task:low:gecko-1/*",
                "queue:route:try.*"
            ])
        );
        assert_eq!(*roles.expand(&texts(&["*"])), set(&["*"]));
        assert_eq!(
            *roles.expand(&texts(&["assume:level-2"])),
            set(&["assume:level-2"])
        );
    }
}
