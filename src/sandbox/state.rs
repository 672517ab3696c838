//! Direct access to the state for rehearsals and tests, without HTTP and scopes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

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
use super::queue::task::Task;
use super::services::{Services, SharedServices};
use super::time::{self, Moment};
use super::workers::simulation::{NewArtifact, RunOutcome};
use crate::base::scope::ScopeSet;
use crate::base::task_state::TaskState;

/// The worker group and worker id of claims artifact here and of simulated workers.
pub(crate) const WORKER: (&str, &str) = ("sandbox", "sandbox");

/// Direct access to the state of a sandbox.
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

/// A snapshot of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    /// The task id.
    pub task_id: String,
    /// The task's label.
    pub label: String,
    /// The task's state.
    pub state: TaskState,
    /// The definition, as the queue's method `task` returns it.
    pub definition: Value,
    /// The status, as the queue's method `status` returns it.
    pub status: Value,
    /// The artifacts, as run ids and names.
    pub artifacts: Vec<(usize, String)>,
}

/// A snapshot of a task group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// The task group id.
    pub group_id: String,
    /// The scheduler id of all its tasks.
    pub scheduler_id: String,
    /// Whether it is sealed.
    pub sealed: bool,
    /// The number of tasks by state.
    pub counts: BTreeMap<TaskState, usize>,
}

impl State {
    pub(crate) fn new(shared: Arc<SharedServices>) -> State {
        State { shared }
    }

