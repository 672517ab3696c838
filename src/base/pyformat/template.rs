//! Templates, and formatting them.

use std::borrow::Cow;

use super::{parse, value};
use crate::base::dotted;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{List, Object, Value, push_escape, py_repr, py_str, type_name};

/// How deeply fields may be nested in format specs, as in Python.
pub(super) const DEPTH: usize = 2;

/// Explains why a template could not be formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Braces do not pair, or a field is malformed.
    #[error("{template:?} is not a valid template: {why}")]
    Syntax {
        /// The template.
        template: String,
        /// What is wrong with it.
        why: String,
    },
    /// A name is not defined.
    #[error(
        "{template:?} uses `{name}`, which is not defined here; {hint} (write literal braces twice)"
    )]
    Name {
        /// The template.
        template: String,
        /// The name.
        name: String,
        /// What it may have been.
        hint: String,
    },
    /// An index or an attribute does not exist.
    #[error("{template:?}: {why}")]
    Lookup {
        /// The template.
        template: String,
        /// What was not found.
        why: String,
    },
    /// A format spec does not fit its value.
    #[error("{template:?} has the format spec {spec:?}, which does not apply to {found}")]
    Spec {
        /// The template.
        template: String,
        /// The spec.
        spec: String,
        /// The value's type.
        found: &'static str,
    },
    /// A field to format is not there.
    #[error("cannot substitute in the field `{0}`, which does not exist")]
    Field(String),
}

/// The values of names in templates: those of a mapping, and single ones that override them.
#[derive(Debug, Clone, Default)]
pub struct Scope<'a> {
    map: Option<&'a Object>,
    pairs: Vec<(&'a str, &'a Value)>,
}

impl<'a> Scope<'a> {
    /// The names of a mapping.
    #[must_use]
    pub fn new(map: &'a Object) -> Self {
        Self {
            map: Some(map),
            pairs: Vec::new(),
        }
    }

    /// One name more, which wins over those there are.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: &'a Value) -> Self {
        self.pairs.push((name, value));
        self
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let pair = self.pairs.iter().rev().find(|(known, _)| *known == name);
        pair.map(|(_, value)| *value)
            .or_else(|| self.map?.get(name))
    }

    fn names(&self) -> impl Iterator<Item = &'a str> + Clone {
        let of_map = self
            .map
            .into_iter()
            .flat_map(|map| map.keys().map(|key| key.as_str()));
        self.pairs
            .clone()
            .into_iter()
            .map(|(name, _)| name)
            .chain(of_map)
    }
}

/// Formats a template.
///
/// # Errors
/// [`FormatError`].
pub fn format(template: &str, scope: &Scope<'_>) -> Result<String, FormatError> {
    format_at(template, template, scope, DEPTH)
}

fn format_at(
    whole: &str,
    template: &str,
    scope: &Scope<'_>,
    depth: usize,
) -> Result<String, FormatError> {
    if depth == 0 {
        return Err(FormatError::Syntax {
            template: whole.to_owned(),
            why: "fields in format specs are nested too deeply".to_owned(),
        });
    }
    let mut out = String::with_capacity(template.len());
    for part in parse::parts(template) {
        push(whole, &part, scope, depth, &mut out)?;
    }
    Ok(out)
}

/// Formats a part of a template.
pub(super) fn push(
    whole: &str,
    part: &parse::Parsed<'_>,
    scope: &Scope<'_>,
    depth: usize,
    out: &mut String,
) -> Result<(), FormatError> {
    let syntax = |why: &String| FormatError::Syntax {
        template: whole.to_owned(),
        why: why.clone(),
    };
    let field = match part.as_ref().map_err(syntax)? {
        parse::Part::Text(text) => {
            out.push_str(text);
            return Ok(());
        }
        parse::Part::Brace(brace) => {
            out.push(*brace);
            return Ok(());
        }
        parse::Part::Field(field) => field,
    };
    let value = lookup(whole, field, scope)?;
    if let (Value::String(text), None, "") = (&*value, field.conversion, field.spec) {
        out.push_str(text);
        return Ok(());
    }
    let value = convert(&value, field.conversion).map_err(|why| syntax(&why))?;
    let spec = if field.spec.contains(['{', '}']) {
        format_at(whole, field.spec, scope, depth - 1)?
    } else {
        field.spec.to_owned()
    };
    let formatted = value::format_value(&value, &spec).ok_or_else(|| FormatError::Spec {
        template: whole.to_owned(),
        spec,
        found: type_name(&value),
    })?;
    out.push_str(&formatted);
    Ok(())
}

