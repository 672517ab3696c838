//! Actions that a project has written in Python.
//!
//! A callback says what it wants done; it is done here, once it has ended without an exception.
//! Tasks are created as all others are, so an action task that is run again creates nothing twice:
//! the worker draws the taskIds of one task in the same order each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::callback::{Request, Runner, check_scope, not_had};
use super::promotion;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::Value;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::custom::actions::{CallbackInput, ProjectAction, RequestedChange};
use crate::decision::Context;
use crate::ports::python::{Mode, Python};
use crate::submit::plan::{Creation, Plan};
use crate::submit::{
    Events, Ports, PreflightOptions, SubmitLimits, TokioSleeper, execute, preflight,
};

/// What a project adds, where its Python runs already: it registers actions, if it does, when it is
/// loaded.
fn custom<'a>(context: Context<'a>, params: &Parameters) -> Outcome<Option<Custom<'a>>> {
    let may = |python: &&dyn Python| python.mode() != Mode::Never && python.started();
    match context.python.filter(may) {
        Some(python) => Custom::open(python, params, None, true).map(Some),
        None => Ok(None),
    }
}

/// The actions of the project that are offered.
///
/// # Errors
/// What the project raises when it describes one.
pub fn offered(
    context: Context<'_>,
    params: &Parameters,
    decision: &str,
) -> Outcome<Vec<ProjectAction>> {
    match custom(context, params)? {
        Some(custom) => Ok(custom.project_actions(decision)?),
        None => Ok(Vec::new()),
    }
}

/// Whether the callback of this name is the project's own.
///
/// # Errors
/// When the project's Python cannot be used.
pub fn has(context: Context<'_>, params: &Parameters, callback: &str) -> Outcome<bool> {
    let custom = custom(context, params)?;
    Ok(custom.is_some_and(|custom| custom.has_action(callback)))
}

/// Runs the action if it is the project's; tells whether it is.
///
/// # Errors
/// A missing scope, what the callback raises, and whatever the queue refuses.
pub async fn run(runner: Runner<'_>, request: &Request, params: &Parameters) -> Outcome<bool> {
    let Some(custom) = custom(runner.context, params)? else {
        return Ok(false);
    };
    if !custom.has_action(&request.callback) {
        return Ok(false);
    }
    if runner.check_scope {
        let offered = custom.project_actions(runner.own.as_str())?;
        let action = offered.iter().find(|one| one.cb_name == request.callback);
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
    })?;
    for (name, content) in &output.artifacts {
        runner.artifacts.write(name, content)?;
    }
    promotion::in_python::warn(runner, request).await;
    carry_out(runner, output.changes).await.map(|()| true)
}

/// Does what a callback wants done: first creates, then cancels and reruns.
async fn carry_out(runner: Runner<'_>, changes: Vec<RequestedChange>) -> Outcome<()> {
    let taskcluster = runner.context.taskcluster()?;
    let mut created: BTreeMap<TaskId, Value> = BTreeMap::new();
    let mut order = Vec::new();
    let mut others = Vec::new();
    for one in changes {
        match one {
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
            creations.push(creation(&task_id, definition, &created)?);
        }
    }
    create(runner.context, runner.events, &Plan::new(creations)).await?;
    let mut wrong = Diagnostics::new();
    for one in others {
        let (task_id, answer) = match &one {
            RequestedChange::Cancel(task_id) => (task_id, taskcluster.cancel_task(task_id).await),
            RequestedChange::Rerun(task_id) => (task_id, taskcluster.rerun_task(task_id).await),
            RequestedChange::Create(..) => continue,
        };
        if let Err(error) = answer {
            let what = match one {
                RequestedChange::Cancel(_) => "cancelled",
                _ => "run once more",
            };
            let message = format!("the task {task_id} cannot be {what}");
            wrong.push(not_had(&message, &error, "see what state it is in"));
        }
    }
    wrong.or_ok(())
}

/// Creates tasks that somebody else has defined, as they are.
///
/// # Errors
/// Everything that would keep a task from being created or from running; then none was created. Or
/// every task that could not be created.
pub(super) async fn create(context: Context<'_>, events: &Events<'_>, plan: &Plan) -> Outcome<()> {
    let submit_context = context.submit()?;
    preflight::run(submit_context, PreflightOptions::FULL, &[plan]).await?;
    let ports = Ports {
        taskcluster: submit_context.taskcluster,
        clock: context.clock,
        sleeper: &TokioSleeper,
        stop: context.stop,
    };
    context.stop.hold();
    let limits = SubmitLimits::default();
    let report = execute(plan, ports, &limits, &mut |event| events(event)).await;
    report.outcome()?;
    Ok(())
}

/// The creation of a task that somebody else has defined.
///
/// # Errors
/// When its names are none.
pub(super) fn creation(
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
