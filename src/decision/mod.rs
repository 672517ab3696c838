//! The decision: runs the phases, writes the artifacts, and has the graph created.
//!
//! [`Phases`] runs the phases up to any of them, for people who look at graphs. [`run`] does what a
//! decision task does, and what an action does that decides anew: every artifact is written, and
//! only when the whole graph stands is the first task created.

pub mod artifact;
pub mod flags;
pub mod gates;
pub mod index;
pub mod parameters;
mod phases;
mod remote;
mod scripts;
pub mod submission;

use std::collections::BTreeMap;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::config::shipping;
use crate::model::label_graph::LabelGraph;
use crate::morph::MorphedTaskGraph;
use crate::optimize::OptimizedTaskGraph;
use crate::ports::artifacts::Artifacts;
use crate::ports::clock::Clock;
use crate::ports::environment::Environment;
use crate::ports::files::Files;
use crate::ports::ids::DerivedIds;
use crate::ports::python::Python;
use crate::ports::stop::Stop;
use crate::ports::taskcluster::Taskcluster;
use crate::ports::vcs::Vcs;
use crate::submit::execute::{Created, SubmitEvent};
use crate::submit::plan::{Plan, SubmitOptions, plan};
use crate::submit::preflight::{self, Care};
use crate::target::TargetTaskGraph;
use crate::transform::context::RunTask;

pub use phases::{Aim, Full, Phases, vcs_diagnostic};
pub use submission::{Again, Settled, Settling, Unsubmitted, Way};

/// The world that a decision runs in.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The files of the repository.
    pub files: &'a dyn Files,
    /// The repository, where there is one.
    pub vcs: Option<&'a dyn Vcs>,
    /// The environment variables.
    pub environment: &'a Environment,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Taskcluster; nobody has to be there when graphs are only looked at.
    pub taskcluster: Option<&'a dyn Taskcluster>,
    /// The scripts that tasks are run with.
    pub run_task: &'a RunTask,
    /// The project's Python; nobody has to be there where it may not be used.
    pub python: Option<&'a dyn Python>,
    /// Whether digests are left out.
    pub fast: bool,
    /// Tells when to bring work to an end.
    pub stop: &'a Stop,
}

impl<'a> World<'a> {
    /// Taskcluster.
    ///
    /// # Errors
    /// When there is none.
    pub fn taskcluster(&self) -> Result<&'a dyn Taskcluster, Diagnostic> {
        let help = match self.environment.filled("TASK_ID") {
            Some(_) => {
                "tasks reach Taskcluster through the proxy: set `features.taskclusterProxy` in the \
                 payload of the task"
            }
            None => "set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com",
        };
        self.taskcluster.ok_or_else(|| {
            Diagnostic::environment("it is not known which Taskcluster to ask").help(help)
        })
    }
}

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

