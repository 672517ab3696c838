//! Templates filled in everywhere in a value.

use std::fmt;

use crate::base::path::{Step, ValuePath};
use crate::base::value::{Object, Value, type_name};

use super::{FormatError, Scope, format};

/// Fills in all strings of a value, keys of mappings included.
///
/// A mapping keeps its order; of two keys that become the same the last value counts.
///
/// # Errors
/// The first template that cannot be filled in, with the way to it. The value is unchanged then.
pub fn substitute(value: &mut Value, scope: &Scope<'_>) -> Result<(), (ValuePath, FormatError)> {
    let mut path = ValuePath::root();
    match filled(value, scope, &mut path) {
        Ok(new) => {
            *value = new;
            Ok(())
        }
        Err(error) => Err((path, error)),
    }
}

/// The value with its strings filled in; on an error `path` stays where it stands.
fn filled(value: &Value, scope: &Scope<'_>, path: &mut ValuePath) -> Result<Value, FormatError> {
    Ok(match value {
        Value::String(text) => Value::String(format(text, scope)?),
        Value::Array(items) => {
            let mut new = Vec::with_capacity(items.len());
            for (i, item) in items.iter().enumerate() {
                path.0.push(Step::Index(i));
                new.push(filled(item, scope, path)?);
                path.0.pop();
            }
            Value::Array(new)
        }
        Value::Object(map) => {
            let mut new = Object::with_capacity(map.len());
            for (key, item) in map {
                path.0.push(Step::Key(key.clone()));
                let name = format(key, scope)?;
                new.insert(name, filled(item, scope, path)?);
                path.0.pop();
            }
            Value::Object(new)
        }
        other => other.clone(),
    })
}

/// Says why a field of a task cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldError {
    /// The field, or a part of the way to it, is not there.
    Missing {
        /// The field, as it was named.
        field: String,
        /// The part that is missing.
        part: String,
    },
    /// A part of the way is no mapping.
    NoMapping {
        /// The field, as it was named.
        field: String,
        /// The part that is no mapping.
        part: String,
        /// What it is.
        found: &'static str,
    },
    /// A template in the field cannot be filled in.
    Format {
        /// Where the template stands in the task.
        path: ValuePath,
        /// What is wrong with it.
        error: FormatError,
    },
}

impl FieldError {
    /// The field that is meant, or the part of it in which the template stands.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::Missing { field, .. } | Self::NoMapping { field, .. } => field.clone(),
            Self::Format { path, .. } => path.to_string(),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field, part } if field == part => {
                write!(f, "the field `{field}` to fill in is missing")
            }
            Self::Missing { field, part } => write!(
                f,
                "the field `{field}` to fill in is missing: there is no `{part}`"
            ),
            Self::NoMapping { field, part, found } => write!(
                f,
                "the field `{field}` to fill in cannot be reached: `{part}` is {found}"
            ),
            Self::Format { path, error } => write!(f, "`{path}` cannot be filled in: {error}"),
        }
    }
}

impl std::error::Error for FieldError {}

/// Fills in the named fields of a task; a dot leads into a mapping.
///
/// # Errors
/// The first field that is missing or cannot be filled in; fields before it are filled in.
pub fn substitute_fields(
    task: &mut Object,
    fields: &[String],
    scope: &Scope<'_>,
) -> Result<(), FieldError> {
    fields
        .iter()
        .try_for_each(|field| substitute_field(task, field, scope))
}

fn substitute_field(task: &mut Object, field: &str, scope: &Scope<'_>) -> Result<(), FieldError> {
    let mut end = 0;
    let mut container = task;
    let mut rest = field;
    loop {
        let (part, after) = match rest.split_once('.') {
            Some((part, after)) => (part, Some(after)),
            None => (rest, None),
        };
        let way = &field[..end + part.len()];
        let Some(value) = container.get_mut(part) else {
            return Err(FieldError::Missing {
                field: field.to_owned(),
                part: way.to_owned(),
            });
        };
        let Some(after) = after else {
            return substitute(value, scope).map_err(|(inner, error)| {
                let mut path = ValuePath::keys(field.split('.'));
                path.0.extend(inner.0);
                FieldError::Format { path, error }
            });
        };
        let found = type_name(value);
        let Value::Object(map) = value else {
            return Err(FieldError::NoMapping {
                field: field.to_owned(),
                part: way.to_owned(),
                found,
            });
        };
        container = map;
        rest = after;
        end += part.len() + 1;
    }
}
