//! Parses the subset of the shell language that commands of decision and action tasks are written
//! in.
//!
//! Input: the text after `bash -cx`. Output: its pipelines, with the operator before each. Words
//! keep their quotes and expansions as [`Part`]s, since their values depend on the variables at
//! that point. Control flow, functions, groups, background jobs and here-documents are outside this
//! subset: they are errors that name the construct, and are never guessed at. Nothing is executed.

use super::ast::{ListOperator, Part, Pipeline, SimpleCommand, Unsupported, Variable, Word};
use super::text::one_line;

/// Parses a text.
///
/// # Errors
/// The first part that is outside this subset.
pub fn parse(text: &str) -> Result<Vec<Pipeline>, Unsupported> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
        depth: 0,
    };
    let mut pipelines: Vec<Pipeline> = Vec::new();
    let mut operator = ListOperator::Sequence;
    loop {
        reader.skip_blank_lines();
        if reader.peek().is_none() {
            break;
        }
        let mut commands = vec![reader.simple()?];
        let next = loop {
            match reader.operator().as_str() {
                "|" | "|&" => {
                    reader.skip_blank_lines();
                    commands.push(reader.simple()?);
                }
                "&&" => break ListOperator::And,
                "||" => break ListOperator::Or,
                "" | ";" | "\n" => break ListOperator::Sequence,
                other => return Err(reader.unsupported(&format!("`{other}` is not supported"))),
            }
        };
        pipelines.push(Pipeline { operator, commands });
        operator = next;
    }
    if operator != ListOperator::Sequence {
        return Err(reader.unsupported("a command is missing at the end"));
    }
    Ok(pipelines)
}

/// Words that begin or end a compound command.
const RESERVED: &[&str] = &[
    "!", "{", "}", "[[", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for",
    "function", "if", "in", "select", "then", "until", "while",
];

/// The maximum depth of nested expansions.
const MAX_DEPTH: usize = 20;

struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        let mut at = self.at;
        text.chars().all(|c| {
            at += 1;
            self.chars.get(at - 1) == Some(&c)
        })
    }

    fn unsupported(&self, reason: &str) -> Unsupported {
        let start = self.at.min(self.chars.len()).saturating_sub(30);
        Unsupported {
            part: one_line(
                &self.chars[start..self.chars.len().min(self.at + 40)]
                    .iter()
                    .collect::<String>(),
            ),
            reason: reason.to_owned(),
        }
    }

    /// Skips blanks, comments and escaped line breaks.
    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\\') if self.chars.get(self.at + 1) == Some(&'\n') => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn skip_blank_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() != Some('\n') {
                return;
            }
            self.at += 1;
        }
    }

    /// The next operator; empty at the end.
    fn operator(&mut self) -> String {
        self.skip_blanks();
        for operator in ["&&", "||", "|&", ";;", "|", ";", "\n", "&", "(", ")"] {
            if self.starts_with(operator) {
                self.at += operator.len();
                return operator.to_owned();
            }
        }
        String::new()
    }

    fn simple(&mut self) -> Result<SimpleCommand, Unsupported> {
        let mut command = SimpleCommand::default();
        let start = self.at;
        loop {
            self.skip_blanks();
            if let Some(operator) = self.redirect()? {
                self.skip_blanks();
                let target = self.word()?;
                command.redirects.push((operator, target));
                continue;
            }
            match self.peek() {
                None | Some('\n' | ';' | '&' | '|') => break,
                Some('(' | ')') => {
                    return Err(self.unsupported("subshells and functions are not supported"));
                }
                _ => {}
            }
            let before = self.at;
            let word = self.word()?;
            if command.words.is_empty() {
                let text: String = self.chars[before..self.at].iter().collect();
                if RESERVED.contains(&text.as_str()) {
                    self.at = before;
                    return Err(self.unsupported(&format!("`{text}` is not supported")));
                }
                if let Some((name, value)) = assignment(&word) {
                    command.assignments.push((name, value));
                    continue;
                }
            }
            command.words.push(word);
        }
        let text: String = self.chars[start..self.at].iter().collect();
        command.text = one_line(&text);
        if command.words.is_empty() && command.assignments.is_empty() {
            return Err(self.unsupported("a command is missing"));
        }
        Ok(command)
    }

    /// A redirection's operator, without the number before it.
    fn redirect(&mut self) -> Result<Option<String>, Unsupported> {
        let mut end = self.at;
        while self.chars.get(end).is_some_and(char::is_ascii_digit) {
            end += 1;
        }
        let ahead = Self {
            chars: self.chars[end..self.chars.len().min(end + 3)].to_vec(),
            at: 0,
            depth: 0,
        };
        let number: String = self.chars[self.at..end].iter().collect();
        let operators = ["<<", "&>>", "&>", ">>", ">&", ">|", "<&", "<>", ">", "<"];
        let Some(operator) = operators.into_iter().find(|o| ahead.starts_with(o)) else {
            return Ok(None);
        };
        if operator == "<<" {
            return Err(self.unsupported("here-documents are not supported"));
        }
        if operator.starts_with('&') && !number.is_empty() {
            return Ok(None);
        }
        if ahead.chars.get(operator.len()) == Some(&'(') {
            return Err(self.unsupported("process substitutions are not supported"));
        }
        self.at = end + operator.len();
        let output = matches!(number.as_str(), "" | "1");
        Ok(Some(if output {
            operator.to_owned()
        } else {
            format!("{number}{operator}")
        }))
    }

    /// A word, which ends before a blank or an operator.
    fn word(&mut self) -> Result<Word, Unsupported> {
        let mut word = Word::default();
        let mut plain = String::new();
        let start = self.at;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => break,
                '\'' => {
                    flush(&mut word, &mut plain, false);
                    self.at += 1;
                    let text = self.until('\'')?;
                    word.0.push(Part::Text(text, true));
                }
                '"' => {
                    flush(&mut word, &mut plain, false);
                    self.at += 1;
                    self.double_quoted(&mut word)?;
                }
                '\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some('\n') => self.at += 1,
                        Some(escaped) => {
                            flush(&mut word, &mut plain, false);
                            word.0.push(Part::Text(escaped.to_string(), true));
                            self.at += 1;
                        }
                        None => return Err(self.unsupported("the last character is a backslash")),
                    }
                }
                '$' | '`' => {
                    flush(&mut word, &mut plain, false);
                    let part = self.expansion(false)?;
                    word.0.push(part);
                }
                _ => {
                    plain.push(c);
                    self.at += 1;
                }
            }
        }
        flush(&mut word, &mut plain, false);
        if self.at == start {
            return Err(self.unsupported("a word is missing"));
        }
        Ok(word)
    }

    /// The text up to a character, which is skipped.
    fn until(&mut self, end: char) -> Result<String, Unsupported> {
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else {
                return Err(self.unsupported(&format!("`{end}` is missing at the end")));
            };
            self.at += 1;
            if c == end {
                return Ok(text);
            }
            text.push(c);
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), Unsupported> {
        let mut plain = String::new();
        // Quotes make a word even if they are empty.
        word.0.push(Part::Text(String::new(), true));
        loop {
            match self.peek() {
                None => return Err(self.unsupported("`\"` is missing at the end")),
                Some('"') => {
                    self.at += 1;
                    flush(word, &mut plain, true);
                    return Ok(());
                }
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some('\n') => {}
                        Some(c @ ('$' | '`' | '"' | '\\')) => plain.push(c),
                        Some(c) => plain.extend(['\\', c]),
                        None => continue,
                    }
                    self.at += 1;
                }
                Some('$' | '`') => {
                    flush(word, &mut plain, true);
                    let part = self.expansion(true)?;
                    word.0.push(part);
                }
                Some(c) => {
                    plain.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// An expansion: it begins with a dollar sign or a backtick.
    fn expansion(&mut self, quoted: bool) -> Result<Part, Unsupported> {
        if self.starts_with("`") {
            self.at += 1;
            self.until('`')?;
            return Ok(Part::Opaque("the output of a command"));
        }
        self.at += 1;
        match self.peek() {
            Some('(') => {
                let what = if self.starts_with("((") {
                    "arithmetic"
                } else {
                    "the output of a command"
                };
                self.balanced()?;
                Ok(Part::Opaque(what))
            }
            Some('{') => {
                if self.depth >= MAX_DEPTH {
                    return Err(self.unsupported("expansions are nested too deeply"));
                }
                self.at += 1;
                self.depth += 1;
                let part = self.braced(quoted);
                self.depth -= 1;
                part
            }
            Some('\'' | '"') if !quoted => {
                Err(self.unsupported("`$'…'` and `$\"…\"` are not supported"))
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name();
                Ok(Part::Variable(Variable {
                    name,
                    quoted,
                    alternative: None,
                }))
            }
            Some('0'..='9' | '@' | '*' | '#' | '?' | '$' | '!' | '-') => {
                self.at += 1;
                Ok(Part::Opaque("a shell parameter"))
            }
            _ => Ok(Part::Text("$".to_owned(), true)),
        }
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// `${NAME}`, or one of its four forms that ask whether the variable is set.
    fn braced(&mut self, quoted: bool) -> Result<Part, Unsupported> {
        let name = self.name();
        if name.is_empty() {
            return Err(self.unsupported("this expansion is not supported"));
        }
        if self.peek() == Some('}') {
            self.at += 1;
            return Ok(Part::Variable(Variable {
                name,
                quoted,
                alternative: None,
            }));
        }
        let forms = [":-", ":+", "-", "+"];
        let Some(form) = forms.into_iter().find(|form| self.starts_with(form)) else {
            return Err(self.unsupported("this expansion is not supported"));
        };
        self.at += form.len();
        let mut word = Word::default();
        let mut plain = String::new();
        loop {
            match self.peek() {
                None => return Err(self.unsupported("`}` is missing")),
                Some('}') => break,
                Some('"') if !quoted => {
                    flush(&mut word, &mut plain, quoted);
                    self.at += 1;
                    self.double_quoted(&mut word)?;
                }
                Some('\'') if !quoted => {
                    flush(&mut word, &mut plain, quoted);
                    self.at += 1;
                    let text = self.until('\'')?;
                    word.0.push(Part::Text(text, true));
                }
                Some('$' | '`') => {
                    flush(&mut word, &mut plain, quoted);
                    let part = self.expansion(quoted)?;
                    word.0.push(part);
                }
                Some('\\') => {
                    return Err(self.unsupported("a backslash in an expansion is not supported"));
                }
                Some(c) => {
                    plain.push(c);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        flush(&mut word, &mut plain, quoted);
        Ok(Part::Variable(Variable {
            name,
            quoted,
            alternative: Some((form.to_owned(), word)),
        }))
    }

    /// Skips the text between parentheses, heeding quotes.
    fn balanced(&mut self) -> Result<(), Unsupported> {
        let mut depth = 0_usize;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '(' => depth += 1,
                ')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                '\'' => drop(self.until('\'')?),
                '\\' => self.at += 1,
                _ => {}
            }
        }
        Err(self.unsupported("`)` is missing"))
    }
}

fn flush(word: &mut Word, plain: &mut String, quoted: bool) {
    if !plain.is_empty() {
        word.0.push(Part::Text(std::mem::take(plain), quoted));
    }
}

/// The name and value of a word of the form `NAME=value`.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let Some(Part::Text(text, false)) = word.0.first() else {
        return None;
    };
    let (name, rest) = text.split_once('=')?;
    let first = name.chars().next()?;
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fits || first.is_ascii_digit() {
        return None;
    }
    let mut value = Vec::new();
    if !rest.is_empty() {
        value.push(Part::Text(rest.to_owned(), false));
    }
    value.extend(word.0[1..].iter().cloned());
    Some((name.to_owned(), Word(value)))
}
