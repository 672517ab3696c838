//! Formats numbers by a format spec.

use super::spec::Spec;
use crate::base::value::py_float;

/// A whole number.
pub fn of_int(value: i128, spec: &Spec) -> Option<String> {
    let negative = value < 0;
    let size = value.unsigned_abs();
    let (prefix, digits) = match spec.kind {
        None | Some('d' | 'n') => ("", size.to_string()),
        Some('b') => ("0b", format!("{size:b}")),
        Some('o') => ("0o", format!("{size:o}")),
        Some('x') => ("0x", format!("{size:x}")),
        Some('X') => ("0X", format!("{size:X}")),
        Some('c') => {
            let refused = spec.sign.is_some()
                || spec.alternate
                || spec.grouping.is_some()
                || spec.unsigned_zero;
            let c = u32::try_from(value)
                .ok()
                .and_then(char::from_u32)
                .filter(|_| !refused)?;
            return spec
                .precision
                .is_none()
                .then(|| spec.pad(&c.to_string(), '>'));
        }
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
            #[expect(clippy::cast_precision_loss, reason = "Python converts as well")]
            return of_float(value as f64, spec);
        }
        Some(_) => return None,
    };
    let every = match (spec.kind, spec.grouping) {
        (Some('b' | 'o' | 'x' | 'X'), Some(',')) | (Some('n'), Some(_)) => return None,
        (Some('b' | 'o' | 'x' | 'X'), _) => 4,
        _ => 3,
    };
    if spec.precision.is_some() || spec.unsigned_zero {
        return None;
    }
    let prefix = if spec.alternate { prefix } else { "" };
    Some(assemble(negative, prefix, &digits, "", every, spec))
}

/// A number with a fraction.
pub fn of_float(value: f64, spec: &Spec) -> Option<String> {
    let size = value.abs();
    if spec.kind == Some('n') && spec.grouping.is_some() {
        return None;
    }
    let precision = spec.precision.unwrap_or(6);
    let mut text = match spec.kind {
        None => match spec.precision {
            None => shortest(size, spec.alternate),
            Some(precision) => general(size, precision, spec.alternate, true),
        },
        Some('f' | 'F') => fixed(size, precision, spec.alternate),
        Some('e' | 'E') => scientific(size, precision, spec.alternate),
        Some('g' | 'G' | 'n') => general(size, precision, spec.alternate, false),
        Some('%') => fixed(size * 100.0, precision, spec.alternate) + "%",
        Some(_) => return None,
    };
    if matches!(spec.kind, Some('E' | 'F' | 'G')) {
        text.make_ascii_uppercase();
    }
    let is_zero = || {
        let mut digits = text.chars().take_while(|c| !matches!(c, 'e' | 'E'));
        digits.all(|c| matches!(c, '0' | '.' | '%'))
    };
    let negative =
        value.is_sign_negative() && !value.is_nan() && !(spec.unsigned_zero && is_zero());
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (whole, rest) = text.split_at(end);
    Some(assemble(negative, "", whole, rest, 3, spec))
}

/// The digits that Python shows without a spec; with `point` there is one in any case.
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
    if !value.is_finite() {
        return special(value);
    }
    let text = format!("{value:.precision$}");
    if point && precision == 0 {
        text + "."
    } else {
        text
    }
}

fn scientific(value: f64, precision: usize, point: bool) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let (digits, exponent) = decimal(value, precision);
    let point = if point && precision == 0 { "." } else { "" };
    format!("{digits}{point}{}", exponent_text(exponent))
}

/// Digits with a point after the first, and the exponent of ten.
fn decimal(value: f64, precision: usize) -> (String, i32) {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.to_owned(), exponent.parse().unwrap_or(0))
}

fn exponent_text(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("e{sign}{:02}", exponent.unsigned_abs())
}

/// As many digits as `precision`, with an exponent where the number is very small or large. With
/// `keep_point`, as Python has it when no type is given, a whole number keeps a `.0`.
fn general(value: f64, precision: usize, alternate: bool, keep_point: bool) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let precision = precision.max(1);
    let (digits, exponent) = decimal(value, precision - 1);
    let most = i32::try_from(precision).unwrap_or(i32::MAX) - i32::from(keep_point);
    if exponent < -4 || exponent + 1 > most {
        let digits = if alternate { digits } else { strip(&digits) };
        let point = if alternate && !digits.contains('.') {
            "."
        } else {
            ""
        };
        return format!("{digits}{point}{}", exponent_text(exponent));
    }
    let decimals = i32::try_from(precision).unwrap_or(i32::MAX) - 1 - exponent;
    let text = format!("{value:.*}", usize::try_from(decimals).unwrap_or(0));
    let text = if alternate { text } else { strip(&text) };
    match (text.contains('.'), alternate, keep_point) {
        (false, _, true) => text + ".0",
        (false, true, false) => text + ".",
        _ => text,
    }
}

fn strip(text: &str) -> String {
    if !text.contains('.') {
        return text.to_owned();
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn special(value: f64) -> String {
    if value.is_nan() { "nan" } else { "inf" }.to_owned()
}

/// Sign, prefix, grouped digits and the rest, padded.
fn assemble(
    negative: bool,
    prefix: &str,
    digits: &str,
    rest: &str,
    every: usize,
    spec: &Spec,
) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    // A zero before the width pads between sign and digits, unless there is an alignment.
    let inner = spec.align.unwrap_or(if spec.zero { '=' } else { '>' }) == '=';
    let fill = spec.fill.unwrap_or(if spec.zero { '0' } else { ' ' });
    let fixed = sign.len() + prefix.len() + rest.chars().count();
    let room = spec.width.saturating_sub(fixed);
    let digits = match spec.grouping {
        Some(mark) if inner && fill == '0' => {
            let mut count = digits.len();
            while count + count.saturating_sub(1) / every < room {
                count += 1;
            }
            group(&format!("{digits:0>count$}"), mark, every)
        }
        Some(mark) => group(digits, mark, every),
        None => digits.to_owned(),
    };
    if inner {
        let missing = room.saturating_sub(digits.len());
        let pad: String = std::iter::repeat_n(fill, missing).collect();
        return format!("{sign}{prefix}{pad}{digits}{rest}");
    }
    spec.pad(&format!("{sign}{prefix}{digits}{rest}"), '>')
}

fn group(digits: &str, mark: char, every: usize) -> String {
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(every) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}
