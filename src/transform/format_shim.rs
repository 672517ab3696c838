//! Templates with names in braces, until the whole of Python's `str.format` is there.

use crate::base::value::{Object, py_str};

/// Says why a template could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// A brace has no partner.
    #[error("{0:?} has a single brace; write `{{{{` or `}}}}` for a brace that is meant")]
    Brace(String),
    /// A name stands for nothing here.
    #[error("{template:?} names `{name}`, which stands for nothing here")]
    Name {
        /// The template.
        template: String,
        /// The name.
        name: String,
    },
}

/// Puts the values of names into a template.
///
/// # Errors
/// [`FormatError`].
pub fn fill(template: &str, names: &Object) -> Result<String, FormatError> {
    let brace = || FormatError::Brace(template.to_owned());
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let (open, after) = (rest[at..].starts_with('{'), &rest[at + 1..]);
        if let Some(after) = after.strip_prefix(if open { '{' } else { '}' }) {
            out.push(if open { '{' } else { '}' });
            rest = after;
            continue;
        }
        let (name, after) = after
            .split_once('}')
            .filter(|(name, _)| open && !name.contains('{'))
            .ok_or_else(brace)?;
        let value = names.get(name).ok_or_else(|| FormatError::Name {
            template: template.to_owned(),
            name: name.to_owned(),
        })?;
        out.push_str(&py_str(value));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(template: &str) -> Result<String, String> {
        let names = json!({"level": "3", "n": 1});
        let names = names.as_object().cloned().unwrap_or_default();
        fill(template, &names).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_filled_in() {
        assert_eq!(filled("a-{level}-{{x}}-{n}"), Ok("a-3-{x}-1".to_owned()));
        assert_eq!(
            filled("{levl}"),
            Err("\"{levl}\" names `levl`, which stands for nothing here".to_owned())
        );
        assert!(filled("{").is_err());
        assert!(filled("}").is_err());
        assert!(filled("{a{b}}").is_err());
    }
}
