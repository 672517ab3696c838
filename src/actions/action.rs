//! An action, and what it is called with.

use std::future::Future;
use std::pin::Pin;

use futures_util::stream::{self, StreamExt};

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::decision::Context;
use crate::ports::artifacts::Artifacts;
use crate::submit::Events;

/// An action.
pub struct Action {
    /// Its name in interfaces; several actions may share one.
    pub name: &'static str,
    /// The unique name of its callback.
    pub cb_name: &'static str,
    /// The label of its button.
    pub title: &'static str,
    /// Its Treeherder symbol, a JSON-e template over the input.
    pub symbol: fn(&GraphConfig) -> Value,
    /// What it does, in Markdown.
    pub description: &'static str,
    /// Its position among the others; of several with one name, the first that matches is offered.
    pub order: u32,
    /// The permission of its hook.
    pub permission: &'static str,
    /// The tag sets of the tasks that it applies to; without any, it applies to a whole group.
    pub context: &'static [&'static [(&'static str, &'static str)]],
    /// Whether a project offers it.
    pub available: fn(&GraphConfig) -> bool,
    /// The JSON schema of its input; `None` if it takes no input.
    pub schema: fn(&GraphConfig) -> Option<Value>,
    /// What it does.
    pub run: Callback,
}

/// What an action does.
pub type Callback = for<'a> fn(Call<'a>) -> Pin<Box<dyn Future<Output = Outcome<()>> + Send + 'a>>;

/// What an action is called with.
pub struct Call<'a> {
    /// The ports and settings.
    pub context: Context<'a>,
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The parameters of the decision whose graph it is triggered on.
    pub params: &'a Parameters,
    /// The input, checked against the action's schema; an empty mapping if it takes none.
    pub input: Value,
    /// The group that it is triggered on.
    pub task_group_id: Option<TaskId>,
    /// The task that it is triggered on.
    pub task_id: Option<TaskId>,
    /// The action task itself.
    pub action_task: TaskId,
    /// The folder of the artifacts.
    pub artifacts: &'a dyn Artifacts,
    /// Called for each created task.
    pub events: &'a Events<'a>,
    /// The table of actions, for an action that renders `actions.json`.
    pub actions: &'static [Action],
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Action")
            .field("cb_name", &self.cb_name)
            .finish_non_exhaustive()
    }
}

/// The number of concurrent calls.
const CONCURRENCY: usize = 50;

/// Runs calls concurrently; returns their results in the order of the calls.
pub(super) async fn run_concurrently<T>(
    calls: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>,
) -> Vec<T> {
    stream::iter(calls).buffered(CONCURRENCY).collect().await
}

/// Returns the task that an action is triggered on, with its definition.
pub(super) async fn triggering_task<'c>(
    call: &'c Call<'_>,
    what: &str,
) -> Outcome<(&'c TaskId, Value)> {
    let task_id = call.task_id.as_ref().ok_or_else(|| {
        Diagnostic::user(format!("the action {what} requires a task"))
            .help("trigger it on a task, or pass --task-id")
    })?;
    let definition = call.context.taskcluster()?.task(task_id).await;
    let definition = definition.map_err(|error| {
        error
            .diagnostic(format!("cannot read the task {task_id}"))
            .help_user("trigger the action on a task that exists")
    })?;
    Ok((task_id, definition))
}
