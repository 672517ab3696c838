//! Actions: what people trigger on a graph that exists.
//!
//! [`ACTIONS`] is the table of all of them. A decision renders it as `actions.json`
//! ([`render::actions_json`]); an action task calls back ([`callback::run`]), and what it then does
//! is one function per action.

mod add;
mod backfill;
pub mod callback;
mod cancel;
mod create;
pub mod custom;
mod existing;
mod interactive;
mod promotion;
mod purge;
pub mod render;
mod rerun;
mod retrigger;
mod table;

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

pub use promotion::plan;
pub use table::{ACTIONS, find};

/// An action.
pub struct Action {
    /// What interfaces call it; several actions may share a name.
    pub name: &'static str,
    /// What its callback is called; unique.
    pub cb_name: &'static str,
    /// What a button says.
    pub title: &'static str,
    /// Its Treeherder symbol, a JSON-e template over the input.
    pub symbol: fn(&GraphConfig) -> Value,
    /// What it does, in Markdown.
    pub description: &'static str,
    /// Its place among the others; of several with one name the first that fits is offered.
    pub order: u32,
    /// The permission that its hook has.
    pub permission: &'static str,
    /// The tag sets of the tasks that it is for; it is for a whole group when there is none.
    pub context: &'static [&'static [(&'static str, &'static str)]],
    /// Whether a project has it.
    pub available: fn(&GraphConfig) -> bool,
    /// The JSON schema of its input; it takes none without.
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
    /// The input, checked against the action's schema; an empty mapping where it takes none.
    pub input: Value,
    /// The group that it is triggered on.
    pub task_group_id: Option<TaskId>,
    /// The task that it is triggered on.
    pub task_id: Option<TaskId>,
    /// The action task itself.
    pub own: TaskId,
    /// Where artifacts go.
    pub artifacts: &'a dyn Artifacts,
    /// Hears of tasks as they are created.
    pub events: &'a Events<'a>,
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Action")
            .field("cb_name", &self.cb_name)
            .finish_non_exhaustive()
    }
}

/// How many calls are under way at the same time.
const AT_ONCE: usize = 50;

/// The answers to several calls, in the order of the calls.
async fn together<T>(calls: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    stream::iter(calls).buffered(AT_ONCE).collect().await
}

/// The task that an action is triggered on, with its definition.
async fn task_of<'c>(call: &'c Call<'_>, what: &str) -> Outcome<(&'c TaskId, Value)> {
    let task_id = call.task_id.as_ref().ok_or_else(|| {
        Diagnostic::user(format!("{what} needs a task"))
            .help("trigger it on a task, or give --task-id")
    })?;
    let definition = call.context.taskcluster()?.task(task_id).await;
    let definition = definition.map_err(|error| {
        callback::not_had(
            &format!("the task {task_id} cannot be had"),
            &error,
            "trigger the action on a task that exists",
        )
    })?;
    Ok((task_id, definition))
}
