//! The environments of release services are kept apart.
//!
//! Taskgraph has no such verification, so projects cannot take it out of the table. It is an error only if a project
//! describes its environments in `environments.yml`; for others, what is known of Mozilla's services is used, and
//! violations are warnings.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::Diagnostics;
use crate::base::name::Label;
use crate::base::text::plural;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::config::release;
use crate::config::shipping::phase_name;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::release::environments::Environments;
use crate::release::environments::check::{CheckedTask, Findings, RULES, Setting, check};

/// The most warnings; the last one says how many more there are.
const MAX_WARNINGS: usize = 20;

pub(super) fn run(
    graph: &LabelGraph,
    config: &GraphConfig,
    params: &Parameters,
    wrong: &mut Diagnostics,
) {
    let environments = Environments::of_project(config);
    let tasks: Vec<CheckedTask<'_>> = graph.tasks().map(|task| checked(task)).collect();
    let dependencies = |label: &str| -> Vec<&str> {
        let label = Label::parse(label).ok();
        let task = label.and_then(|label| graph.get(&label));
        let edges = task.into_iter().flat_map(|task| {
            let weak = task.soft_dependencies.iter().chain(&task.if_dependencies);
            task.dependencies.values().chain(weak)
        });
        edges.map(Label::as_str).collect()
    };
    let findings = check(
        &environments,
        &setting(config, params),
        &tasks,
        &dependencies,
    );
    log(&findings);
    let mut warnings = Vec::new();
    for finding in &findings.found {
        let task = Label::parse(finding.label).ok();
        let Some(task) = task.and_then(|label| graph.get(&label)) else {
            continue;
        };
        let message = format!("{} (rule `{}`)", finding.message, finding.rule);
        let diagnostic = task.diagnostic(message).help(finding.help);
        match environments.is_declared() {
            true => wrong.push(diagnostic),
            false => warnings.push(diagnostic),
        }
    }
    for warning in warnings.iter().take(MAX_WARNINGS) {
        tracing::warn!("{warning}");
    }
    if warnings.len() > MAX_WARNINGS {
        let more = warnings.len() - MAX_WARNINGS;
        let more = plural(more, "more violation");
        tracing::warn!("{more} of the rules that keep environments apart");
    }
}

fn checked(task: &Task) -> CheckedTask<'_> {
    CheckedTask {
        label: task.label.as_str(),
        definition: &task.task,
        ships: phase_name(&task.attributes).is_some(),
    }
}

fn setting<'a>(config: &'a GraphConfig, params: &'a Parameters) -> Setting<'a> {
    let known = config
        .release_branches()
        .is_some_and(|projects| projects.contains_key(params.project()));
    Setting {
        level: params.level(),
        is_production: known.then(|| release::is_production(config, params)),
        trust_domain: config.trust_domain(),
        overrides: overrides(params),
    }
}

/// The worker pools that the push names in place of others.
fn overrides(params: &Parameters) -> BTreeSet<&str> {
    let config = params.get("try_task_config");
    let config = config.and_then(|config| config.get("worker-overrides"));
    let pools = config.and_then(Value::as_object).into_iter().flatten();
    pools.filter_map(|(_, pool)| pool.as_str()).collect()
}

fn log(findings: &Findings<'_>) {
    let mut pools: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, pool) in &findings.overridden {
        *pools.entry(pool).or_default() += 1;
    }
    for (pool, tasks) in pools {
        tracing::info!("Tasks that run in the development pool {pool}, as the push asks: {tasks}");
    }
    for rule in RULES {
        let looked_at = findings.looked_at.get(rule.name).copied().unwrap_or(0);
        let fired = findings
            .found
            .iter()
            .filter(|finding| finding.rule == rule.name)
            .count();
        tracing::debug!(
            "Environments: `{}`: looked at {looked_at}, found {fired}",
            rule.name
        );
    }
    for (host, tasks) in &findings.unmanaged {
        tracing::debug!("Environments: {host} is not managed here; tasks that name it: {tasks}");
    }
}
