//! The command `sandbox`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::args::SandboxArgs;
use super::context::runtime;
use super::helper::CommandHelper;
use super::repository::WorkingFolder;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::output_path::OutputPaths;
use crate::sandbox::{Options, Sandbox, WorkerOptions};

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

/// Serves an embedded Taskcluster until it is interrupted.
///
/// # Errors
/// When it cannot listen on the address, or the folder cannot be used.
pub fn run(args: &SandboxArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    check_loopback(args.listen, "the sandbox")?;
    let output = command.output;
    let working_folder = WorkingFolder::find(&command.environment)?;
    let folder = state_folder(args.folder.as_deref(), &working_folder.output_paths())?;
    runtime()?.block_on(async {
        let options = Options {
            address: args.listen,
            folder,
            workers: WorkerOptions::default(),
            clock: Arc::new(|| SystemClock.now().moment()),
        };
        let sandbox = Sandbox::start(options).await.map_err(|error| {
            Diagnostic::environment("cannot start the sandbox").because(error)
        })?;
        let root = sandbox.root_url();
        let credentials = sandbox.root_credentials();
        output.status(&format!(
            "The sandbox is listening on {root}, for rehearsals and tests on this machine only. Press Ctrl-C to stop it."
        ));
        output.data(&format!(
            "export TASKCLUSTER_ROOT_URL={root}\nexport TASKCLUSTER_CLIENT_ID={}\nexport TASKCLUSTER_ACCESS_TOKEN={}\n",
            credentials.client_id, credentials.access_token
        ))?;
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        loop {
            tokio::select! {
                _ = &mut interrupted => break,
                () = tokio::time::sleep(POLL_INTERVAL), if args.workers => {
                    if let Err(error) = sandbox.run_workers_until_idle().await {
                        output.status(&format!("simulated workers: {error}"));
                    }
                }
            }
        }
        sandbox.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
