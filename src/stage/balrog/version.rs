//! The versions of products, as Balrog compares them.
//!
//! Most products have versions of these forms; anything else is an error, not a version that never matches:
//!
//! 1. With one or two dots, and a first number above 4: `78.0`, `78.0.1`, `80.0a1`, but neither `80.0b2` nor
//!    `78.0esr`. Also `78.*` and `78.8.*`, which are equal to all versions that begin so.
//! 2. With one or two dots otherwise: as well `3.6b2` and `3.6.3plugin1`.
//! 3. With three dots: `1.5.0.12`, where the third number has one digit and does not count.
//!
//! A version with letters comes before the same one without them, and of the letters only the first counts.
//! The VPN's versions are [`Loose`]: numbers and words, which are compared one by one.

use std::cmp::Ordering;

use super::fault::Fault;

/// How the versions of a product are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// As [`Strict`] ones.
    Strict,
    /// As [`Loose`] ones.
    Loose,
}

impl Class {
    /// How the versions of a product are read.
    #[must_use]
    pub fn of_product(product: &str) -> Self {
        match product {
            "FirefoxVPN" | "Guardian" => Self::Loose,
            _ => Self::Strict,
        }
    }
}

/// A version of three numbers, perhaps with letters and a number behind them, or the beginning of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strict<'t> {
    /// The numbers, without zeros before them.
    numbers: [&'t str; 3],
    /// How many of the numbers are given; fewer than three only before a `*`.
    given: usize,
    before: Option<(char, &'t str)>,
    /// What the version begins with, if it ends in `*`.
    beginning: Option<&'t str>,
}

impl<'t> Strict<'t> {
    /// Reads a version.
    ///
    /// # Errors
    /// [`Fault::BadData`] if the text has none of the forms.
    pub fn read(text: &'t str) -> Result<Self, Fault> {
        Self::parse(text).ok_or_else(|| Fault::bad(format!("Version number {text} is invalid.")))
    }

    fn parse(text: &'t str) -> Option<Self> {
        // As at the end of a regular expression, one line break is passed over.
        let line = text.strip_suffix('\n').unwrap_or(text);
        let dots = text.bytes().filter(|byte| *byte == b'.').count();
        let (first, rest) = number(line)?;
        let rest = rest.strip_prefix('.')?;
        let is_modern = is_more(first, "4");
        if (dots == 1 || dots == 2) && is_modern && text.ends_with(".*") {
            return Self::glob(text, first, rest);
        }
        let (second, rest) = number(rest)?;
        let (third, rest) = match dots {
            1 => ("0", rest),
            2 => match rest.strip_prefix('.') {
                Some(rest) => number(rest)?,
                None => return None,
            },
            _ => {
                let rest = rest.strip_prefix('.')?;
                let rest = rest.strip_prefix(|sign: char| sign.is_ascii_digit())?;
                number(rest.strip_prefix('.')?)?
            }
        };
        let before = match rest.find(|sign: char| !sign.is_ascii_alphabetic()) {
            _ if rest.is_empty() => None,
            Some(end) if end > 0 => {
                let (letters, digits) = rest.split_at_checked(end)?;
                let (digits, rest) = number(digits)?;
                if !rest.is_empty() || (dots <= 2 && is_modern && letters != "a") {
                    return None;
                }
                Some((letters.chars().next()?, digits))
            }
            _ => return None,
        };
        Some(Self {
            numbers: [first, second, third],
            given: 3,
            before,
            beginning: None,
        })
    }

    fn glob(text: &'t str, first: &'t str, rest: &'t str) -> Option<Self> {
        let (second, given) = match rest {
            "*" => ("", 1),
            _ => match number(rest)? {
                (second, ".*") => (second, 2),
                _ => return None,
            },
        };
        Some(Self {
            numbers: [first, second, ""],
            given,
            before: None,
            beginning: Some(text.trim_end_matches('*')),
        })
    }

    /// Which of two versions is the newer one. One that ends in `*` is as new as all that begin so.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (self.given(), other.given());
        let is_same = if other.beginning.is_some() && self.beginning.is_none() {
            ours.starts_with(theirs)
        } else if self.beginning.is_some() {
            theirs.starts_with(ours)
        } else {
            ours == theirs
        };
        if !is_same {
            let less = is_before(ours, theirs);
            return if less {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
        match (&self.before, &other.before) {
            (None, None) => Ordering::Equal,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((ours, our_number)), Some((theirs, their_number))) => ours
                .cmp(theirs)
                .then_with(|| order(our_number, their_number)),
        }
    }

    fn given(&self) -> &[&'t str] {
        self.numbers.get(..self.given).unwrap_or_default()
    }

    /// Whether a version is equal to another, which is not the same in the other direction.
    fn equals(&self, other: &Self) -> bool {
        match self.beginning {
            Some(beginning) => other.written().starts_with(beginning),
            None => self.compare(other) == Ordering::Equal,
        }
    }

    /// The version without zeros that say nothing.
    fn written(&self) -> String {
        if let Some(beginning) = self.beginning {
            return format!("{beginning}*");
        }
        let [first, second, third] = self.numbers;
        let mut text = match third {
            "0" => format!("{first}.{second}"),
            _ => format!("{first}.{second}.{third}"),
        };
        if let Some((letter, number)) = self.before {
            text.push(letter);
            text.push_str(number);
        }
        text
    }
}

/// A version of numbers and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose<'t>(Vec<Part<'t>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    Number(&'t str),
    Word(&'t str),
}

impl<'t> Loose<'t> {
    /// Reads a version.
    #[must_use]
    pub fn read(text: &'t str) -> Self {
        let kind = |sign: char| match sign {
            '.' => 0,
            '0'..='9' => 1,
            'a'..='z' => 2,
            _ => 3,
        };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|sign| kind(sign) != kind(first));
            let (part, behind) = rest
                .split_at_checked(end.unwrap_or(rest.len()))
                .unwrap_or((rest, ""));
            match kind(first) {
                0 => {}
                1 => parts.push(Part::Number(
                    number(part).map_or(part, |(number, _)| number),
                )),
                _ => parts.push(Part::Word(part)),
            }
            rest = behind;
        }
        Self(parts)
    }

    /// Which of two versions is the newer one.
    ///
    /// # Errors
    /// [`Fault::Broken`] if a number would be compared with a word.
    pub fn compare(&self, other: &Self) -> Result<Ordering, Fault> {
        for (ours, theirs) in self.0.iter().zip(&other.0) {
            let order = match (ours, theirs) {
                (Part::Number(ours), Part::Number(theirs)) => order(ours, theirs),
                (Part::Word(ours), Part::Word(theirs)) => ours.cmp(theirs),
                _ => {
                    return Err(Fault::broken(
                        "two versions cannot be compared, since one has a word where the other has a number",
                    ));
                }
            };
            if order.is_ne() {
                return Ok(order);
            }
        }
        Ok(self.0.len().cmp(&other.0.len()))
    }
}

