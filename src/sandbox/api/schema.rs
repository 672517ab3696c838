//! A small schema language for request bodies.
//!
//! All errors of a body are collected, in the words of the services' own validator.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::sandbox::error::{ErrorCode, ServiceError};
use crate::sandbox::patterns::Pattern;
use crate::sandbox::time;

/// What a value must look like.
pub(crate) enum Shape {
    /// Anything.
    Anything,
    /// A text, with its length in characters and its pattern.
    Text {
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
        /// The pattern.
        pattern: Option<Pattern>,
    },
    /// An RFC 3339 date-time.
    DateTime,
    /// One of some texts.
    OneOf(&'static [&'static str]),
    /// A whole number in a range.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A number.
    Number,
    /// An absolute URI.
    Uri,
    /// A list.
    List {
        /// What each member must look like.
        items: &'static Shape,
        /// The most members.
        max: usize,
        /// Whether members must differ.
        unique: bool,
    },
    /// An object with these fields and no others.
    Object(&'static [Field]),
    /// An object with fields of any name.
    MapOf(&'static Shape),
    /// An object that its field `storageType` tells apart.
    ByStorageType(&'static [(&'static str, &'static [Field])]),
}

/// A field of an object.
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What it must look like.
    pub(crate) shape: Shape,
}

/// A named shape of a body.
pub(crate) struct Schema {
    /// The name that error messages quote.
    pub(crate) name: &'static str,
    /// The shape.
    pub(crate) shape: Shape,
}

impl Schema {
    /// Checks a body; the error lists every mistake.
    pub(crate) fn check(&self, body: &Value) -> Result<(), ServiceError> {
        let mut problems = Vec::new();
        check(&self.shape, body, "data", &mut problems);
        if problems.is_empty() {
            return Ok(());
        }
        Err(ServiceError::new(
            ErrorCode::InputValidationError,
            format!(
                "\nSchema Validation Failed!\nRejecting Schema: {}\nErrors:\n  * {}",
                self.name,
                problems.join("\n  * ")
            ),
        ))
    }
}

fn check(shape: &Shape, value: &Value, at: &str, problems: &mut Vec<String>) {
    let mut report = |problem: String| problems.push(format!("{at} {problem}"));
    match shape {
        Shape::Anything => {}
        Shape::Text { min, max, pattern } => match value.as_str() {
            None => report("must be string".to_owned()),
            Some(text) => {
                let length = text.chars().count();
                if length > *max {
                    report(format!("must NOT have more than {max} characters"));
                }
                if length < *min {
                    report(format!("must NOT have fewer than {min} characters"));
                }
                if let Some(pattern) = pattern.filter(|pattern| !(pattern.matches)(text)) {
                    report(format!("must match pattern \"{}\"", pattern.text));
                }
            }
        },
        Shape::DateTime => match value.as_str() {
            None => report("must be string".to_owned()),
            Some(text) if time::parse(text).is_none() => {
                report("must match format \"date-time\"".to_owned());
            }
            Some(_) => {}
        },
        Shape::Uri => match value.as_str() {
            None => report("must be string".to_owned()),
            Some(text) if reqwest::Url::parse(text).is_err() => {
                report("must match format \"uri\"".to_owned());
            }
            Some(_) => {}
        },
        Shape::OneOf(allowed) => {
            if !value.as_str().is_some_and(|text| allowed.contains(&text)) {
                report("must be equal to one of the allowed values".to_owned());
            }
        }
        Shape::Integer { min, max } => {
            let whole = value.as_i64().or_else(|| {
                value
                    .as_f64()
                    .filter(|n| n.fract() == 0.0)
                    .map(|n| n as i64)
            });
            match whole {
                None => report("must be integer".to_owned()),
                Some(number) if number > *max => report(format!("must be <= {max}")),
                Some(number) if number < *min => report(format!("must be >= {min}")),
                Some(_) => {}
            }
        }
        Shape::Number => {
            if !value.is_number() {
                report("must be number".to_owned());
            }
        }
        Shape::List { items, max, unique } => match value.as_array() {
            None => report("must be array".to_owned()),
            Some(members) => {
                if members.len() > *max {
                    report(format!("must NOT have more than {max} items"));
                }
                let mut seen = BTreeSet::new();
                if *unique && !members.iter().all(|member| seen.insert(member.to_string())) {
                    report("must NOT have duplicate items".to_owned());
                }
                for (index, member) in members.iter().enumerate() {
                    check(items, member, &format!("{at}/{index}"), problems);
                }
            }
        },
        Shape::Object(fields) => match value.as_object() {
            None => report("must be object".to_owned()),
            Some(object) => check_fields(fields, object, at, problems),
        },
        Shape::MapOf(each) => match value.as_object() {
            None => report("must be object".to_owned()),
            Some(object) => {
                for (name, member) in object {
                    check(each, member, &format!("{at}/{name}"), problems);
                }
            }
        },
        Shape::ByStorageType(kinds) => {
            let kind = value.get("storageType").and_then(Value::as_str);
            let fields = kinds
                .iter()
                .find(|(name, _)| kind == Some(name))
                .map(|(_, fields)| *fields);
            match (fields, value.as_object()) {
                (Some(fields), Some(object)) => check_fields(fields, object, at, problems),
                _ => report("must match exactly one schema in oneOf".to_owned()),
            }
        }
    }
}

fn check_fields(
    fields: &[Field],
    object: &Map<String, Value>,
    at: &str,
    problems: &mut Vec<String>,
) {
    for field in fields {
        match object.get(field.name) {
            Some(value) => check(
                &field.shape,
                value,
                &format!("{at}/{}", field.name),
                problems,
            ),
            None if field.required => {
                problems.push(format!("{at} must have required property '{}'", field.name));
            }
            None => {}
        }
    }
    for name in object
        .keys()
        .filter(|name| fields.iter().all(|field| field.name != *name))
    {
        let quoted = Value::String(name.clone());
        problems.push(format!(
            "{at} must NOT have additional properties: {quoted}"
        ));
    }
}
