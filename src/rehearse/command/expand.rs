//! Expands words, given the variables at that point.

use std::collections::BTreeMap;

use super::ast::{Part, Variable, Word};

/// A word after expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// The known part of its text.
    pub text: String,
    /// What the unknown part is.
    pub opaque: Option<String>,
    /// The variables in it that nothing sets; each is empty, as in a shell.
    pub unset: Vec<String>,
}

/// The variables of a shell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// Exported variables, which programs see.
    pub exported: BTreeMap<String, String>,
    /// Variables of the shell only.
    pub unexported: BTreeMap<String, String>,
    /// Variables whose values only a shell can know, with what each is.
    unknown: BTreeMap<String, String>,
    /// The command that may have set any other variable.
    possible_setter: Option<String>,
}

/// Variables that workers, images and shells set.
const WORKER_VARIABLES: &[&str] = &[
    "EUID", "HOSTNAME", "IFS", "LANG", "LINENO", "LOGNAME", "OLDPWD", "PATH", "PPID", "PWD",
    "RANDOM", "SECONDS", "SHELL", "SHLVL", "TERM", "UID", "USER",
];

impl Variables {
    /// Returns the value of a variable, if it is set and known.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self
            .unexported
            .get(name)
            .or_else(|| self.exported.get(name));
        value.map(String::as_str)
    }

    /// Returns why the value of a variable is unknown; `None` if it is known, or if nothing sets it.
    pub fn unknown(&self, name: &str) -> Option<String> {
        if self.get(name).is_some() {
            return None;
        }
        if let Some(what) = self.unknown.get(name) {
            return Some(what.clone());
        }
        if WORKER_VARIABLES.contains(&name) || name.starts_with("BASH") {
            return Some(format!("the worker's variable {name}"));
        }
        let setter = self.possible_setter.as_ref()?;
        Some(format!("the variable {name}, which `{setter}` may set"))
    }

    /// Sets a variable to a value that only a shell can know.
    pub fn set_unknown(&mut self, name: &str, what: String) {
        self.unset(name);
        self.unknown.insert(name.to_owned(), what);
    }

    /// Records that a command may set any variable that is not set yet.
    pub fn set_possible_setter(&mut self, command: &str) {
        self.possible_setter
            .get_or_insert_with(|| command.to_owned());
    }

    /// Sets a variable that programs are given.
    pub fn set_exported(&mut self, name: &str, value: Field) {
        self.unset(name);
        match value.opaque {
            None => drop(self.exported.insert(name.to_owned(), value.text)),
            Some(what) => self.set_unknown(name, what),
        }
    }

    /// Sets a variable; it is exported if one of that name was exported before.
    pub fn set(&mut self, name: &str, value: String) {
        self.unknown.remove(name);
        let map = match self.exported.contains_key(name) {
            true => &mut self.exported,
            false => &mut self.unexported,
        };
        map.insert(name.to_owned(), value);
    }

    /// Exports a variable.
    pub fn export(&mut self, name: &str) {
        if let Some(value) = self.unexported.remove(name) {
            self.exported.insert(name.to_owned(), value);
        }
    }

    /// Unsets a variable.
    pub fn unset(&mut self, name: &str) {
        self.unexported.remove(name);
        self.exported.remove(name);
        self.unknown.remove(name);
    }
}

/// The words of a command after expansion.
#[derive(Debug, Default)]
pub struct Fields {
    /// What they expand to.
    pub fields: Vec<Field>,
    /// The variables that nothing sets in words that expand to nothing.
    pub dropped: Vec<String>,
}

/// Expands words to fields.
pub fn fields(words: &[Word], variables: &Variables) -> Fields {
    let mut out = Fields::default();
    let mut bytes = 0;
    for word in words {
        let mut builder = FieldBuilder {
            bytes,
            ..FieldBuilder::default()
        };
        builder.word(word, variables);
        bytes = builder.bytes;
        let mut unset = std::mem::take(&mut builder.unset);
        let mut fields = builder.finish();
        match fields.last_mut() {
            Some(last) => last.unset.append(&mut unset),
            None => out.dropped.append(&mut unset),
        }
        out.fields.append(&mut fields);
    }
    out
}

