//! The graph of tasks by label.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::task::Task;
use crate::base::dag::{Cycle, Dag};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json::{Entries, value_of};
use crate::base::name::Label;
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::Value;

/// The path of a dependency in the description of its task.
fn dependency(name: &str) -> ValuePath {
    ValuePath::keys(["dependencies", name])
}

/// Tasks by label, in the order in which they were generated, with or without edges between them.
#[derive(Debug, Clone, Default)]
pub struct LabelGraph {
    tasks: IndexMap<Label, Arc<Task>>,
    dag: Option<Arc<Dag<Label>>>,
}

impl Entries for LabelGraph {
    type Item = Task;

    fn entries(&self) -> Vec<(&str, &Task)> {
        let tasks = self.tasks.iter();
        let mut tasks: Vec<_> = tasks
            .map(|(label, task)| (label.as_str(), task.as_ref()))
            .collect();
        tasks.sort_unstable_by_key(|(label, _)| *label);
        tasks
    }
}

impl LabelGraph {
    /// A set of tasks: a graph without edges.
    ///
    /// # Errors
    /// Every label that two tasks have.
    pub fn set(tasks: impl IntoIterator<Item = Arc<Task>>) -> Outcome<Self> {
        let mut wrong = Diagnostics::new();
        let mut by_label: IndexMap<Label, Arc<Task>> = IndexMap::new();
        for task in tasks {
            if let Some(other) = by_label.get(&task.label) {
                let elsewhere = match &other.provenance.place {
                    Some(place) => format!(" at {place}"),
                    None => String::new(),
                };
                wrong.push(
                    task.diagnostic(format!(
                        "another task has the label `{}`: one of kind `{}`{elsewhere}",
                        task.label, other.kind
                    ))
                    .help("rename one of them"),
                );
                continue;
            }
            by_label.insert(task.label.clone(), task);
        }
        wrong.or_ok(Self {
            tasks: by_label,
            dag: None,
        })
    }

    /// The same tasks with an edge for each dependency.
    ///
    /// # Errors
    /// Every dependency that does not exist, and a cycle if there is one.
    pub fn with_edges(&self) -> Outcome<Self> {
        let mut wrong = Diagnostics::new();
        for task in self.tasks.values() {
            for (name, label) in task.dependencies.iter() {
                if !self.tasks.contains_key(label) {
                    let place = task.provenance.place_of(&dependency(name));
                    wrong.push(
                        task.diagnostic_at(
                            place,
                            format!("the dependency `{name}` is `{label}`, which does not exist"),
                        )
                        .help(
                            suggest::nearest(label.as_str(), self.tasks.keys().map(Label::as_str))
                                .map_or_else(
                                    || {
                                        "use the label of an existing task, or remove the dependency"
                                            .to_owned()
                                    },
                                    |near| format!("did you mean `{near}`?"),
                                ),
                        ),
                    );
                }
            }
        }
        let graph = self.linked();
        if wrong.is_empty()
            && let Some(Err(Cycle(labels))) = graph.dag.as_ref().map(|dag| dag.dependencies_first())
        {
            let path: Vec<_> = labels
                .iter()
                .chain(labels.first())
                .map(Label::as_str)
                .collect();
            let first = labels.first().and_then(|label| self.tasks.get(label));
            let (message, help) = match path.as_slice() {
                [one, _] => (
                    format!("the task depends on itself: {one}"),
                    "remove this dependency",
                ),
                path => (
                    format!("tasks depend on each other: {}", path.join(" -> ")),
                    "remove one of these dependencies",
                ),
            };
            let diagnostic = first.map_or_else(
                || Diagnostic::user(message.clone()),
                |task| {
                    let next = labels.get(1).or(labels.first());
                    let mut names = task.dependencies.iter();
                    let name = names
                        .find(|(_, to)| Some(*to) == next)
                        .map(|(name, _)| name);
                    let place = name.and_then(|name| task.provenance.place_of(&dependency(name)));
                    task.diagnostic_at(place, &message)
                },
            );
            wrong.push(diagnostic.help(help));
        }
        wrong.or_ok(graph)
    }

