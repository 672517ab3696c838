//! The state of all services, behind one lock.
//!
//! Each call goes through [`SharedServices::with`]:
//!
//! 1. Read the clock once.
//! 2. Resolve tasks and end claims whose time has passed.
//! 3. Perform the call.
//! 4. Index tasks that have completed, and store what has changed.
//! 5. Release the lock, then report events.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::action_task::ActionHandler;
use super::auth::credentials::Credentials;
use super::auth::identify::{Auth, Caller};
use super::crypto;
use super::error::{SandboxError, ServiceError};
use super::index::Index;
use super::injected_fault::InjectedFaults;
use super::kept::{Object, RoleAbout, Secret};
use super::queue::definition;
use super::queue::scheduling::{Queue, TaskEvent};
use super::queue::task::Task;
use super::store::Store;
use super::time::Clock;
use super::time::{self, Moment};
use super::workers::simulation::{ForcedOutcomes, WorkerOptions};

/// The client that signs what the queue issues.
const QUEUE: &str = "static/taskcluster/queue";
/// The client with all scopes.
const ROOT: &str = "root";

/// The state of all services.
pub(crate) struct Services {
    pub(crate) auth: Auth,
    pub(crate) queue: Queue,
    pub(crate) index: Index,
    pub(crate) store: Store,
    pub(crate) forced_outcomes: ForcedOutcomes,
    pub(crate) injected_faults: InjectedFaults,
    /// The requested cache purges: worker pool and cache name, with the time of the request.
    pub(crate) purges: BTreeMap<(String, String), Moment>,
    /// How many days ahead a deadline may be.
    pub(crate) max_deadline_days: i64,
    /// Counts the generated slugids.
    pub(crate) serial: u64,
    pub(crate) address: SocketAddr,
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// What is known of roles beside their scopes.
    pub(crate) roles: BTreeMap<String, RoleAbout>,
    pub(crate) objects: BTreeMap<String, Object>,
    /// Counts the calls that have changed tasks or groups.
    pub(crate) changes: u64,
    /// Makes the tasks of actions that people trigger on the pages.
    pub(crate) action_handler: Option<ActionHandler>,
    /// When the services were started.
    pub(crate) started: Moment,
}

/// The services behind their lock, with the clock and the options of workers.
pub(crate) struct SharedServices {
    services: Mutex<Services>,
    clock: Clock,
    pub(crate) workers: WorkerOptions,
    /// Notified when a task may have become pending.
    pub(crate) changed: Notify,
    pub(crate) address: SocketAddr,
}

impl SharedServices {
    /// Opens the services and loads stored state.
    pub(crate) fn open(
        address: SocketAddr,
        folder: Option<&Path>,
        workers: WorkerOptions,
        clock: Clock,
    ) -> Result<SharedServices, SandboxError> {
        let store = Store::open(folder)?;
        let (queue, index) = store.load()?;
        let mut auth = Auth::new();
        for client in [ROOT, QUEUE] {
            let Credentials {
                client_id,
                access_token,
                ..
            } = built_in(client);
            auth.add_client(&client_id, &access_token, vec!["*".to_owned()]);
        }
        let (forced_outcomes, injected_faults) =
            (ForcedOutcomes::default(), InjectedFaults::default());
        let services = Services {
            auth,
            queue,
            index,
            store,
            forced_outcomes,
            injected_faults,
            purges: BTreeMap::new(),
            max_deadline_days: crate::sandbox::queue::definition::DEFAULT_MAX_DEADLINE_DAYS,
            serial: 0,
            address,
            secrets: BTreeMap::new(),
            roles: BTreeMap::new(),
            objects: BTreeMap::new(),
            changes: 0,
            action_handler: None,
            started: time::truncate_to_millis(clock()),
        };
        let changed = Notify::new();
        Ok(SharedServices {
            services: Mutex::new(services),
            clock,
            workers,
            changed,
            address,
        })
    }

    /// Returns the root URL.
    pub(crate) fn root_url(&self) -> String {
        root_url(self.address)
    }

    /// Returns the current moment.
    pub(crate) fn now(&self) -> Moment {
        time::truncate_to_millis((self.clock)())
    }

    /// Performs a call on the services.
    pub(crate) fn with<T>(
        &self,
        call: impl FnOnce(&mut Services, Moment) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let now = self.now();
        let mut services = self.lock();
        services.queue.expire(now);
        let outcome = call(&mut services, now);
        let committed = services.commit();
        let events = std::mem::take(&mut services.queue.events);
        drop(services);
        if !events.is_empty() {
            self.changed.notify_waiters();
        }
        self.report(&events);
        committed.and(outcome)
    }

