//! Checks of items that several transforms share.

use super::item::Item;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::value::{List, Object, Value, type_name};
use crate::config::schema::Schema;

/// The limit for items that `matrix` and `chunking` may create in one kind.
///
/// Each of them multiplies; a dimension too many, or a zero too many in `total-chunks`, would fill
/// the memory before the mistake is reported. The queue allows 10,000 dependencies per
/// task and some hundred tasks a second, so no graph that can be run comes near.
pub const MAX_ITEMS: usize = 100_000;

/// Refuses null in fields that may be left out, but not be null.
///
/// # Errors
/// Every such field of `map`, the mapping at `path` in the item.
pub fn refuse_null(item: &Item, path: &str, map: &Object, fields: &[&str]) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for field in fields {
        if map.get(field).is_some_and(Value::is_null) {
            let whole = [path, field].join(".");
            let whole = whole.trim_start_matches('.');
            wrong.push(
                item.error_at(whole, format!("`{whole}` is null"))
                    .help("set a value, or remove the key"),
            );
        }
    }
    wrong.or_ok(())
}

/// Checks the mapping at a path in the item, which may lead through lists, against a schema.
///
/// # Errors
/// Every violation.
pub fn check_at(item: &Item, path: &ValuePath, map: &Object, schema: &Schema) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for violation in schema.check(map) {
        let whole = ValuePath(path.0.iter().cloned().chain(violation.path.0).collect());
        let mut diagnostic = Diagnostic::user(format!("in `{path}`: {}", violation.message))
            .at(item.origin.place(&whole));
        diagnostic.help = violation.help;
        wrong.push(diagnostic);
    }
    wrong.or_ok(())
}

/// The mapping at a top-level key of the item, created if it does not exist.
///
/// # Errors
/// If the key has another type.
pub fn mapping<'i>(item: &'i mut Item, key: &str) -> Result<&'i mut Object, Diagnostic> {
    if let Some(other) = item.task.get(key).filter(|value| !value.is_object()) {
        return Err(wrong_type(item, key, "a mapping", other));
    }
    Ok(item.object_mut(key))
}

/// The list at a top-level key of the item, created if it does not exist.
///
/// # Errors
/// If the key has another type.
pub fn list<'i>(item: &'i mut Item, key: &str) -> Result<&'i mut List, Diagnostic> {
    if let Some(other) = item.task.get(key).filter(|value| !value.is_array()) {
        return Err(wrong_type(item, key, "a list", other));
    }
    Ok(item.list_mut(key))
}

/// Reports that a field of the item has another type.
#[must_use]
pub fn wrong_type(item: &Item, field: &str, expected: &str, found: &Value) -> Diagnostic {
    item.error_at(
        field,
        format!("`{field}`: expected {expected}, found {}", type_name(found)),
    )
}

/// The strings of a list; other values are ignored.
#[must_use]
pub fn strings(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Whether Python's `==` holds between two values: true is 1, and 1.0 is 1.
#[must_use]
pub fn py_equal(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if !a.is_f64() && !b.is_f64() => a == b,
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| py_equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| py_equal(a, b)))
        }
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn values_are_compared_as_in_python() {
        assert!(py_equal(&json!([true, 1]), &json!([1, 1.0])));
        assert!(!py_equal(&json!("1"), &json!(1)));
        assert!(!py_equal(&json!(null), &json!(false)));
        assert!(py_equal(&json!({"a": 1, "b": 2}), &json!({"b": 2, "a": 1})));
    }
}
