//! An embedded Taskcluster on a loopback address, for rehearsals and tests.
//!
//! It serves the queue, the index, auth, secrets, purge-cache, the object service, a bucket for
//! artifacts and web pages for people ([`pages`]) below one root URL, with the paths, methods,
//! checks and error messages of the real services. Workers are simulated: they resolve each pending task at once and
//! upload the artifacts that its payload declares.
//!
//! A request is handled in these steps:
//!
//! 1. `http` finds the method in the tables of `api`, reads the body, identifies the caller
//!    (`auth`) and checks the body against its schema.
//! 2. The method runs on `services`, the state of all services behind one lock: `queue` is the
//!    state machine of tasks and groups, `index` the index, `artifacts` the artifacts. The clock is
//!    read once per call.
//! 3. `store` writes what has changed if there is a state folder, and events are reported.
//!
//! [`State`] reaches the same state without HTTP, and `workers` use it. `injected_fault` makes
//! calls fail for tests.

mod action_task;
mod api;
mod artifacts;
mod auth;
mod content_urls;
mod crypto;
mod error;

mod http;
mod index;
mod injected_fault;
mod kept;
mod pages;
mod patterns;
mod queue;
mod services;
mod state;
mod store;
mod time;
mod workers;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::services::SharedServices;

pub use action_task::{ActionHandler, ActionRequest, ActionTask};
pub use artifacts::content::Content;
pub use auth::credentials::Credentials;
pub use error::{ErrorCode, SandboxError, ServiceError};
pub use injected_fault::{FaultSchedule, InjectedFault};
pub use queue::left::TaskFilter;
pub use queue::scheduling::TaskEvent;
pub use state::{GroupView, State, TaskView};
pub use time::Clock;
pub use workers::simulation::{
    ClaimedRun, EventHandler, LOG_ARTIFACT, Maker, NewArtifact, PendingTask, ReadArtifact,
    RunOutcome, RunResult, Simulator, WorkSummary, WorkerOptions,
};

/// How long open connections may take to finish when the sandbox stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Options for starting a sandbox.
pub struct Options {
    /// The loopback address to listen on. Port 0 selects a free port.
    pub address: SocketAddr,
    /// The folder for the state; without one the state is kept in memory.
    pub folder: Option<PathBuf>,
    /// Options for simulated workers.
    pub workers: WorkerOptions,
    /// The clock.
    pub clock: Clock,
}

/// A running sandbox; it stops when it is dropped.
pub struct Sandbox {
    shared: Arc<SharedServices>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a sandbox.
    pub async fn start(options: Options) -> Result<Sandbox, SandboxError> {
        let Options {
            address,
            folder,
            workers,
            clock,
        } = options;
        if !address.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(address));
        }
        let failed = |source| SandboxError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(SharedServices::open(
            bound,
            folder.as_deref(),
            workers,
            clock,
        )?);
        let router = axum::Router::new()
            .fallback(http::server::respond)
            .with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            // A message and a dropped sender both mean shutdown; a failing listener ends by itself.
            let _ = axum::serve(listener, router)
                .with_graceful_shutdown(async move {
                    let _ = stopped.await;
                })
                .await;
        });
        Ok(Sandbox {
            shared,
            stop: Some(stop),
            server,
        })
    }

    /// Returns the root URL, without a trailing slash.
    pub fn root_url(&self) -> String {
        self.shared.root_url()
    }

    /// Returns the `TASKCLUSTER_PROXY_URL` of a task: requests below it need no signature and use
    /// the task's scopes.
    ///
    /// It ends in a slash; otherwise clients that resolve relative paths against it would drop the
    /// task id.
    pub fn proxy_url(&self, task_id: &str) -> String {
        format!("{}/proxy/{task_id}/", self.root_url())
    }

    /// Returns the credentials of a client with all scopes.
    pub fn root_credentials(&self) -> Credentials {
        services::root_credentials()
    }

    /// Adds a client, or replaces the client of that name.
    pub fn add_client(&self, client_id: &str, access_token: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.auth.add_client(client_id, access_token, scopes);
            Ok(())
        });
    }

    /// Adds a role, or replaces the role of that id. Callers without credentials have the role
    /// `anonymous`.
    pub fn add_role(&self, role_id: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.auth.roles.set(role_id, scopes);
            Ok(())
        });
    }

    /// Provides the tasks of actions that people trigger on the pages. Without that, the pages only show actions.
    pub fn set_action_handler(&self, handler: ActionHandler) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.action_handler = Some(handler);
            Ok(())
        });
    }

    /// Leaves tasks to the caller, by their definitions: simulated workers do not run them.
    pub fn leave_to_caller(&self, tasks: TaskFilter) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.queue.leave_to_caller(tasks);
            Ok(())
        });
    }

    /// Sets how many days ahead deadlines may be, like a deployment's
    /// `queue.max_task_deadline_days`.
    ///
    /// The default is 5 days.
    pub fn set_max_deadline_days(&self, days: u16) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.max_deadline_days = i64::from(days);
            Ok(())
        });
    }

    /// Returns direct access to the state.
    pub fn state(&self) -> State {
        State::new(Arc::clone(&self.shared))
    }

    /// Runs simulated workers until no task is pending.
    pub async fn run_workers_until_idle(&self) -> Result<WorkSummary, ServiceError> {
        self.state().run_workers_until_idle().await
    }

    /// Stops listening and waits a short time for open requests.
    pub async fn stop(self) {
        let Sandbox {
            stop, mut server, ..
        } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN_GRACE, &mut server)
            .await
            .is_err()
        {
            server.abort();
        }
    }
}
