//! Tasks and task groups: creation, dependencies, scheduling, cancellation, priorities.
//!
//! Each call that changes a task ends in [`Queue::update_tables`], which updates the lookup tables
//! (pending, running, deadlines, claims), marks the task to be stored, and records an event.
//! Dependents learn of a resolution at once; they can become pending by it but not resolved, so
//! nothing recurses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::definition::Definition;
use super::left::{LeftTasks, TaskFilter};
use super::task::{MAX_RUNS, Run, Task};
use super::worker::Worker;
use crate::base::task_state::TaskState;
use crate::sandbox::error::ServiceError;
use crate::sandbox::patterns::PRIORITIES;
use crate::sandbox::time::{self, Moment};

/// A change of a task's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskEvent {
    /// The task id.
    pub task_id: String,
    /// The task's label.
    pub label: String,
    /// The latest run, if there is one.
    pub run_id: Option<usize>,
    /// The new state.
    pub state: TaskState,
}

/// A task group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) scheduler: String,
    pub(crate) expires: Moment,
    pub(crate) sealed: Option<Moment>,
    pub(crate) tasks: BTreeSet<String>,
}

impl Group {
    /// Returns the group as JSON for responses.
    pub(crate) fn json(&self, id: &str) -> Value {
        let mut out = json!({
            "taskGroupId": id,
            "schedulerId": self.scheduler,
            "expires": time::format(self.expires),
        });
        if let (Some(sealed), Some(fields)) = (self.sealed, out.as_object_mut()) {
            fields.insert("sealed".to_owned(), Value::String(time::format(sealed)));
        }
        out
    }
}

/// The tasks, the groups, and their lookup tables.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) dependents: BTreeMap<String, BTreeSet<String>>,
    /// Pending tasks by task queue, with the rank of their priority and the order of arrival.
    pub(crate) pending: BTreeMap<String, BTreeSet<(usize, u64, String)>>,
    pub(crate) running: BTreeMap<String, BTreeSet<String>>,
    /// When a worker last used each task queue.
    pub(crate) active: BTreeMap<String, Moment>,
    /// The workers by task queue, worker group and worker id.
    pub(crate) workers: BTreeMap<(String, String, String), Worker>,
    pub(crate) deadlines: BTreeSet<(Moment, String)>,
    pub(crate) claims: BTreeSet<(Moment, String, usize)>,
    arrivals: u64,
    /// The tasks that simulated workers leave to the caller.
    left: LeftTasks,
    /// Tasks whose creation was interrupted: their dependencies are ignored.
    partially_created: BTreeSet<String>,
    /// Tasks and groups that have changed since they were last stored.
    pub(crate) changed_tasks: BTreeSet<String>,
    pub(crate) changed_groups: BTreeSet<String>,
    /// Events that have not been reported yet.
    pub(crate) events: Vec<TaskEvent>,
    /// Completed tasks that are not in the index yet.
    pub(crate) newly_completed: Vec<String>,
}

impl Queue {
    /// Returns a task, or an error with the given message, in which `{id}` is replaced.
    pub(crate) fn find(&self, id: &str, missing: &str) -> Result<&Task, ServiceError> {
        self.tasks
            .get(id)
            .ok_or_else(|| ServiceError::not_found(missing.replace("{id}", id)))
    }

    /// Returns a task group.
    pub(crate) fn group(&self, id: &str) -> Result<&Group, ServiceError> {
        self.groups.get(id).ok_or_else(|| {
            ServiceError::not_found(format!("No task-group with taskGroupId: `{id}`"))
        })
    }

