//! Plans a promotion: what its action would do.
//!
//! The promotion is prepared as in the action, on a read-only Taskcluster. The plan includes what the
//! action would refuse: unexpected tasks, and tasks that cannot be reused.

use std::collections::BTreeMap;

use super::action::Call;
use super::callback::check_input;
use super::promotion::disposition::dispositions;
use super::promotion::prepare::Draft;
use super::promotion::reused::ReusedStates;
use super::promotion::revisions;
use super::promotion::unexpected;
use super::request::Runner;
use super::table::{ACTIONS, find};
use super::{custom, existing};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::config::parameters::{Parameters, Strictness};

pub use super::promotion::disposition::Disposition;
pub use super::promotion::flavor::phases;
pub use super::promotion::reused::ReusedState;
pub use super::promotion::schema::EARLIER_PHASES;
pub use super::promotion::unexpected::{Gap, UnexpectedReason};

/// What a promotion would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The flavors.
    pub flavors: Vec<String>,
    /// The previous graphs and their revisions, in order.
    pub graphs: Vec<(TaskId, String)>,
    /// Every task of the graph, by label.
    pub tasks: BTreeMap<Label, Planned>,
    /// Whether the input accepts unexpected tasks.
    pub accepted: bool,
    /// Whether the action is the project's own Python, which this plan can only approximate.
    pub own_python: bool,
}

/// A task of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its kind, if known.
    pub kind: Option<KindName>,
    /// What happens to it.
    pub disposition: Disposition,
    /// Its state if it is reused and has not completed, if known.
    pub state: Option<ReusedState>,
    /// Whether it would be reused but cannot be: it has failed or is missing.
    pub unusable: bool,
    /// Why it is unexpected, if it is.
    pub unexpected: Option<UnexpectedReason>,
}

impl Plan {
    /// Returns the unexpected tasks: those of earlier phases that would be built without a request.
    pub fn unexpected(&self) -> impl Iterator<Item = (&Label, &UnexpectedReason)> {
        let tasks = self.tasks.iter();
        tasks.filter_map(|(label, task)| Some((label, task.unexpected.as_ref()?)))
    }

    /// The tasks that would be reused and have not completed, with their states, except for those
    /// that cannot be used.
    pub fn unfinished(&self) -> impl Iterator<Item = (&Label, ReusedState)> {
        self.states(false)
    }

    /// The tasks that would be reused but cannot be, with their states.
    pub fn unusable(&self) -> impl Iterator<Item = (&Label, ReusedState)> {
        self.states(true)
    }

    fn states(&self, unusable: bool) -> impl Iterator<Item = (&Label, ReusedState)> {
        let tasks = self.tasks.iter();
        tasks
            .filter(move |(_, task)| task.unusable == unusable)
            .filter_map(|(label, task)| Some((label, task.state?)))
    }

    /// Whether the action would go ahead.
    #[must_use]
    pub fn holds(&self) -> bool {
        let unexpected = self.unexpected().next().is_some();
        let accepted = self.accepted || self.own_python;
        (accepted || !unexpected) && self.unusable().next().is_none()
    }

