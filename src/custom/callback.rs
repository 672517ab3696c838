//! Callbacks of the project's actions.
//!
//! A callback runs until it returns or makes a decision with the function of the project's entry, or with taskgraph's
//! if snowman is to make that decision, too. In that case it waits in its worker, which answers the calls of the decision meanwhile, so that the decision finds
//! what the callback has changed in this process.

use super::project::{Custom, GRAPH_WORKER};
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::TaskId;
use crate::base::value::{Object, Value, json};
use crate::ports::environment::Environment;
use crate::ports::python::{Call, Exception};

/// How many requests a message lists.
const LISTED: usize = 20;

/// A change to tasks that a callback requests.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestedChange {
    /// Create this task.
    Create(TaskId, Value),
    /// Cancel this task.
    Cancel(TaskId),
    /// Rerun this task.
    Rerun(TaskId),
}

/// The input of a callback.
#[derive(Debug, Clone)]
pub struct CallbackInput<'r> {
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
    /// Whether snowman also makes the decisions that it requests of taskgraph's own function.
    pub decides: bool,
}

/// The output of a callback.
#[derive(Debug, Clone, Default)]
pub struct CallbackOutput {
    /// The changes that it requests, in its order.
    pub changes: Vec<RequestedChange>,
    /// The collected artifacts, by name.
    pub artifacts: Vec<(String, Vec<u8>)>,
}

/// A decision that a callback makes.
#[derive(Debug, Clone)]
pub struct RequestedDecision {
    /// Its parameters.
    pub parameters: Object,
    /// The variables that the callback has set, or unset.
    environment: Vec<(String, Option<String>)>,
}

impl RequestedDecision {
    /// Returns the environment of the decision: this one with what the callback has changed.
    #[must_use]
    pub fn environment(&self, given: &Environment) -> Environment {
        let changes = self.environment.iter();
        changes.fold(given.clone(), |environment, (name, value)| match value {
            Some(value) => environment.with(name, value),
            None => environment.without(name),
        })
    }
}

/// How far a callback has come.
#[derive(Debug)]
pub enum CallbackStep {
    /// It waits for a decision.
    Decides(RequestedDecision),
    /// It has returned.
    Returned(CallbackOutput),
}

/// A callback that runs.
#[derive(Debug)]
pub struct Callback<'c, 'a> {
    custom: &'c Custom<'a>,
    name: &'c str,
    /// The requests that it has sent although it might fail.
    sent: Vec<String>,
}

impl<'c, 'a> Callback<'c, 'a> {
    /// The callback with this name; it does not run yet.
    #[must_use]
    pub fn new(custom: &'c Custom<'a>, name: &'c str) -> Self {
        Self {
            custom,
            name,
            sent: Vec::new(),
        }
    }

    /// Runs it until it returns or makes a decision.
    ///
    /// # Errors
    /// What it raises, and invalid taskIds.
    pub fn start(&mut self, input: &CallbackInput<'_>) -> Result<CallbackStep, Diagnostic> {
        let arguments = json!({
            "graph": self.custom.graph,
            "callback": self.name,
            "input": input.input,
            "group": input.group.map(TaskId::as_str),
            "task": input.task.map(TaskId::as_str),
            "collect": input.collect,
            "testing": input.testing,
            "decides": input.decides,
        });
        self.run(Call::new("run_action", arguments))
    }

    /// Runs it on when its decision has been made.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn resume(&mut self) -> Result<CallbackStep, Diagnostic> {
        self.run(Call::new("resume_action", json!({})))
    }

    fn run(&mut self, call: Call) -> Result<CallbackStep, Diagnostic> {
        let what = format!("the action `{}`", self.name);
        let answer = self.custom.python.call(GRAPH_WORKER, call);
        let mut answer = answer.map_err(|failure| failure.diagnostic(&what))?;
        let value = &mut answer.value;
        self.sent = strings(&value["sent"]);
        if value.get("failed").is_some() {
            return Err(Exception::read(&value["failed"]).diagnostic(&what));
        }
        if let Value::Object(parameters) = value["decide"].take() {
            let changed = value["environment"].as_object().into_iter().flatten();
            let text = |value: &Value| value.as_str().map(str::to_owned);
            return Ok(CallbackStep::Decides(RequestedDecision {
                parameters,
                environment: changed
                    .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                    .collect(),
            }));
        }
        let changes = value["changes"].as_array_mut().map(std::mem::take);
        let changes = changes.unwrap_or_default().into_iter();
        let changes = changes.map(requested_change).collect::<Result<_, _>>();
        let changes =
            changes.map_err(|error: String| Diagnostic::user(format!("{what}: {error}")))?;
        let names = strings(&value["artifacts"]).into_iter();
        Ok(CallbackStep::Returned(CallbackOutput {
            changes,
            artifacts: names.zip(answer.blobs).collect(),
        }))
    }

    /// Adds to the reasons of a failure what the callback has sent before, which is not undone.
    #[must_use]
    pub fn with_sent(&self, wrong: Diagnostics) -> Diagnostics {
        if self.sent.is_empty() {
            return wrong;
        }
        let requests = match self.sent.len() {
            1 => "1 request".to_owned(),
            n => format!("{n} requests"),
        };
        let mut summary = format!(
            "the action `{}` had already sent {requests}, which {} not undone:",
            self.name,
            if self.sent.len() == 1 { "is" } else { "are" },
        );
        for request in self.sent.iter().take(LISTED) {
            summary.push_str("\n  ");
            summary.push_str(request);
        }
        if let Some(more @ 1..) = self.sent.len().checked_sub(LISTED) {
            summary.push_str(&format!("\n  and {more} more"));
        }
        let summary = match wrong.summary() {
            Some(before) => format!("{before}\n{summary}"),
            None => summary,
        };
        wrong.with_summary(summary)
    }
}

fn strings(value: &Value) -> Vec<String> {
    let values = value.as_array().into_iter().flatten();
    let values = values.filter_map(|value| value.as_str().map(str::to_owned));
    values.collect()
}

fn requested_change(mut change: Value) -> Result<RequestedChange, String> {
    let id = |value: &Value| {
        TaskId::parse(value.as_str().unwrap_or_default()).map_err(|error| error.to_string())
    };
    if change.get("create").is_some() {
        let definition = change["definition"].take();
        Ok(RequestedChange::Create(id(&change["create"])?, definition))
    } else if change.get("cancel").is_some() {
        id(&change["cancel"]).map(RequestedChange::Cancel)
    } else {
        id(&change["rerun"]).map(RequestedChange::Rerun)
    }
}