    /// Reads the current state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Services) -> T) -> T {
        // Expired claims and deadlines must show here too. If storing that fails, the next call
        // reports it.
        let _ = self.with(|_, _| Ok(()));
        read(&self.lock())
    }

    fn report(&self, events: &[TaskEvent]) {
        if let Some(on_event) = &self.workers.on_event {
            events.iter().for_each(|event| on_event(event));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Services> {
        // The state is consistent between statements of a call, so it can be used after a panic.
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Services {
    fn commit(&mut self) -> Result<(), ServiceError> {
        for id in std::mem::take(&mut self.queue.newly_completed) {
            if let Some(task) = self.queue.tasks.get(&id) {
                self.index.insert_completed_task(task);
            }
        }
        if !self.queue.changed_tasks.is_empty() || !self.queue.changed_groups.is_empty() {
            self.changes += 1;
        }
        self.store
            .save(&mut self.queue, &mut self.index)
            .map_err(|error| ServiceError::internal(error.to_string()))
    }

    /// Returns a slugid that was not used before.
    pub(crate) fn new_slug(&mut self, purpose: &str) -> String {
        self.serial += 1;
        crypto::derived_slug(&format!("{purpose}\n{}", self.serial))
    }

    /// Returns the caller for a request through a task's proxy.
    pub(crate) fn task_caller(&mut self, id: &str, now: Moment) -> Result<Caller, ServiceError> {
        let task = self
            .queue
            .find(id, "`{id}` does not correspond to a task that exists.")?;
        let run_id = task.runs.len().saturating_sub(1);
        let expires = task
            .runs
            .last()
            .and_then(|run| run.taken_until)
            .unwrap_or(now);
        let client_id = task_client_id(task, run_id, expires);
        let scopes = task_scopes(task, run_id);
        let scopes = self
            .auth
            .expand_with_anonymous(&scopes.into_iter().collect());
        Ok(Caller::Known {
            client_id,
            scopes,
            hash: None,
        })
    }

    /// Returns the response to a claim: the task, its status and its credentials.
    pub(crate) fn claim_response(&self, id: &str, run_id: usize, now: Moment) -> Option<Value> {
        let task = self.queue.tasks.get(id)?;
        let run = task.runs.get(run_id)?;
        let until = run.taken_until?;
        let client = task_client_id(task, run_id, until);
        let credentials =
            built_in(QUEUE).temporary(&client, now, until, &task_scopes(task, run_id));
        Some(json!({
            "status": task.status(),
            "runId": run_id,
            "workerGroup": run.worker_group,
            "workerId": run.worker_id,
            "takenUntil": time::format(until),
            "task": task.definition.json,
            "credentials": credentials.json(),
        }))
    }
}

/// Returns the root URL of the services.
pub(crate) fn root_url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// Returns the credentials of the client with all scopes.
pub(crate) fn root_credentials() -> Credentials {
    built_in(ROOT)
}

/// Returns the credentials with which the queue signs.
pub(crate) fn queue_credentials() -> Credentials {
    built_in(QUEUE)
}

fn built_in(client_id: &str) -> Credentials {
    let token = crypto::hmac(b"snowman sandbox", client_id.as_bytes());
    Credentials {
        client_id: client_id.to_owned(),
        access_token: crypto::base64_url(&token),
        certificate: None,
    }
}

fn task_client_id(task: &Task, run_id: usize, until: Moment) -> String {
    let run = task.runs.get(run_id);
    let part = |text: Option<&String>| text.cloned().unwrap_or_else(|| "none".to_owned());
    let seconds = definition::normalize_numbers(&json!(until.timestamp_millis() as f64 / 1000.0));
    format!(
        "task-client/{}/{run_id}/on/{}/{}/until/{seconds}",
        task.id,
        part(run.and_then(|run| run.worker_group.as_ref())),
        part(run.and_then(|run| run.worker_id.as_ref())),
    )
}

fn task_scopes(task: &Task, run_id: usize) -> Vec<String> {
    let mut scopes: Vec<String> = ["reclaim-task", "resolve-task", "create-artifact"]
        .iter()
        .map(|what| format!("queue:{what}:{}/{run_id}", task.id))
        .collect();
    scopes.extend(
        task.definition
            .texts("scopes")
            .into_iter()
            .map(str::to_owned),
    );
    scopes
}
