//! Checks a value against a JSON schema, in the part of the language that the schemas of actions use.
//!
//! 1. The schema is read into [`Keyword`]s. One that is not supported is an error: a schema that is
//!    stricter than what is checked here would otherwise accept too much.
//! 2. The value is checked; every mismatch has the path and the value that it is about.
//!
//! Equality and integers are those of JSON schema: `1.0` is an integer and equal to `1`.

use super::value::{List, Number, Object, Value};

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

/// Compares as integers where both are, which floats could not tell apart.
fn is_less(one: &Number, other: &Number) -> bool {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one < other,
        _ => one.as_f64() < other.as_f64(),
    }
}

fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => !is_less(one, other) && !is_less(other, one),
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

#[cfg(test)]
mod tests {
    use super::super::value::json;
    use super::*;

    /// Values that are near to what the schemas below allow.
    static LEAVES: &[&str] = &[
        "null",
        "true",
        "0",
        "1",
        "1.0",
        "1.5",
        "-3",
        "2",
        "\"\"",
        "\"a\"",
        "\"b\"",
        "\"1\"",
        "9007199254740993",
        "9007199254740992.0",
        "18446744073709551615",
        "1e300",
    ];

    /// Numbers drawn from a seed (SplitMix64).
    struct Draw(u64);

    impl Draw {
        fn below(&mut self, most: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut bits = self.0;
            bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            usize::try_from((bits ^ (bits >> 31)) % most as u64).unwrap()
        }

        fn leaf(&mut self) -> Value {
            LEAVES[self.below(LEAVES.len())]
                .parse::<serde_json::Value>()
                .unwrap()
                .into()
        }

        fn value(&mut self, depth: usize) -> Value {
            match self.below(if depth == 0 { 1 } else { 3 }) {
                0 => self.leaf(),
                1 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
                _ => {
                    let keys = ["a", "b", "c", "d"];
                    let keys = keys.into_iter().filter(|_| self.0 % 7 > 2);
                    let keys: Vec<&str> = keys.collect();
                    let mut fields = Object::new();
                    for key in keys {
                        if self.below(2) == 0 {
                            fields.insert(key, self.value(depth - 1));
                        }
                    }
                    Value::Object(fields)
                }
            }
        }

        fn schema(&mut self, depth: usize) -> Value {
            let mut schema = Object::new();
            for _ in 0..=self.below(4) {
                let below = depth.saturating_sub(1);
                let (key, operand) = match self.below(if depth == 0 { 7 } else { 12 }) {
                    0 | 1 => {
                        let kinds = [
                            "array", "boolean", "integer", "null", "number", "object", "string",
                        ];
                        ("type", json!(kinds[self.below(7)]))
                    }
                    2 => {
                        let options: Vec<Value> =
                            (0..=self.below(5)).map(|_| self.value(1)).collect();
                        ("enum", options.into_iter().collect())
                    }
                    3 => (
                        "minimum",
                        json!([0, 1, 9_007_199_254_740_993_u64][self.below(3)]),
                    ),
                    4 => ("maximum", json!([1.0, 1.5, 9e15][self.below(3)])),
                    5 => ("minItems", json!(self.below(3))),
                    6 => ("uniqueItems", json!(self.below(3) > 0)),
                    7 => ("items", self.schema(below)),
                    8 => {
                        let keys = ["a", "b", "c"].map(|key| (key, self.schema(below)));
                        let fields = keys.into_iter().take(1 + self.below(3));
                        ("properties", Value::Object(fields.collect::<Object>()))
                    }
                    9 => ("required", json!(["a", "b", "d"][..=self.below(3)])),
                    10 => match self.below(3) {
                        0 => ("additionalProperties", json!(false)),
                        1 => ("additionalProperties", json!(true)),
                        _ => ("additionalProperties", self.schema(below)),
                    },
                    _ => {
                        let schemas: Vec<Value> =
                            (0..=self.below(2)).map(|_| self.schema(below)).collect();
                        ("anyOf", schemas.into_iter().collect())
                    }
                };
                schema.insert(key, operand);
            }
            if schema["additionalProperties"] == Value::Bool(false) {
                // Without known properties the other one words this in another way.
                schema
                    .entry("properties")
                    .or_insert(json!({"a": true, "c": false}));
            }
            Value::Object(schema)
        }
    }

    #[test]
    fn mismatches_are_those_that_the_crate_jsonschema_finds() {
        let mut draw = Draw(1);
        let (mut matching, mut mismatches) = (0, 0);
        for round in 0..4_000 {
            let schema = draw.schema(2);
            let validator = jsonschema::validator_for(&schema.clone().into()).unwrap();
            for _ in 0..5 {
                let value = draw.value(2);
                let mut ours: Vec<(String, String)> = check(&schema, &value)
                    .unwrap()
                    .into_iter()
                    .map(|mismatch| (mismatch.path, mismatch.message))
                    .collect();
                let theirs = serde_json::Value::from(value.clone());
                let mut theirs: Vec<(String, String)> = validator
                    .iter_errors(&theirs)
                    .map(|error| {
                        use jsonschema::error::ValidationErrorKind;
                        let path = error.instance_path().to_string();
                        let message = match error.kind() {
                            ValidationErrorKind::AnyOf { .. } => {
                                format!("{} matches none of the allowed schemas", error.instance())
                            }
                            _ => error.to_string(),
                        };
                        (path.trim_start_matches('/').replace('/', "."), message)
                    })
                    .collect();
                ours.sort();
                theirs.sort();
                assert_eq!(ours, theirs, "round {round}: {value} against {schema}");
                match ours.len() {
                    0 => matching += 1,
                    found => mismatches += found,
                }
            }
        }
        assert!(
            matching > 2_000 && mismatches > 5_000,
            "{matching}, {mismatches}"
        );
    }

    #[test]
    fn keywords_that_are_not_known_are_refused() {
        for schema in [
            json!({"pattern": "^a"}),
            json!({"oneOf": [{"type": "string"}]}),
            json!({"type": ["string", "null"]}),
            json!({"type": "text"}),
            json!({"properties": {"a": {"items": {"maxItems": 1}}}}),
            json!({"additionalProperties": {"$ref": "#"}}),
            json!({"anyOf": [{"const": 1}]}),
            json!({"items": [{"type": "string"}]}),
            json!({"minItems": -1}),
            json!({"required": "a"}),
            json!(1),
        ] {
            let value = json!({});
            assert!(check(&schema, &value).is_err(), "{schema}");
        }
        assert_eq!(
            check(&json!({"pattern": "^a"}), &json!({}))
                .unwrap_err()
                .to_string(),
            "the JSON schema keyword `pattern` is not supported with the value \"^a\""
        );
    }
}
