//! What a promotion would do, before anybody starts it.
//!
//! The promotion is prepared as the action prepares it, on a Taskcluster that only answers
//! questions. Then each label of the graph is held against the graphs below: a task that one of them
//! has and that would be built once more is expected when the input or the flavor asks for it, by
//! its kind or label or that of something that it depends on. All else is a surprise.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::value::json;

use super::super::callback::{self, Runner};
use super::super::{Call, find};
use super::input::Wanted;
use super::previous::Graph;
use super::provenance::{self, How};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::{Object, Value};
use crate::config::parameters::{Parameters, Strictness};
use crate::optimize::Action;
use crate::ports::taskcluster::Taskcluster;

/// What a promotion would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The flavors.
    pub flavors: Vec<String>,
    /// The graphs below and their revisions, in order.
    pub graphs: Vec<(TaskId, String)>,
    /// Every task of the graph, by label.
    pub tasks: BTreeMap<Label, Planned>,
}

/// A task of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its kind, where it is known.
    pub kind: Option<KindName>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// A graph below has it.
    Reused {
        /// The task.
        task_id: TaskId,
        /// The graph that created it, where that is known.
        graph: Option<TaskId>,
        /// Its state, where it is known and not `completed`.
        state: Option<String>,
    },
    /// The index has it.
    Found {
        /// The task.
        task_id: TaskId,
    },
    /// A graph below has it, and it is created all the same.
    Rebuilt {
        /// The task that exists.
        task_id: TaskId,
        /// The graph that has it.
        graph: TaskId,
        /// Why.
        why: String,
        /// What it comes from in the end: this label, and what is the matter with it.
        root: (Label, String),
        /// Whether that was asked for.
        expected: bool,
    },
    /// No graph below has it.
    New {
        /// Why it is there.
        why: String,
        /// Whether it would be built even if a graph below had it.
        expected: bool,
    },
    /// A strategy leaves it out.
    Removed,
}

impl Fate {
    /// It in one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reused { .. } => "reused",
            Self::Found { .. } => "found",
            Self::Rebuilt { .. } => "rebuilt",
            Self::New { .. } => "new",
            Self::Removed => "removed",
        }
    }
}

impl Plan {
    /// The tasks of earlier phases that would be built once more without anybody asking for it.
    pub fn surprises(&self) -> impl Iterator<Item = (&Label, &Fate)> {
        self.tasks.iter().filter_map(|(label, task)| {
            let surprise = matches!(
                task.fate,
                Fate::Rebuilt {
                    expected: false,
                    ..
                }
            );
            surprise.then_some((label, &task.fate))
        })
    }

    /// The tasks that would be reused and have not succeeded.
    pub fn unfinished(&self) -> impl Iterator<Item = (&Label, &str)> {
        self.tasks
            .iter()
            .filter_map(|(label, task)| match &task.fate {
                Fate::Reused { state, .. } => Some((label, state.as_deref()?)),
                _ => None,
            })
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
                Fate::Reused {
                    task_id,
                    graph,
                    state,
                } => {
                    told["taskId"] = json!(task_id.as_str());
                    told["graph"] = json!(graph.as_ref().map(TaskId::as_str));
                    if let Some(state) = state {
                        told["state"] = json!(state);
                    }
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
            (label.to_string(), told)
        });
        let graphs = self.graphs.iter();
        let graphs =
            graphs.map(|(id, revision)| json!({"taskId": id.as_str(), "revision": revision}));
        json!({
            "flavors": self.flavors,
            "graphs": graphs.collect::<Vec<_>>(),
            "tasks": Value::Object(tasks.collect::<Object>()),
        })
    }
}

/// Plans a promotion with this input; without `parameters` for the push of the first graph below.
///
/// # Errors
/// What keeps the action from being done.
pub async fn run(runner: Runner<'_>, input: Value, parameters: Option<Object>) -> Outcome<Plan> {
    let action = find("release-promotion")
        .filter(|action| (action.available)(runner.graph_config))
        .ok_or_else(|| {
            Diagnostic::user("config.yml has no section `release-promotion`")
                .help("it names the flavors that can be promoted")
        })?;
    let input = callback::check_input(action, runner.graph_config, input)?;
    let taskcluster = runner.world.taskcluster()?;
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
        world: runner.world,
        graph_config: runner.graph_config,
        params: &params,
        input,
        task_group_id: None,
        task_id: None,
        own: runner.own.clone(),
        artifacts: runner.artifacts,
        events: runner.events,
    };
    let promotion = super::prepare(&call).await?;
    if !promotion.wanted.mixed_revisions {
        provenance::check(&promotion.provenance, &promotion.prepared)?;
    }
    let fates = fates(&promotion);
    let states = states(taskcluster, &fates).await?;
    let graph = &promotion.prepared.target.graph;
    let tasks = fates.into_iter().map(|(label, mut fate)| {
        if let Fate::Reused { task_id, state, .. } = &mut fate {
            *state = states.get(task_id).cloned();
        }
        let kind = graph.get(&label).map(|task| task.kind.clone());
        (label, Planned { kind, fate })
    });
    Ok(Plan {
        flavors: promotion.provenance.flavors.clone(),
        graphs: promotion
            .graphs
            .iter()
            .map(|graph| (graph.id.clone(), graph.parameter("head_rev").to_owned()))
            .collect(),
        tasks: tasks.collect(),
    })
}

