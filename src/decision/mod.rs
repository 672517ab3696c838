//! The decision: runs the phases, writes the artifacts, and has the graph created.
//!
//! [`Phases`] runs the phases up to any of them, for people who look at graphs. [`run`] does what a
//! decision task does, and what an action does that decides anew: every artifact is written, and
//! only when the whole graph stands is the first task created.

pub mod artifact;
mod context;
mod existing_tasks;
pub mod flags;
pub mod flavor_chain;
pub mod index;
pub mod parameters;
mod phases;
mod remote;
mod scripts;
pub mod submission;

use crate::base::diagnostic::Outcome;
use crate::base::name::{Label, TaskId};
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::config::shipping;
use crate::model::label_graph::LabelGraph;
use crate::morph::MorphedTaskGraph;
use crate::optimize::OptimizedTaskGraph;
use crate::ports::artifacts::Artifacts;
use crate::ports::ids::DerivedIds;
use crate::submit::execute::{Created, SubmitEvent};
use crate::submit::plan::{Plan, SubmitOptions, plan};
use crate::submit::preflight::{self, Care};
use crate::target::TargetTaskGraph;

pub use context::Context;
pub use phases::{Full, Phases, Selection, vcs_diagnostic};
pub use submission::{Again, Settled, Settling, Unsubmitted, Way};

/// What a decision did.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The optimized graph with its reasons.
    pub optimized: OptimizedTaskGraph,
    /// The graph as it was created.
    pub morphed: MorphedTaskGraph,
    /// What was created.
    pub created: Vec<Created>,
}

/// Decides: generates the graph, writes the artifacts, creates the tasks in the group of the decision task.
///
/// `actions_json` is written as it is. `verify` is off for people who know what they do: neither the
/// graph nor payloads are then verified.
///
/// # Errors
/// Everything that is wrong in the first phase in which anything is; then no task was created. Or
/// every task that could not be created.
pub async fn run(
    context: Context<'_>,
    graph_config: &GraphConfig,
    params: &Parameters,
    decision: Decision<'_>,
) -> Outcome<Decided> {
    let mut again = Again::default();
    loop {
        let prepared = prepare(context, graph_config, params, &decision, &[], &|_| Ok(())).await?;
        let way = Way::new(decision.events, decision.artifacts);
        let created = prepared.create(context, graph_config, params, way).await;
        if let Some(created) = again.is_over(created)? {
            return Ok(Decided {
                optimized: prepared.optimized,
                morphed: prepared.morphed,
                created,
            });
        }
    }
}

/// The targets of a graph, before it is optimized.
#[derive(Clone, Copy)]
pub struct Targets<'a> {
    /// What each set of parameters selects: those of the steps, then those of the graph itself.
    pub selections: &'a [Selection],
    /// The target task graph.
    pub graph: &'a LabelGraph,
    /// The full task graph.
    pub full: &'a LabelGraph,
    /// Every task of the full task graph that names a product or a phase of a release.
    pub released: &'a LabelGraph,
}

/// A graph that stands on paper: all its artifacts are written, and no task is created.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The target task graph.
    pub target: TargetTaskGraph,
    /// The optimized graph with its reasons.
    pub optimized: OptimizedTaskGraph,
    /// The graph that is to be created.
    pub morphed: MorphedTaskGraph,
    /// What each set of parameters selects: those of the steps, then those of the graph itself.
    pub selections: Vec<Selection>,
    settled: Settled,
    care: Care,
}

impl Prepared {
    /// What is to be created, with its ids and definitions.
    ///
    /// # Errors
    /// Definitions that cannot be sent.
    pub fn plan(&self, graph_config: &GraphConfig, params: &Parameters) -> Outcome<Plan> {
        planned(
            graph_config,
            params,
            &self.morphed.graph,
            self.settled.ids(),
        )
    }

    /// What an earlier run has created and this one does not want.
    #[must_use]
    pub fn leftovers(&self) -> &[crate::submit::standing::Leftover] {
        self.settled.leftovers()
    }

    /// Looks at everything that is to be created and does not stand yet, and creates nothing.
    ///
    /// # Errors
    /// Everything that would keep a task from being created or from running.
    pub async fn preflight(&self, context: Context<'_>, plan: &Plan) -> Outcome<()> {
        let missing = self.settled.missing(plan);
        preflight::run(
            &[&missing],
            self.care,
            context.taskcluster()?,
            context.clock,
            context.environment,
        )
        .await
    }

    /// Creates the tasks, and says in an artifact what came of it.
    ///
    /// # Errors
    /// Everything that would keep a task from being created or from running; then none was created.
    /// Or every task that could not be created; it may be that other ids do it.
    pub async fn create(
        &self,
        context: Context<'_>,
        graph_config: &GraphConfig,
        params: &Parameters,
        way: Way<'_>,
    ) -> Result<Vec<Created>, Unsubmitted> {
        let plan = self.plan(graph_config, params)?;
        self.preflight(context, &plan).await?;
        submission::submit(context, &plan, &self.settled, way).await
    }
}

