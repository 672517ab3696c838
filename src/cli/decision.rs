//! The command `decision`.

use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::args::DecisionArgs;
use super::output::{self, Output};
use super::outside::Outside;
use super::signals;
use crate::actions::{self, render::actions_json};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::time::Timestamp;
use crate::decision::flags::DecisionFlags;
use crate::decision::{self, Decision, parameters};
use crate::ports::artifacts::ArtifactFolder;
use crate::ports::environment::Environment;
use crate::submit::execute::{Created, SubmitEvent};

/// Runs the decision task.
///
/// # Errors
/// Everything that is wrong in the first phase in which anything is, everything that stands against
/// the tasks that are to be created, or every task that could not be created.
pub fn run(args: &DecisionArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    output.log_at(if args.verbose {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    });
    let own = own_task(&environment)?;
    let mut outside = Outside::open(&args.root, environment)?.with_python(
        &args.root,
        args.python.python.into(),
        args.verbose,
    )?;
    outside.stop = &signals::STOP;
    let graph_config = &outside.graph_config;
    let artifacts = ArtifactFolder::new(
        &outside.working,
        outside.vcs.as_deref(),
        output.mask().clone(),
    );
    let runtime = output::runtime()?;
    signals::listen(&runtime, output.clone());
    let done = runtime.block_on(async {
        let created = created(&outside, &own, args.pushdate).await;
        let params =
            parameters::for_decision(outside.context(), &flags_of(args, &outside), created)?;
        let files = &outside.files;
        let theirs = actions::custom::offered(outside.context(), &params, own.as_str())?;
        let actions_json = actions_json(files, graph_config, &params, own.as_str(), &theirs)?;
        let decision = Decision {
            decision_task_id: &own,
            actions_json,
            artifacts: &artifacts,
            verify: !args.no_verify,
            events: &log_event,
        };
        let context = outside.context();
        if args.preflight_only {
            let prepared =
                decision::prepare(context, graph_config, &params, &decision, &[], &|_| Ok(()))
                    .await?;
            let plan = prepared.plan(graph_config, &params)?;
            prepared.preflight(context, &plan).await?;
            let tasks = counted(plan.len());
            return Ok(format!(
                "Nothing stands against {tasks} in the group {own}; nothing was created"
            ));
        }
        let decided = decision::run(context, graph_config, &params, decision).await?;
        Ok::<_, Diagnostics>(told(&decided.created, &own))
    })?;
    output.status(&done);
    Ok(ExitCode::SUCCESS)
}

/// So many tasks, in words.
#[must_use]
pub fn counted(tasks: usize) -> String {
    match tasks {
        1 => "1 task".to_owned(),
        n => format!("{n} tasks"),
    }
}

/// What a decision says at its end: how many tasks it created, and how many an earlier run had.
fn told(standing: &[Created], own: &TaskId) -> String {
    let stood = standing.iter().filter(|task| task.kept).count();
    let tasks = counted(standing.len() - stood);
    let created = format!("Created {tasks} in the group {own}");
    match stood {
        0 => created,
        n => format!("{created}; {n} stood already"),
    }
}

/// The task that this process runs in.
///
/// # Errors
/// When the environment does not say.
pub fn own_task(environment: &Environment) -> Result<TaskId, Diagnostic> {
    let name = environment.filled("TASK_ID").ok_or_else(|| {
        Diagnostic::environment("TASK_ID is not set, so the task that this runs in is not known")
            .help("it is set in every task; at a desk, look at graphs with `snowman morphed`, try actions with `snowman test-action-callback`, or rehearse with `snowman rehearse`")
    })?;
    let wrong = |problem: String| Diagnostic::environment(format!("TASK_ID: {problem}"));
    let id = TaskId::parse(name).map_err(|error| wrong(error.to_string()))?;
    if !id.is_slugid() {
        return Err(wrong(format!("`{id}` is no taskId as the queue has them")));
    }
    Ok(id)
}

/// When the decision task was created, where a push date is not known: a rerun must not decide
/// otherwise because of the clock.
async fn created(outside: &Outside, own: &TaskId, pushdate: i64) -> Option<Timestamp> {
    if pushdate != 0 {
        return None;
    }
    let definition = outside.taskcluster.as_ref()?.task(own).await;
    match definition {
        Ok(definition) => Timestamp::parse(definition["created"].as_str()?),
        Err(error) => {
            tracing::warn!("the decision task's date of creation is not known: {error}");
            None
        }
    }
}

/// The flags that become parameters, except for what depends on the project.
pub fn flags(args: &DecisionArgs) -> DecisionFlags {
    DecisionFlags {
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
    }
}

/// The flags that become parameters of the project.
fn flags_of(args: &DecisionArgs, outside: &Outside) -> DecisionFlags {
    let config = args.try_task_config_file.as_deref();
    let parameters = outside.graph_config.taskgraph("decision-parameters");
    DecisionFlags {
        try_task_config_file: config.map(|path| outside.path_from_root(path)),
        decision_parameters: parameters.and_then(|name| name.as_str().map(str::to_owned)),
        ..flags(args)
    }
}

/// Logs what happens to a task as it is created.
pub fn log_event(event: SubmitEvent<'_>) {
    match event {
        SubmitEvent::Created {
            creation,
            kept: false,
        } => {
            tracing::info!(
                "Created task with taskId {} for {}",
                creation.task_id,
                creation.label
            );
        }
        SubmitEvent::Created {
            creation,
            kept: true,
        } => {
            tracing::info!(
                "Task {} for {} stood already",
                creation.task_id,
                creation.label
            );
        }
        SubmitEvent::Retried {
            creation,
            tried,
            pause,
            error,
        } => tracing::warn!(
            "Creating {} failed {tried} times ({error}); trying again in {:.1} s",
            creation.label,
            pause.as_secs_f64()
        ),
        SubmitEvent::Failed { creation, message } => {
            // Why is told at the end, together with all else that failed.
            tracing::warn!("Task {} was not created", creation.label);
            tracing::debug!("{}: {message}", creation.label);
        }
        SubmitEvent::Skipped { creation, .. } => {
            tracing::warn!("Task {} was not sent", creation.label);
        }
    }
}
