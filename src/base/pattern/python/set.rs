//! Sets of characters: `[a-z]`.

use super::escape::{Escaped, octal};
use super::{Flags, Part, Reader, Refusal, Width, literal};

impl Reader {
    /// Reads a set behind its opening bracket.
    pub(super) fn set(&mut self, flags: Flags) -> Result<Part, Refusal> {
        let negated = self.take('^');
        let mut text = String::from(if negated { "[^" } else { "[" });
        let start = self.at;
        loop {
            let member_start = self.at;
            // A bracket that closes nothing is literal.
            if member_start > start && self.take(']') {
                break;
            }
            let from = self.member(flags)?;
            if !self.take('-') {
                push(&mut text, &from);
                continue;
            }
            if self.take(']') {
                push(&mut text, &from);
                text.push_str(&literal('-'));
                break;
            }
            let to = self.member(flags)?;
            match (from, to) {
                (Escaped::Character(from), Escaped::Character(to)) if from <= to => {
                    text.push_str(&format!("{}-{}", literal(from), literal(to)));
                }
                _ => return Err(format!("bad character range at position {member_start}")),
            }
        }
        text.push(']');
        Ok(Part::new(text, Width::exactly(1)))
    }

    /// Reads a character or a class within a set.
    fn member(&mut self, flags: Flags) -> Result<Escaped, Refusal> {
        let character = self
            .next()
            .ok_or_else(|| self.wrong("unterminated character set"))?;
        if character != '\\' {
            return Ok(Escaped::Character(character));
        }
        let start = self.at;
        match self.peek() {
            Some('b') => {
                self.at += 1;
                Ok(Escaped::Character('\u{8}'))
            }
            Some('0'..='7') => {
                let digits = self.while_fits(3, |character| ('0'..='7').contains(&character));
                octal(&digits, start).map(Escaped::Character)
            }
            Some(digit @ ('8' | '9')) => {
                let at = start.saturating_sub(1);
                Err(format!(r"bad escape \{digit} at position {at}"))
            }
            _ => self.escaped(flags),
        }
    }
}

fn push(text: &mut String, member: &Escaped) {
    match member {
        Escaped::Character(character) => text.push_str(&literal(*character)),
        Escaped::Class(class) => text.push_str(class),
    }
}
