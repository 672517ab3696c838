//! Release promotion: the snowman model.
//!
//! A release is a chain of graphs, one for each phase, and each is put on top of the ones before:
//!
//! 1. The parameters are those of the first previous graph, but for the revision, which is the one
//!    that the action was fired from.
//! 2. Every previous graph's `label-to-taskid.json` says which labels exist; where several have one,
//!    the rightmost wins. Labels of `rebuild_kinds` and those in `do_not_optimize` are left out. Kinds
//!    are those of the previous full task graphs, the rightmost winning again.
//! 3. A decision with the flavor's target-tasks method and these `existing_tasks` replaces what
//!    exists and creates the rest in the group of the action task.

use std::collections::BTreeMap;

use serde_json::json;

use super::existing::{self, decision_task};
use super::{Call, render};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value, truthy};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::{Parameters, Strictness};
use crate::decision::{self, Decision, parameters::version};
use crate::ports::taskcluster::Taskcluster;

/// The schema of the input.
#[must_use]
pub fn schema(config: &GraphConfig) -> Value {
    let section = config.get("release-promotion");
    let flavors = section
        .and_then(|s| s.get("flavors"))
        .and_then(Value::as_object);
    let mut flavors: Vec<&str> = flavors
        .into_iter()
        .flat_map(|map| map.keys())
        .map(String::as_str)
        .collect();
    flavors.sort_unstable();
    let rebuild = section
        .and_then(|s| s.get("rebuild-kinds"))
        .cloned()
        .unwrap_or(json!([]));
    json!({
        "type": "object",
        "properties": {
            "release_promotion_flavor": {
                "type": "string",
                "description": "The flavor of release promotion to perform.",
                "default": "<REPLACE ME>",
                "enum": flavors,
            },
            "build_number": {
                "type": "integer",
                "default": 1,
                "minimum": 1,
                "title": "The release build number",
                "description": "The release build number. Starts at 1 per release version, and \
                                increments on rebuild.",
            },
            "version": {
                "type": "string",
                "description": "Optional: override the version for release promotion. \
                                Occasionally we'll land a taskgraph fix in a later commit, but want \
                                to act on a build from a previous commit. If a version bump has \
                                landed in the meantime, relying on the in-tree version will break \
                                things.",
                "default": "",
            },
            "next_version": {
                "type": "string",
                "description": "The version after this one, which flavors with a version bump set.",
                "default": "",
            },
            "do_not_optimize": {
                "type": "array",
                "description": "Optional: a list of labels to avoid optimizing out of the graph (to \
                                force a rerun).",
                "items": {"type": "string"},
            },
            "rebuild_kinds": {
                "type": "array",
                "description": "Optional: an array of kinds to ignore from the previous graph(s).",
                "default": rebuild,
                "items": {"type": "string"},
            },
            "previous_graph_ids": {
                "type": "array",
                "description": "Optional: an array of taskIds of decision or action tasks from the \
                                previous graph(s) to use to populate our `previous_graph_kinds`.",
                "items": {"type": "string"},
            },
        },
        "required": ["release_promotion_flavor", "build_number"],
    })
}

/// Promotes.
///
/// # Errors
/// When a previous graph cannot be had, or what the decision says.
pub async fn run(call: Call<'_>) -> Outcome<()> {
    let taskcluster = call.world.taskcluster()?;
    let name = call.input["release_promotion_flavor"]
        .as_str()
        .unwrap_or_default();
    let flavor = flavor(call.graph_config, name)?;
    let previous = previous_graphs(&call, taskcluster).await?;
    let Some(first) = previous.first() else {
        return Err(Diagnostic::user("`previous_graph_ids` is empty").into());
    };
    let rebuild_kinds = strings(&call.input, "rebuild_kinds", flavor, "rebuild-kinds");
    let do_not_optimize = strings(&call.input, "do_not_optimize", flavor, "do-not-optimize");
    let existing = existing_tasks(taskcluster, &previous, &rebuild_kinds, &do_not_optimize).await?;
    tracing::info!(
        "Promoting {name} on top of {} graphs with {} tasks that exist",
        previous.len(),
        existing.len()
    );
    let mut values = super::callback::parameters_of(taskcluster, first).await?;
    let existing = existing
        .into_iter()
        .map(|(l, id)| (l.to_string(), json!(id.as_str())))
        .collect();
    let method = flavor
        .get("target-tasks-method")
        .and_then(Value::as_str)
        .unwrap_or_default();
    for (key, value) in [
        ("head_rev", json!(call.params.str("head_rev"))),
        ("existing_tasks", Value::Object(existing)),
        ("do_not_optimize", json!(do_not_optimize)),
        (
            "target_tasks_method",
            json!(method.replace("{project}", call.params.project())),
        ),
        ("build_number", call.input["build_number"].clone()),
        ("optimize_target_tasks", json!(true)),
        ("shipping_phase", json!(name)),
        ("tasks_for", json!("action")),
        ("version", json!(promoted_version(&call)?)),
    ] {
        values.insert(key.to_owned(), value);
    }
    let next = call
        .input
        .get("next_version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !next.is_empty() {
        values.insert("next_version".to_owned(), json!(next));
    }
    add_release(&mut values, flavor);
    let params = Parameters::new(values, Strictness::Lenient)?;
    let actions_json = render::actions_json(
        call.world.files,
        call.graph_config,
        &params,
        call.own.as_str(),
    )?;
    decision::run(
        call.world,
        call.graph_config,
        &params,
        Decision {
            deciding: &call.own,
            actions_json,
            artifacts: call.artifacts,
            verify: true,
            events: call.events,
        },
    )
    .await
    .map(|_| ())
}