    /// Creates a task; an equal task that exists is returned instead.
    pub(crate) fn create(
        &mut self,
        id: &str,
        definition: Definition,
        now: Moment,
    ) -> Result<Value, ServiceError> {
        let group = definition.text("taskGroupId").to_owned();
        self.join_group(&group, definition.text("schedulerId"), definition.expires)?;
        if let Some(existing) = self.tasks.get(id) {
            if existing.definition == definition {
                if self.partially_created.remove(id) {
                    return self.finish_creation(id, now);
                }
                return Ok(existing.status());
            }
            return Err(ServiceError::conflict(format!(
                "taskId `{id}` already used by another task.\nThis could be the result of faulty \
                 idempotency!"
            )));
        }
        let mut task = Task::new(id, definition);
        self.check_dependencies(&mut task)?;
        self.add(task);
        if self
            .tasks
            .get(id)
            .is_some_and(|task| task.waiting.is_empty())
        {
            self.schedule(id, now);
        } else {
            self.update_tables(id);
        }
        Ok(self.tasks.get(id).map(Task::status).unwrap_or_default())
    }

    /// Undoes the last step of a task's creation.
    pub(crate) fn interrupt_creation(&mut self, id: &str) {
        let unscheduled = |task: &&Task| task.runs.is_empty();
        let Some(task) = self.tasks.get(id).filter(unscheduled) else {
            return;
        };
        for dependency in task.definition.texts("dependencies") {
            if let Some(dependents) = self.dependents.get_mut(dependency) {
                dependents.remove(id);
            }
        }
        self.partially_created.insert(id.to_owned());
    }

    /// Completes an interrupted creation.
    fn finish_creation(&mut self, id: &str, now: Moment) -> Result<Value, ServiceError> {
        let Some(mut task) = self.tasks.remove(id) else {
            return Ok(Value::Null);
        };
        let checked = self.check_dependencies(&mut task);
        let ready = task.waiting.is_empty();
        self.add(task);
        checked?;
        if ready {
            self.schedule(id, now);
        }
        Ok(self.tasks.get(id).map(Task::status).unwrap_or_default())
    }

    fn join_group(
        &mut self,
        id: &str,
        scheduler: &str,
        expires: Moment,
    ) -> Result<(), ServiceError> {
        const HOUR: i64 = 60 * 60;
        let group = self.groups.entry(id.to_owned()).or_insert_with(|| {
            self.changed_groups.insert(id.to_owned());
            Group {
                scheduler: scheduler.to_owned(),
                expires: time::plus_seconds(expires, HOUR),
                sealed: None,
                tasks: BTreeSet::new(),
            }
        });
        if group.scheduler != scheduler {
            return Err(ServiceError::conflict(format!(
                "Task group `{id}` contains tasks with a schedulerId other\nthan `{scheduler}`. All \
                 tasks in the same task-group must have\nthe same schedulerId."
            )));
        }
        if expires > group.expires {
            group.expires = time::plus_seconds(expires, HOUR);
            self.changed_groups.insert(id.to_owned());
        }
        match group.sealed {
            None => Ok(()),
            Some(_) => Err(ServiceError::conflict(format!(
                "Task group `{id}` is sealed and does not accept new tasks."
            ))),
        }
    }

    fn check_dependencies(&self, task: &mut Task) -> Result<(), ServiceError> {
        let mut missing = Vec::new();
        let mut expiring = Vec::new();
        let mut satisfied = Vec::new();
        let any_resolution = task.definition.accepts_any_resolution();
        for id in task.definition.texts("dependencies") {
            match self.tasks.get(id) {
                None if id == task.id => {}
                None => missing.push(id),
                Some(other) if other.definition.expires < task.definition.deadline => {
                    expiring.push(id);
                }
                Some(other) => {
                    let state = other.state();
                    if state == TaskState::Completed || (any_resolution && state.is_resolved()) {
                        satisfied.push(id.to_owned());
                    }
                }
            }
        }
        let mut message = String::new();
        if !missing.is_empty() {
            message.push_str("`task.dependencies` references non-existing tasks: \n");
            message.extend(missing.iter().map(|id| format!(" * {id}\n")));
            message.push_str("All taskIds in `task.dependencies` **must** exist\n");
            message.push_str("before the task is created.\n");
        } else if !expiring.is_empty() {
            message.push_str("`task.dependencies` references tasks that expires\n");
            message.push_str("before `task.deadline` this is not allowed, see tasks: \n");
            message.extend(expiring.iter().map(|id| format!(" * {id},\n")));
            message.push_str("All taskIds in `task.dependencies` **must** have\n");
            message.push_str("`task.expires` greater than the `deadline` for this task.\n");
        }
        if !message.is_empty() {
            return Err(ServiceError::input(message));
        }
        for id in satisfied {
            task.waiting.remove(&id);
        }
        Ok(())
    }

