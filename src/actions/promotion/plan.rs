//! What a promotion would do, before anybody starts it.
//!
//! The promotion is prepared as the action prepares it, on a Taskcluster that only answers
//! questions. The plan includes what the action would refuse: surprises, and tasks that cannot be
//! reused.

use std::collections::BTreeMap;

use super::super::callback::{self, Runner};
use super::super::{Call, custom, find};
use super::fate::fates;
use super::provenance;
use super::standing::{self, Standing};
use super::surprise::surprises;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value, json};
use crate::config::parameters::{Parameters, Strictness};

pub use super::aim::phases;
pub use super::fate::Fate;
pub use super::schema::EARLIER_PHASES;
pub use super::surprise::{Gap, Surprise};
pub use super::{counted, some};

/// What a promotion would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The flavors.
    pub flavors: Vec<String>,
    /// The previous graphs and their revisions, in order.
    pub graphs: Vec<(TaskId, String)>,
    /// Every task of the graph, by label.
    pub tasks: BTreeMap<Label, Planned>,
    /// Whether the input accepts surprises.
    pub accepted: bool,
    /// Whether the action is the project's own Python, which this plan can only approximate.
    pub own_python: bool,
}

/// A task of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its kind, where it is known.
    pub kind: Option<KindName>,
    /// What becomes of it.
    pub fate: Fate,
    /// Its state if it is reused and has not completed, as far as known.
    pub state: Option<String>,
    /// Whether it would be reused but cannot be: it has failed or is missing.
    pub unusable: bool,
    /// Why it is a surprise, if it is one.
    pub surprise: Option<Surprise>,
}

impl Plan {
    /// The tasks of earlier phases that would be built without being asked for.
    pub fn surprises(&self) -> impl Iterator<Item = (&Label, &Surprise)> {
        let tasks = self.tasks.iter();
        tasks.filter_map(|(label, task)| Some((label, task.surprise.as_ref()?)))
    }

    /// The tasks that would be reused and have not completed, with their states, except for those
    /// that cannot be used.
    pub fn unfinished(&self) -> impl Iterator<Item = (&Label, &str)> {
        self.states(false)
    }

    /// The tasks that would be reused but cannot be, with their states.
    pub fn unusable(&self) -> impl Iterator<Item = (&Label, &str)> {
        self.states(true)
    }

    fn states(&self, unusable: bool) -> impl Iterator<Item = (&Label, &str)> {
        let tasks = self.tasks.iter();
        tasks
            .filter(move |(_, task)| task.unusable == unusable)
            .filter_map(|(label, task)| Some((label, task.state.as_deref()?)))
    }

    /// Whether the action would go ahead.
    #[must_use]
    pub fn holds(&self) -> bool {
        let surprises = self.surprises().next().is_some();
        let told = self.accepted || self.own_python;
        (told || !surprises) && self.unusable().next().is_none()
    }

    /// The plan as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let tasks = self.tasks.iter().map(|(label, task)| {
            let mut told = json!({"fate": task.fate.word()});
            if let Some(kind) = &task.kind {
                told["kind"] = json!(kind.as_str());
            }
            match &task.fate {
                Fate::Reused { task_id, graph } => {
                    told["taskId"] = json!(task_id.as_str());
                    told["graph"] = json!(graph.as_ref().map(TaskId::as_str));
                }
                Fate::Found { task_id } => told["taskId"] = json!(task_id.as_str()),
                Fate::Rebuilt {
                    task_id,
                    graph,
                    why,
                    root,
                    expected,
                } => {
                    told["root"] = json!(root.0.as_str());
                    told["was"] = json!(task_id.as_str());
                    told["graph"] = json!(graph.as_str());
                    told["why"] = json!(why);
                    told["expected"] = json!(expected);
                }
                Fate::New { why, .. } => told["why"] = json!(why),
                Fate::Removed => {}
            }
            if let Some(state) = &task.state {
                told["state"] = json!(state);
            }
            if task.unusable {
                told["unusable"] = json!(true);
            }
            if let Some(surprise) = &task.surprise {
                told["surprise"] = json!(surprise.why());
            }
            (label.to_string(), told)
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
/// The states of tasks are queried if `asks` says that there is a queue.
///
/// # Errors
/// What prevents the action, apart from what the plan shows.
pub async fn run(
    runner: Runner<'_>,
    input: Value,
    parameters: Option<Object>,
    asks: bool,
) -> Outcome<Plan> {
    let action = find("release-promotion")
        .filter(|action| (action.available)(runner.graph_config))
        .ok_or_else(|| {
            Diagnostic::user("config.yml has no section `release-promotion`")
                .help("it names the flavors that can be promoted")
        })?;
    let input = callback::check_input(action, runner.graph_config, input)?;
    let taskcluster = runner.context.taskcluster()?;
    let parameters = match parameters {
        Some(parameters) => parameters,
        None => {
            let first = &input["previous_graph_ids"][0];
            let first = TaskId::parse(first.as_str().unwrap_or_default()).map_err(|error| {
                Diagnostic::user(error.to_string())
                    .help("name the graphs to promote with --previous, or the push with -p")
            })?;
            callback::parameters_of(taskcluster, &first).await?
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
        own: runner.own.clone(),
        artifacts: runner.artifacts,
        events: runner.events,
    };
    let draft = super::Draft::read(&call).await?;
    let generated = draft.generate(&call)?;
    let promotion = draft.prepare(&call, &generated).await?;
    if !promotion.wanted.mixed_revisions {
        provenance::check(&promotion.provenance, &promotion.prepared)?;
    }
    let fates = fates(&promotion);
    let standing = match asks {
        true => standing::of(taskcluster, call.context.clock.now(), &promotion, &fates).await?,
        false => Standing::default(),
    };
    let mut surprises = surprises(call.graph_config, &promotion, &fates);
    let graph = &promotion.prepared.target.graph;
    let tasks = fates.into_iter().map(|(label, fate)| {
        let planned = Planned {
            kind: graph.get(&label).map(|task| task.kind.clone()),
            fate,
            state: standing.states.get(&label).cloned(),
            unusable: standing.unusable.contains(&label),
            surprise: surprises.remove(&label),
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
        accepted: promotion.wanted.earlier_phases,
        own_python: custom::has(call.context, &params, action.cb_name)?,
    })
}
