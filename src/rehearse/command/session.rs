//! Follows a command from its first word to taskgraph, without running anything.
//!
//! It tracks what the command changes on the way: the working folder, variables, links, and files
//! written by `echo`. Commands that change none of these are skipped and listed in the report; they
//! are assumed to succeed, since in a task what follows them only runs then.

mod builtins;

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{ListOperator, Pipeline, SimpleCommand, Unsupported};
use super::expand::{Field, Variables, fields, unsplit};
use super::programs::{Program, program};
use super::run_task::{self, Checkout};
use super::shell::{ExitStatus, Shell};
use super::syntax::parse;
use super::text::{one_line, shortened};
use super::worker_path::{Links, absolute};

/// The maximum number of commands that are followed.
const MAX_COMMANDS: usize = 10_000;

/// The maximum depth of nested shells, and of programs that run programs.
const MAX_DEPTH: usize = 20;

/// A call of taskgraph or snowman.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Whether it is one of snowman.
    pub is_snowman: bool,
    /// The arguments.
    pub arguments: Vec<Field>,
    /// The variables that nothing sets in words that yield no argument.
    pub dropped: Vec<String>,
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
    /// The commands that would fail, and why.
    pub errors: Vec<String>,
    /// Remarks about the command.
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
    dropped: Vec<String>,
    /// Whether `exit` was reached.
    exited: bool,
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

    /// Records that a folder exists.
    pub fn add_folder(&mut self, folder: String) {
        self.folders.insert(folder);
    }

    /// Follows a list of words.
    ///
    /// # Errors
    /// The first part that cannot be followed.
    pub fn words(&mut self, words: &[Field], text: &str) -> Result<(), Unsupported> {
        if self.depth >= MAX_DEPTH {
            return Err(unsupported(text, "programs are nested too deeply"));
        }
        self.depth += 1;
        let followed = self.program(words, text);
        self.depth -= 1;
        followed
    }

    fn program(&mut self, words: &[Field], text: &str) -> Result<(), Unsupported> {
        match program(words) {
            Program::Taskgraph(arguments) | Program::Snowman(arguments) => {
                self.calls.push(Call {
                    is_snowman: matches!(program(words), Program::Snowman(_)),
                    arguments: arguments.to_vec(),
                    dropped: self.dropped.clone(),
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
                self.in_subshell(|inner| {
                    if let Some(folder) = folder {
                        inner.folder = absolute(&inner.folder, &folder);
                    }
                    inner.words(rest, text)
                })?;
                // `uv run x` is reported as a whole.
                if calls == self.calls.len() && passed < self.not_run.len() {
                    self.not_run.truncate(passed);
                    self.skip(text);
                }
                Ok(())
            }
            Program::Env(rest) => self.env(rest, text),
            Program::Shell(script, options) => {
                if let Some(what) = &script.opaque {
                    return Err(unsupported(text, &format!("the script depends on {what}")));
                }
                self.in_subshell(|inner| {
                    inner.shell = Shell::default();
                    inner.shell.set(options);
                    inner.script(&script.text)
                })
            }
            Program::RunTask(arguments) => {
                let own = arguments.iter().take_while(|word| word.text != "--");
                if let Some(what) = own.filter_map(|word| word.opaque.as_ref()).next() {
                    return Err(unsupported(text, &format!("`run-task` depends on {what}")));
                }
                let read = run_task::parse(arguments, &self.folder, &self.variables);
                self.checkouts.extend(read.checkouts);
                self.errors.extend(read.errors);
                if read.rest.is_empty() {
                    return Err(unsupported(text, "run-task has no command after `--`"));
                }
                self.in_subshell(|inner| {
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

    /// Follows commands in a process of their own, with its own folder and variables.
    fn in_subshell(
        &mut self,
        follow: impl FnOnce(&mut Self) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let (folder, variables) = (self.folder.clone(), self.variables.clone());
        let (stack, last, shell) = (self.stack.clone(), self.last_folder.clone(), self.shell);
        self.variables.unexported.clear();
        let followed = follow(self);
        self.folder = folder;
        self.variables = variables;
        (self.stack, self.last_folder, self.shell) = (stack, last, shell);
        self.exited = false;
        followed
    }

    fn env(&mut self, words: &[Field], text: &str) -> Result<(), Unsupported> {
        self.in_subshell(|inner| {
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
                        return Err(unsupported(text, "this option of `env` is not supported"));
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
    pub fn script(&mut self, text: &str) -> Result<(), Unsupported> {
        let pipelines = parse(text)?;
        let last_list = pipelines
            .iter()
            .rposition(|pipeline| pipeline.operator == ListOperator::Sequence);
        // The number of calls before the current list, and before the list that was last checked.
        let (mut decided, mut decided_before) = (self.calls.len(), self.calls.len());
        let mut last = ExitStatus::Success;
        let mut before = "";
        for (index, pipeline) in pipelines.iter().enumerate() {
            self.commands += pipeline.commands.len();
            if self.commands > MAX_COMMANDS {
                return Err(unsupported(text, "there are too many commands"));
            }
            if self.exited {
                break;
            }
            let commands = pipeline.commands.as_slice();
            let part = commands.first().map_or("", |command| &command.text);
            let decides_over = |how: &str| {
                let why = format!(
                    "it depends on the worker whether `{}` {how}",
                    one_line(before)
                );
                Err(unsupported(part, &why))
            };
            match (pipeline.operator, last) {
                (ListOperator::And, ExitStatus::Failure)
                | (ListOperator::Or, ExitStatus::Success) => continue,
                (ListOperator::Or, ExitStatus::AssumedSuccess | ExitStatus::Unknown) => {
                    let mut other = self.clone();
                    other.pipeline(pipeline)?;
                    self.commands = other.commands;
                    if !self.is_changed_by(&other) {
                        if decided < self.calls.len() && !exits_with_failure(commands) {
                            self.note_ignored_failure(&format!("`|| {part}` follows it"));
                        }
                    } else if creates_tested_path(before, commands) {
                        *self = other;
                        last = ExitStatus::Success;
                    } else {
                        return decides_over("fails");
                    }
                    continue;
                }
                // In the last list, a command that is skipped by a condition fails the task.
                (ListOperator::And, ExitStatus::Unknown) if last_list > Some(index) => {
                    let mut other = self.clone();
                    let status = other.pipeline(pipeline)?;
                    self.commands = other.commands;
                    if exits_with_failure(commands) {
                        continue;
                    }
                    if self.is_changed_by(&other) || other.exited {
                        return decides_over("succeeds");
                    }
                    *self = other;
                    if status == ExitStatus::Failure {
                        last = status;
                    }
                }
                (operator, _) => {
                    if operator == ListOperator::Sequence {
                        decided = self.calls.len();
                        if decided_before < decided && !self.shell.errexit {
                            self.note_ignored_failure(&format!(
                                "without `set -e`, the shell continues with `{part}`"
                            ));
                            decided_before = decided;
                        }
                    }
                    let status = self.pipeline(pipeline)?;
                    last = match (operator, last, status) {
                        (
                            ListOperator::And,
                            ExitStatus::AssumedSuccess | ExitStatus::Unknown,
                            ExitStatus::Success,
                        ) => ExitStatus::AssumedSuccess,
                        _ => status,
                    };
                }
            }
            before = part;
        }
        Ok(())
    }

    /// Notes that the task would succeed even if the last decision or action failed.
    fn note_ignored_failure(&mut self, why: &str) {
        if let Some(call) = self.calls.last() {
            let call = shortened(&call.text);
            self.notes.push(format!(
                "the task would succeed even if `{call}` failed: {why}"
            ));
        }
    }

    /// Whether the state of another session differs from this one.
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

    fn pipeline(&mut self, pipeline: &Pipeline) -> Result<ExitStatus, Unsupported> {
        if let [one] = pipeline.commands.as_slice() {
            return self.simple(one);
        }
        let mut status = ExitStatus::AssumedSuccess;
        for (index, command) in pipeline.commands.iter().enumerate() {
            let calls = self.calls.len();
            self.in_subshell(|inner| {
                status = inner.simple(command)?;
                Ok(())
            })?;
            let is_last = index + 1 == pipeline.commands.len();
            if calls < self.calls.len() && !is_last && !self.shell.pipefail {
                self.note_ignored_failure(
                    "without `set -o pipefail`, the exit code of a pipeline is that of its last command",
                );
            }
        }
        Ok(status)
    }

    fn simple(&mut self, command: &SimpleCommand) -> Result<ExitStatus, Unsupported> {
        let mut assigned = Vec::new();
        let mut unset = Vec::new();
        for (name, word) in &command.assignments {
            let value = unsplit(word, &self.variables);
            unset.extend(value.unset.iter().cloned());
            assigned.push((name, value));
        }
        let expanded = fields(&command.words, &self.variables);
        let words = expanded.fields;
        if self.shell.nounset {
            unset.extend(words.iter().flat_map(|word| word.unset.iter().cloned()));
            unset.extend(expanded.dropped.iter().cloned());
            for name in unset {
                self.errors.push(format!(
                    "`{}`: the variable {name} is not set, which is an error after `set -u`",
                    shortened(&command.text)
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
            return Ok(ExitStatus::Success);
        }
        let before = self.variables.clone();
        for (name, value) in assigned {
            self.variables.set_exported(name, value);
        }
        self.dropped = expanded.dropped;
        let followed = match words.is_empty() {
            true => Ok(ExitStatus::Success),
            false => self.command(&words, command),
        };
        if !command.assignments.is_empty() {
            self.variables = before;
        }
        followed
    }

    fn other(&mut self, words: &[Field], text: &str) -> Result<(), Unsupported> {
        // An unknown name could be any program.
        if let Some(what) = words.first().and_then(|first| first.opaque.as_ref()) {
            return Err(unsupported(
                text,
                &format!("the name of the program depends on {what}"),
            ));
        }
        self.skip(text);
        Ok(())
    }

    fn skip(&mut self, text: &str) {
        self.not_run.push(one_line(text));
    }
}

fn texts(fields: &[Field]) -> Vec<&str> {
    fields.iter().map(|field| field.text.as_str()).collect()
}

/// Whether commands create the path that a test checks for, so that it exists either way.
fn creates_tested_path(test: &str, commands: &[SimpleCommand]) -> bool {
    let words: Vec<&str> = test.split_whitespace().collect();
    let (["test", "-e" | "-d" | "-L" | "-h", path] | ["[", "-e" | "-d" | "-L" | "-h", path, "]"]) =
        words.as_slice()
    else {
        return false;
    };
    let [command] = commands else {
        return false;
    };
    let mut command_words = command.text.split_whitespace();
    matches!(command_words.next(), Some("ln" | "mkdir")) && command_words.last() == Some(*path)
}

/// Whether commands end a task as failed.
fn exits_with_failure(commands: &[SimpleCommand]) -> bool {
    commands.last().is_some_and(|command| {
        let words: Vec<&str> = command.text.split_whitespace().collect();
        match words.as_slice() {
            ["exit" | "return", code] => *code != "0",
            ["exit" | "return" | "false"] => true,
            _ => false,
        }
    })
}

fn unsupported(text: &str, reason: &str) -> Unsupported {
    Unsupported {
        part: one_line(text),
        reason: reason.to_owned(),
    }
}
