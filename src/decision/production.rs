//! The release tasks of production beside those that are staged.
//!
//! Below release level, a decision stages release tasks as they are at its own level. What only differs in
//! production would not be rehearsed, so the same tasks are made with the parameters of a release, too. They
//! are never created:
//!
//! 1. The kinds of the release tasks, and those that they depend on, are generated again: level 3, and project
//!    and branch as `release-branches` of config.yml names them.
//! 2. Each of these tasks is checked against the rules of its worker: what it refuses only here is a mistake of
//!    the decision. It must not name hosts of staging either, as the staged task may.
//! 3. Every field that differs from the staged task goes into an artifact, with the reason why it may. A warning
//!    tells those that have none.
//!
//! A project whose kinds run in Python would pay for a second generation, so this is not done there. Nor is it
//! done where no branch is released. The artifact says so.

use std::collections::BTreeSet;

use super::context::Context;
use super::phases::Phases;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label};
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::{Parameters, Strictness};
use crate::config::release;
use crate::config::schema::Violation;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::morph::staged::{Settings, settings};
use crate::release::differences::{Because, Changed, Difference, differences};
use crate::release::environments::staging_host;
use crate::release::texts::each_text;
use crate::release::{Recognized, check, check_staged};

/// The most warnings about fields that differ; the artifact has all.
const MAX_WARNINGS: usize = 20;

/// What became of the comparison with production.
#[derive(Debug, Clone, PartialEq)]
pub enum Compared {
    /// It was made.
    Yes(Comparison),
    /// It was not made, for this reason.
    No(&'static str),
}

/// Why projects with Python are not compared.
const IN_PYTHON: &str = "kinds run in Python";

/// Why projects without a branch that is released are not compared.
const NOT_RELEASED: &str = "`release-branches` in config.yml names no branch that is released";

/// The release tasks of a graph in staging and in production.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The parameters that differ.
    pub changed: Vec<Changed>,
    /// How many tasks were compared.
    pub compared: usize,
    /// The fields that differ, by task.
    pub differences: Vec<(Label, Vec<Difference>)>,
    /// The release tasks that production does not have.
    pub missing: Vec<Label>,
}

/// Makes the release tasks of a target task graph as in production, and compares them; `None` if nothing is
/// staged.
///
/// # Errors
/// Everything that would go wrong in production only.
pub fn compare(
    phases: &Phases<'_>,
    full: &LabelGraph,
    target: &LabelGraph,
) -> Outcome<Option<Compared>> {
    let found = settings(phases.graph_config, phases.params)?;
    let Some(settings) = found.filter(|settings| settings.stages && settings.compares) else {
        return Ok(None);
    };
    let tasks = target.tasks().filter(|task| {
        let recognized = settings.recognize(&task.kind, &task.task);
        recognized.is_some()
    });
    let tasks: Vec<&Task> = tasks.map(AsRef::as_ref).collect();
    if tasks.is_empty() {
        return Ok(None);
    }
    if phases.context.python.is_some_and(|python| python.started()) {
        tracing::info!("The release tasks were not compared with those of production: {IN_PYTHON}");
        return Ok(Some(Compared::No(IN_PYTHON)));
    }
    let kinds: BTreeSet<&KindName> = tasks.iter().map(|task| &task.kind).collect();
    let (params, changed) = parameters(phases.graph_config, phases.params, &kinds)?;
    if !release::is_production(phases.graph_config, &params) {
        tracing::warn!(
            "The release tasks were not compared with those of production: {NOT_RELEASED}; \
             `compare-production: false` in `snowman.staging` turns the comparison off"
        );
        return Ok(Some(Compared::No(NOT_RELEASED)));
    }
    let context = Context {
        python: None,
        cache: None,
        ..phases.context
    };
    let production = Phases {
        context,
        params: &params,
        artifacts: None,
        ..*phases
    };
    let in_production = |diagnostic: Diagnostic| diagnostic.because(description(&changed));
    let production = production
        .full_set()
        .map_err(|wrong| wrong.map(in_production))?
        .0;
    wrong(&settings, &tasks, &production)
        .map(in_production)
        .or_ok(())?;
    let mut comparison = Comparison {
        changed,
        compared: 0,
        differences: Vec::new(),
        missing: Vec::new(),
    };
    for task in tasks {
        let Some(other) = production.get(&task.label) else {
            comparison.missing.push(task.label.clone());
            continue;
        };
        comparison.compared += 1;
        let of = |task: &Task| Value::Object(task.task.clone());
        let found = differences(&of(task), &of(other), &comparison.changed);
        if !found.is_empty() {
            comparison.differences.push((task.label.clone(), found));
        }
    }
    comparison.log(full);
    Ok(Some(Compared::Yes(comparison)))
}

