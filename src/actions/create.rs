//! Adds tasks to an existing graph.
//!
//! An action may add tasks in several rounds. Each round is a graph of its own: the wanted tasks and
//! their missing dependencies. All artifacts are written before the first task is created, since Chain
//! of Trust looks a created task up in `task-graph.json`, and a rerun has to find everything that an
//! earlier run has named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::action::Call;
use super::existing::ExistingGraph;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::text::plural;
use crate::base::value::{Object, Value, json};
use crate::config::parameters::Parameters;
use crate::decision::{Phases, artifact, optimize_rerun, plan_graph, scheduler_id};
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::morph::staged::{Existing, Settings, settings, stage_added};
use crate::optimize::OptimizedTaskGraph;
use crate::ports::ids::DerivedIds;
use crate::release::staged::EARLIER;
use crate::submit::{
    Created, Reconciled, Resolved, Resolver, Submission, SubmitError, SubmitOptions, reconcile,
    submit_all, submit_with_retry,
};
use crate::target::{Requested, TargetTaskGraph, Unoptimized};
use crate::verify;

/// Tasks that are added together.
pub struct Round<'a> {
    /// The suffix of its artifacts.
    pub suffix: String,
    /// The labels to create, whether they exist or not.
    pub requested: BTreeSet<Label>,
    /// The graph that they are added to.
    pub existing: &'a ExistingGraph,
    /// The parameters of that graph.
    pub params: &'a Parameters,
    /// Whether it is the graph that the action is triggered on. Later actions on that graph read the
    /// labels of this action, which must not include those of other pushes.
    pub on_triggered_graph: bool,
}

/// Changes a task before it is added.
pub type Modifier<'a> = dyn Fn(&mut Task) + Sync + 'a;

/// Returns `times` rounds of the same labels on the graph that the action is triggered on.
pub fn repeated_rounds<'a>(
    call: &Call<'a>,
    existing: &'a ExistingGraph,
    requested: &BTreeSet<Label>,
    times: u64,
) -> Vec<Round<'a>> {
    (0..times)
        .map(|round| Round {
            suffix: round.to_string(),
            requested: requested.clone(),
            existing,
            params: call.params,
            on_triggered_graph: true,
        })
        .collect()
}

/// The schema of a list of labels.
pub fn tasks_schema() -> Value {
    json!({
        "type": "array",
        "description": "An array of task labels",
        "items": {"type": "string"},
    })
}

/// The schema of the input `times`.
pub fn times_schema(default: Option<u64>) -> Value {
    let mut schema = json!({
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "title": "Times",
        "description": "How many times to run each task.",
    });
    if let Some(default) = default {
        schema["default"] = json!(default);
    }
    schema
}

/// The input `times`.
pub fn times(input: &Value) -> u64 {
    input.get("times").and_then(Value::as_u64).unwrap_or(1)
}

/// Creates the tasks of every round, each in the group of its graph, and writes the artifacts that
/// later actions and Chain of Trust read.
///
/// # Errors
/// Everything that would prevent a task from being created or from running, before any is created; or
/// every task that could not be created.
pub async fn rounds(
    call: &Call<'_>,
    rounds: &[Round<'_>],
    modifier: Option<&Modifier<'_>>,
) -> Outcome<()> {
    let targets = targets(call, rounds, modifier)?;
    let created = submit_with_retry(|| Box::pin(create(call, rounds, &targets))).await?;
    tracing::info!("Scheduled {}", plural(created.len(), "task"));
    Ok(())
}

/// The target task graph of each round.
fn targets(
    call: &Call<'_>,
    rounds: &[Round<'_>],
    modifier: Option<&Modifier<'_>>,
) -> Outcome<Vec<TargetTaskGraph>> {
    let mut targets: Vec<TargetTaskGraph> = Vec::new();
    for (number, round) in rounds.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|before| rounds.get(before));
        let is_same = before.is_some_and(|before| {
            before.requested == round.requested && std::ptr::eq(before.existing, round.existing)
        });
        let target = match targets.last().filter(|_| is_same) {
            Some(target) => target.clone(),
            None => TargetTaskGraph {
                graph: checked(call, round, reparented(call, round, modifier)?)?,
                requested: with(&round.requested, Requested::Action),
                do_not_optimize: with(&round.requested, Unoptimized::Action),
            },
        };
        targets.push(target);
    }
    Ok(targets)
}

