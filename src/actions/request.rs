//! The request of an action task: what it is called with, and whether it may run.
//!
//! A request is read from `ACTION_*` variables or, if these are not set, from `task.extra.action` of
//! the action task itself.

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::repo_url::parse_repository_url;
use crate::base::suggest;
use crate::base::value::{Value, type_name};
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::decision::Context;
use crate::ports::artifacts::Artifacts;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::Taskcluster;
use crate::submit::Events;

/// The request of an action task.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The name of the callback.
    pub callback: String,
    /// The group that it is triggered on.
    pub task_group_id: Option<TaskId>,
    /// The task that it is triggered on.
    pub task_id: Option<TaskId>,
    /// The input.
    pub input: Value,
}

/// Reads the request of an action task.
///
/// # Errors
/// When neither the environment nor the task has one, or it is malformed.
pub async fn read_request(
    environment: &Environment,
    taskcluster: &dyn Taskcluster,
    action_task: &TaskId,
) -> Outcome<Request> {
    match environment.filled("ACTION_CALLBACK") {
        Some(callback) => from_environment(environment, callback),
        None => from_task(taskcluster, action_task).await,
    }
}

fn from_environment(environment: &Environment, callback: &str) -> Outcome<Request> {
    let mut wrong = Diagnostics::new();
    let mut json = |name: &str| match environment.filled(name).map(serde_json::from_str) {
        None => Value::Null,
        Some(Ok(value)) => value,
        Some(Err(error)) => {
            wrong.push(Diagnostic::environment(format!("{name} is not valid JSON")).because(error));
            Value::Null
        }
    };
    let (task_id, input) = (json("ACTION_TASK_ID"), json("ACTION_INPUT"));
    let group = environment
        .filled("ACTION_TASK_GROUP_ID")
        .map_or(Value::Null, Value::from);
    let task_group_id = wrong
        .keep(parse_id("ACTION_TASK_GROUP_ID", &group))
        .flatten();
    let task_id = wrong.keep(parse_id("ACTION_TASK_ID", &task_id)).flatten();
    wrong.or_ok(Request {
        callback: callback.to_owned(),
        task_group_id,
        task_id,
        input,
    })
}

async fn from_task(taskcluster: &dyn Taskcluster, action_task: &TaskId) -> Outcome<Request> {
    let task = taskcluster.task(action_task).await.map_err(|error| {
        Diagnostic::environment("cannot read the definition of the action task")
            .because(error)
            .help("set ACTION_CALLBACK, ACTION_TASK_GROUP_ID, ACTION_TASK_ID and ACTION_INPUT, or run `snowman action-callback` in an action task")
    })?;
    let Some(action) = task.get("extra").and_then(|extra| extra.get("action")) else {
        return Err(
            Diagnostic::user(format!("the task {action_task} is not an action task"))
                .because("ACTION_CALLBACK is not set and the task has no `extra.action`")
                .help("run `snowman action-callback` in an action task, or try the action locally with `snowman test-action-callback`")
                .into(),
        );
    };
    let name = ["cb_name", "name"]
        .iter()
        .find_map(|key| action.get(key).and_then(Value::as_str))
        .ok_or_else(|| {
            Diagnostic::user(format!("`extra.action` of {action_task} has no `name`"))
        })?;
    let context = action.get("context").unwrap_or(&Value::Null);
    let part = |key: &str| context.get(key).unwrap_or(&Value::Null);
    let mut wrong = Diagnostics::new();
    let mut context_id = |key: &str| {
        let what = format!("`extra.action.context.{key}`");
        wrong.keep(parse_id(&what, part(key))).flatten()
    };
    let (task_group_id, task_id) = (context_id("taskGroupId"), context_id("taskId"));
    wrong.or_ok(Request {
        callback: name.to_owned(),
        task_group_id,
        task_id,
        input: part("input").clone(),
    })
}

fn parse_id(what: &str, value: &Value) -> Outcome<Option<TaskId>> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => TaskId::parse(text)
            .map(Some)
            .map_err(|error| Diagnostic::user(format!("{what}: {error}")).into()),
        other => Err(Diagnostic::user(format!(
            "{what}: expected a taskId, found {}",
            type_name(other)
        ))
        .into()),
    }
}

/// What an action needs besides its request.
#[derive(Clone, Copy)]
pub struct Runner<'a> {
    /// The ports and settings.
    pub context: Context<'a>,
    /// The graph config.
    pub graph_config: &'a GraphConfig,
    /// The action task itself.
    pub action_task: &'a TaskId,
    /// The folder of the artifacts.
    pub artifacts: &'a dyn Artifacts,
    /// Called for each created task.
    pub events: &'a Events<'a>,
    /// Whether to check the scope of the action; dry runs have no scopes.
    pub check_scope: bool,
}

/// Returns the strings of all `enum`s in a schema.
pub(super) fn enum_values(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match value.as_array() {
                Some(listed) if key == "enum" => listed.iter().filter_map(Value::as_str).collect(),
                _ => enum_values(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(enum_values).collect(),
        _ => Vec::new(),
    }
}

/// Suggests a similar choice, and lists all.
pub(super) fn choice_hint(name: &str, choices: &[&str]) -> String {
    let mut all = choices.to_vec();
    all.sort_unstable();
    all.dedup();
    let near = suggest::nearest(name, all.iter().copied());
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    format!("{near}available: {}", all.join(", "))
}

/// Checks that the action task has the scope of its action.
///
/// The queue checks scopes anyway; this check refuses an action that was triggered through the hook of
/// another one by mistake. The scope has to be held literally.
pub(super) async fn check_scope(
    runner: Runner<'_>,
    callback: &str,
    permission: &str,
    params: &Parameters,
) -> Outcome<()> {
    let role = |name: &str| {
        let url = params.str(name);
        parse_repository_url(url)
            .map(|parsed| parsed.role_prefix)
            .ok_or_else(|| {
                Diagnostic::user(format!(
                    "the parameter {name} is {url:?}, which is not a supported repository URL"
                ))
                .help("use a repository on GitHub or hg.mozilla.org")
            })
    };
    let required = [
        format!("assume:{}:action:{permission}", role("head_repository")?),
        format!("assume:{}:pr-action:{permission}", role("base_repository")?),
    ];
    let held = runner
        .context
        .taskcluster()?
        .current_scopes()
        .await
        .map_err(|error| {
            Diagnostic::environment("cannot read the action task's scopes").because(error)
        })?;
    if required.iter().any(|scope| held.contains(scope)) {
        return Ok(());
    }
    Err(Diagnostic::user(format!(
        "the action task has neither the scope `{}` nor `{}`",
        required[0], required[1]
    ))
    .help(format!(
        "trigger the action `{callback}` through its own hook"
    ))
    .into())
}