/// What is wrong with the release tasks of production, but not with those that are staged.
fn wrong(settings: &Settings, tasks: &[&Task], production: &LabelGraph) -> Diagnostics {
    let mut found = Diagnostics::new();
    for task in tasks {
        let Some(other) = production.get(&task.label) else {
            continue;
        };
        let known = refusals(settings, task, check_staged);
        for (message, help) in refusals(settings, other, check) {
            if known.iter().any(|(known, _)| *known == message) {
                continue;
            }
            let mut diagnostic = other.diagnostic(message);
            diagnostic.help = help;
            found.push(diagnostic);
        }
        for message in staging_hosts(other) {
            found.push(other.diagnostic(message).help(
                "give production a host of its own, e.g. with `by-release-level: {production: …, default: …}`",
            ));
        }
    }
    found
}

/// What a check finds that the worker of a task would refuse, each with help.
fn refusals(
    settings: &Settings,
    task: &Task,
    check: fn(Recognized, &Value, bool) -> Vec<Violation>,
) -> Vec<(String, Option<String>)> {
    let Some(recognized) = settings.recognize(&task.kind, &task.task) else {
        return Vec::new();
    };
    let definition = Value::Object(task.task.clone());
    let refused = check(recognized, &definition, true);
    let refused = refused.into_iter().map(|violation| {
        let text = refusal(recognized, &violation.message);
        (text, violation.help)
    });
    refused.collect()
}

/// The hosts of staging that the payload of a task names. A staged task may name them.
fn staging_hosts(task: &Task) -> Vec<String> {
    let mut hosts = Vec::new();
    if let Some(payload) = task.task.get("payload") {
        each_text(payload, "payload", &mut |path, text| {
            if let Some(host) = staging_host(text) {
                hosts.push(format!("`{path}` names {host}, which is a host of staging"));
            }
        });
    }
    hosts
}

fn refusal(recognized: Recognized, message: &str) -> String {
    let system = recognized.system.name;
    format!("the release worker of {system} would refuse the task: {message}")
}

/// The parameters of a release, for some kinds, and what differs in them.
fn parameters(
    config: &GraphConfig,
    params: &Parameters,
    kinds: &BTreeSet<&KindName>,
) -> Outcome<(Parameters, Vec<Changed>)> {
    let mut values = params.values().clone();
    let (project, branch) = branch(config, params);
    // As `.taskcluster.yml` of the project passes it.
    let is_short = release::pushed_branch(params) == Some(params.str("head_ref"));
    let reference = branch.map(|branch| match is_short {
        true => branch,
        false => format!("refs/heads/{branch}"),
    });
    let wanted = [
        ("level", Some("3".to_owned())),
        ("project", Some(project)),
        ("head_ref", reference),
    ];
    let mut changed = Vec::new();
    for (name, value) in wanted {
        let Some(production) = value.filter(|value| value != params.str(name)) else {
            continue;
        };
        values.insert(name, Value::from(production.as_str()));
        let staging = params.str(name).to_owned();
        changed.push(Changed {
            name,
            staging,
            production,
        });
    }
    let kinds = kinds.iter().map(|kind| Value::from(kind.as_str()));
    values.insert("target-kinds", kinds.collect::<Value>());
    let strictness = match params.are_strict() {
        true => Strictness::Strict,
        false => Strictness::Lenient,
    };
    Ok((Parameters::new(values, strictness)?, changed))
}

