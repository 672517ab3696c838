//! Warns about unexpected tasks of a promotion in the project's own Python.
//!
//! The project's code decides what such a promotion reuses and builds, so nothing is refused. Before
//! the tasks are created, a warning lists those that would be built again, and new ones that an
//! earlier phase should have created, according to the action's input and artifacts.

use std::collections::{BTreeMap, BTreeSet};

use super::super::existing;
use super::super::request::{Request, Runner};
use super::flavor;
use crate::base::dag::Dag;
use crate::base::name::TaskId;
use crate::base::text::{list_some, plural};
use crate::base::value::{Object, Value};
use crate::config::shipping::{self, Phase};

/// Warns about unexpected tasks in the graph that a project's own promotion is about to create.
pub async fn warn(runner: Runner<'_>, request: &Request) {
    let Some(named) = request.input["release_promotion_flavor"].as_str() else {
        return;
    };
    let Some(created) = created(runner) else {
        return;
    };
    let mut existing: BTreeSet<String> = BTreeSet::new();
    for id in request.input["previous_graph_ids"].texts() {
        let (Ok(id), Ok(taskcluster)) = (TaskId::parse(id), runner.context.taskcluster()) else {
            continue;
        };
        // The project's code has read what it needs; it reports what cannot be read.
        let labels = existing::label_to_taskid(taskcluster, &id).await;
        let labels = labels.ok().flatten().unwrap_or_default();
        existing.extend(labels.into_keys().map(String::from));
    }
    let configured = flavor::flavors(runner.graph_config).find(|(name, _)| *name == named);
    let none = Object::new();
    let configured = configured.map_or(&none, |(_, flavor)| flavor);
    let requested = |key: &str, of_flavor: &str| -> BTreeSet<String> {
        let value = request.input.get(key).or_else(|| configured.get(of_flavor));
        value
            .into_iter()
            .flat_map(Value::texts)
            .map(str::to_owned)
            .collect()
    };
    let requested = Requested {
        kinds: requested("rebuild_kinds", "rebuild-kinds"),
        labels: requested("do_not_optimize", "do-not-optimize"),
    };
    // What its methods select is up to the project, whatever they are called.
    let own = Phase::from_name(named).or_else(|| flavor::phase(named, configured));
    let phases = flavor::phases(runner.graph_config);
    let by_name = |(name, phase): (&String, &Option<Phase>)| Phase::from_name(name).or(*phase);
    let flavor_phases: BTreeSet<Phase> = phases.iter().filter_map(by_name).collect();
    for line in unexpected_tasks(&created, &existing, &requested, own, &flavor_phases) {
        tracing::warn!("the flavor `{named}`: {line}");
    }
}

/// What the input or the flavor wants to build again.
struct Requested {
    kinds: BTreeSet<String>,
    labels: BTreeSet<String>,
}

/// The tasks that the action creates, as it has written them, by taskId.
fn created(runner: Runner<'_>) -> Option<BTreeMap<String, Value>> {
    let graph = runner.artifacts.read("task-graph.json")?;
    serde_json::from_slice(&graph).ok()
}

fn unexpected_tasks(
    created: &BTreeMap<String, Value>,
    existing: &BTreeSet<String>,
    requested: &Requested,
    own: Option<Phase>,
    flavor_phases: &BTreeSet<Phase>,
) -> Vec<String> {
    let text = |task: &Value, key: &str| task[key].as_str().unwrap_or_default().to_owned();
    let named = |task: &Value| {
        requested.kinds.contains(&text(task, "kind"))
            || requested.labels.contains(&text(task, "label"))
    };
    let edges = created.iter().flat_map(|(id, task)| {
        let needed = task["dependencies"].as_object().into_iter().flatten();
        let needed = needed.filter_map(|(_, to)| to.as_str());
        needed.map(move |to| (id.as_str(), to))
    });
    let dag = Dag::new(created.keys().map(String::as_str), edges);
    let roots: Vec<&str> = created
        .iter()
        .filter(|(_, task)| named(task))
        .map(|(id, _)| id.as_str())
        .collect();
    let expected = dag.reverse_closure(&roots);
    let phase = |task: &Value| {
        let attributes = task["attributes"].as_object()?;
        Phase::from_attributes(attributes)
    };
    let own = own.or_else(|| created.values().filter_map(phase).max());
    let mut again = Vec::new();
    let mut early: BTreeMap<Phase, Vec<String>> = BTreeMap::new();
    for (id, task) in created {
        let label = text(task, "label");
        if existing.contains(&label) {
            if !expected.contains(id.as_str()) {
                again.push(label);
            }
            continue;
        }
        let searched = task["optimization"].get("index-search").is_some();
        let named_phase = task["attributes"]
            .as_object()
            .and_then(shipping::phase_name);
        let phase =
            phase(task).filter(|phase| named_phase.is_some() && flavor_phases.contains(phase));
        if let Some(phase) = phase.filter(|phase| own.is_some_and(|own| *phase < own))
            && !searched
            && !named(task)
        {
            early.entry(phase).or_default().push(label);
        }
    }
    let line = |mut labels: Vec<String>, what: &str| {
        labels.sort_unstable();
        let names: Vec<&str> = labels.iter().map(String::as_str).collect();
        format!(
            "{} {what}: {}",
            plural(names.len(), "task"),
            list_some(&names)
        )
    };
    let mut lines = Vec::new();
    if !again.is_empty() {
        lines.push(line(again, "of previous graphs would be built again"));
    }
    for (phase, labels) in early {
        let what = format!("of the earlier phase `{phase}` would be created");
        lines.push(line(labels, &what));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn warnings(existing: &[&str], kinds: &[&str], labels: &[&str]) -> Vec<String> {
        let task = |label: &str, phase: Value, needed: Value| {
            let (kind, _) = label.split_once('-').unwrap();
            json!({
                "label": label, "kind": kind, "attributes": {"shipping_phase": phase},
                "dependencies": needed, "optimization": null,
            })
        };
        let created = BTreeMap::from([
            ("B".to_owned(), task("build-a", json!(null), json!({}))),
            (
                "S".to_owned(),
                task("sign-a", json!(null), json!({"build": "B"})),
            ),
            (
                "L".to_owned(),
                task("l10n-a", json!("promote"), json!({"sign": "S"})),
            ),
            (
                "P".to_owned(),
                task("push-a", json!("push"), json!({"l10n": "L"})),
            ),
        ]);
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let requested = Requested {
            kinds: set(kinds),
            labels: set(labels),
        };
        let flavor_phases = BTreeSet::from([Phase::Promote, Phase::Push]);
        unexpected_tasks(
            &created,
            &set(existing),
            &requested,
            Some(Phase::Push),
            &flavor_phases,
        )
    }

    #[test]
    fn rebuilt_and_late_tasks_are_unexpected() {
        let early = "1 task of the earlier phase `promote` would be created: l10n-a";
        assert_eq!(warnings(&[], &[], &[]), [early]);
        let again = "2 tasks of previous graphs would be built again: build-a, sign-a";
        assert_eq!(warnings(&["build-a", "sign-a"], &[], &[]), [again, early]);
        let built = ["build-a", "sign-a", "l10n-a"];
        let sign = "1 task of previous graphs would be built again: build-a";
        assert_eq!(warnings(&built, &["sign"], &[]), [sign]);
        assert_eq!(warnings(&built, &[], &["build-a"]), [""; 0]);
        assert_eq!(warnings(&[], &["l10n"], &[]), [""; 0]);
    }
}
