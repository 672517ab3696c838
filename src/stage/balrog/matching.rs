//! How the fields of a rule match those of a request.

use super::fault::Fault;
use super::version::{self, Class, Operator};

/// The part of a channel before the first `-cck-`, by which partner builds mark theirs.
#[must_use]
pub fn fallback_channel(channel: &str) -> &str {
    channel.split("-cck-").next().unwrap_or(channel)
}

/// Whether a channel, or the one it falls back to, is the rule's.
#[must_use]
pub fn channel(rule: Option<&str>, channel: &str, fallback: &str) -> bool {
    rule.is_none_or(|rule| glob(rule, channel) || glob(rule, fallback))
}

/// Whether a text is equal to another, or begins with what the other has before a `*` at its end; shorter
/// patterns with a `*` than two characters before it match nothing.
///
/// All other characters stand for themselves. Balrog makes a regular expression of such a pattern, without
/// escaping more than dots and further `*`, which [`super::rule::Rule::problems`] therefore reports.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        None => pattern == text,
        Some(_) if pattern.chars().count() < 3 => false,
        // A line break, except for one at the very end, is nothing that `.*` would match.
        Some(beginning) => text
            .strip_prefix(beginning)
            .is_some_and(|rest| !rest.strip_suffix('\n').unwrap_or(rest).contains('\n')),
    }
}

/// Whether a value is one of a list with commas.
#[must_use]
pub fn one_of(rule: Option<&str>, value: Option<&str>) -> bool {
    rule.is_none_or(|rule| rule.split(',').any(|part| Some(part) == value))
}

/// Whether all parts with `&&` between them of one of the alternatives with commas between them are in a text.
#[must_use]
pub fn expression(rule: Option<&str>, text: &str) -> bool {
    expression_with(rule, |part| text.contains(part))
}

/// The same, where each part has to be one of the parts of the text with commas between them.
#[must_use]
pub fn whole_expression(rule: Option<&str>, text: &str) -> bool {
    expression_with(rule, |part| text.split(',').any(|one| one == part))
}

fn expression_with(rule: Option<&str>, holds: impl Fn(&str) -> bool) -> bool {
    rule.is_none_or(|rule| {
        let mut alternatives = rule.split(',');
        alternatives.any(|alternative| alternative.split("&&").all(|part| holds(part.trim())))
    })
}

/// Whether a version matches one of a rule's patterns with commas between them.
///
/// # Errors
/// Those of [`version::matches`].
pub fn version(rule: Option<&str>, version: &str, class: Class) -> Result<bool, Fault> {
    let Some(rule) = rule else {
        return Ok(true);
    };
    for pattern in rule.split(',') {
        if version::matches(version, pattern, class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a build id matches a pattern. Build ids are compared as texts.
///
/// # Errors
/// [`Fault::Broken`] if there is no build id in the pattern.
pub fn build_id(rule: Option<&str>, build_id: &str) -> Result<bool, Fault> {
    let Some(rule) = rule else {
        return Ok(true);
    };
    text(build_id, rule)
}

/// Whether a text matches a pattern, e.g. `>=20210101000000`.
///
/// # Errors
/// [`Fault::Broken`] if there is nothing to compare with in the pattern.
pub fn text(value: &str, pattern: &str) -> Result<bool, Fault> {
    let (operator, operand) = Operator::read(pattern).ok_or_else(|| {
        Fault::broken(format!(
            "there is nothing to compare with in the pattern `{pattern}`"
        ))
    })?;
    Ok(operator.holds(value.cmp(operand)))
}

/// Whether an amount of memory in MiB matches a pattern; an unknown one does.
///
/// # Errors
/// [`Fault::Broken`] if there is no number in the pattern.
pub fn memory(rule: Option<&str>, memory: Option<i128>) -> Result<bool, Fault> {
    match (rule, memory) {
        (Some(rule), Some(memory)) => number(memory, rule),
        _ => Ok(true),
    }
}

/// Whether a number matches a pattern, e.g. `<2048`.
///
/// # Errors
/// [`Fault::Broken`] if there is no number in the pattern.
pub fn number(value: i128, pattern: &str) -> Result<bool, Fault> {
    let wrong = || Fault::broken(format!("there is no number in the pattern `{pattern}`"));
    let (operator, operand) = Operator::read(pattern).ok_or_else(wrong)?;
    Ok(operator.holds(value.cmp(&integer(operand).ok_or_else(wrong)?)))
}

/// Whether what is known of a client is what a rule wants. What is unknown is neither true nor false.
#[must_use]
pub fn flag(rule: Option<bool>, value: Option<bool>) -> bool {
    rule.is_none_or(|rule| value == Some(rule))
}

/// Reads an integer as Python's `int` does: with spaces around it, a sign, and single `_` between digits.
/// One that is too large becomes the largest or smallest one.
#[must_use]
pub fn integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let groups = digits.split('_');
    let is_valid =
        |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !groups.clone().all(is_valid) {
        return None;
    }
    let number = groups.flat_map(str::bytes).fold(0_i128, |number, byte| {
        number
            .saturating_mul(10)
            .saturating_add(i128::from(byte - b'0'))
    });
    Some(if is_negative { -number } else { number })
}
