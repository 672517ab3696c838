//! Artifacts of runs.

use serde_json::json;

use super::scheduling::Queue;
use super::task::Task;
use crate::base::task_state::TaskState;
use crate::sandbox::artifacts::artifact::Artifact;
use crate::sandbox::error::ServiceError;
use crate::sandbox::time::{self, Moment};

/// How long after an exception artifacts are accepted, in seconds.
const GRACE_AFTER_EXCEPTION: i64 = 25 * 60;
/// How far in the past a new artifact may expire, in seconds.
const EXPIRY_GRACE: i64 = 15 * 60;

impl Queue {
    /// Returns the id of a task's latest run.
    pub(crate) fn latest_run_id(&self, task_id: &str) -> Result<usize, ServiceError> {
        let task = self
            .tasks
            .get(task_id)
            .ok_or_else(|| ServiceError::not_found("Task not found"))?;
        let last = task.runs.len().checked_sub(1);
        last.ok_or_else(|| ServiceError::not_found("Task doesn't have any runs"))
    }

    /// Adds an artifact to a run, and returns the current artifact of that name.
    pub(crate) fn add_artifact(
        &mut self,
        task_id: &str,
        run_id: usize,
        name: &str,
        artifact: Artifact,
        now: Moment,
    ) -> Result<Artifact, ServiceError> {
        if artifact.expires < time::plus_seconds(now, -EXPIRY_GRACE) {
            return Err(ServiceError::input("Expires must be in the future"));
        }
        let tasks = &mut self.tasks;
        let task = tasks
            .get_mut(task_id)
            .ok_or_else(|| ServiceError::input("Task not found"))?;
        check_run(task, run_id, &artifact, now)?;
        let key = (run_id, name.to_owned());
        if let Some(original) = task.artifacts.get(&key)
            && !original.can_become(&artifact)
        {
            let properties = json!({
                "storageType": original.storage.name(),
                "contentType": original.content_type,
                "expires": time::format(original.expires),
            });
            return Err(ServiceError::conflict(format!(
                "Artifact already exists with different properties, and none of the allowed exceptions \
                 apply: {}",
                serde_json::to_string_pretty(&properties).unwrap_or_default()
            )));
        }
        let present = task
            .artifacts
            .get(&key)
            .is_some_and(|original| original.present);
        let artifact = Artifact {
            present: present || artifact.present,
            ..artifact
        };
        task.artifacts.insert(key, artifact.clone());
        self.changed_tasks.insert(task_id.to_owned());
        Ok(artifact)
    }
}

fn check_run(
    task: &Task,
    run_id: usize,
    artifact: &Artifact,
    now: Moment,
) -> Result<(), ServiceError> {
    let run = task
        .runs
        .get(run_id)
        .ok_or_else(|| ServiceError::input("Run not found"))?;
    if run.worker_group.is_none() || run.worker_id.is_none() {
        return Err(ServiceError::input(
            "Run was not claimed by a worker and so no artifacts can exist",
        ));
    }
    if artifact.expires > task.definition.expires {
        return Err(ServiceError::input(format!(
            "Artifact expires ({}) after the task expiration {} (task.expires < expires) - this is not \
             allowed, artifacts may not expire after the task they belong to expires",
            time::format(artifact.expires),
            time::format(task.definition.expires)
        )));
    }
    let recent = run
        .resolved
        .is_some_and(|resolved| resolved > time::plus_seconds(now, -GRACE_AFTER_EXCEPTION));
    if run.state == TaskState::Running || (run.state == TaskState::Exception && recent) {
        return Ok(());
    }
    Err(ServiceError::conflict(format!(
        "Artifacts cannot be created for a task after it is resolved, unless it is resolved \
         'exception', and even in this case only up to 25 min past resolution.This to ensure that \
         artifacts have been uploaded before a task is 'completed' and output is consumed by a \
         dependent task\n\nTask status: {}",
        serde_json::to_string_pretty(&task.status()).unwrap_or_default()
    )))
}
