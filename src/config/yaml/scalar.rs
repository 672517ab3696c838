//! Numbers, moments and bytes out of the text of a scalar, as PyYAML's safe constructor makes them.

use chrono::{NaiveDate, NaiveTime};

use super::tree::Integer;

/// The number of characters, without the sign, that an integer may have; of decimal digits Python
/// takes as many.
const MAX_DIGITS: usize = 4300;

/// The boolean that the word denotes.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// Splits a sign off; true when it is a minus.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The integer: decimal, `0b1`, `0x1f`, octal `017`, sexagesimal `1:30`; `_` may group digits.
pub(super) fn integer(text: &str) -> Option<Integer> {
    let text = text.replace('_', "");
    let (negative, rest) = sign(&text);
    if rest.len() > MAX_DIGITS {
        return None;
    }
    let number = if rest == "0" {
        Integer::zero()
    } else if let Some(digits) = rest.strip_prefix("0b") {
        python_int(digits, 2)?
    } else if let Some(digits) = rest.strip_prefix("0x") {
        python_int(digits, 16)?
    } else if rest.starts_with('0') {
        python_int(rest, 8)?
    } else if rest.contains(':') {
        let mut sum = Integer::zero();
        for part in rest.split(':') {
            let part = python_int(part, 10)?;
            sum.push(60, 0);
            sum.add(&part);
        }
        sum
    } else {
        python_int(rest, 10)?
    };
    Some(number.signed(negative))
}

/// Reads digits as Python's `int()` does: blanks around, a sign, and the base's own prefix.
fn python_int(text: &str, base: u32) -> Option<Integer> {
    let (negative, mut digits) = sign(text.trim());
    let prefixes: &[&str] = match base {
        2 => &["0b", "0B"],
        8 => &["0o", "0O"],
        16 => &["0x", "0X"],
        _ => &[],
    };
    if let Some(rest) = prefixes.iter().find_map(|p| digits.strip_prefix(p)) {
        digits = rest;
    }
    if digits.is_empty() {
        return None;
    }
    let mut number = Integer::zero();
    for c in digits.chars() {
        number.push(base, c.to_digit(base)?);
    }
    Some(number.signed(negative))
}

/// The float: decimal with or without exponent, sexagesimal, `.inf`, `.nan`.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    if text.is_empty() {
        return None;
    }
    let (negative, rest) = sign(&text);
    let number = match rest {
        ".inf" => f64::INFINITY,
        ".nan" => return Some(f64::NAN),
        _ if rest.contains(':') => {
            // From the least part up, so that rounding is the same as in the peer.
            let mut base = 1.0;
            let mut sum = 0.0;
            for part in rest.rsplit(':') {
                sum += python_float(part)? * base;
                base *= 60.0;
            }
            sum
        }
        _ => python_float(rest)?,
    };
    Some(if negative { -number } else { number })
}

fn python_float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// The bytes that base64 text encodes, as Python's `binascii` reads it.
///
/// Characters outside of the alphabet are passed over, and so is all that follows the padding;
/// padding counts only where the letters before it need some.
pub(super) fn binary(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut letters, mut pads, mut left) = (0, 0, 0);
    for byte in text.bytes() {
        if byte == b'=' {
            if letters >= 2 {
                pads += 1;
                if letters + pads == 4 {
                    return Some(bytes);
                }
            }
            continue;
        }
        let Some(six) = six_bits(byte) else {
            continue;
        };
        pads = 0;
        match letters {
            0 => {}
            1 => bytes.push(left << 2 | six >> 4),
            2 => bytes.push(left << 4 | six >> 2),
            _ => bytes.push(left << 6 | six),
        }
        left = six;
        letters = (letters + 1) % 4;
    }
    (letters == 0).then_some(bytes)
}

/// The value of a letter of base64.
fn six_bits(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// The date, or date and time, as Python's `isoformat()` writes it.
pub(super) fn timestamp(text: &str) -> Option<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let (year, rest) = text.split_once('-')?;
    let (month, rest) = rest.split_once('-')?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (day, rest) = rest.split_at(end);
    let date = NaiveDate::from_ymd_opt(
        number(year, 4, 4)?.try_into().ok().filter(|y| *y > 0)?,
        number(month, 1, 2)?,
        number(day, 1, 2)?,
    )?;
    if rest.is_empty() {
        return Some(date.format("%Y-%m-%d").to_string());
    }
    let rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None => rest
            .strip_prefix(|c| matches!(c, ' ' | '\t'))?
            .trim_start_matches([' ', '\t']),
    };
    let (hour, rest) = rest.split_once(':')?;
    let (minute, rest) = rest.split_once(':')?;
    let (second, rest) = rest.split_at_checked(2)?;
    let (micros, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (digits, zone) = rest.split_at(end);
            let digits = digits.get(..6).unwrap_or(digits);
            (format!("{digits:0<6}").parse().ok()?, zone)
        }
        None => (0, rest),
    };
    let time = NaiveTime::from_hms_micro_opt(
        number(hour, 1, 2)?,
        number(minute, 2, 2)?,
        number(second, 2, 2)?,
        micros,
    )?;
    let zone = offset(zone.trim_start_matches([' ', '\t']))?;
    let moment = date.and_time(time);
    let pattern = if micros == 0 {
        "%Y-%m-%dT%H:%M:%S"
    } else {
        "%Y-%m-%dT%H:%M:%S%.6f"
    };
    Some(format!("{}{zone}", moment.format(pattern)))
}

/// A number of so many digits.
fn number(text: &str, least: usize, most: usize) -> Option<u32> {
    let plain = (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// The zone as `isoformat()` writes it.
fn offset(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    if text == "Z" {
        return Some("+00:00".to_owned());
    }
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+')?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (number(hours, 1, 2)?, number(minutes, 2, 2)?),
        None => (number(rest, 1, 2)?, 0),
    };
    let total = hours * 60 + minutes;
    let sign = if negative && total > 0 { '-' } else { '+' };
    (total < 24 * 60).then(|| format!("{sign}{:02}:{:02}", total / 60, total % 60))
}