    /// Returns the plan as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let tasks = self.tasks.iter().map(|(label, task)| {
            let mut entry = json!({"fate": task.disposition.name()});
            if let Some(kind) = &task.kind {
                entry["kind"] = json!(kind.as_str());
            }
            match &task.disposition {
                Disposition::Reused { task_id, graph } => {
                    entry["taskId"] = json!(task_id.as_str());
                    entry["graph"] = json!(graph.as_ref().map(TaskId::as_str));
                }
                Disposition::Found { task_id } => entry["taskId"] = json!(task_id.as_str()),
                Disposition::Rebuilt {
                    task_id,
                    graph,
                    why,
                    root,
                    expected,
                } => {
                    entry["root"] = json!(root.0.as_str());
                    entry["was"] = json!(task_id.as_str());
                    entry["graph"] = json!(graph.as_str());
                    entry["why"] = json!(why);
                    entry["expected"] = json!(expected);
                }
                Disposition::New { why, .. } => entry["why"] = json!(why),
                Disposition::Removed => {}
            }
            if let Some(state) = &task.state {
                entry["state"] = json!(state.name());
            }
            if task.unusable {
                entry["unusable"] = json!(true);
            }
            if let Some(unexpected) = &task.unexpected {
                entry["surprise"] = json!(unexpected.reason());
            }
            (label.to_string(), entry)
        });
        let graphs = self.graphs.iter();
        let graphs =
            graphs.map(|(id, revision)| json!({"taskId": id.as_str(), "revision": revision}));
        json!({
            "flavors": self.flavors,
            "graphs": graphs.collect::<Vec<_>>(),
            "accepted": self.accepted,
            "ownPython": self.own_python,
            "holds": self.holds(),
            "tasks": Value::Object(tasks.collect::<Object>()),
        })
    }
}

/// Plans a promotion with this input. Without `parameters`, those of the first previous graph are
/// used.
///
/// The states of tasks are queried if `query_states` is set.
///
/// # Errors
/// When the action would fail for a reason that the plan does not show.
pub async fn run(
    runner: Runner<'_>,
    input: Value,
    parameters: Option<Object>,
    query_states: bool,
) -> Outcome<Plan> {
    let action = find("release-promotion")
        .filter(|action| (action.available)(runner.graph_config))
        .ok_or_else(|| {
            Diagnostic::user("config.yml has no section `release-promotion`")
                .help("add it, with the flavors that can be promoted")
        })?;
    let input = check_input(action, runner.graph_config, input)?;
    let taskcluster = runner.context.taskcluster()?;
    let parameters = match parameters {
        Some(parameters) => parameters,
        None => {
            let first = &input["previous_graph_ids"][0];
            let first = TaskId::parse(first.as_str().unwrap_or_default()).map_err(|error| {
                Diagnostic::user(error.to_string())
                    .help("specify the graphs to promote with --previous, or the push with -p")
            })?;
            existing::parameters(taskcluster, &first).await?
        }
    };
    let params = Parameters::new(parameters, Strictness::Lenient)?;
    let call = Call {
        context: runner.context,
        graph_config: runner.graph_config,
        params: &params,
        input,
        task_group_id: None,
        task_id: None,
        action_task: runner.action_task.clone(),
        artifacts: runner.artifacts,
        events: runner.events,
        actions: ACTIONS,
    };
    let draft = Draft::read(&call).await?;
    let generated = draft.generate(&call)?;
    let promotion = draft.prepare(&call, &generated).await?;
    if !promotion.input.mixed_revisions {
        revisions::check(&promotion.provenance, &promotion.prepared)?;
    }
    let dispositions = dispositions(&promotion);
    let reused = match query_states {
        true => {
            ReusedStates::fetch(
                taskcluster,
                call.context.clock.now(),
                &promotion,
                &dispositions,
            )
            .await?
        }
        false => ReusedStates::default(),
    };
    let mut unexpected = unexpected::find(call.graph_config, &promotion, &dispositions);
    let graph = &promotion.prepared.target.graph;
    let tasks = dispositions.into_iter().map(|(label, disposition)| {
        let planned = Planned {
            kind: graph.get(&label).map(|task| task.kind.clone()),
            disposition,
            state: reused.states.get(&label).copied(),
            unusable: reused.unusable.contains(&label),
            unexpected: unexpected.remove(&label),
        };
        (label, planned)
    });
    Ok(Plan {
        flavors: promotion.provenance.flavors.clone(),
        graphs: promotion
            .graphs
            .iter()
            .map(|graph| (graph.id.clone(), graph.parameter("head_rev").to_owned()))
            .collect(),
        tasks: tasks.collect(),
        accepted: promotion.input.earlier_phases,
        own_python: custom::is_project_action(call.context, &params, action.cb_name)?,
    })
}
