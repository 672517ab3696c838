//! The command `decision`.

use std::process::ExitCode;

use super::args::DecisionArgs;
use super::context::CommandContext;
use super::counts::tasks;
use super::helper::CommandHelper;
use super::own_task::log_event;
use crate::actions::{self, render::actions_json};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::time::Timestamp;
use crate::base::value::{Object, json};
use crate::config::yaml;
use crate::decision::flags::DecisionFlags;
use crate::decision::python_needs::refuse_registration;
use crate::decision::{self, DecisionOptions, parameters};
use crate::submit::Created;

/// Runs the decision task.
///
/// # Errors
/// Every error of the first phase that has any, every problem with the tasks to create, or every task
/// that could not be created.
pub fn run(args: &DecisionArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let (context, own) = command.open_in_task(&args.project_args)?;
    let graph_config = &context.graph_config;
    if context.python.is_none() {
        refuse_registration(graph_config)?;
    }
    let artifacts = context.artifact_folder(command.output.mask());
    let done = context.block_on(async {
        let created = created(&context, &own, args.pushdate).await;
        let flags = flags_of_project(args, &context)?;
        let params = parameters::for_decision(context.decision_context(), &flags, created)?;
        let files = &context.files;
        let project_actions =
            actions::custom::project_actions(context.decision_context(), &params, own.as_str())?;
        let actions_json = actions_json(
            actions::ACTIONS,
            files,
            graph_config,
            &params,
            own.as_str(),
            &project_actions,
        )?;
        let options = DecisionOptions {
            decision_task_id: &own,
            actions_json,
            artifacts: &artifacts,
            verify: !args.no_verify,
            dry_run: args.preflight_only,
            events: &log_event,
        };
        let ports = context.decision_context();
        if args.preflight_only {
            let generated =
                decision::generate(ports, graph_config, &params, &options, &[], &|_| Ok(()))?;
            let prepared = generated.prepare().await?;
            prepared.preflight(ports, &options).await?;
            let tasks = tasks(prepared.plan().len());
            return Ok(format!(
                "Preflight passed: {tasks} in group {own}; nothing was created"
            ));
        }
        let report = decision::run(ports, graph_config, &params, &options).await?;
        Ok::<_, Diagnostics>(summary(&report.created, &own))
    })?;
    command.output.status(&done);
    Ok(ExitCode::SUCCESS)
}

/// Summarizes a decision: how many tasks it has created, and how many already existed.
fn summary(tasks_in_group: &[Created], own: &TaskId) -> String {
    let existing = tasks_in_group.iter().filter(|task| task.kept).count();
    let tasks = tasks(tasks_in_group.len() - existing);
    let created = format!("Created {tasks} in group {own}");
    match existing {
        0 => created,
        n => format!("{created}; {n} already existed"),
    }
}

/// When the decision task was created, if the push date is unknown: a rerun at another time must make
/// the same decision.
async fn created(context: &CommandContext, own: &TaskId, pushdate: i64) -> Option<Timestamp> {
    if pushdate != 0 {
        return None;
    }
    let definition = context.taskcluster.as_ref()?.task(own).await;
    match definition {
        Ok(definition) => Timestamp::parse(definition["created"].as_str()?),
        Err(error) => {
            tracing::warn!("cannot read the creation time of the decision task: {error}");
            None
        }
    }
}

/// Returns the flags that become parameters, except those that depend on the project.
///
/// # Errors
/// Every invalid option of an entry.
pub fn flags(args: &DecisionArgs) -> Outcome<DecisionFlags> {
    Ok(DecisionFlags {
        project: args.project.clone(),
        pushlog_id: args.pushlog_id.clone(),
        pushdate: args.pushdate,
        owner: args.owner.clone(),
        level: args.level.clone(),
        target_tasks_method: args.target_tasks_method.clone(),
        repository_type: args.repository_type.clone(),
        base_repository: args.base_repository.clone(),
        base_ref: args.base_ref.clone(),
        base_rev: args.base_rev.clone(),
        head_repository: args.head_repository.clone(),
        head_ref: args.head_ref.clone(),
        head_rev: args.head_rev.clone(),
        head_tag: args.head_tag.clone(),
        tasks_for: args.tasks_for.clone(),
        try_task_config_file: args.try_task_config_file.clone(),
        decision_parameters: None,
        allow_parameter_override: args.allow_parameter_override,
        entry_options: entry_options(args)?,
    })
}

/// Reads the options of the project's own entry: those of cron jobs, and those of `--option`, whose
/// values are YAML.
fn entry_options(args: &DecisionArgs) -> Outcome<Object> {
    let mut wrong = Diagnostics::new();
    let mut options = Object::new();
    if args.include_push_tasks {
        options.insert("include_push_tasks", json!(true));
    }
    if !args.rebuild_kinds.is_empty() {
        options.insert("rebuild_kinds", json!(args.rebuild_kinds));
    }
    if let Some(optimize) = args.optimize_target_tasks {
        options.insert("optimize_target_tasks", json!(optimize));
    }
    for option in &args.options {
        let Some((name, value)) = option.split_once('=') else {
            let message = format!("`--option {option}` has no value");
            wrong.push(Diagnostic::user(message).help("write --option NAME=VALUE"));
            continue;
        };
        let read = yaml::load(&format!("--option {name}"), value.as_bytes());
        if let Some(document) = wrong.keep(read) {
            options.insert(name.replace('-', "_"), document.value);
        }
    }
    wrong.or_ok(options)
}

/// Returns the flags that become parameters, with those that depend on the project.
fn flags_of_project(args: &DecisionArgs, context: &CommandContext) -> Outcome<DecisionFlags> {
    let config = args.try_task_config_file.as_deref();
    let parameters = context.graph_config.taskgraph("decision-parameters");
    Ok(DecisionFlags {
        try_task_config_file: config.map(|path| context.path_from_root(path)),
        decision_parameters: parameters.and_then(|name| name.as_str().map(str::to_owned)),
        ..flags(args)?
    })
}
