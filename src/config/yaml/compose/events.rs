//! The scanner's events, with its known weaknesses kept away from it.
//!
//! The scanner panics on three kinds of text that libyaml accepts, or refuses with an error:
//!
//! - a block scalar, or a backslash in double quotes, with which the text ends: so a text without a
//!   line break at its end gets a line separator, which is taken off the block scalar again;
//! - a tag right before a comma, as in `[!!str, a]`: so a space is put between them.

use std::sync::Arc;

use libyaml_safer::{Encoding, Error, ErrorKind, Event, EventData, Mark, Parser, ScalarStyle};

use crate::base::diagnostic::{Diagnostic, Place, SourceFile};

mod tag_comma;

use tag_comma::is_break;

/// The line separator: a line break that folding keeps as it is.
const SEPARATOR: char = '\u{2028}';

/// The events of a text.
pub(super) struct Events {
    source: Arc<SourceFile>,
    parser: Parser<std::io::Cursor<Vec<u8>>>,
    /// The spaces that were put in, by line and column, both from 0.
    spaces: Vec<(u64, u64)>,
    /// The line after the last, when a separator was put at the end.
    past_end: Option<u64>,
    /// Where the last event began, in the source.
    last: Mark,
    /// The last event, if it is a text in quotes.
    quoted: Option<Quoted>,
}

/// A text in quotes.
#[derive(Clone, Copy)]
struct Quoted {
    start: Mark,
    end: Mark,
}

impl Events {
    pub(super) fn new(source: &Arc<SourceFile>) -> Result<Self, Diagnostic> {
        let mut text = source.text.clone();
        let past_end = (!text.is_empty() && !text.ends_with(is_break)).then(|| {
            let breaks = text.matches(is_break).count() - text.matches("\r\n").count();
            text.push(SEPARATOR);
            u64::try_from(breaks).unwrap_or(u64::MAX - 1) + 1
        });
        let spaces = tag_comma::part(&mut text);
        Ok(Self {
            source: source.clone(),
            parser: parser(text),
            spaces,
            past_end,
            last: Mark::default(),
            quoted: None,
        })
    }