/// Up to which version a client wants updates: `78.` or `78.8.`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin<'t> {
    first: &'t str,
    second: Option<&'t str>,
}

impl<'t> Pin<'t> {
    /// Reads what a client asks for.
    ///
    /// # Errors
    /// [`Fault::BadData`] if it has none of the two forms.
    pub fn read(text: &'t str) -> Result<Self, Fault> {
        Self::parse(text.strip_suffix('\n').unwrap_or(text))
            .ok_or_else(|| Fault::bad(format!("Version Pin String '{text}' is invalid.")))
    }

    fn parse(text: &'t str) -> Option<Self> {
        let (first, rest) = number(text)?;
        let second = match rest.strip_prefix('.')? {
            "" => None,
            rest => match number(rest)? {
                (second, ".") => Some(second),
                _ => return None,
            },
        };
        Some(Self { first, second })
    }

    /// The pin as it is stored.
    #[must_use]
    pub fn written(&self) -> String {
        match self.second {
            Some(second) => format!("{}.{second}.", self.first),
            None => format!("{}.", self.first),
        }
    }

    /// Whether a version is newer than all that the pin allows.
    #[must_use]
    pub fn is_exceeded_by(&self, version: &Strict<'_>) -> bool {
        let pinned: Vec<&str> = std::iter::once(self.first).chain(self.second).collect();
        let given = version.given();
        is_before(&pinned, given.get(..pinned.len()).unwrap_or(given))
    }
}

