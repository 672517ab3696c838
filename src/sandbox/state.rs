//! Direct access to the state, for rehearsals and tests: no HTTP, all powers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::api::artifacts::{add_artifact, latest_run_id};
use super::api::endpoint::ApiCall;
use super::api::request_schemas::CREATE_TASK;
use super::api::tasks;
use super::artifacts::artifact::{Artifact, Storage};
use super::artifacts::content::Content;
use super::auth::identify::Caller;
use super::content_urls::content_key;
use super::error::{ErrorCode, ServiceError};
use super::index::IndexEntry;
use super::injected_fault::{FaultSchedule, InjectedFault};
use super::patterns;
use super::queue::runs::task_not_found;
use super::queue::task::{Task, TaskState};
use super::services::{Services, SharedServices};
use super::time::{self, Moment};
use super::workers::simulation::{NewArtifact, RunOutcome};

/// The worker that directly claimed and simulated runs name.
pub(crate) const WORKER: (&str, &str) = ("sandbox", "sandbox");

/// A handle on the state of a sandbox.
#[derive(Clone)]
pub struct State {
    pub(crate) shared: Arc<SharedServices>,
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
    pub(crate) fn new(shared: Arc<SharedServices>) -> State {
        State { shared }
    }

    /// Creates a task with all scopes; the answer is its status.
    pub fn create_task(&self, task_id: &str, definition: &Value) -> Result<Value, ServiceError> {
        if !patterns::is_slug(task_id) {
            return Err(ServiceError::new(
                ErrorCode::InvalidRequestArguments,
                format!("`{task_id}` is not a task id"),
            ));
        }
        CREATE_TASK.check(definition)?;
        self.shared.with(|services, now| {
            let call = ApiCall {
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
            tasks::create(services, &call)
        })
    }

    /// Makes a task run, scheduling it first if need be, until its deadline; the answer is the claim, with
    /// credentials.
    pub fn claim(&self, task_id: &str) -> Result<Value, ServiceError> {
        self.shared.with(|services, now| {
            let task = services.queue.task(task_id)?;
            let deadline = task.definition.deadline;
            services.queue.schedule(task_id, now);
            let run_id = latest_run_id(services, task_id)?;
            services
                .queue
                .claim(task_id, run_id, WORKER, deadline, now)?;
            services
                .claim_response(task_id, run_id, now)
                .ok_or_else(|| task_not_found(task_id))
        })
    }

    /// Reports the latest run of a task as completed; the answer is its status.
    pub fn report_completed(&self, task_id: &str) -> Result<Value, ServiceError> {
        self.resolve(task_id, &RunOutcome::Completed)
    }

    /// Reports the latest run of a task as failed; the answer is its status.
    pub fn report_failed(&self, task_id: &str) -> Result<Value, ServiceError> {
        self.resolve(task_id, &RunOutcome::Failed)
    }

    /// Reports the latest run of a task as an exception; the answer is its status.
    pub fn report_exception(&self, task_id: &str, reason: &str) -> Result<Value, ServiceError> {
        self.resolve(task_id, &RunOutcome::Exception(reason.to_owned()))
    }

    /// Resolves the latest run of a task; the answer is its status.
    pub fn resolve(&self, task_id: &str, outcome: &RunOutcome) -> Result<Value, ServiceError> {
        self.shared.with(|services, now| {
            let run_id = latest_run_id(services, task_id)?;
            end_run(services, task_id, run_id, outcome, now)?;
            services
                .queue
                .tasks
                .get(task_id)
                .map(Task::status)
                .ok_or_else(|| task_not_found(task_id))
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
    ) -> Result<(), ServiceError> {
        let content = Content {
            bytes: bytes.into(),
            content_type: content_type.to_owned(),
            content_encoding: None,
        };
        self.shared.with(|services, now| {
            let run_id = run_id.map_or_else(|| latest_run_id(services, task_id), Ok)?;
            let made = NewArtifact {
                name: name.to_owned(),
                content,
                expires: None,
            };
            upload_artifact(services, task_id, run_id, made, now)
        })
    }

    /// Reads the content of an artifact as clients see it, by default of the latest run: compressed
    /// uploads are decompressed. Links are not followed.
    pub fn artifact(&self, task_id: &str, run_id: Option<usize>, name: &str) -> Option<Content> {
        let content = self.shared.read(|services| {
            let run_id = run_id.or_else(|| latest_run_id(services, task_id).ok())?;
            services.store.content(&content_key(task_id, run_id, name))
        })?;
        content.decompressed()
    }

    /// Enters a task into the index, as `insertTask` does.
    pub fn insert_index(
        &self,
        path: &str,
        task_id: &str,
        rank: f64,
        expires: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), ServiceError> {
        let data = Value::Object(serde_json::Map::new());
        let entry = IndexEntry {
            task_id: task_id.to_owned(),
            rank,
            data,
            expires: time::truncate_to_millis(expires),
        };
        self.shared
            .with(|services, _| services.index.insert(path, entry).map(|_| ()))
    }

    /// The task at an index path, if it is there and has not expired.
    pub fn find_index(&self, path: &str) -> Option<String> {
        let now = self.shared.now();
        self.shared.read(|services| {
            services
                .index
                .find(path, now)
                .ok()
                .map(|entry| entry.task_id.clone())
        })
    }

    /// The caches that workers of a pool have to forget.
    pub fn purged_caches(&self, pool: &str) -> Vec<String> {
        self.shared.read(|services| {
            let requests = services.purges.keys().filter(|(of, _)| of == pool);
            requests.map(|(_, cache)| cache.clone()).collect()
        })
    }

    /// A task as it stands.
    pub fn task(&self, task_id: &str) -> Option<TaskView> {
        self.shared
            .read(|services| services.queue.tasks.get(task_id).map(view))
    }

    /// The tasks of a group, by task id; none for an unknown group.
    pub fn group_tasks(&self, group_id: &str) -> Vec<TaskView> {
        self.shared.read(|services| {
            let group = services.queue.groups.get(group_id);
            let members = group.into_iter().flat_map(|group| &group.tasks);
            members
                .filter_map(|id| services.queue.tasks.get(id))
                .map(view)
                .collect()
        })
    }

    /// All groups, by id.
    pub fn groups(&self) -> Vec<GroupView> {
        self.shared.read(|services| {
            let view = |(id, group): (&String, &super::queue::scheduling::Group)| {
                let mut counts = BTreeMap::new();
                for task in group
                    .tasks
                    .iter()
                    .filter_map(|id| services.queue.tasks.get(id))
                {
                    *counts.entry(task.state()).or_insert(0) += 1;
                }
                GroupView {
                    group_id: id.clone(),
                    scheduler_id: group.scheduler.clone(),
                    sealed: group.sealed.is_some(),
                    counts,
                }
            };
            services.queue.groups.iter().map(view).collect()
        })
    }

    /// The tasks that depend on a task, by task id.
    pub fn dependents(&self, task_id: &str) -> Vec<String> {
        self.shared.read(|services| {
            services
                .queue
                .dependents
                .get(task_id)
                .into_iter()
                .flatten()
                .cloned()
                .collect()
        })
    }

    /// Makes each simulated run of a label or task id end like this, until told otherwise.
    pub fn set_outcome(&self, label_or_task_id: &str, outcome: RunOutcome) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services
                .forced_outcomes
                .insert(label_or_task_id.to_owned(), outcome);
            Ok(())
        });
    }

