//! A graph that is changed, and what becomes of a task in it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use snowman::base::name::{IndexPath, Label, TaskId};
use snowman::base::task_state::TaskState;
use snowman::base::time::Timestamp;
use snowman::base::value::Value as Tree;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::custom::version::Rules;
use snowman::generate::FullTaskGraph;
use snowman::model::label_graph::LabelGraph;
use snowman::optimize::{Action, IndexAnswers, OptimizeInputs, optimize};
use snowman::ports::environment::Environment;
use snowman::ports::ids::DerivedIds;
use snowman::ports::taskcluster::TaskStatus;
use snowman::target::{target_task_graph, target_task_set};

/// What becomes of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Created,
    Removed,
    Replaced(String),
    NotTarget,
}

/// Some tasks of a graph, the parameters, and the tasks in the index.
#[derive(Debug, Clone)]
pub struct Subject {
    pub tasks: BTreeMap<String, Value>,
    pub params: Value,
    index: BTreeMap<String, String>,
}

impl Subject {
    /// These tasks of a full graph, with the dependencies among them, and nothing that keeps or replaces any.
    pub fn of(full: &Value, labels: &[&str], params: &Value) -> Self {
        let labels: BTreeSet<&str> = labels.iter().copied().collect();
        let mut subject = Self {
            tasks: BTreeMap::new(),
            params: params.clone(),
            index: BTreeMap::new(),
        };
        for label in &labels {
            let mut task = full[*label].clone();
            let named = task["dependencies"].as_object_mut().unwrap();
            named.retain(|_, to| labels.contains(to.as_str().unwrap()));
            for list in ["soft_dependencies", "if_dependencies"] {
                let listed = task[list].as_array_mut().unwrap();
                listed.retain(|to| labels.contains(to.as_str().unwrap()));
            }
            // References to dependencies that are gone could not be resolved.
            task["task"] = json!({"deadline": {"relative-datestamp": "1 day"}});
            subject.tasks.insert((*label).to_owned(), task);
        }
        subject.params["existing_tasks"] = json!({});
        subject.params["do_not_optimize"] = json!([]);
        subject
    }

    /// Creates these tasks in any case.
    pub fn created(mut self, labels: &[&str]) -> Self {
        self.params["do_not_optimize"] = json!(labels);
        self
    }

    /// An earlier graph has these tasks.
    pub fn existing(mut self, labels: &[&str]) -> Self {
        let ids = labels.iter().map(|label| ((*label).to_owned(), json!(OLD)));
        self.params["existing_tasks"] = Value::Object(ids.collect());
        self
    }

    /// The index has a task at this path.
    pub fn indexed(mut self, path: &str) -> Self {
        self.index.insert(path.to_owned(), OLD.to_owned());
        self
    }

    /// Sets a parameter.
    pub fn param(mut self, name: &str, value: Value) -> Self {
        self.params[name] = value;
        self
    }

    /// Sets an attribute; null removes it.
    pub fn attribute(mut self, label: &str, name: &str, value: Value) -> Self {
        self.tasks.get_mut(label).unwrap()["attributes"][name] = value;
        self
    }

    /// Sets a strategy.
    pub fn strategy(mut self, label: &str, name: &str, argument: Value) -> Self {
        self.tasks.get_mut(label).unwrap()["optimization"] = json!({name: argument});
        self
    }

    /// Makes a task a target by itself, whatever the filters say.
    pub fn requested(self, label: &str) -> Self {
        self.attribute(label, "always_target", json!(true))
            .param("enable_always_target", json!(true))
    }

    /// Removes every dependency of a task on another.
    pub fn without_edge(mut self, from: &str, to: &str) -> Self {
        let task = self.tasks.get_mut(from).unwrap();
        let named = task["dependencies"].as_object_mut().unwrap();
        named.retain(|_, other| other != to);
        self
    }

    /// What becomes of a task.
    pub fn fate(&self, label: &str) -> Fate {
        let tasks: serde_json::Map<String, Value> = self.tasks.clone().into_iter().collect();
        let tasks = Tree::from(Value::Object(tasks));
        let full = LabelGraph::from_json(&tasks).unwrap().with_edges().unwrap();
        let full = FullTaskGraph(full);
        let Tree::Object(values) = Tree::from(self.params.clone()) else {
            panic!("parameters are a mapping");
        };
        let params = Parameters::new(values, Strictness::Lenient).unwrap();
        let targets = target_task_set(&full, &params, None).unwrap();
        let target = target_task_graph(&full, &targets, &params, Rules::default()).unwrap();
        let existing = self.params["existing_tasks"].as_object().unwrap().iter();
        let existing = existing.map(|(label, id)| {
            let id = TaskId::parse(id.as_str().unwrap()).unwrap();
            (Label::parse(label).unwrap(), id)
        });
        let mut index = IndexAnswers::default();
        for (path, id) in &self.index {
            let id = TaskId::parse(id).unwrap();
            let status = TaskStatus {
                state: TaskState::Completed,
                ..TaskStatus::default()
            };
            index
                .tasks
                .insert(IndexPath::parse(path).unwrap(), id.clone());
            index.statuses.insert(id, status);
        }
        let inputs = OptimizeInputs {
            params: &params,
            index: &index,
            existing: &existing.collect(),
            ids: &DerivedIds::new(TaskId::parse(TaskId::STAND_IN).unwrap()),
            now: Timestamp::from_unix(0),
            environment: &Environment::default(),
            custom: None,
        };
        let optimized = optimize(target, inputs).unwrap();
        let verdict = optimized.verdicts.get(&Label::parse(label).unwrap());
        match verdict.map(|verdict| &verdict.action) {
            Some(Action::Kept) => Fate::Created,
            Some(Action::Removed) => Fate::Removed,
            Some(Action::Replaced(id)) => Fate::Replaced(id.to_string()),
            None => Fate::NotTarget,
        }
    }
}

/// The id of a task that exists.
pub const OLD: &str = "fN1SbArXTPSVFUUvaOlinQ";
