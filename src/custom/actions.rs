//! Actions that the project defines.

use super::project::{Custom, GRAPH_WORKER};
use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::base::value::{Object, Value, json};
use crate::ports::python::Call;

/// An action that the project defines.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectAction {
    /// Its position among all actions.
    pub order: i64,
    /// The name of its callback.
    pub cb_name: String,
    /// The permission that it needs.
    pub permission: String,
    /// Its entry in `actions.json`.
    pub entry: Value,
}

/// The actions that the project defines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProjectActions {
    /// The actions that are offered.
    pub actions: Vec<ProjectAction>,
    /// `actions.json` as the project's own registry renders it; `None` if the project registers its
    /// actions with taskgraph, beside the built-in ones.
    pub document: Option<Value>,
}

/// The callbacks that the project defines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectCallbacks {
    /// Their names.
    pub names: Vec<String>,
    /// Whether they are used in place of the built-in ones.
    pub replace_built_in: bool,
}

impl ProjectCallbacks {
    /// Whether the callback of this name is the project's.
    #[must_use]
    pub fn has(&self, callback: &str) -> bool {
        self.names.iter().any(|name| name == callback)
    }
}

/// A change to tasks that a callback requests.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestedChange {
    /// Create this task.
    Create(TaskId, Value),
    /// Cancel this task.
    Cancel(TaskId),
    /// Rerun this task.
    Rerun(TaskId),
    /// Make a decision with these parameters, and create its graph.
    Decide(Object),
}

/// The input of a callback.
#[derive(Debug, Clone)]
pub struct CallbackInput<'r> {
    /// The name of the callback.
    pub callback: &'r str,
    /// The group that it is triggered on.
    pub group: Option<&'r TaskId>,
    /// The task that it is triggered on.
    pub task: Option<&'r TaskId>,
    /// Its input.
    pub input: &'r Value,
    /// Whether the artifacts that it writes are collected instead of written to their folder.
    pub collect: bool,
    /// Whether nothing is changed, so that it runs in taskgraph's testing mode.
    pub testing: bool,
}

/// The output of a callback.
#[derive(Debug, Clone, Default)]
pub struct CallbackOutput {
    /// The changes that it requests, in its order.
    pub changes: Vec<RequestedChange>,
    /// The collected artifacts, by name.
    pub artifacts: Vec<(String, Vec<u8>)>,
}

impl Custom<'_> {
    /// The callbacks of the project.
    ///
    /// # Errors
    /// When the project's registry of actions cannot be used.
    pub fn project_callbacks(&self) -> Result<ProjectCallbacks, Diagnostic> {
        let call = Call::new("list_callbacks", json!({}));
        let answer = self.python.call(GRAPH_WORKER, call);
        let answer =
            answer.map_err(|failure| failure.diagnostic("listing the project's actions"))?;
        let names = answer.value["callbacks"].as_array().into_iter().flatten();
        let names = names.filter_map(|name| name.as_str().map(str::to_owned));
        Ok(ProjectCallbacks {
            names: names.collect(),
            replace_built_in: answer.value["exclusive"] == Value::Bool(true),
        })
    }

    /// The actions of the project, for `actions.json` of the decision task `decision`.
    ///
    /// # Errors
    /// What the project raises when it describes one.
    pub fn project_actions(&self, decision: &str) -> Result<ProjectActions, Diagnostic> {
        let call = Call::new(
            "list_actions",
            json!({"graph": self.graph, "decision": decision}),
        );
        let answer = self.python.call(GRAPH_WORKER, call);
        let mut answer =
            answer.map_err(|failure| failure.diagnostic("listing the project's actions"))?;
        let offered = answer.value["actions"].as_array().into_iter().flatten();
        let actions = offered.filter_map(|entry| {
            Some(ProjectAction {
                order: entry[0].as_i64()?,
                cb_name: entry[1].as_str()?.to_owned(),
                permission: entry[2].as_str()?.to_owned(),
                entry: entry[3].clone(),
            })
        });
        Ok(ProjectActions {
            actions: actions.collect(),
            document: Some(answer.value["document"].take()).filter(|document| !document.is_null()),
        })
    }

    /// Runs the callback of an action.
    ///
    /// # Errors
    /// What it raises, and invalid taskIds.
    pub fn run_callback(&self, request: &CallbackInput<'_>) -> Result<CallbackOutput, Diagnostic> {
        let what = format!("the action `{}`", request.callback);
        let arguments = json!({
            "graph": self.graph,
            "callback": request.callback,
            "input": request.input,
            "group": request.group.map(TaskId::as_str),
            "task": request.task.map(TaskId::as_str),
            "collect": request.collect,
            "testing": request.testing,
        });
        let answer = self
            .python
            .call(GRAPH_WORKER, Call::new("run_action", arguments));
        let mut answer = answer.map_err(|failure| failure.diagnostic(&what))?;
        let changes = answer.value["changes"].as_array_mut().map(std::mem::take);
        let id = |value: &Value| {
            TaskId::parse(value.as_str().unwrap_or_default())
                .map_err(|error| Diagnostic::user(format!("{what}: {error}")))
        };
        let changes: Result<Vec<RequestedChange>, Diagnostic> = changes
            .unwrap_or_default()
            .into_iter()
            .map(|mut change| {
                if change.get("create").is_some() {
                    let definition = change["definition"].take();
                    Ok(RequestedChange::Create(id(&change["create"])?, definition))
                } else if change.get("cancel").is_some() {
                    id(&change["cancel"]).map(RequestedChange::Cancel)
                } else if let Value::Object(values) = change["decide"].take() {
                    Ok(RequestedChange::Decide(values))
                } else {
                    id(&change["rerun"]).map(RequestedChange::Rerun)
                }
            })
            .collect();
        let names = answer.value["artifacts"].as_array().into_iter().flatten();
        let names = names.filter_map(|name| name.as_str().map(str::to_owned));
        Ok(CallbackOutput {
            changes: changes?,
            artifacts: names.zip(answer.blobs).collect(),
        })
    }
}
