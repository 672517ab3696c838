//! Scopes, and which of them satisfy others.
//!
//! A scope satisfies itself; one that ends in `*` satisfies all that start with what is before the
//! star. Roles are not expanded here: the auth service does that before it reports the scopes that
//! a caller holds.

use std::collections::BTreeSet;
use std::fmt;

/// A scope, e.g. `queue:create-task:low:gecko-1/*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope(String);

impl Scope {
    /// Makes a scope of its text.
    #[must_use]
    pub fn new(scope: impl Into<String>) -> Self {
        Self(scope.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what is before the final star, if the scope has one.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix('*')
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Scope {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet {
    scopes: BTreeSet<Scope>,
    /// The prefixes of those that end in a star.
    prefixes: BTreeSet<String>,
}

impl ScopeSet {
    /// An empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            scopes: BTreeSet::new(),
            prefixes: BTreeSet::new(),
        }
    }

    /// Whether the set has this very scope.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// Whether any scope of the set satisfies `scope`.
    #[must_use]
    pub fn satisfies(&self, scope: &str) -> bool {
        self.contains(scope) || self.has_prefix_of(scope, scope.len())
    }

    /// Returns the scopes in order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.iter()
    }

    /// Leaves out every scope that another one satisfies.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let is_needed = |scope: &&Scope| match scope.prefix() {
            Some("") => true,
            Some(prefix) => !self.has_prefix_of(prefix, prefix.len() - 1),
            None => !self.has_prefix_of(scope.as_str(), scope.as_str().len()),
        };
        self.scopes.iter().filter(is_needed).cloned().collect()
    }

    /// Whether the first bytes of `text`, at most `longest`, are the prefix of a scope of the set.
    fn has_prefix_of(&self, text: &str, longest: usize) -> bool {
        let is_prefix = |end: usize| {
            text.get(..end)
                .is_some_and(|start| self.prefixes.contains(start))
        };
        (0..=longest).any(is_prefix)
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
        let prefixes = scopes.iter().filter_map(Scope::prefix);
        Self {
            prefixes: prefixes.map(str::to_owned).collect(),
            scopes,
        }
    }
}

impl FromIterator<String> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = String>>(scopes: I) -> Self {
        scopes.into_iter().map(Scope::new).collect()
    }
}

impl<'s> FromIterator<&'s str> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = &'s str>>(scopes: I) -> Self {
        scopes.into_iter().map(Scope::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(scopes: &[&str]) -> ScopeSet {
        scopes.iter().copied().collect()
    }

    #[test]
    fn a_star_matches_any_suffix() {
        let held = set(&["a:b", "c:*", "d*"]);
        for scope in ["a:b", "c:", "c:x:y", "d", "dd", "c:x*", "c:*"] {
            assert!(held.satisfies(scope), "{scope}");
        }
        for scope in ["a:", "a:bc", "c", "e", "*"] {
            assert!(!held.satisfies(scope), "{scope}");
        }
        assert!(set(&["*"]).satisfies("anything"));
        // A scope that ends in a star is only satisfied by itself and by wider ones.
        assert!(!set(&["a:b"]).satisfies("a:*"));
        assert!(set(&["c:*"]).satisfies("c:x") && !set(&["c:*"]).contains("c:x"));
        // The prefix of one scope may end inside of a character of another.
        assert!(!set(&["ä*"]).satisfies("ö"));
    }

    #[test]
    fn normalized_sets_have_no_scope_within_another() {
        for (scopes, normalized) in [
            (
                &["b", "a*", "ab", "a*", "abc*", "c"][..],
                &["a*", "b", "c"][..],
            ),
            (&["x", "*"], &["*"]),
            (&["a", "a*"], &["a*"]),
            (&["a", "ab"], &["a", "ab"]),
            (&[], &[]),
        ] {
            assert_eq!(set(scopes).normalized(), set(normalized), "{scopes:?}");
        }
    }
}
