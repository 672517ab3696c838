//! The inputs and results of morphs.

use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;

/// What a morph may look at besides the graph.
#[derive(Debug, Clone, Copy)]
pub struct MorphContext<'a> {
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The parameters.
    pub params: &'a Parameters,
    /// The source of taskIds.
    pub ids: &'a DerivedIds,
    /// The environment variables.
    pub environment: &'a Environment,
    /// The image of the task that creates the graph, if it is known and needed.
    pub image: Option<&'a Value>,
    /// The project's Python, if it is used.
    pub custom: Option<&'a Custom<'a>>,
}

/// The remaining graph, and the tasks that a morph adds.
pub(super) type Change = (IdGraph, Vec<PlannedTask>);
