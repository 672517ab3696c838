//! Runs: claims, resolutions, retries, expired claims and deadlines.

use super::scheduling::Queue;
use super::task::{Run, Task};
use crate::base::task_state::TaskState;
use crate::sandbox::error::ServiceError;
use crate::sandbox::time::Moment;

impl Queue {
    /// Claims a pending run for a worker.
    ///
    /// A worker may repeat its claim, unless the first claim was by `claimWork`.
    pub(crate) fn claim(
        &mut self,
        id: &str,
        run_id: usize,
        (worker_group, worker_id): (&str, &str),
        until: Moment,
        now: Moment,
    ) -> Result<(), ServiceError> {
        let task = self.task_mut(id)?;
        let latest = task.runs.len() == run_id + 1;
        let Some(run) = task.runs.get_mut(run_id) else {
            return Err(run_not_found(id, run_id));
        };
        let same_worker = run.worker_group.as_deref() == Some(worker_group)
            && run.worker_id.as_deref() == Some(worker_id);
        match run.state {
            TaskState::Pending if latest => {
                run.state = TaskState::Running;
                run.worker_group = Some(worker_group.to_owned());
                run.worker_id = Some(worker_id.to_owned());
                run.taken_until = Some(until);
                run.started = Some(now);
                let queue = task.definition.text("taskQueueId").to_owned();
                self.active.insert(queue.clone(), now);
                let key = (queue, worker_group.to_owned(), worker_id.to_owned());
                self.note_claim(&key, (id, run_id), now);
                self.update_tables(id);
                Ok(())
            }
            TaskState::Running if latest && same_worker && !run.from_claim_work => Ok(()),
            _ => Err(ServiceError::conflict(format!(
                "Run {run_id} was already claimed by another worker."
            ))),
        }
    }

    /// Claims at most `most` pending tasks of a task queue, the highest priority first.
    pub(crate) fn claim_pending(
        &mut self,
        queue: &str,
        most: usize,
        worker: (&str, &str),
        until: Moment,
        now: Moment,
    ) -> Vec<(String, usize)> {
        self.active.insert(queue.to_owned(), now);
        let key = (queue.to_owned(), worker.0.to_owned(), worker.1.to_owned());
        self.see_worker(&key, now);
        if self.is_quarantined(&key, now) {
            return Vec::new();
        }
        let ids: Vec<String> = self
            .pending
            .get(queue)
            .into_iter()
            .flatten()
            .take(most)
            .map(|(_, _, id)| id.clone())
            .collect();
        ids.into_iter()
            .filter_map(|id| {
                let run_id = self.tasks.get(&id)?.runs.len().checked_sub(1)?;
                self.claim(&id, run_id, worker, until, now).ok()?;
                self.tasks
                    .get_mut(&id)?
                    .runs
                    .get_mut(run_id)?
                    .from_claim_work = true;
                Some((id, run_id))
            })
            .collect()
    }

    /// Extends the claim of a running run.
    pub(crate) fn reclaim(
        &mut self,
        id: &str,
        run_id: usize,
        until: Moment,
    ) -> Result<(), ServiceError> {
        let task = self.task_mut(id)?;
        let latest = task.runs.len() == run_id + 1;
        match task.runs.get_mut(run_id) {
            None => Err(run_not_found(id, run_id)),
            Some(run) if latest && run.state == TaskState::Running => {
                if let Some(before) = run.taken_until.replace(until) {
                    self.claims.remove(&(before, id.to_owned(), run_id));
                }
                self.claims.insert((until, id.to_owned(), run_id));
                self.changed_tasks.insert(id.to_owned());
                Ok(())
            }
            Some(_) => Err(not_running(id, run_id)),
        }
    }

    /// Resolves a running run as completed or failed; repeating the call changes nothing.
    pub(crate) fn resolve(
        &mut self,
        id: &str,
        run_id: usize,
        target: TaskState,
        now: Moment,
    ) -> Result<(), ServiceError> {
        let task = self.task_mut(id)?;
        let latest = task.runs.len() == run_id + 1;
        match task.runs.get_mut(run_id) {
            None => Err(run_not_found(id, run_id)),
            Some(run) if run.state == target && latest => Ok(()),
            Some(run) if run.state == TaskState::Running && latest => {
                run.state = target;
                run.reason_resolved = Some(target.name().to_owned());
                run.resolved = Some(now);
                self.update_tables(id);
                self.notify_dependents(id, now);
                Ok(())
            }
            Some(run) if run.state == target => Err(not_running(id, run_id)),
            Some(_) => Err(ServiceError::conflict(format!(
                "Run {run_id} of task `{id}` is not running or {}.",
                target.name()
            ))),
        }
    }

