//! From the project to a graph that can be submitted.
//!
//! 1. [`generate`] runs the phases that do not depend on taskIds, up to the target task graph, and
//!    writes their artifacts.
//! 2. [`Generated::prepare`] finds taskIds, runs the other phases with them, and writes the artifacts
//!    that contain taskIds. It can be repeated.
//! 3. [`Prepared::submit`] creates the tasks.

use std::collections::{BTreeMap, BTreeSet};

use super::artifact;
use super::context::Context;
use super::existing_tasks::existing_tasks;
use super::flavor_chain::{self, FlavorStep, StepTargets};
use super::optimize_rerun::optimize_rerun;
use super::phases::{FullTasks, Phases, Selection};
use super::production;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::path::ValuePath;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::config::shipping;
use crate::custom::{self, entry::DecisionGraphs};
use crate::model::id_graph::IdGraph;
use crate::model::label_graph::LabelGraph;
use crate::morph::{MorphedTaskGraph, staged};
use crate::optimize::OptimizedTaskGraph;
use crate::ports::artifacts::Artifacts;
use crate::ports::ids::DerivedIds;
use crate::submit::group::ObsoleteTask;
use crate::submit::{
    Created, Events, Plan, PlanOptions, PreflightOptions, Resolved, Resolver, Submission,
    SubmitError, SubmitOptions, plan, preflight_all, reconcile, submit_all,
};
use crate::target::TargetTaskGraph;
use crate::task_scripts::publish;

/// What a decision needs besides the project and its parameters.
pub struct DecisionOptions<'a> {
    /// The decision task, whose id is also the id of the task group.
    pub decision_task_id: &'a TaskId,
    /// The content of `actions.json`.
    pub actions_json: Value,
    /// Where artifacts are written.
    pub artifacts: &'a dyn Artifacts,
    /// Whether the graph and the payloads are verified.
    pub verify: bool,
    /// Whether nothing is created, so that the project's own entry changes nothing either.
    pub dry_run: bool,
    /// Receives the events of the submission.
    pub events: &'a Events<'a>,
}

impl DecisionOptions<'_> {
    fn preflight(&self) -> PreflightOptions {
        PreflightOptions {
            payloads: self.verify,
        }
    }
}

/// The targets of a graph before it is optimized, for callers that check them.
#[derive(Clone, Copy)]
pub struct Targets<'a> {
    /// What each set of parameters selects: those of the steps, then those of the graph itself.
    pub selections: &'a [Selection],
    /// The target task graph.
    pub graph: &'a LabelGraph,
    /// The full task graph.
    pub full: &'a LabelGraph,
    /// The tasks of the full task graph with a product or a phase of a release.
    pub released: &'a LabelGraph,
}

/// The result of the phases that do not depend on taskIds.
pub struct Generated<'a> {
    phases: Phases<'a>,
    options: &'a DecisionOptions<'a>,
    steps: Vec<StepTargets>,
    target: TargetTaskGraph,
    selections: Vec<Selection>,
    full: LabelGraph,
    targets: Vec<Label>,
}

/// A graph that can be submitted: all artifacts are written, and no task is created.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The target task graph.
    pub target: TargetTaskGraph,
    /// What each set of parameters selects: those of the steps, then those of the graph itself.
    pub selections: Vec<Selection>,
    /// The optimized graph with its reasons.
    pub optimized: OptimizedTaskGraph,
    /// The graph to create.
    pub morphed: MorphedTaskGraph,
    submission: Submission,
}

