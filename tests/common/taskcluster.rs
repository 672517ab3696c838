//! A Taskcluster for one test, with the decision task or the action task that the program runs in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use snowman::base::time::Span;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::sandbox::{Options, Sandbox, WorkerOptions};

use super::{Project, Ran};

/// The decision task.
pub const DECISION: &str = "fN1SbArXTPSVFUUvaOlinQ";

/// The action task.
pub const ACTION: &str = "dSvO-TqoQvyZ1IQRkLyqxw";

/// What a decision task of this project holds.
pub const SCOPES: &[&str] = &[
    "queue:create-task:*",
    "queue:scheduler-id:test-level-1",
    "queue:route:*",
    "docker-worker:cache:*",
    "assume:repo:github.com/org/project:*",
];

/// A Taskcluster in which the decision task runs.
pub struct Taskcluster {
    /// The services.
    pub sandbox: Sandbox,
    behind: Span,
}

impl Taskcluster {
    /// A Taskcluster whose decision task holds the usual scopes.
    pub async fn new() -> Self {
        Self::granting(SCOPES).await
    }

    /// A Taskcluster whose decision task holds these scopes.
    pub async fn granting(scopes: &[&str]) -> Self {
        Self::behind(0, scopes).await
    }

    /// A Taskcluster whose clock is so many seconds behind that of this machine.
    pub async fn behind(seconds: i64, scopes: &[&str]) -> Self {
        let behind = Span::seconds(-seconds);
        let sandbox = Sandbox::start(Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(move || SystemClock.now().plus(behind).moment()),
        })
        .await
        .unwrap();
        let taskcluster = Self { sandbox, behind };
        taskcluster.create(DECISION, &taskcluster.definition("Decision Task", scopes));
        taskcluster.sandbox.state().claim(DECISION).unwrap();
        taskcluster
    }

    /// A definition in the group of the decision task.
    pub fn definition(&self, name: &str, scopes: &[&str]) -> Value {
        let now = SystemClock.now().plus(self.behind);
        let day = Span::seconds(86_400);
        json!({
            "provisionerId": "test-1", "workerType": "decision", "schedulerId": "test-level-1",
            "taskGroupId": DECISION, "created": now.to_string(),
            "deadline": now.plus(day).to_string(), "scopes": scopes, "payload": {},
            "metadata": {
                "name": name, "description": "A task", "owner": "someone@example.com",
                "source": "https://github.com/org/project",
            },
        })
    }

    /// Creates a task, with all rights.
    pub fn create(&self, task_id: &str, definition: &Value) {
        self.sandbox
            .state()
            .create_task(task_id, definition)
            .unwrap();
    }

    /// Creates the action task and lets it run.
    pub fn act(&self, scopes: &[&str], action: &Value) {
        let mut definition = self.definition("Action", scopes);
        if !action.is_null() {
            definition["extra"] = json!({"action": action});
        }
        self.create(ACTION, &definition);
        self.sandbox.state().claim(ACTION).unwrap();
    }

    /// Gives the decision task an artifact.
    pub fn leave(&self, name: &str, content: impl Into<String>) {
        let content: String = content.into();
        self.sandbox
            .state()
            .put_artifact(DECISION, None, name, "text/plain", content)
            .unwrap();
    }

    /// The variables of a task that runs here.
    pub fn inside(&self, project: Project, task_id: &str) -> Project {
        project
            .variable("TASK_ID", task_id)
            .variable("RUN_ID", "0")
            .variable("TASKCLUSTER_ROOT_URL", &self.sandbox.root_url())
            .variable("TASKCLUSTER_PROXY_URL", &self.sandbox.proxy_url(task_id))
    }

    /// Runs `snowman decision` in the decision task.
    pub fn decide(&self, project: Project, more: &[&str]) -> Ran {
        let project = self.inside(project, DECISION);
        tokio::task::block_in_place(|| project.decide(more))
    }

    /// Runs `snowman action-callback` in the action task.
    pub fn call_back(&self, project: Project) -> Ran {
        let project = self.inside(project, ACTION);
        tokio::task::block_in_place(|| project.run(&["action-callback"]))
    }

    /// The states of all tasks by label, but for those of the decision and the action itself.
    pub fn created(&self) -> BTreeMap<String, &'static str> {
        let state = self.sandbox.state();
        let groups = state.groups();
        groups
            .iter()
            .flat_map(|group| state.group_tasks(&group.group_id))
            .filter(|task| ![DECISION, ACTION].contains(&task.task_id.as_str()))
            .map(|task| (task.label, task.state.name()))
            .collect()
    }
}