    /// Resolves a running run as an exception; for some reasons a new run follows while retries are
    /// left.
    pub(crate) fn resolve_exception(
        &mut self,
        id: &str,
        run_id: usize,
        reason: &str,
        now: Moment,
    ) -> Result<(), ServiceError> {
        let retry = match reason {
            "worker-shutdown" | "claim-expired" => Some("retry"),
            "intermittent-task" => Some("task-retry"),
            _ => None,
        };
        let task = self.task_mut(id)?;
        let last = task.runs.len().saturating_sub(1);
        let Some(run) = task.runs.get_mut(run_id) else {
            return Err(run_not_found(id, run_id));
        };
        if run.state != TaskState::Running || run_id != last {
            let repeated = run.state == TaskState::Exception
                && run.reason_resolved.as_deref() == Some(reason)
                && last <= run_id + 1;
            return if repeated {
                Ok(())
            } else {
                Err(not_running(id, run_id))
            };
        }
        run.state = TaskState::Exception;
        run.reason_resolved = Some(reason.to_owned());
        run.resolved = Some(now);
        match retry {
            Some(why) if task.retries_left > 0 => {
                task.retries_left -= 1;
                task.runs.push(Run::pending(why, now));
                self.update_tables(id);
            }
            _ => {
                self.update_tables(id);
                self.notify_dependents(id, now);
            }
        }
        Ok(())
    }

    /// Resolves tasks whose deadline has passed, and ends claims that have expired.
    pub(crate) fn expire(&mut self, now: Moment) {
        while let Some((deadline, id)) = self.deadlines.first().cloned() {
            if deadline >= now {
                break;
            }
            self.deadlines.remove(&(deadline, id.clone()));
            self.cancel(&id, "deadline-exceeded", now);
        }
        while let Some((until, id, run_id)) = self.claims.first().cloned() {
            if until >= now {
                break;
            }
            self.claims.remove(&(until, id.clone(), run_id));
            let current = self
                .tasks
                .get(&id)
                .and_then(|task| task.runs.get(run_id))
                .is_some_and(|run| run.taken_until == Some(until));
            if current {
                // It fails only for a run that is no longer running.
                let _ = self.resolve_exception(&id, run_id, "claim-expired", now);
            }
        }
    }

    /// Returns the task with an id.
    pub(crate) fn task(&self, id: &str) -> Result<&Task, ServiceError> {
        self.tasks.get(id).ok_or_else(|| task_not_found(id))
    }

    fn task_mut(&mut self, id: &str) -> Result<&mut Task, ServiceError> {
        self.tasks.get_mut(id).ok_or_else(|| task_not_found(id))
    }
}

/// Returns the error for a task that does not exist.
pub(crate) fn task_not_found(id: &str) -> ServiceError {
    ServiceError::not_found(format!(
        "Task `{id}` not found. Are you sure it was created?"
    ))
}

/// Returns the error for a run that does not exist.
pub(crate) fn run_not_found(id: &str, run_id: usize) -> ServiceError {
    ServiceError::not_found(format!("Run {run_id} not found on task `{id}`."))
}

