//! Reads the command of a decision or action task: its arguments, folder, variables and links.
//!
//! Input: the payload of a rendered task, and the parser of the command line. Output: a [`Command`].
//!
//! 1. The words of `payload.command` are followed to taskgraph ([`session`]): through `run-task`,
//!    shells ([`syntax`], [`expand`]), `env`, `mach`, `python -m`, `uv run` and the like
//!    ([`programs`]).
//! 2. The arguments are parsed by the program's own parser, which is passed in.
//! 3. Exactly one call must be a decision or an action. A part that cannot be followed is
//!    [`CommandError::Unreadable`], one that would fail is [`CommandError::Fails`].
//!
//! Nothing is executed, and nothing is guessed: a value that only a shell could know is never used.

mod ast;
mod expand;
mod ln;
mod programs;
mod run_task;
mod session;
mod shell;
mod syntax;
mod text;
mod worker_path;

use std::collections::BTreeMap;

use crate::base::posix::basename;
use crate::base::suggest;
use crate::base::value::Value;
use crate::decision::flags::DecisionFlags;
use crate::ports::python::Mode;
use ast::Unsupported;
use expand::Field;
pub use run_task::Checkout;
use session::{Call, Session};
use text::one_line;
pub use text::shortened;
pub use worker_path::{Links, absolute, below};

/// The parsed arguments of taskgraph or snowman.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedArguments {
    /// `--root`, if it is given
    pub root: Option<String>,
    /// `--python`
    pub python: Mode,
    /// The command.
    pub subcommand: Subcommand,
}

/// A command of taskgraph or snowman.
#[derive(Debug, Clone, PartialEq)]
pub enum Subcommand {
    /// `decision`
    Decision {
        /// The flags that become parameters.
        flags: Box<DecisionFlags>,
        /// Whether graph and payloads are verified.
        verify: bool,
        /// Whether tasks are created.
        creates: bool,
    },
    /// `action-callback`
    Action,
    /// Another command.
    Other,
}

/// Parses arguments of taskgraph or snowman, without the program's name. The error is the program's
/// message, in one line.
pub type Parser = fn(&[String]) -> Result<ParsedArguments, String>;

/// The workers that decision tasks run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// docker-worker, or generic-worker with a payload of its form.
    Docker,
    /// generic-worker.
    Generic,
}

impl Worker {
    /// The worker of a definition: the one named by its tags, or else the one that its payload
    /// fits.
    #[must_use]
    pub fn from_definition(definition: &Value) -> Self {
        let payload = &definition["payload"];
        let listed = payload["artifacts"].is_array() || payload.get("mounts").is_some();
        match definition["tags"]["worker-implementation"].as_str() {
            Some("docker-worker") => Self::Docker,
            _ if payload.get("image").is_some() && !listed => Self::Docker,
            Some("generic-worker") => Self::Generic,
            _ if listed => Self::Generic,
            _ => Self::Docker,
        }
    }
}

/// The default working folder of a task. For generic-worker it represents the task's own folder,
/// whose name differs in each task.
pub const TASK_FOLDER: &str = "/builds/worker";

/// Files with their contents.
pub type Written = Vec<(String, String)>;

/// The command of a task.
#[derive(Debug, Clone)]
pub struct Command {
    /// Its subcommand.
    pub subcommand: Subcommand,
    /// The folder of config.yml, from the root of the repository.
    pub root: String,
    /// Whether it is only looked for there first, and then in the folders above: snowman does so without `--root`.
    pub searches: bool,
    /// How much of the project runs in Python.
    pub python: Mode,
    /// The call of taskgraph, as it was written.
    pub text: String,
    /// The folder that it runs in.
    pub folder: String,
    /// The checkout that contains this folder.
    pub checkout: Checkout,
    /// The variables in its environment.
    pub variables: BTreeMap<String, String>,
    /// The links before it.
    pub links_before: Links,
    /// The links at the end.
    pub links: Links,
    /// Files that are written before it, and after it: path and content.
    pub written: (Written, Written),
    /// The parts that a rehearsal does not run.
    pub not_run: Vec<String>,
    /// Options whose value is an unset variable, by name without dashes.
    pub unset: BTreeMap<String, String>,
    /// Remarks about it.
    pub notes: Vec<String>,
}