    /// The next event; its places are those in the source.
    pub(super) fn next(&mut self) -> Result<Event, Diagnostic> {
        // Any other weakness of the scanner must not end the whole program.
        let parsed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.parser.parse()));
        let mut event = match parsed {
            Ok(Ok(event)) => event,
            Ok(Err(error)) => return Err(self.mistake(&error)),
            Err(_) => return Err(self.failed()),
        };
        if let EventData::Scalar { value, style, .. } = &mut event.data
            && matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
            && Some(event.end_mark.line) == self.past_end
            && value.ends_with(SEPARATOR)
        {
            value.pop();
        }
        event.start_mark = self.moved(event.start_mark);
        self.last = event.start_mark;
        self.quoted = match &event.data {
            EventData::Scalar {
                style: ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted,
                ..
            } => Some(Quoted {
                start: event.start_mark,
                end: self.moved(event.end_mark),
            }),
            _ => None,
        };
        Ok(event)
    }

    /// What to say when the scanner panics.
    fn failed(&self) -> Diagnostic {
        let place = Some(place(&self.source, self.last));
        if self.source.text.contains(":,") {
            // The one panic that is known, see `tag_comma`.
            return Diagnostic::user("found a tag that ends with `:` after this position")
                .at(place)
                .help("put text that begins with `!` in quotes");
        }
        Diagnostic::bug("the YAML scanner failed after this position").at(place)
    }

    /// The mark without the spaces that were put in before it.
    fn moved(&self, mut mark: Mark) -> Mark {
        let line_start = self.spaces.partition_point(|space| *space < (mark.line, 0));
        let here = self
            .spaces
            .partition_point(|space| *space < (mark.line, mark.column));
        let before = here - line_start;
        mark.column -= u64::try_from(before).unwrap_or(0);
        mark
    }

    /// The scanner's or parser's error in our form.
    fn mistake(&self, error: &Error) -> Diagnostic {
        if error.kind() == ErrorKind::Reader || error.kind() == ErrorKind::Io {
            return Diagnostic::bug(format!("the YAML scanner cannot read the text: {error}"));
        }
        let mark = error.problem_mark().map(|mark| self.moved(mark));
        if let Some(diagnostic) = self.unclosed_quote(error, mark) {
            return diagnostic;
        }
        let mut diagnostic = Diagnostic::user(error.problem()).at(mark
            .map(|mark| self.within(mark))
            .map(|mark| place(&self.source, mark)));
        if let Some(context) = error.context() {
            let line = error
                .context_mark()
                .map(|mark| self.within(self.moved(mark)).line + 1)
                .filter(|line| mark.is_none_or(|mark| self.within(mark).line + 1 != *line))
                .map(|line| format!(" that starts on line {line}"));
            diagnostic = diagnostic.because(format!("{context}{}", line.unwrap_or_default()));
        }
        match mark.and_then(|mark| self.help(error.problem(), mark)) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// The mistake at the quote that was not closed, or not where it was meant to be.
    fn unclosed_quote(&self, error: &Error, mark: Option<Mark>) -> Option<Diagnostic> {
        if error.context() == Some("while scanning a quoted scalar")
            && error.problem() == "found unexpected end of stream"
        {
            let start = self.moved(error.context_mark()?);
            return Some(
                Diagnostic::user("the quote that begins here is not closed")
                    .at(Some(place(&self.source, start)))
                    .help(
                        "add the closing quote; a quote inside of single quotes is written twice",
                    ),
            );
        }
        let (quoted, mark) = (self.quoted?, mark?);
        // The text ended in front of what cannot follow it.
        let gap = mark.column.checked_sub(quoted.end.column)?;
        if mark.line != quoted.end.line || gap > 1 {
            return None;
        }
        let end = place(&self.source, quoted.end);
        let (message, help) = if quoted.start.line == quoted.end.line {
            (
                format!(
                    "the text in quotes that begins here ends at column {}, before other text",
                    end.column - 1
                ),
                "put the whole text in quotes; a quote inside of single quotes is written twice, and one \
                 inside of double quotes after a backslash",
            )
        } else {
            (
                format!(
                    "the quote that begins here is only closed on line {}, at column {}",
                    end.line,
                    end.column - 1
                ),
                "close it where the text ends; a quote inside of single quotes is written twice",
            )
        };
        let cause = error.problem();
        let start = Some(place(&self.source, quoted.start));
        Some(
            Diagnostic::user(message)
                .at(start)
                .because(cause)
                .help(help),
        )
    }

    /// The mark, or the end of the text when it lies behind it.
    fn within(&self, mut mark: Mark) -> Mark {
        if let Some(line) = self.past_end
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
        let column = usize::try_from(mark.column).ok()?;
        let next = line.chars().nth(column);
        let before: String = line.chars().take(column).collect();
        let brackets = match (before.trim_end().chars().last(), next) {
            // A template such as `{matrix[os]}`.
            (Some(name), Some('[')) if is_of_name(name) && before.contains('{') => {
                Some("put text that begins with `{` in quotes")
            }
            (_, Some('}' | ']')) => Some("this bracket closes nothing: remove it"),
            (Some('}'), Some(_)) => Some("put text that begins with `{` in quotes"),
            (Some(']'), Some(_)) => Some("put text that begins with `[` in quotes"),
            _ => None,
        };
        match problem {
            "did not find expected key"
            | "did not find expected ',' or '}'"
            | "did not find expected ',' or ']'"
            | "did not find expected '-' indicator"
            | "did not find expected <document start>"
                if brackets.is_some() =>
            {
                brackets
            }
            "found character that cannot start any token" => Some(match next {
                Some('\t') => "indent with spaces; YAML does not allow tabs there",
                _ => "put the text in quotes",
            }),
            "found a tab character where an indentation space is expected"
            | "found a tab character that violates indentation" => {
                Some("indent with spaces; YAML does not allow tabs there")
            }
            "mapping values are not allowed in this context" => {
                Some("put text that contains `: ` in quotes, or check the indentation")
            }
            "did not find expected alphabetic or numeric character" => {
                Some("put text that begins with `*` or `&` in quotes")
            }
            "could not find expected ':'" => Some("write `key: value`, or check the indentation"),
            "found undefined tag handle" | "found unknown directive name" => {
                Some("put the text in quotes")
            }
            _ => None,
        }
    }
}

/// Whether a character can end a name.
fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The place of a mark.
pub(super) fn place(source: &Arc<SourceFile>, mark: Mark) -> Place {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX - 1) + 1;
    Place {
        source: source.clone(),
        line: number(mark.line),
        column: number(mark.column),
    }
}

fn parser(text: String) -> Parser<std::io::Cursor<Vec<u8>>> {
    let mut parser = Parser::new();
    // Without this the scanner treats any text that begins with the byte 0xef as a broken mark.
    parser.set_encoding(Encoding::Utf8);
    parser.set_input(std::io::Cursor::new(text.into_bytes()));
    parser
}