fn not_running(id: &str, run_id: usize) -> ServiceError {
    ServiceError::conflict(format!(
        "Run {run_id} on task `{id}` is resolved or not running."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::crypto::derived_slug;
    use crate::sandbox::queue::definition::{
        DEFAULT_MAX_DEADLINE_DAYS, build_definition, with_defaults,
    };
    use crate::sandbox::time;
    use serde_json::json;

    fn at(text: &str) -> Moment {
        time::parse(&format!("2026-03-01T{text}Z")).unwrap()
    }

    fn add(
        queue: &mut Queue,
        name: &str,
        after: &[&str],
        requires: &str,
    ) -> Result<(), ServiceError> {
        let id = derived_slug(name);
        let after: Vec<String> = after.iter().map(|name| derived_slug(name)).collect();
        let body = json!({
            "taskQueueId": "a/b", "taskGroupId": derived_slug("group"),
            "created": "2026-03-01T12:00:00Z", "deadline": "2026-03-01T13:00:00Z",
            "dependencies": after, "requires": requires, "retries": 1, "payload": {},
            "metadata": {"name": name, "description": "", "owner": "", "source": "https://e"},
        });
        let definition = build_definition(
            with_defaults(&id, &body)?,
            at("12:00:00"),
            DEFAULT_MAX_DEADLINE_DAYS,
        )?;
        queue.create(&id, definition, at("12:00:00")).map(|_| ())
    }

    fn graph(tasks: &[(&str, &[&str], &str)]) -> Queue {
        let mut queue = Queue::default();
        for (name, after, requires) in tasks {
            add(&mut queue, name, after, requires).unwrap();
        }
        queue
    }

    fn finish(queue: &mut Queue, name: &str, target: TaskState) {
        let (id, now) = (derived_slug(name), at("12:10:00"));
        queue
            .claim(&id, 0, ("g", "w"), at("12:30:00"), now)
            .unwrap();
        queue.resolve(&id, 0, target, now).unwrap();
    }

    fn states(queue: &Queue, names: &[&str]) -> Vec<&'static str> {
        names
            .iter()
            .map(|name| queue.tasks[&derived_slug(name)].state().name())
            .collect()
    }

    #[test]
    fn a_diamond_is_scheduled_when_both_sides_are_resolved() {
        let all = "all-completed";
        let mut queue = graph(&[
            ("a", &[], all),
            ("b", &["a"], all),
            ("c", &["a"], all),
            ("d", &["b", "c"], all),
        ]);
        finish(&mut queue, "a", TaskState::Completed);
        assert_eq!(
            states(&queue, &["b", "c", "d"]),
            ["pending", "pending", "unscheduled"]
        );
        finish(&mut queue, "b", TaskState::Completed);
        assert_eq!(states(&queue, &["d"]), ["unscheduled"]);
        finish(&mut queue, "c", TaskState::Completed);
        assert_eq!(states(&queue, &["d"]), ["pending"]);
    }

    #[test]
    fn failures_schedule_tasks_that_require_any_resolution() {
        let mut queue = graph(&[
            ("a", &[], "all-completed"),
            ("b", &["a"], "all-completed"),
            ("c", &["a"], "all-resolved"),
        ]);
        finish(&mut queue, "a", TaskState::Failed);
        assert_eq!(states(&queue, &["b", "c"]), ["unscheduled", "pending"]);
    }

    #[test]
    fn a_refused_task_creates_only_its_group() {
        let mut queue = Queue::default();
        assert!(add(&mut queue, "b", &["a"], "all-completed").is_err());
        assert!(queue.tasks.is_empty());
        assert!(queue.dependents.is_empty());
        assert!(queue.groups.contains_key(&derived_slug("group")));
    }

    #[test]
    fn retries_do_not_count_as_resolutions() {
        let mut queue = graph(&[("a", &[], "all-completed"), ("b", &["a"], "all-resolved")]);
        let id = derived_slug("a");
        for (run, after) in [(0, "unscheduled"), (1, "pending")] {
            queue
                .claim(&id, run, ("g", "w"), at("12:30:00"), at("12:10:00"))
                .unwrap();
            queue
                .resolve_exception(&id, run, "worker-shutdown", at("12:10:00"))
                .unwrap();
            assert_eq!(states(&queue, &["b"]), [after]);
        }
    }

    #[test]
    fn claims_expire_before_deadlines() {
        let mut queue = graph(&[("a", &[], "all-completed")]);
        let id = derived_slug("a");
        queue
            .claim(&id, 0, ("g", "w"), at("12:30:00"), at("12:10:00"))
            .unwrap();
        queue.expire(at("12:30:00"));
        assert_eq!(states(&queue, &["a"]), ["running"]);
        queue.expire(at("12:30:01"));
        assert_eq!(states(&queue, &["a"]), ["pending"]);
        queue.expire(at("13:00:01"));
        assert_eq!(states(&queue, &["a"]), ["exception"]);
        assert!(queue.pending.values().all(|tasks| tasks.is_empty()));
    }
}
