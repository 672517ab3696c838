//! Adds tasks to a graph that exists, as actions do.
//!
//! An action may add tasks in several rounds. Each round is a graph of its own: the wanted tasks and
//! what they need and does not exist yet. All artifacts are written before the first task is
//! created, since Chain of Trust looks a created task up in `task-graph.json`, and a rerun has to
//! find all that an earlier run has named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Call;
use super::existing::Existing;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::Label;
use crate::base::value::{Object, Value, json};
use crate::config::parameters::Parameters;
use crate::decision::submission::{Again, Settled, Settling, Unsubmitted, Way, submit};
use crate::decision::{Phases, artifact, planned, scheduler_id};
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::optimize::OptimizedTaskGraph;
use crate::ports::ids::DerivedIds;
use crate::submit::plan::Plan;
use crate::submit::preflight::{self, Care};
use crate::target::TargetTaskGraph;

/// Tasks that are added at once.
pub struct Round<'a> {
    /// What tells its artifacts from those of other rounds.
    pub suffix: String,
    /// The labels that are created, whether they exist or not.
    pub wanted: BTreeSet<Label>,
    /// The graph that they are added to.
    pub existing: &'a Existing,
    /// The parameters of that graph.
    pub params: &'a Parameters,
    /// Whether it is the graph that the action is triggered on. Later actions on that one read what
    /// labels this action has made, and must not take them from graphs of other pushes.
    pub own: bool,
}

/// Changes a task before it is added.
pub type Modifier<'a> = dyn Fn(&mut Task) + Sync + 'a;

/// `times` rounds of the same labels on the graph that the action is triggered on.
pub fn repeated<'a>(
    call: &Call<'a>,
    existing: &'a Existing,
    wanted: &BTreeSet<Label>,
    times: u64,
) -> Vec<Round<'a>> {
    (0..times)
        .map(|round| Round {
            suffix: round.to_string(),
            wanted: wanted.clone(),
            existing,
            params: call.params,
            own: true,
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
/// Everything that would keep a task from being created or from running; then none was created. Or
/// every task that could not be created.
pub async fn rounds(
    call: &Call<'_>,
    rounds: &[Round<'_>],
    modifier: Option<&Modifier<'_>>,
) -> Outcome<()> {
    let mut again = Again::default();
    loop {
        let created = create(call, rounds, modifier).await;
        if let Some(created) = again.is_over(created)? {
            tracing::info!("Scheduled {created} tasks");
            return Ok(());
        }
    }
}

async fn create(
    call: &Call<'_>,
    rounds: &[Round<'_>],
    modifier: Option<&Modifier<'_>>,
) -> Result<usize, Unsubmitted> {
    let mut written = Written::default();
    let mut planned = Vec::new();
    for (number, round) in rounds.iter().enumerate() {
        let target = TargetTaskGraph {
            graph: adopted(call, round, modifier)?,
            requested: round.wanted.iter().cloned().collect(),
            do_not_optimize: round.wanted.clone(),
        };
        let (optimized, plan, settled) = settle(call, round, number, target).await?;
        let own = Written {
            graph: optimized
                .graph
                .to_json()
                .as_object()
                .cloned()
                .unwrap_or_default(),
            label_to_taskid: optimized.label_to_taskid,
            to_run: round.wanted.clone(),
        };
        if rounds.len() > 1 {
            own.write(call, &format!("-{}", round.suffix))?;
        }
        written.extend(own, round.own);
        planned.push((plan, settled));
    }
    written.write(call, "")?;
    // What is wrong with any round keeps all of them from being begun.
    let missing: Vec<Plan> = planned
        .iter()
        .map(|(plan, settled)| settled.missing(plan))
        .collect();
    let missing: Vec<&Plan> = missing.iter().collect();
    let taskcluster = call.context.taskcluster()?;
    preflight::run(
        &missing,
        Care::FULL,
        taskcluster,
        call.context.clock,
        call.context.environment,
    )
    .await?;
    let wanted = planned.iter().map(|(plan, _)| plan.len()).sum();
    let mut before = 0;
    for (number, (plan, settled)) in planned.iter().enumerate() {
        let mut way = Way::new(call.events, call.artifacts);
        if let (2.., Some(round)) = (planned.len(), rounds.get(number)) {
            way.artifact = format!("submission-{}.json", round.suffix);
        }
        let created = submit(call.context, plan, settled, way).await;
        let created = created.map_err(|wrong| wrong.after(before, wanted))?;
        before += created.len();
    }
    Ok(before)
}

/// The graph of a round, with ids that no other task has.
async fn settle(
    call: &Call<'_>,
    round: &Round<'_>,
    number: usize,
    mut target: TargetTaskGraph,
) -> Outcome<(OptimizedTaskGraph, Plan, Settled)> {
    let phases = Phases {
        context: call.context,
        graph_config: call.graph_config,
        params: round.params,
        verify: false,
        artifacts: None,
    };
    let decision = round.existing.decision.clone();
    let ids = DerivedIds::for_action(decision, call.own.clone(), number);
    let scheduler = scheduler_id(call.graph_config, round.params);
    let mut settling = Settling::open(call.context, ids, &scheduler).await?;
    loop {
        let ids = settling.ids().clone();
        let existing = &round.existing.label_to_taskid;
        let optimized = phases.optimize_onto(target.clone(), &ids, existing).await?;
        if !settling.keeps(&optimized, &mut target) {
            continue;
        }
        let plan = planned(call.graph_config, round.params, &optimized.graph, &ids)?;
        let named = &optimized.label_to_taskid;
        if settling.is_settled(&plan, named).await? {
            return Ok((optimized, plan, settling.done()));
        }
    }
}

/// What is written of a round, or of all together.
#[derive(Default)]
struct Written {
    graph: Object,
    label_to_taskid: BTreeMap<Label, crate::base::name::TaskId>,
    to_run: BTreeSet<Label>,
}

impl Written {
    /// Adds a later round: of several tasks of one label the last is known by it.
    fn extend(&mut self, later: Self, own: bool) {
        self.graph.extend(later.graph);
        if own {
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

/// The wanted tasks and what they need, as children of the action task: Chain of Trust finds what
/// created a task by `extra.parent` and by its dependencies.
fn adopted(
    call: &Call<'_>,
    round: &Round<'_>,
    modifier: Option<&Modifier<'_>>,
) -> Outcome<LabelGraph> {
    let existing = round.existing;
    let needed = existing.graph.dag().closure(&round.wanted);
    let mut adopted = Vec::new();
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
            extra.insert("parent", json!(call.own.as_str()));
        }
        if existing.decision != call.own {
            let list = task.task.entry("dependencies");
            if let Value::Array(list) = list.or_insert_with(|| json!([])) {
                list.push(json!(call.own.as_str()));
            }
        }
        adopted.push(Arc::new(task));
    }
    LabelGraph::set(adopted)?.with_edges()
}
