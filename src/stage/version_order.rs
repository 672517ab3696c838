//! The order of versions, as update and checksum tools compare them.
//!
//! A version is read in the first of these forms that it has:
//!
//! 1. `92.0`, `92.0.1`, `93.0b9`, `3.6.3plugin1`: numbers, and perhaps letters with a number. Of the
//!    letters only the first one counts, and a version with letters comes before the same without them.
//! 2. `1.5.0.12`: four numbers, the third of which has one digit and does not count.
//! 3. Anything else: numbers and words are compared one by one.
//!
//! `esr` at the end is taken off first if the version has the third form. If only that distinguishes two
//! versions, the one with `esr` is the newer one.

use std::cmp::Ordering;

/// Reports that two versions have no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoOrder {
    /// One of them is empty.
    #[error("an empty text is not a version")]
    Empty,
    /// At the same place, one has a number and the other one a word.
    #[error("{one:?} and {other:?} cannot be compared: a number would be compared with a word")]
    Different {
        /// The first version.
        one: String,
        /// The second version.
        other: String,
    },
}

/// Compares two versions.
///
/// # Errors
/// [`NoOrder`] if they have no order.
pub fn compare(one: &str, other: &str) -> Result<Ordering, NoOrder> {
    let (left, left_esr) = Form::without_esr(one)?;
    let (right, right_esr) = Form::without_esr(other)?;
    let order = match (&left, &right) {
        (Form::Strict(left), Form::Strict(right)) => left.cmp(right),
        _ => compare_parts(&left.parts(), &right.parts()).ok_or_else(|| NoOrder::Different {
            one: one.to_owned(),
            other: other.to_owned(),
        })?,
    };
    Ok(order.then(left_esr.cmp(&right_esr)))
}

/// How a version was read.
enum Form<'t> {
    Strict(Strict),
    Loose(&'t str),
}

impl<'t> Form<'t> {
    fn read(text: &'t str) -> Result<Self, NoOrder> {
        if text.is_empty() {
            return Err(NoOrder::Empty);
        }
        let strict = Strict::read(text);
        Ok(strict.map_or(Self::Loose(text), Self::Strict))
    }

    /// Reads a version, and whether `esr` has been taken off.
    fn without_esr(text: &'t str) -> Result<(Self, bool), NoOrder> {
        match (Self::read(text)?, text.strip_suffix("esr")) {
            (Self::Loose(_), Some(rest)) => Ok((Self::read(rest)?, true)),
            (form, _) => Ok((form, false)),
        }
    }

    fn parts(&self) -> Vec<Part> {
        match self {
            Self::Strict(strict) => parts(&strict.to_string()),
            Self::Loose(text) => parts(text),
        }
    }
}

/// A version of the first or second form.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Strict {
    numbers: [Number; 3],
    pre: Pre,
}

/// What a version has behind its numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pre {
    Letter(char, Number),
    /// No letters: the version that the others lead to.
    None,
}

/// A number of any length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    /// It comes first, because more digits are a greater number.
    length: usize,
    digits: String,
}

impl Number {
    fn new(digits: &str) -> Self {
        let digits = match digits.trim_start_matches('0') {
            "" => "0",
            significant => significant,
        };
        Self {
            length: digits.len(),
            digits: digits.to_owned(),
        }
    }
}

impl Strict {
    fn read(text: &str) -> Option<Self> {
        let letters = text.find(|sign: char| sign.is_ascii_alphabetic());
        let (numbers, pre) = text.split_at(letters.unwrap_or(text.len()));
        let pre = match pre.chars().next() {
            None => Pre::None,
            Some(letter) => {
                let digits = pre.trim_start_matches(|sign: char| sign.is_ascii_alphabetic());
                Pre::Letter(letter, number(digits)?)
            }
        };
        let read: Vec<&str> = numbers.split('.').collect();
        let numbers = match read[..] {
            [major, minor] => [number(major)?, number(minor)?, Number::new("0")],
            [major, minor, patch] => [number(major)?, number(minor)?, number(patch)?],
            [major, minor, skipped, patch] if skipped.len() == 1 => {
                number(skipped)?;
                [number(major)?, number(minor)?, number(patch)?]
            }
            _ => return None,
        };
        Some(Self { numbers, pre })
    }
}