/// A graph whose tasks keep the environments of release services apart.
fn checked(call: &Call<'_>, round: &Round<'_>, graph: LabelGraph) -> Outcome<LabelGraph> {
    verify::environments(&graph, call.graph_config, round.params)?;
    Ok(graph)
}

/// Pairs each label with `why`.
fn with<T: Copy, C: FromIterator<(Label, T)>>(labels: &BTreeSet<Label>, why: T) -> C {
    labels.iter().map(|label| (label.clone(), why)).collect()
}

/// Writes the artifacts of all rounds, and creates their tasks.
async fn create(
    call: &Call<'_>,
    rounds: &[Round<'_>],
    targets: &[TargetTaskGraph],
) -> Result<Vec<Created>, SubmitError> {
    let mut artifacts = RoundArtifacts::default();
    let mut submissions = Vec::new();
    for (number, (round, target)) in rounds.iter().zip(targets).enumerate() {
        let (optimized, reconciled) = resolve(call, round, number, target.clone()).await?;
        let mut submission = Submission::new(reconciled);
        let rules = phases(call, round).rules().map_err(Diagnostics::from)?;
        let own = RoundArtifacts {
            graph: artifact::documented(&optimized.graph, rules)
                .to_json()
                .as_object()
                .cloned()
                .unwrap_or_default(),
            label_to_taskid: optimized.label_to_taskid,
            to_run: round.requested.clone(),
        };
        if rounds.len() > 1 {
            own.write(call, &format!("-{}", round.suffix))?;
            submission.artifact = format!("submission-{}.json", round.suffix);
        }
        artifacts.extend(own, round.on_triggered_graph);
        submissions.push(submission);
    }
    artifacts.write(call, "")?;
    let options = SubmitOptions::new(call.events, call.artifacts);
    submit_all(call.context.submit()?, &options, &submissions).await
}

/// Returns the phases of a round.
fn phases<'p>(call: &Call<'p>, round: &Round<'p>) -> Phases<'p> {
    Phases {
        context: call.context,
        graph_config: call.graph_config,
        params: round.params,
        verify: false,
        artifacts: None,
    }
}

/// Resolves the graph of a round with taskIds that no other task has.
async fn resolve(
    call: &Call<'_>,
    round: &Round<'_>,
    number: usize,
    target: TargetTaskGraph,
) -> Outcome<(OptimizedTaskGraph, Reconciled)> {
    let staging = settings(call.graph_config, round.params)?;
    let image = phases(call, round).own_image().await?;
    let publisher = call.task_group_id.as_ref();
    let staging = staging.map(|staging| staging.with_image(image.as_ref()).published_by(publisher));
    let earlier = match &staging {
        Some(staging) if staging.stages => earlier_graphs(call, round).await?,
        _ => None,
    };
    let mut resolver = RoundResolver {
        phases: phases(call, round),
        existing: &round.existing.label_to_taskid,
        full: &round.existing.graph,
        target,
        staging,
        earlier,
    };
    let decision = round.existing.decision.clone();
    reconcile(
        call.context.submit()?,
        DerivedIds::for_action(decision, call.action_task.clone(), number),
        &scheduler_id(call.graph_config, round.params),
        &mut resolver,
    )
    .await
}

/// The task that has created the group of this call, if it lists the staged tasks of graphs before it.
async fn earlier_graphs(call: &Call<'_>, round: &Round<'_>) -> Outcome<Option<TaskId>> {
    let Some(group) = call
        .task_group_id
        .as_ref()
        .filter(|_| round.on_triggered_graph)
    else {
        return Ok(None);
    };
    match call.context.taskcluster()?.artifact(group, EARLIER).await {
        Ok(_) => Ok(Some(group.clone())),
        Err(error) if error.status == Some(404) => Ok(None),
        Err(error) => Err(Diagnostic::environment(format!(
            "cannot read `{EARLIER}` of the task {group}"
        ))
        .because(error)
        .into()),
    }
}

/// Optimizes the graph of a round.
struct RoundResolver<'r> {
    phases: Phases<'r>,
    existing: &'r BTreeMap<Label, TaskId>,
    full: &'r LabelGraph,
    target: TargetTaskGraph,
    /// If the project has settings for staging: release tasks are checked, and below release level staged.
    staging: Option<Settings>,
    /// The task that lists the staged tasks of earlier graphs.
    earlier: Option<TaskId>,
}

