//! A Taskcluster for one test, and a task that runs in it.

use std::sync::Arc;

use serde_json::json;
use snowman::base::time::Span;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::sandbox::{Options, Sandbox, TaskView, WorkerOptions};

use super::world::World;

/// The decision task, whose group has all tasks.
pub const DECISION: &str = "AE_s7xODTPujdaFbfN8eoA";

/// Another task of that group.
pub const TASK: &str = "ASgBd5tqSjiJduQLymhVQw";

/// The action task.
pub const ACTION: &str = "dSvO-TqoQvyZ1IQRkLyqxw";

/// The services.
pub struct Services {
    sandbox: Sandbox,
    _runtime: tokio::runtime::Runtime,
}

impl Services {
    /// Starts a Taskcluster with a running decision task that has these scopes.
    pub fn start(scopes: &[&str]) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let options = Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(|| SystemClock.now().moment()),
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let services = Self {
            sandbox,
            _runtime: runtime,
        };
        services.running(DECISION, scopes);
        services
    }

    /// Creates a running task in the group.
    pub fn running(&self, task_id: &str, scopes: &[&str]) {
        let now = SystemClock.now();
        let definition = json!({
            "taskQueueId": "hail-3/decision", "schedulerId": "hail-level-3",
            "taskGroupId": DECISION, "created": now.to_string(),
            "deadline": now.plus(Span::seconds(86_400)).to_string(), "scopes": scopes,
            "payload": {},
            "metadata": {
                "name": "runs", "description": "A task", "owner": "someone@example.com",
                "source": "https://github.com/hail/hail",
            },
        });
        let state = self.sandbox.state();
        state.create_task(task_id, &definition).unwrap();
        state.claim(task_id).unwrap();
    }

    /// Returns the root URL.
    pub fn root_url(&self) -> String {
        self.sandbox.root_url()
    }

    /// Returns the address of the proxy of a task.
    pub fn proxy_url(&self, task_id: &str) -> String {
        self.sandbox.proxy_url(task_id)
    }

    /// Adds an artifact to the decision task.
    pub fn leave(&self, name: &str, content: String) {
        let state = self.sandbox.state();
        state
            .put_artifact(DECISION, None, name, "text/plain", content)
            .unwrap();
    }

    /// Returns the world with the environment of a task in this Taskcluster.
    pub fn inside(&self, world: World, task_id: &str) -> World {
        world
            .variable("TASK_ID", task_id)
            .variable("RUN_ID", "0")
            .variable("TASKCLUSTER_ROOT_URL", &self.sandbox.root_url())
            .variable("TASKCLUSTER_PROXY_URL", &self.proxy_url(task_id))
    }

    /// Returns the tasks of the group, without those that the test has created.
    pub fn created(&self) -> Vec<TaskView> {
        self.created_in(DECISION)
    }

    /// Returns the tasks of another group, without those that the test has created.
    pub fn created_in(&self, group: &str) -> Vec<TaskView> {
        let all = self.sandbox.state().group_tasks(group);
        all.into_iter()
            .filter(|task| ![DECISION, ACTION, TASK].contains(&task.task_id.as_str()))
            .collect()
    }

    /// Returns the state of a task.
    pub fn state(&self, task_id: &str) -> &'static str {
        self.sandbox.state().task(task_id).unwrap().state.name()
    }
}
