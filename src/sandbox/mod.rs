//! An embedded Taskcluster on loopback, for rehearsals and tests.
//!
//! It serves the queue, the index, auth, a part of the object service, a bucket for artifacts and a few web pages
//! under one address, with the real paths, methods, checks and error bodies. Workers are simulated: they resolve
//! every pending task in an instant and upload what its payload declares.
//!
//! How a request goes:
//! 1. `serve` finds the method in the tables of `queue_api`, `work_api`, `artifact_api`, `index_api`, `auth_api` and
//!    `object_api`; `body` reads the body, `auth` finds out who calls, `schema` holds the body against `bodies`.
//! 2. The method runs on the state (`services`) under one lock: `queue` and `runs` are the state machine of tasks and
//!    groups, `index` the index. It sees the clock as a moment handed in.
//! 3. `store` keeps what changed, when there is a folder; events go to whoever asked for them.
//!
//! [`State`] reaches the same state without HTTP.

mod api;
mod artifacts;
mod auth;
mod content_urls;
mod crypto;
mod error;

mod http;
mod index;
mod injected_fault;
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

pub use artifacts::content::Content;
pub use auth::credentials::Credentials;
pub use error::{ErrorCode, SandboxError, ServiceError};
pub use injected_fault::{FaultSchedule, InjectedFault};
pub use queue::scheduling::TaskEvent;
pub use queue::task::TaskState;
pub use state::{GroupView, State, TaskView};
pub use time::Clock;
pub use workers::simulation::{
    ClaimedRun, EventHandler, LOG_ARTIFACT, NewArtifact, RunOutcome, RunResult, Simulator,
    WorkSummary, WorkerOptions,
};

/// How long open connections may go on after the sandbox was told to stop.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// How to start a sandbox.
pub struct Options {
    /// Where to listen; it must be a loopback address. Port 0 takes a free one.
    pub address: SocketAddr,
    /// Where to keep state; in memory when there is none.
    pub folder: Option<PathBuf>,
    /// How simulated workers behave.
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
            // Both a message and a dropped sender mean the end; a failing listener ends by itself.
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

    /// The root URL for clients, without a slash at the end.
    pub fn root_url(&self) -> String {
        self.shared.root_url()
    }

    /// The URL that stands for `TASKCLUSTER_PROXY_URL` inside a task: requests below it need no signature and act with
    /// the task's own scopes.
    ///
    /// It ends in a slash: clients that resolve paths against it as URLs do would else lose the task.
    pub fn proxy_url(&self, task_id: &str) -> String {
        format!("{}/proxy/{task_id}/", self.root_url())
    }

    /// A client with all scopes.
    pub fn root_credentials(&self) -> Credentials {
        services::root_credentials()
    }

    /// Adds a client, replacing an earlier one of that name.
    pub fn add_client(&self, client_id: &str, access_token: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services.auth.add_client(client_id, access_token, scopes);
            Ok(())
        });
    }

    /// Defines a role, replacing an earlier one of that id; `anonymous` is what callers without credentials have.
    pub fn add_role(&self, role_id: &str, scopes: &[&str]) {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services.auth.roles.set(role_id, scopes);
            Ok(())
        });
    }

    /// Takes deadlines of so many days, as `queue.max_task_deadline_days` of a deployment does; 5 are
    /// taken without.
    pub fn set_max_deadline_days(&self, days: u16) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services.max_deadline_days = i64::from(days);
            Ok(())
        });
    }

    /// A handle on the state.
    pub fn state(&self) -> State {
        State::new(Arc::clone(&self.shared))
    }

    /// Runs simulated workers until no task is pending.
    pub async fn run_workers_until_idle(&self) -> Result<WorkSummary, ServiceError> {
        self.state().run_workers_until_idle().await
    }

    /// Stops listening and waits for open requests, but not for long.
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