/// Expands a word without splitting it: in an assignment, or after a redirection.
pub fn unsplit(word: &Word, variables: &Variables) -> Field {
    let mut builder = FieldBuilder {
        unsplit: true,
        ..FieldBuilder::default()
    };
    builder.word(word, variables);
    let unset = std::mem::take(&mut builder.unset);
    let field = builder.finish().pop().unwrap_or_default();
    Field { unset, ..field }
}

#[derive(Default)]
struct FieldBuilder {
    done: Vec<Field>,
    current: Option<Field>,
    /// Whether the word is not split.
    unsplit: bool,
    /// The size in bytes of the command's words so far.
    bytes: usize,
    /// The variables that nothing sets.
    unset: Vec<String>,
}

/// The maximum size in bytes of a command's words, as variables can double repeatedly.
const MAX_BYTES: usize = 1 << 20;

impl FieldBuilder {
    fn word(&mut self, word: &Word, variables: &Variables) {
        for (index, part) in word.0.iter().enumerate() {
            match part {
                Part::Text(text, quoted) => {
                    let home = (index == 0 && !quoted)
                        .then(|| home(text, variables))
                        .flatten();
                    self.push(home.as_deref().unwrap_or(text));
                    if !quoted && !self.unsplit && is_pattern(text) {
                        self.opaque("a file name pattern");
                    }
                }
                Part::Variable(variable) => self.variable(variable, variables),
                Part::Opaque(what) => {
                    self.push("");
                    self.opaque(what);
                }
            }
        }
    }

    fn variable(&mut self, variable: &Variable, variables: &Variables) {
        let value = variables.get(&variable.name);
        if let Some(what) = variables.unknown(&variable.name) {
            self.push("");
            return self.opaque(&what);
        }
        let filled = value.is_some_and(|value| !value.is_empty());
        match &variable.alternative {
            Some((form, word)) => {
                let set = if form.starts_with(':') {
                    filled
                } else {
                    value.is_some()
                };
                match (form.ends_with('+'), set) {
                    (true, true) | (false, false) => self.word(word, variables),
                    (true, false) => {}
                    (false, true) => self.value(value.unwrap_or_default(), variable.quoted),
                }
            }
            None => {
                self.value(value.unwrap_or_default(), variable.quoted);
                if value.is_none() {
                    self.unset.push(variable.name.clone());
                }
            }
        }
    }

    fn value(&mut self, value: &str, quoted: bool) {
        if quoted || self.unsplit {
            return self.push(value);
        }
        if value.starts_with(char::is_whitespace) {
            self.done.extend(self.current.take());
        }
        for (index, piece) in value.split_whitespace().enumerate() {
            if index > 0 {
                self.done.extend(self.current.take());
            }
            self.push(piece);
        }
        if value.ends_with(char::is_whitespace) {
            self.done.extend(self.current.take());
        }
    }

    fn push(&mut self, text: &str) {
        self.bytes = self.bytes.saturating_add(text.len());
        let current = self.current.get_or_insert_default();
        if self.bytes <= MAX_BYTES {
            current.text.push_str(text);
        } else {
            self.opaque("a value that is too long");
        }
    }

    fn opaque(&mut self, what: &str) {
        if let Some(current) = &mut self.current {
            current.opaque.get_or_insert_with(|| what.to_owned());
        }
    }

    fn finish(mut self) -> Vec<Field> {
        self.done.extend(self.current.take());
        self.done
    }
}

/// Replaces a leading `~` with the home folder.
pub fn home(text: &str, variables: &Variables) -> Option<String> {
    let rest = text.strip_prefix('~')?;
    let home = variables.get("HOME")?;
    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{home}{rest}"))
}

fn is_pattern(text: &str) -> bool {
    let braces = text.split_once('{').is_some_and(|(_, rest)| {
        rest.split_once('}')
            .is_some_and(|(inner, _)| inner.contains(',') || inner.contains(".."))
    });
    braces || text.contains(['*', '?', '['])
}
