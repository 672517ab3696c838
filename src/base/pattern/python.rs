//! Python's regular expressions, translated for the engine.
//!
//! The two interpret many characters differently: `[[]`, `\<`, `$`, `{,2}`. So a pattern is read here by the
//! rules of Python's `re`, and written without anything ambiguous.

mod escape;
mod group;
mod repeat;
mod set;

use std::collections::BTreeMap;

/// How deep groups may be nested.
const DEEPEST: usize = 100;

/// What is wrong with a pattern, in Python's words.
pub type Refusal = String;

/// The largest width that is tracked.
const MANY: usize = usize::MAX;

/// Translates a pattern for the engine. Groups keep their numbers.
///
/// # Errors
/// What Python finds wrong with it, names of characters (`\N{…}`), and groups nested too deeply.
pub fn translate(pattern: &str) -> Result<String, Refusal> {
    translate_with_names(pattern).map(|(text, _)| text)
}

/// Translates a pattern, and returns the numbers of its named groups, too.
///
/// # Errors
/// Those of [`translate`].
pub fn translate_with_names(pattern: &str) -> Result<(String, BTreeMap<String, usize>), Refusal> {
    let mut reader = Reader {
        characters: pattern.chars().collect(),
        at: 0,
        groups: vec![Group::Open],
        names: BTreeMap::new(),
        conditions: Vec::new(),
        global: String::new(),
        open: Vec::new(),
    };
    let mut flags = Flags::default();
    let whole = reader.alternatives(&mut flags, true)?;
    if reader.at < reader.characters.len() {
        return Err(reader.wrong("unbalanced parenthesis"));
    }
    if let Some(group) = reader
        .conditions
        .iter()
        .find(|n| **n >= reader.groups.len())
    {
        return Err(format!("there is no group {group}"));
    }
    Ok((whole.text, reader.names))
}

/// What `(?…)` can turn on.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    lines: bool,
    dot_all: bool,
    verbose: bool,
    ascii: bool,
}

/// A group whose end has not been read.
#[derive(Debug, Clone, Copy)]
enum Group {
    Open,
    Closed(Width),
}

/// How many characters something matches, at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Width {
    least: usize,
    most: usize,
}

impl Width {
    const NONE: Self = Self::exactly(0);

    const fn exactly(width: usize) -> Self {
        Self {
            least: width,
            most: width,
        }
    }

    fn then(self, next: Self) -> Self {
        Self {
            least: self.least.saturating_add(next.least),
            most: self.most.saturating_add(next.most),
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }

    fn repeated(self, least: usize, most: usize) -> Self {
        Self {
            least: self.least.saturating_mul(least),
            most: self.most.saturating_mul(most),
        }
    }
}

/// What a part of a pattern is, since not everything can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// A place, as `^`.
    Place,
    /// Something that is repeated already.
    Repeated,
    Other,
}

/// A part of a pattern, written for the engine.
#[derive(Debug)]
struct Part {
    text: String,
    width: Width,
    sort: Sort,
}

impl Part {
    fn new(text: impl Into<String>, width: Width) -> Self {
        Self {
            text: text.into(),
            width,
            sort: Sort::Other,
        }
    }

    fn place(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            width: Width::NONE,
            sort: Sort::Place,
        }
    }

    fn literal(character: char) -> Self {
        Self::new(literal(character), Width::exactly(1))
    }
}

/// A character that is literal wherever it is read.
fn literal(character: char) -> String {
    if character.is_alphanumeric() {
        character.into()
    } else {
        format!(r"\x{{{:x}}}", u32::from(character))
    }
}

struct Reader {
    characters: Vec<char>,
    at: usize,
    /// The groups by number; number 0 is the whole.
    groups: Vec<Group>,
    names: BTreeMap<String, usize>,
    /// The groups that conditions refer to.
    conditions: Vec<usize>,
    /// The flags for the whole.
    global: String,
    /// Where the groups begin that have not ended.
    open: Vec<usize>,
}

impl Reader {
    fn wrong(&self, what: &str) -> Refusal {
        format!("{what} at position {}", self.at)
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += 1;
        Some(character)
    }

