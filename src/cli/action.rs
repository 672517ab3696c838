//! The commands `actions`, `action-callback` and `test-action-callback`.

use std::path::Path;
use std::process::ExitCode;

use crate::base::value::json;
use tracing_subscriber::filter::LevelFilter;

use super::args::{ActionCallbackArgs, ActionsArgs, TestActionCallbackArgs};
use super::decision::{log_event, own_task};
use super::output::{self, Output};
use super::outside::{Outside, connect};
use super::parameters::Spec;
use super::signals;
use crate::actions;
use crate::actions::callback::{self, Request, Runner};
use crate::actions::render::actions_json;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::{pretty, read};
use crate::base::name::TaskId;
use crate::base::value::{Object, Value};
use crate::config::yaml;
use crate::ports::artifacts::ArtifactFolder;
use crate::ports::environment::Environment;
use crate::submit::recorder::{Recorded, Recorder};

/// Prints `actions.json`.
///
/// # Errors
/// When it cannot be rendered.
pub fn actions(args: &ActionsArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    output.log(&args.verbosity);
    let outside = Outside::open(&args.root, environment)?.with_python(
        &args.root,
        args.python.python.into(),
        args.verbosity.verbose,
    )?;
    let graph_config = &outside.graph_config;
    let runtime = output::runtime()?;
    for spec in Spec::read(
        &outside.working,
        args.parameters.as_deref().unwrap_or_default(),
    )? {
        let params = runtime.block_on(spec.load(&outside, &Object::new()))?;
        let decision = TaskId::PLACEHOLDER;
        let theirs = actions::custom::offered(outside.context(), &params, decision)?;
        let files = &outside.files;
        let rendered = actions_json(files, graph_config, &params, decision, &theirs)?;
        output.data(&(pretty(&rendered) + "\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs the action of the action task that this process runs in.
///
/// # Errors
/// When its request cannot be read or checked, or what the action says.
pub fn callback(
    args: &ActionCallbackArgs,
    environment: Environment,
    output: &Output,
) -> Outcome<ExitCode> {
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
    runtime.block_on(async {
        let context = outside.context();
        let taskcluster = context.taskcluster()?;
        let request = callback::request(&outside.environment, taskcluster, &own).await?;
        let group = request.task_group_id.clone().ok_or_else(|| {
            Diagnostic::user("the action task does not say which group it is triggered on")
                .help("ACTION_TASK_GROUP_ID or `extra.action.context.taskGroupId` has to name it")
        })?;
        let parameters = callback::parameters_of(taskcluster, &group).await?;
        let runner = Runner {
            context,
            graph_config,
            own: &own,
            artifacts: &artifacts,
            events: &log_event,
            check_scope: true,
        };
        let name = request.callback.clone();
        callback::run(runner, request, parameters).await?;
        output.status(&format!("The action {name} is done"));
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs an action that does nothing outside of this folder, and prints what it would do. Its
/// artifacts are written.
///
/// # Errors
/// As for the action itself.
pub fn test_callback(
    args: &TestActionCallbackArgs,
    environment: Environment,
    output: &Output,
) -> Outcome<ExitCode> {
    output.log(&args.verbosity);
    let outside = Outside::open(&args.root, environment)?.with_python(
        &args.root,
        args.python.python.into(),
        args.verbosity.verbose,
    )?;
    let graph_config = &outside.graph_config;
    let own = match outside.environment.filled("TASK_ID") {
        Some(_) => own_task(&outside.environment)?,
        None => {
            TaskId::parse(TaskId::ACTION_PLACEHOLDER).map_err(|e| Diagnostic::bug(e.to_string()))?
        }
    };
    let request = Request {
        callback: args.callback.clone(),
        task_group_id: id("--task-group-id", args.task_group_id.as_deref())?,
        task_id: id("--task-id", args.task_id.as_deref())?,
        input: input(args.input.as_deref())?,
    };
    let recorder = match connect(&outside.environment)? {
        Some(reads) => Recorder::over(reads),
        None => Recorder::offline(),
    };
    let runtime = output::runtime()?;
    let artifacts = ArtifactFolder::new(
        &outside.working,
        outside.vcs.as_deref(),
        output.mask().clone(),
    );
    runtime.block_on(async {
        let mut context = outside.context();
        let given = args.parameters.as_deref().unwrap_or_default();
        let spec = Spec::read(&outside.working, given)?.remove(0);
        let params = spec.load(&outside, &Object::new()).await?;
        context.taskcluster = Some(&recorder);
        let runner = Runner {
            context,
            graph_config,
            own: &own,
            artifacts: &artifacts,
            events: &|_| {},
            check_scope: false,
        };
        callback::run(runner, request, params.values().clone()).await
    })?;
    let recorded = recorder.recorded();
    for done in &recorded {
        match done {
            Recorded::Create {
                task_id,
                definition,
            } => {
                let pair = json!([task_id.as_str(), definition]);
                output.data(&(pretty(&pair) + "\n"))?;
            }
            Recorded::Cancel(task_id) => tracing::info!("Would have cancelled {task_id}"),
            Recorded::Rerun(task_id) => tracing::info!("Would have rerun {task_id}"),
            Recorded::Purge { pool, cache } => {
                tracing::info!("Would have purged {pool}/{cache}");
            }
        }
    }
    output.status(&format!(
        "The action would do {} things; none was done",
        recorded.len()
    ));
    Ok(ExitCode::SUCCESS)
}

fn id(flag: &str, given: Option<&str>) -> Result<Option<TaskId>, Diagnostic> {
    given
        .map(|text| {
            TaskId::parse(text).map_err(|error| Diagnostic::usage(format!("{flag}: {error}")))
        })
        .transpose()
}

/// Reads an action's input from a file.
///
/// # Errors
/// When it cannot be read.
pub fn input(path: Option<&Path>) -> Outcome<Value> {
    match path {
        Some(path) => document(path, "the input"),
        None => Ok(Value::Null),
    }
}

/// The error for something named on the command line that cannot be read: a user error if it does
/// not exist.
fn cannot_read(what: &str, error: &std::io::Error) -> Diagnostic {
    let message = format!("cannot read {what}");
    let diagnostic = match error.kind() {
        std::io::ErrorKind::NotFound => Diagnostic::user(message),
        _ => Diagnostic::environment(message),
    };
    diagnostic.because(error)
}

/// Reads a file of YAML or JSON that was named on the command line.
///
/// # Errors
/// When it cannot be read.
pub fn document(path: &Path, what: &str) -> Outcome<Value> {
    let name = path.display().to_string();
    let text =
        std::fs::read(path).map_err(|error| cannot_read(&format!("{what} {name}"), &error))?;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yml" | "yaml") => {
            let document = yaml::load(&name, &text)?;
            document.warn();
            Ok(document.value)
        }
        Some("json") => Ok(read(&name, &text)?),
        _ => Err(Diagnostic::usage(format!("{what} {name} is neither .yml nor .json")).into()),
    }
}
