//! Integers under a format spec.

use super::error::{FormatError, FormatErrorKind, fail};
use super::float;
use super::spec::{Spec, malformed};

/// The integer as Python's `format()` writes it.
pub(super) fn lay_out(value: i128, spec: &Spec) -> Result<String, FormatError> {
    let magnitude = value.unsigned_abs();
    let (prefix, digits, size) = match spec.kind {
        None | Some('d' | 'n') => ("", magnitude.to_string(), 3),
        Some('b') => ("0b", format!("{magnitude:b}"), 4),
        Some('o') => ("0o", format!("{magnitude:o}"), 4),
        Some('x') => ("0x", format!("{magnitude:x}"), 4),
        Some('X') => ("0X", format!("{magnitude:X}"), 4),
        Some('c') => return character(value, spec),
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "Python rounds to the nearest float, too"
            )]
            return float::lay_out(value as f64, spec, "an integer");
        }
        Some(_) => return Err(spec.unknown_kind("an integer")),
    };
    check(spec)?;
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(spec.number(value < 0, prefix, &digits, "", size))
}

fn check(spec: &Spec) -> Result<(), FormatError> {
    if spec.precision.is_some() {
        return Err(malformed("an integer takes no precision"));
    }
    if spec.no_negative_zero {
        return Err(malformed("an integer takes no format with `z`"));
    }
    Ok(())
}

/// The character with this number.
fn character(value: i128, spec: &Spec) -> Result<String, FormatError> {
    check(spec)?;
    if spec.sign.is_some() {
        return Err(malformed("the format `c` takes no sign"));
    }
    if spec.alternate {
        return Err(malformed("the format `c` takes no `#`"));
    }
    match u32::try_from(value).ok().and_then(char::from_u32) {
        Some(c) => Ok(spec.pad("", &c.to_string())),
        None => Err(fail(
            FormatErrorKind::Overflow,
            format!("there is no character with the number {value}"),
        )),
    }
}
