//! Python's `str.format` over values.
//!
//! A template is text with replacement fields: `{name}`, `{name[key].attribute!r:spec}`. Both
//! braces are doubled to stand for themselves. The fields are read by `parse`, looked up and
//! converted here, and laid out by `spec`, `integer` and `float`. Every error is one that Python
//! raises as well, and says which.

mod error;
mod float;
mod integer;
mod parse;
mod spec;
mod substitute;

use super::suggest;
use super::value::{Object, Value, py_repr, py_str, type_name};

pub use error::{FormatError, FormatErrorKind};
pub use substitute::{FieldError, substitute, substitute_fields};

use error::fail;
use parse::{Access, Field, Piece, Pieces};

/// How deep format specs may hold fields of their own; Python sets the same bound.
const MAX_NESTING: usize = 2;

/// The names that a template may use.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    objects: Vec<&'a Object>,
    pairs: Vec<(&'a str, &'a Value)>,
}

impl<'a> Scope<'a> {
    /// No names.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds all names of a mapping; they win over those of mappings added before.
    #[must_use]
    pub fn with_all(mut self, object: &'a Object) -> Self {
        self.objects.push(object);
        self
    }

    /// Adds a single name; it wins over mappings and over pairs added before.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: &'a Value) -> Self {
        self.pairs.push((name, value));
        self
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let pair = self.pairs.iter().rev().find(|(known, _)| *known == name);
        pair.map(|(_, value)| *value).or_else(|| {
            let mut objects = self.objects.iter().rev();
            objects.find_map(|object| object.get(name))
        })
    }

    fn names(&self) -> Vec<&'a str> {
        let pairs = self.pairs.iter().map(|(name, _)| *name);
        let objects = self.objects.iter().flat_map(|object| object.keys());
        pairs.chain(objects.map(String::as_str)).collect()
    }
}

impl<'a> From<&'a Object> for Scope<'a> {
    fn from(object: &'a Object) -> Self {
        Self::new().with_all(object)
    }
}

/// Fills a template in, as `template.format(**scope)` does.
///
/// # Errors
/// [`FormatError`] where Python raises an exception.
pub fn format(template: &str, scope: &Scope<'_>) -> Result<String, FormatError> {
    Formatter { scope }
        .expand(template, MAX_NESTING)
        .map_err(|error| error.of(template))
}

struct Formatter<'s, 'a> {
    scope: &'s Scope<'a>,
}

impl Formatter<'_, '_> {
    fn expand(&self, template: &str, nesting: usize) -> Result<String, FormatError> {
        if nesting == 0 {
            return Err(fail(
                FormatErrorKind::Value,
                "format specs hold fields too deep inside each other",
            ));
        }
        let mut out = String::new();
        for piece in Pieces::of(template) {
            match piece? {
                Piece::Text(text) => out.push_str(&text),
                Piece::Field(field) => out.push_str(&self.field(&field, nesting)?),
            }
        }
        Ok(out)
    }

    fn field(&self, field: &Field, nesting: usize) -> Result<String, FormatError> {
        let value = self.look_up(field)?;
        let value = match field.conversion {
            None => value,
            Some('s') => Value::String(py_str(&value)),
            Some('r') => Value::String(py_repr(&value)),
            Some('a') => Value::String(ascii(&py_repr(&value))),
            Some(other) => {
                return Err(fail(
                    FormatErrorKind::Value,
                    format!("the conversion `!{other}` is not known"),
                )
                .help("conversions are !s, !r and !a"));
            }
        };
        if field.spec.contains('{') {
            let spec = self.expand(&field.spec, nesting - 1)?;
            spec::lay_out(&value, &spec)
        } else {
            spec::lay_out(&value, &field.spec)
        }
    }

    fn look_up(&self, field: &Field) -> Result<Value, FormatError> {
        let (first, rest) = parse::split_name(&field.name);
        let number = parse::index(first)?;
        if first.is_empty() || number.is_some() {
            let message = format!("the field `{{{first}}}` has no name, and there are only names");
            return Err(fail(FormatErrorKind::Index, message)
                .help("name a value, or double braces that stand for themselves: `{{}}`"));
        }
        let Some(mut value) = self.scope.get(first) else {
            let names = self.scope.names();
            let hint = suggest::hint(first, names.iter().copied());
            return Err(
                FormatError::missing(first, format!("there is no value named `{first}`")).help(
                    format!("{hint} (a brace that stands for itself is doubled: `{{{{`)"),
                ),
            );
        };
        let mut char_of_text;
        for access in rest {
            match access? {
                Access::Attribute(name) => {
                    return Err(fail(
                        FormatErrorKind::Attribute,
                        format!("{} has no attribute `{name}`", type_name(value)),
                    )
                    .help(format!("write `[{name}]` for a key of a mapping")));
                }
                Access::Item(item) => match item_of(value, &item)? {
                    Found::Part(part) => value = part,
                    Found::Char(c) => {
                        char_of_text = Value::String(c.to_string());
                        value = &char_of_text;
                    }
                },
            }
        }
        Ok(value.clone())
    }
}

/// What an index leads to.
enum Found<'v> {
    Part(&'v Value),
    Char(char),
}

/// The part of a value at an index; digits alone are a number, all else is a key.
fn item_of<'v>(value: &'v Value, item: &str) -> Result<Found<'v>, FormatError> {
    let number = parse::index(item)?;
    match (value, number) {
        (Value::Array(items), Some(index)) => items.get(index).map(Found::Part).ok_or_else(|| {
            fail(
                FormatErrorKind::Index,
                format!("there is no item {index}: the list has {}", items.len()),
            )
        }),
        (Value::String(text), Some(index)) => {
            text.chars().nth(index).map(Found::Char).ok_or_else(|| {
                let message = format!("there is no character {index} in {}", py_repr(value));
                fail(FormatErrorKind::Index, message)
            })
        }
        (Value::Array(_) | Value::String(_), None) => Err(fail(
            FormatErrorKind::Type,
            format!("{} has no key `{item}`", type_name(value)),
        )
        .help("its parts are numbered from 0")),
        (Value::Object(map), None) => map
            .get(item)
            .map(Found::Part)
            .ok_or_else(|| no_key(item).help(suggest::hint(item, map.keys().map(String::as_str)))),
        (Value::Object(_), Some(_)) => {
            Err(no_key(item).help("an index of digits is a number, and the keys are strings"))
        }
        _ => Err(fail(
            FormatErrorKind::Type,
            format!("{} has no parts", type_name(value)),
        )),
    }
}

fn no_key(item: &str) -> FormatError {
    FormatError::missing(item, format!("the mapping has no key `{item}`"))
}

/// The text with all but ASCII escaped.
fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match u32::from(c) {
            ..=0x7f => out.push(c),
            code @ ..=0xff => out.push_str(&format!("\\x{code:02x}")),
            code @ ..=0xffff => out.push_str(&format!("\\u{code:04x}")),
            code => out.push_str(&format!("\\U{code:08x}")),
        }
    }
    out
}