/// Runs the phases up to the target task graph, and writes their artifacts.
///
/// The graph also contains what the flavors `before` select, one after the other: see
/// [`flavor_chain`]. `check` may reject the targets before the graph is optimized.
///
/// # Errors
/// Every mistake of the first phase that has any, and those that `check` reports.
pub fn generate<'a>(
    context: Context<'a>,
    graph_config: &'a GraphConfig,
    params: &'a Parameters,
    options: &'a DecisionOptions<'a>,
    before: &[FlavorStep],
    check: &(dyn Fn(Targets<'_>) -> Outcome<()> + Send + Sync),
) -> Outcome<Generated<'a>> {
    let artifacts = options.artifacts;
    // Without a queue all phases would be in vain.
    context.taskcluster()?;
    artifact::write_yaml(
        artifacts,
        "parameters.yml",
        &Value::Object(params.values().clone()),
    )?;
    artifact::write_json(artifacts, "actions.json", &options.actions_json)?;
    if let Some(python) = context.python.filter(|python| python.started()) {
        custom::entry::watch(python)?;
    }
    let phases = Phases {
        context,
        graph_config,
        params,
        verify: options.verify,
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
    let own = phases.selection(targets.tasks.labels().cloned())?;
    let steps = flavor_chain::step_targets(&phases, &full, before, &mut targets)?;
    let mut labels: Vec<&Label> = targets.tasks.labels().collect();
    labels.sort_unstable();
    let labels: Vec<Label> = labels.into_iter().cloned().collect();
    let listed = labels.iter().map(|label| Value::from(label.as_str()));
    artifact::write_json(artifacts, "target-tasks.json", &listed.collect())?;
    let target = phases.target_graph(&full, &targets)?;
    if options.verify
        && let Some(comparison) = production::compare(&phases, &full.graph.0, &target.graph)?
    {
        artifact::write_json(artifacts, PRODUCTION, &comparison.to_json())?;
    }
    let selections = steps.iter().map(|step| step.selection().clone());
    let selections: Vec<Selection> = selections.chain([own]).collect();
    check(Targets {
        selections: &selections,
        graph: &target.graph,
        full: &full.set.0,
        released: &released(&full),
    })?;
    Ok(Generated {
        phases,
        options,
        steps,
        target,
        selections,
        targets: labels,
        full: full.graph.0,
    })
}

/// Returns the tasks with a product or a phase of a release.
fn released(full: &FullTasks) -> LabelGraph {
    let tasks = full.set.0.tasks();
    let named = tasks.filter(|task| shipping::has_any(&task.attributes));
    full.set
        .0
        .only(&named.map(|task| task.label.clone()).collect())
}

impl Generated<'_> {
    /// Optimizes and morphs the graph with taskIds that no other task has, and writes the artifacts
    /// that contain taskIds.
    ///
    /// # Errors
    /// Every mistake of the first phase that has any, or Taskcluster does not answer.
    pub async fn prepare(&self) -> Outcome<Prepared> {
        let options = self.options;
        let Phases {
            context,
            graph_config,
            params,
            ..
        } = self.phases;
        let mut resolver = GraphResolver {
            generated: self,
            existing: existing_tasks(params)?,
            target: self.target.clone(),
        };
        let ((optimized, morphed), reconciled) = reconcile(
            context.submit()?,
            DerivedIds::new(options.decision_task_id.clone()),
            &scheduler_id(graph_config, params),
            &mut resolver,
        )
        .await?;
        let artifacts = options.artifacts;
        let log = crate::optimize::log::log(&optimized.verdicts);
        artifacts.write("optimizations.log", log.as_bytes())?;
        let rules = self.phases.rules()?;
        artifact::write_task_graph(artifacts, &morphed.graph, rules)?;
        artifact::write_label_to_taskid(
            artifacts,
            "label-to-taskid.json",
            &morphed.label_to_taskid,
        )?;
        let settings = staged::settings(graph_config, params)?;
        let settings = settings.filter(|settings| settings.stages);
        if let Some(path) = settings
            .as_ref()
            .and_then(|settings| settings.history_file.as_ref())
        {
            let content = context.files.read(path).map_err(|error| {
                let place = ValuePath::keys(["snowman", "staging", "history"]);
                Diagnostic::from(error).at(graph_config.place(&place))
            })?;
            artifacts.write(HISTORY, &content)?;
        }
        if let Some(settings) = settings.filter(|_| !resolver.existing.is_empty()) {
            let made = &morphed.label_to_taskid;
            let earlier = settings.earlier(&resolver.existing, &self.full, made);
            artifact::write_json(artifacts, EARLIER_STAGED, &earlier)?;
        }
        let id = options.decision_task_id;
        let tasks = morphed.graph.tasks();
        let tasks: Vec<_> = tasks
            .map(|task| (task.label.as_str(), &task.task))
            .collect();
        publish(artifacts, context.task_scripts, &tasks, id)?;
        if let Some(custom) = self.phases.extensions()? {
            let graphs = DecisionGraphs {
                decision_task_id: id,
                full: &self.full,
                targets: &self.targets,
                morphed: &morphed.graph,
                label_to_taskid: &morphed.label_to_taskid,
            };
            for (name, content) in custom.entry_artifacts(graphs, options.dry_run)? {
                tracing::info!("writing artifact file `{name}`");
                artifacts.write(&name, &content)?;
            }
        }
        Ok(Prepared {
            target: resolver.target,
            selections: self.selections.clone(),
            optimized,
            morphed,
            submission: Submission::new(reconciled),
        })
    }
}