impl std::fmt::Display for Strict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = &self.numbers;
        write!(f, "{}.{}.{}", major.digits, minor.digits, patch.digits)?;
        match &self.pre {
            Pre::None => Ok(()),
            Pre::Letter(letter, number) => write!(f, "{letter}{}", number.digits),
        }
    }
}

fn number(digits: &str) -> Option<Number> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Number::new(digits))
}

/// A part of a version of the third form.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Number(Number),
    Word(String),
}

/// The words that are parts of their own, wherever they begin.
const WORDS: &[&str] = &["a", "b", "rc", "esr"];

/// Divides a version at its numbers, points and known words; what is between them is a part too.
fn parts(text: &str) -> Vec<Part> {
    let mut found = Vec::new();
    let mut between = String::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let word = WORDS.iter().find(|word| rest.starts_with(**word));
        let length = match word {
            _ if digits > 0 => digits,
            _ if sign == '.' => 1,
            Some(word) => word.len(),
            None => {
                between.push(sign);
                rest = &rest[sign.len_utf8()..];
                continue;
            }
        };
        if !between.is_empty() {
            found.push(Part::Word(std::mem::take(&mut between)));
        }
        let (part, behind) = rest.split_at(length);
        match number(part) {
            Some(number) => found.push(Part::Number(number)),
            None if part == "." => {}
            None => found.push(Part::Word(part.to_owned())),
        }
        rest = behind;
    }
    if !between.is_empty() {
        found.push(Part::Word(between));
    }
    found
}

/// Compares two lists at the first place where they differ.
fn compare_parts(left: &[Part], right: &[Part]) -> Option<Ordering> {
    let different = left.iter().zip(right).find(|(one, other)| one != other);
    match different {
        None => Some(left.len().cmp(&right.len())),
        Some((Part::Number(one), Part::Number(other))) => Some(one.cmp(other)),
        Some((Part::Word(one), Part::Word(other))) => Some(one.cmp(other)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn orders_can_be_reversed(one in "([0-9]{1,2}|\\.|a|b|rc|esr|x|\u{e4}){0,7}", other in "([0-9]{1,2}|\\.|a|esr|x){0,7}") {
            let reversed = compare(&other, &one).map(Ordering::reverse);
            prop_assert_eq!(compare(&one, &other).ok(), reversed.ok());
            if let Ok(same) = compare(&one, &one) {
                prop_assert_eq!(same, Ordering::Equal);
            }
        }
    }

    #[test]
    fn versions_have_an_order() {
        let ascending = [
            "1.5.0.12",
            "3.6.3plugin1",
            "3.6.28",
            "9.0",
            "10.0",
            "91.1.0",
            "91.1.0esr",
            "92.0a1",
            "92.0b1",
            "92.0b9",
            "92.0b10",
            "92.0rc1",
            "92.0",
            "92.0.1",
            "140.0esr",
            "140.12.0esr",
        ];
        for (i, one) in ascending.iter().enumerate() {
            for (j, other) in ascending.iter().enumerate() {
                assert_eq!(compare(one, other), Ok(i.cmp(&j)), "{one} and {other}");
            }
        }
        assert_eq!(compare("92.0", "92.0.0"), Ok(Ordering::Equal));
        assert_eq!(compare("092.0", "92.00"), Ok(Ordering::Equal));
        let long = format!("{}.0", "9".repeat(50));
        assert_eq!(compare("92.0", &long), Ok(Ordering::Less));
    }

    #[test]
    fn some_versions_have_no_order() {
        assert_eq!(compare("", "92.0"), Err(NoOrder::Empty));
        assert_eq!(compare("92.0", "esr"), Err(NoOrder::Empty));
        let error = compare("92.0.x", "92.0.1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"92.0.x\" and \"92.0.1\" cannot be compared: a number would be compared with a word"
        );
    }
}
