//! Values as Python writes them, since projects' texts are made with its `str()` and `repr()`.

use super::tree::Value;

/// The value as Python's `str()` writes it.
#[must_use]
pub fn py_str(value: &Value) -> String {
    match value {
        Value::String(s) => s.to_string(),
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
    let (digits, exponent) = shortest(float);
    if float != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let decimals = digits.split_once('.').map_or(0, |(_, rest)| rest.len());
    let decimals = i32::try_from(decimals).unwrap_or(0) - exponent;
    format!("{float:.*}", usize::try_from(decimals).unwrap_or(0).max(1))
}

/// The fewest digits that read back the same, with a point after the first, and the exponent of ten.
///
/// Of two equally near texts Python chooses the even one, and so does Rust if the number of digits
/// is given.
fn shortest(float: f64) -> (String, i32) {
    let any = format!("{float:e}");
    let digits = any.split('e').next().unwrap_or(&any);
    let decimals = digits.split_once('.').map_or(0, |(_, rest)| rest.len());
    let even = format!("{float:.decimals$e}");
    let text = if even.parse() == Ok(float) {
        &even
    } else {
        &any
    };
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (digits.to_owned(), exponent.parse().unwrap_or(0))
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
            c => push_escape(c, out),
        }
    }
    out.push(quote);
}

/// Whether Python shows the character as it is: no control, no separator but the blank, and assigned.
///
/// Python and Rust each go by the version of Unicode that they were made with, so characters that
/// are new to one of them can differ.
fn is_printable(c: char) -> bool {
    // A combining character counts as one only after another character.
    c.is_ascii_graphic()
        || c == ' '
        || ['a', c].iter().collect::<String>().escape_debug().count() == 2
}

/// Writes a character as an escape with as few digits as Python uses.
pub(in crate::base) fn push_escape(c: char, out: &mut String) {
    let escape = match u32::from(c) {
        code @ ..=0xff => format!("\\x{code:02x}"),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    out.push_str(&escape);
}
