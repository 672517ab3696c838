//! Forms that values must have, and what is said about those that have another one.
//!
//! The messages are those of Python's `jsonschema`, in its order.

use super::super::matching::integer;
use super::super::version::{Operator, Strict};
use crate::base::value::{Object, Value, py_repr};

/// What a value must be.
pub(super) enum Form {
    /// A text.
    Text,
    /// A text of one to a hundred characters.
    Name,
    /// One of some texts.
    Word(&'static [&'static str]),
    /// A pattern of versions.
    Versions,
    /// A pattern of build ids.
    BuildIds,
    /// `true` or `false`.
    Flag,
    /// Nothing but `true`.
    True,
    /// A number.
    Number,
    /// This number.
    Exactly(u64),
    /// A number, or a text of digits.
    Digits,
    /// A list.
    List(Box<Self>),
    /// A mapping whose keys are names; all others are refused if it is closed.
    Map {
        keys: Keys,
        is_closed: bool,
        of: Box<Self>,
    },
    /// A mapping of known fields.
    Fields {
        required: &'static [&'static str],
        is_closed: bool,
        fields: Vec<(&'static str, Self)>,
    },
    /// Exactly one of these.
    Either(Vec<Self>),
}

/// The keys of a mapping.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    /// Any text.
    Any,
    /// Any text but the empty one.
    Named,
    /// One of two.
    Of([&'static str; 2]),
}

impl Keys {
    fn pattern(self) -> String {
        match self {
            Self::Any => "^.*$".to_owned(),
            Self::Named => "^.+$".to_owned(),
            Self::Of([one, other]) => format!("^({one}|{other})$"),
        }
    }

    fn has(self, key: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named => !key.is_empty(),
            Self::Of(names) => names.contains(&key),
        }
    }
}

pub(super) fn fields(required: &'static [&'static str], fields: Vec<(&'static str, Form)>) -> Form {
    Form::Fields {
        required,
        is_closed: true,
        fields,
    }
}

pub(super) fn list(of: Form) -> Form {
    Form::List(Box::new(of))
}

pub(super) fn map(keys: Keys, of: Form) -> Form {
    Form::Map {
        keys,
        is_closed: true,
        of: Box::new(of),
    }
}

pub(super) fn open_map(of: Form) -> Form {
    Form::Map {
        keys: Keys::Named,
        is_closed: false,
        of: Box::new(of),
    }
}

pub(super) fn alias() -> Form {
    Form::Fields {
        required: &["alias"],
        is_closed: false,
        fields: vec![("alias", Form::Text)],
    }
}

impl Form {
    /// Adds what is wrong with a value.
    pub(super) fn check(&self, value: &Value, found: &mut Vec<String>) {
        match self {
            Self::Text => is_a(value, "string", found),
            Self::Name => {
                is_a(value, "string", found);
                match value.as_str().map(|text| text.chars().count()) {
                    Some(0) => found.push("'' should be non-empty".to_owned()),
                    Some(101..) => found.push(format!("{} is too long", py_repr(value))),
                    _ => {}
                }
            }
            Self::Word(words) => {
                is_a(value, "string", found);
                if !value.as_str().is_some_and(|text| words.contains(&text)) {
                    let words: Value = words.iter().map(|word| Value::from(*word)).collect();
                    found.push(format!(
                        "{} is not one of {}",
                        py_repr(value),
                        py_repr(&words)
                    ));
                }
            }
            Self::Versions => has_format(value, "version", are_versions, found),
            Self::BuildIds => has_format(value, "buildID", is_build_id, found),
            Self::Flag => is_a(value, "boolean", found),
            Self::True => {
                is_a(value, "boolean", found);
                if *value != true {
                    found.push(format!("{} is not one of [True]", py_repr(value)));
                }
            }
            Self::Number => is_a(value, "number", found),
            Self::Exactly(number) => {
                is_a(value, "number", found);
                if value.as_f64() != Some(*number as f64) {
                    found.push(format!("{} is not one of [{number}]", py_repr(value)));
                }
            }
            Self::Digits => {
                let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                let is_right = match value {
                    Value::Number(_) => true,
                    Value::String(text) => is_digits(text.strip_suffix('\n').unwrap_or(text)),
                    _ => false,
                };
                if !is_right {
                    found.push(fits_none(value));
                }
            }
            Self::List(of) => {
                is_a(value, "array", found);
                for item in value.as_array().into_iter().flatten() {
                    of.check(item, found);
                }
            }
            Self::Map {
                keys,
                is_closed,
                of,
            } => {
                is_a(value, "object", found);
                let Some(map) = value.as_object() else {
                    return;
                };
                if *is_closed {
                    found.extend(unmatched(map, *keys));
                }
                for (_, item) in map.iter().filter(|(key, _)| keys.has(key)) {
                    of.check(item, found);
                }
            }
            Self::Fields {
                required,
                is_closed,
                fields,
            } => {
                is_a(value, "object", found);
                let Some(map) = value.as_object() else {
                    return;
                };
                let missing = required.iter().filter(|name| !map.contains_key(name));
                found.extend(missing.map(|name| format!("'{name}' is a required property")));
                if *is_closed {
                    found.extend(unexpected(map, fields));
                }
                for (name, form) in fields {
                    if let Some(item) = map.get(name) {
                        form.check(item, found);
                    }
                }
            }
            Self::Either(forms) => {
                let fits = |form: &&Self| {
                    let mut problems = Vec::new();
                    form.check(value, &mut problems);
                    problems.is_empty()
                };
                match forms.iter().filter(fits).count() {
                    1 => {}
                    0 => found.push(fits_none(value)),
                    _ => found.push(format!(
                        "{} is valid under each of several schemas",
                        py_repr(value)
                    )),
                }
            }
        }
    }
}

