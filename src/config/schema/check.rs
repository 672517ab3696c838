//! Checks values against schemas.
//!
//! Nearly all values fit, so that is checked first, without building messages. Only for those that do
//! not fit, the messages are built.

use std::fmt;

use super::{Breach, Field, Schema, Type, Violation};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value, is_same_text, truthy, type_name};

/// What is wrong with a value, so far.
enum Found {
    /// Whether anything is.
    Any(bool),
    /// Everything, in words.
    All(Vec<Violation>),
}

impl Found {
    fn push(&mut self, violation: impl FnOnce() -> Violation) {
        match self {
            Self::Any(any) => *any = true,
            Self::All(all) => all.push(violation()),
        }
    }

    /// Whether nothing more needs to be looked at.
    fn is_enough(&self) -> bool {
        matches!(self, Self::Any(true))
    }
}

/// Everything that a check finds; messages are only built if there is anything.
fn all_violations(check: impl Fn(&mut Found)) -> Vec<Violation> {
    if fits(&check) {
        return Vec::new();
    }
    let mut found = Found::All(Vec::new());
    check(&mut found);
    match found {
        Found::All(all) => all,
        Found::Any(_) => Vec::new(),
    }
}

/// Whether a check finds nothing.
fn fits(check: impl Fn(&mut Found)) -> bool {
    let mut found = Found::Any(false);
    check(&mut found);
    matches!(found, Found::Any(false))
}

impl Schema {
    /// Every violation in `map`, in the order of the schema.
    #[must_use]
    pub fn check(&self, map: &Object) -> Vec<Violation> {
        all_violations(|found| self.check_at(map, &Trail::Root, found))
    }

    /// Whether there is no violation in `map`.
    fn fits(&self, map: &Object) -> bool {
        // There are fewer keys than fields, so each key looks for its field.
        let mut needed = self.fields.iter().filter(|field| field.required).count();
        for (key, value) in map {
            let field = |field: &&Field| is_same_text(field.name, key);
            let Some(field) = self.fields.iter().find(field) else {
                if self.open {
                    continue;
                }
                return false;
            };
            needed -= usize::from(field.required);
            let is_left_out = value.is_null() && !field.required;
            let is_taken = is_left_out || field.value.takes(value);
            if !is_taken && !fits(|found| field.value.check_at(value, &Trail::Root, found)) {
                return false;
            }
        }
        let is_given = |name: &&&str| map.get(name).is_some_and(|value| !value.is_null());
        needed == 0 && self.exclusive.iter().filter(is_given).count() < 2
    }

    fn check_at(&self, map: &Object, path: &Trail<'_>, found: &mut Found) {
        if let Found::Any(any) = found {
            *any |= !self.fits(map);
            return;
        }
        // A required key that was only misspelt is reported once.
        let misspelt = |name: &str| {
            map.keys().find(|key| {
                self.names().all(|known| known != key.as_str())
                    && suggest::nearest(key, self.names()) == Some(name)
            })
        };
        let mut known = 0;
        for field in self.fields {
            let value = map.get(field.name);
            known += usize::from(value.is_some());
            match value {
                None if field.required => match misspelt(field.name) {
                    Some(key) if self.open => found.push(|| Violation {
                        path: path.key(key).whole(),
                        message: format!("`{}` is missing", path.key(field.name)),
                        help: Some(format!("did you mean `{}` instead of `{key}`?", field.name)),
                        breach: Breach::Missing,
                    }),
                    Some(_) => {}
                    None => found.push(|| Violation {
                        path: path.whole(),
                        message: format!("`{}` is missing", path.key(field.name)),
                        help: Some(format!("add it: {}", field.doc))
                            .filter(|_| !field.doc.is_empty()),
                        breach: Breach::Missing,
                    }),
                },
                None => {}
                Some(Value::Null) if !field.required => {}
                Some(value) => field.value.check_at(value, &path.key(field.name), found),
            }
        }
        if !self.open && known < map.len() {
            for key in map
                .keys()
                .filter(|key| self.fields.iter().all(|f| f.name != key.as_str()))
            {
                found.push(|| Violation {
                    path: path.key(key).whole(),
                    message: format!("unknown key `{}`", path.key(key)),
                    help: Some(suggest::hint(key, self.names())),
                    breach: Breach::Unknown {
                        near: suggest::nearest(key, self.names()).is_some(),
                    },
                });
            }
        }
        let is_given = |name: &&&str| map.get(name).is_some_and(|value| !value.is_null());
        let present = self.exclusive.iter().filter(is_given);
        if present.clone().count() > 1 {
            let present: Vec<_> = present
                .map(|name| format!("`{}`", path.key(name)))
                .collect();
            found.push(|| Violation {
                path: path.whole(),
                message: format!("{} cannot be used together", present.join(" and ")),
                help: Some("keep only one of them".to_owned()),
                breach: Breach::Together,
            });
        }
    }
}

impl Type {
    /// Every violation in `value`.
    #[must_use]
    pub fn check(&self, value: &Value) -> Vec<Violation> {
        all_violations(|found| self.check_at(value, &Trail::Root, found))
    }

