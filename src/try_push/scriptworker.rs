//! Tasks of one type of worker, on top of the builds of an existing release.
//!
//! 1. The graph of the release says which tasks there are, which types each has ([`WorkerTypes`]), and which taskId
//!    it has got.
//! 2. The tasks of the type run again. All others are replaced by those of the release, as `existing_tasks` lists
//!    them.
//! 3. A task can only be replaced if everything that it depends on is replaced. So a task of the type is left out if
//!    it depends on another one through a task of another type, which would run again, too.
//! 4. The parameters that make the tasks of the release what they are, are those of the release.

use std::collections::{BTreeMap, BTreeSet};

use super::task_config;
use super::worker_type::WorkerTypes;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::pattern::Prefix;
use crate::base::suggest;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::RELEASE_PARAMETERS;
use crate::model::label_graph::LabelGraph;

/// The parameters that belong to a release.
const OF_RELEASE: &[&str] = &[
    "app_version",
    "build_number",
    "next_version",
    "release_history",
    "release_product",
    "release_type",
    "version",
];

/// Parameters of the build, from which names of files and checks follow. Projects with [`OWN`] have them from
/// elsewhere.
const OF_BUILD: &[&str] = &["build_date", "moz_build_date"];

/// The parameter of projects that select the listed tasks by themselves.
const OWN: &str = "try_mode";

/// An existing release.
#[derive(Debug)]
pub struct Existing {
    /// The decision or action task.
    pub id: TaskId,
    /// The full graph.
    pub graph: LabelGraph,
    /// The tasks that exist.
    pub tasks: BTreeMap<Label, TaskId>,
    /// The parameters.
    pub parameters: Object,
}

/// Which tasks run.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    /// The type.
    pub name: &'a str,
    /// The pattern that labels match, if there is one.
    pub pattern: Option<&'a Prefix>,
    /// What is asked of the project's own code, as a part of the parameter `try_task_config`.
    pub overrides: Object,
}

/// What the push is made of.
#[derive(Debug, Clone)]
pub struct Retried {
    /// The tasks that run.
    pub tasks: BTreeSet<Label>,
    /// Tasks of the type that are left out, as others would have to run between them and these.
    pub left_out: BTreeSet<Label>,
    /// Dependencies of the tasks that the release does not have, so that they run, too.
    pub missing: BTreeSet<Label>,
    /// The content of `try_task_config.json`.
    pub task_config: Value,
}

/// The types of the tasks of a release, with the tasks of each.
#[must_use]
pub fn types(config: &GraphConfig, existing: &Existing) -> BTreeMap<String, BTreeSet<Label>> {
    let types = WorkerTypes::new(config);
    let mut found: BTreeMap<String, BTreeSet<Label>> = BTreeMap::new();
    for task in existing.graph.tasks() {
        if existing.tasks.contains_key(&task.label) {
            for name in types.of_task(task) {
                found.entry(name).or_default().insert(task.label.clone());
            }
        }
    }
    found
}

/// Computes what a push is made of.
///
/// # Errors
/// A type that no task has, or a pattern that matches none.
pub fn plan(config: &GraphConfig, existing: &Existing, choice: Choice<'_>) -> Outcome<Retried> {
    let Choice {
        name,
        pattern,
        overrides,
    } = choice;
    let types = types(config, existing);
    let of_type = types.get(name).ok_or_else(|| {
        let systems = types.keys().filter(|name| !name.contains(':'));
        let diagnostic = Diagnostic::usage(format!(
            "the graph of {} has no tasks of the type `{name}`",
            existing.id
        ));
        match types.is_empty() {
            true => diagnostic
                .help("pass the task that has shipped or promoted the release with `--from`"),
            false => diagnostic.help(suggest::hint(name, systems.map(String::as_str))),
        }
    })?;
    let matches = |label: &&Label| pattern.is_none_or(|pattern| pattern.matches(label.as_str()));
    let chosen: BTreeSet<Label> = of_type.iter().filter(matches).cloned().collect();
    if chosen.is_empty() {
        return Err(Diagnostic::usage(format!(
            "`--tasks-regex` matches no label of a task of the type `{name}`"
        ))
        .because(format!(
            "the first one is {}",
            of_type.first().map_or("", Label::as_str)
        ))
        .into());
    }
    let (tasks, left_out) = without_between(&existing.graph, chosen)?;
    let missing = missing(existing, &tasks);
    Ok(Retried {
        task_config: task_config(existing, &tasks, overrides),
        tasks,
        left_out,
        missing,
    })
}

/// Separates tasks that depend on others of them only directly, or through others of them.
fn without_between(
    graph: &LabelGraph,
    chosen: BTreeSet<Label>,
) -> Outcome<(BTreeSet<Label>, BTreeSet<Label>)> {
    let dag = graph.dag();
    let order = dag.dependencies_first().map_err(|_| {
        Diagnostic::user("the tasks of the release depend on each other in a circle")
    })?;
    let mut kept: BTreeSet<Label> = BTreeSet::new();
    // Tasks that are not kept and depend on one that is.
    let mut again: BTreeSet<&Label> = BTreeSet::new();
    for label in order {
        let dependencies = dag.dependencies(label);
        let through = dependencies.iter().any(|before| again.contains(before));
        if chosen.contains(label) && !through {
            kept.insert(label.clone());
        } else if through || dependencies.iter().any(|before| kept.contains(*before)) {
            again.insert(label);
        }
    }
    let left_out = chosen.difference(&kept).cloned().collect();
    Ok((kept, left_out))
}

