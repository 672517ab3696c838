//! Format specs: fill, align, sign, `#`, width, grouping, precision and type.

use crate::base::value::{Value, py_str, type_name};

use super::error::{FormatError, FormatErrorKind, fail};
use super::{float, integer};

/// The width and the precision up to which texts are laid out.
///
/// Python would go on until the memory is full; the standard library stops at 65,535.
const MAX_SIZE: usize = 60_000;

/// A spec that was read.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) fill: char,
    /// One of `<`, `>`, `^` and `=`.
    pub(super) align: char,
    pub(super) sign: Option<char>,
    /// `z`: a negative zero loses its sign.
    pub(super) no_negative_zero: bool,
    /// `#`: the alternate form.
    pub(super) alternate: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
}

pub(super) fn malformed(message: impl Into<String>) -> FormatError {
    fail(FormatErrorKind::Value, message)
}

/// The value as `format(value, spec)` writes it.
pub(super) fn lay_out(value: &Value, text: &str) -> Result<String, FormatError> {
    if text.is_empty() {
        return Ok(py_str(value));
    }
    match value {
        Value::String(string) => Spec::parse(text, '<')?.string(string),
        Value::Bool(value) => integer::lay_out(i128::from(*value), &Spec::parse(text, '>')?),
        Value::Number(number) => {
            let spec = Spec::parse(text, '>')?;
            match (number.as_i128(), number.as_f64()) {
                (Some(whole), _) => integer::lay_out(whole, &spec),
                (None, Some(value)) => float::lay_out(value, &spec, "a float"),
                (None, None) => Err(malformed("the number cannot be formatted")),
            }
        }
        Value::Null | Value::Array(_) | Value::Object(_) => Err(fail(
            FormatErrorKind::Type,
            format!("{} takes no format spec", type_name(value)),
        )
        .help("write `!s` before the colon to format its text")),
    }
}

/// The characters of a spec that are left.
struct Rest<'a>(std::iter::Peekable<std::str::Chars<'a>>);

impl Rest<'_> {
    fn one(&mut self, set: &str) -> Option<char> {
        self.0.next_if(|c| set.contains(*c))
    }

    fn number(&mut self) -> Result<Option<usize>, FormatError> {
        let mut digits = String::new();
        while let Some(c) = self.0.next_if(char::is_ascii_digit) {
            digits.push(c);
        }
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse() {
            Ok(number) if number <= MAX_SIZE => Ok(Some(number)),
            _ => Err(malformed(format!(
                "{digits} is too large for a width or a precision"
            ))),
        }
    }
}

impl Spec {
    fn parse(text: &str, default_align: char) -> Result<Self, FormatError> {
        const ALIGNS: &str = "<>=^";
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        let filled = second.is_some_and(|c| ALIGNS.contains(c));
        let mut rest = Rest(text.chars().peekable());
        let mut fill = filled.then(|| rest.0.next()).and(first);
        let mut align = rest.one(ALIGNS);
        let sign = rest.one(" +-");
        let no_negative_zero = rest.one("z").is_some();
        let alternate = rest.one("#").is_some();
        if fill.is_none() && rest.one("0").is_some() {
            fill = Some('0');
            if align.is_none() && default_align == '>' {
                align = Some('=');
            }
        }
        let width = rest.number()?.unwrap_or(0);
        let grouping = rest.one(",").or_else(|| rest.one("_"));
        if grouping.is_some() && rest.one(",_").is_some() {
            return Err(malformed(
                "only one of `,` and `_` can group digits, and once",
            ));
        }
        let precision = match rest.one(".") {
            None => None,
            Some(_) => match rest.number()? {
                None => return Err(malformed("there is no precision after the `.`")),
                precision => precision,
            },
        };
        let kind = rest.0.next();
        if rest.0.next().is_some() {
            return Err(malformed(format!("`{text}` is no format spec")));
        }
        let spec = Self {
            fill: fill.unwrap_or(' '),
            align: align.unwrap_or(default_align),
            sign,
            no_negative_zero,
            alternate,
            width,
            grouping,
            precision,
            kind,
        };
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&self) -> Result<(), FormatError> {
        let (Some(grouping), Some(kind)) = (self.grouping, self.kind) else {
            return Ok(());
        };
        if "defgEGF%".contains(kind) || (grouping == '_' && "boxX".contains(kind)) {
            Ok(())
        } else {
            Err(malformed(format!(
                "`{grouping}` cannot group digits in the format `{kind}`"
            )))
        }
    }

    /// The error for a type letter that values of this type do not take.
    pub(super) fn unknown_kind(&self, of: &str) -> FormatError {
        let kind = self.kind.unwrap_or_default();
        malformed(format!("{of} cannot be written in the format `{kind}`"))
    }

    fn string(&self, text: &str) -> Result<String, FormatError> {
        let refused = [
            (self.sign.is_some(), "a sign"),
            (self.no_negative_zero, "`z`"),
            (self.alternate, "`#`"),
            (self.align == '=', "the alignment `=`"),
            (self.grouping.is_some(), "grouped digits"),
        ];
        if self.kind.is_some_and(|kind| kind != 's') {
            return Err(self.unknown_kind("a string"));
        }
        if let Some((_, what)) = refused.iter().find(|(refused, _)| *refused) {
            return Err(malformed(format!("a string takes no format with {what}")));
        }
        let text: String = match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text.to_owned(),
        };
        Ok(self.pad("", &text))
    }

    /// Fills up to the width: before, after or around, or between `head` and `body` for `=`.
    pub(super) fn pad(&self, head: &str, body: &str) -> String {
        let used = head.chars().count() + body.chars().count();
        let missing = self.width.saturating_sub(used);
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align {
            '<' => format!("{head}{body}{}", fill(missing)),
            '^' => {
                let left = missing / 2;
                format!("{}{head}{body}{}", fill(left), fill(missing - left))
            }
            '=' => format!("{head}{}{body}", fill(missing)),
            _ => format!("{}{head}{body}", fill(missing)),
        }
    }

    /// Lays a number out: sign, prefix, digits in groups of `size`, and what follows them.
    pub(super) fn number(
        &self,
        negative: bool,
        prefix: &str,
        digits: &str,
        tail: &str,
        size: usize,
    ) -> String {
        let sign = match self.sign {
            _ if negative => "-",
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        };
        let head = format!("{sign}{prefix}");
        // Zeros that fill the width are grouped like digits.
        let least = if self.fill == '0' && self.align == '=' {
            self.width.saturating_sub(head.len() + tail.len())
        } else {
            0
        };
        let grouped = match self.grouping {
            Some(separator) => group(digits, separator, size, least),
            None => digits.to_owned(),
        };
        self.pad(&head, &format!("{grouped}{tail}"))
    }
}

/// Parts digits into groups from the right, with zeros in front up to `least` characters.
fn group(digits: &str, separator: char, size: usize, least: usize) -> String {
    if digits.is_empty() {
        return String::new();
    }
    let mut reversed: Vec<char> = Vec::new();
    let mut rest = digits.chars().rev();
    let mut count = 0;
    let mut next = rest.next();
    while next.is_some() || reversed.len() < least {
        if count > 0 && count % size == 0 {
            reversed.push(separator);
        }
        reversed.push(next.unwrap_or('0'));
        count += 1;
        next = rest.next();
    }
    reversed.iter().rev().collect()
}
