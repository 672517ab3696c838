//! Schemas: what a value may be, as tables that check values and from which the reference is made.
//!
//! A schema is a constant. Checking yields every violation, each with its path, so that all
//! mistakes of a task are told at once. Types are as strict as the peer's (msgspec): a boolean is
//! no integer, and null is only taken where a field is optional.

use std::fmt;

use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value, truthy, type_name};

/// What a value may be.
#[derive(Debug)]
pub enum Type {
    /// Anything.
    Any,
    /// A string.
    Str,
    /// A whole number.
    Int,
    /// A boolean.
    Bool,
    /// One of these strings.
    Literal(&'static [&'static str]),
    /// A list of values of one type.
    List(&'static Type),
    /// A mapping from any names to values of one type.
    Map(&'static Type),
    /// A mapping with the fields of a schema.
    Struct(&'static Schema),
    /// A value, or such values keyed by one of these names (`by-level: …`).
    KeyedBy(&'static [&'static str], &'static Type),
    /// A value of any of these types.
    OneOf(&'static [Type]),
    /// A string, or a mapping with exactly one of `task-reference` and `artifact-reference`.
    TaskRef,
}

/// One field of a mapping.
#[derive(Debug)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What it may be.
    pub value: Type,
    /// Whether it must be there. One that need not be may also be null.
    pub required: bool,
    /// What it is for, for the reference.
    pub doc: &'static str,
}

/// What a mapping may hold.
#[derive(Debug)]
pub struct Schema {
    /// Its name in the reference.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Whether other keys are taken too.
    pub open: bool,
    /// Keys of which at most one may be there.
    pub exclusive: &'static [&'static str],
}

/// A field that must be there.
#[must_use]
pub const fn required(name: &'static str, value: Type, doc: &'static str) -> Field {
    Field {
        name,
        value,
        required: true,
        doc,
    }
}

/// A field that need not be there, or may be null.
#[must_use]
pub const fn optional(name: &'static str, value: Type, doc: &'static str) -> Field {
    Field {
        name,
        value,
        required: false,
        doc,
    }
}

/// One way in which a value breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where.
    pub path: ValuePath,
    /// How: a lower-case sentence that names the path.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl Schema {
    /// Every violation in `map`, in the order of the schema.
    #[must_use]
    pub fn check(&self, map: &Object) -> Vec<Violation> {
        let mut found = Vec::new();
        self.check_at(map, &Trail::Root, &mut found);
        found
    }

    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.fields.iter().map(|field| field.name)
    }

    fn check_at(&self, map: &Object, path: &Trail<'_>, found: &mut Vec<Violation>) {
        // A required key that was only misspelt is told of once.
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
                    Some(key) if self.open => found.push(Violation {
                        path: path.key(key).whole(),
                        message: format!("`{}` is missing", path.key(field.name)),
                        help: Some(format!("is `{key}` meant to be `{}`?", field.name)),
                    }),
                    Some(_) => {}
                    None => found.push(Violation {
                        path: path.whole(),
                        message: format!("`{}` is missing", path.key(field.name)),
                        help: Some(format!("add it: {}", field.doc))
                            .filter(|_| !field.doc.is_empty()),
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
                found.push(Violation {
                    path: path.key(key).whole(),
                    message: format!("unknown key `{}`", path.key(key)),
                    help: Some(suggest::hint(key, self.names())),
                });
            }
        }
        let given: Vec<_> = self
            .exclusive
            .iter()
            .filter(|name| map.get(name).is_some_and(|value| !value.is_null()))
            .map(|name| format!("`{}`", path.key(name)))
            .collect();
        if given.len() > 1 {
            found.push(Violation {
                path: path.whole(),
                message: format!("{} cannot be given together", given.join(" and ")),
                help: Some("keep one of them".to_owned()),
            });
        }
    }
}

impl Type {
    /// Every violation in `value`.
    #[must_use]
    pub fn check(&self, value: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        self.check_at(value, &Trail::Root, &mut found);
        found
    }

