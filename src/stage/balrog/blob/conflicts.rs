//! Entries of `updateLine` that could set the same attribute in one answer.
//!
//! Each two entries that have an attribute in common are compared: there is a conflict if a request could
//! fulfil the conditions of both. Conditions of versions and build ids that are not equal are compared by
//! trying a version that fulfils the one on the other.

use std::collections::BTreeSet;

use super::super::fault::Fault;
use super::super::matching::{self, fallback_channel};
use super::super::version::{Class, next, previous};
use super::fields;
use crate::base::value::{List, Value};

/// Two entries that could apply to the same request.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The conditions of one.
    pub one: Value,
    /// The conditions of the other.
    pub other: Value,
    /// The attributes that both have.
    pub attributes: BTreeSet<String>,
}

/// Why entries cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCompared {
    /// Two conditions are not equal, and one of them is no comparison.
    #[error("Couldn't find a comparable value for one of: {0}, {1}")]
    Values(String, String),
    /// A condition cannot be read, or a field is missing.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// There are too many.
    #[error("`updateLine` has too many entries to be compared with each other")]
    TooMany,
}

/// How many pairs of values are compared before a blob counts as too large.
const MOST: usize = 2_000_000;

/// What two values are compared by.
#[derive(Clone, Copy)]
enum By {
    Version,
    BuildId,
}

/// The conflicts between the entries of `updateLine`.
///
/// # Errors
/// [`NotCompared`] if two values cannot be compared, or there are too many.
pub(super) fn conflicts(content: &Value) -> Result<Vec<Conflict>, NotCompared> {
    let entries = content["updateLine"]
        .as_array()
        .map(|entries| &**entries)
        .unwrap_or_default();
    let mut left = MOST;
    let mut conflicts = Vec::new();
    for one in entries {
        for other in entries {
            spend(&mut left, 1)?;
            if one == other {
                continue;
            }
            let attributes: BTreeSet<String> = {
                let theirs = fields::value(other, "fields")?;
                let ours = fields::value(one, "fields")?
                    .as_object()
                    .into_iter()
                    .flatten();
                let both = ours.filter(|(name, _)| theirs.get(name).is_some());
                both.map(|(name, _)| name.to_string()).collect()
            };
            if attributes.is_empty() {
                continue;
            }
            let (one, other) = (fields::value(one, "for")?, fields::value(other, "for")?);
            if overlap(one, other, &mut left)? {
                conflicts.push(Conflict {
                    one: one.clone(),
                    other: other.clone(),
                    attributes,
                });
            }
        }
    }
    Ok(conflicts)
}

fn spend(left: &mut usize, pairs: usize) -> Result<(), NotCompared> {
    *left = left.checked_sub(pairs).ok_or(NotCompared::TooMany)?;
    Ok(())
}

/// Whether a request could fulfil both conditions.
fn overlap(one: &Value, other: &Value, left: &mut usize) -> Result<bool, NotCompared> {
    let mut all = true;
    for name in ["channels", "locales", "versions", "buildIDs"] {
        let (Some(ours), Some(theirs)) = (one[name].as_array(), other[name].as_array()) else {
            continue;
        };
        spend(left, ours.len().saturating_mul(theirs.len()))?;
        all &= match name {
            "channels" => any_pair(ours, theirs, |one, other| Ok(share_a_channel(one, other)))?,
            "versions" => any_pair(ours, theirs, |one, other| share(By::Version, one, other))?,
            "buildIDs" => any_pair(ours, theirs, |one, other| share(By::BuildId, one, other))?,
            _ => any_pair(ours, theirs, |one, other| Ok(one == other))?,
        };
    }
    Ok(all)
}

fn any_pair(
    ours: &List,
    theirs: &List,
    mut matches: impl FnMut(&str, &str) -> Result<bool, NotCompared>,
) -> Result<bool, NotCompared> {
    for one in ours.iter().filter_map(Value::as_str) {
        for other in theirs.iter().filter_map(Value::as_str) {
            if matches(one, other)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn share_a_channel(one: &str, other: &str) -> bool {
    let has = |pattern: &str, channel: &str| {
        let channel = channel.trim_end_matches('*');
        matching::channel(Some(pattern), channel, fallback_channel(channel))
    };
    one == other || has(one, other) || has(other, one)
}

fn share(by: By, one: &str, other: &str) -> Result<bool, NotCompared> {
    if one == other {
        return Ok(true);
    }
    let has = |pattern: &str, value: &str| match by {
        By::Version => matching::version(Some(pattern), value, Class::Strict),
        By::BuildId => matching::build_id(Some(pattern), value),
    };
    if matches!(by, By::Version) {
        let has_operator = |pattern: &str| pattern.starts_with(['<', '>']);
        match (has_operator(one), has_operator(other)) {
            (true, false) => return Ok(has(one, other)?),
            (false, true) => return Ok(has(other, one)?),
            _ => {}
        }
    }
    let example = |pattern: &str| example(by, pattern).transpose();
    let (Some(ours), Some(theirs)) = (example(one), example(other)) else {
        return Err(NotCompared::Values(one.to_owned(), other.to_owned()));
    };
    let (ours, theirs) = (ours?, theirs?);
    Ok(has(one, &theirs)? || has(other, &ours)?)
}

/// A value that fulfils a pattern with an operator; `None` if it has none.
fn example(by: By, pattern: &str) -> Result<Option<String>, Fault> {
    let operand = pattern.trim_start_matches(['<', '>', '=']);
    let step: fn(i128) -> i128 = match pattern.chars().next() {
        _ if pattern.contains('=') => return Ok(Some(operand.to_owned())),
        Some('<') => |number| number.saturating_sub(1),
        Some('>') => |number| number.saturating_add(1),
        _ => return Ok(None),
    };
    let example = match by {
        By::BuildId => matching::integer(operand).map(|number| step(number).to_string()),
        By::Version if pattern.starts_with('<') => previous(operand),
        By::Version => next(operand),
    };
    example
        .map(Some)
        .ok_or_else(|| Fault::broken(format!("there is nothing next to `{pattern}`")))
}