/// The states of reused tasks that have not completed.
async fn states(
    taskcluster: &dyn Taskcluster,
    fates: &BTreeMap<Label, Fate>,
) -> Outcome<BTreeMap<TaskId, String>> {
    let reused: BTreeSet<TaskId> = fates
        .values()
        .filter_map(|fate| match fate {
            Fate::Reused { task_id, .. } => Some(task_id.clone()),
            _ => None,
        })
        .collect();
    let reused: Vec<TaskId> = reused.into_iter().collect();
    let statuses = taskcluster.statuses(&reused).await.map_err(|error| {
        Diagnostic::environment("the states of the tasks to reuse cannot be had").because(error)
    })?;
    let statuses = statuses.into_iter().map(|(id, status)| (id, status.state));
    Ok(statuses.filter(|(_, state)| state != "completed").collect())
}

fn fates(promotion: &super::Promotion<'_>) -> BTreeMap<Label, Fate> {
    let prepared = &promotion.prepared;
    let dag = prepared.target.graph.dag();
    let mut fates: BTreeMap<Label, Fate> = BTreeMap::new();
    for label in dag.dependencies_first().unwrap_or_default() {
        let verdict = prepared.optimized.verdicts.get(label);
        let source = promotion.provenance.tasks.get(label);
        let fate = match (verdict.map(|verdict| &verdict.action), source) {
            (Some(Action::Replaced(task_id)), Some(source)) if source.how == How::Reused => {
                Fate::Reused {
                    task_id: task_id.clone(),
                    graph: source
                        .graph
                        .clone()
                        .or_else(|| listed(&promotion.graphs, label, task_id)),
                    state: None,
                }
            }
            (Some(Action::Replaced(task_id)), _) => Fate::Found {
                task_id: task_id.clone(),
            },
            (Some(Action::Kept), _) => {
                let needed = dag.dependencies(label);
                created(&promotion.wanted, &promotion.graphs, label, needed, &fates)
            }
            (Some(Action::Removed) | None, _) => Fate::Removed,
        };
        fates.insert(label.clone(), fate);
    }
    // What gates and morphs add.
    for label in prepared.morphed.label_to_taskid.keys() {
        fates.entry(label.clone()).or_insert_with(|| Fate::New {
            why: "this promotion adds it".to_owned(),
            expected: false,
        });
    }
    fates
}

/// The last graph that has this task of the label.
fn listed(graphs: &[Graph], label: &Label, task_id: &TaskId) -> Option<TaskId> {
    let has = |graph: &&Graph| graph.label_to_taskid.get(label) == Some(task_id);
    graphs.iter().rev().find(has).map(|graph| graph.id.clone())
}

/// Why a task is created.
fn created<'l>(
    wanted: &Wanted<'_>,
    graphs: &[Graph],
    label: &Label,
    needed: impl IntoIterator<Item = &'l Label>,
    fates: &BTreeMap<Label, Fate>,
) -> Fate {
    let last = graphs.iter().rev();
    let kind = last.clone().find_map(|graph| graph.kinds.get(label));
    let named = wanted.do_not_optimize.iter().any(|l| l == label.as_str());
    let of_kind = kind.is_some_and(|kind| wanted.rebuild_kinds.iter().any(|k| k == kind.as_str()));
    let has = |graph: &Graph| Some((graph.id.clone(), graph.label_to_taskid.get(label)?.clone()));
    let Some((graph, task_id)) = last.clone().find_map(has) else {
        return Fate::New {
            why: "no graph before has it".to_owned(),
            expected: named || of_kind,
        };
    };
    let rebuilt = |why: String, root: Option<(Label, String)>, expected: bool| Fate::Rebuilt {
        task_id: task_id.clone(),
        graph: graph.clone(),
        root: root.unwrap_or_else(|| (label.clone(), why.clone())),
        why,
        expected,
    };
    if named {
        return rebuilt("`do_not_optimize` names it".to_owned(), None, true);
    }
    let Some(kind) = kind else {
        let why = "no full task graph before has it, so its kind is not known";
        return rebuilt(why.to_owned(), None, false);
    };
    if of_kind {
        return rebuilt(
            format!("`rebuild_kinds` names its kind `{kind}`"),
            None,
            true,
        );
    }
    let mut cause: Option<(&Label, &Fate, bool)> = None;
    for dependency in needed {
        let Some(fate) = fates.get(dependency) else {
            continue;
        };
        let (Fate::Rebuilt { expected, .. } | Fate::New { expected, .. }) = fate else {
            continue;
        };
        // One that is built on purpose explains it, whatever else there is.
        if cause.is_none_or(|(_, _, before)| *expected && !before) {
            cause = Some((dependency, fate, *expected));
        }
    }
    let Some((dependency, fate, expected)) = cause else {
        return rebuilt("target tasks are not optimized".to_owned(), None, false);
    };
    let root = match fate {
        Fate::Rebuilt { root, .. } => root.clone(),
        Fate::New { why, .. } => (dependency.clone(), why.clone()),
        _ => (dependency.clone(), fate.word().to_owned()),
    };
    let why = format!("it depends on `{dependency}`, which is {}", fate.word());
    rebuilt(why, Some(root), expected)
}