    /// The type in words, e.g. "a list of strings".
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Any => "any value".to_owned(),
            Self::Str => "a string".to_owned(),
            Self::Int => "an integer".to_owned(),
            Self::Bool => "a boolean".to_owned(),
            Self::Literal(names) => {
                let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                match quoted.as_slice() {
                    [one] => one.clone(),
                    all => format!("one of {}", all.join(", ")),
                }
            }
            Self::List(item) => format!("a list of {}", item.describe_many()),
            Self::Map(item) => format!("a mapping of names to {}", item.describe_many()),
            Self::Struct(schema) => format!("a mapping ({})", schema.name),
            Self::KeyedBy(names, inner) => {
                let keys: Vec<_> = names.iter().map(|name| format!("`by-{name}`")).collect();
                format!(
                    "{}, which may be keyed {}",
                    inner.describe(),
                    keys.join(", ")
                )
            }
            Self::OneOf(types) => types
                .iter()
                .map(Self::describe)
                .collect::<Vec<_>>()
                .join(" or "),
            Self::TaskRef => {
                "a string or a mapping with `task-reference` or `artifact-reference`".to_owned()
            }
        }
    }

    fn describe_many(&self) -> String {
        match self {
            Self::Any => "values".to_owned(),
            Self::Str => "strings".to_owned(),
            Self::Int => "integers".to_owned(),
            Self::Bool => "booleans".to_owned(),
            Self::List(_) => "lists".to_owned(),
            Self::Map(_) => "mappings".to_owned(),
            Self::Struct(schema) => format!("mappings ({})", schema.name),
            other => format!("values, each {}", other.describe()),
        }
    }

    fn check_at(&self, value: &Value, path: &Trail<'_>, found: &mut Vec<Violation>) {
        match (self, value) {
            (Self::Any, _)
            | (Self::Str | Self::TaskRef, Value::String(_))
            | (Self::Bool, Value::Bool(_)) => {}
            (Self::Int, Value::Number(number)) if !number.is_f64() => {}
            (Self::Literal(names), Value::String(text)) => {
                if !names.contains(&text.as_str()) {
                    found.push(Violation {
                        path: path.whole(),
                        message: format!("`{path}` is {text:?}, which is not {}", self.describe()),
                        help: suggest::nearest(text, names.iter().copied())
                            .map(|name| format!("did you mean `{name}`?")),
                    });
                }
            }
            (Self::List(item), Value::Array(values)) => {
                for (i, value) in values.iter().enumerate() {
                    item.check_at(value, &path.index(i), found);
                }
            }
            (Self::Map(item), Value::Object(map)) => {
                for (key, value) in map {
                    item.check_at(value, &path.key(key), found);
                }
            }
            (Self::Struct(schema), Value::Object(map)) => schema.check_at(map, path, found),
            (Self::KeyedBy(names, inner), value) => match keyed_by(names, value) {
                Some((by, Value::Object(alternatives))) => {
                    for (key, alternative) in alternatives {
                        self.check_at(alternative, &path.key(by).key(key), found);
                    }
                }
                Some((by, other)) => found.push(mismatch(&path.key(by), "a mapping", other)),
                None => {
                    let before = found.len();
                    inner.check_at(value, path, found);
                    if found.len() > before && is_keyed_by(value) {
                        found.truncate(before);
                        found.push(mismatch(path, &self.describe(), value));
                    }
                }
            },
            (Self::OneOf(types), value) => check_one_of(self, types, value, path, found),
            (Self::TaskRef, Value::Object(map)) => {
                let given = |name: &str| map.get(name).is_some_and(truthy);
                let one = given("task-reference") != given("artifact-reference");
                let strings = ["task-reference", "artifact-reference"]
                    .iter()
                    .all(|name| map.get(name).is_none_or(|v| v.is_string() || v.is_null()));
                if !(one && strings) {
                    found.push(mismatch(path, &self.describe(), value));
                }
            }
            (expected, value) => found.push(mismatch(path, &expected.describe(), value)),
        }
    }
}

/// The way to a value while it is checked; a path is only made of it for a violation.
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