/// Why a command cannot be rehearsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandError {
    /// It cannot be followed: the part, and why.
    Unreadable(String),
    /// It would fail, for all these reasons.
    Fails(Vec<String>),
}

impl From<Unsupported> for CommandError {
    fn from(error: Unsupported) -> Self {
        Self::Unreadable(format!("{}: `{}`", error.reason, error.part))
    }
}

/// Reads the command of a task; `worker_env` are the variables that its worker sets.
///
/// # Errors
/// When it cannot be followed to exactly one decision or action, or would fail on the way.
pub fn read(
    definition: &Value,
    worker_env: &[(&str, String)],
    parser: Parser,
) -> Result<Command, CommandError> {
    let mut session = Session::new(TASK_FOLDER);
    let variables = &mut session.variables.exported;
    variables.insert("HOME".to_owned(), TASK_FOLDER.to_owned());
    variables.insert("TASK_WORKDIR".to_owned(), TASK_FOLDER.to_owned());
    for (name, value) in worker_env {
        variables.insert((*name).to_owned(), value.clone());
    }
    for (name, value) in definition["payload"]["env"]
        .as_object()
        .into_iter()
        .flatten()
    {
        if let Some(value) = value.as_str() {
            variables.insert(name.to_string(), value.to_owned());
        }
    }
    entry_point(&mut session);
    for words in commands(definition)? {
        let text = one_line(
            &words
                .iter()
                .map(|word| word.text.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        );
        let folder = session.folder.clone();
        session.words(&words, &text)?;
        // Each command of generic-worker begins in the folder of the task.
        session.folder = folder;
    }
    only_call(session, parser)
}

/// The commands of a payload, as lists of words.
fn commands(definition: &Value) -> Result<Vec<Vec<Field>>, CommandError> {
    let command = &definition["payload"]["command"];
    let Some(items) = command.as_array().filter(|items| !items.is_empty()) else {
        return Err(CommandError::Unreadable(
            "`payload.command` is missing, so the default command of the image would run"
                .to_owned(),
        ));
    };
    let words = |items: &[Value]| -> Option<Vec<Field>> {
        let field = |item: &Value| {
            let text = item.as_str()?.to_owned();
            Some(Field {
                text,
                ..Field::default()
            })
        };
        items.iter().map(field).collect()
    };
    if let (Worker::Docker, Some(words)) = (Worker::from_definition(definition), words(items)) {
        return Ok(vec![words]);
    }
    let lists: Option<Vec<_>> = items.iter().map(|item| words(item.as_array()?)).collect();
    lists.ok_or_else(|| {
        CommandError::Unreadable(
            "`payload.command` is neither a list of arguments nor a list of such lists".to_owned(),
        )
    })
}

/// Does what the entry point of snowman's image does before it runs the command: it creates the
/// checkout that the variables name, and changes to it. See `docker/decision/entrypoint`.
fn entry_point(session: &mut Session) {
    let filled = |name: &str| {
        session
            .variables
            .get(name)
            .filter(|value| !value.is_empty())
    };
    if filled("SNOWMAN_HEAD_REPOSITORY").is_none() {
        return;
    }
    let folder = absolute(
        "/",
        filled("SNOWMAN_CHECKOUT").unwrap_or("/builds/worker/src"),
    );
    let revision = filled("SNOWMAN_HEAD_REV").map(str::to_owned);
    let repository = filled("SNOWMAN_HEAD_REPOSITORY").map(str::to_owned);
    session.checkouts.push(Checkout {
        folder: folder.clone(),
        repository,
        revision,
    });
    for made in ["artifacts", "docker-contexts"] {
        session.add_folder(absolute(&folder, made));
    }
    session.folder = folder;
}

/// Returns the only call that is a decision or an action, with its arguments parsed.
fn only_call(session: Session, parser: Parser) -> Result<Command, CommandError> {
    let mut wrong = session.errors.clone();
    let mut not_run = session.not_run.clone();
    let mut found: Vec<(&Call, ParsedArguments)> = Vec::new();
    for call in &session.calls {
        let words: Vec<String> = call
            .arguments
            .iter()
            .map(|field| field.text.clone())
            .collect();
        let opaque = call
            .arguments
            .iter()
            .find_map(|field| Some((field, field.opaque.as_ref()?)));
        // With an unknown part, the parser could report mistakes that do not exist.
        if let Some((field, what)) = opaque {
            let receiver = Some(option(&field.text)).filter(|option| !option.is_empty());
            let receiver = receiver.map_or_else(|| shortened(&call.text), str::to_owned);
            return Err(CommandError::Unreadable(format!(
                "`{receiver}` depends on {what}"
            )));
        }
        match parser(&words) {
            Ok(ParsedArguments {
                subcommand: Subcommand::Other,
                ..
            }) => not_run.push(call.text.clone()),
            Ok(arguments) => found.push((call, arguments)),
            Err(message) => wrong.push(format!("`{}`: {message}", shortened(&call.text))),
        }
    }
    match found.as_slice() {
        [_, _, ..] => {
            return Err(CommandError::Unreadable(
                "the command runs more than one decision or action".to_owned(),
            ));
        }
        [] if wrong.is_empty() => return Err(CommandError::Unreadable(no_call(&not_run))),
        _ if !wrong.is_empty() => return Err(CommandError::Fails(wrong)),
        _ => {}
    }
    let Some((call, arguments)) = found.pop() else {
        return Err(CommandError::Fails(wrong));
    };
    let mut enclosing: Vec<&Checkout> = session.checkouts.iter().collect();
    enclosing.retain(|checkout| below(&call.folder, &checkout.folder).is_some());
    enclosing.sort_by_key(|checkout| checkout.folder.len());
    let Some(checkout) = enclosing.last().map(|checkout| (*checkout).clone()) else {
        return Err(match session.checkouts.first() {
            Some(checkout) => CommandError::Fails(vec![format!(
                "`{}` runs in {}, which is outside the checkout {}: add `cd` or `--task-cwd`",
                shortened(&call.text),
                call.folder,
                checkout.folder
            )]),
            None => {
                CommandError::Unreadable("the command does not check out the repository".to_owned())
            }
        });
    };
    let (unset, unset_notes) = unset(call);
    let (before, after) = session
        .written
        .split_at(call.written.min(session.written.len()));
    let root = arguments.root.as_deref().unwrap_or("taskcluster");
    Ok(Command {
        root: below(&absolute(&call.folder, root), &checkout.folder)
            .unwrap_or(root)
            .to_owned(),
        searches: arguments.root.is_none() && call.is_snowman,
        python: arguments.python,
        subcommand: arguments.subcommand,
        text: call.text.clone(),
        folder: call.folder.clone(),
        variables: call.variables.clone(),
        links_before: call.links.clone(),
        written: (before.to_vec(), after.to_vec()),
        links: session.links.clone(),
        checkout,
        not_run,
        unset,
        notes: session.notes.iter().cloned().chain(unset_notes).collect(),
    })
}

/// Returns the options of a call whose value is an unset variable, and a remark about each.
fn unset(call: &Call) -> (BTreeMap<String, String>, Vec<String>) {
    let mut options = BTreeMap::new();
    let mut notes = Vec::new();
    let mut before = "";
    for field in &call.arguments {
        let own = option(&field.text);
        let option = if own.starts_with('-') { own } else { before };
        for name in &field.unset {
            notes.push(format!(
                "`{option}` uses the variable {name}, which is not set and therefore empty"
            ));
            options.insert(option.trim_start_matches('-').to_owned(), name.clone());
        }
        before = &field.text;
    }
    for name in &call.dropped {
        notes.push(format!(
            "`{}` uses the variable {name}, which is not set, so this argument is missing",
            shortened(&call.text)
        ));
    }
    (options, notes)
}

/// An argument without its value.
fn option(argument: &str) -> &str {
    argument.split('=').next().unwrap_or(argument)
}

/// Returns the message that nothing in a command runs taskgraph, with a likely misspelling.
fn no_call(not_run: &[String]) -> String {
    const PROGRAMS: [&str; 2] = ["taskgraph", "snowman"];
    let names = not_run
        .iter()
        .filter_map(|text| text.split(' ').next())
        .map(basename);
    let near = names
        .filter_map(|name| Some((name, suggest::nearest(name, PROGRAMS)?)))
        .next();
    let message = "the command runs neither taskgraph nor snowman";
    match near {
        Some((name, near)) => format!("{message}: did you mean `{near}` instead of `{name}`?"),
        None if not_run.is_empty() => message.to_owned(),
        None => format!("{message}, only `{}`", not_run.join("`, `")),
    }
}
