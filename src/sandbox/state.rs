//! Direct access to the state, for rehearsals and tests: no HTTP, all powers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::api::artifacts::{enter, latest};
use super::api::endpoint::Call;
use super::api::request_schemas::CREATE_TASK;
use super::api::tasks;
use super::artifacts::artifact::{Artifact, Storage};
use super::artifacts::content::Content;
use super::auth::identify::Caller;
use super::content_urls::content_key;
use super::error::{ApiError, Code};
use super::index::Indexed;
use super::injected_fault::{Disturbance, Schedule};
use super::patterns;
use super::queue::runs::unknown;
use super::queue::task::{Task, TaskState};
use super::services::{Core, Shared};
use super::time::{self, Moment};
use super::workers::simulation::{Outcome, Produced};

/// The worker that directly claimed and simulated runs name.
pub(crate) const WORKER: (&str, &str) = ("sandbox", "sandbox");

/// A handle on the state of a sandbox.
#[derive(Clone)]
pub struct State {
    pub(crate) shared: Arc<Shared>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("root_url", &self.shared.root_url())
            .finish()
    }
}

/// A task as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    /// The task.
    pub task_id: String,
    /// Its label.
    pub label: String,
    /// Its state.
    pub state: TaskState,
    /// Its definition, as `task` of the queue answers.
    pub definition: Value,
    /// Its status, as `status` of the queue answers.
    pub status: Value,
    /// Its artifacts: run and name.
    pub artifacts: Vec<(usize, String)>,
}

/// A task group as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// The group.
    pub group_id: String,
    /// The scheduler that all its tasks name.
    pub scheduler_id: String,
    /// Whether it is sealed.
    pub sealed: bool,
    /// The number of tasks in each state that occurs.
    pub counts: BTreeMap<TaskState, usize>,
}

impl State {
    pub(crate) fn new(shared: Arc<Shared>) -> State {
        State { shared }
    }

    /// Creates a task with all scopes; the answer is its status.
    pub fn create_task(&self, task_id: &str, definition: &Value) -> Result<Value, ApiError> {
        if !patterns::is_slug(task_id) {
            return Err(ApiError::new(
                Code::InvalidRequestArguments,
                format!("`{task_id}` is not a task id"),
            ));
        }
        CREATE_TASK.check(definition)?;
        self.shared.with(|core, now| {
            let call = Call {
                params: BTreeMap::from([("taskId", task_id.to_owned())]),
                query: BTreeMap::new(),
                body: definition.clone(),
                caller: Caller::Known {
                    client_id: "root".to_owned(),
                    scopes: vec!["*".to_owned()],
                    hash: None,
                },
                now,
            };
            tasks::create(core, &call)
        })
    }

    /// Makes a task run, scheduling it first if need be, until its deadline; the answer is the claim, with
    /// credentials.
    pub fn claim(&self, task_id: &str) -> Result<Value, ApiError> {
        self.shared.with(|core, now| {
            let task = core
                .queue
                .tasks
                .get(task_id)
                .ok_or_else(|| unknown(task_id))?;
            let deadline = task.definition.deadline;
            core.queue.schedule(task_id, now);
            let run_id = latest(core, task_id)?;
            core.queue.claim(task_id, run_id, WORKER, deadline, now)?;
            core.claim_of(task_id, run_id, now)
                .ok_or_else(|| unknown(task_id))
        })
    }

    /// Reports the latest run of a task as completed; the answer is its status.
    pub fn report_completed(&self, task_id: &str) -> Result<Value, ApiError> {
        self.resolve(task_id, &Outcome::Completed)
    }

    /// Reports the latest run of a task as failed; the answer is its status.
    pub fn report_failed(&self, task_id: &str) -> Result<Value, ApiError> {
        self.resolve(task_id, &Outcome::Failed)
    }

    /// Reports the latest run of a task as an exception; the answer is its status.
    pub fn report_exception(&self, task_id: &str, reason: &str) -> Result<Value, ApiError> {
        self.resolve(task_id, &Outcome::Exception(reason.to_owned()))
    }

