//! The scanner's events, with its known weaknesses kept away from it.
//!
//! The scanner panics on three kinds of text that libyaml takes, or refuses in good order:
//!
//! - a block scalar, or a backslash in double quotes, with which the text ends: so a text without a
//!   line break at its end gets a line separator, which is taken off the block scalar again;
//! - a tag right before a comma, as in `[!!str, a]`: so a space is put between them.

use std::sync::Arc;

use libyaml_safer::{Encoding, Error, ErrorKind, Event, EventData, Mark, Parser, ScalarStyle};

use crate::base::diagnostic::{Diagnostic, Outcome, SourceFile};

use super::place;

mod tag_comma;

/// Line breaks that folding keeps as they are.
const SEPARATORS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// The events of a text.
pub(super) struct Events {
    source: Arc<SourceFile>,
    parser: Parser<std::io::Cursor<Vec<u8>>>,
    /// The spaces that were put in, by line and column, both from 0.
    spaces: Vec<(u64, u64)>,
    /// The line after the last, and the separator that was put at the end.
    past_end: Option<(u64, char)>,
}

impl Events {
    pub(super) fn new(source: &Arc<SourceFile>) -> Outcome<Self> {
        let mut text = source.text.clone();
        let is_break = |c| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let past_end = (!text.is_empty() && !text.ends_with(is_break)).then(|| {
            let breaks = text.matches(is_break).count() - text.matches("\r\n").count();
            // One that is not in the text already, so that it is known again.
            let [usual, other] = SEPARATORS;
            let separator = if text.contains(usual) { other } else { usual };
            text.push(separator);
            (u64::try_from(breaks).unwrap_or(u64::MAX - 1) + 1, separator)
        });
        let spaces = tag_comma::part(&mut text);
        Ok(Self {
            source: source.clone(),
            parser: parser(text),
            spaces,
            past_end,
        })
    }

    /// The next event; its places are those in the source.
    pub(super) fn next(&mut self) -> Outcome<Event> {
        let parsed = guarded(|| self.parser.parse());
        let mut event = match parsed {
            Some(Ok(event)) => event,
            Some(Err(error)) => return Err(self.mistake(&error).into()),
            None => {
                let message = format!("the YAML scanner failed on `{}`", self.source.name);
                return Err(Diagnostic::bug(message).into());
            }
        };
        if let EventData::Scalar { value, style, .. } = &mut event.data
            && matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
            && let Some((line, separator)) = self.past_end
            && event.end_mark.line == line
            && value.ends_with(separator)
        {
            value.pop();
        }
        event.start_mark = self.moved(event.start_mark);
        Ok(event)
    }

    /// The mark without the spaces that were put in before it.
    fn moved(&self, mut mark: Mark) -> Mark {
        let line = mark.line;
        let first = self.spaces.partition_point(|space| space.0 < line);
        let before = self.spaces[first..]
            .iter()
            .take_while(|space| space.0 == line && space.1 < mark.column)
            .count();
        mark.column -= u64::try_from(before).unwrap_or(0);
        mark
    }

    /// The scanner's or parser's error in our form.
    fn mistake(&self, error: &Error) -> Diagnostic {
        if error.kind() == ErrorKind::Reader || error.kind() == ErrorKind::Io {
            return Diagnostic::bug(format!("the YAML scanner could not read: {error}"));
        }
        let mark = error.problem_mark().map(|mark| self.moved(mark));
        let mut diagnostic = Diagnostic::user(error.problem()).at(mark
            .map(|mark| self.within(mark))
            .map(|mark| place(&self.source, mark)));
        if let (Some(context), Some(start)) = (error.context(), error.context_mark())
            && Some(start) != error.problem_mark()
        {
            diagnostic =
                diagnostic.because(format!("{context} that starts on line {}", start.line + 1));
        }
        match mark.and_then(|mark| self.help(error.problem(), mark)) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// The mark, or the end of the text when it lies behind it.
    fn within(&self, mut mark: Mark) -> Mark {
        if let Some((line, _)) = self.past_end
            && mark.line >= line
        {
            mark.line = line - 1;
            let last = self.source.text.rsplit(['\n', '\r']).next();
            mark.column = last
                .map_or(0, |text| text.chars().count())
                .try_into()
                .unwrap_or(0);
        }
        mark
    }

    /// The way out of a mistake, where it is known.
    fn help(&self, problem: &str, mark: Mark) -> Option<&'static str> {
        let line = usize::try_from(mark.line).ok()?;
        let line = self.source.text.split('\n').nth(line)?;
        let next = line.chars().nth(usize::try_from(mark.column).ok()?);
        match problem {
            "found character that cannot start any token" => Some(match next {
                Some('\t') => "indent with spaces; YAML takes no tabs there",
                _ => "write the text in quotes",
            }),
            "found a tab character where an indentation space is expected"
            | "found a tab character that violates indentation" => {
                Some("indent with spaces; YAML takes no tabs there")
            }
            "mapping values are not allowed in this context" => {
                Some("write a text with `: ` in it in quotes, or check the indentation")
            }
            "could not find expected ':'" => Some("write `key: value`, or check the indentation"),
            "found undefined tag handle" | "found unknown directive name" => {
                Some("write the text in quotes")
            }
            _ => None,
        }
    }
}

/// Runs the scanner; nothing when it panics, which must not take the whole program down.
fn guarded<T>(scan: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(scan)).ok()
}

fn parser(text: String) -> Parser<std::io::Cursor<Vec<u8>>> {
    let mut parser = Parser::new();
    // Without this the scanner takes any text that begins with the byte 0xef for a broken mark.
    parser.set_encoding(Encoding::Utf8);
    parser.set_input(std::io::Cursor::new(text.into_bytes()));
    parser
}
