//! Actions of the project's own.

use super::{Custom, graph::ONE};
use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::base::value::{Value, json};
use crate::ports::python::Call;

/// An action of the project's.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Where it stands among all actions.
    pub order: i64,
    /// The name of its callback.
    pub cb_name: String,
    /// The permission that it takes.
    pub permission: String,
    /// What `actions.json` says of it.
    pub entry: Value,
}

/// What a callback wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Noted {
    /// This task created.
    Create(TaskId, Value),
    /// This task cancelled.
    Cancel(TaskId),
    /// This task run once more.
    Rerun(TaskId),
}

/// What a callback is given.
#[derive(Debug, Clone)]
pub struct Request<'r> {
    /// The name of the callback.
    pub callback: &'r str,
    /// The group that it is triggered on.
    pub group: Option<&'r TaskId>,
    /// The task that it is triggered on.
    pub task: Option<&'r TaskId>,
    /// Its input.
    pub input: &'r Value,
    /// Whether the artifacts that it writes are collected, in place of lying in their folder.
    pub collect: bool,
}

/// What a callback leaves.
#[derive(Debug, Clone, Default)]
pub struct Acted {
    /// What it wants done, in its order.
    pub noted: Vec<Noted>,
    /// The artifacts that were collected, by name.
    pub artifacts: Vec<(String, Vec<u8>)>,
}

impl Custom<'_> {
    /// Whether the callback of this name is the project's.
    #[must_use]
    pub fn has_action(&self, callback: &str) -> bool {
        self.registered.actions.get(callback) == Some(&true)
    }

    /// The project's actions that are offered.
    ///
    /// # Errors
    /// What the project raises when it describes one.
    pub fn offer(&self, decision: &str) -> Result<Vec<Offered>, Diagnostic> {
        if !self.registered.actions.values().any(|own| *own) {
            return Ok(Vec::new());
        }
        let call = Call::new(
            "list_actions",
            json!({"graph": self.graph, "decision": decision}),
        );
        let answer = self.python.call(ONE, call);
        let answer = answer.map_err(|failure| failure.diagnostic("the project's actions"))?;
        let offered = answer.value["actions"].as_array().into_iter().flatten();
        Ok(offered
            .filter_map(|one| {
                Some(Offered {
                    order: one[0].as_i64()?,
                    cb_name: one[1].as_str()?.to_owned(),
                    permission: one[2].as_str()?.to_owned(),
                    entry: one[3].clone(),
                })
            })
            .collect())
    }

    /// Runs the callback of an action.
    ///
    /// # Errors
    /// What it raises, and taskIds that are none.
    pub fn act(&self, request: &Request<'_>) -> Result<Acted, Diagnostic> {
        let what = format!("the action `{}`", request.callback);
        let arguments = json!({
            "graph": self.graph,
            "callback": request.callback,
            "input": request.input,
            "group": request.group.map(TaskId::as_str),
            "task": request.task.map(TaskId::as_str),
            "collect": request.collect,
        });
        let answer = self.python.call(ONE, Call::new("run_action", arguments));
        let mut answer = answer.map_err(|failure| failure.diagnostic(&what))?;
        let noted = answer.value["changes"].as_array_mut().map(std::mem::take);
        let id = |value: &Value| {
            TaskId::parse(value.as_str().unwrap_or_default())
                .map_err(|error| Diagnostic::user(format!("{what}: {error}")))
        };
        let noted: Result<Vec<Noted>, Diagnostic> = noted
            .unwrap_or_default()
            .into_iter()
            .map(|mut one| {
                if one.get("create").is_some() {
                    let definition = one["definition"].take();
                    Ok(Noted::Create(id(&one["create"])?, definition))
                } else if one.get("cancel").is_some() {
                    id(&one["cancel"]).map(Noted::Cancel)
                } else {
                    id(&one["rerun"]).map(Noted::Rerun)
                }
            })
            .collect();
        let names = answer.value["artifacts"].as_array().into_iter().flatten();
        let names = names.filter_map(|name| name.as_str().map(str::to_owned));
        Ok(Acted {
            noted: noted?,
            artifacts: names.zip(answer.blobs).collect(),
        })
    }
}