/// Generates the graph and writes the artifacts.
///
/// The graph also contains what the flavors `before` select, one after the other: see
/// [`flavor_chain`]. `check` may refuse the targets before the graph is optimized.
///
/// # Errors
/// All mistakes of the first phase that has any, and those that `check` reports.
pub async fn prepare(
    context: Context<'_>,
    graph_config: &GraphConfig,
    params: &Parameters,
    decision: &Decision<'_>,
    before: &[flavor_chain::FlavorStep],
    check: &(dyn Fn(Targets<'_>) -> Outcome<()> + Send + Sync),
) -> Outcome<Prepared> {
    let artifacts = decision.artifacts;
    let ids = DerivedIds::new(decision.decision_task_id.clone());
    // Without a queue all that follows would be in vain.
    context.taskcluster()?;
    artifact::write_yaml(
        artifacts,
        "parameters.yml",
        &Value::Object(params.values().clone()),
    )?;
    artifact::write_json(artifacts, "actions.json", &decision.actions_json)?;
    let phases = Phases {
        context,
        graph_config,
        params,
        verify: decision.verify,
        artifacts: Some(artifacts),
    };
    let full = phases.full()?;
    artifact::write_graph(artifacts, "full-task-graph.json", &full.graph.0)?;
    artifact::write_json(
        artifacts,
        "runnable-jobs.json",
        &artifact::runnable_jobs(&full.graph.0),
    )?;
    let mut targets = phases.target_set(&full)?;
    let own = phases.selection(targets.0.labels().cloned())?;
    let chain = flavor_chain::step_targets(&phases, &full, before, &mut targets)?;
    let mut labels: Vec<&Label> = targets.0.labels().collect();
    labels.sort_unstable();
    let labels = labels
        .into_iter()
        .map(|label| Value::from(label.as_str()))
        .collect();
    artifact::write_json(artifacts, "target-tasks.json", &labels)?;
    let mut target = phases.target_graph(&full, &targets)?;
    let selections = chain.iter().map(|step| step.selection().clone());
    let selections: Vec<Selection> = selections.chain([own]).collect();
    let released = released(&full);
    check(Targets {
        selections: &selections,
        graph: &target.graph,
        full: &full.set.0,
        released: &released,
    })?;
    drop(full);
    let mut settling = Settling::open(context, ids, &scheduler_id(graph_config, params)).await?;
    let (optimized, morphed) = loop {
        let ids = settling.ids().clone();
        let mut optimized = phases.optimize(target.clone(), &ids).await?;
        if !settling.keeps(&optimized, &mut target) {
            continue;
        }
        flavor_chain::insert_gates(&chain, &ids, &mut optimized)?;
        let morphed = phases.morph(&optimized, &ids)?;
        let plan = planned(graph_config, params, &morphed.graph, &ids)?;
        if settling.is_settled(&plan, &morphed.label_to_taskid).await? {
            break (optimized, morphed);
        }
    };
    let log = crate::optimize::verdict::log(&optimized.verdicts);
    artifacts.write("optimizations.log", log.as_bytes())?;
    artifact::write_graph(artifacts, "task-graph.json", &morphed.graph)?;
    artifact::write_label_to_taskid(artifacts, "label-to-taskid.json", &morphed.label_to_taskid)?;
    scripts::write(
        artifacts,
        context.run_task,
        &morphed.graph,
        decision.decision_task_id,
    )?;
    Ok(Prepared {
        target,
        optimized,
        morphed,
        selections,
        settled: settling.done(),
        care: Care {
            payloads: decision.verify,
        },
    })
}

/// The tasks that give a product or a phase of a release, of whatever type.
fn released(full: &Full) -> LabelGraph {
    let tasks = full.set.0.tasks();
    let named = tasks.filter(|task| shipping::gives_any(&task.attributes));
    full.set
        .0
        .only(&named.map(|task| task.label.clone()).collect())
}

/// What a decision is given beside the project.
pub struct Decision<'a> {
    /// The task that decides; what is created is in the group of this name.
    pub decision_task_id: &'a TaskId,
    /// What `actions.json` holds.
    pub actions_json: Value,
    /// Where artifacts go.
    pub artifacts: &'a dyn Artifacts,
    /// Whether the graph is verified.
    pub verify: bool,
    /// Hears of tasks as they are created.
    pub events: &'a Events<'a>,
}

/// Hears of tasks as they are created.
pub type Events<'a> = dyn for<'e> Fn(SubmitEvent<'e>) + Send + Sync + 'a;

/// Plans what is created of a graph.
///
/// # Errors
/// Definitions that cannot be sent.
pub fn planned(
    graph_config: &GraphConfig,
    params: &Parameters,
    graph: &crate::model::id_graph::IdGraph,
    ids: &DerivedIds,
) -> Outcome<Plan> {
    let options = SubmitOptions {
        decision_task_id: ids.decision_task_id().clone(),
        scheduler_id: scheduler_id(graph_config, params),
        ids,
    };
    plan(graph, &options)
}

/// The scheduler of what is created with these parameters.
#[must_use]
pub fn scheduler_id(graph_config: &GraphConfig, params: &Parameters) -> String {
    format!("{}-level-{}", graph_config.trust_domain(), params.level())
}