    /// Creates a task with all scopes and returns its status.
    pub fn create_task(&self, task_id: &str, definition: &Value) -> Result<Value, ServiceError> {
        if !patterns::is_slug(task_id) {
            return Err(ServiceError::new(
                ErrorCode::InvalidRequestArguments,
                format!("`{task_id}` is not a taskId"),
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
                    scopes: Arc::new(ScopeSet::from_iter(["*"])),
                    hash: None,
                },
                now,
            };
            tasks::create(services, &call)
        })
    }

    /// Returns the oldest pending task that simulated workers leave to the caller.
    pub fn next_left_to_caller(&self) -> Option<TaskView> {
        self.shared
            .read(|services| services.queue.next_left().map(view))
    }

    /// Claims a task until its deadline, scheduling it first if necessary, and returns the claim
    /// with its credentials.
    pub fn claim(&self, task_id: &str) -> Result<Value, ServiceError> {
        self.shared.with(|services, now| {
            let task = services.queue.task(task_id)?;
            let deadline = task.definition.deadline;
            services.queue.schedule(task_id, now);
            let run_id = services.queue.latest_run_id(task_id)?;
            services
                .queue
                .claim(task_id, run_id, WORKER, deadline, now)?;
            services
                .claim_response(task_id, run_id, now)
                .ok_or_else(|| task_not_found(task_id))
        })
    }

    /// Reports the latest run of a task as completed and returns the task's status.
    pub fn report_completed(&self, task_id: &str) -> Result<Value, ServiceError> {
        self.resolve(task_id, &RunOutcome::Completed)
    }

    /// Reports the latest run of a task as failed and returns the task's status.
    pub fn report_failed(&self, task_id: &str) -> Result<Value, ServiceError> {
        self.resolve(task_id, &RunOutcome::Failed)
    }

    /// Reports the latest run of a task as an exception and returns the task's status.
    pub fn report_exception(&self, task_id: &str, reason: &str) -> Result<Value, ServiceError> {
        self.resolve(task_id, &RunOutcome::Exception(reason.to_owned()))
    }

    /// Resolves the latest run of a task and returns the task's status.
    pub fn resolve(&self, task_id: &str, outcome: &RunOutcome) -> Result<Value, ServiceError> {
        self.shared.with(|services, now| {
            let run_id = services.queue.latest_run_id(task_id)?;
            end_run(services, task_id, run_id, outcome, now)?;
            services
                .queue
                .tasks
                .get(task_id)
                .map(Task::status)
                .ok_or_else(|| task_not_found(task_id))
        })
    }

    /// Uploads an artifact to a run, by default the latest; it expires with the task.
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
            let run_id = run_id.map_or_else(|| services.queue.latest_run_id(task_id), Ok)?;
            let artifact = NewArtifact {
                name: name.to_owned(),
                content,
                expires: None,
            };
            upload_artifact(services, task_id, run_id, artifact, now)
        })
    }

    /// Returns the decompressed content of an artifact, by default of the latest run.
    ///
    /// Links are not followed.
    pub fn artifact(&self, task_id: &str, run_id: Option<usize>, name: &str) -> Option<Content> {
        let content = self.shared.read(|services| {
            let run_id = run_id.or_else(|| services.queue.latest_run_id(task_id).ok())?;
            services.store.content(&content_key(task_id, run_id, name))
        })?;
        content.decompressed()
    }

    /// Returns an artifact of the latest run of a task, with the number of the run.
    pub fn latest_artifact(&self, task_id: &str, name: &str) -> Option<(usize, Content)> {
        let run_id = self
            .shared
            .read(|services| services.queue.latest_run_id(task_id).ok())?;
        Some((run_id, self.artifact(task_id, Some(run_id), name)?))
    }

    /// Inserts a task into the index, like `insertTask`.
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

    /// Removes the tasks at index paths that are chosen.
    ///
    /// # Errors
    /// When the sandbox cannot store the change.
    pub fn remove_index(&self, chosen: impl Fn(&str) -> bool) -> Result<(), ServiceError> {
        self.shared.with(|services, _| {
            services.index.remove_all(chosen);
            Ok(())
        })
    }

    /// Returns the task id at an index path unless the entry has expired.
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

    /// Returns the caches of a worker pool that were requested to be purged.
    pub fn purged_caches(&self, pool: &str) -> Vec<String> {
        self.shared.read(|services| {
            let requests = services.purges.keys().filter(|(of, _)| of == pool);
            requests.map(|(_, cache)| cache.clone()).collect()
        })
    }

    /// Returns a task.
    pub fn task(&self, task_id: &str) -> Option<TaskView> {
        self.shared
            .read(|services| services.queue.tasks.get(task_id).map(view))
    }

    /// Returns the tasks of a group by task id; an unknown group has none.
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

    /// Returns all groups by id.
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

    /// Returns the ids of the tasks that depend on a task.
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

    /// Sets how simulated runs of a label or task id end, until [`State::clear_outcome`].
    pub fn set_outcome(&self, label_or_task_id: &str, outcome: RunOutcome) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services
                .forced_outcomes
                .insert(label_or_task_id.to_owned(), outcome);
            Ok(())
        });
    }

    /// Removes the outcome set by [`State::set_outcome`].
    pub fn clear_outcome(&self, label_or_task_id: &str) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.forced_outcomes.remove(label_or_task_id);
            Ok(())
        });
    }

    /// Injects a fault into the next calls of a method, for example `createTask`.
    pub fn inject_fault(&self, method: &str, calls: u32, fault: InjectedFault) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.injected_faults.set(method, calls, fault);
            Ok(())
        });
    }

    /// Sets or removes the fault schedule of a method.
    pub fn set_fault_schedule(&self, method: &str, schedule: Option<FaultSchedule>) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.injected_faults.schedule(method, schedule);
            Ok(())
        });
    }

    /// Returns how many faults have been injected.
    pub fn injected_fault_count(&self) -> u64 {
        self.shared
            .read(|services| services.injected_faults.injected)
    }

    /// Undoes the last step of a task's creation: its dependencies are ignored until it is created
    /// again.
    pub fn interrupt_creation(&self, task_id: &str) {
        // This call cannot fail.
        let _ = self.shared.with(|services, _| {
            services.queue.interrupt_creation(task_id);
            Ok(())
        });
    }

    /// Cancels a task unless it is resolved, and returns whether it did.
    pub fn cancel(&self, task_id: &str) -> Result<bool, ServiceError> {
        self.shared.with(|services, now| {
            if services.queue.tasks.contains_key(task_id) {
                Ok(services.queue.cancel(task_id, "canceled", now))
            } else {
                Err(task_not_found(task_id))
            }
        })
    }

    /// Runs a resolved task again, like `rerunTask`.
    pub fn rerun(&self, task_id: &str) -> Result<(), ServiceError> {
        self.shared
            .with(|services, now| services.queue.rerun(task_id, now).map(drop))
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

/// Creates a task with a scope, and with those that roles grant to it.
pub(crate) fn create_as(
    shared: &SharedServices,
    task_id: &str,
    definition: &Value,
    scope: &str,
) -> Result<(), ServiceError> {
    CREATE_TASK.check(definition)?;
    shared.with(|services, now| {
        let scopes = services.auth.roles.expand(&[scope.to_owned()]);
        let call = ApiCall {
            params: BTreeMap::from([("taskId", task_id.to_owned())]),
            query: BTreeMap::new(),
            body: definition.clone(),
            caller: Caller::Known {
                client_id: "sandbox".to_owned(),
                scopes,
                hash: None,
            },
            now,
        };
        tasks::create(services, &call).map(drop)
    })
}

/// Resolves a run with an outcome.
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

/// Uploads an artifact to a run; it expires no later than the task.
pub(crate) fn upload_artifact(
    services: &mut Services,
    task_id: &str,
    run_id: usize,
    artifact: NewArtifact,
    now: Moment,
) -> Result<(), ServiceError> {
    let NewArtifact {
        name,
        content,
        expires,
    } = artifact;
    if !(patterns::ARTIFACT_NAME.matches)(&name) {
        let message = format!("`{name}` is not an artifact name");
        return Err(ServiceError::new(
            ErrorCode::InvalidRequestArguments,
            message,
        ));
    }
    let task = services.queue.task(task_id)?;
    let task_expires = task.definition.expires;
    let artifact = Artifact {
        storage: Storage::S3,
        content_type: content.content_type.clone(),
        content_length: Some(content.bytes.len() as u64),
        expires: expires
            .as_deref()
            .and_then(time::parse)
            .unwrap_or(task_expires)
            .min(task_expires),
        present: true,
    };
    services
        .queue
        .add_artifact(task_id, run_id, &name, artifact, now)?;
    services
        .store
        .put_content(&content_key(task_id, run_id, &name), content)
        .map_err(|error| ServiceError::internal(error.to_string()))
}
