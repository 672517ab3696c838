//! Floats under a format spec.

use crate::base::value::py_float;

use super::error::FormatError;
use super::spec::Spec;

/// The digits after the point where no precision is given.
const PRECISION: usize = 6;

/// The float as Python's `format()` writes it; `of` names its type in errors.
pub(super) fn lay_out(value: f64, spec: &Spec, of: &str) -> Result<String, FormatError> {
    let precision = spec.precision.unwrap_or(PRECISION);
    let magnitude = value.abs();
    let (mut text, upper) = match spec.kind {
        None if spec.precision.is_none() => (shortest(magnitude, spec.alternate), false),
        None => (general(magnitude, precision, spec.alternate, true), false),
        Some('e' | 'E') => (
            scientific(magnitude, precision, spec.alternate),
            spec.kind == Some('E'),
        ),
        Some('f' | 'F') => (fixed(magnitude, precision, spec.alternate), false),
        Some('g' | 'G' | 'n') => (
            general(magnitude, precision, spec.alternate, false),
            spec.kind == Some('G'),
        ),
        Some('%') => {
            let text = fixed(magnitude * 100.0, precision, spec.alternate);
            (format!("{text}%"), false)
        }
        Some(_) => return Err(spec.unknown_kind(of)),
    };
    if upper {
        text = text.to_uppercase();
    }
    let is_zero = !text
        .split(['e', 'E'])
        .next()
        .is_some_and(|digits| digits.contains(|c| matches!(c, '1'..='9' | 'i' | 'n')));
    let negative = value.is_sign_negative() && !(spec.no_negative_zero && is_zero);
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, tail) = text.split_at(end);
    Ok(spec.number(negative, "", digits, tail, 3))
}

/// The shortest digits that read back the same.
fn shortest(value: f64, point: bool) -> String {
    let text = py_float(value);
    match text.split_once('e') {
        Some((digits, exponent)) if point && !digits.contains('.') => {
            format!("{digits}.e{exponent}")
        }
        _ => text,
    }
}

fn fixed(value: f64, precision: usize, point: bool) -> String {
    let text = format!("{value:.precision$}");
    if point && precision == 0 && value.is_finite() {
        format!("{text}.")
    } else {
        text
    }
}

fn scientific(value: f64, precision: usize, point: bool) -> String {
    let (mut digits, exponent) = parts(value, precision);
    if point && precision == 0 {
        digits.push('.');
    }
    with_exponent(&digits, exponent)
}

/// The digits with so many after the point, and the exponent.
fn parts(value: f64, precision: usize) -> (String, i32) {
    let text = format!("{value:.precision$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => (digits.to_owned(), exponent.parse().unwrap_or(0)),
        None => (text, 0),
    }
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// So many digits in all, with an exponent where the number is large or small.
///
/// `whole` is the format without a type letter: it keeps one digit after the point, and takes an
/// exponent one digit earlier.
fn general(value: f64, precision: usize, alternate: bool, whole: bool) -> String {
    let precision = precision.max(1);
    let (digits, exponent) = parts(value, precision - 1);
    let limit = i32::try_from(precision).unwrap_or(i32::MAX) - i32::from(whole);
    let strip = |text: String| {
        if alternate || !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if (-4..limit).contains(&exponent) {
        let after = i32::try_from(precision).unwrap_or(i32::MAX) - 1 - exponent;
        let after = usize::try_from(after).unwrap_or(0);
        let text = strip(format!("{value:.after$}"));
        match (text.contains('.'), whole, alternate) {
            (false, true, _) => format!("{text}.0"),
            (false, false, true) => format!("{text}."),
            _ => text,
        }
    } else {
        let mut digits = strip(digits);
        if alternate && !digits.contains('.') {
            digits.push('.');
        }
        with_exponent(&digits, exponent)
    }
}