fn fits_none(value: &Value) -> String {
    format!(
        "{} is not valid under any of the given schemas",
        py_repr(value)
    )
}

fn is_a(value: &Value, kind: &str, found: &mut Vec<String>) {
    let is_right = match value {
        Value::Null => false,
        Value::Bool(_) => kind == "boolean",
        Value::Number(_) => kind == "number",
        Value::String(_) => kind == "string",
        Value::Array(_) => kind == "array",
        Value::Object(_) => kind == "object",
    };
    if !is_right {
        found.push(format!("{} is not of type '{kind}'", py_repr(value)));
    }
}

fn has_format(value: &Value, format: &str, fits: fn(&str) -> bool, found: &mut Vec<String>) {
    is_a(value, "string", found);
    if value
        .as_str()
        .is_some_and(|text| !text.is_empty() && !fits(text))
    {
        found.push(format!("{} is not a '{format}'", py_repr(value)));
    }
}

/// Whether a text is a pattern of a version, or a list of versions.
fn are_versions(text: &str) -> bool {
    let is_list = text.contains(',');
    text.split(',')
        .all(|pattern| match Operator::read(pattern) {
            Some((operator, operand)) => {
                (!is_list || operator == Operator::Equal) && Strict::read(operand).is_ok()
            }
            None => false,
        })
}

fn is_build_id(text: &str) -> bool {
    let number = text.trim_start_matches(['<', '>', '=']);
    Operator::read(text).is_some() && integer(number).is_some()
}

fn quoted(mut names: Vec<&str>) -> (String, usize) {
    names.sort_unstable();
    let quoted: Vec<String> = names
        .iter()
        .map(|name| py_repr(&Value::from(*name)))
        .collect();
    (quoted.join(", "), names.len())
}

fn unexpected(map: &Object, fields: &[(&str, Form)]) -> Option<String> {
    let is_unknown = |key: &&str| !fields.iter().any(|(name, _)| name == key);
    let (names, count) = quoted(map.keys().map(|key| &**key).filter(is_unknown).collect());
    let verb = if count == 1 { "was" } else { "were" };
    (count > 0)
        .then(|| format!("Additional properties are not allowed ({names} {verb} unexpected)"))
}

fn unmatched(map: &Object, keys: Keys) -> Option<String> {
    let (names, count) = quoted(
        map.keys()
            .map(|key| &**key)
            .filter(|key| !keys.has(key))
            .collect(),
    );
    let verb = if count == 1 { "does" } else { "do" };
    (count > 0).then(|| {
        format!(
            "{names} {verb} not match any of the regexes: '{}'",
            keys.pattern()
        )
    })
}
