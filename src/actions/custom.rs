//! Actions in the project's own Python, and the changes that their callbacks request.
//!
//! Tasks are created like all others, so a rerun of the action task creates nothing twice: the Python worker
//! generates the taskIds of one task in the same order each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::request::Runner;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::value::Value;
use crate::config::parameters::Parameters;
use crate::custom::Custom;
use crate::custom::actions::ProjectActions;
use crate::custom::callback::RequestedChange;
use crate::decision::{Context, native_tables};
use crate::morph::staged::Settings;
use crate::ports::python::{Mode, Python};
use crate::release::Recognized;
use crate::submit::plan::{Creation, Plan};
use crate::submit::submit_plan;

/// Opens what a project adds, if its Python already runs: a project registers its actions when it is
/// loaded.
pub(super) fn open_custom<'a>(
    context: Context<'a>,
    params: &Parameters,
) -> Outcome<Option<Custom<'a>>> {
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

/// Makes the changes that a callback requests: first creates tasks, then cancels and reruns. If release tasks are
/// staged, `staging` has the settings.
pub(super) async fn perform(
    runner: Runner<'_>,
    changes: Vec<RequestedChange>,
    staging: Option<&Settings>,
) -> Outcome<()> {
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
    if let Some(settings) = staging {
        refuse_unstaged(settings, &creations)?;
    }
    let plan = Plan::new(creations);
    submit_plan(runner.context.submit()?, runner.events, &plan).await?;
    let mut wrong = Diagnostics::new();
    for change in others {
        let (task_id, answer) = match &change {
            RequestedChange::Cancel(task_id) => (task_id, taskcluster.cancel_task(task_id).await),
            RequestedChange::Rerun(task_id) => (task_id, taskcluster.rerun_task(task_id).await),
            RequestedChange::Create(..) => continue,
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

/// Refuses release tasks for release workers where release tasks are staged. The tasks that come before them are
/// only known in a decision.
fn refuse_unstaged(settings: &Settings, creations: &[Creation]) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for creation in creations {
        let Value::Object(definition) = &creation.definition else {
            continue;
        };
        if settings.is_staged(&creation.definition) {
            continue;
        }
        let recognized = settings.recognize(&creation.kind, definition);
        let Some(recognized) = recognized.filter(Recognized::can_be_staged) else {
            continue;
        };
        let system = recognized.system.name;
        let message =
            format!("the callback creates a release task of {system}, which would not be staged");
        wrong.push(
            Diagnostic::user(message)
                .in_kind(&creation.kind)
                .in_task(creation.label.as_str())
                .because("it makes the definition itself, so it is not known which staged tasks come before this one")
                .help("rerun the existing task, or create it with a decision, as release promotion does"),
        );
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