    /// Resolves the latest run of a task; the answer is its status.
    pub fn resolve(&self, task_id: &str, outcome: &Outcome) -> Result<Value, ApiError> {
        self.shared.with(|core, now| {
            let run_id = latest(core, task_id)?;
            end_run(core, task_id, run_id, outcome, now)?;
            core.queue
                .tasks
                .get(task_id)
                .map(Task::status)
                .ok_or_else(|| unknown(task_id))
        })
    }

    /// Uploads an artifact to a run, the latest one unless told; it expires with the task.
    pub fn put_artifact(
        &self,
        task_id: &str,
        run_id: Option<usize>,
        name: &str,
        content_type: &str,
        bytes: impl Into<axum::body::Bytes>,
    ) -> Result<(), ApiError> {
        let content = Content {
            bytes: bytes.into(),
            content_type: content_type.to_owned(),
            content_encoding: None,
        };
        self.shared.with(|core, now| {
            let run_id = run_id.map_or_else(|| latest(core, task_id), Ok)?;
            let made = Produced {
                name: name.to_owned(),
                content,
                expires: None,
            };
            upload(core, task_id, run_id, made, now)
        })
    }

    /// Reads the content of an artifact as clients see it, by default of the latest run: compressed
    /// uploads are decompressed. Links are not followed.
    pub fn artifact(&self, task_id: &str, run_id: Option<usize>, name: &str) -> Option<Content> {
        let content = self.shared.look(|core| {
            let run_id = run_id.or_else(|| latest(core, task_id).ok())?;
            core.store.content(&content_key(task_id, run_id, name))
        })?;
        content.unpacked()
    }

    /// Enters a task into the index, as `insertTask` does.
    pub fn insert_index(
        &self,
        path: &str,
        task_id: &str,
        rank: f64,
        expires: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), ApiError> {
        let data = Value::Object(serde_json::Map::new());
        let entry = Indexed {
            task_id: task_id.to_owned(),
            rank,
            data,
            expires: time::whole(expires),
        };
        self.shared
            .with(|core, _| core.index.insert(path, entry).map(|_| ()))
    }

    /// The task at an index path, if it is there and has not expired.
    pub fn find_index(&self, path: &str) -> Option<String> {
        let now = self.shared.now();
        self.shared.look(|core| {
            core.index
                .find(path, now)
                .ok()
                .map(|entry| entry.task_id.clone())
        })
    }

    /// The caches that workers of a pool have to forget.
    pub fn purged(&self, pool: &str) -> Vec<String> {
        self.shared.look(|core| {
            let requests = core.purges.keys().filter(|(of, _)| of == pool);
            requests.map(|(_, cache)| cache.clone()).collect()
        })
    }

    /// A task as it stands.
    pub fn task(&self, task_id: &str) -> Option<TaskView> {
        self.shared
            .look(|core| core.queue.tasks.get(task_id).map(view))
    }

    /// The tasks of a group, by task id; none for an unknown group.
    pub fn group_tasks(&self, group_id: &str) -> Vec<TaskView> {
        self.shared.look(|core| {
            let group = core.queue.groups.get(group_id);
            let members = group.into_iter().flat_map(|group| &group.tasks);
            members
                .filter_map(|id| core.queue.tasks.get(id))
                .map(view)
                .collect()
        })
    }

    /// All groups, by id.
    pub fn groups(&self) -> Vec<GroupView> {
        self.shared.look(|core| {
            let view = |(id, group): (&String, &super::queue::scheduling::Group)| {
                let mut counts = BTreeMap::new();
                for task in group.tasks.iter().filter_map(|id| core.queue.tasks.get(id)) {
                    *counts.entry(task.state()).or_insert(0) += 1;
                }
                GroupView {
                    group_id: id.clone(),
                    scheduler_id: group.scheduler.clone(),
                    sealed: group.sealed.is_some(),
                    counts,
                }
            };
            core.queue.groups.iter().map(view).collect()
        })
    }

    /// The tasks that depend on a task, by task id.
    pub fn dependents(&self, task_id: &str) -> Vec<String> {
        self.shared.look(|core| {
            core.queue
                .dependents
                .get(task_id)
                .into_iter()
                .flatten()
                .cloned()
                .collect()
        })
    }

