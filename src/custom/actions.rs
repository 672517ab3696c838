//! Actions that the project defines.

use std::collections::BTreeMap;

use super::project::{Custom, GRAPH_WORKER};
use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Value, json};
use crate::ports::python::Call;

/// An action that the project defines.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectAction {
    /// Its position among all actions.
    pub order: i64,
    /// The name of its callback.
    pub cb_name: String,
    /// Its entry in `actions.json`.
    pub entry: Value,
}

/// The actions that the project defines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProjectActions {
    /// The actions that are offered.
    pub actions: Vec<ProjectAction>,
    /// The permission that each callback needs, also of actions that are not offered on this push.
    pub permissions: BTreeMap<String, String>,
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
                entry: entry[2].clone(),
            })
        });
        let permissions = answer.value["permissions"]
            .as_object()
            .into_iter()
            .flatten();
        let permissions = permissions.filter_map(|(name, permission)| {
            Some((name.to_string(), permission.as_str()?.to_owned()))
        });
        Ok(ProjectActions {
            actions: actions.collect(),
            permissions: permissions.collect(),
            document: Some(answer.value["document"].take()).filter(|document| !document.is_null()),
        })
    }
}