impl Resolver for RoundResolver<'_> {
    type Graph = OptimizedTaskGraph;

    async fn resolve(
        &mut self,
        ids: &DerivedIds,
        earlier: &BTreeSet<Label>,
    ) -> Outcome<Resolved<Self::Graph>> {
        let Self {
            phases,
            existing,
            target,
            ..
        } = self;
        let mut optimized = optimize_rerun(phases, target, ids, existing, earlier).await?;
        if let Some(settings) = &self.staging {
            // At release level, a copy of a task that is there is what the decision has checked already.
            let is_new = |label: &Label| settings.stages || !existing.contains_key(label);
            let added = optimized.graph.tasks();
            settings.check(added.filter(|task| is_new(&task.label)))?;
            if settings.stages {
                let graph = std::mem::take(&mut optimized.graph);
                let all: Vec<Arc<Task>> = self.full.tasks().cloned().collect();
                let around = Existing {
                    tasks: &all,
                    ids: &optimized.label_to_taskid,
                };
                let earlier = self.earlier.as_ref();
                optimized.graph = stage_added(graph, settings, around, earlier, existing)?;
            }
        }
        let plan = plan_graph(phases.graph_config, phases.params, &optimized.graph, ids)?;
        let referenced = optimized.label_to_taskid.values().cloned().collect();
        Ok(Resolved {
            graph: optimized,
            plan,
            referenced,
        })
    }
}

/// The artifacts of a round, or of all rounds together.
#[derive(Default)]
struct RoundArtifacts {
    graph: Object,
    label_to_taskid: BTreeMap<Label, TaskId>,
    to_run: BTreeSet<Label>,
}

impl RoundArtifacts {
    /// Adds a later round: of several tasks with one label, the last one counts.
    fn extend(&mut self, later: Self, on_triggered_graph: bool) {
        self.graph.extend(later.graph);
        if on_triggered_graph {
            self.label_to_taskid.extend(later.label_to_taskid);
        }
        self.to_run.extend(later.to_run);
    }

    fn write(&self, call: &Call<'_>, suffix: &str) -> Result<(), Diagnostic> {
        let name = |base: &str| format!("{base}{suffix}.json");
        let graph = Value::Object(self.graph.clone());
        artifact::write_json(call.artifacts, &name("task-graph"), &graph)?;
        artifact::write_label_to_taskid(
            call.artifacts,
            &name("label-to-taskid"),
            &self.label_to_taskid,
        )?;
        let to_run = self.to_run.iter().map(|label| Value::from(label.as_str()));
        artifact::write_json(call.artifacts, &name("to-run"), &to_run.collect())
    }
}

/// Returns the requested tasks and their dependencies, as children of the action task: Chain of Trust finds
/// the creator of a task by `extra.parent` and by its dependencies.
fn reparented(
    call: &Call<'_>,
    round: &Round<'_>,
    modifier: Option<&Modifier<'_>>,
) -> Outcome<LabelGraph> {
    let existing = round.existing;
    let needed = existing.graph.dag().closure(&round.requested);
    let mut tasks = Vec::new();
    for task in existing.graph.tasks() {
        if !needed.contains(&task.label) {
            continue;
        }
        let mut task = Task::clone(task);
        if let Some(modify) = modifier {
            modify(&mut task);
        }
        let extra = task.task.entry("extra").or_insert_with(|| json!({}));
        if let Value::Object(extra) = extra {
            extra.insert("parent", json!(call.action_task.as_str()));
        }
        if existing.decision != call.action_task {
            let list = task.task.entry("dependencies");
            if let Value::Array(list) = list.or_insert_with(|| json!([])) {
                list.push(json!(call.action_task.as_str()));
            }
        }
        tasks.push(Arc::new(task));
    }
    LabelGraph::set(tasks)?.with_edges()
}
