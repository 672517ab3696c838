//! JSON as Python's `json.dump` writes it, byte for byte.

use crate::base::value::{Value, py_float};

/// Writes a value with its keys in their order, non-ASCII characters as escapes, and each level
/// indented by `indent` spaces.
#[must_use]
pub fn indented(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    write(value, indent, 0, &mut out);
    out
}

/// Writes a value in one line, as `json.dumps` does without options.
#[must_use]
pub fn line(value: &Value) -> String {
    let mut out = String::new();
    write_line(value, &mut out);
    out
}

fn write_line(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_line(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_text(key, out);
                out.push_str(": ");
                write_line(item, out);
            }
            out.push('}');
        }
        _ => write(value, 0, 0, out),
    }
}

fn write(value: &Value, indent: usize, level: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&py_float(float)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_text(text, out),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                begin_line(i, indent * (level + 1), out);
                write(item, indent, level + 1, out);
            }
            begin_line(0, indent * level, out);
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, item)) in map.iter().enumerate() {
                begin_line(i, indent * (level + 1), out);
                write_text(key, out);
                out.push_str(": ");
                write(item, indent, level + 1, out);
            }
            begin_line(0, indent * level, out);
            out.push('}');
        }
    }
}

/// Begins a line, behind a comma unless it is the first of its container.
fn begin_line(position: usize, indentation: usize, out: &mut String) {
    if position > 0 {
        out.push(',');
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indentation));
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for sign in text.chars() {
        match sign {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(sign),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    /// The text is that of `json.dumps(…, indent=4)`.
    #[test]
    fn json_has_the_bytes_of_python() {
        let value = json!({
            "b": [1, -2, 1.5, 1e16, true, null],
            "a": {"empty": {}, "none": []},
            "text": "ä\u{1f98a}\"\\/\n\r\t\u{8}\u{c}\u{1}\u{7f}",
        });
        let expected = r#"{
    "b": [
        1,
        -2,
        1.5,
        1e+16,
        true,
        null
    ],
    "a": {
        "empty": {},
        "none": []
    },
    "text": "\u00e4\ud83e\udd8a\"\\/\n\r\t\b\f\u0001\u007f"
}"#;
        assert_eq!(indented(&value, 4), expected);
        assert_eq!(indented(&json!([]), 4), "[]");
    }
}