/// The artifact with what differs between staged tasks and those of production, below `public`.
const PRODUCTION: &str = "staging/production.json";

/// The artifact with the staged tasks of earlier graphs, below `public`.
const EARLIER_STAGED: &str = "staging/earlier.json";

/// The artifact with what is known of earlier releases, below `public`.
const HISTORY: &str = "staging/history.json.gz";

/// Runs the phases that depend on taskIds.
struct GraphResolver<'g> {
    generated: &'g Generated<'g>,
    existing: BTreeMap<Label, TaskId>,
    target: TargetTaskGraph,
}

impl Resolver for GraphResolver<'_> {
    type Graph = (OptimizedTaskGraph, MorphedTaskGraph);

    async fn resolve(
        &mut self,
        ids: &DerivedIds,
        earlier: &BTreeSet<Label>,
    ) -> Outcome<Resolved<Self::Graph>> {
        let Generated { phases, steps, .. } = self.generated;
        let optimized = optimize_rerun(phases, &mut self.target, ids, &self.existing, earlier);
        let mut optimized = optimized.await?;
        flavor_chain::insert_gates(steps, ids, &mut optimized)?;
        let morphed = phases.morph(&optimized, ids).await?;
        let plan = plan_graph(phases.graph_config, phases.params, &morphed.graph, ids)?;
        let referenced = morphed.label_to_taskid.values().cloned().collect();
        Ok(Resolved {
            graph: (optimized, morphed),
            plan,
            referenced,
        })
    }
}

impl Prepared {
    /// Returns the tasks to create, with their ids and definitions.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        self.submission.reconciled.plan()
    }

    /// Returns the tasks of an earlier run that this run does not want.
    #[must_use]
    pub fn obsolete(&self) -> &[ObsoleteTask] {
        self.submission.reconciled.obsolete()
    }

    /// Checks every task that does not exist yet, and creates none.
    ///
    /// # Errors
    /// Everything that would prevent a task from being created or from running.
    pub async fn preflight(
        &self,
        context: Context<'_>,
        options: &DecisionOptions<'_>,
    ) -> Outcome<()> {
        let plans = [&self.submission.reconciled];
        preflight_all(context.submit()?, options.preflight(), &plans).await
    }

    /// Creates the tasks, and reports the result in an artifact.
    ///
    /// # Errors
    /// Everything that would prevent a task from being created or from running; then none was created.
    /// Or every task that could not be created.
    pub async fn submit(
        &self,
        context: Context<'_>,
        options: &DecisionOptions<'_>,
    ) -> Result<Vec<Created>, SubmitError> {
        let submit_options = SubmitOptions {
            preflight: options.preflight(),
            ..SubmitOptions::new(options.events, options.artifacts)
        };
        let submissions = std::slice::from_ref(&self.submission);
        submit_all(context.submit()?, &submit_options, submissions).await
    }
}

/// Plans the creation of a graph.
///
/// # Errors
/// Definitions that cannot be sent.
pub fn plan_graph(
    graph_config: &GraphConfig,
    params: &Parameters,
    graph: &IdGraph,
    ids: &DerivedIds,
) -> Outcome<Plan> {
    let options = PlanOptions {
        decision_task_id: ids.decision_task_id().clone(),
        scheduler_id: scheduler_id(graph_config, params),
        ids,
    };
    plan(graph, &options)
}

/// Returns the `schedulerId` of tasks with these parameters.
#[must_use]
pub fn scheduler_id(graph_config: &GraphConfig, params: &Parameters) -> String {
    format!("{}-level-{}", graph_config.trust_domain(), params.level())
}