/// The project and branch of a release: its own if they are among `release-branches`, else the first.
fn branch(config: &GraphConfig, params: &Parameters) -> (String, Option<String>) {
    let own = params.project();
    let Some(branches) = config.release_branches() else {
        return (own.to_owned(), None);
    };
    let first_of = |value: &Value| match value {
        Value::Bool(true) => Some(None),
        Value::Array(names) => Some(Some(names.iter().find_map(Value::as_str)?.to_owned())),
        _ => None,
    };
    let current = release::pushed_branch(params);
    let has_current = |value: &Value| value.texts().any(|name| Some(name) == current);
    if let Some(value) = branches.get(own)
        && let Some(branch) = first_of(value)
    {
        return (own.to_owned(), branch.filter(|_| !has_current(value)));
    }
    let mut others = branches.iter();
    let found = others.find_map(|(project, value)| Some((project.to_string(), first_of(value)?)));
    found.unwrap_or_else(|| (own.to_owned(), None))
}

/// The parameters of production in words.
fn description(changed: &[Changed]) -> String {
    let values = changed
        .iter()
        .map(|one| format!("{} `{}`", one.name, one.production));
    let values: Vec<String> = values.collect();
    format!(
        "this happens with the parameters of production: {}",
        values.join(", ")
    )
}

impl Compared {
    /// The content of the artifact.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Yes(comparison) => comparison.to_json(),
            Self::No(reason) => json!({"notCompared": *reason}),
        }
    }
}

impl Comparison {
    fn to_json(&self) -> Value {
        let parameters = self.changed.iter().map(|one| {
            let sides = json!({"staging": one.staging, "production": one.production});
            (one.name.to_owned(), sides)
        });
        let tasks = self.differences.iter().map(|(label, found)| {
            let fields: Value = found.iter().map(Difference::to_json).collect();
            json!({"label": label.as_str(), "fields": fields})
        });
        let missing = self.missing.iter().map(|label| Value::from(label.as_str()));
        json!({
            "parameters": Value::Object(parameters.collect::<Object>()),
            "compared": self.compared,
            "differing": tasks.collect::<Value>(),
            "missingInProduction": missing.collect::<Value>(),
        })
    }

    fn log(&self, full: &LabelGraph) {
        let fields = self.differences.iter().map(|(_, found)| found.len());
        let fields: usize = fields.sum();
        tracing::info!(
            "Compared {} release tasks with those of production: {fields} fields differ",
            self.compared
        );
        let unexplained = self.differences.iter().flat_map(|(label, found)| {
            let found = found.iter();
            let found = found.filter(|difference| difference.because == Because::Unknown);
            found.map(move |difference| (label, difference))
        });
        let unexplained: Vec<_> = unexplained.collect();
        for (label, difference) in unexplained.iter().take(MAX_WARNINGS) {
            let kind = full.get(label).map(|task| task.kind.as_str());
            let shown = |value: &Option<Value>| match value {
                Some(value) => format!("`{value}`"),
                None => "missing".to_owned(),
            };
            tracing::warn!(
                "{label} (kind {}): `{}` is {} in production but {} here; the value of production is not rehearsed",
                kind.unwrap_or_default(),
                difference.path,
                shown(&difference.production),
                shown(&difference.staging),
            );
        }
        if unexplained.len() > MAX_WARNINGS {
            tracing::warn!(
                "{} more fields differ without a known reason; see public/staging/production.json",
                unexplained.len() - MAX_WARNINGS
            );
        }
        for label in &self.missing {
            tracing::warn!("{label} does not exist in production");
        }
    }
}
