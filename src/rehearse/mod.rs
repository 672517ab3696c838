//! Rehearses a release on an embedded Taskcluster: push, then one action for each flavor.
//!
//! 1. A sandbox is started. The decision task is what `.taskcluster.yml` renders for a push.
//! 2. Its definition is checked against the needs of workers, the queue and the decision itself
//!    ([`definition`]), and its command is read ([`command`]).
//! 3. The decision runs with the flags and variables of that command and the scopes of its task,
//!    its artifacts are published as its payload says ([`publish`]), and simulated workers finish
//!    the tasks that it created.
//! 4. For each flavor an action task is created the way an interface and the hooks service create
//!    it: from `actions.json` and `.taskcluster.yml`. It goes through the same steps, reads its
//!    request from its own definition, promotes on top of all previous graphs, and workers finish
//!    the tasks that it created.
//! 5. The checks read the artifacts and the queue, not the state of the program.

pub mod artifacts;
pub mod checks;
pub mod command;
mod definition;
mod event;
mod external;
mod flavors;
mod made;
mod options;
mod phase_report;
mod publish;
pub mod push;
pub mod rehearsal;
mod report;
mod staged;
mod task_run;
pub mod template;
mod tree;
mod upload;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{Value, json, truthy};
use crate::config::graph_config::GraphConfig;
use crate::decision::Context;
use crate::decision::parameters::version;
use crate::ports::environment::Environment;

use command::Parser;
pub use event::{Event, Events};
use flavors::{chain, flavors, previous_version};
pub use options::Options;
use rehearsal::Rehearsal;
pub use report::{Check, PhaseReport, Report};

/// Rehearses a release.
///
/// `parser` parses the arguments of the commands in tasks. `context` is the project; its Taskcluster is
/// not used, and neither are the environment variables of Taskcluster and of actions.
///
/// # Errors
/// When a phase could not be run. A failed check is not an error: it is in the report.
pub async fn run(
    context: Context<'_>,
    graph_config: &GraphConfig,
    options: &Options,
    parser: Parser,
    events: Events,
) -> Outcome<Report> {
    let flavors = flavors(graph_config, &options.flavors)?;
    let environment = without_taskcluster(context.environment);
    let context = Context {
        environment: &environment,
        taskcluster: None,
        ..context
    };
    let mut rehearsal = Rehearsal::start(context, graph_config, options, parser, events).await?;
    let outcome = rehearse(&mut rehearsal, &flavors, options).await;
    rehearsal.stop().await;
    outcome
}

async fn rehearse(
    rehearsal: &mut Rehearsal<'_>,
    flavors: &[String],
    options: &Options,
) -> Outcome<Report> {
    for path in &options.indexed {
        rehearsal.add_indexed_task(path)?;
    }
    let mut phases = vec![rehearsal.push().await?];
    let mut flavors = flavors.iter();
    // A phase without artifacts, or with tasks that failed, cannot be promoted from.
    while rehearsal.outputs().len() == phases.len()
        && phases.last().is_some_and(PhaseReport::staged_tasks_pass)
        && let Some(name) = flavors.next()
    {
        let input = input(rehearsal, name, options)?;
        phases.push(rehearsal.promote(name, input).await?);
    }
    Ok(Report {
        phases,
        not_rehearsed: flavors.cloned().collect(),
        notes: rehearsal.notes(),
    })
}

/// Returns the input of the action for a flavor.
fn input(rehearsal: &Rehearsal<'_>, name: &str, options: &Options) -> Result<Value, Diagnostic> {
    let previous: Vec<String> = rehearsal.graphs().iter().map(ToString::to_string).collect();
    let mut input = json!({
        "release_promotion_flavor": if name.contains('+') {
            chain(name).map(Value::from).collect()
        } else {
            Value::from(name)
        },
        "build_number": 1,
        "previous_graph_ids": previous,
    });
    if !options.rebuild_kinds.is_empty() {
        input["rebuild_kinds"] = json!(options.rebuild_kinds);
    }
    if !options.do_not_optimize.is_empty() {
        input["do_not_optimize"] = json!(options.do_not_optimize);
    }
    let current = version(rehearsal.context.files)?;
    if current.is_none() {
        input["version"] = json!("1.0");
    }
    let bump = |flavor: &str| rehearsal.flavor(flavor).and_then(|f| f.get("version-bump"));
    if chain(name).any(|flavor| bump(flavor).is_some_and(truthy)) {
        input["next_version"] = json!(next_version(current.as_deref().unwrap_or("1.0")));
    }
    let partials = |flavor: &str| {
        rehearsal
            .flavor(flavor)
            .and_then(|f| f.get("partial-updates"))
    };
    if chain(name).any(|flavor| partials(flavor).is_some_and(truthy)) {
        let before = previous_version(current.as_deref().unwrap_or("1.0"));
        input["partial_updates"] = json!({before: {"buildNumber": 1, "locales": []}});
    }
    for (key, value) in &options.input {
        input[key.as_str()] = value.clone();
    }
    Ok(input)
}

/// Returns the version with its last number incremented.
fn next_version(version: &str) -> String {
    let start = version.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    match version[start..].parse::<u64>() {
        Ok(number) => format!("{}{}", &version[..start], number.saturating_add(1)),
        Err(_) => format!("{version}.1"),
    }
}

fn without_taskcluster(environment: &Environment) -> Environment {
    [
        "TASK_ID",
        "RUN_ID",
        "TASKCLUSTER_PROXY_URL",
        "TASKCLUSTER_ROOT_URL",
        "TASKCLUSTER_CLIENT_ID",
        "TASKCLUSTER_ACCESS_TOKEN",
        "TASKCLUSTER_CERTIFICATE",
        "ACTION_CALLBACK",
        "ACTION_INPUT",
        "ACTION_TASK_ID",
        "ACTION_TASK_GROUP_ID",
    ]
    .into_iter()
    .fold(environment.clone(), Environment::without)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_version_increments_the_last_number() {
        assert_eq!(next_version("1.0"), "1.1");
        assert_eq!(next_version("94.0b9"), "94.0b10");
        assert_eq!(next_version("115.0esr"), "115.0esr.1");
    }
}
