//! Every error that a document can have according to its schema.

use snowman::base::value::{Object, Value, json};
use snowman::config::schema::{Schema, Type};

use super::cases::Case;

/// A document with one mistake.
pub struct Mistake {
    pub document: Value,
    /// The place that must be reported.
    pub at: Vec<String>,
    /// The key that has to be named.
    pub key: &'static str,
    pub what: &'static str,
}

/// A key that no schema has.
const NOBODY: &str = "zz-nobody";

/// Every mistake in a case.
pub fn of(case: &Case) -> Vec<Mistake> {
    let path: Vec<String> = case.at.iter().map(|step| (*step).to_owned()).collect();
    let mut mistakes = Vec::new();
    let map = at(&case.document, &path).as_object().unwrap().clone();
    let put = |path: &[String], value: Value| {
        let mut document = case.document.clone();
        *at_mut(&mut document, path) = value;
        document
    };
    walk(case.schema, &map, &path, case.given, &put, &mut mistakes);
    let has_default = |key: &str| case.defaults.iter().any(|(name, _)| *name == key);
    // Those are reported by a promotion: tests/bad_input/promotion.rs.
    mistakes.retain(|one| one.at.first().map(String::as_str) != Some("release-promotion"));
    mistakes.retain(|one| one.at != path || one.what != "missing" || !has_default(one.key));
    mistakes
}

fn at<'v>(value: &'v Value, path: &[String]) -> &'v Value {
    path.iter().fold(value, |value, step| match value {
        Value::Array(items) => &items[step.parse::<usize>().unwrap()],
        other => &other[step],
    })
}

/// The value at a path; missing parents are created.
fn at_mut<'v>(value: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(value, |value, step| match value {
        Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        other => &mut other[step],
    })
}

fn walk(
    schema: &'static Schema,
    map: &Object,
    path: &[String],
    given: &[&str],
    put: &dyn Fn(&[String], Value) -> Value,
    mistakes: &mut Vec<Mistake>,
) {
    let below = |key: &str| [path, &[key.to_owned()]].concat();
    let with = |key: &str, value: Value| {
        let mut map = map.clone();
        map.insert(key.to_owned(), value);
        put(path, Value::Object(map))
    };
    if !schema.open {
        mistakes.push(Mistake {
            document: with(NOBODY, json!(1)),
            at: below(NOBODY),
            key: NOBODY,
            what: "unknown",
        });
    }
    for field in schema
        .fields
        .iter()
        .filter(|field| !given.contains(&field.name))
    {
        if field.required {
            let mut map = map.clone();
            map.shift_remove(field.name);
            mistakes.push(Mistake {
                document: put(path, Value::Object(map)),
                at: path.to_vec(),
                key: field.name,
                what: "missing",
            });
        }
        if let Some(other) = other_type(&field.value) {
            mistakes.push(Mistake {
                document: with(field.name, other),
                at: below(field.name),
                key: field.name,
                what: "of another type",
            });
        }
        if let Some((inner, steps)) = nested(&field.value) {
            let there = map.get(field.name).filter(|value| value.is_object());
            let (value, steps) = match there {
                Some(value) if steps.is_empty() => (value.clone(), steps),
                _ => (sample(&field.value), steps),
            };
            let inner_path = [below(field.name), steps].concat();
            let document = with(field.name, value);
            let inner_map = at(&document, &inner_path).as_object().unwrap().clone();
            let put = |path: &[String], value: Value| {
                let mut document = document.clone();
                *at_mut(&mut document, path) = value;
                document
            };
            walk(inner, &inner_map, &inner_path, given, &put, mistakes);
        }
    }
}

/// The first schema in a type, and the way to it in a [`sample`].
fn nested(value: &Type) -> Option<(&'static Schema, Vec<String>)> {
    let under = |inner: &Type, step: &str| {
        let (schema, steps) = nested(inner)?;
        Some((schema, [vec![step.to_owned()], steps].concat()))
    };
    match value {
        Type::Struct(schema) => Some((schema, Vec::new())),
        Type::List(inner) => under(inner, "0"),
        Type::Map(inner) => under(inner, "a"),
        Type::KeyedBy(_, inner) => nested(inner),
        Type::OneOf(types) => types.iter().find_map(nested),
        _ => None,
    }
}

/// A value of a type; where there are several types, of the one that holds a schema.
fn sample(value: &Type) -> Value {
    match value {
        Type::Any | Type::Str | Type::TaskRef => json!("text"),
        Type::Int => json!(1),
        Type::Bool => json!(true),
        Type::Literal(names) => json!(names[0]),
        Type::List(inner) => json!([sample(inner)]),
        Type::Map(inner) => json!({ "a": sample(inner) }),
        Type::KeyedBy(_, inner) => sample(inner),
        Type::OneOf(types) => {
            let holds = types.iter().find(|one| nested(one).is_some());
            sample(holds.unwrap_or(&types[0]))
        }
        Type::Struct(schema) => {
            let needed = schema.fields.iter().filter(|field| field.required);
            let entries = needed.map(|field| (field.name.to_owned(), sample(&field.value)));
            Value::Object(entries.collect())
        }
    }
}

/// A value that is not of a type; none for types that take every form of value.
fn other_type(value: &Type) -> Option<Value> {
    fn takes(value: &Type, form: &Value) -> bool {
        match value {
            Type::Any => true,
            Type::Str | Type::Literal(_) => form.is_string(),
            Type::Int => form.is_number(),
            Type::Bool => form.is_boolean(),
            Type::List(_) => form.is_array(),
            Type::Map(_) | Type::Struct(_) => form.is_object(),
            Type::TaskRef => form.is_string() || form.is_object(),
            Type::KeyedBy(_, inner) => form.is_object() || takes(inner, form),
            Type::OneOf(types) => types.iter().any(|one| takes(one, form)),
        }
    }
    let forms = [
        json!(12),
        json!("text"),
        json!(true),
        json!(["text"]),
        json!({"text": 1}),
    ];
    forms.into_iter().find(|form| !takes(value, form))
}
