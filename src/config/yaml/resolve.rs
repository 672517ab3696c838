//! What a plain scalar is by the rules of YAML 1.1, in the reading that PyYAML gives them.

use super::node::Tag;

/// The tag of a plain scalar.
///
/// One newline at the end does not count; it can only be there under the tag `!`.
pub(super) fn resolve(text: &str) -> Tag {
    let Some(first) = text.bytes().next() else {
        return Tag::Null;
    };
    let text = text.strip_suffix('\n').unwrap_or(text);
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if is_bool(text) => {
            Tag::Bool
        }
        b'n' | b'N' | b'~' if matches!(text, "~" | "null" | "Null" | "NULL") => Tag::Null,
        b'<' if text == "<<" => Tag::Merge,
        b'=' if text == "=" => Tag::Value,
        b'!' | b'&' | b'*' if text.len() == 1 => Tag::Unknown("!!yaml".to_owned()),
        b'-' | b'+' | b'.' | b'0'..=b'9' => number(text),
        _ => Tag::Str,
    }
}

fn is_bool(text: &str) -> bool {
    ["yes", "no", "true", "false", "on", "off"]
        .iter()
        .any(|word| {
            let (head, tail) = text.split_at_checked(1).unwrap_or_default();
            text == *word
                || text == word.to_ascii_uppercase()
                || (head == word[..1].to_ascii_uppercase() && tail == &word[1..])
        })
}

fn number(text: &str) -> Tag {
    if is_float(text) {
        Tag::Float
    } else if is_int(text) {
        Tag::Int
    } else if is_timestamp(text) {
        Tag::Timestamp
    } else {
        Tag::Str
    }
}

/// A cursor over the text that is left.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn done(&self) -> bool {
        self.0.is_empty()
    }

    /// Consumes one byte of a set, if it comes next.
    fn take_one(&mut self, set: impl Fn(u8) -> bool) -> bool {
        match self.0 {
            [first, rest @ ..] if set(*first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Consumes as many bytes of a set as there are, up to `most`, and counts them.
    fn take_many(&mut self, most: usize, set: impl Fn(u8) -> bool) -> usize {
        (0..most).take_while(|_| self.take_one(&set)).count()
    }

    fn byte(&mut self, byte: u8) -> bool {
        self.take_one(|b| b == byte)
    }

    fn sign(&mut self) -> bool {
        self.take_one(|b| matches!(b, b'-' | b'+'))
    }

    fn digits(&mut self, most: usize) -> usize {
        self.take_many(most, |b| b.is_ascii_digit())
    }

    /// Consumes digits and underscores that begin with a digit.
    fn grouped(&mut self) -> bool {
        self.take_one(|b| b.is_ascii_digit()) && {
            self.take_many(usize::MAX, is_group);
            true
        }
    }

    /// Consumes `:59` once or more.
    fn sexagesimal(&mut self) -> bool {
        let mut parts = 0;
        while self.byte(b':') {
            let tens = self.0.first().is_some_and(|b| (b'0'..=b'5').contains(b));
            let two = self.0.get(1).is_some_and(u8::is_ascii_digit);
            if self.digits(if tens && two { 2 } else { 1 }) == 0 {
                return false;
            }
            parts += 1;
        }
        parts > 0
    }
}

fn is_group(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'_'
}

fn is_float(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    let signed = rest.sign();
    if rest.byte(b'.') {
        if matches!(rest.0, b"inf" | b"Inf" | b"INF") {
            return true;
        }
        if signed {
            return false;
        }
        return matches!(rest.0, b"nan" | b"NaN" | b"NAN")
            || (rest.grouped() && exponent_or_end(&mut rest));
    }
    if !rest.grouped() {
        return false;
    }
    if rest.0.first() == Some(&b':') {
        return rest.sexagesimal() && rest.byte(b'.') && {
            rest.take_many(usize::MAX, is_group);
            rest.done()
        };
    }
    rest.byte(b'.') && {
        rest.take_many(usize::MAX, is_group);
        exponent_or_end(&mut rest)
    }
}

fn exponent_or_end(rest: &mut Rest<'_>) -> bool {
    rest.done()
        || (rest.take_one(|b| matches!(b, b'e' | b'E'))
            && rest.sign()
            && rest.digits(usize::MAX) > 0
            && rest.done())
}

fn is_int(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    rest.sign();
    if rest.byte(b'0') {
        if rest.done() {
            return true;
        }
        let found = if rest.byte(b'b') {
            rest.take_many(usize::MAX, |b| matches!(b, b'0' | b'1' | b'_'))
        } else if rest.byte(b'x') {
            rest.take_many(usize::MAX, |b| b.is_ascii_hexdigit() || b == b'_')
        } else {
            rest.take_many(usize::MAX, |b| matches!(b, b'0'..=b'7' | b'_'))
        };
        return found > 0 && rest.done();
    }
    rest.grouped() && (rest.done() || (rest.sexagesimal() && rest.done()))
}

fn is_timestamp(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    if rest.digits(4) != 4 || !rest.byte(b'-') {
        return false;
    }
    let month = rest.digits(2);
    if month == 0 || !rest.byte(b'-') {
        return false;
    }
    let day = rest.digits(2);
    if day == 0 {
        return false;
    }
    if rest.done() {
        return month == 2 && day == 2;
    }
    time(&mut rest)
}

/// Consumes the time of day and the zone that follow a date.
fn time(rest: &mut Rest<'_>) -> bool {
    let blank = |b| matches!(b, b' ' | b'\t');
    if !rest.take_one(|b| matches!(b, b'T' | b't')) && rest.take_many(usize::MAX, blank) == 0 {
        return false;
    }
    if rest.digits(2) == 0
        || !rest.byte(b':')
        || rest.digits(2) != 2
        || !rest.byte(b':')
        || rest.digits(2) != 2
    {
        return false;
    }
    if rest.byte(b'.') {
        rest.digits(usize::MAX);
    }
    if rest.done() {
        return true;
    }
    rest.take_many(usize::MAX, blank);
    if rest.byte(b'Z') {
        return rest.done();
    }
    rest.sign()
        && rest.digits(2) > 0
        && (rest.done() || (rest.byte(b':') && rest.digits(2) == 2 && rest.done()))
}
