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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    const ALL: [Self; 6] = [
        Self::FullTaskSet,
        Self::FullTaskGraph,
        Self::TargetTaskSet,
        Self::TargetTaskGraph,
        Self::OptimizedTaskGraph,
        Self::MorphedTaskGraph,
    ];

    /// The phases up to this one, in order.
    pub fn up_to(self) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .take_while(move |phase| *phase <= self)
    }

    /// The command that shows the graph.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Self::FullTaskSet => "tasks",
            Self::FullTaskGraph => "full",
            Self::TargetTaskSet => "target",
            Self::TargetTaskGraph => "target-graph",
            Self::OptimizedTaskGraph => "optimized",
            Self::MorphedTaskGraph => "morphed",
        }
    }

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

/// Generates a graph for one set of parameters, and selects what the flags show of it. `save` is called
/// with the document of each phase up to the one that is shown, if the flags ask for them.
///
/// # Errors
/// Every error of the first phase that has any, and those of `save`.
pub async fn generate(
    args: &ShowArgs,
    phase: Phase,
    context: &CommandContext,
    params: &Parameters,
    save: &(dyn Fn(Phase, &GraphDocument) -> Outcome<()> + Sync),
) -> Outcome<GraphDocument> {
    let phases = context.phases(params);
    let shown = Shown {
        args,
        phases,
        last: phase,
        save,
    };
    if phase == Phase::FullTaskSet {
        let document = shown.document(phases.full_set()?.0)?;
        shown.save(phase, &document)?;
        return Ok(document);
    }
    let full = phases.full()?;
    if shown.saves() {
        shown.save(Phase::FullTaskSet, &shown.document(full.set.0.clone())?)?;
    }
    if let Some(document) = shown.end(Phase::FullTaskGraph, || full.graph.0.clone())? {
        return Ok(document);
    }
    let targets = phases.target_set(&full)?;
    if let Some(document) = shown.end(Phase::TargetTaskSet, || targets.tasks.clone())? {
        return Ok(document);
    }
    let mut target = phases.target_graph(&full, &targets)?;
    if let Some(document) = shown.end(Phase::TargetTaskGraph, || target.graph.clone())? {
        return Ok(document);
    }
    if args.no_optimize {
        target.keep_all();
    }
    // Frees what is not shown, and lets optimization move tasks that nothing else holds.
    drop((full, targets));
    let decision_task = TaskId::parse(TaskId::PLACEHOLDER);
    let decision_task = decision_task.map_err(|error| Diagnostic::bug(error.to_string()))?;
    let ids = DerivedIds::new(decision_task);
    let optimized = phases.optimize(target, &ids).await?;
    if let Some(document) = shown.end(Phase::OptimizedTaskGraph, || optimized.graph.clone())? {
        return Ok(document);
    }
    let morphed = phases.morph(&optimized, &ids).await?;
    drop(optimized);
    let document = shown.document(morphed.graph)?;
    shown.save(phase, &document)?;
    Ok(document)
}

/// What a command shows and saves of the phases.
struct Shown<'a> {
    args: &'a ShowArgs,
    phases: Phases<'a>,
    last: Phase,
    save: &'a (dyn Fn(Phase, &GraphDocument) -> Outcome<()> + Sync),
}

impl Shown<'_> {
    fn saves(&self) -> bool {
        self.args.save_phases.is_some()
    }

    /// Saves the document of a phase if the flags ask for it, and returns it if the phase is the last one.
    fn end<G: ShownGraph>(
        &self,
        phase: Phase,
        graph: impl FnOnce() -> G,
    ) -> Outcome<Option<GraphDocument>> {
        let is_last = phase == self.last;
        if !is_last && !self.saves() {
            return Ok(None);
        }
        let document = self.document(graph())?;
        self.save(phase, &document)?;
        Ok(is_last.then_some(document))
    }

    fn save(&self, phase: Phase, document: &GraphDocument) -> Outcome<()> {
        match self.saves() {
            true => (self.save)(phase, document),
            false => Ok(()),
        }
    }

    /// Selects what the flags show of a graph, with the dependencies that the installed taskgraph writes.
    fn document(&self, graph: impl ShownGraph) -> Outcome<GraphDocument> {
        GraphDocument::new(self.args, graph, self.phases.rules()?)
    }
}
