//! A client that is set up at its first call.
//!
//! Setting it up takes longer than making a small graph, because all certificates of the machine are
//! read, and fails on a machine without any; most commands make no calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use tokio::sync::OnceCell;

use super::address::{Address, address};
use super::client::Ready;
use super::retry::Patience;
use crate::base::diagnostic::Diagnostic;
use crate::base::name::{IndexPath, TaskId};
use crate::base::scope::ScopeSet;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::base::worker_pool::WorkerPool;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::{
    Answer, ApiError, GroupMember, GroupStatus, TaskStatus, Taskcluster,
};

/// A client of one Taskcluster deployment.
pub struct Client {
    address: Address,
    patience: Patience,
    ready: OnceLock<Result<Ready, String>>,
    /// The scopes of the run, which do not change: they are requested once.
    scopes: OnceCell<ScopeSet>,
}

impl Client {
    /// Connects to the deployment that the environment names.
    ///
    /// With `TASKCLUSTER_PROXY_URL` that is the proxy, which adds the task's credentials. Otherwise
    /// it is `TASKCLUSTER_ROOT_URL`, with the credentials in `TASKCLUSTER_CLIENT_ID`,
    /// `TASKCLUSTER_ACCESS_TOKEN` and `TASKCLUSTER_CERTIFICATE` when they are set.
    ///
    /// # Errors
    /// A diagnostic when neither URL is set, one is not a URL, or the credentials are incomplete.
    pub fn connect(environment: &Environment) -> Result<Self, Diagnostic> {
        Self::connect_with(environment, &Patience::from_environment(environment))
    }

    /// Connects as [`Client::connect`] does, with another patience.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_with(
        environment: &Environment,
        patience: &Patience,
    ) -> Result<Self, Diagnostic> {
        Ok(Self {
            address: address(environment)?,
            patience: *patience,
            ready: OnceLock::new(),
            scopes: OnceCell::new(),
        })
    }

    pub(super) fn ask<'a, T: Send + 'a>(
        &'a self,
        call: impl FnOnce(&'a Ready) -> Answer<'a, T>,
    ) -> Answer<'a, T> {
        let make = || Ready::new(&self.address, &self.patience);
        match self.ready.get_or_init(make) {
            Ok(ready) => call(ready),
            Err(why) => {
                let error = ApiError {
                    call: "Taskcluster client".to_owned(),
                    status: None,
                    message: format!("cannot create the client: {why}"),
                };
                Box::pin(std::future::ready(Err(error)))
            }
        }
    }
}

impl fmt::Debug for Client {
    /// Where requests go; nothing about credentials but whether there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("root_url", &self.address.root_url)
            .field("signs", &self.address.credentials.is_some())
            .finish_non_exhaustive()
    }
}

impl Taskcluster for Client {
    fn create_task<'a>(&'a self, task_id: &'a TaskId, definition: &'a Value) -> Answer<'a, ()> {
        self.ask(|ready| ready.create_task(task_id, definition))
    }

    fn task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, Value> {
        self.ask(|ready| ready.task(task_id))
    }

    fn statuses<'a>(&'a self, task_ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>> {
        self.ask(|ready| ready.statuses(task_ids))
    }

    fn group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, GroupStatus> {
        self.ask(|ready| ready.group(group))
    }

    fn task_group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, Vec<GroupMember>> {
        self.ask(|ready| ready.task_group(group))
    }

    fn cancel_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()> {
        self.ask(|ready| ready.cancel_task(task_id))
    }

    fn rerun_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()> {
        self.ask(|ready| ready.rerun_task(task_id))
    }

    fn artifact<'a>(&'a self, task_id: &'a TaskId, name: &'a str) -> Answer<'a, Vec<u8>> {
        self.ask(|ready| ready.artifact(task_id, name))
    }

    fn artifact_within<'a>(
        &'a self,
        task_id: &'a TaskId,
        name: &'a str,
        limit: u64,
    ) -> Answer<'a, Vec<u8>> {
        self.ask(move |ready| ready.artifact_within(task_id, name, limit))
    }

    fn find_tasks<'a>(&'a self, paths: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>> {
        self.ask(|ready| ready.find_tasks(paths))
    }

    fn list_index<'a>(&'a self, namespace: &'a IndexPath) -> Answer<'a, Vec<TaskId>> {
        self.ask(|ready| ready.list_index(namespace))
    }

    fn purge_cache<'a>(&'a self, pool: &'a WorkerPool, cache: &'a str) -> Answer<'a, ()> {
        self.ask(|ready| ready.purge_cache(pool, cache))
    }

    fn current_scopes(&self) -> Answer<'_, ScopeSet> {
        Box::pin(async {
            let ask = || self.ask(Taskcluster::current_scopes);
            self.scopes.get_or_try_init(ask).await.cloned()
        })
    }

    fn server_time(&self) -> Option<Timestamp> {
        self.ready.get()?.as_ref().ok()?.server_time()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_credentials() {
        let variables = [
            ("TASKCLUSTER_ROOT_URL", "https://tc.example"),
            ("TASKCLUSTER_CLIENT_ID", "someone"),
            ("TASKCLUSTER_ACCESS_TOKEN", "hidden"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment::new(variables);
        let output = Client::connect(&environment).map(|client| format!("{client:?}"));
        assert!(output.is_ok_and(|text| !text.contains("hidden") && text.contains("tc.example")));
    }
}