    fn linked(&self) -> Self {
        let edges = self.tasks.values().flat_map(|task| {
            task.dependencies
                .values()
                .map(|to| (task.label.clone(), to.clone()))
        });
        let dag = Dag::new(self.tasks.keys().cloned(), edges);
        Self {
            tasks: self.tasks.clone(),
            dag: Some(Arc::new(dag)),
        }
    }

    /// The tasks of `labels` that are in this graph, with the edges between them if this has edges.
    #[must_use]
    pub fn only(&self, labels: &IndexSet<Label>) -> Self {
        let kept = self
            .tasks
            .iter()
            .filter(|(label, _)| labels.contains(*label));
        let set = Self {
            tasks: kept
                .map(|(label, task)| (label.clone(), Arc::clone(task)))
                .collect(),
            dag: None,
        };
        if self.dag.is_some() {
            set.linked()
        } else {
            set
        }
    }

    /// The same graph with these tasks in place of those with the same labels. The edges stay.
    #[must_use]
    pub fn with_changed<'t>(mut self, changed: impl IntoIterator<Item = &'t Arc<Task>>) -> Self {
        for task in changed {
            if let Some(found) = self.tasks.get_mut(&task.label) {
                *found = Arc::clone(task);
            }
        }
        self
    }

    /// The tasks, in the order in which they were generated.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Arc<Task>> {
        self.tasks.values()
    }

    /// The tasks, in the order in which they were generated, without what else the graph knows.
    pub fn into_tasks(self) -> impl ExactSizeIterator<Item = Arc<Task>> {
        self.tasks.into_values()
    }

    /// The task of a label.
    #[must_use]
    pub fn get(&self, label: &Label) -> Option<&Arc<Task>> {
        self.tasks.get(label)
    }

    /// Every label, in the order in which tasks were generated.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = &Label> {
        self.tasks.keys()
    }

    /// How many tasks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is no task.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The edges; a set has none.
    #[must_use]
    pub fn dag(&self) -> Arc<Dag<Label>> {
        match &self.dag {
            Some(dag) => Arc::clone(dag),
            None => Arc::new(Dag::new(self.tasks.keys().cloned(), [])),
        }
    }

    /// The same tasks, with only the edges of the graph as their dependencies.
    #[must_use]
    pub fn with_edges_alone(mut self) -> Self {
        let is_edge = |to: &Label| self.dag.is_some() && self.tasks.contains_key(to);
        let edges = |task: &Arc<Task>| -> Option<IndexMap<String, Label>> {
            let all = task.dependencies.iter();
            (!all.clone().all(|(_, to)| is_edge(to))).then(|| {
                let edges = all.filter(|(_, to)| is_edge(to));
                edges.map(|(name, to)| (name.clone(), to.clone())).collect()
            })
        };
        let changed: Vec<_> = self.tasks.values().map(edges).collect();
        for (task, edges) in self.tasks.values_mut().zip(changed) {
            if let Some(edges) = edges {
                Arc::make_mut(task).dependencies = edges.into();
            }
        }
        self
    }

    /// The graph as the peer writes it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        value_of(self)
    }

    /// Reads a graph that [`LabelGraph::to_json`] or the peer has written.
    ///
    /// Dependencies on tasks that are not in it stay with their tasks and make no edges.
    ///
    /// # Errors
    /// Every task that is malformed.
    pub fn from_json(value: &Value) -> Outcome<Self> {
        let mut wrong = Diagnostics::new();
        let mut tasks = IndexMap::new();
        let Some(entries) = value.as_object() else {
            return Err(Diagnostic::user("the task graph is not a mapping").into());
        };
        for (key, value) in entries {
            match Task::from_json(value) {
                Ok(task) => {
                    tasks.insert(task.label.clone(), Arc::new(task));
                }
                Err(diagnostic) => wrong.push(diagnostic.in_task(key)),
            }
        }
        wrong.or_ok(Self { tasks, dag: None }.linked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;
    use crate::model::test_support::{graph, label, task, tasks_of_chains};

    fn set(tasks: Vec<crate::model::test_support::TestTask>) -> Outcome<LabelGraph> {
        LabelGraph::set(tasks.into_iter().map(|task| Arc::new(task.0)))
    }

    fn names<'a>(graph: impl IntoIterator<Item = &'a Label>) -> Vec<&'a str> {
        graph.into_iter().map(Label::as_str).collect()
    }

    #[test]
    fn tasks_keep_their_order() {
        let set = set(tasks_of_chains("c -> a, b -> a")).unwrap();
        assert_eq!(names(set.labels()), ["c", "a", "b"]);
        assert!(set.dag().dependencies(&label("c")).is_empty());
        let graph = set.with_edges().unwrap();
        assert_eq!(names(graph.labels()), ["c", "a", "b"]);
        assert_eq!(names(graph.dag().dependents(&label("a"))), ["b", "c"]);
    }

    #[test]
    fn every_duplicate_label_is_reported() {
        let tasks = vec![task("a"), task("b").kind("other"), task("a"), task("b")];
        assert_eq!(
            set(tasks).unwrap_err().to_string(),
            "kind `test`, task `a`: another task has the label `a`: one of kind `test`\n  \
             help: rename one of them\n\
             kind `test`, task `b`: another task has the label `b`: one of kind `other`\n  \
             help: rename one of them"
        );
    }

    #[test]
    fn every_unknown_dependency_is_reported() {
        let tasks = vec![
            task("build-linux").dep("biuld-win").dep("zzz"),
            task("build-win"),
        ];
        let error = set(tasks).unwrap().with_edges().unwrap_err();
        assert_eq!(
            error.to_string(),
            "kind `test`, task `build-linux`: the dependency `biuld-win` is `biuld-win`, which does \
             not exist\n  help: did you mean `build-win`?\n\
             kind `test`, task `build-linux`: the dependency `zzz` is `zzz`, which does not exist\n  \
             help: use the label of an existing task, or remove the dependency"
        );
    }

    #[test]
    fn cycles_and_self_dependencies_are_reported() {
        let error = |tasks| {
            set(tasks)
                .unwrap()
                .with_edges()
                .unwrap_err()
                .iter()
                .map(|d| d.message.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            error(tasks_of_chains("x -> c -> b -> a -> c")),
            ["tasks depend on each other: a -> c -> b -> a"]
        );
        assert_eq!(
            error(tasks_of_chains("a -> a")),
            ["the task depends on itself: a"]
        );
    }

    #[test]
    fn a_subgraph_has_the_edges_between_its_tasks() {
        let graph = graph(tasks_of_chains("d -> b -> a, d -> c -> a"));
        let part = graph.only(&["d", "b", "nobody"].map(label).into());
        assert_eq!(names(part.labels()), ["d", "b"]);
        assert_eq!(names(part.dag().dependencies(&label("d"))), ["b"]);
        assert!(part.dag().dependencies(&label("b")).is_empty());
        let part = set(tasks_of_chains("d -> b"))
            .unwrap()
            .only(&["d", "b"].map(label).into());
        assert!(part.dag().dependencies(&label("d")).is_empty());
    }

    #[test]
    fn graphs_round_trip_through_json() {
        let original = graph([
            task("b")
                .kind("build")
                .dep_as("before", "a")
                .soft("s")
                .only_if("a")
                .optimized("index-search", json!(["x.y"]))
                .attribute("n", json!([1]))
                .field("payload", json!({"command": ["true"]})),
            task("a"),
        ]);
        let read = LabelGraph::from_json(&original.to_json()).unwrap();
        assert_eq!(read.len(), original.len());
        for task in original.tasks() {
            assert_eq!(read.get(&task.label), Some(task));
        }
        assert_eq!(names(read.dag().dependencies(&label("b"))), ["a"]);
    }

    #[test]
    fn stored_graphs_may_have_external_dependencies() {
        let mut json = graph(tasks_of_chains("b -> a")).to_json();
        json.as_object_mut().unwrap().shift_remove("a");
        let read = LabelGraph::from_json(&json).unwrap();
        assert_eq!(read.get(&label("b")).unwrap().dependencies["a"], label("a"));
        assert!(read.dag().dependencies(&label("b")).is_empty());
    }

    #[test]
    fn every_malformed_task_is_reported() {
        let mut json = graph(tasks_of_chains("a, b")).to_json();
        json["a"]["label"] = json!(1);
        json["b"]["task"] = json!(null);
        assert_eq!(
            LabelGraph::from_json(&json).unwrap_err().to_string(),
            "task `a`: `label` is not a string\ntask `b`: `task` is not a mapping"
        );
        assert!(LabelGraph::from_json(&json!([])).is_err());
    }
}
