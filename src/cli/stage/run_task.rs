//! The command `stage run`.

use std::path::{Component, Path};
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::queue::Queue;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::cli::args::StageRunArgs;
use crate::cli::context::runtime;
use crate::cli::helper::CommandHelper;
use crate::cli::own_task::own_task;
use crate::ports::taskcluster::Taskcluster;
use crate::release::staged::Staged;
use crate::stage::run::run as run_staged;
use crate::stage::state::TaskRun;
use crate::stage::work::Output;
use crate::taskcluster::Client;

/// Does the work of the staged task that this process runs in. The exit code is 1 if the task is red.
///
/// # Errors
/// When this process does not run in a task, or its artifacts cannot be written.
pub fn run_task(args: &StageRunArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    command
        .output
        .log_at(command.global.level(LevelFilter::INFO));
    let task_id = own_task(&command.environment)?;
    let run_id = own_run(command)?;
    let runtime = runtime()?;
    let client = Client::connect(&command.environment)?;
    let definition = runtime.block_on(client.task(&task_id)).map_err(|error| {
        Diagnostic::environment("cannot read the definition of this task").because(error)
    })?;
    let mut source = Queue::new(&runtime, client);
    // The run itself reports what is wrong with a definition.
    if let Ok(staged) = Staged::of_definition(&definition) {
        source = source.with_repository_of(&staged, &command.environment);
    }
    let done = run_staged(&TaskRun { task_id, run_id }, &definition, &source);
    // All names are checked before anything is written.
    for output in &done.artifacts {
        check(output)?;
    }
    for output in &done.artifacts {
        write(&args.folder, output)?;
    }
    command.output.data(&done.log)?;
    Ok(match done.red.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// Returns the run of this task.
fn own_run(command: &CommandHelper<'_>) -> Result<u32, Diagnostic> {
    let run = command.environment.filled("RUN_ID").unwrap_or_default();
    run.parse().map_err(|_| {
        Diagnostic::environment(match run {
            "" => "RUN_ID is not set, so the run of this task is unknown".to_owned(),
            run => format!("RUN_ID: `{run}` is not a number"),
        })
        .help("run this command in a task, where the worker sets RUN_ID")
    })
}

/// Checks that an artifact has a place inside of the folder.
fn check(output: &Output) -> Result<(), Diagnostic> {
    let mut parts = Path::new(&output.name).components();
    if parts.all(|part| matches!(part, Component::Normal(_))) {
        return Ok(());
    }
    let text = format!("the artifact `{}` would be outside its folder", output.name);
    Err(Diagnostic::user(text))
}

/// Writes an artifact to its place in the folder.
fn write(folder: &Path, output: &Output) -> Result<(), Diagnostic> {
    let path = folder.join(&output.name);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&path, &output.content))
        .map_err(|error| {
            Diagnostic::environment(format!("cannot write {}", path.display())).because(error)
        })
}
