//! Builders of tasks and graphs for tests: `task("a").dep("b")`, `tasks_of_chains("c -> b -> a, c -> a")`.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::label_graph::LabelGraph;
use super::task::Task;
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value, json};

/// A label.
pub(crate) fn label(name: &str) -> Label {
    Label::parse(name).unwrap()
}

/// Labels.
pub(crate) fn labels<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<Label> {
    names.into_iter().map(label).collect()
}

/// A taskId.
pub(crate) fn id(name: &str) -> TaskId {
    TaskId::parse(name).unwrap()
}

/// A task that is being described.
#[derive(Debug, Clone)]
pub(crate) struct TestTask(pub(crate) Task);

/// A task of the kind `test` without dependencies.
pub(crate) fn task(name: &str) -> TestTask {
    TestTask(Task {
        kind: KindName::parse("test").unwrap(),
        label: label(name),
        description: String::new(),
        attributes: Object::from_iter([("kind", json!("test"))]),
        task: Object::new(),
        optimization: Value::Null,
        dependencies: Arc::default(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Arc::default(),
    })
}

impl TestTask {
    /// Sets the kind.
    pub(crate) fn kind(mut self, kind: &str) -> Self {
        self.0.kind = KindName::parse(kind).unwrap();
        self.attribute("kind", json!(kind))
    }

    /// Adds a dependency with its label as its name.
    pub(crate) fn dep(self, to: &str) -> Self {
        self.dep_as(to, to)
    }

    /// Adds a dependency with another name.
    pub(crate) fn dep_as(mut self, name: &str, to: &str) -> Self {
        Arc::make_mut(&mut self.0.dependencies).insert(name.to_owned(), label(to));
        self
    }

    /// Adds an if-dependency.
    pub(crate) fn only_if(mut self, to: &str) -> Self {
        self.0.if_dependencies.push(label(to));
        self.dep(to)
    }

    /// Adds a soft dependency.
    pub(crate) fn soft(mut self, to: &str) -> Self {
        self.0.soft_dependencies.push(label(to));
        self
    }

    /// Sets an attribute.
    pub(crate) fn attribute(mut self, name: &str, value: Value) -> Self {
        self.0.attributes.insert(name.to_owned(), value);
        self
    }

    /// Sets the optimization strategy.
    pub(crate) fn optimized(mut self, name: &str, argument: Value) -> Self {
        self.0.optimization = json!({name: argument});
        self
    }

    /// Sets a field of the definition.
    pub(crate) fn field(mut self, name: &str, value: Value) -> Self {
        self.0.task.insert(name.to_owned(), value);
        self
    }
}

/// The graph of some tasks.
pub(crate) fn graph(tasks: impl IntoIterator<Item = TestTask>) -> LabelGraph {
    let tasks = tasks.into_iter().map(|described| Arc::new(described.0));
    LabelGraph::set(tasks).unwrap().with_edges().unwrap()
}

/// Tasks of dependency chains: in `c -> b -> a`, `c` depends on `b`, and `b` on `a`. The tasks are in
/// the order in which they first appear.
pub(crate) fn tasks_of_chains(chains: &str) -> Vec<TestTask> {
    let mut tasks: IndexMap<&str, TestTask> = IndexMap::new();
    for chain in chains.split(',') {
        let names: Vec<&str> = chain.split("->").map(str::trim).collect();
        for (i, name) in names.iter().enumerate() {
            let described = tasks.entry(name).or_insert_with(|| task(name));
            if let Some(to) = names.get(i + 1) {
                *described = described.clone().dep(to);
            }
        }
    }
    tasks.into_values().collect()
}
