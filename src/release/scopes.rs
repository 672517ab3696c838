//! The scopes that release workers ask for.
//!
//! A worker finds out from scopes what a task may change, e.g. the bucket that files are copied to:
//! `project:releng:beetmover:bucket:dep`. What comes before `beetmover` is the prefix of the trust
//! domain.

use crate::base::text::list_some;
use crate::base::value::Value;

/// What a worker asks of the scopes of a task.
#[derive(Debug)]
pub struct ScopeRule {
    /// What such a scope grants, for messages: "bucket".
    pub what: &'static str,
    /// The parts that mark such a scope: the value follows.
    pub parts: &'static [&'static str],
    /// How many there are.
    pub count: Count,
    /// The field of the payload whose value such a scope must name.
    pub field: Option<&'static str>,
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
            field: None,
        }
    }

    /// At least one scope with one of these parts.
    #[must_use]
    pub const fn some(what: &'static str, parts: &'static [&'static str]) -> Self {
        Self {
            count: Count::Some,
            ..Self::one(what, parts)
        }
    }

    /// At most one scope with one of these parts.
    #[must_use]
    pub const fn at_most_one(what: &'static str, parts: &'static [&'static str]) -> Self {
        Self {
            count: Count::AtMostOne,
            ..Self::one(what, parts)
        }
    }

    /// The rule with a field of the payload whose value the scope must name.
    #[must_use]
    pub const fn naming(self, field: &'static str) -> Self {
        Self {
            field: Some(field),
            ..self
        }
    }

    /// Whether a task has no scope for a rule that only repeats a field of the payload.
    #[must_use]
    pub fn is_left_out(&self, scopes: &[&str]) -> bool {
        self.field.is_some() && values(scopes, self.parts).is_empty()
    }

    /// Returns what is wrong with the scopes of a task with this payload, if anything.
    #[must_use]
    pub fn check(&self, scopes: &[&str], payload: &Value) -> Option<String> {
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
            _ => {
                let field = self.field?;
                let value = payload.get(field).and_then(Value::as_str)?;
                let is_named = found.iter().any(|(named, _)| names(named, value));
                (!is_named).then(|| {
                    format!(
                        "`payload.{field}` is `{value}`, which no scope of the task allows: {}",
                        all()
                    )
                })
            }
        }
    }
}

/// Whether the end of a scope names a channel.
///
/// pushflatpakscript and pushmsixscript look for `PREFIX:CHANNEL`, where the prefix may end with the product,
/// and pushflatpakscript for `PREFIX:CHANNEL:APPLICATION` too. pushmsixscript looks at the channel up to a slash.
fn names(end: &str, channel: &str) -> bool {
    let channel = channel.split('/').next().unwrap_or_default();
    let mut parts = end.split(':').take(2);
    parts.any(|part| part == channel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn a_scope_allows_the_channel_of_the_payload() {
        const RULE: ScopeRule = ScopeRule::some("channel", &[":flathub:"]).naming("channel");
        let check = |scope: &str, channel: &str| {
            let scope = format!("project:releng:{scope}");
            RULE.check(&[&scope], &json!({"channel": channel}))
        };
        for scope in [
            "flathub:firefox:beta",
            "flathub:beta",
            "flathub:beta:org.mozilla.Thunderbird",
            "flathub:firefox:beta:org.mozilla.firefox",
        ] {
            assert_eq!(check(scope, "beta"), None, "{scope}");
            assert_eq!(
                check(scope, "stable").unwrap(),
                format!(
                    "`payload.channel` is `stable`, which no scope of the task allows: `project:releng:{scope}`"
                )
            );
        }
        assert_eq!(check("flathub:firefox:esr", "esr/candidate"), None);
        // A name that only begins with that of the channel.
        assert!(check("flathub:firefox:beta2", "beta").is_some());
        // Whether there must be a channel is a rule of the payload.
        assert_eq!(RULE.check(&["project:x:flathub:beta"], &json!({})), None);
    }
}
