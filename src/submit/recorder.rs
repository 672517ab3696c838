//! A Taskcluster port for dry runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::name::{IndexPath, TaskId};
use crate::base::scope::ScopeSet;
use crate::base::task_state::TaskState;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::base::worker_pool::WorkerPool;
use crate::ports::taskcluster::{
    Answer, ApiError, GroupMember, GroupStatus, TaskStatus, Taskcluster,
};

/// A call that would have changed something.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// A task would have been created.
    Create {
        /// Its id.
        task_id: TaskId,
        /// Its definition.
        definition: Value,
    },
    /// A task would have been cancelled.
    Cancel(TaskId),
    /// A task would have been rerun.
    Rerun(TaskId),
    /// A cache would have been purged.
    Purge {
        /// The worker pool.
        pool: WorkerPool,
        /// The cache.
        cache: String,
    },
}

/// Records calls that would change something, without making them.
///
/// Reads are passed on to another port if there is one. Otherwise only recorded tasks exist.
pub struct Recorder {
    reads: Option<Box<dyn Taskcluster>>,
    done: Mutex<Vec<Recorded>>,
    artifacts: BTreeMap<TaskId, BTreeMap<String, Vec<u8>>>,
}

impl Recorder {
    /// Creates a recorder that reads nothing.
    #[must_use]
    pub fn offline() -> Self {
        Self {
            reads: None,
            done: Mutex::default(),
            artifacts: BTreeMap::new(),
        }
    }

    /// Creates a recorder that reads from another port.
    #[must_use]
    pub fn reading(reads: Box<dyn Taskcluster>) -> Self {
        Self {
            reads: Some(reads),
            done: Mutex::default(),
            artifacts: BTreeMap::new(),
        }
    }

    /// Returns whether it reads from another port.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.reads.is_some()
    }

    /// Adds artifacts of a task, by name.
    #[must_use]
    pub fn with_artifacts(mut self, task_id: TaskId, artifacts: BTreeMap<String, Vec<u8>>) -> Self {
        self.artifacts.insert(task_id, artifacts);
        self
    }

    /// Returns the recorded calls in order.
    #[must_use]
    pub fn recorded(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record<'a>(&'a self, done: Recorded) -> Answer<'a, ()> {
        Box::pin(async move {
            self.lock().push(done);
            Ok(())
        })
    }

    /// Returns the recorded tasks of a group.
    fn members(&self, group: &TaskId) -> Vec<GroupMember> {
        let done = self.lock();
        let created = done.iter().filter_map(|recorded| match recorded {
            Recorded::Create {
                task_id,
                definition,
            } if definition["taskGroupId"] == group.as_str() => Some(GroupMember {
                task_id: task_id.clone(),
                state: TaskState::Unscheduled,
                has_started: false,
                definition: definition.clone(),
            }),
            _ => None,
        });
        created.collect()
    }

    fn created(&self, id: &TaskId) -> Option<Value> {
        self.lock().iter().find_map(|recorded| match recorded {
            Recorded::Create {
                task_id,
                definition,
            } if task_id == id => Some(definition.clone()),
            _ => None,
        })
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("recorded", &self.lock().len())
            .finish_non_exhaustive()
    }
}

fn missing<'a, T: Send + 'a>(call: String) -> Answer<'a, T> {
    Box::pin(async move {
        Err(ApiError {
            call,
            status: Some(404),
            message: "this is a dry run".to_owned(),
        })
    })
}

impl Taskcluster for Recorder {
    fn create_task<'a>(&'a self, task_id: &'a TaskId, definition: &'a Value) -> Answer<'a, ()> {
        self.record(Recorded::Create {
            task_id: task_id.clone(),
            definition: definition.clone(),
        })
    }

    fn task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, Value> {
        match (self.created(task_id), &self.reads) {
            (Some(definition), _) => Box::pin(async move { Ok(definition) }),
            (None, Some(reads)) => reads.task(task_id),
            (None, None) => missing(format!("queue.task({task_id})")),
        }
    }

    fn statuses<'a>(&'a self, task_ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>> {
        match &self.reads {
            Some(reads) => reads.statuses(task_ids),
            None => Box::pin(async { Ok(BTreeMap::new()) }),
        }
    }

    fn group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, GroupStatus> {
        match &self.reads {
            Some(reads) => reads.group(group),
            None => missing(format!("queue.getTaskGroup({group})")),
        }
    }

    fn task_group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, Vec<GroupMember>> {
        Box::pin(async move {
            let listed = match &self.reads {
                Some(reads) => reads.task_group(group).await,
                None => missing(format!("queue.listTaskGroup({group})")).await,
            };
            let created = self.members(group);
            let mut members = match listed {
                Ok(members) => members,
                // The group does not exist, or its id is a local placeholder.
                Err(error) if !created.is_empty() && error.is_absent() => Vec::new(),
                Err(error) => return Err(error),
            };
            members.retain(|one| created.iter().all(|other| other.task_id != one.task_id));
            members.extend(created);
            for member in &mut members {
                let cancelled = Recorded::Cancel(member.task_id.clone());
                if self.lock().contains(&cancelled) {
                    member.state = TaskState::Exception;
                }
            }
            Ok(members)
        })
    }

    fn cancel_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()> {
        self.record(Recorded::Cancel(task_id.clone()))
    }

    fn rerun_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()> {
        self.record(Recorded::Rerun(task_id.clone()))
    }

    fn artifact<'a>(&'a self, task_id: &'a TaskId, name: &'a str) -> Answer<'a, Vec<u8>> {
        if let Some(artifacts) = self.artifacts.get(task_id) {
            return match artifacts.get(name) {
                Some(content) => Box::pin(async { Ok(content.clone()) }),
                None => missing(format!("the file {name} of {task_id}")),
            };
        }
        match &self.reads {
            Some(reads) => reads.artifact(task_id, name),
            None => missing(format!("queue.getLatestArtifact({task_id}, {name})")),
        }
    }

    fn find_tasks<'a>(&'a self, paths: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>> {
        match &self.reads {
            Some(reads) => reads.find_tasks(paths),
            None => Box::pin(async { Ok(BTreeMap::new()) }),
        }
    }

    fn list_index<'a>(&'a self, namespace: &'a IndexPath) -> Answer<'a, Vec<TaskId>> {
        match &self.reads {
            Some(reads) => reads.list_index(namespace),
            None => Box::pin(async { Ok(Vec::new()) }),
        }
    }

    fn purge_cache<'a>(&'a self, pool: &'a WorkerPool, cache: &'a str) -> Answer<'a, ()> {
        self.record(Recorded::Purge {
            pool: pool.clone(),
            cache: cache.to_owned(),
        })
    }

    fn current_scopes(&self) -> Answer<'_, ScopeSet> {
        // The scopes of the user are not the scopes of the task that would run.
        missing("auth.currentScopes()".to_owned())
    }

    fn server_time(&self) -> Option<Timestamp> {
        self.reads.as_ref()?.server_time()
    }
}
