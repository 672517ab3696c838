//! Repetitions: `*`, `+`, `?` and `{2,3}`.

use std::fmt::Write;

use super::{MANY, Part, Reader, Refusal, Sort};

impl Reader {
    /// How often the part before is repeated, or `None` if `{` is literal.
    pub(super) fn times(
        &mut self,
        character: char,
    ) -> Result<Option<(usize, Option<usize>)>, Refusal> {
        let digits =
            |reader: &mut Self| reader.while_fits(MANY, |character| character.is_ascii_digit());
        match character {
            '*' => return Ok(Some((0, None))),
            '+' => return Ok(Some((1, None))),
            '?' => return Ok(Some((0, Some(1)))),
            _ => {}
        }
        let start = self.at;
        if self.peek() == Some('}') {
            return Ok(None);
        }
        let least = digits(self);
        let most = if self.take(',') {
            digits(self)
        } else {
            least.clone()
        };
        if !self.take('}') {
            self.at = start;
            return Ok(None);
        }
        let number = |text: &str| match text {
            "" => Ok(None),
            text => text
                .parse::<u32>()
                .map(|number| usize::try_from(number).ok()),
        };
        let too_large = |_| "the repetition number is too large".to_owned();
        let least = number(&least).map_err(too_large)?.unwrap_or_default();
        let most = number(&most).map_err(too_large)?;
        if most.is_some_and(|most| most < least) {
            return Err(self.wrong("min repeat greater than max repeat"));
        }
        Ok(Some((least, most)))
    }

    /// Repeats a part.
    pub(super) fn repeat(
        &mut self,
        part: Option<Part>,
        (least, most): (usize, Option<usize>),
        start: usize,
    ) -> Result<Part, Refusal> {
        let part = part.filter(|part| part.sort != Sort::Place);
        let part = part.ok_or_else(|| format!("nothing to repeat at position {start}"))?;
        if part.sort == Sort::Repeated {
            return Err(format!("multiple repeat at position {start}"));
        }
        let how = if self.take('?') {
            "?"
        } else if self.take('+') {
            "+"
        } else {
            ""
        };
        let width = part.width.repeated(least, most.unwrap_or(MANY));
        let mut text = part.text;
        // The engine repeats nothing that has no width, and more than once would say no more.
        if part.width.most == 0 {
            let text = match (least, how) {
                (0, "?") => format!("(?:|{text})"),
                (0, _) => format!("(?:{text}|)"),
                _ => format!("(?:{text})"),
            };
            return Ok(Part {
                text,
                width,
                sort: Sort::Repeated,
            });
        }
        match (least, most) {
            (0, None) => text.push('*'),
            (1, None) => text.push('+'),
            (0, Some(1)) => text.push('?'),
            // Writing into memory cannot fail.
            (least, None) => drop(write!(text, "{{{least},}}")),
            (least, Some(most)) => drop(write!(text, "{{{least},{most}}}")),
        }
        Ok(Part {
            text: format!("{text}{how}"),
            width,
            sort: Sort::Repeated,
        })
    }
}
