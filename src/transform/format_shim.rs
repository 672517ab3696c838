//! Formats templates with `{name}` and `{name[key]}` until `base::pyformat` is there.

use crate::base::value::{Object, Value, py_str};

/// Says why a template could not be formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{template:?} cannot be formatted: {why}")]
pub struct FormatError {
    template: String,
    why: String,
}

/// What the names in templates stand for.
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

    /// The same names and one more.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: &'a Value) -> Self {
        self.pairs.push((name, value));
        self
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let pair = self.pairs.iter().rev().find(|(n, _)| *n == name);
        pair.map(|(_, value)| *value)
            .or_else(|| self.map.and_then(|map| map.get(name)))
    }
}

/// `template.format(**scope)`.
///
/// # Errors
/// [`FormatError`].
pub fn format(template: &str, scope: &Scope<'_>) -> Result<String, FormatError> {
    let fail = |why: &str| FormatError {
        template: template.to_owned(),
        why: why.to_owned(),
    };
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = tail.strip_prefix("{{").or_else(|| tail.strip_prefix("}}")) {
            out.push_str(&tail[..1]);
            rest = after;
            continue;
        }
        let Some((field, after)) = tail.strip_prefix('{').and_then(|t| t.split_once('}')) else {
            return Err(fail("a single brace"));
        };
        let (name, keys) = field.split_once('[').unwrap_or((field, ""));
        let mut value = scope
            .get(name)
            .ok_or_else(|| fail(&format!("there is no `{name}`")))?;
        for key in keys
            .strip_suffix(']')
            .into_iter()
            .flat_map(|k| k.split("]["))
        {
            value = match value {
                Value::Array(items) => key.parse::<usize>().ok().and_then(|i| items.get(i)),
                other => other.get(key),
            }
            .ok_or_else(|| fail(&format!("there is no `{key}`")))?;
        }
        out.push_str(&py_str(value));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Formats every text in `value`, keys too.
///
/// # Errors
/// [`FormatError`].
pub fn substitute(value: &mut Value, scope: &Scope<'_>) -> Result<(), FormatError> {
    match value {
        Value::String(text) => *text = format(text, scope)?,
        Value::Array(items) => {
            for item in items {
                substitute(item, scope)?;
            }
        }
        Value::Object(map) => {
            let mut formatted = Object::new();
            for (key, item) in map.iter_mut() {
                substitute(item, scope)?;
                formatted.insert(format(key, scope)?, item.take());
            }
            *map = formatted;
        }
        _ => {}
    }
    Ok(())
}

/// Formats every text in the dotted fields of a task.
///
/// # Errors
/// [`FormatError`], also when a field is not there.
pub fn substitute_fields(
    task: &mut Object,
    fields: &[String],
    scope: &Scope<'_>,
) -> Result<(), FormatError> {
    for field in fields {
        let slot = crate::base::dotted::parent_mut(task, field)
            .and_then(|(container, key)| container.get_mut(key));
        match slot {
            Some(value) => substitute(value, scope)?,
            None => {
                return Err(FormatError {
                    template: field.clone(),
                    why: "there is no such field".to_owned(),
                });
            }
        }
    }
    Ok(())
}
