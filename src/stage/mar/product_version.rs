//! The order of product versions, as clients compare them.
//!
//! A version is parts between dots. A part is a number, a text, a number and another text; each may be
//! absent: `0b3` is 0, `b`, 3. A missing number is 0, and any text is before none, so `93.0b3` is before
//! `93.0`. A missing part is 0. `1+` means `2pre`.

use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let mut left = left.split('.');
    let mut right = right.split('.');
    loop {
        let (one, other) = (left.next(), right.next());
        if one.is_none() && other.is_none() {
            return Ordering::Equal;
        }
        let order = Part::of(one.unwrap_or_default()).cmp(&Part::of(other.unwrap_or_default()));
        if order.is_ne() {
            return order;
        }
    }
}

#[derive(PartialEq, Eq)]
struct Part<'a> {
    first: i32,
    text: &'a str,
    second: i32,
    rest: &'a str,
}

impl<'a> Part<'a> {
    fn of(part: &'a str) -> Self {
        if part == "*" {
            return Self {
                first: i32::MAX,
                text: "",
                second: 0,
                rest: "",
            };
        }
        let (first, rest) = number(part);
        if rest.starts_with('+') {
            return Self {
                first: first.saturating_add(1),
                text: "pre",
                second: 0,
                rest: "",
            };
        }
        let digits = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-');
        let (text, rest) = rest.split_at(rest.find(digits).unwrap_or(rest.len()));
        let (second, rest) = number(rest);
        Self {
            first,
            text,
            second,
            rest,
        }
    }
}

impl Ord for Part<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let text = |one: &str, other: &str| match (one.is_empty(), other.is_empty()) {
            (false, false) => one.cmp(other),
            (one, other) => one.cmp(&other),
        };
        let first = self.first.cmp(&other.first);
        first
            .then_with(|| text(self.text, other.text))
            .then_with(|| self.second.cmp(&other.second))
            .then_with(|| text(self.rest, other.rest))
    }
}

impl PartialOrd for Part<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The number that a text begins with, and what follows it. A number that is too large is 0.
fn number(text: &str) -> (i32, &str) {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.len()
        - unsigned
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    if digits == 0 {
        return (0, text);
    }
    let (number, rest) = text.split_at(text.len() - unsigned.len() + digits);
    (number.parse().unwrap_or(0), rest)
}
