//! Follows a command from its first word to taskgraph, without running anything.
//!
//! It tracks what the command changes on the way: the working folder, variables, links, and files
//! written by `echo`. Commands that change none of these are skipped and listed in the report; they
//! are assumed to succeed, since in a task what follows them only runs then.

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{Field, Variables, fields, whole};
use super::places::{Links, absolute};
use super::programs::{Program, program};
use super::run_task::{self, Checkout};
use super::syntax::parse;
use super::words::{Joint, Simple, Unread, one_line};
use crate::base::posix::basename;

/// The maximum number of commands that are followed.
const MOST: usize = 10_000;

/// The maximum depth of nested shells, and of programs that run programs.
const DEEP: usize = 20;

/// A call of taskgraph or snowman.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The arguments.
    pub arguments: Vec<Field>,
    /// The text that it was read from.
    pub text: String,
    /// The working folder.
    pub folder: String,
    /// The variables in the program's environment.
    pub variables: BTreeMap<String, String>,
    /// The links at that point.
    pub links: Links,
    /// How many files were written before it.
    pub written: usize,
}

/// The result of following a command.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The calls, in order.
    pub calls: Vec<Call>,
    /// The checkouts that are created.
    pub checkouts: Vec<Checkout>,
    /// The links at the end.
    pub links: Links,
    /// Files that are written: path and content.
    pub written: Vec<(String, String)>,
    /// The parts that a rehearsal does not run.
    pub not_run: Vec<String>,
    /// What would fail.
    pub wrong: Vec<String>,
    /// The working folder.
    pub folder: String,
    /// The variables.
    pub variables: Variables,
    folders: BTreeSet<String>,
    /// Whether `exit` was reached.
    over: bool,
    depth: usize,
    commands: usize,
}