fn lookup<'a>(
    template: &str,
    field: &parse::Field<'_>,
    scope: &Scope<'a>,
) -> Result<Cow<'a, Value>, FormatError> {
    let fail = |why: String| FormatError::Lookup {
        template: template.to_owned(),
        why,
    };
    let name = field.name;
    if name.is_empty() || name.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fail(
            "fields must have names: there are no positional arguments".to_owned(),
        ));
    }
    let found = scope.get(name).ok_or_else(|| FormatError::Name {
        template: template.to_owned(),
        name: name.to_owned(),
        hint: suggest::hint(name, scope.names()),
    })?;
    let mut value = Cow::Borrowed(found);
    for step in &field.steps {
        value = match step {
            parse::Step::Attribute(name) => {
                return Err(fail(format!(
                    "{} has no attribute `{name}`; write `[{name}]` to access a key of a mapping",
                    type_name(&value)
                )));
            }
            parse::Step::Index(key) => match &value {
                Cow::Borrowed(value) => index(value, key),
                // A character of a text.
                Cow::Owned(value) => index(value, key).map(Cow::into_owned).map(Cow::Owned),
            }
            .ok_or_else(|| fail(format!("{} has no item `[{key}]`", type_name(&value))))?,
        };
    }
    Ok(value)
}

/// One step into a value. As in Python, a key of digits is a number, which no mapping here has.
fn index<'a>(value: &'a Value, key: &str) -> Option<Cow<'a, Value>> {
    let number = key
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| key.parse::<usize>().ok());
    match (value, number) {
        (Value::Object(map), None) => map.get(key).map(Cow::Borrowed),
        (Value::Array(items), Some(index)) => items.get(index?).map(Cow::Borrowed),
        (Value::String(text), Some(index)) => {
            let c = text.chars().nth(index?)?;
            Some(Cow::Owned(Value::String(c.into())))
        }
        _ => None,
    }
}

fn convert(value: &Value, conversion: Option<char>) -> Result<Cow<'_, Value>, String> {
    match conversion {
        None => Ok(Cow::Borrowed(value)),
        Some('s') => Ok(Cow::Owned(Value::from(py_str(value)))),
        Some('r') => Ok(Cow::Owned(Value::from(py_repr(value)))),
        Some('a') => Ok(Cow::Owned(Value::from(ascii(&py_repr(value))))),
        Some(other) => Err(format!("unknown conversion {other:?}; use `s`, `r` or `a`")),
    }
}

/// The text with all but ASCII escaped.
fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            push_escape(c, &mut out);
        }
    }
    out
}

/// Formats every text in a value, the keys of mappings included. What has no braces in it is left as
/// it is, shared with whatever shares it.
///
/// # Errors
/// The first [`FormatError`].
pub fn substitute(value: &mut Value, scope: &Scope<'_>) -> Result<(), FormatError> {
    if let Some(formatted) = formatted(value, scope)? {
        *value = formatted;
    }
    Ok(())
}

/// The value formatted, or nothing when that changes nothing.
fn formatted(value: &Value, scope: &Scope<'_>) -> Result<Option<Value>, FormatError> {
    match value {
        Value::String(text) if has_braces(text) => {
            format(text, scope).map(|text| Some(Value::from(text)))
        }
        Value::Array(items) => {
            let mut changed: Option<List> = None;
            for (position, item) in items.iter().enumerate() {
                if let Some(item) = formatted(item, scope)? {
                    changed.get_or_insert_with(|| items.clone())[position] = item;
                }
            }
            Ok(changed.map(Value::Array))
        }
        Value::Object(map) if map.keys().any(|key| has_braces(key)) => {
            let mut whole = Object::with_capacity(map.len());
            for (key, item) in map {
                let item = formatted(item, scope)?.unwrap_or_else(|| item.clone());
                whole.insert(format(key, scope)?, item);
            }
            Ok(Some(Value::Object(whole)))
        }
        Value::Object(map) => {
            let mut changed: Option<Object> = None;
            for (key, item) in map {
                if let Some(item) = formatted(item, scope)? {
                    let changed = changed.get_or_insert_with(|| map.clone());
                    changed.insert(key.clone(), item);
                }
            }
            Ok(changed.map(Value::Object))
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => Ok(None),
    }
}

/// Whether a text is a template of more than itself.
pub(super) fn has_braces(text: &str) -> bool {
    parse::brace(text).is_some()
}

/// Formats every text in the dotted fields of a task.
///
/// # Errors
/// The first [`FormatError`], with the path of the field; a field that is not there is one.
pub fn substitute_fields(
    task: &mut Object,
    fields: &[String],
    scope: &Scope<'_>,
) -> Result<(), (ValuePath, FormatError)> {
    for field in fields {
        let at = |error| (ValuePath::keys(field.split('.')), error);
        let slot = dotted::parent_mut(task, field).and_then(|(map, key)| map.get_mut(key));
        let slot = slot.ok_or_else(|| at(FormatError::Field(field.clone())))?;
        substitute(slot, scope).map_err(at)?;
    }
    Ok(())
}
