//! An embedded Taskcluster for one test.

use std::sync::Arc;

use serde_json::{Value, json};
use snowman::sandbox::{Options, Sandbox, WorkerOptions};

use super::test_repository::TestRepository;

/// A sandbox that serves while the test waits for commands.
pub struct Services {
    sandbox: Sandbox,
    _runtime: tokio::runtime::Runtime,
}

impl Services {
    /// Starts it.
    #[expect(
        clippy::disallowed_methods,
        reason = "clients sign with the system's clock"
    )]
    pub fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let options = Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(chrono::Utc::now),
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        Self {
            sandbox,
            _runtime: runtime,
        }
    }

    /// The repository, at which commands know of it.
    pub fn known_to(&self, repository: TestRepository) -> TestRepository {
        let credentials = self.sandbox.root_credentials();
        repository
            .variable("TASKCLUSTER_ROOT_URL", &self.sandbox.root_url())
            .variable("TASKCLUSTER_CLIENT_ID", &credentials.client_id)
            .variable("TASKCLUSTER_ACCESS_TOKEN", &credentials.access_token)
    }

    /// A task that is running, and its id; it decides, so that its group is its own.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test needs no ids that can be repeated"
    )]
    pub fn running(&self) -> String {
        let id = slugid::nice();
        self.start_task(&id, &json!({}));
        id
    }

    /// A task that has completed with these artifacts, and its id.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test needs no ids that can be repeated"
    )]
    pub fn task(&self, payload: &Value, artifacts: &[(&str, &[u8])]) -> String {
        let state = self.sandbox.state();
        let id = slugid::nice();
        self.start_task(&id, payload);
        for (name, content) in artifacts {
            let kind = "application/octet-stream";
            state
                .put_artifact(&id, None, name, kind, content.to_vec())
                .unwrap();
        }
        state.report_completed(&id).unwrap();
        id
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "clients sign with the system's clock"
    )]
    fn start_task(&self, id: &str, payload: &Value) {
        let state = self.sandbox.state();
        let now = chrono::Utc::now();
        let time = |days| {
            (now + chrono::Duration::days(days))
                .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
        };
        let definition = json!({
            "taskQueueId": "test/images",
            "schedulerId": "test-level-1",
            "taskGroupId": id,
            "created": time(0),
            "deadline": time(1),
            "expires": time(2),
            "payload": payload,
            "metadata": {
                "name": "image", "description": "An image",
                "owner": "someone@example.com", "source": "https://example.com",
            },
        });
        state.create_task(id, &definition).unwrap();
        state.claim(id).unwrap();
    }

    /// Puts a task at an index path.
    #[expect(
        clippy::disallowed_methods,
        reason = "clients sign with the system's clock"
    )]
    pub fn index(&self, path: &str, task: &str) {
        let expires = chrono::Utc::now() + chrono::Duration::days(1);
        let state = self.sandbox.state();
        state.insert_index(path, task, 0.0, expires).unwrap();
    }
}
