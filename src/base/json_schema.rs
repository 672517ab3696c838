//! Checks a value against a JSON schema, in the part of the language that the schemas of actions use.
//!
//! 1. The schema is read into [`Keyword`]s. One that is not supported is an error: a schema that is
//!    stricter than what is checked here would otherwise accept too much.
//! 2. The value is checked; every mismatch has the path and the value that it is about.
//!
//! Equality and integers are those of JSON schema: `1.0` is an integer and equal to `1`.

use std::cmp::Ordering;

use super::value::{List, Number, Object, Value};

#[cfg(test)]
mod tests;

/// Keywords that only describe. `format` is one: JSON schema does not check it by default.
const ANNOTATIONS: &[&str] = &["default", "description", "format", "title"];

/// How many values of an `enum` a message lists.
const LISTED: usize = 3;

/// A keyword, or what it is set to, that is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the JSON schema keyword `{keyword}` is not supported with the value {operand}")]
pub struct Unsupported {
    keyword: String,
    operand: String,
}

/// A part of a value that does not match its schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch<'v> {
    /// The path to the part: keys and indexes with dots between them.
    pub path: String,
    /// The part.
    pub value: &'v Value,
    /// What does not match.
    pub message: String,
}

/// Returns everything in `value` that does not match `schema`.
///
/// # Errors
/// When the schema uses what is not supported.
pub fn check<'v>(schema: &Value, value: &'v Value) -> Result<Vec<Mismatch<'v>>, Unsupported> {
    let schema = Schema::read("", schema)?;
    let mut found = Vec::new();
    schema.check(value, "", &mut found);
    Ok(found)
}

/// A schema: every keyword has to match.
struct Schema<'s>(Vec<Keyword<'s>>);

