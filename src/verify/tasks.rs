//! Aliases, caches, dependencies, and tasks that must not be left.

use std::collections::BTreeMap;

use super::context::VerifyContext;
use crate::base::diagnostic::Diagnostics;
use crate::base::value::{Object, Value};
use crate::custom::version::{Rule, Rules};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;

/// The limit for dependencies of a task. The queue allows 10,000, of which one may be the decision task.
const MAX_DEPENDENCIES: usize = 9_999;

pub(super) fn toolchain_aliases(graph: &LabelGraph, _: VerifyContext<'_>, wrong: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, &Task> = BTreeMap::new();
    for task in graph.tasks() {
        let aliases: Vec<&str> = match task.attributes.get("toolchain-alias") {
            Some(Value::String(alias)) if !alias.is_empty() => vec![alias],
            Some(Value::Array(aliases)) => aliases.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        for alias in aliases {
            if let Some(other) = seen.get(alias) {
                wrong.push(
                    task.diagnostic(format!(
                        "the task `{}` has the same toolchain alias `{alias}`",
                        other.label
                    ))
                    .help("give one of them another `toolchain-alias`"),
                );
            } else {
                seen.insert(alias, task);
            }
        }
    }
}

/// The names of a task's docker-worker caches.
fn cache_names(payload: &Object) -> Vec<&str> {
    let caches = payload.get("cache");
    let caches = caches.and_then(|c| c.get("task-reference")).or(caches);
    caches
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|c| c.keys())
        .map(|key| key.as_str())
        .collect()
}

fn runs_run_task(payload: &Object, rules: Rules) -> bool {
    let command = payload.get("command").and_then(Value::as_array);
    let program = command
        .and_then(|parts| parts.first())
        .and_then(Value::as_str)
        .unwrap_or_default();
    match rules.has(Rule::VariantsOfRunTask) {
        true => program
            .rsplit('/')
            .next()
            .unwrap_or(program)
            .starts_with("run-task"),
        false => program.ends_with("run-task"),
    }
}

pub(super) fn caches(graph: &LabelGraph, context: VerifyContext<'_>, wrong: &mut Diagnostics) {
    let prefix = format!(
        "{}-level-{}-",
        context.graph_config.trust_domain(),
        context.params.level()
    );
    for task in graph.tasks() {
        let Some(payload) = task.task.get("payload").and_then(Value::as_object) else {
            continue;
        };
        for name in cache_names(payload) {
            let Some(rest) = name.strip_prefix(&prefix) else {
                wrong.push(
                    task.diagnostic(format!("its cache `{name}` does not begin with `{prefix}`"))
                        .help("add this prefix: caches belong to one trust domain and level"),
                );
                continue;
            };
            if !["checkouts", "tooltool-cache"]
                .iter()
                .any(|reserved| rest.starts_with(reserved))
            {
                continue;
            }
            if !runs_run_task(payload, context.rules()) {
                wrong.push(
                    task.diagnostic(format!(
                        "its cache `{rest}` is reserved for tasks that use run-task"
                    ))
                    .help("use `run.using: run-task`, or rename the cache"),
                );
            } else if !rest.contains(context.cache_suffix) {
                wrong.push(
                    task.diagnostic(format!(
                        "its cache `{rest}` is reserved for run-task, but the name of the cache does \
                         not depend on the version of run-task"
                    ))
                    .help("let the run-task transform name the caches"),
                );
            }
        }
    }
}

pub(super) fn dependencies(graph: &LabelGraph, _: VerifyContext<'_>, wrong: &mut Diagnostics) {
    for task in graph.tasks() {
        let count =
            task.dependencies.len() + task.if_dependencies.len() + task.soft_dependencies.len();
        if count > MAX_DEPENDENCIES {
            wrong.push(
                task.diagnostic(format!(
                    "it has {count} dependencies, more than the limit of {MAX_DEPENDENCIES}"
                ))
                .help("add intermediate tasks that each depend on some of them"),
            );
        }
    }
}

pub(super) fn always_optimized(graph: &IdGraph, wrong: &mut Diagnostics) {
    for task in graph.tasks() {
        if task.task.get("workerType").and_then(Value::as_str) == Some("always-optimized") {
            let searched = task.optimization.get("index-search");
            let paths = searched.and_then(Value::as_array).into_iter().flatten();
            let paths: Vec<&str> = paths.filter_map(Value::as_str).collect();
            let diagnostic = crate::base::diagnostic::Diagnostic::user(
                "it must be replaced with an existing task, but none was found",
            )
            .in_kind(&task.kind)
            .in_task(task.label.as_str())
            .at(task.provenance.place.clone())
            .help(
                "check its `index-search` paths, or run it on a real worker; if another project builds it, a rehearsal \
                 needs one of the paths as `--indexed PATH`",
            );
            wrong.push(match paths.as_slice() {
                [] => diagnostic,
                paths => {
                    diagnostic.because(format!("the index has no task at {}", paths.join(", ")))
                }
            });
        }
    }
}