    /// Consumes a character if it comes next.
    fn take(&mut self, character: char) -> bool {
        let is_next = self.peek() == Some(character);
        self.at += usize::from(is_next);
        is_next
    }

    /// Consumes characters as long as they fit, up to a maximum.
    fn while_fits(&mut self, most: usize, fits: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while text.len() < most
            && let Some(character) = self.peek().filter(|character| fits(*character))
        {
            text.push(character);
            self.at += 1;
        }
        text
    }

    /// Consumes everything up to a character, and that character.
    fn until(&mut self, character: char, what: &str) -> Result<String, Refusal> {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|other| *other == character) else {
            return Err(self.wrong(&format!("missing {character}, unterminated name")));
        };
        let text: String = rest.iter().take(length).collect();
        if text.is_empty() {
            return Err(self.wrong(&format!("missing {what}")));
        }
        self.at += length + 1;
        Ok(text)
    }

    /// Reads alternatives up to a closing parenthesis or the end.
    fn alternatives(&mut self, flags: &mut Flags, outermost: bool) -> Result<Part, Refusal> {
        let (mut text, mut width) = (String::new(), None);
        loop {
            let branch = self.branch(flags, outermost && width.is_none(), outermost)?;
            text.push_str(&branch.text);
            width = Some(width.map_or(branch.width, |width: Width| width.or(branch.width)));
            if !self.take('|') {
                break;
            }
            text.push('|');
        }
        Ok(Part::new(text, width.unwrap_or(Width::NONE)))
    }

    /// Reads a sequence.
    fn branch(&mut self, flags: &mut Flags, first: bool, outermost: bool) -> Result<Part, Refusal> {
        let mut parts: Vec<Part> = Vec::new();
        while let Some(character) = self
            .peek()
            .filter(|character| !['|', ')'].contains(character))
        {
            if flags.verbose && self.skip_blank(character) {
                continue;
            }
            let start = self.at;
            self.at += 1;
            let part = match character {
                '\\' => self.escape(*flags)?,
                '[' => self.set(*flags)?,
                '.' if flags.dot_all => Part::new("(?s:.)", Width::exactly(1)),
                '.' => Part::new(r"[^\n]", Width::exactly(1)),
                '^' if flags.lines => Part::place("(?m:^)"),
                '^' => Part::place(r"\A"),
                '$' if flags.lines => Part::place("(?m:$)"),
                // What is behind the end need not be seen again.
                '$' if outermost && matches!(self.peek(), None | Some('|')) => {
                    Part::place(r"(?:\n?\z)")
                }
                '$' => Part::place(r"(?=\n?\z)"),
                '(' => {
                    self.open.push(start);
                    if self.open.len() > DEEPEST {
                        return Err(self.wrong("groups are nested too deeply"));
                    }
                    let group = self.group(flags, first && parts.is_empty())?;
                    self.open.pop();
                    match group {
                        Some(group) => group,
                        None => continue,
                    }
                }
                '*' | '+' | '?' | '{' => match self.times(character)? {
                    Some((least, most)) => {
                        let repeated = self.repeat(parts.pop(), (least, most), start)?;
                        parts.push(repeated);
                        continue;
                    }
                    None => Part::literal('{'),
                },
                other => Part::literal(other),
            };
            parts.push(part);
        }
        let width = parts
            .iter()
            .fold(Width::NONE, |all, part| all.then(part.width));
        let mut text: String = parts.into_iter().map(|part| part.text).collect();
        // For the engine, a flag without a group ends with its branch; in Python, it does not.
        if flags.ignore_case && outermost {
            text = format!("(?i:{text})");
        }
        Ok(Part::new(text, width))
    }

    /// Passes over a blank or a comment.
    fn skip_blank(&mut self, character: char) -> bool {
        if character == '#' {
            while self.next().is_some_and(|character| character != '\n') {}
            return true;
        }
        let blank = " \t\n\r\u{b}\u{c}".contains(character);
        self.at += usize::from(blank);
        blank
    }
}
