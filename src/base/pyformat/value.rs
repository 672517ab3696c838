//! Formats values by a format spec.

use super::number;
use super::spec::Spec;
use crate::base::value::{Value, py_str};

/// Formats a value; `None` if the spec does not apply to it.
pub fn format_value(value: &Value, text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(py_str(value));
    }
    let spec = Spec::parse(text)?;
    match value {
        Value::String(value) => of_text(value, &spec),
        Value::Bool(value) => number::of_int(i128::from(*value), &spec),
        Value::Number(value) => match value.as_i128() {
            Some(whole) => number::of_int(whole, &spec),
            None => number::of_float(value.as_f64()?, &spec),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn of_text(text: &str, spec: &Spec) -> Option<String> {
    let plain = matches!(spec.kind, None | Some('s'))
        && spec.sign.is_none()
        && !spec.alternate
        && !spec.unsigned_zero
        && spec.grouping.is_none()
        && spec.align != Some('=');
    if !plain {
        return None;
    }
    let cut: String = match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    Some(spec.pad(&cut, '<'))
}
