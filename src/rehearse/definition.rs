//! Checks the definition of a decision or action task before it runs.
//!
//! Real workers run the command of the definition, with its variables, proxy, caches and artifacts.
//! Each is checked against what the task needs, so that a mistake in `.taskcluster.yml` is found
//! here and not by the next push.

use super::check::Check;
use super::command::{
    self, Command, CommandError, Parser, Subcommand, Worker, absolute, below, shortened,
};
use super::publish;
use super::push::Push;
use crate::base::repo_url::parse_repository_url;
use crate::base::scope::ScopeSet;
use crate::base::suggest;
use crate::base::value::Value;
use crate::config::graph_config::{GraphConfig, join};
use crate::decision::flags::DecisionFlags;
use crate::ports::files::Files;
use crate::ports::python::Mode;
use crate::submit::preflight;

/// What a definition is checked against.
pub struct Expectations<'a> {
    /// The push that is rehearsed.
    pub push: &'a Push,
    /// The files of the repository.
    pub files: &'a dyn Files,
    /// The configuration that the rehearsal has loaded.
    pub graph_config: &'a GraphConfig,
    /// How much of the project runs in Python in the rehearsal.
    pub python: Mode,
    /// Whether the task is that of an action.
    pub action: bool,
    /// Whether a command that cannot be read is accepted.
    pub accept_unread: bool,
    /// The scopes of the task, with all that roles grant.
    pub scopes: &'a ScopeSet,
    /// The variables that the worker sets.
    pub worker_env: &'a [(&'a str, String)],
    /// Parses arguments.
    pub parser: Parser,
}

/// The findings about a definition.
#[derive(Debug, Default)]
pub struct Findings {
    /// The command, if it could be read.
    pub command: Option<Command>,
    /// The checks, with their results.
    pub checks: Vec<Check>,
    /// Why the command could not be read.
    pub unreadable: Option<String>,
    /// Remarks about the task.
    pub notes: Vec<String>,
}

impl Findings {
    /// Whether all checks pass.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(Check::holds)
    }

    /// Returns the flags of the decision, and whether it verifies.
    pub fn decision_flags(&self) -> Option<(DecisionFlags, bool)> {
        let command = self.command.as_ref()?;
        let Subcommand::Decision { flags, verify, .. } = &command.subcommand else {
            return None;
        };
        let mut flags = (**flags).clone();
        if let Some(path) = &mut flags.try_task_config_file {
            let whole = absolute(&command.folder, path);
            if let Some(path_from_root) = below(&whole, &command.checkout.folder) {
                *path = path_from_root.to_owned();
            }
        }
        Some((flags, *verify))
    }
}

/// Checks a definition against the expected one.
pub fn check(definition: &Value, expected: &Expectations<'_>) -> Findings {
    let mut found = Findings::default();
    let read = command::read(definition, expected.worker_env, expected.parser);
    let mut add = |rule, breaches| found.checks.push(Check { rule, breaches });
    add(
        "the worker accepts the payload of the task",
        payload(definition),
    );
    add(
        "the task reaches Taskcluster through the proxy",
        proxy(definition)
            .into_iter()
            .chain(
                read.iter()
                    .flat_map(|command| changed_worker_variables(definition, command, expected)),
            )
            .collect(),
    );
    add(
        "the scopes of the task cover its caches",
        caches(definition, expected.scopes),
    );
    let (unreadable, mismatches) = match &read {
        Ok(command) => (None, mismatches(definition, command, expected)),
        Err(CommandError::Fails(reasons)) => (None, reasons.clone()),
        Err(CommandError::Unreadable(why)) => (Some(why.clone()), Vec::new()),
    };
    if !expected.accept_unread || unreadable.is_none() {
        add(
            "the command of the task can be read",
            unreadable.iter().cloned().collect(),
        );
    }
    if unreadable.is_none() {
        add("the command of the task runs", mismatches);
    }
    if let Ok(command) = &read {
        add(
            "artifacts that are read later are published",
            publish::check_before_run(definition, command),
        );
    }
    found.unreadable = unreadable;
    found.command = read.ok();
    found
}

fn payload(definition: &Value) -> Vec<String> {
    let violations = preflight::payload(definition).into_iter();
    violations
        .map(|violation| match violation.help {
            Some(help) => format!("{}: {help}", violation.message),
            None => violation.message,
        })
        .collect()
}

fn proxy(definition: &Value) -> Vec<String> {
    let features = &definition["payload"]["features"];
    if features["taskclusterProxy"] == true {
        return Vec::new();
    }
    let why = match features.get("taskclusterProxy") {
        Some(_) => "`payload.features.taskclusterProxy` is not `true`".to_owned(),
        None => {
            let names = features
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str());
            let similar = |name: &&str| suggest::nearest(name, ["taskclusterProxy"]).is_some();
            let near = names.clone().find(similar);
            let hint = near.map_or_else(String::new, |name| {
                format!(" (is it misspelled as `{name}`?)")
            });
            format!("`payload.features.taskclusterProxy` is missing{hint}")
        }
    };
    vec![format!(
        "{why}; without it the task has no credentials and cannot create tasks"
    )]
}

/// Finds the worker's Taskcluster variables that a command changes or unsets before it runs taskgraph.
fn changed_worker_variables(
    definition: &Value,
    command: &Command,
    expected: &Expectations<'_>,
) -> Vec<String> {
    let names = ["TASKCLUSTER_PROXY_URL", "TASKCLUSTER_ROOT_URL"];
    let changed = names.into_iter().filter(|name| {
        let value = command.variables.get(*name).map(String::as_str);
        let declared = definition["payload"]["env"][*name].as_str();
        let mut expected_values = expected
            .worker_env
            .iter()
            .filter(|(expected_values, _)| expected_values == name);
        expected_values
            .next()
            .is_some_and(|(_, expected_values)| value != Some(expected_values.as_str()))
            && (value.is_none() || value != declared)
    });
    let text = shortened(&command.text);
    changed
        .map(|name| match command.variables.contains_key(name) {
            true => format!("`{text}`: the command changes {name} before this call"),
            false => format!("`{text}`: the command unsets {name} before this call"),
        })
        .collect()
}

