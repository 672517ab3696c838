//! Patterns for scopes and worker pools.

/// A pattern for scopes: parts that follow each other somewhere behind the prefix of a trust domain, such as
/// `balrog:server:dep`. In a part, `*` stands for any text, and at the end for all parts that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScopePattern {
    parts: Vec<String>,
}

impl ScopePattern {
    pub(super) fn new(text: &str) -> Self {
        Self {
            parts: text.split(':').map(str::to_owned).collect(),
        }
    }

    /// Whether a scope has these parts, as its last ones or before others. A prefix comes before them.
    pub(super) fn matches(&self, scope: &str) -> bool {
        let parts: Vec<&str> = scope.split(':').collect();
        let count = self.parts.len();
        let mut begins = 1..parts.len().saturating_sub(count - 1).max(1);
        begins.any(|begin| {
            let found = parts.get(begin..begin + count).unwrap_or_default();
            found.len() == count
                && self
                    .parts
                    .iter()
                    .zip(found)
                    .all(|(pattern, part)| !part.is_empty() && matches_part(pattern, part))
        })
    }

    /// Whether a scope with this beginning can match: `*` at the end of a scope stands for anything.
    pub(super) fn may_continue(&self, beginning: &str) -> bool {
        let mut parts: Vec<&str> = beginning.split(':').collect();
        let last = parts.pop().unwrap_or_default();
        // All scopes, or all behind the prefix of a trust domain.
        let is_prefix = parts.is_empty() || parts == ["project"] || parts.ends_with(&["releng"]);
        let mut begins = 1..=parts.len();
        (is_prefix && last.is_empty())
            || begins.any(|begin| {
                let given = parts.get(begin..).unwrap_or_default();
                let Some(open) = self.parts.get(given.len()) else {
                    return false;
                };
                let continues = match open.find('*') {
                    Some(star) => open
                        .get(..star)
                        .is_some_and(|fixed| fixed.starts_with(last) || last.starts_with(fixed)),
                    None => open.starts_with(last),
                };
                let begun = !given.is_empty() || !last.is_empty();
                let alike = self.parts.iter().zip(given);
                continues
                    && begun
                    && alike
                        .into_iter()
                        .all(|(pattern, part)| matches_part(pattern, part))
            })
    }

    /// How specific it is: the number of its parts, and of signs that are given.
    pub(super) fn precision(&self) -> (usize, usize) {
        let given = self.parts.iter().map(|part| part.len());
        let stars = self.parts.iter().map(|part| part.matches('*').count());
        (
            self.parts.len(),
            given.sum::<usize>() - stars.sum::<usize>(),
        )
    }
}

/// A pattern for worker pools: `provisioner/worker-type`, or one of the two. `{trust-domain}` stands for the
/// project's, and `*` for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PoolPattern(String);

impl PoolPattern {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn matches(&self, pool: &str, trust_domain: &str) -> bool {
        let pattern = self.0.replace("{trust-domain}", trust_domain);
        match pattern.contains('/') {
            true => matches_part(&pattern, pool),
            false => pool.split('/').any(|part| matches_part(&pattern, part)),
        }
    }
}

/// Whether a text matches a pattern in which `*` stands for any text.
fn matches_part(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, matches) in [
            ("gecko-3-*", "gecko-3-balrog", true),
            ("gecko-3-*", "gecko-1-balrog", false),
            ("*-dev", "gecko-1-tree-dev", true),
            ("*-dev", "gecko-1-tree-devel", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            ("dep", "dep", true),
            ("dep", "deps", false),
            ("*", "", true),
        ] {
            assert_eq!(matches_part(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn scopes_match_behind_a_prefix() {
        let matches = |pattern: &str, scope: &str| ScopePattern::new(pattern).matches(scope);
        let scope = "project:comm:thunderbird:releng:balrog:server:release";
        assert!(matches("balrog:server:release", scope));
        assert!(!matches("balrog:server:rel", scope));
        assert!(matches("balrog:server:*", scope));
        assert!(!matches("balrog:server:release", "balrog:server:release"));
        let product = "project:releng:googleplay:product:fenix:dep";
        assert!(matches("googleplay:product:*", product));
        assert!(matches("googleplay:product:*:dep", product));
        assert!(!matches(
            "googleplay:product:*:dep",
            "project:releng:googleplay:product:fenix"
        ));
        assert!(!matches("balrog:server:release", ""));
        // Firefox leaves the repository out where there is none.
        assert!(!matches("lando:repo:*", "project:releng:lando:repo:"));
    }

    #[test]
    fn scopes_with_a_star_match_what_they_include() {
        let may = |pattern: &str, scope: &str| {
            ScopePattern::new(pattern).may_continue(scope.strip_suffix('*').unwrap())
        };
        for scope in [
            "*",
            "project:*",
            "project:releng:*",
            "project:releng:bal*",
            "project:releng:balrog:*",
            "project:releng:balrog:server:*",
            "project:releng:balrog:server:rel*",
        ] {
            assert!(may("balrog:server:release", scope), "{scope}");
        }
        for scope in [
            "project:releng:balrog:action:*",
            "project:releng:balrog:server:dep*",
            "project:releng:services/tooltool/*",
            "queue:get-artifact:private/*",
            "secrets:get:project/releng/*",
        ] {
            assert!(!may("balrog:server:release", scope), "{scope}");
        }
        assert!(may(
            "googleplay:product:*",
            "project:releng:googleplay:product:*"
        ));
        assert!(may("lando:repo:staging-*", "project:releng:lando:repo:st*"));
        assert!(may(
            "lando:repo:staging-*",
            "project:releng:lando:repo:staging-x*"
        ));
    }

    #[test]
    fn pools_match_by_either_part() {
        let matches = |pattern: &str, pool: &str| PoolPattern::new(pattern).matches(pool, "gecko");
        assert!(matches("{trust-domain}-3", "gecko-3/b-linux"));
        assert!(!matches("{trust-domain}-3", "comm-3/b-linux"));
        assert!(matches(
            "{trust-domain}-3-*",
            "scriptworker-k8s/gecko-3-balrog"
        ));
        assert!(matches(
            "scriptworker-k8s/*-dev",
            "scriptworker-k8s/gecko-1-x-dev"
        ));
        assert!(!matches("other/*-dev", "scriptworker-k8s/gecko-1-x-dev"));
    }
}
