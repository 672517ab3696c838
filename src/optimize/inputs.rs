//! The inputs of optimization besides the graph.

use std::collections::BTreeMap;

use crate::base::name::{IndexPath, Label, TaskId};
use crate::base::time::Timestamp;
use crate::config::parameters::Parameters;
use crate::custom::strategies::Strategies;
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::TaskStatus;

/// The answers of the index and the queue for the paths in [`index_paths`](super::index_paths).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexAnswers {
    /// The task at each path that holds one.
    pub tasks: BTreeMap<IndexPath, TaskId>,
    /// The status of these tasks.
    pub statuses: BTreeMap<TaskId, TaskStatus>,
    /// Whether they were not asked, so that nothing is known.
    pub not_asked: bool,
}

/// The inputs of optimization besides the graph.
#[derive(Debug, Clone, Copy)]
pub struct OptimizeInputs<'a> {
    /// The parameters.
    pub params: &'a Parameters,
    /// The answers of the index.
    pub index: &'a IndexAnswers,
    /// The tasks that exist already, by label.
    pub existing: &'a BTreeMap<Label, TaskId>,
    /// The source of new taskIds, and the id of the decision task.
    pub ids: &'a DerivedIds,
    /// The present moment, which deadlines are counted from.
    pub now: Timestamp,
    /// The environment variables, for links to artifacts.
    pub environment: &'a Environment,
    /// The project's own strategies.
    pub custom: Option<&'a Strategies<'a, 'a>>,
}
