//! What follows a backslash.

use super::{Flags, Part, Reader, Refusal, Width};

/// A character, or a class of them.
pub(super) enum Escaped {
    Character(char),
    /// As it is written within a set.
    Class(String),
}

impl Reader {
    /// Reads what follows a backslash outside of sets.
    pub(super) fn escape(&mut self, flags: Flags) -> Result<Part, Refusal> {
        let start = self.at;
        match self.peek() {
            Some('A') => {
                self.at += 1;
                return Ok(Part::place(r"\A"));
            }
            Some('Z') => {
                self.at += 1;
                return Ok(Part::place(r"\z"));
            }
            Some('b') => {
                self.at += 1;
                return Ok(Part::place(r"\b"));
            }
            // In a text without characters, Python finds no place of either sort.
            Some('B') => {
                self.at += 1;
                return Ok(Part::place(r"(?:\B(?!\A\z))"));
            }
            Some('1'..='9') => return self.number(start),
            _ => {}
        }
        Ok(match self.escaped(flags)? {
            Escaped::Character(character) => Part::literal(character),
            // Without regard to case, there would be a character of another alphabet among the letters of ASCII.
            Escaped::Class(class) => Part::new(format!("(?-i:[{class}])"), Width::exactly(1)),
        })
    }

    /// A group by its number, or a character by three octal digits.
    fn number(&mut self, start: usize) -> Result<Part, Refusal> {
        let mut digits = self.while_fits(2, |character| character.is_ascii_digit());
        let is_octal = |character: char| ('0'..='7').contains(&character);
        if digits.len() == 2
            && digits.chars().all(is_octal)
            && let Some(third) = self.peek().filter(|character| is_octal(*character))
        {
            self.at += 1;
            digits.push(third);
            return octal(&digits, start).map(Part::literal);
        }
        self.same_as(digits.parse().unwrap_or(usize::MAX))
    }

    /// Reads what means the same within sets and outside.
    pub(super) fn escaped(&mut self, flags: Flags) -> Result<Escaped, Refusal> {
        let start = self.at;
        let bad = |what: &str| format!("bad escape {what} at position {}", start.saturating_sub(1));
        let character = self.next().ok_or_else(|| bad("(end of pattern)"))?;
        if let Some(class) = class(character, flags.ascii) {
            return Ok(Escaped::Class(class.to_owned()));
        }
        let character = match character {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.hexadecimal('x', 2)?,
            'u' => self.hexadecimal('u', 4)?,
            'U' => self.hexadecimal('U', 8)?,
            '0' => {
                let digits = self.while_fits(2, |character| ('0'..='7').contains(&character));
                octal(&format!("0{digits}"), start)?
            }
            other if other.is_ascii_alphabetic() => return Err(bad(&format!(r"\{other}"))),
            other => other,
        };
        Ok(Escaped::Character(character))
    }

    fn hexadecimal(&mut self, letter: char, length: usize) -> Result<char, Refusal> {
        let digits = self.while_fits(length, |character| character.is_ascii_hexdigit());
        if digits.len() < length {
            return Err(self.wrong(&format!(r"incomplete escape \{letter}{digits}")));
        }
        let number = u32::from_str_radix(&digits, 16).ok();
        number
            .and_then(char::from_u32)
            .ok_or_else(|| self.wrong(&format!(r"bad escape \{letter}{digits}")))
    }
}

/// The character that octal digits denote.
pub(super) fn octal(digits: &str, at: usize) -> Result<char, Refusal> {
    let number = u8::from_str_radix(digits, 8);
    number.map(char::from).map_err(|_| {
        format!(r"octal escape value \{digits} outside of range 0-0o377 at position {at}")
    })
}

/// The characters of a class, as they are written within a set. Python counts four separators among
/// the blanks that the engine does not.
fn class(character: char, ascii: bool) -> Option<&'static str> {
    Some(match (character, ascii) {
        ('d', false) => r"\d",
        ('D', false) => r"\D",
        ('w', false) => r"\w",
        ('W', false) => r"\W",
        ('s', false) => r"\s\x1c-\x1f",
        ('S', false) => r"[^\s\x1c-\x1f]",
        ('d', true) => "0-9",
        ('D', true) => "[^0-9]",
        ('w', true) => "0-9A-Za-z_",
        ('W', true) => "[^0-9A-Za-z_]",
        ('s', true) => r"\x20\t\n\r\x0b\x0c",
        ('S', true) => r"[^\x20\t\n\r\x0b\x0c]",
        _ => return None,
    })
}