    /// Whether the value is plainly what it may be; most are.
    #[inline]
    const fn takes(&self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Self::Any, _)
                | (Self::Str | Self::TaskRef, Value::String(_))
                | (Self::Bool, Value::Bool(_))
        )
    }

    fn check_at(&self, value: &Value, path: &Trail<'_>, found: &mut Found) {
        match (self, value) {
            _ if self.takes(value) => {}
            (Self::Int, Value::Number(number)) if !number.is_f64() => {}
            (Self::Literal(names), Value::String(text)) => {
                if !names.contains(&text.as_str()) {
                    found.push(|| Violation {
                        path: path.whole(),
                        message: format!("`{path}` is {text:?}, which is not {}", self.describe()),
                        help: suggest::nearest(text, names.iter().copied())
                            .map(|name| format!("did you mean `{name}`?")),
                        breach: Breach::Value,
                    });
                }
            }
            (Self::List(item), Value::Array(values)) => {
                for (i, value) in values.iter().enumerate() {
                    if found.is_enough() {
                        break;
                    }
                    if !item.takes(value) {
                        item.check_at(value, &path.index(i), found);
                    }
                }
            }
            (Self::Map(item), Value::Object(map)) => {
                for (key, value) in map {
                    if !item.takes(value) {
                        item.check_at(value, &path.key(key), found);
                    }
                }
            }
            (Self::Struct(schema), Value::Object(map)) => schema.check_at(map, path, found),
            (Self::KeyedBy(names, inner), value) => match keyed_by(names, value) {
                Some((by, Value::Object(alternatives))) => {
                    for (key, alternative) in alternatives {
                        self.check_at(alternative, &path.key(by).key(key), found);
                    }
                }
                Some((by, other)) => {
                    found.push(|| mismatch(&path.key(by), "a mapping", other));
                }
                None if is_keyed_by(value) => {
                    if !fits(|found| inner.check_at(value, path, found)) {
                        found.push(|| mismatch(path, &self.describe(), value));
                    }
                }
                None => inner.check_at(value, path, found),
            },
            (Self::OneOf(types), value) => check_one_of(self, types, value, path, found),
            (Self::TaskRef, Value::Object(map)) => {
                let has = |name: &str| map.get(name).is_some_and(truthy);
                let one = has("task-reference") != has("artifact-reference");
                let strings = ["task-reference", "artifact-reference"]
                    .iter()
                    .all(|name| map.get(name).is_none_or(|v| v.is_string() || v.is_null()));
                if !(one && strings) {
                    found.push(|| mismatch(path, &self.describe(), value));
                }
            }
            (expected, value) => found.push(|| mismatch(path, &expected.describe(), value)),
        }
    }
}

/// The steps to a value during the check; a path is only built for a violation.
enum Trail<'a> {
    Root,
    Key(&'a Self, &'a str),
    Index(&'a Self, usize),
}

impl Trail<'_> {
    fn key<'a>(&'a self, key: &'a str) -> Trail<'a> {
        Trail::Key(self, key)
    }

    fn index(&self, index: usize) -> Trail<'_> {
        Trail::Index(self, index)
    }

    fn whole(&self) -> ValuePath {
        match self {
            Self::Root => ValuePath::root(),
            Self::Key(before, key) => before.whole().key(key),
            Self::Index(before, index) => before.whole().index(*index),
        }
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole().fmt(f)
    }
}

/// The `by-…` key and the alternatives of a keyed-by value that uses one of `names`.
fn keyed_by<'v>(names: &[&str], value: &'v Value) -> Option<(&'v str, &'v Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (key, alternatives) = map.iter().next()?;
    let name = key.strip_prefix("by-")?;
    names
        .contains(&name)
        .then_some((key.as_str(), alternatives))
}

fn is_keyed_by(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|map| map.len() == 1 && map.keys().all(|k| k.starts_with("by-")))
}

fn check_one_of(whole: &Type, types: &[Type], value: &Value, path: &Trail<'_>, found: &mut Found) {
    let fits_one = |one: &Type| fits(|found| one.check_at(value, path, found));
    if types.iter().any(fits_one) {
        return;
    }
    let Found::All(found) = found else {
        return found.push(|| mismatch(path, "", value));
    };
    let mut attempts = types.iter().map(|one| {
        let attempt = all_violations(|found| one.check_at(value, path, found));
        (one, attempt)
    });
    let whole_path = path.whole();
    // The value has the form of one alternative and breaks it further in: that is reported. A
    // mapping without a required key is itself the broken part.
    let is_struct = |one: &Type| matches!(one, Type::Struct(_)) && value.is_object();
    let deeper = attempts
        .find(|(one, attempt)| is_struct(one) || attempt.iter().all(|v| v.path != whole_path));
    match deeper {
        Some((_, violations)) => found.extend(violations),
        None => found.push(mismatch(path, &whole.describe(), value)),
    }
}

/// What to do with a keyed value (`by-level: …`) where none is taken.
fn keyed_help(expected: &str, value: &Value) -> Option<String> {
    let keys = value.as_object().filter(|_| is_keyed_by(value))?;
    let by = keys.keys().next()?;
    // The type in words says which other keys are taken.
    Some(if expected.contains("keyed `by-") {
        format!("`{by}` is not available for this key")
    } else {
        format!(
            "this key cannot be keyed (`{by}`): write one value, or resolve the key in a transform before"
        )
    })
}

/// What to do with a template (`{name}`) that is read as a mapping, because it is not in quotes.
fn template_help(value: &Value) -> Option<String> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (key, value) = map.iter().next()?;
    value
        .is_null()
        .then(|| format!("put text that begins with `{{` in quotes: '{{{key}}}'"))
}

fn mismatch(path: &Trail<'_>, expected: &str, value: &Value) -> Violation {
    let found_value = match value {
        Value::String(text) if text.chars().count() <= 60 => format!("the string {text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => format!("the boolean {flag}"),
        other => type_name(other).to_owned(),
    };
    let what = if matches!(path, Trail::Root) {
        "the value".to_owned()
    } else {
        format!("`{path}`")
    };
    Violation {
        path: path.whole(),
        message: format!("{what}: expected {expected}, found {found_value}"),
        help: keyed_help(expected, value).or_else(|| template_help(value)),
        breach: Breach::Value,
    }
}
