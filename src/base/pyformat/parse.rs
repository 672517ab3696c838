//! The fields of a template.

use super::error::{FormatError, FormatErrorKind, fail};

/// A part of a template.
pub(super) enum Piece {
    Text(String),
    Field(Field),
}

/// A replacement field, without its braces.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) conversion: Option<char>,
    pub(super) spec: String,
}

/// A step from a value to a part of it.
pub(super) enum Access {
    Attribute(String),
    Item(String),
}

/// The parts of a template, up to the first mistake.
pub(super) struct Pieces {
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
}

fn malformed(message: &str) -> FormatError {
    fail(FormatErrorKind::Value, message).help("a brace that stands for itself is doubled")
}

impl Pieces {
    pub(super) fn of(template: &str) -> Self {
        let chars: Vec<char> = template.chars().collect();
        Self {
            rest: chars.into_iter().peekable(),
        }
    }

    fn field(&mut self) -> Result<Field, FormatError> {
        let mut field = Field {
            name: String::new(),
            conversion: None,
            spec: String::new(),
        };
        let end = self.name(&mut field.name)?;
        if end == '}' {
            return Ok(field);
        }
        if end == '!' {
            let Some(conversion) = self.rest.next() else {
                return Err(malformed(
                    "the template ends where a conversion should stand",
                ));
            };
            field.conversion = Some(conversion);
            match self.rest.next() {
                Some('}') => return Ok(field),
                Some(':') => {}
                Some(_) => return Err(malformed("a conversion is a single letter")),
                None => return Err(malformed("a field is not closed")),
            }
        }
        let mut depth = 1;
        for c in self.rest.by_ref() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(field);
            }
            field.spec.push(c);
        }
        Err(malformed("a field is not closed"))
    }

    /// Takes a field's name, and the character that ends it.
    fn name(&mut self, name: &mut String) -> Result<char, FormatError> {
        while let Some(c) = self.rest.next() {
            match c {
                '{' => return Err(malformed("there is a `{` within the name of a field")),
                '}' | ':' | '!' => return Ok(c),
                '[' => {
                    name.push(c);
                    // Within brackets nothing ends the name.
                    while let Some(inner) = self.rest.next_if(|inner| *inner != ']') {
                        name.push(inner);
                    }
                }
                _ => name.push(c),
            }
        }
        Err(malformed("a field is not closed"))
    }
}

impl Iterator for Pieces {
    type Item = Result<Piece, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut text = String::new();
        while let Some(c) = self.rest.next_if(|c| !matches!(c, '{' | '}')) {
            text.push(c);
        }
        if !text.is_empty() {
            return Some(Ok(Piece::Text(text)));
        }
        let brace = self.rest.next()?;
        if self.rest.next_if_eq(&brace).is_some() {
            return Some(Ok(Piece::Text(brace.to_string())));
        }
        Some(if brace == '}' {
            Err(malformed("there is a single `}`"))
        } else if self.rest.peek().is_none() {
            Err(malformed("there is a single `{`"))
        } else {
            self.field().map(Piece::Field)
        })
    }
}

/// Splits a field's name into the name of a value and the steps from there.
pub(super) fn split_name(name: &str) -> (&str, Accesses<'_>) {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, rest) = name.split_at(end);
    (first, Accesses(rest))
}

/// The steps that a field's name takes.
pub(super) struct Accesses<'a>(&'a str);

impl Iterator for Accesses<'_> {
    type Item = Result<Access, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let wrong = |message| Some(Err(fail(FormatErrorKind::Value, message)));
        if let Some(rest) = self.0.strip_prefix('.') {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            self.0 = rest;
            if name.is_empty() {
                return wrong("an attribute has no name");
            }
            Some(Ok(Access::Attribute(name.to_owned())))
        } else if let Some(rest) = self.0.strip_prefix('[') {
            let Some((item, rest)) = rest.split_once(']') else {
                return wrong("a `[` is not closed");
            };
            self.0 = rest;
            if item.is_empty() {
                return wrong("an index is empty");
            }
            Some(Ok(Access::Item(item.to_owned())))
        } else if self.0.is_empty() {
            None
        } else {
            wrong("only `.` or `[` may follow a `]`")
        }
    }
}

/// The number that a name of digits alone is.
pub(super) fn index(name: &str) -> Result<Option<usize>, FormatError> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    match name.parse::<isize>() {
        Ok(number) => Ok(usize::try_from(number).ok()),
        Err(_) => Err(fail(FormatErrorKind::Value, "an index has too many digits")),
    }
}