/// What a pattern of a rule wants of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// To be equal in either direction, which makes a difference for versions that end in `*`.
    Glob,
    /// To be equal.
    Equal,
    /// To be at least as large.
    AtLeast,
    /// To be larger.
    More,
    /// To be smaller.
    Less,
    /// To be at most as large.
    AtMost,
}

impl Operator {
    /// The operator at the beginning of a pattern and what is behind it; `None` if there is nothing that a
    /// value can be compared with.
    #[must_use]
    pub fn read(pattern: &str) -> Option<(Self, &str)> {
        let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
        if pattern.ends_with('*') {
            return Some((Self::Glob, pattern));
        }
        if pattern.starts_with(is_word) {
            return Some((Self::Equal, pattern));
        }
        let operators = [
            (">=", Self::AtLeast),
            (">", Self::More),
            ("<=", Self::AtMost),
            ("<", Self::Less),
        ];
        operators.into_iter().find_map(|(text, operator)| {
            let rest = pattern.strip_prefix(text)?;
            let end = rest
                .find(|sign| !is_word(sign) && sign != '.')
                .unwrap_or(rest.len());
            let operand = rest.get(..end).filter(|operand| !operand.is_empty())?;
            Some((operator, operand))
        })
    }

    /// Whether the operator holds for a value that is so much larger or smaller than the operand.
    #[must_use]
    pub const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Glob | Self::Equal => order.is_eq(),
            Self::AtLeast => order.is_ge(),
            Self::More => order.is_gt(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
        }
    }
}

/// Whether a version matches a pattern, e.g. `>=78.0`, `78.*` or `78.0`.
///
/// # Errors
/// [`Fault::BadData`] if one of the versions is none; [`Fault::Broken`] if the pattern has no version.
pub fn matches(version: &str, pattern: &str, class: Class) -> Result<bool, Fault> {
    let (operator, operand) = Operator::read(pattern)
        .ok_or_else(|| Fault::broken(format!("there is no version in the pattern `{pattern}`")))?;
    if class == Class::Loose {
        let order = Loose::read(version).compare(&Loose::read(operand))?;
        return Ok(operator.holds(order));
    }
    let (version, operand) = (Strict::read(version)?, Strict::read(operand)?);
    Ok(match operator {
        Operator::Glob => version.equals(&operand) || operand.equals(&version),
        Operator::Equal => version.equals(&operand),
        _ => operator.holds(version.compare(&operand)),
    })
}

/// The version one step after the given one, for whole numbers with dots between them.
pub(super) fn next(version: &str) -> Option<String> {
    let mut parts = numbers(version)?;
    let last = parts.last_mut()?;
    *last = last.checked_add(1)?;
    Some(joined(&parts))
}

/// The version one step before the given one, if each number had three digits at most.
#[must_use]
pub fn previous(version: &str) -> Option<String> {
    let mut parts = numbers(version)?;
    let at = parts.iter().rposition(|part| *part != 0)?;
    for (position, part) in parts.iter_mut().enumerate().skip(at) {
        *part = if position == at {
            part.checked_sub(1)?
        } else {
            999
        };
    }
    Some(joined(&parts))
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn joined(parts: &[u64]) -> String {
    let parts: Vec<String> = parts.iter().map(u64::to_string).collect();
    parts.join(".")
}

/// The number at the beginning of a text, without zeros before it, and what is behind it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|sign: char| !sign.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text
        .split_at_checked(end)
        .filter(|(digits, _)| !digits.is_empty())?;
    let number = digits.trim_start_matches('0');
    Some((if number.is_empty() { "0" } else { number }, rest))
}

/// Which of two numbers without zeros before them is larger; they may have any number of digits.
fn order(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

fn is_more(one: &str, other: &str) -> bool {
    order(one, other).is_gt()
}

/// Whether a list of numbers comes before another one.
fn is_before(ours: &[&str], theirs: &[&str]) -> bool {
    let orders = ours
        .iter()
        .zip(theirs)
        .map(|(one, other)| order(one, other));
    let first = orders.into_iter().find(|order| order.is_ne());
    first
        .unwrap_or_else(|| ours.len().cmp(&theirs.len()))
        .is_lt()
}
