//! The command `sandbox`.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;

use super::args::SandboxArgs;
use super::context::runtime;
use super::helper::CommandHelper;
use super::output::Output;
use super::render::{self, Purpose};
use super::repository::WorkingFolder;
use super::task_arguments;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::text::{on_lines, on_one_line, plural};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::files::{Disk, Files};
use crate::ports::output_path::OutputPaths;
use crate::rehearse::host::{Host, HostOptions};
use crate::sandbox::{Options, Sandbox, SandboxError, WorkerOptions};

/// How often simulated workers look for pending tasks.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Checks the folder that a sandbox keeps its state in.
///
/// # Errors
/// When it is not writable.
pub fn state_folder(
    folder: Option<&Path>,
    paths: &OutputPaths<'_>,
) -> Result<Option<PathBuf>, Diagnostic> {
    let checked = folder.map(|folder| {
        let path = paths.folder(folder);
        path.map_err(|error| error.diagnostic("", folder))
    });
    checked.transpose()
}

/// Checks that a server listens only on this machine.
///
/// # Errors
/// If others could reach it.
pub fn check_loopback(listen: SocketAddr, server: &str) -> Result<(), Diagnostic> {
    match listen.ip().is_loopback() {
        true => Ok(()),
        false => Err(Diagnostic::usage(format!(
            "--listen {listen}: {server} only serves this machine"
        ))
        .help(format!(
            "use a loopback address, e.g. 127.0.0.1:{}",
            listen.port()
        ))),
    }
}

/// Explains why a sandbox does not start, with the system's reason.
fn cannot_start(error: &SandboxError) -> Diagnostic {
    let source = std::error::Error::source(error);
    let cause = match source {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    let diagnostic = Diagnostic::environment("cannot start the sandbox").because(cause);
    match error {
        SandboxError::Listen { source, .. } if source.kind() == ErrorKind::AddrInUse => diagnostic
            .help(
                "stop the program that listens there, or use another address: `--listen 127.0.0.1:0` takes any \
                 free port",
            ),
        SandboxError::Listen { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            diagnostic.help("use a port above 1023, or `--listen 127.0.0.1:0` for any free one")
        }
        _ => diagnostic,
    }
}

/// Serves an embedded Taskcluster until it is interrupted.
///
/// # Errors
/// When it cannot listen on the address, the folder cannot be used, or the project cannot be opened.
pub fn run(args: &SandboxArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let level = command.global.level(LevelFilter::WARN);
    command.output.log_at(level);
    check_loopback(args.listen, "the sandbox")?;
    let working_folder = WorkingFolder::find(&command.environment)?;
    let folder = state_folder(args.folder.as_deref(), &working_folder.output_paths())?;
    match &folder {
        Some(folder) => tracing::debug!("The state is kept in {}", folder.display()),
        None => tracing::debug!("The state is kept in memory"),
    }
    if !args.run_decisions && !args.push {
        return runtime()?.block_on(serve(args, folder, command.output, None));
    }
    // A project's Python may read the root URL as soon as it is loaded. Each task gets the sandbox's.
    let root = format!("http://{}", args.listen);
    let command = command.with_variable("TASKCLUSTER_ROOT_URL", &root);
    let project = command.open(&args.project, level)?;
    let options = HostOptions {
        repository: args.target.repository.clone(),
        branch: args.target.branch.clone(),
        python: args.project.python.into(),
        parser: task_arguments::parse,
        render: |wrong| render::diagnostics(wrong, Purpose::Create, false),
    };
    let host = Host::new(project.decision_context(), &project.graph_config, options)?;
    let files: Arc<dyn Files> = Arc::new(Disk::new(project.files.root())?);
    project.block_on(serve(args, folder, command.output, Some((&host, files))))
}

async fn serve(
    args: &SandboxArgs,
    folder: Option<PathBuf>,
    output: &Output,
    host: Option<(&Host<'_>, Arc<dyn Files>)>,
) -> Outcome<ExitCode> {
    let workers = match &host {
        Some((host, _)) => host.workers(),
        None => WorkerOptions::default(),
    };
    let options = Options {
        address: args.listen,
        folder,
        workers,
        clock: Arc::new(|| SystemClock.now().moment()),
    };
    let sandbox = Sandbox::start(options)
        .await
        .map_err(|error| cannot_start(&error))?;
    let root = sandbox.root_url();
    let credentials = sandbox.root_credentials();
    output.status(&format!(
        "The sandbox is listening on {root}, for rehearsals and tests on this machine only. Press Ctrl-C to stop it."
    ));
    output.data(&format!(
        "export TASKCLUSTER_ROOT_URL={root}\nexport TASKCLUSTER_CLIENT_ID={}\nexport TASKCLUSTER_ACCESS_TOKEN={}\n",
        credentials.client_id, credentials.access_token
    ))?;
    if let Some((host, files)) = &host {
        host.attach(&sandbox, Arc::clone(files))?;
        if args.push {
            let task_id = host.push(&sandbox).await?;
            output.status(&format!("Created the decision task {root}/tasks/{task_id}"));
        }
    }
    let host = host.map(|(host, _)| host);
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        tokio::select! {
            _ = &mut interrupted => break,
            worked = work(args, &sandbox, host, output) => worked?,
        }
    }
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Looks once for pending tasks, and runs them.
async fn work(
    args: &SandboxArgs,
    sandbox: &Sandbox,
    host: Option<&Host<'_>>,
    output: &Output,
) -> Outcome<()> {
    tokio::time::sleep(POLL_INTERVAL).await;
    if let Some(host) = host {
        while let Some(ended) = host.run_pending(sandbox).await? {
            let (task_id, label) = (&ended.task_id, on_one_line(&ended.label));
            match &ended.failure {
                None => output.status(&format!(
                    "{label} {task_id} has completed and created {}",
                    plural(ended.created, "task")
                )),
                Some(log) => {
                    output.failure(&format!(
                        "{label} {task_id} has failed:\n{}",
                        on_lines(log.trim_end())
                    ));
                }
            }
        }
    }
    if (args.workers || host.is_some())
        && let Err(error) = sandbox.run_workers_until_idle().await
    {
        output.failure(&format!("simulated workers: {error}"));
    }
    Ok(())
}