fn check_one_of(
    whole: &Type,
    types: &[Type],
    value: &Value,
    path: &Trail<'_>,
    found: &mut Vec<Violation>,
) {
    let mut attempts: Vec<Vec<Violation>> = Vec::new();
    for one in types {
        let mut violations = Vec::new();
        one.check_at(value, path, &mut violations);
        if violations.is_empty() {
            return;
        }
        attempts.push(violations);
    }
    let whole_path = path.whole();
    // The value has the form of one alternative and breaks it further in: tell that. A mapping
    // without a key that it needs is broken where it is.
    let is_struct = |one: &Type| matches!(one, Type::Struct(_)) && value.is_object();
    let deeper = types
        .iter()
        .zip(attempts)
        .find(|(one, attempt)| is_struct(one) || attempt.iter().all(|v| v.path != whole_path))
        .map(|(_, attempt)| attempt);
    match deeper {
        Some(violations) => found.extend(violations),
        None => found.push(mismatch(path, &whole.describe(), value)),
    }
}

fn mismatch(path: &Trail<'_>, expected: &str, value: &Value) -> Violation {
    let shown = match value {
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
        message: format!("{what} is {shown}, where {expected} is expected"),
        help: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    static INNER: Schema = Schema {
        name: "inner",
        fields: &[required("path", Type::Str, "where it lies")],
        open: false,
        exclusive: &[],
    };
    static OUTER: Schema = Schema {
        name: "outer",
        fields: &[
            required("name", Type::Str, "the name"),
            optional("size", Type::Int, ""),
            optional("level", Type::KeyedBy(&["project"], &Type::Int), ""),
            optional("mode", Type::Literal(&["file", "folder"]), ""),
            optional("inner", Type::List(&Type::Struct(&INNER)), ""),
            optional(
                "either",
                Type::OneOf(&[Type::Bool, Type::List(&Type::Str)]),
                "",
            ),
            optional("command", Type::List(&Type::TaskRef), ""),
            optional("part", Type::OneOf(&[Type::Str, Type::Struct(&INNER)]), ""),
        ],
        open: false,
        exclusive: &["mode", "inner"],
    };

    fn check(value: Value) -> Vec<String> {
        let map = value.as_object().cloned().unwrap_or_default();
        OUTER
            .check(&map)
            .into_iter()
            .map(|v| match v.help {
                Some(help) => format!("{} ({help})", v.message),
                None => v.message,
            })
            .collect()
    }

    #[test]
    fn good_values_pass() {
        let none: [&str; 0] = [];
        assert_eq!(
            check(json!({
                "name": "a", "size": null, "either": ["x"], "inner": [{"path": "p"}],
                "level": {"by-project": {"x": 1, "default": {"by-project": {"y": 2}}}},
                "command": ["a", {"task-reference": "<b>"}],
            })),
            none
        );
    }

    #[test]
    fn every_violation_is_told() {
        assert_eq!(
            check(json!({
                "size": true, "mode": "fil", "inner": [{"path": 1, "nam": 2}],
                "level": {"by-project": {"x": "1"}}, "either": [1], "command": [{}], "sise": 3,
                "part": {},
            })),
            [
                "`name` is missing (add it: the name)",
                "`size` is the boolean true, where an integer is expected",
                "`level.by-project.x` is the string \"1\", where an integer is expected",
                "`mode` is \"fil\", which is not one of `file`, `folder` (did you mean `file`?)",
                "`inner[0].path` is 1, where a string is expected",
                "unknown key `inner[0].nam` (there are: path)",
                "`either[0]` is 1, where a string is expected",
                "`command[0]` is a mapping, where a string or a mapping with `task-reference` or `artifact-reference` is expected",
                "`part.path` is missing (add it: where it lies)",
                "unknown key `sise` (did you mean `size`?)",
                "`mode` and `inner` cannot be given together (keep one of them)",
            ]
        );
        assert_eq!(
            check(json!({"name": "a", "level": {"by-level": {"x": 1}}})),
            ["`level` is a mapping, where an integer, which may be keyed `by-project` is expected"]
        );
    }
}