/// Direct dependencies that are neither run nor replaced on purpose.
fn missing(existing: &Existing, tasks: &BTreeSet<Label>) -> BTreeSet<Label> {
    let dag = existing.graph.dag();
    let all = tasks.iter().flat_map(|label| dag.dependencies(label));
    all.filter(|label| !tasks.contains(*label) && !existing.tasks.contains_key(*label))
        .cloned()
        .collect()
}

fn task_config(existing: &Existing, tasks: &BTreeSet<Label>, overrides: Object) -> Value {
    let previous = &existing.parameters;
    let others = existing.tasks.iter();
    let others = others.filter(|(label, _)| !tasks.contains(*label));
    let others: Object = others
        .map(|(label, id)| (label.to_string(), Value::from(id.as_str())))
        .collect();
    let mut parameters = Object::new();
    let mut copy = |name: &str| {
        if let Some(value) = previous.get(name) {
            parameters.insert(name.to_owned(), value.clone());
        }
    };
    OF_RELEASE.iter().for_each(|name| copy(name));
    let reads_list = previous.contains_key(OWN);
    if !reads_list {
        RELEASE_PARAMETERS.names().for_each(&mut copy);
        OF_BUILD.iter().for_each(|name| copy(name));
        parameters.insert("target_tasks_method", json!("try_tasks"));
        parameters.insert("enable_always_target", json!(false));
    }
    parameters.insert("optimize_target_tasks", json!(true));
    parameters.insert("existing_tasks", Value::Object(others));
    let tasks: Vec<&str> = tasks.iter().map(Label::as_str).collect();
    let mut config = overrides;
    config.insert("tasks", json!(tasks));
    parameters.insert("try_task_config", Value::Object(config));
    task_config::of_parameters(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::test_support::{graph, id, label, labels, tasks_of_chains};

    fn separated(chains: &str, chosen: &str) -> [String; 2] {
        let graph = graph(tasks_of_chains(chains));
        let (kept, left_out) = without_between(&graph, labels(chosen.split(' '))).unwrap();
        [kept, left_out].map(|labels| {
            let labels: Vec<&str> = labels.iter().map(Label::as_str).collect();
            labels.join(" ")
        })
    }

    #[test]
    fn tasks_behind_others_that_would_run_again_are_left_out() {
        let chains = "list -> check -> move -> sign, pack -> sign";
        for (chosen, kept, left_out) in [
            ("move", "move", ""),
            // Directly behind each other.
            ("sign move", "move sign", ""),
            // `check` is between them.
            ("list move", "move", "list"),
            ("list pack", "list pack", ""),
            ("list move pack", "move pack", "list"),
            ("check list move", "check list move", ""),
            // What is left out stays as it is, and so does what is behind it.
            ("list sign", "sign", "list"),
        ] {
            let expected = [kept, left_out].map(str::to_owned);
            assert_eq!(separated(chains, chosen), expected, "{chosen}");
        }
    }

    #[test]
    fn a_project_that_reads_the_list_by_itself_gets_no_method() {
        let existing = |parameters: Value| Existing {
            id: id("decision"),
            graph: graph(tasks_of_chains("c -> b -> a")),
            tasks: ["a", "b"].map(|name| (label(name), id(name))).into(),
            parameters: parameters.as_object().cloned().unwrap(),
        };
        let tasks = labels(["b"]);
        let overrides = Object::from_iter([("disable-pgo", json!(true))]);
        let own = existing(json!({
            "try_mode": null, "version": "94.0", "app_version": "94.0", "build_date": 1,
            "release_product": "fox", "project": "p", "shipping_phase": "ship_fox",
        }));
        assert_eq!(
            task_config(&own, &tasks, overrides),
            json!({"version": 2, "parameters": {
                "version": "94.0", "app_version": "94.0", "release_product": "fox",
                "optimize_target_tasks": true,
                "existing_tasks": {"a": "a"},
                "try_task_config": {"tasks": ["b"], "disable-pgo": true},
            }})
        );
        let other = existing(json!({"version": "94.0", "build_date": 1, "project": "p"}));
        let config = task_config(&other, &tasks, Object::new());
        assert_eq!(config["parameters"]["target_tasks_method"], "try_tasks");
        assert_eq!(config["parameters"]["build_date"], 1);
        assert_eq!(config["parameters"].get("project"), None);
        assert!(missing(&other, &labels(["c"])).is_empty());
        let without_a = Existing {
            tasks: [(label("b"), id("b"))].into(),
            ..other
        };
        assert_eq!(missing(&without_a, &labels(["b"])), labels(["a"]));
    }
}
