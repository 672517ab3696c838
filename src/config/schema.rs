//! Schemas: what a value may be, as tables that check values and from which the reference is made.
//!
//! A schema is a constant. Checking yields every violation, each with its path, so that all
//! mistakes of a task are reported together. Types are as strict as the peer's (msgspec): a boolean is
//! no integer, and null is only taken where a field is optional.

use crate::base::path::{Step, ValuePath};

mod check;

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

/// How a value breaks its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// A key is missing.
    Missing,
    /// A key is not known; a known one may be near.
    Unknown {
        /// Whether one is.
        near: bool,
    },
    /// A value is not what it may be.
    Value,
    /// Keys exclude each other.
    Together,
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
    /// The sort of mistake.
    pub breach: Breach,
}

impl Violation {
    /// A value that is not what it may be.
    #[must_use]
    pub fn of_value(path: ValuePath, message: String, help: Option<String>) -> Self {
        Self {
            path,
            message,
            help,
            breach: Breach::Value,
        }
    }

    /// The first key of its path.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self.path.0.first()? {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        }
    }
}

impl Schema {
    /// The names of its fields.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.fields.iter().map(|field| field.name)
    }
}

impl Type {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::{Value, json};

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
    fn valid_values_pass() {
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
    fn every_violation_is_reported() {
        assert_eq!(
            check(json!({
                "size": true, "mode": "fil", "inner": [{"path": 1, "nam": 2}],
                "level": {"by-project": {"x": "1"}}, "either": [1], "command": [{}], "sise": 3,
                "part": {},
            })),
            [
                "`name` is missing (add it: the name)",
                "`size`: expected an integer, found the boolean true",
                "`level.by-project.x`: expected an integer, found the string \"1\"",
                "`mode` is \"fil\", which is not one of `file`, `folder` (did you mean `file`?)",
                "`inner[0].path`: expected a string, found 1",
                "unknown key `inner[0].nam` (available: path)",
                "`either[0]`: expected a string, found 1",
                "`command[0]`: expected a string or a mapping with `task-reference` or `artifact-reference`, found a mapping",
                "`part.path` is missing (add it: where it lies)",
                "unknown key `sise` (did you mean `size`?)",
                "`mode` and `inner` cannot be used together (keep only one of them)",
            ]
        );
        assert_eq!(
            check(json!({"name": "a", "level": {"by-level": {"x": 1}}})),
            [
                "`level`: expected an integer, which may be keyed `by-project`, found a mapping \
              (`by-level` is not available for this key)"
            ]
        );
    }
}
