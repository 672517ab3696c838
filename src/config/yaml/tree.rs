//! A document with all that YAML has, before it is narrowed to JSON.

use std::fmt;

use super::node::NodeId;

/// One constructed value.
#[derive(Debug, Clone)]
pub struct Tree {
    /// What it is.
    pub data: Data,
    /// The node it was made of; none for a stream without a document.
    pub(super) node: Option<NodeId>,
}

/// What a constructed value is.
#[derive(Debug, Clone)]
pub enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// A whole number of any size.
    Int(Integer),
    /// A number with a fraction, an infinity, or no number at all.
    Float(f64),
    /// Text.
    Str(String),
    /// A date, or a date with its time, as ISO 8601 writes it.
    Timestamp(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// A list.
    List(Vec<Tree>),
    /// A mapping; each key once.
    Map(Vec<(Tree, Tree)>),
    /// A set; each item once.
    Set(Vec<Tree>),
    /// An ordered mapping, or pairs: keys may occur several times.
    Pairs(Vec<(Tree, Tree)>),
}

/// A whole number of any size.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Integer {
    negative: bool,
    /// Nine decimal digits each, the least first; no zeros at the end.
    parts: Vec<u32>,
}

impl Integer {
    const PART: u64 = 1_000_000_000;

    /// Zero.
    pub(super) fn zero() -> Self {
        Self {
            negative: false,
            parts: Vec::new(),
        }
    }

    /// Multiplies by `factor`, which is at most 60, and adds `more`.
    pub(super) fn push(&mut self, factor: u32, more: u32) {
        let mut carry = u64::from(more);
        for part in &mut self.parts {
            carry += u64::from(*part) * u64::from(factor);
            *part = u32::try_from(carry % Self::PART).unwrap_or(0);
            carry /= Self::PART;
        }
        while carry > 0 {
            self.parts
                .push(u32::try_from(carry % Self::PART).unwrap_or(0));
            carry /= Self::PART;
        }
    }

    /// Adds another number, whatever the signs are counted as.
    pub(super) fn add(&mut self, other: &Self) {
        let mut carry = 0;
        for i in 0..self.parts.len().max(other.parts.len()) {
            if i == self.parts.len() {
                self.parts.push(0);
            }
            let sum =
                u64::from(self.parts[i]) + u64::from(other.parts.get(i).copied().unwrap_or(0));
            let sum = sum + carry;
            self.parts[i] = u32::try_from(sum % Self::PART).unwrap_or(0);
            carry = sum / Self::PART;
        }
        if carry > 0 {
            self.parts.push(1);
        }
    }

    /// The number with its sign turned when `negative`; zero has none.
    pub(super) fn signed(mut self, negative: bool) -> Self {
        self.negative = (self.negative ^ negative) && !self.parts.is_empty();
        self
    }
}

impl fmt::Display for Integer {
    /// Decimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            f.write_str("-")?;
        }
        let mut parts = self.parts.iter().rev();
        write!(f, "{}", parts.next().unwrap_or(&0))?;
        parts.try_for_each(|part| write!(f, "{part:09}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_any_size() {
        let mut number = Integer::zero();
        assert_eq!(number.to_string(), "0");
        for _ in 0..21 {
            number.push(10, 9);
        }
        assert_eq!(number.to_string(), "999999999999999999999");
        let mut one = Integer::zero();
        one.push(10, 1);
        number.add(&one);
        assert_eq!(number.signed(true).to_string(), "-1000000000000000000000");
    }
}
