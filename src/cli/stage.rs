//! The command `stage`.

use std::path::{Component, Path};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tracing_subscriber::filter::LevelFilter;

use super::args::{StageArgs, StageCommand, StageRunArgs};
use super::context::runtime;
use super::helper::CommandHelper;
use super::own_task::own_task;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::ports::taskcluster::Taskcluster;
use crate::stage::run::run as run_staged;
use crate::stage::source::{Artifact, Source, SourceError};
use crate::stage::state::TaskRun;
use crate::stage::work::Output;
use crate::taskcluster::Client;

/// Runs a subcommand.
///
/// # Errors
/// Those of the subcommand.
pub fn run(args: &StageArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    match &args.command {
        StageCommand::Run(args) => run_task(args, command),
    }
}

/// Does the work of the staged task that this process runs in. The exit code is 1 if the task is red.
fn run_task(args: &StageRunArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    command.output.log_at(LevelFilter::INFO);
    let task_id = own_task(&command.environment)?;
    let run_id = own_run(command)?;
    let runtime = runtime()?;
    let client = Client::connect(&command.environment)?;
    let definition = runtime.block_on(client.task(&task_id)).map_err(|error| {
        Diagnostic::environment("cannot read the definition of this task").because(error)
    })?;
    let source = Queue {
        runtime: &runtime,
        taskcluster: &client,
    };
    let done = run_staged(&TaskRun { task_id, run_id }, &definition, &source);
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

/// Writes an artifact to its place in the folder.
fn write(folder: &Path, output: &Output) -> Result<(), Diagnostic> {
    let name = Path::new(&output.name);
    let is_inside = name
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !is_inside {
        let text = format!("the artifact `{}` would be outside its folder", output.name);
        return Err(Diagnostic::user(text));
    }
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&path, &output.content))
        .map_err(|error| {
            Diagnostic::environment(format!("cannot write {}", path.display())).because(error)
        })
}

/// Reads artifacts from the queue.
struct Queue<'a> {
    runtime: &'a Runtime,
    taskcluster: &'a Client,
}

/// How many requests a staged task makes at once.
const REQUESTS: usize = 16;

impl Source for Queue<'_> {
    fn readers(&self) -> usize {
        REQUESTS
    }

    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let read = self.runtime.block_on(self.taskcluster.artifact(task, name));
        let (task, name) = (task.clone(), name.to_owned());
        match read {
            Ok(content) if content.len() as u64 > limit => {
                Err(SourceError::TooLarge { task, name, limit })
            }
            Ok(content) => Ok(Artifact {
                content: Arc::from(content),
            }),
            Err(error) if error.status == Some(404) => Err(SourceError::Missing { task, name }),
            Err(error) => Err(SourceError::Unreadable {
                task,
                name,
                why: error.to_string(),
            }),
        }
    }
}
