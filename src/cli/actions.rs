//! The commands `actions`, `action-callback` and `test-action-callback`.

use std::collections::BTreeMap;
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::args::{ActionCallbackArgs, ActionsArgs, TestActionCallbackArgs};
use super::context::connect;
use super::helper::CommandHelper;
use super::input_file::read_action_input;
use super::own_task::{log_event, own_task};
use super::parameters::ParameterSpec;
use crate::actions::custom::project_actions;
use crate::actions::render::actions_json;
use crate::actions::request::{Request, Runner, read_request};
use crate::actions::{ACTIONS, callback, existing};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::pretty;
use crate::base::name::TaskId;
use crate::base::text::plural;
use crate::base::value::{Object, json};
use crate::decision::python_needs::refuse_registration;
use crate::submit::recorder::{Recorded, Recorder};

/// Prints `actions.json`.
///
/// # Errors
/// When it cannot be rendered.
pub fn actions(args: &ActionsArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let context = command.open(&args.project, command.global.level(LevelFilter::INFO))?;
    let graph_config = &context.graph_config;
    let parameters = args.parameters.as_deref().unwrap_or_default();
    if context.python.is_none() {
        // The project may have actions of its own.
        refuse_registration(graph_config)?;
    }
    for spec in ParameterSpec::read(&context.working_folder, parameters)? {
        let params = context.block_on(spec.load(&context, &Object::new()))?;
        let decision = TaskId::PLACEHOLDER;
        let own_actions = project_actions(context.decision_context(), &params, decision)?;
        let files = &context.files;
        let rendered = actions_json(
            ACTIONS,
            files,
            graph_config,
            &params,
            decision,
            &own_actions,
        )?;
        command.output.data(&(pretty(&rendered) + "\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the action of the action task that this process runs in.
///
/// # Errors
/// When its request is invalid, or the action fails.
pub fn callback(args: &ActionCallbackArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let (context, own) = command.open_in_task(&args.project)?;
    let graph_config = &context.graph_config;
    let artifacts = context.artifact_folder(command.output.mask());
    context.block_on(async {
        let ports = context.decision_context();
        let taskcluster = ports.taskcluster()?;
        let request = read_request(&context.environment, taskcluster, &own).await?;
        let group = request.task_group_id.clone().ok_or_else(|| {
            Diagnostic::user("cannot determine the task group that the action was triggered on")
                .help("set ACTION_TASK_GROUP_ID, or `extra.action.context.taskGroupId` in the action task")
        })?;
        let parameters = existing::parameters(taskcluster, &group).await?;
        let runner = Runner {
            context: ports,
            graph_config,
            action_task: &own,
            artifacts: &artifacts,
            events: &log_event,
            check_scope: true,
        };
        let name = request.callback.clone();
        callback::run(runner, request, parameters).await?;
        command.output.status(&format!("The action {name} has completed"));
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs an action with a recorder instead of Taskcluster, and prints what it would do. Its artifacts
/// are written.
///
/// # Errors
/// As for the action itself.
pub fn test_callback(
    args: &TestActionCallbackArgs,
    command: &CommandHelper<'_>,
) -> Outcome<ExitCode> {
    let context = command.open(&args.project, command.global.level(LevelFilter::INFO))?;
    let graph_config = &context.graph_config;
    let own = match context.environment.filled("TASK_ID") {
        Some(_) => own_task(&context.environment)?,
        None => {
            TaskId::parse(TaskId::ACTION_PLACEHOLDER).map_err(|e| Diagnostic::bug(e.to_string()))?
        }
    };
    let request = Request {
        callback: args.callback.clone(),
        task_group_id: task_id("--task-group-id", args.task_group_id.as_deref())?,
        task_id: task_id("--task-id", args.task_id.as_deref())?,
        input: read_action_input(args.input.as_deref())?,
    };
    let recorder = match connect(&context.environment)? {
        Some(reads) => Recorder::reading(reads),
        None => Recorder::offline(),
    };
    let artifacts = context.artifact_folder(command.output.mask());
    context.block_on(async {
        let mut ports = context.decision_context();
        let parameters = args.parameters.as_deref().unwrap_or_default();
        let spec = ParameterSpec::read(&context.working_folder, parameters)?.remove(0);
        let params = spec.load(&context, &Object::new()).await?;
        ports.taskcluster = Some(&recorder);
        let runner = Runner {
            context: ports,
            graph_config,
            action_task: &own,
            artifacts: &artifacts,
            events: &|_| {},
            check_scope: false,
        };
        callback::run(runner, request, params.values().clone()).await
    })?;
    let recorded = recorder.recorded();
    for effect in &recorded {
        match effect {
            Recorded::Create {
                task_id,
                definition,
            } => {
                let pair = json!([task_id.as_str(), definition]);
                command.output.data(&(pretty(&pair) + "\n"))?;
            }
            Recorded::Cancel(task_id) => tracing::info!("Would have cancelled {task_id}"),
            Recorded::Rerun(task_id) => tracing::info!("Would have rerun {task_id}"),
            Recorded::Purge { pool, cache } => {
                tracing::info!("Would have purged {pool}/{cache}");
            }
        }
    }
    command.output.status(&summary(&recorded));
    Ok(ExitCode::SUCCESS)
}

/// Describes what an action would do: how many tasks of each kind it would create, and how many other
/// changes it would make.
fn summary(recorded: &[Recorded]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut cancelled, mut rerun, mut purged) = (0_usize, 0_usize, 0_usize);
    for effect in recorded {
        match effect {
            Recorded::Create { definition, .. } => {
                let kind = definition["tags"]["kind"].as_str();
                *kinds.entry(kind.unwrap_or("without a kind")).or_default() += 1;
            }
            Recorded::Cancel(_) => cancelled += 1,
            Recorded::Rerun(_) => rerun += 1,
            Recorded::Purge { .. } => purged += 1,
        }
    }
    let created: usize = kinds.values().sum();
    let mut parts = Vec::new();
    if created > 0 {
        let kinds = kinds.iter().map(|(kind, count)| format!("{count} {kind}"));
        let kinds: Vec<String> = kinds.collect();
        parts.push(format!(
            "create {} ({})",
            plural(created, "task"),
            kinds.join(", ")
        ));
    }
    for (verb, count, noun) in [
        ("cancel", cancelled, "task"),
        ("rerun", rerun, "task"),
        ("purge", purged, "cache"),
    ] {
        if count > 0 {
            parts.push(format!("{verb} {}", plural(count, noun)));
        }
    }
    match parts.as_slice() {
        [] => "The action would change nothing; nothing was done".to_owned(),
        parts => format!("The action would {}; nothing was done", parts.join(", ")),
    }
}

fn task_id(flag: &str, value: Option<&str>) -> Result<Option<TaskId>, Diagnostic> {
    value
        .map(|text| {
            TaskId::parse(text).map_err(|error| Diagnostic::usage(format!("{flag}: {error}")))
        })
        .transpose()
}
