//! Rehearses a release on an embedded Taskcluster: push, then one action for each flavor.
//!
//! 1. A sandbox is started. The decision task is what `.taskcluster.yml` renders for a push.
//! 2. Its definition is checked against what workers, the queue and the decision itself need
//!    ([`definition`]), and its command is read ([`command`]).
//! 3. The decision runs with the flags and variables of that command and the scopes of its task,
//!    its artifacts are published as its payload says ([`publish`]), and simulated workers finish
//!    the tasks that it created.
//! 4. For each flavor an action task is created the way an interface and the hooks service create
//!    it: from `actions.json` and `.taskcluster.yml`. It goes through the same steps, reads its
//!    request from its own definition, promotes on top of all previous graphs, and workers finish
//!    the tasks that it created.
//! 5. The checks look at the artifacts and the queue, not at the state of the code.

mod account;
pub mod checks;
pub mod command;
mod definition;
pub mod phase;
mod publish;
pub mod push;
mod report;
pub mod stage;
mod stand_in;
pub mod template;
mod upload;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::actions::plan;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value, json, truthy};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::Phase;
use crate::decision::Context;
use crate::decision::parameters::version;
use crate::ports::environment::Environment;
use crate::ports::python::Mode;

use command::Parser;
pub use report::{Check, PhaseReport, Report};
use stage::Stage;

/// What is rehearsed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The flavors, in order. When there is none: one for each phase that the first product has, or all
    /// where none is of a product. Those that a `+` joins are promoted by one action.
    pub flavors: Vec<String>,
    /// Kinds that every flavor builds again; the flavor's own when there is none.
    pub rebuild_kinds: Vec<String>,
    /// Labels that every flavor builds again; the flavor's own when there is none.
    pub do_not_optimize: Vec<String>,
    /// Where the sandbox keeps its state.
    pub folder: Option<PathBuf>,
    /// The branch that is pushed to; the main one of the project when there is none.
    pub branch: Option<String>,
    /// The root URL that `.taskcluster.yml` is told, for projects that tell deployments apart; the
    /// sandbox's when there is none.
    pub root_url: Option<String>,
    /// Paths of the index at which a task is found: what other projects have built.
    pub indexed: Vec<String>,
    /// How much of the project runs in Python.
    pub python: Mode,
    /// Whether a task is rehearsed even if its command cannot be read, with flags that fit the
    /// push.
    pub accept_unread_command: bool,
    /// What every action is given besides, as a project's own schema may ask for; it comes before
    /// what is worked out here.
    pub input: Object,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The sandbox listens.
    Started {
        /// Its root URL.
        root_url: String,
    },
    /// A phase begins.
    Phase {
        /// Its name.
        name: String,
    },
    /// A task was created.
    Created {
        /// Its label.
        label: String,
    },
    /// A task was resolved.
    Resolved {
        /// Its label.
        label: String,
        /// Its state.
        state: String,
    },
}

/// Hears what happens.
pub type Events = std::sync::Arc<dyn Fn(Event) + Send + Sync>;

/// Rehearses.
///
/// `parser` parses the arguments of the commands in tasks. `context` is the project; its Taskcluster
/// is not used, nor are variables of its environment that concern Taskcluster or an action.
///
/// # Errors
/// When a phase could not be run. What does not hold is no error: it is in the report.
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
    let mut stage = Stage::start(context, graph_config, options, parser, events).await?;
    let outcome = rehearse(&mut stage, &flavors, options).await;
    stage.stop().await;
    outcome
}

async fn rehearse(stage: &mut Stage<'_>, flavors: &[String], options: &Options) -> Outcome<Report> {
    for path in &options.indexed {
        stage.index(path)?;
    }
    let mut phases = vec![stage.push().await?];
    let mut flavors = flavors.iter();
    // A phase without artifacts cannot be promoted from.
    while stage.ran().len() == phases.len()
        && let Some(name) = flavors.next()
    {
        let input = input(stage, name, options)?;
        phases.push(stage.promote(name, input).await?);
    }
    Ok(Report {
        phases,
        not_rehearsed: flavors.cloned().collect(),
        notes: stage.notes(),
    })
}

