//! The command `sandbox`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::args::SandboxArgs;
use super::output::{self, Output};
use super::outside::Surroundings;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::environment::Environment;
use crate::ports::output_path::OutputPaths;
use crate::sandbox::{Options, Sandbox, WorkerOptions};

/// How often simulated workers look for pending tasks.
const LOOK: Duration = Duration::from_millis(250);

/// The folder that a sandbox keeps its state in.
///
/// # Errors
/// When it is not writable.
pub fn state_folder(
    folder: Option<&Path>,
    paths: &OutputPaths<'_>,
) -> Result<Option<PathBuf>, Diagnostic> {
    let real = folder.map(|folder| {
        let real = paths.folder(folder);
        real.map_err(|error| error.diagnostic("", folder))
    });
    real.transpose()
}

/// Serves an embedded Taskcluster until it is interrupted.
///
/// # Errors
/// When the address cannot be listened at or the folder cannot be used.
pub fn run(args: &SandboxArgs, environment: &Environment, output: &Output) -> Outcome<ExitCode> {
    if !args.listen.ip().is_loopback() {
        return Err(Diagnostic::usage(format!(
            "--listen {}: the sandbox serves this machine only",
            args.listen
        ))
        .help("name a loopback address, e.g. 127.0.0.1:8080")
        .into());
    }
    let around = Surroundings::find(environment)?;
    let folder = state_folder(args.folder.as_deref(), &around.output_paths())?;
    output::runtime()?.block_on(async {
        let options = Options {
            address: args.listen,
            folder,
            workers: WorkerOptions::default(),
            clock: Arc::new(|| SystemClock.now().moment()),
        };
        let sandbox = Sandbox::start(options).await.map_err(|error| {
            Diagnostic::environment("the sandbox could not be started").because(error)
        })?;
        let root = sandbox.root_url();
        let credentials = sandbox.root_credentials();
        output.status(&format!(
            "A sandbox for rehearsals and tests, at {root}, for this machine only. Ctrl-C ends it."
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
                () = tokio::time::sleep(LOOK), if args.workers => {
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