    /// Lets simulated runs of a label or task id end by themselves again.
    pub fn clear_outcome(&self, label_or_task_id: &str) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services.forced_outcomes.remove(label_or_task_id);
            Ok(())
        });
    }

    /// Disturbs the next calls of a method, named as in the API reference, for example `createTask`.
    pub fn inject_fault(&self, method: &str, calls: u32, fault: InjectedFault) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services.injected_faults.set(method, calls, fault);
            Ok(())
        });
    }

    /// Disturbs calls of a method as a schedule says, or no longer.
    pub fn set_fault_schedule(&self, method: &str, schedule: Option<FaultSchedule>) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services.injected_faults.schedule(method, schedule);
            Ok(())
        });
    }

    /// How many calls were run_with_faults so far.
    pub fn injected_fault_count(&self) -> u64 {
        self.shared
            .read(|services| services.injected_faults.injected)
    }

    /// Leaves the creation of a task half done: nobody follows its dependencies until it is created once more.
    pub fn interrupt_creation(&self, task_id: &str) {
        // Nothing in this call can be refused.
        let _ = self.shared.with(|services, _| {
            services.queue.interrupt_creation(task_id);
            Ok(())
        });
    }

    /// Cancels a task, unless it is resolved; tells whether it was not.
    pub fn cancel(&self, task_id: &str) -> Result<bool, ServiceError> {
        self.shared.with(|services, now| {
            if services.queue.tasks.contains_key(task_id) {
                Ok(services.queue.cancel(task_id, "canceled", now))
            } else {
                Err(task_not_found(task_id))
            }
        })
    }

    /// Seals a group.
    pub fn seal(&self, group_id: &str) -> Result<(), ServiceError> {
        self.shared
            .with(|services, now| services.queue.seal(group_id, now).map(drop))
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
    services: &mut Services,
    task_id: &str,
    run_id: usize,
    outcome: &RunOutcome,
    now: Moment,
) -> Result<(), ServiceError> {
    match outcome {
        RunOutcome::Completed => services
            .queue
            .resolve(task_id, run_id, TaskState::Completed, now),
        RunOutcome::Failed => services
            .queue
            .resolve(task_id, run_id, TaskState::Failed, now),
        RunOutcome::Exception(reason) => services
            .queue
            .resolve_exception(task_id, run_id, reason, now),
    }
}

/// Uploads an artifact to a run; it expires with the task at the latest.
pub(crate) fn upload_artifact(
    services: &mut Services,
    task_id: &str,
    run_id: usize,
    made: NewArtifact,
    now: Moment,
) -> Result<(), ServiceError> {
    let NewArtifact {
        name,
        content,
        expires,
    } = made;
    if !(patterns::ARTIFACT_NAME.matches)(&name) {
        let message = format!("`{name}` is not an artifact name");
        return Err(ServiceError::new(
            ErrorCode::InvalidRequestArguments,
            message,
        ));
    }
    let task = services.queue.task(task_id)?;
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
    add_artifact(services, task_id, run_id, &name, artifact, now)?;
    services
        .store
        .put_content(&content_key(task_id, run_id, &name), content)
        .map_err(|error| ServiceError::internal(error.to_string()))
}