/// The flavors to rehearse.
fn flavors(config: &GraphConfig, wanted: &[String]) -> Outcome<Vec<String>> {
    let section = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"));
    let none = Object::new();
    let all = section.and_then(Value::as_object).unwrap_or(&none);
    if all.is_empty() && !wanted.is_empty() {
        return Err(
            Diagnostic::user("the graph config has no `release-promotion.flavors`")
                .help("without flavors only the push can be rehearsed: name none")
                .into(),
        );
    }
    let mut wrong = Diagnostics::new();
    let named = wanted.iter().flat_map(|wanted| chain(wanted));
    for name in named.filter(|name| !all.contains_key(name)) {
        wrong.push(
            Diagnostic::user(format!("there is no flavor `{name}`"))
                .help(suggest::hint(name, all.keys().map(|key| key.as_str()))),
        );
    }
    wrong.or_ok(())?;
    if !wanted.is_empty() {
        return Ok(wanted.to_vec());
    }
    Ok(usual(config, all))
}

/// The flavors that are rehearsed by default: of the first product with the most phases, one for
/// each phase in order; or all in the order of config.yml if none names a product.
fn usual(config: &GraphConfig, all: &Object) -> Vec<String> {
    let product = |flavor: &Value| flavor.get("product")?.as_str().map(str::to_owned);
    let mut products: Vec<String> = Vec::new();
    for product in all.values().filter_map(product) {
        if !products.contains(&product) {
            products.push(product);
        }
    }
    let phases = plan::phases(config);
    let mut best: Vec<String> = Vec::new();
    for product_name in products {
        let mut chosen: BTreeMap<Phase, &str> = BTreeMap::new();
        for phase in Phase::ALL {
            let of_phase = |name: &str| phases.get(name) == Some(&Some(phase));
            let mut names = all.iter().filter_map(|(name, flavor)| {
                let candidate = flavor.get("is-rc").is_some_and(truthy);
                let fits = product(flavor).as_ref() == Some(&product_name) && !candidate;
                (fits && of_phase(name)).then_some(name.as_str())
            });
            // The usual flavor of a phase has no further words in its name.
            let plain = format!("{phase}_{product_name}");
            let first = names.next();
            let name = first.into_iter().chain(names).find(|name| *name == plain);
            chosen.extend(name.or(first).map(|name| (phase, name)));
        }
        if chosen.len() > best.len() {
            best = chosen.into_values().map(str::to_owned).collect();
        }
    }
    if best.is_empty() {
        return all.keys().map(ToString::to_string).collect();
    }
    best
}

/// The flavors that one action promotes.
pub fn chain(wanted: &str) -> impl Iterator<Item = &str> {
    wanted.split('+')
}

/// The input of the action for a flavor.
fn input(stage: &Stage<'_>, name: &str, options: &Options) -> Result<Value, Diagnostic> {
    let previous: Vec<String> = stage.graphs().iter().map(ToString::to_string).collect();
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
    let current = version(stage.context.files)?;
    if current.is_none() {
        input["version"] = json!("1.0");
    }
    let bump = |flavor: &str| stage.flavor(flavor).and_then(|f| f.get("version-bump"));
    if chain(name).any(|flavor| bump(flavor).is_some_and(truthy)) {
        input["next_version"] = json!(next_version(current.as_deref().unwrap_or("1.0")));
    }
    for (key, value) in &options.input {
        input[key.as_str()] = value.clone();
    }
    Ok(input)
}

/// The version with its last number one higher.
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
    fn the_next_version_counts_its_last_number_up() {
        assert_eq!(next_version("1.0"), "1.1");
        assert_eq!(next_version("94.0b9"), "94.0b10");
        assert_eq!(next_version("115.0esr"), "115.0esr.1");
    }
}