fn flavor<'a>(config: &'a GraphConfig, name: &str) -> Result<&'a Object, Diagnostic> {
    let flavors = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"));
    flavors
        .and_then(|flavors| flavors.get(name))
        .and_then(Value::as_object)
        .ok_or_else(|| Diagnostic::user(format!("unknown release promotion flavor `{name}`")))
}

/// The product and the type of the release, which target-tasks methods choose by.
fn add_release(values: &mut Object, flavor: &Object) {
    if let Some(product) = flavor.get("product") {
        values.insert("release_product".to_owned(), product.clone());
    }
    if flavor.get("is-rc").is_some_and(truthy) {
        values.insert("release_type".to_owned(), json!("release-rc"));
    } else if values
        .get("release_type")
        .is_none_or(|t| t.as_str() == Some("release-rc"))
    {
        values.insert("release_type".to_owned(), json!("release"));
    }
}

async fn previous_graphs(call: &Call<'_>, taskcluster: &dyn Taskcluster) -> Outcome<Vec<TaskId>> {
    let given = call
        .input
        .get("previous_graph_ids")
        .and_then(Value::as_array);
    let mut wrong = Diagnostics::new();
    let mut ids = Vec::new();
    for id in given.into_iter().flatten() {
        match TaskId::parse(id.as_str().unwrap_or_default()) {
            Ok(id) => ids.push(id),
            Err(error) => wrong.push(Diagnostic::user(format!("`previous_graph_ids`: {error}"))),
        }
    }
    if ids.is_empty() && wrong.is_empty() {
        let found = decision_task(taskcluster, call.graph_config, call.params).await?;
        ids.push(
            found
                .or_else(|| call.task_group_id.clone())
                .ok_or_else(|| {
                    Diagnostic::user("the index knows no decision task of this push")
                        .help("name the graphs to promote in `previous_graph_ids`")
                })?,
        );
    }
    wrong.or_ok(ids)
}

/// A list of strings from the input, or else from the flavor.
fn strings(input: &Value, key: &str, flavor: &Object, flavor_key: &str) -> Vec<String> {
    let list = input
        .get(key)
        .or_else(|| flavor.get(flavor_key))
        .and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The labels that previous graphs have, with their taskIds.
async fn existing_tasks(
    taskcluster: &dyn Taskcluster,
    previous: &[TaskId],
    rebuild_kinds: &[String],
    do_not_optimize: &[String],
) -> Outcome<BTreeMap<Label, TaskId>> {
    let mut kinds: BTreeMap<Label, KindName> = BTreeMap::new();
    let mut existing = BTreeMap::new();
    let mut wrong = Diagnostics::new();
    for graph_id in previous {
        let graph = existing::full_task_graph(taskcluster, graph_id).await;
        if let Some(graph) = wrong.keep(graph) {
            kinds.extend(
                graph
                    .tasks()
                    .map(|task| (task.label.clone(), task.kind.clone())),
            );
        }
        // Without its ids everything that a graph has built would be built once more.
        let labels = existing::labels(taskcluster, graph_id)
            .await
            .and_then(|labels| {
                labels.ok_or_else(|| {
                    let message = format!("the graph {graph_id} has no label-to-taskid.json");
                    Diagnostic::user(message)
                    .help("name graphs in `previous_graph_ids` whose decision or action has ended")
                    .into()
                })
            });
        existing.extend(wrong.keep(labels).unwrap_or_default());
    }
    wrong.or_ok(())?;
    existing.retain(|label: &Label, _| {
        let known = kinds
            .get(label)
            .is_some_and(|kind| !rebuild_kinds.iter().any(|rebuilt| rebuilt == kind.as_str()));
        known && !do_not_optimize.iter().any(|kept| kept == label.as_str())
    });
    Ok(existing)
}

/// The Python function that finds the version, where it is not the usual one.
fn own_parser(config: &GraphConfig) -> Option<&str> {
    let parser = config.get("version-parser")?.as_str()?;
    (parser != "mozilla_taskgraph.version:default_parser").then_some(parser)
}

/// The version of the input, or else that of the repository.
fn promoted_version(call: &Call<'_>) -> Result<String, Diagnostic> {
    match call.input.get("version").and_then(Value::as_str) {
        Some(given) if !given.is_empty() => Ok(given.to_owned()),
        _ if let Some(parser) = own_parser(call.graph_config) => Err(Diagnostic::user(format!(
            "`version-parser` names the Python function `{parser}`"
        ))
        .at(call
            .graph_config
            .place(&ValuePath::keys(["version-parser"])))
        .help("those written in Python cannot be run yet; give `version` in the input")),
        _ => version(call.world.files)?
            .map(|line| line.trim().to_owned())
            .ok_or_else(|| {
                Diagnostic::user("the version to promote is not known")
                    .help("give `version` in the input, or put a version.txt into the repository")
            }),
    }
}
