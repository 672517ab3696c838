//! Follows a command from its first word to taskgraph, without running anything.
//!
//! It tracks what the command changes on the way: the working folder, variables, links, and files
//! written by `echo`. Commands that change none of these are skipped and listed in the report; they
//! are assumed to succeed, since in a task what follows them only runs then.

mod builtins;

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{Field, Variables, fields, whole};
use super::places::{Links, absolute, below};
use super::programs::{Program, program};
use super::run_task::{self, Checkout};
use super::shell::{Ended, Shell};
use super::shown;
use super::syntax::parse;
use super::words::{Joint, Pipeline, Simple, Unread, one_line};
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
    /// The variables that nothing sets in words that yield no argument.
    pub vanished: Vec<String>,
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
    /// What to know of it.
    pub notes: Vec<String>,
    /// The working folder.
    pub folder: String,
    /// The variables.
    pub variables: Variables,
    folders: BTreeSet<String>,
    /// The folders that `popd` goes back to.
    stack: Vec<String>,
    /// The folder before the last `cd`.
    last_folder: Option<String>,
    shell: Shell,
    /// The variables that nothing sets in words of the current command that yield nothing.
    vanished: Vec<String>,
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
                    vanished: self.vanished.clone(),
                    text: text.to_owned(),
                    folder: self.folder.clone(),
                    variables: self.variables.exported.clone(),
                    links: self.links.clone(),
                    written: self.written.len(),
                });
                Ok(())
            }
            Program::Wrapper(rest, folder) => {
                let calls = self.calls.len();
                let passed = self.not_run.len();
                self.apart(|inner| {
                    if let Some(folder) = folder {
                        inner.folder = absolute(&inner.folder, &folder);
                    }
                    inner.words(rest, text)
                })?;
                // `uv run x` is reported as a whole.
                if calls == self.calls.len() && passed < self.not_run.len() {
                    self.not_run.truncate(passed);
                    self.pass(text);
                }
                Ok(())
            }
            Program::Env(rest) => self.env(rest, text),
            Program::Shell(script, options) => {
                if let Some(what) = &script.opaque {
                    return Err(unread(text, &format!("the script contains {what}")));
                }
                self.apart(|inner| {
                    inner.shell = Shell::default();
                    inner.shell.set(options);
                    inner.script(&script.text)
                })
            }
            Program::RunTask(arguments) => {
                let own = arguments.iter().take_while(|word| word.text != "--");
                if let Some(what) = own.filter_map(|word| word.opaque.as_ref()).next() {
                    return Err(unread(text, &format!("`run-task` is given {what}")));
                }
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
        let (stack, last, shell) = (self.stack.clone(), self.last_folder.clone(), self.shell);
        self.variables.own.clear();
        let followed = follow(self);
        self.folder = folder;
        self.variables = variables;
        (self.stack, self.last_folder, self.shell) = (stack, last, shell);
        self.over = false;
        followed
    }

    fn env(&mut self, words: &[Field], text: &str) -> Result<(), Unread> {
        self.apart(|inner| {
            let mut rest = words;
            while let Some((first, more)) = rest.split_first() {
                match first.text.split_once('=') {
                    Some((name, value)) if !first.text.starts_with('-') => {
                        let value = Field {
                            text: value.to_owned(),
                            ..first.clone()
                        };
                        inner.variables.set_exported(name, value);
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
        let pipelines = parse(text)?;
        let last_list = pipelines
            .iter()
            .rposition(|pipeline| pipeline.joint == Joint::Then);
        // Whether the list that is read has decided, and whether one before it has.
        let (mut decided, mut decided_before) = (self.calls.len(), self.calls.len());
        let mut last = Ended::Well;
        let mut before = "";
        for (index, pipeline) in pipelines.iter().enumerate() {
            self.commands += pipeline.commands.len();
            if self.commands > MOST {
                return Err(unread(text, "there are too many commands"));
            }
            if self.over {
                break;
            }
            let commands = pipeline.commands.as_slice();
            let part = commands.first().map_or("", |command| &command.text);
            let decides_over = |how: &str| {
                let why = format!(
                    "only the worker can tell whether `{}` {how}",
                    one_line(before)
                );
                Err(unread(part, &why))
            };
            match (pipeline.joint, last) {
                (Joint::And, Ended::Badly) | (Joint::Or, Ended::Well) => continue,
                (Joint::Or, Ended::Taken | Ended::Unknown) => {
                    let mut other = self.clone();
                    other.pipeline(pipeline)?;
                    self.commands = other.commands;
                    if !self.is_changed_by(&other) {
                        if decided < self.calls.len() && !fails(commands) {
                            self.masked(&format!("`|| {part}` follows it"));
                        }
                    } else if is_made_for(before, commands) {
                        *self = other;
                        last = Ended::Well;
                    } else {
                        return decides_over("fails");
                    }
                    continue;
                }
                // In the last list, what does not run because of a condition fails the task.
                (Joint::And, Ended::Unknown) if last_list > Some(index) => {
                    let mut other = self.clone();
                    let ended = other.pipeline(pipeline)?;
                    self.commands = other.commands;
                    if fails(commands) {
                        continue;
                    }
                    if self.is_changed_by(&other) || other.over {
                        return decides_over("succeeds");
                    }
                    *self = other;
                    if ended == Ended::Badly {
                        last = ended;
                    }
                }
                (joint, _) => {
                    if joint == Joint::Then {
                        decided = self.calls.len();
                        if decided_before < decided && !self.shell.errexit {
                            self.masked(&format!("without `set -e` the shell goes on to `{part}`"));
                            decided_before = decided;
                        }
                    }
                    let ended = self.pipeline(pipeline)?;
                    last = match (joint, last, ended) {
                        (Joint::And, Ended::Taken | Ended::Unknown, Ended::Well) => Ended::Taken,
                        _ => ended,
                    };
                }
            }
            before = part;
        }
        Ok(())
    }

    /// Notes that a failure of the last decision or action would not fail its task.
    fn masked(&mut self, why: &str) {
        if let Some(call) = self.calls.last() {
            let call = shown(&call.text);
            self.notes.push(format!(
                "the task would be green even if `{call}` failed: {why}"
            ));
        }
    }

    /// Whether a session that has gone on is in another state than this one.
    fn is_changed_by(&self, other: &Self) -> bool {
        (&self.folder, &self.variables, &self.links, &self.folders)
            != (
                &other.folder,
                &other.variables,
                &other.links,
                &other.folders,
            )
            || (&self.calls, &self.checkouts, &self.written, &self.stack)
                != (&other.calls, &other.checkouts, &other.written, &other.stack)
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<Ended, Unread> {
        if let [one] = pipeline.commands.as_slice() {
            return self.simple(one);
        }
        let mut ended = Ended::Taken;
        for (index, command) in pipeline.commands.iter().enumerate() {
            let calls = self.calls.len();
            self.apart(|inner| {
                ended = inner.simple(command)?;
                Ok(())
            })?;
            let is_last = index + 1 == pipeline.commands.len();
            if calls < self.calls.len() && !is_last && !self.shell.pipefail {
                self.masked(
                    "without `set -o pipefail` the exit code of a pipeline is that of its last command",
                );
            }
        }
        Ok(ended)
    }

    fn simple(&mut self, command: &Simple) -> Result<Ended, Unread> {
        let mut assigned = Vec::new();
        let mut unset = Vec::new();
        for (name, word) in &command.assignments {
            let value = whole(word, &self.variables);
            unset.extend(value.unset.iter().cloned());
            assigned.push((name, value));
        }
        let expanded = fields(&command.words, &self.variables);
        let words = expanded.fields;
        if self.shell.nounset {
            unset.extend(words.iter().flat_map(|word| word.unset.iter().cloned()));
            unset.extend(expanded.vanished.iter().cloned());
            for name in unset {
                self.wrong.push(format!(
                    "`{}`: nothing sets the variable {name}, which is an error after `set -u`",
                    shown(&command.text)
                ));
            }
        }
        if command.words.is_empty() {
            for (name, value) in assigned {
                match value.opaque {
                    None => self.variables.set(name, value.text),
                    Some(what) => self.variables.set_unknown(name, what),
                }
            }
            return Ok(Ended::Well);
        }
        let before = self.variables.clone();
        for (name, value) in assigned {
            self.variables.set_exported(name, value);
        }
        self.vanished = expanded.vanished;
        let followed = match words.is_empty() {
            true => Ok(Ended::Well),
            false => self.command(&words, command),
        };
        if !command.assignments.is_empty() {
            self.variables = before;
        }
        followed
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

/// Whether commands make what a test asks for, so that it is there either way.
fn is_made_for(test: &str, commands: &[Simple]) -> bool {
    let words: Vec<&str> = test.split_whitespace().collect();
    let (["test", "-e" | "-d" | "-L" | "-h", path] | ["[", "-e" | "-d" | "-L" | "-h", path, "]"]) =
        words.as_slice()
    else {
        return false;
    };
    let [command] = commands else {
        return false;
    };
    let mut made = command.text.split_whitespace();
    matches!(made.next(), Some("ln" | "mkdir")) && made.last() == Some(*path)
}

/// Whether commands end a task as failed.
fn fails(commands: &[Simple]) -> bool {
    commands.last().is_some_and(|command| {
        let words: Vec<&str> = command.text.split_whitespace().collect();
        match words.as_slice() {
            ["exit" | "return", code] => *code != "0",
            ["exit" | "return" | "false"] => true,
            _ => false,
        }
    })
}

fn unread(text: &str, why: &str) -> Unread {
    Unread {
        part: one_line(text),
        why: why.to_owned(),
    }
}
