//! Generates the graph that a command shows.

use super::args::ShowArgs;
use super::context::CommandContext;
use super::graph_document::{GraphDocument, ShownGraph};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::config::parameters::Parameters;
use crate::decision::Phases;
use crate::ports::ids::DerivedIds;

/// The phase after which a graph is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// `tasks`
    FullTaskSet,
    /// `full`
    FullTaskGraph,
    /// `target`
    TargetTaskSet,
    /// `target-graph`
    TargetTaskGraph,
    /// `optimized`
    OptimizedTaskGraph,
    /// `morphed`
    MorphedTaskGraph,
}

impl Phase {
    /// The name of the phase in taskgraph.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FullTaskSet => "full_task_set",
            Self::FullTaskGraph => "full_task_graph",
            Self::TargetTaskSet => "target_task_set",
            Self::TargetTaskGraph => "target_task_graph",
            Self::OptimizedTaskGraph => "optimized_task_graph",
            Self::MorphedTaskGraph => "morphed_task_graph",
        }
    }
}

/// Generates a graph for one set of parameters, and selects what the flags show of it.
///
/// # Errors
/// Every error of the first phase that has any.
pub async fn generate(
    args: &ShowArgs,
    phase: Phase,
    context: &CommandContext,
    params: &Parameters,
) -> Outcome<GraphDocument> {
    let phases = context.phases(params);
    match phase {
        Phase::FullTaskSet => return document(args, phases, phases.full_set()?.0),
        Phase::FullTaskGraph => return document(args, phases, phases.full()?.graph.0),
        _ => {}
    }
    let full = phases.full()?;
    let targets = phases.target_set(&full)?;
    if phase == Phase::TargetTaskSet {
        return document(args, phases, targets.tasks);
    }
    let mut target = phases.target_graph(&full, &targets)?;
    if phase == Phase::TargetTaskGraph {
        return document(args, phases, target.graph);
    }
    if args.no_optimize {
        target.do_not_optimize = target.graph.labels().cloned().collect();
    }
    // Frees what is not shown, and lets optimization move tasks that nothing else holds.
    drop((full, targets));
    let decision_task = TaskId::parse(TaskId::PLACEHOLDER);
    let decision_task = decision_task.map_err(|error| Diagnostic::bug(error.to_string()))?;
    let ids = DerivedIds::new(decision_task);
    let optimized = phases.optimize(target, &ids).await?;
    if phase == Phase::OptimizedTaskGraph {
        return document(args, phases, optimized.graph);
    }
    let morphed = phases.morph(&optimized, &ids).await?;
    document(args, phases, morphed.graph)
}

/// Selects what the flags show of a graph, with the dependencies that the installed taskgraph writes.
fn document(args: &ShowArgs, phases: Phases<'_>, graph: impl ShownGraph) -> Outcome<GraphDocument> {
    GraphDocument::new(args, graph, phases.rules()?)
}
