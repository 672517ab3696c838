//! Scalars and indicators on lines of 80 columns, laid out as by PyYAML's own emitter.
//!
//! libyaml's emitter folds long lines and escapes characters in other places, so it is not used.

mod analysis;
mod quoted;

use analysis::{Analysis, is_break};

/// The column after which a long text is folded.
const WIDTH: usize = 80;

/// The columns by which each level is indented.
const INDENT: usize = 2;

/// The length, with its tag, up to which a key needs no `?`.
const SIMPLE_KEY: usize = 128;

/// The length of `!!str`, which counts although it is not written.
const TAG: usize = 5;

/// Whether a key can be on one line with its colon.
pub(super) fn scalar_is_simple_key(text: &str) -> bool {
    !text.is_empty() && text.chars().count() + TAG < SIMPLE_KEY && !text.contains(is_break)
}

/// Text that grows, and what the last characters of it were.
pub(super) struct Emitter {
    out: String,
    column: usize,
    /// Whether the last character was a blank or a break.
    whitespace: bool,
    /// Whether the line has only blanks and indicators.
    indention: bool,
    /// The columns of the level; none outside of all.
    indent: Option<usize>,
    /// Whether the document needs `...` at its end.
    open_ended: bool,
}

impl Emitter {
    pub(super) fn new() -> Self {
        Self {
            out: String::new(),
            column: 0,
            whitespace: true,
            indention: true,
            indent: None,
            open_ended: false,
        }
    }

    /// The whole text, once the root has been written.
    pub(super) fn finish(mut self) -> String {
        self.new_line();
        if self.open_ended {
            self.indicator("...", true, false);
            self.new_line();
        }
        self.out
    }

    /// Goes a level deeper; the result restores the level.
    pub(super) fn enter(&mut self, deeper: bool) -> Option<usize> {
        let outer = self.indent;
        self.indent = Some(match outer {
            None => 0,
            Some(columns) if deeper => columns + INDENT,
            Some(columns) => columns,
        });
        outer
    }

    /// Goes back to the level that [`Emitter::enter`] left.
    pub(super) fn leave(&mut self, outer: Option<usize>) {
        self.indent = outer;
    }

    /// Whether the line has only blanks and indicators so far.
    pub(super) fn after_indention(&self) -> bool {
        self.indention
    }

    /// Writes an indicator, with a blank before it where one is wanted and not there yet.
    pub(super) fn indicator(&mut self, text: &str, blank: bool, indention: bool) {
        if blank && !self.whitespace {
            self.put(" ");
        }
        self.put(text);
        self.whitespace = false;
        self.indention &= indention;
        self.open_ended = false;
    }

    /// Writes the opening bracket of a collection on one line.
    pub(super) fn opening(&mut self, text: &str) {
        self.indicator(text, true, false);
        self.whitespace = true;
    }

    /// Starts a line at the level's column, unless the line has just begun there.
    pub(super) fn new_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break('\n');
        }
        if self.column < indent {
            self.whitespace = true;
            self.put(&" ".repeat(indent - self.column));
        }
    }

    /// Writes a scalar in the simplest style that keeps it.
    ///
    /// `plain` is whether it would be read back unchanged without quotes.
    pub(super) fn text(&mut self, text: &str, plain: bool, root: bool) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(INDENT, |columns| columns + INDENT));
        let analysis = Analysis::new(text);
        if plain && analysis.plain {
            self.plain(text, true);
            self.open_ended = root;
        } else if analysis.single_quoted {
            self.single_quoted(text, true);
        } else {
            self.double_quoted(text, true);
        }
        self.indent = outer;
    }

    /// Writes a key on one line.
    pub(super) fn simple_key(&mut self, text: &str, plain: bool) {
        let analysis = Analysis::new(text);
        if plain && analysis.plain {
            self.plain(text, false);
        } else if analysis.single_quoted {
            self.single_quoted(text, false);
        } else {
            self.double_quoted(text, false);
        }
    }

    fn plain(&mut self, text: &str, fold: bool) {
        if !self.whitespace {
            self.put(" ");
        }
        self.whitespace = false;
        self.indention = false;
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(' ').unwrap_or(rest.len());
            self.put(&rest[..word]);
            rest = &rest[word..];
            let blanks = rest.len() - rest.trim_start_matches(' ').len();
            if blanks == 1 && self.column > WIDTH && fold {
                self.new_line();
                self.whitespace = false;
                self.indention = false;
            } else {
                self.put(&rest[..blanks]);
            }
            rest = &rest[blanks..];
        }
    }

    fn put(&mut self, text: &str) {
        self.column += text.chars().count();
        self.out.push_str(text);
    }

    fn line_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.whitespace = true;
        self.indention = true;
    }
}