/// Decides: generates the graph, writes the artifacts, creates the tasks in the group of `deciding`.
///
/// `actions_json` is written as it is. `verify` is off for people who know what they do: neither the
/// graph nor payloads are then verified.
///
/// # Errors
/// Everything that is wrong in the first phase in which anything is; then no task was created. Or
/// every task that could not be created.
pub async fn run(
    world: World<'_>,
    graph_config: &GraphConfig,
    params: &Parameters,
    decision: Decision<'_>,
) -> Outcome<Decided> {
    let mut again = Again::default();
    loop {
        let prepared = prepare(world, graph_config, params, &decision, &[], &|_| Ok(())).await?;
        let way = Way::new(decision.events, decision.artifacts);
        let created = prepared.create(world, graph_config, params, way).await;
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
pub struct Aimed<'a> {
    /// The aim of each set of parameters: those of the legs, then that of the graph itself.
    pub aims: &'a [Aim],
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
    /// The aim of each set of parameters: those of the legs, then that of the graph itself.
    pub aims: Vec<Aim>,
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
    pub async fn preflight(&self, world: World<'_>, plan: &Plan) -> Outcome<()> {
        let missing = self.settled.missing(plan);
        preflight::run(
            &[&missing],
            self.care,
            world.taskcluster()?,
            world.clock,
            world.environment,
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
        world: World<'_>,
        graph_config: &GraphConfig,
        params: &Parameters,
        way: Way<'_>,
    ) -> Result<Vec<Created>, Unsubmitted> {
        let plan = self.plan(graph_config, params)?;
        self.preflight(world, &plan).await?;
        submission::submit(world, &plan, &self.settled, way).await
    }
}

/// Generates the graph and writes the artifacts.
///
/// What the sets of parameters `before` aim at is in the graph too, each set behind the one before
/// it: see [`gates`]. `check` examines all aims before anything is made from them.
///
/// # Errors
/// All mistakes of the first phase that has any, and those that `check` reports.
pub async fn prepare(
    world: World<'_>,
    graph_config: &GraphConfig,
    params: &Parameters,
    decision: &Decision<'_>,
    before: &[gates::Leg],
    check: &(dyn Fn(Aimed<'_>) -> Outcome<()> + Send + Sync),
) -> Outcome<Prepared> {
    let artifacts = decision.artifacts;
    let ids = DerivedIds::new(decision.deciding.clone());
    // Without a queue all that follows would be in vain.
    world.taskcluster()?;
    artifact::write_yaml(
        artifacts,
        "parameters.yml",
        &Value::Object(params.values().clone()),
    )?;
    artifact::write_json(artifacts, "actions.json", &decision.actions_json)?;
    let phases = Phases {
        world,
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
    let own = phases.aim(targets.0.labels().cloned())?;
    let stages = gates::stages(&phases, &full, before, &mut targets)?;
    let mut labels: Vec<&Label> = targets.0.labels().collect();
    labels.sort_unstable();
    let labels = labels
        .into_iter()
        .map(|label| Value::from(label.as_str()))
        .collect();
    artifact::write_json(artifacts, "target-tasks.json", &labels)?;
    let mut target = phases.target_graph(&full, &targets)?;
    let aims = stages.iter().map(|stage| stage.aim().clone());
    let aims: Vec<Aim> = aims.chain([own]).collect();
    let released = released(&full);
    check(Aimed {
        aims: &aims,
        graph: &target.graph,
        full: &full.set.0,
        released: &released,
    })?;
    drop(full);
    let mut settling = Settling::open(world, ids, &scheduler_id(graph_config, params)).await?;
    let (optimized, morphed) = loop {
        let ids = settling.ids().clone();
        let mut optimized = phases.optimize(target.clone(), &ids).await?;
        if !settling.keeps(&optimized, &mut target) {
            continue;
        }
        gates::insert(&stages, &ids, &mut optimized)?;
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
    scripts::write(artifacts, world.run_task, &morphed.graph, decision.deciding)?;
    Ok(Prepared {
        target,
        optimized,
        morphed,
        aims,
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
    pub deciding: &'a TaskId,
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
        decision_task_id: ids.deciding().clone(),
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

/// Reads the parameter `existing_tasks`.
///
/// # Errors
/// Every entry that is no label with a taskId.
pub fn existing_tasks(params: &Parameters) -> Outcome<BTreeMap<Label, TaskId>> {
    let mut wrong = Diagnostics::new();
    let mut existing = BTreeMap::new();
    let entries = params.get("existing_tasks").and_then(Value::as_object);
    for (label, task_id) in entries.into_iter().flatten() {
        match (
            Label::parse(label),
            TaskId::parse(task_id.as_str().unwrap_or_default()),
        ) {
            (Ok(label), Ok(task_id)) => {
                existing.insert(label, task_id);
            }
            (Err(error), _) | (_, Err(error)) => wrong.push(Diagnostic::user(format!(
                "parameters: `existing_tasks`: {error}"
            ))),
        }
    }
    wrong.or_ok(existing)
}
