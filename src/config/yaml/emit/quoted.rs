//! Scalars in single and double quotes.

use super::analysis::is_break;
use super::{Emitter, WIDTH};

impl Emitter {
    /// Writes a text in single quotes, in which a blank line denotes a line break.
    pub(super) fn single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true, false);
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let same = |c: char| match first {
                ' ' => c == ' ',
                _ if is_break(first) => is_break(c),
                _ => c != ' ' && !is_break(c),
            };
            let end = rest.find(|c| !same(c)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            if first == ' ' {
                let inside = rest.len() < text.len() && !after.is_empty();
                if run.len() == 1 && self.column > WIDTH && fold && inside {
                    self.new_line();
                } else {
                    self.put(run);
                }
            } else if is_break(first) {
                if first == '\n' {
                    self.line_break('\n');
                }
                run.chars().for_each(|c| self.line_break(c));
                self.new_line();
            } else {
                self.put(&run.replace('\'', "''"));
            }
            rest = after;
        }
        self.indicator("'", false, false);
    }

    /// Writes a text in double quotes, with escapes.
    ///
    /// A line can end before a blank, and before or behind an escape.
    pub(super) fn double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true, false);
        // What was read and not yet written, and how many characters it has.
        let (mut run, mut length) = (String::new(), 0);
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            let inside = fold && !std::mem::take(&mut first) && next.is_some();
            if is_raw(c) {
                let can_end = inside && (c == ' ' || run.is_empty());
                if can_end && self.column + length > WIDTH {
                    self.put(&std::mem::take(&mut run));
                    length = 0;
                    self.folded(c);
                }
                run.push(c);
                length += 1;
            } else {
                self.put(&std::mem::take(&mut run));
                length = 0;
                self.put(&escape(c));
                // The line may be full by one more, as in the peer.
                if inside && self.column > WIDTH + 1 {
                    self.folded(next.unwrap_or_default());
                }
            }
        }
        self.put(&run);
        self.indicator("\"", false, false);
    }

    /// Ends a line within double quotes, before the character `next`.
    fn folded(&mut self, next: char) {
        self.put("\\");
        self.new_line();
        self.whitespace = false;
        self.indention = false;
        if next == ' ' {
            self.put("\\");
        }
    }
}

/// Whether the character needs no escape in double quotes.
fn is_raw(c: char) -> bool {
    match c {
        '"' | '\\' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        ' '..='~' | '\u{a0}'..='\u{fffd}' => true,
        _ => false,
    }
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
