//! The ordered value tree that YAML becomes, that transforms work on and that JSON is made of.
//!
//! Maps keep the order in which their keys were written, since the order of dimensions in a
//! matrix, or of tasks in a kind, shows in the result.

pub use serde_json::{Map, Number, Value};

/// A map from names to values, in order.
pub type Object = Map<String, Value>;

/// What a value is, in the words of the people who write YAML.
#[must_use]
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(n) if n.is_f64() => "a float",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Whether Python would take the value for true.
#[must_use]
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

/// Lays `over` onto `base`: maps merge, lists append, all else replaces.
///
/// A map whose only key begins with `by-` replaces what is there, since merging alternatives of
/// two keyed-by values would mean nothing; so does a value of another type. (The peer's
/// `task-defaults` rule.)
#[must_use]
pub fn merge(base: &Value, over: &Value) -> Value {
    let mut merged = base.clone();
    match (&mut merged, over) {
        (Value::Object(target), Value::Object(source)) => merge_into(target, source),
        (target, over) => *target = over.clone(),
    }
    merged
}

/// Lays `over` onto `target` as [`merge`] does.
pub fn merge_into(target: &mut Object, over: &Object) {
    for (key, value) in over {
        match (target.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) if !is_keyed_by(above) => {
                merge_into(below, above);
            }
            (Some(Value::Array(below)), Value::Array(above)) => below.extend(above.iter().cloned()),
            _ => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

fn is_keyed_by(map: &Object) -> bool {
    map.len() == 1 && map.keys().all(|key| key.starts_with("by-"))
}

/// The value as Python's `str()` writes it.
#[must_use]
pub fn py_str(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => py_repr(other),
    }
}

/// The value as Python's `repr()` writes it.
#[must_use]
pub fn py_repr(value: &Value) -> String {
    let mut out = String::new();
    write_repr(value, &mut out);
    out
}

fn write_repr(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(n) => match n.as_f64() {
            Some(float) if n.is_f64() => out.push_str(&py_float(float)),
            _ => out.push_str(&n.to_string()),
        },
        Value::String(s) => write_str_repr(s, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_repr(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_str_repr(key, out);
                out.push_str(": ");
                write_repr(item, out);
            }
            out.push('}');
        }
    }
}

/// A float as Python's `repr()` writes it: the shortest digits that read back the same, with an
/// exponent below 1e-4 and from 1e16 on.
#[must_use]
pub fn py_float(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = format!("{float}");
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

fn write_str_repr(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                code @ ..=0xff => format!("\\x{code:02x}"),
                code @ ..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    out.push(quote);
}

/// Whether Python writes the character as it is within a string's `repr()`.
fn is_printable(c: char) -> bool {
    // Rust escapes the same characters, and combining ones where they come first.
    let debug: String = format!("-{c}").escape_debug().collect();
    debug.len() == 1 + c.len_utf8() || matches!(c, '"' | '\'')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merging_appends_lists_and_replaces_keyed_by_values() {
        let base = json!({"a": [1], "b": {"by-level": {"1": 1}}, "c": {"x": 1}, "d": 1});
        let over = json!({"a": [2], "b": {"by-project": {"p": 2}}, "c": {"y": 2}, "d": "s"});
        assert_eq!(
            merge(&base, &over),
            json!({"a": [1, 2], "b": {"by-project": {"p": 2}}, "c": {"x": 1, "y": 2}, "d": "s"})
        );
    }

    #[test]
    fn values_are_written_as_python_writes_them() {
        let value = json!([null, true, 1, 1.0, 1e16, 1e-5, 0.1, "it's", "a\nb", {"k": "\""}]);
        assert_eq!(
            py_repr(&value),
            r#"[None, True, 1, 1.0, 1e+16, 1e-05, 0.1, "it's", 'a\nb', {'k': '"'}]"#
        );
        assert_eq!(py_str(&json!("it's")), "it's");
    }
}