impl Session {
    /// A session that begins in a folder.
    pub fn new(folder: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            ..Self::default()
        }
    }

    /// Notes that a folder exists.
    pub fn add_folder(&mut self, folder: String) {
        self.folders.insert(folder);
    }

    /// Follows a list of words.
    ///
    /// # Errors
    /// The first part that cannot be followed.
    pub fn words(&mut self, words: &[Field], text: &str) -> Result<(), Unread> {
        if self.depth >= DEEP {
            return Err(unread(text, "programs are nested too deeply"));
        }
        self.depth += 1;
        let followed = self.program(words, text);
        self.depth -= 1;
        followed
    }

    fn program(&mut self, words: &[Field], text: &str) -> Result<(), Unread> {
        match program(words) {
            Program::Taskgraph(arguments) => {
                self.calls.push(Call {
                    arguments: arguments.to_vec(),
                    text: text.to_owned(),
                    folder: self.folder.clone(),
                    variables: self.variables.exported.clone(),
                    links: self.links.clone(),
                    written: self.written.len(),
                });
                Ok(())
            }
            Program::Wrapper(rest) => {
                let calls = self.calls.len();
                let passed = self.not_run.len();
                self.words(rest, text)?;
                // `uv run x` is reported as a whole.
                if calls == self.calls.len() && passed < self.not_run.len() {
                    self.not_run.truncate(passed);
                    self.pass(text);
                }
                Ok(())
            }
            Program::Env(rest) => self.env(rest, text),
            Program::Shell(script) => {
                if let Some(what) = &script.opaque {
                    return Err(unread(text, &format!("the script contains {what}")));
                }
                self.apart(|inner| inner.script(&script.text))
            }
            Program::RunTask(arguments) => {
                let read = run_task::read(arguments, &self.folder, &self.variables);
                self.checkouts.extend(read.checkouts);
                self.wrong.extend(read.wrong);
                if read.rest.is_empty() {
                    return Err(unread(text, "run-task is not given a command after `--`"));
                }
                self.apart(|inner| {
                    inner.folder = read.folder;
                    for (name, value) in read.variables {
                        inner.variables.exported.insert(name, value);
                    }
                    let text = one_line(&texts(&read.rest).join(" "));
                    inner.words(&read.rest, &text)
                })
            }
            Program::Other => self.other(words, text),
        }
    }

    /// Follows something in its own process, with its own folder and variables.
    fn apart(
        &mut self,
        follow: impl FnOnce(&mut Self) -> Result<(), Unread>,
    ) -> Result<(), Unread> {
        let (folder, variables) = (self.folder.clone(), self.variables.clone());
        self.variables.own.clear();
        let followed = follow(self);
        self.folder = folder;
        self.variables = variables;
        self.over = false;
        followed
    }

    fn env(&mut self, words: &[Field], text: &str) -> Result<(), Unread> {
        self.apart(|inner| {
            let mut rest = words;
            while let Some((first, more)) = rest.split_first() {
                match first.text.split_once('=') {
                    Some((name, value)) if !first.text.starts_with('-') => {
                        inner
                            .variables
                            .exported
                            .insert(name.to_owned(), value.to_owned());
                    }
                    _ if first.text == "-u" => {
                        if let Some(name) = more.first() {
                            inner.variables.unset(&name.text);
                        }
                        rest = more.get(1..).unwrap_or_default();
                        continue;
                    }
                    _ if first.text.starts_with('-') => {
                        return Err(unread(text, "this option of `env` is not supported"));
                    }
                    _ => break,
                }
                rest = more;
            }
            inner.words(rest, text)
        })
    }

    /// Follows the text of a shell.
    ///
    /// # Errors
    /// The first part that cannot be followed.
    pub fn script(&mut self, text: &str) -> Result<(), Unread> {
        for pipeline in parse(text)? {
            self.commands += pipeline.commands.len();
            if self.commands > MOST {
                return Err(unread(text, "there are too many commands"));
            }
            // Each command is assumed to succeed.
            if self.over || pipeline.joint == Joint::Or {
                continue;
            }
            match pipeline.commands.as_slice() {
                [one] => self.simple(one)?,
                several => {
                    for command in several {
                        self.apart(|inner| inner.simple(command))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn simple(&mut self, command: &Simple) -> Result<(), Unread> {
        let mut assigned = Vec::new();
        for (name, word) in &command.assignments {
            let value = whole(word, &self.variables);
            assigned.push((name, value));
        }
        if command.words.is_empty() {
            for (name, value) in assigned {
                match value.opaque {
                    None => self.variables.set(name, value.text),
                    // A use of it is reported as a variable that nothing sets.
                    Some(_) => self.variables.unset(name),
                }
            }
            return Ok(());
        }
        let before = self.variables.clone();
        let words = fields(&command.words, &self.variables);
        for (name, value) in assigned {
            self.variables.exported.insert(name.clone(), value.text);
        }
        let followed = match words.is_empty() {
            true => Ok(()),
            false => self.command(&words, command),
        };
        if !command.assignments.is_empty() {
            self.variables = before;
        }
        followed
    }

    fn command(&mut self, words: &[Field], command: &Simple) -> Result<(), Unread> {
        let text = command.text.as_str();
        let known = |what: &str| match words.iter().find_map(|word| word.opaque.as_ref()) {
            Some(opaque) => Err(unread(text, &format!("`{what}` is given {opaque}"))),
            None => Ok(()),
        };
        let arguments = &words[1..];
        let name = words[0].text.as_str();
        match name {
            "cd" | "pushd" => {
                known(name)?;
                let to = arguments.iter().find(|word| !word.text.starts_with('-'));
                let home = self.variables.get("HOME").unwrap_or("/").to_owned();
                let to = to.map_or(home, |word| word.text.clone());
                self.folder = absolute(&self.folder, &to);
                self.variables
                    .exported
                    .insert("PWD".to_owned(), self.folder.clone());
            }
            "export" | "readonly" | "declare" | "typeset" => {
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    match word.text.split_once('=') {
                        Some((name, value)) => {
                            self.variables.unset(name);
                            // A use of an unknown value is reported as a variable that nothing
                            // sets.
                            if word.opaque.is_none() {
                                let exported = &mut self.variables.exported;
                                exported.insert(name.to_owned(), value.to_owned());
                            }
                        }
                        None => self.variables.export(&word.text),
                    }
                }
            }
            "unset" => arguments
                .iter()
                .for_each(|word| self.variables.unset(&word.text)),
            "eval" => return Err(unread(text, "`eval` is not supported")),
            "exit" | "return" => self.over = true,
            "set" | "true" | ":" | "test" | "[" | "umask" | "ulimit" | "shopt" | "trap"
            | "sleep" => {}
            "ln" => {
                known(name)?;
                self.link(arguments, text)?;
            }
            "mkdir" => {
                known(name)?;
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    self.folders.insert(absolute(&self.folder, &word.text));
                }
            }
            "rm" if known(name).is_ok() => {
                for word in arguments.iter().filter(|word| !word.text.starts_with('-')) {
                    let path = absolute(&self.folder, &word.text);
                    self.links.remove(&path);
                    self.folders.remove(&path);
                }
            }
            "git" | "hg" if self.cloned(arguments) => {}
            "echo" if self.echoed(arguments, command) => {}
            _ => return self.words(words, text),
        }
        Ok(())
    }

    /// `ln -s TARGET LINK`, or into the working folder.
    fn link(&mut self, arguments: &[Field], text: &str) -> Result<(), Unread> {
        let options: Vec<&str> = arguments
            .iter()
            .map(|word| word.text.as_str())
            .filter(|word| word.starts_with('-') && *word != "--")
            .collect();
        let short = |letter: char| {
            options
                .iter()
                .any(|option| !option.starts_with("--") && option.contains(letter))
        };
        if !short('s') && !options.contains(&"--symbolic") {
            return Err(unread(text, "only symbolic links are supported"));
        }
        let paths: Vec<&str> = arguments
            .iter()
            .map(|word| word.text.as_str())
            .filter(|word| !word.starts_with('-'))
            .collect();
        let (target, link) = match paths.as_slice() {
            [target] => (*target, basename(target)),
            [target, link] => (*target, *link),
            _ => return Err(unread(text, "only one link at a time is supported")),
        };
        let mut path = absolute(&self.folder, link);
        // If there is a folder of that name, the link is created in it.
        if self.folders.contains(&path) && !short('T') && !short('n') {
            path = absolute(&path, basename(target));
        }
        self.links.make(path, target.to_owned());
        Ok(())
    }

    /// `git clone URL [FOLDER]`, which creates the checkout; other git commands change nothing
    /// here.
    fn cloned(&mut self, arguments: &[Field]) -> bool {
        if arguments.first().is_none_or(|word| word.text != "clone") {
            return false;
        }
        const VALUED: &[&str] = &[
            "-b", "--branch", "--depth", "-c", "--config", "-o", "--origin", "-r", "-u",
        ];
        let mut paths = Vec::new();
        let mut rest = arguments[1..].iter();
        while let Some(word) = rest.next() {
            if VALUED.contains(&word.text.as_str()) {
                rest.next();
            } else if !word.text.starts_with('-') {
                paths.push(word.text.as_str());
            }
        }
        let folder = match paths.as_slice() {
            [url] => basename(url.trim_end_matches('/')).trim_end_matches(".git"),
            [_, folder] => folder,
            _ => return false,
        };
        let folder = absolute(&self.folder, folder);
        self.checkouts.push(Checkout {
            folder,
            revision: None,
        });
        true
    }

    /// `echo TEXT > FILE`.
    fn echoed(&mut self, arguments: &[Field], command: &Simple) -> bool {
        let opaque = arguments.iter().any(|word| word.opaque.is_some());
        let Some((operator, file)) = command.redirects.last() else {
            return true;
        };
        let file = whole(file, &self.variables);
        if opaque || file.opaque.is_some() || !matches!(operator.as_str(), ">" | ">|") {
            return false;
        }
        let mut arguments = texts(arguments);
        let line_break = arguments.first().is_none_or(|first| *first != "-n");
        if !line_break {
            arguments.remove(0);
        }
        let end = if line_break { "\n" } else { "" };
        let path = absolute(&self.folder, &file.text);
        self.written.push((path, arguments.join(" ") + end));
        true
    }

    fn other(&mut self, words: &[Field], text: &str) -> Result<(), Unread> {
        // An unknown name could be any program.
        if let Some(what) = words.first().and_then(|first| first.opaque.as_ref()) {
            return Err(unread(text, &format!("the name of the program is {what}")));
        }
        self.pass(text);
        Ok(())
    }

    fn pass(&mut self, text: &str) {
        self.not_run.push(one_line(text));
    }
}

fn texts(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| field.text.as_str()).collect()
}

fn unread(text: &str, why: &str) -> Unread {
    Unread {
        part: one_line(text),
        why: why.to_owned(),
    }
}
