//! Aliases, caches, dependencies, and tasks that must not be left.

use std::collections::BTreeMap;

use super::Surroundings;
use crate::base::diagnostic::Diagnostics;
use crate::base::value::{Object, Value};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;

/// How many dependencies a task may have. The queue takes 10,000, and one may be the decision task.
const MAX_DEPENDENCIES: usize = 9_999;

pub(super) fn toolchain_aliases(graph: &LabelGraph, _: Surroundings<'_>, wrong: &mut Diagnostics) {
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
                        "its toolchain alias `{alias}` is that of the task `{}` too",
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

fn runs_run_task(payload: &Object) -> bool {
    let command = payload.get("command").and_then(Value::as_array);
    command
        .and_then(|parts| parts.first())
        .and_then(Value::as_str)
        .and_then(|program| program.rsplit('/').next())
        .is_some_and(|name| name.starts_with("run-task"))
}

pub(super) fn caches(graph: &LabelGraph, surroundings: Surroundings<'_>, wrong: &mut Diagnostics) {
    let prefix = format!(
        "{}-level-{}-",
        surroundings.graph_config.trust_domain(),
        surroundings.params.level()
    );
    for task in graph.tasks() {
        let Some(payload) = task.task.get("payload").and_then(Value::as_object) else {
            continue;
        };
        for name in cache_names(payload) {
            let Some(rest) = name.strip_prefix(&prefix) else {
                wrong.push(
                    task.diagnostic(format!("its cache `{name}` does not begin with `{prefix}`"))
                        .help("caches belong to one trust domain and level"),
                );
                continue;
            };
            if !["checkouts", "tooltool-cache"]
                .iter()
                .any(|reserved| rest.starts_with(reserved))
            {
                continue;
            }
            if !runs_run_task(payload) {
                wrong.push(
                    task.diagnostic(format!("its cache `{rest}` is kept for tasks of run-task"))
                        .help("use `run.using: run-task`, or name the cache otherwise"),
                );
            } else if !rest.contains(surroundings.cache_suffix) {
                wrong.push(
                    task.diagnostic(format!(
                        "its cache `{rest}` is kept for run-task and does not depend on its version"
                    ))
                    .help("leave the naming of run-task's caches to its transform"),
                );
            }
        }
    }
}

pub(super) fn dependencies(graph: &LabelGraph, _: Surroundings<'_>, wrong: &mut Diagnostics) {
    for task in graph.tasks() {
        let count =
            task.dependencies.len() + task.if_dependencies.len() + task.soft_dependencies.len();
        if count > MAX_DEPENDENCIES {
            wrong.push(
                task.diagnostic(format!(
                    "it has {count} dependencies, and {MAX_DEPENDENCIES} are taken"
                ))
                .help("put tasks between that each depend on a part of them"),
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
                "it has to be replaced by a task that exists, and none was found",
            )
            .in_kind(&task.kind)
            .in_task(task.label.as_str())
            .at(task.provenance.place.clone())
            .help("check its `index-search` paths, or run it on a real worker");
            wrong.push(match paths.as_slice() {
                [] => diagnostic,
                paths => {
                    diagnostic.because(format!("the index has nothing at {}", paths.join(", ")))
                }
            });
        }
    }
}
