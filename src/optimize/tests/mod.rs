//! Small graphs, and what becomes of them.

mod evidence;
mod properties;
mod removing;
mod replacing;
mod resolving;

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::base::value::{Value, json};

use super::{Action, IndexAnswers, OptimizeInputs, OptimizedTaskGraph, optimize};
use crate::base::diagnostic::Outcome;
use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::task_state::TaskState;
use crate::base::time::Timestamp;
use crate::config::test_support::params;
use crate::model::test_support::{TestTask, graph, id, label, labels};
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::TaskStatus;
use crate::target::{Requested, TargetTaskGraph, Unoptimized};

/// The decision task of all tests.
const DECISION: &str = "fN1SbArXTPSVFUUvaOlinQ";

/// A graph and the facts that optimization depends on.
pub(super) struct Case {
    target: TargetTaskGraph,
    params: Value,
    index: IndexAnswers,
    existing: BTreeMap<Label, TaskId>,
    environment: Environment,
}

/// A graph in which every task is requested.
pub(super) fn optimizing(tasks: impl IntoIterator<Item = TestTask>) -> Case {
    let graph = graph(tasks);
    Case {
        target: TargetTaskGraph {
            requested: requested(graph.labels().cloned()),
            do_not_optimize: BTreeMap::new(),
            graph,
        },
        params: json!({}),
        index: IndexAnswers::default(),
        existing: BTreeMap::new(),
        environment: Environment::default().with("TASKCLUSTER_ROOT_URL", "https://tc.example/"),
    }
}

/// These labels, selected by filters.
fn requested(labels: impl IntoIterator<Item = Label>) -> IndexMap<Label, Requested> {
    let labels = labels.into_iter();
    labels.map(|label| (label, Requested::Filters)).collect()
}

/// These labels, listed in `do_not_optimize`.
fn unoptimized(labels: impl IntoIterator<Item = Label>) -> BTreeMap<Label, Unoptimized> {
    let labels = labels.into_iter();
    labels.map(|label| (label, Unoptimized::Listed)).collect()
}

impl Case {
    /// Only these tasks are requested.
    fn requested<const N: usize>(mut self, names: [&str; N]) -> Self {
        self.target.requested = requested(labels(names));
        self
    }

    /// These are not optimized.
    fn alone<const N: usize>(mut self, names: [&str; N]) -> Self {
        self.target.do_not_optimize = unoptimized(labels(names));
        self
    }

    /// An earlier graph has a task.
    fn existing(mut self, name: &str, task_id: &str) -> Self {
        self.existing.insert(label(name), id(task_id));
        self
    }

    /// The index has a task that is in this state and expires so many hours from now.
    fn indexed(mut self, path: &str, task_id: &str, state: TaskState, hours: i64) -> Self {
        let path = IndexPath::parse(path).unwrap();
        self.index.tasks.insert(path, id(task_id));
        let status = TaskStatus {
            state,
            expires: Some(Timestamp::from_unix(hours * 3600)),
            ..TaskStatus::default()
        };
        self.index.statuses.insert(id(task_id), status);
        self
    }

    fn params(mut self, over: Value) -> Self {
        self.params = over;
        self
    }

    fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    fn run(&self) -> Outcome<OptimizedTaskGraph> {
        optimize(
            self.target.clone(),
            OptimizeInputs {
                params: &params(self.params.clone()),
                index: &self.index,
                existing: &self.existing,
                ids: &DerivedIds::new(id(DECISION)),
                now: Timestamp::from_unix(0),
                environment: &self.environment,
                custom: None,
            },
        )
    }

    fn optimized(&self) -> OptimizedTaskGraph {
        self.run().unwrap()
    }

    /// What becomes of each task, and why, by label.
    fn verdicts(&self) -> Vec<String> {
        let optimized = self.optimized();
        let message = optimized.verdicts.iter().map(|(label, verdict)| {
            let with = match &verdict.action {
                Action::Replaced(task_id) => format!(" with {task_id}"),
                Action::Kept | Action::Removed => String::new(),
            };
            format!(
                "{label} {}{with}: {}",
                verdict.action_name(),
                verdict.reason
            )
        });
        message.collect()
    }

    fn errors(&self) -> String {
        self.run().unwrap_err().to_string()
    }
}

/// The id of a new task.
pub(super) fn new_id(name: &str) -> TaskId {
    DerivedIds::new(id(DECISION)).id(&label(name), 0)
}