enum Keyword<'s> {
    /// The schema `false`.
    Nothing,
    Type(&'s str),
    Enum(&'s List),
    Minimum(&'s Number),
    Maximum(&'s Number),
    MinItems(u64),
    UniqueItems,
    Items(Schema<'s>),
    Properties(Vec<(&'s str, Schema<'s>)>),
    Required(Vec<&'s str>),
    /// What properties other than the known ones have to match; `None` if they are not allowed.
    Additional(Vec<&'s str>, Option<Schema<'s>>),
    AnyOf(Vec<Schema<'s>>),
}

impl<'s> Schema<'s> {
    /// Reads the schema that `keyword` of another schema is set to.
    fn read(keyword: &str, schema: &'s Value) -> Result<Self, Unsupported> {
        let fields = match schema {
            Value::Bool(true) => return Ok(Self(Vec::new())),
            Value::Bool(false) => return Ok(Self(vec![Keyword::Nothing])),
            Value::Object(fields) => fields,
            _ => return Err(unsupported(keyword, schema)),
        };
        let mut keywords = Vec::new();
        for (name, operand) in fields {
            if !ANNOTATIONS.contains(&name.as_str()) {
                keywords.extend(Keyword::read(name, operand, fields)?);
            }
        }
        Ok(Self(keywords))
    }

    fn check<'v>(&self, value: &'v Value, path: &str, found: &mut Vec<Mismatch<'v>>) {
        for keyword in &self.0 {
            keyword.check(value, path, found);
        }
    }

    fn matches(&self, value: &Value) -> bool {
        let mut found = Vec::new();
        self.check(value, "", &mut found);
        found.is_empty()
    }
}

impl<'s> Keyword<'s> {
    /// Reads a keyword of a schema with these fields; `None` for one that allows everything.
    fn read(
        name: &str,
        operand: &'s Value,
        fields: &'s Object,
    ) -> Result<Option<Self>, Unsupported> {
        let wrong = || unsupported(name, operand);
        Ok(Some(match name {
            "type" => match operand.as_str() {
                Some(
                    kind @ ("array" | "boolean" | "integer" | "null" | "number" | "object"
                    | "string"),
                ) => Self::Type(kind),
                _ => return Err(wrong()),
            },
            "enum" => Self::Enum(operand.as_array().ok_or_else(wrong)?),
            "minimum" => Self::Minimum(operand.as_number().ok_or_else(wrong)?),
            "maximum" => Self::Maximum(operand.as_number().ok_or_else(wrong)?),
            "minItems" => Self::MinItems(operand.as_u64().ok_or_else(wrong)?),
            "uniqueItems" => match operand.as_bool().ok_or_else(wrong)? {
                true => Self::UniqueItems,
                false => return Ok(None),
            },
            "items" => Self::Items(Schema::read(name, operand)?),
            "properties" => {
                let properties = operand.as_object().ok_or_else(wrong)?.iter();
                let read =
                    properties.map(|(key, schema)| Ok((&**key, Schema::read(name, schema)?)));
                Self::Properties(read.collect::<Result<_, Unsupported>>()?)
            }
            "required" => {
                let keys = operand.as_array().ok_or_else(wrong)?.iter();
                let keys = keys.map(|key| key.as_str().ok_or_else(wrong));
                Self::Required(keys.collect::<Result<_, _>>()?)
            }
            "additionalProperties" => {
                let known = fields.get("properties").and_then(Value::as_object);
                let known = known.into_iter().flatten().map(|(key, _)| &**key).collect();
                match operand.as_bool() {
                    Some(true) => return Ok(None),
                    Some(false) => Self::Additional(known, None),
                    None => Self::Additional(known, Some(Schema::read(name, operand)?)),
                }
            }
            "anyOf" => {
                let schemas = operand.as_array().ok_or_else(wrong)?.iter();
                let read = schemas.map(|schema| Schema::read(name, schema));
                Self::AnyOf(read.collect::<Result<_, _>>()?)
            }
            _ => return Err(wrong()),
        }))
    }

    fn check<'v>(&self, value: &'v Value, path: &str, found: &mut Vec<Mismatch<'v>>) {
        let mut report = |message: String| {
            found.push(Mismatch {
                path: path.to_owned(),
                value,
                message,
            });
        };
        match (self, value) {
            (Self::Nothing, _) => report(format!("False schema does not allow {value}")),
            (Self::Type(kind), _) if !is_of_type(value, kind) => {
                report(format!("{value} is not of type \"{kind}\""));
            }
            (Self::Enum(options), _) if !options.iter().any(|one| is_equal(one, value)) => {
                report(format!("{value} is not one of {}", choice(options)));
            }
            (Self::Minimum(least), Value::Number(number)) if is_less(number, least) => {
                report(format!("{number} is less than the minimum of {least}"));
            }
            (Self::Maximum(most), Value::Number(number)) if is_less(most, number) => {
                report(format!("{number} is greater than the maximum of {most}"));
            }
            (Self::MinItems(least), Value::Array(items)) if (items.len() as u64) < *least => {
                let noun = if *least == 1 { "item" } else { "items" };
                report(format!("{value} has less than {least} {noun}"));
            }
            (Self::UniqueItems, Value::Array(items)) => {
                let is_repeated =
                    |(at, item): (usize, _)| items.iter().take(at).any(|one| is_equal(one, item));
                if items.iter().enumerate().any(is_repeated) {
                    report(format!("{value} has non-unique elements"));
                }
            }
            (Self::Items(schema), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    schema.check(item, &join(path, &index.to_string()), found);
                }
            }
            (Self::Properties(properties), Value::Object(fields)) => {
                for (key, field) in fields {
                    let known = properties.iter().find(|(name, _)| *name == key.as_str());
                    if let Some((_, schema)) = known {
                        schema.check(field, &join(path, key), found);
                    }
                }
            }
            (Self::Required(keys), Value::Object(fields)) => {
                for key in keys.iter().filter(|key| fields.get(key).is_none()) {
                    report(format!("{} is a required property", Value::from(*key)));
                }
            }
            (Self::Additional(known, schema), Value::Object(fields)) => {
                let others = fields.iter().filter(|(key, _)| !known.contains(&&***key));
                match schema {
                    Some(schema) => {
                        for (key, field) in others {
                            schema.check(field, &join(path, key), found);
                        }
                    }
                    None => {
                        let names: Vec<String> =
                            others.map(|(key, _)| format!("'{key}'")).collect();
                        let verb = match names.len() {
                            0 => return,
                            1 => "was",
                            _ => "were",
                        };
                        let names = names.join(", ");
                        report(format!(
                            "Additional properties are not allowed ({names} {verb} unexpected)"
                        ));
                    }
                }
            }
            (Self::AnyOf(schemas), _) if !schemas.iter().any(|one| one.matches(value)) => {
                report(format!("{value} matches none of the allowed schemas"));
            }
            // It matches, or is of a type that the keyword does not restrict.
            _ => {}
        }
    }
}

fn unsupported(keyword: &str, operand: &Value) -> Unsupported {
    Unsupported {
        keyword: keyword.to_owned(),
        operand: operand.to_string(),
    }
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    }
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match value {
        Value::Null => kind == "null",
        Value::Bool(_) => kind == "boolean",
        Value::Number(number) => kind == "number" || (kind == "integer" && is_integer(number)),
        Value::String(_) => kind == "string",
        Value::Array(_) => kind == "array",
        Value::Object(_) => kind == "object",
    }
}

fn is_integer(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn is_less(one: &Number, other: &Number) -> bool {
    compare(one, other) == Some(Ordering::Less)
}

/// Compares by the exact values: as floats, large integers could not be distinguished.
fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    let with_float = |integer: i128, float: f64| match (integer as f64).partial_cmp(&float) {
        // They differ by less than the precision of a float, which has no fraction then.
        Some(Ordering::Equal) => Some(integer.cmp(&(float as i128))),
        ordering => ordering,
    };
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        (Some(integer), None) => with_float(integer, other.as_f64()?),
        (None, Some(integer)) => with_float(integer, one.as_f64()?).map(Ordering::reverse),
        (None, None) => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare(one, other) == Some(Ordering::Equal),
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs.iter())
                    .all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            let has_equal = |(key, one): (&_, &Value)| {
                let key: &super::value::Str = key;
                theirs.get(key).is_some_and(|other| is_equal(one, other))
            };
            ours.len() == theirs.len() && ours.iter().all(has_equal)
        }
        _ => one == other,
    }
}

/// The values of an `enum`, with `or` before the last; of many the first ones.
fn choice(options: &List) -> String {
    let mut names: Vec<String> = options.iter().map(ToString::to_string).collect();
    if names.len() > LISTED {
        let more = names.len() - (LISTED - 1);
        names.truncate(LISTED - 1);
        names.push(format!("{more} other candidates"));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}