    /// Makes each simulated run of a label or task id end like this, until told otherwise.
    pub fn set_outcome(&self, label_or_task_id: &str, outcome: Outcome) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|core, _| {
            core.faults.insert(label_or_task_id.to_owned(), outcome);
            Ok(())
        });
    }

    /// Lets simulated runs of a label or task id end by themselves again.
    pub fn clear_outcome(&self, label_or_task_id: &str) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|core, _| {
            core.faults.remove(label_or_task_id);
            Ok(())
        });
    }

    /// Disturbs the next calls of a method, named as in the API reference, for example `createTask`.
    pub fn disturb(&self, method: &str, calls: u32, disturbance: Disturbance) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|core, _| {
            core.disturbances.set(method, calls, disturbance);
            Ok(())
        });
    }

    /// Disturbs calls of a method as a schedule says, or no longer.
    pub fn schedule(&self, method: &str, schedule: Option<Schedule>) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|core, _| {
            core.disturbances.schedule(method, schedule);
            Ok(())
        });
    }

    /// How many calls were disturbed so far.
    pub fn befallen(&self) -> u64 {
        self.shared.look(|core| core.disturbances.befallen)
    }

    /// Leaves the creation of a task half done: nobody follows its dependencies until it is created once more.
    pub fn tear(&self, task_id: &str) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|core, _| {
            core.queue.tear(task_id);
            Ok(())
        });
    }

    /// Cancels a task, unless it is resolved; tells whether it was not.
    pub fn cancel(&self, task_id: &str) -> Result<bool, ApiError> {
        self.shared.with(|core, now| {
            if core.queue.tasks.contains_key(task_id) {
                Ok(core.queue.cancel(task_id, "canceled", now))
            } else {
                Err(unknown(task_id))
            }
        })
    }

    /// Seals a group.
    pub fn seal(&self, group_id: &str) -> Result<(), ApiError> {
        self.shared
            .with(|core, now| core.queue.seal(group_id, now).map(drop))
    }
}

fn view(task: &Task) -> TaskView {
    TaskView {
        task_id: task.id.clone(),
        label: task.definition.label().to_owned(),
        state: task.state(),
        definition: task.definition.json.clone(),
        status: task.status(),
        artifacts: task.artifacts.keys().cloned().collect(),
    }
}

/// Ends a run.
pub(crate) fn end_run(
    core: &mut Core,
    task_id: &str,
    run_id: usize,
    outcome: &Outcome,
    now: Moment,
) -> Result<(), ApiError> {
    match outcome {
        Outcome::Completed => core
            .queue
            .resolve(task_id, run_id, TaskState::Completed, now),
        Outcome::Failed => core.queue.resolve(task_id, run_id, TaskState::Failed, now),
        Outcome::Exception(reason) => core.queue.except(task_id, run_id, reason, now),
    }
}

/// Uploads an artifact to a run; it expires with the task at the latest.
pub(crate) fn upload(
    core: &mut Core,
    task_id: &str,
    run_id: usize,
    made: Produced,
    now: Moment,
) -> Result<(), ApiError> {
    let Produced {
        name,
        content,
        expires,
    } = made;
    if !(patterns::ARTIFACT_NAME.matches)(&name) {
        let message = format!("`{name}` is not an artifact name");
        return Err(ApiError::new(Code::InvalidRequestArguments, message));
    }
    let task = core
        .queue
        .tasks
        .get(task_id)
        .ok_or_else(|| unknown(task_id))?;
    let longest = task.definition.expires;
    let artifact = Artifact {
        storage: Storage::S3,
        content_type: content.content_type.clone(),
        content_length: Some(content.bytes.len() as u64),
        expires: expires
            .as_deref()
            .and_then(time::parse)
            .unwrap_or(longest)
            .min(longest),
        present: true,
    };
    enter(core, task_id, run_id, &name, artifact, now)?;
    core.store
        .put_content(&content_key(task_id, run_id, &name), content)
        .map_err(|error| ApiError::internal(error.to_string()))
}
