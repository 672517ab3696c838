//! Actions in the project's own Python.
//!
//! A callback only records its calls to Taskcluster; they are made here after it has returned without
//! an exception. Tasks are created like all others, so a rerun of the action task creates nothing
//! twice: the Python worker generates the taskIds of one task in the same order each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::Action;
use super::promotion::python_warnings;
use super::render::actions_json;
use super::request::{Request, Runner, check_scope};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::config::parameters::{Parameters, Strictness};
use crate::custom::Custom;
use crate::custom::actions::{CallbackInput, ProjectActions, RequestedChange};
use crate::decision::{self, Context, DecisionOptions, native_tables};
use crate::ports::python::{Mode, Python};
use crate::submit::plan::{Creation, Plan};
use crate::submit::submit_plan;

/// Opens what a project adds, if its Python already runs: a project registers its actions when it is
/// loaded.
fn open_custom<'a>(context: Context<'a>, params: &Parameters) -> Outcome<Option<Custom<'a>>> {
    let may = |python: &&dyn Python| python.mode() != Mode::Never && python.started();
    match context.python.filter(may) {
        Some(python) => {
            let native = native_tables();
            Custom::open(python, params, None, true, native).map(Some)
        }
        None => Ok(None),
    }
}

/// Returns the project's own actions.
///
/// # Errors
/// When the project's Python raises while it describes one.
pub fn project_actions(
    context: Context<'_>,
    params: &Parameters,
    decision: &str,
) -> Outcome<ProjectActions> {
    match open_custom(context, params)? {
        Some(custom) => Ok(custom.project_actions(decision)?),
        None => Ok(ProjectActions::default()),
    }
}

/// Whether the project's own Python has a callback of this name.
///
/// # Errors
/// When the project's Python cannot be used.
pub fn is_project_action(
    context: Context<'_>,
    params: &Parameters,
    callback: &str,
) -> Outcome<bool> {
    match open_custom(context, params)? {
        Some(custom) => Ok(custom.project_callbacks()?.has(callback)),
        None => Ok(false),
    }
}

/// Runs the action if it is the project's own; returns whether it is.
///
/// # Errors
/// When the project's own registry has no such action, a scope is missing, the callback raises, or the
/// queue refuses a call.
pub async fn run(
    runner: Runner<'_>,
    request: &Request,
    params: &Parameters,
    built_in: &[Action],
) -> Outcome<bool> {
    let Some(custom) = open_custom(runner.context, params)? else {
        return Ok(false);
    };
    let own = custom.project_callbacks()?;
    if !own.has(&request.callback) {
        if !own.replace_built_in {
            return Ok(false);
        }
        let known = own.names.iter().map(String::as_str);
        let message = format!("unknown action `{}`", request.callback);
        let help = suggest::hint(&request.callback, known);
        return Err(Diagnostic::user(message).help(help).into());
    }
    if runner.check_scope {
        let offered = custom.project_actions(runner.action_task.as_str())?.actions;
        let mut offered = offered.iter();
        let action = offered.find(|action| action.cb_name == request.callback);
        let permission = action.map_or("generic", |action| action.permission.as_str());
        check_scope(runner, &request.callback, permission, params).await?;
    }
    tracing::info!("Running the action {} in Python", request.callback);
    let output = custom.run_callback(&CallbackInput {
        callback: &request.callback,
        group: request.task_group_id.as_ref(),
        task: request.task_id.as_ref(),
        input: &request.input,
        collect: !runner.artifacts.in_place(),
        testing: !runner.check_scope,
    })?;
    for (name, content) in &output.artifacts {
        runner.artifacts.write(name, content)?;
    }
    python_warnings::warn(runner, request).await;
    let mut changes = Vec::new();
    let mut decisions = Vec::new();
    for change in output.changes {
        match change {
            RequestedChange::Decide(values) => decisions.push(values),
            other => changes.push(other),
        }
    }
    perform(runner, changes).await?;
    for values in decisions {
        decide(runner, values, built_in).await?;
    }
    Ok(true)
}

/// Makes a decision that a callback requests, in the task group of the action task.
async fn decide(runner: Runner<'_>, values: Object, built_in: &[Action]) -> Outcome<()> {
    let params = Parameters::new(values, Strictness::Lenient)?.checked_strictly();
    let own = project_actions(runner.context, &params, runner.action_task.as_str())?;
    let files = runner.context.files;
    let config = runner.graph_config;
    let id = runner.action_task.as_str();
    let actions_json = actions_json(built_in, files, config, &params, id, &own)?;
    let options = DecisionOptions {
        decision_task_id: runner.action_task,
        actions_json,
        artifacts: runner.artifacts,
        verify: true,
        dry_run: !runner.check_scope,
        events: runner.events,
    };
    decision::run(runner.context, config, &params, &options).await?;
    Ok(())
}

/// Makes the changes that a callback requests: first creates tasks, then cancels and reruns.
async fn perform(runner: Runner<'_>, changes: Vec<RequestedChange>) -> Outcome<()> {
    let taskcluster = runner.context.taskcluster()?;
    let mut created: BTreeMap<TaskId, Value> = BTreeMap::new();
    let mut order = Vec::new();
    let mut others = Vec::new();
    for change in changes {
        match change {
            RequestedChange::Create(task_id, definition) => {
                order.push(task_id.clone());
                created.insert(task_id, definition);
            }
            other => others.push(other),
        }
    }
    let mut creations = Vec::new();
    for task_id in order {
        if let Some(definition) = created.get(&task_id) {
            creations.push(new_creation(&task_id, definition, &created)?);
        }
    }
    let plan = Plan::new(creations);
    submit_plan(runner.context.submit()?, runner.events, &plan).await?;
    let mut wrong = Diagnostics::new();
    for change in others {
        let (task_id, answer) = match &change {
            RequestedChange::Cancel(task_id) => (task_id, taskcluster.cancel_task(task_id).await),
            RequestedChange::Rerun(task_id) => (task_id, taskcluster.rerun_task(task_id).await),
            RequestedChange::Create(..) | RequestedChange::Decide(..) => continue,
        };
        if let Err(error) = answer {
            let what = match change {
                RequestedChange::Cancel(_) => "cancel",
                _ => "rerun",
            };
            let message = format!("cannot {what} the task {task_id}");
            wrong.push(
                error
                    .diagnostic(message)
                    .help_user("check the state of the task"),
            );
        }
    }
    wrong.or_ok(())
}

/// Makes the creation of a task from its definition.
///
/// # Errors
/// When its label or kind is not a valid name.
pub(super) fn new_creation(
    task_id: &TaskId,
    definition: &Value,
    all: &BTreeMap<TaskId, Value>,
) -> Result<Creation, Diagnostic> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&definition["metadata"]["name"]).unwrap_or_else(|| task_id.to_string());
    let kind = text(&definition["tags"]["kind"]).unwrap_or_else(|| "action".to_owned());
    let bad = |error: String| Diagnostic::user(error).in_task(&name);
    let dependencies = definition["dependencies"].as_array().into_iter().flatten();
    let after = dependencies
        .filter_map(|to| TaskId::parse(to.as_str()?).ok())
        .filter(|to| all.contains_key(to))
        .collect();
    Ok(Creation {
        task_id: task_id.clone(),
        label: Label::parse(&name).map_err(|error| bad(error.to_string()))?,
        kind: KindName::parse(&kind).map_err(|error| bad(error.to_string()))?,
        copy: 0,
        definition: definition.clone(),
        after,
        provenance: Arc::default(),
    })
}