    /// Adds a task to the tables that do not depend on its state.
    pub(crate) fn add(&mut self, task: Task) {
        for dependency in task.definition.texts("dependencies") {
            self.dependents
                .entry(dependency.to_owned())
                .or_default()
                .insert(task.id.clone());
        }
        if let Some(group) = self.groups.get_mut(task.definition.text("taskGroupId")) {
            group.tasks.insert(task.id.clone());
        }
        self.left.add(&task);
        self.tasks.insert(task.id.clone(), task);
    }

    /// Leaves tasks to the caller: those that there are, and those to come.
    pub(crate) fn leave_to_caller(&mut self, filter: TaskFilter) {
        self.left = LeftTasks::new(filter);
        self.tasks.values().for_each(|task| self.left.add(task));
    }

    /// Whether simulated workers leave a task to the caller.
    pub(crate) fn is_left(&self, id: &str) -> bool {
        self.left.contains(id)
    }

    /// The oldest pending task that is left to the caller.
    pub(crate) fn next_left(&self) -> Option<&Task> {
        let left = self.left.ids().filter_map(|id| self.tasks.get(id));
        left.filter(|task| task.state() == TaskState::Pending)
            .min_by_key(|task| (task.definition.created, &task.id))
    }

    /// Updates the lookup tables after a task has changed.
    pub(crate) fn update_tables(&mut self, id: &str) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        let queue = task.definition.text("taskQueueId").to_owned();
        let state = task.state();
        if let Some((rank, arrival)) = task.pending_position.take()
            && let Some(pending) = self.pending.get_mut(&queue)
        {
            pending.remove(&(rank, arrival, id.to_owned()));
            if state == TaskState::Pending {
                task.pending_position = Some((task.definition.rank(), arrival));
            }
        }
        if state == TaskState::Pending {
            let position = *task.pending_position.get_or_insert_with(|| {
                self.arrivals += 1;
                (task.definition.rank(), self.arrivals)
            });
            self.pending.entry(queue.clone()).or_default().insert((
                position.0,
                position.1,
                id.to_owned(),
            ));
        }
        let running = self.running.entry(queue.clone()).or_default();
        if state == TaskState::Running {
            running.insert(id.to_owned());
            if let Some(until) = task.runs.last().and_then(|run| run.taken_until) {
                self.claims
                    .insert((until, id.to_owned(), task.runs.len() - 1));
            }
        } else {
            running.remove(id);
        }
        let deadline = (task.definition.deadline, id.to_owned());
        if state.is_resolved() {
            self.deadlines.remove(&deadline);
        } else {
            self.deadlines.insert(deadline);
        }
        self.changed_tasks.insert(id.to_owned());
        self.events.push(TaskEvent {
            task_id: id.to_owned(),
            label: task.definition.label().to_owned(),
            run_id: task.runs.len().checked_sub(1),
            state,
        });
    }

    /// Makes an unscheduled task pending and returns `true`, or `false` if its deadline has passed.
    pub(crate) fn schedule(&mut self, id: &str, now: Moment) -> bool {
        let Some(task) = self.tasks.get_mut(id) else {
            return false;
        };
        if task.definition.deadline < now {
            return false;
        }
        if task.runs.is_empty() {
            task.runs.push(Run::pending("scheduled", now));
            self.update_tables(id);
        }
        true
    }

    /// Tells the dependents of a task that it is resolved.
    pub(crate) fn notify_dependents(&mut self, id: &str, now: Moment) {
        let Some(task) = self.tasks.get_mut(id) else {
            return;
        };
        let completed = task.state() == TaskState::Completed;
        if completed {
            self.newly_completed.push(id.to_owned());
        }
        let dependents: Vec<String> = self
            .dependents
            .get(id)
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        for dependent in dependents {
            let Some(other) = self.tasks.get_mut(&dependent) else {
                continue;
            };
            if !completed && !other.definition.accepts_any_resolution() {
                continue;
            }
            if other.waiting.remove(id) && other.waiting.is_empty() && other.runs.is_empty() {
                self.schedule(&dependent, now);
            }
        }
    }

    /// Adds a run to a resolved task.
    pub(crate) fn rerun(&mut self, id: &str, now: Moment) -> Result<Value, ServiceError> {
        let Some(task) = self.tasks.get_mut(id) else {
            return Ok(Value::Null);
        };
        check_deadline(task, now, "rescheduled past its deadline of")?;
        if matches!(task.state(), TaskState::Pending | TaskState::Running) {
            return Ok(task.status());
        }
        if task.runs.len() >= MAX_RUNS {
            return Err(ServiceError::conflict(format!(
                "Maximum number of runs reached ({MAX_RUNS})."
            )));
        }
        let room = (MAX_RUNS - 1).saturating_sub(task.runs.len()) as u64;
        task.retries_left = task.definition.retries().min(room);
        task.runs.push(Run::pending("rerun", now));
        let status = task.status();
        self.update_tables(id);
        Ok(status)
    }

    /// Cancels a task unless it is resolved, and returns whether it did.
    pub(crate) fn cancel(&mut self, id: &str, reason: &str, now: Moment) -> bool {
        let Some(task) = self.tasks.get_mut(id) else {
            return false;
        };
        if task.state().is_resolved() {
            return false;
        }
        if task.runs.is_empty() {
            task.runs.push(Run::pending("exception", now));
        }
        if let Some(run) = task.runs.last_mut() {
            run.state = TaskState::Exception;
            run.reason_resolved = Some(reason.to_owned());
            run.resolved = Some(now);
        }
        self.update_tables(id);
        self.notify_dependents(id, now);
        true
    }

    /// Cancels the unresolved tasks of a sealed group.
    pub(crate) fn cancel_group(&mut self, id: &str, now: Moment) -> Result<Value, ServiceError> {
        let members: Vec<String> = self.group(id)?.tasks.iter().cloned().collect();
        let mut canceled = Vec::new();
        for member in &members {
            let open = self
                .tasks
                .get(member)
                .is_some_and(|task| task.definition.deadline > now);
            if open && self.cancel(member, "canceled", now) {
                canceled.push(member.clone());
            }
        }
        Ok(json!({
            "taskGroupId": id,
            "taskGroupSize": members.len(),
            "cancelledCount": canceled.len(),
            "taskIds": canceled,
        }))
    }

    /// Seals a group; a sealed group keeps its first time.
    pub(crate) fn seal(&mut self, id: &str, now: Moment) -> Result<Value, ServiceError> {
        if let Some(group) = self.groups.get_mut(id)
            && group.sealed.is_none()
        {
            group.sealed = Some(now);
            self.changed_groups.insert(id.to_owned());
        }
        Ok(self.group(id)?.json(id))
    }

    /// Changes the priority of an unresolved task, and returns whether it changed.
    pub(crate) fn change_priority(&mut self, id: &str, priority: &str, now: Moment) -> bool {
        let Some(task) = self.tasks.get_mut(id) else {
            return false;
        };
        if task.state().is_resolved()
            || task.definition.deadline <= now
            || task.definition.text("priority") == priority
            || !PRIORITIES.contains(&priority)
        {
            return false;
        }
        if let Some(fields) = task.definition.json.as_object_mut() {
            fields.insert("priority".to_owned(), Value::String(priority.to_owned()));
        }
        self.update_tables(id);
        true
    }
}

/// Returns an error if the deadline of a task has passed.
pub(crate) fn check_deadline(task: &Task, now: Moment, what: &str) -> Result<(), ServiceError> {
    if task.definition.deadline >= now {
        return Ok(());
    }
    Err(ServiceError::conflict(format!(
        "Task `{}` can't be {what} {}.",
        task.id,
        time::format(task.definition.deadline)
    )))
}