/// Finds the scopes for caches that the task lacks.
fn caches(definition: &Value, scopes: &ScopeSet) -> Vec<String> {
    let payload = &definition["payload"];
    let docker = payload["cache"].as_object().into_iter().flatten();
    let docker = docker.map(|(name, _)| name.as_str());
    let mounts = payload["mounts"].as_array().into_iter().flatten();
    let mounts = mounts.filter_map(|mount| mount["cacheName"].as_str());
    let worker = match Worker::from_definition(definition) {
        Worker::Docker => "docker-worker",
        Worker::Generic => "generic-worker",
    };
    let needed = docker
        .chain(mounts)
        .map(|name| format!("{worker}:cache:{name}"));
    let missing = needed.filter(|scope| !scopes.satisfies(scope));
    missing
        .map(|scope| format!("the task lacks the scope `{scope}`"))
        .collect()
}

/// Finds why a command would fail, or how it differs from what the push needs.
fn mismatches(definition: &Value, command: &Command, expected: &Expectations<'_>) -> Vec<String> {
    let text = shortened(&command.text);
    let mut messages = Vec::new();
    let mut report = |message: String| messages.push(format!("`{text}`: {message}"));
    let root = expected.graph_config.root();
    let read = root_of(command, expected.files);
    let older = root == "taskcluster/ci" && read == "taskcluster";
    if read != root && !older {
        report(format!(
            "it reads {read}/config.yml, but the rehearsal was started for {root}/config.yml; pass `--root {read}` \
             to `snowman rehearse` if that is the right one"
        ));
    }
    if command.python != Mode::default() && command.python != expected.python {
        report(format!(
            "it runs with `--python {}`; pass the same option to `snowman rehearse`",
            command.python
        ));
    }
    match (&command.subcommand, expected.action) {
        (Subcommand::Decision { flags, creates, .. }, false) => {
            if !creates {
                report(
                    "the decision task must not use `--preflight-only`, which creates no tasks"
                        .to_owned(),
                );
            }
            check_push_flags(definition, command, flags, expected.push, &mut report);
        }
        (Subcommand::Action, true) => {}
        (_, true) => report("an action task must run `action-callback`".to_owned()),
        (_, false) => report("a decision task must run `decision`".to_owned()),
    }
    messages
}

/// The folder of config.yml that a command reads, from the root of the repository.
fn root_of(command: &Command, files: &dyn Files) -> String {
    let mut root = command.root.clone();
    let has = |root: &str, config| files.mode(&join(root, config)).is_ok();
    while command.searches && !has(&root, "config.yml") && !has(&root, "ci/config.yml") {
        let Some((folder, name)) = root.rsplit_once('/') else {
            break;
        };
        let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
        root = join(above, name);
    }
    root
}

/// Checks that the flags of a decision are those of the push.
fn check_push_flags(
    definition: &Value,
    command: &Command,
    flags: &DecisionFlags,
    push: &Push,
    report: &mut dyn FnMut(String),
) {
    let unset = |name: &str| match command.unset.get(name) {
        Some(variable) => format!(": the variable {variable} is not set"),
        None => String::new(),
    };
    for (name, value) in [
        ("project", &flags.project),
        ("owner", &flags.owner),
        ("base-repository", &flags.base_repository),
        ("head-ref", &flags.head_ref),
    ] {
        if value.is_empty() {
            report(format!("`--{name}` is empty{}", unset(name)));
        }
    }
    for (name, value, expected) in [
        ("tasks-for", &flags.tasks_for, push.service.tasks_for()),
        ("head-repository", &flags.head_repository, &push.repository),
        ("head-rev", &flags.head_rev, &push.head_rev),
    ] {
        if value != expected {
            report(format!(
                "`--{name}` is `{value}`, but the push has `{expected}`{}",
                unset(name)
            ));
        }
    }
    if let Some(url) = &command.checkout.repository
        && !is_same_repository(url, &push.repository)
    {
        report(format!(
            "the checkout is of `{url}`, but the push is to `{}`",
            push.repository
        ));
    }
    if let Some(revision) = command
        .checkout
        .revision
        .as_ref()
        .filter(|rev| **rev != push.head_rev)
    {
        report(format!(
            "the checkout is at `{revision}`, but the push has `{}`",
            push.head_rev
        ));
    }
    let scheduler = definition["schedulerId"].as_str().unwrap_or_default();
    let level = scheduler.rsplit_once("-level-").map(|(_, level)| level);
    match level {
        Some(level) if level != flags.level => report(format!(
            "`--level` is `{}`, but the schedulerId of the task is `{scheduler}`",
            flags.level
        )),
        None if flags.level.parse::<u8>().is_err() => {
            report(format!(
                "`--level`: expected a number, found `{}`{}",
                flags.level,
                unset("level")
            ));
        }
        _ => {}
    }
}

/// Whether two URLs refer to the same repository.
fn is_same_repository(first: &str, second: &str) -> bool {
    let named = |url: &str| match parse_repository_url(url) {
        Some(url) => url.role_prefix,
        None => url
            .trim_end_matches('/')
            .trim_end_matches(".git")
            .to_owned(),
    };
    named(first) == named(second)
}
