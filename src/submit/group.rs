//! The tasks that exist in a task group, compared with a plan.
//!
//! Input: the task group, the statuses of the planned taskIds, and a [`Plan`]. Output: a
//! [`Comparison`].
//!
//! A task is kept if it is in our own group and its definition equals the planned one except for
//! timestamps. Any other task with a planned id makes that id a [`TakenId`], and the label gets its
//! next derived id: another owner may have squatted the id, an earlier run may have planned a
//! different definition, or the task was cancelled before it started and will never run. A task with
//! a different definition that has *started* is an error, because a second task would do its work
//! again.
//!
//! The list of the group and the statuses are two separate reads, and tasks may appear between them:
//! calls of a killed run may arrive late, or another run of the same decision may be alive. A status
//! names the group of its task. If that is our own group and the list does not contain the task, the
//! list is out of date, and the group is listed again.
//!
//! Invariant: a task that depends on a taken id is never kept, because it depends on the wrong task.
//! And a task of our own group is never mistaken for a task of another group.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::compare::{self, Difference};
use super::plan::{Creation, Plan, dependencies};
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::{Label, TaskId};
use crate::base::task_state::TaskState;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::{ApiError, GroupMember, Taskcluster};

/// The maximum age, in seconds, of a task that is created again: the queue accepts a `created` within
/// 15 minutes.
const REPEATABLE: i64 = 10 * 60;

/// How many times the group is listed to find a task whose status names the group.
const MAX_LISTS: usize = 3;

/// What is known about a task group and the planned taskIds.
#[derive(Debug, Clone, Default)]
pub struct GroupState {
    members: BTreeMap<TaskId, GroupMember>,
    /// Planned ids that belong to tasks of other groups.
    elsewhere: BTreeSet<TaskId>,
    /// Planned ids whose status was read.
    checked: BTreeSet<TaskId>,
    listed: bool,
}

/// A task that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its definition, if it is created again: a queue that was interrupted while it created the task
    /// may have left it unscheduled forever, and completes the creation when the call is repeated.
    pub repeat: Option<Value>,
}

/// A planned taskId that belongs to another task.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenId {
    /// The id.
    pub task_id: TaskId,
    /// The label that it was planned for.
    pub label: Label,
    /// The task that has it.
    pub owner: IdOwner,
}

/// The task that has a planned taskId.
#[derive(Debug, Clone, PartialEq)]
pub enum IdOwner {
    /// A task of another group.
    Elsewhere,
    /// A task of this group that was cancelled or expired before it started.
    NeverStarted,
    /// A task of this group with another definition.
    Different(Box<Difference>),
    /// A task of this group that depends on a taken id.
    DependsOn(TaskId),
}

impl fmt::Display for TakenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task_id, label, .. } = self;
        write!(f, "cannot use the taskId {task_id} for `{label}`: ")?;
        match &self.owner {
            IdOwner::Elsewhere => f.write_str("it belongs to a task of another task group"),
            IdOwner::NeverStarted => {
                f.write_str("it belongs to a task that ended before it started")
            }
            IdOwner::Different(difference) => {
                write!(f, "it belongs to a different task: {difference}")
            }
            IdOwner::DependsOn(taken) => write!(f, "it belongs to a task that depends on {taken}"),
        }
    }
}

/// A task of an earlier run that this run does not want.
#[derive(Debug, Clone, PartialEq)]
pub struct ObsoleteTask {
    /// Its id.
    pub task_id: TaskId,
    /// Its label.
    pub label: Label,
    /// Its state.
    pub state: TaskState,
    /// Whether it has started.
    pub has_started: bool,
    /// Its dependencies.
    pub dependencies: BTreeSet<TaskId>,
    /// Its `projectId`, for scopes.
    pub project_id: String,
    /// Whether it has the name of a different task, so another owner created it with an id of this run.
    pub foreign: bool,
}

/// A plan compared with the task group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Existing tasks that are kept.
    pub kept: BTreeMap<TaskId, Kept>,
    /// Ids that belong to other tasks. If there are any, the graph must be resolved without them.
    pub taken: Vec<TakenId>,
    /// Existing tasks that this run does not want.
    pub obsolete: Vec<ObsoleteTask>,
    /// Why nothing must be created.
    pub problems: Diagnostics,
}

/// What exists with a planned taskId.
enum Found {
    /// No task.
    Nothing,
    /// The planned task.
    Same(Kept),
    /// A task that must not be created again, although it differs.
    Started(Diagnostic),
    /// A different task.
    Other(IdOwner),
}

impl GroupState {
    /// Lists the tasks of the group again. A group that does not exist has no tasks.
    ///
    /// # Errors
    /// The group cannot be listed.
    pub async fn list(
        &mut self,
        taskcluster: &dyn Taskcluster,
        group: &TaskId,
    ) -> Result<(), Diagnostic> {
        self.members = match taskcluster.task_group(group).await {
            Ok(members) => {
                let by_id = members.into_iter().map(|one| (one.task_id.clone(), one));
                by_id.collect()
            }
            // The group does not exist, or its id is a local placeholder.
            Err(error) if error.is_absent() => BTreeMap::new(),
            Err(error) => return Err(cannot_list(group, &error)),
        };
        self.listed = true;
        Ok(())
    }

    /// Returns whether the group has been listed.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.listed
    }

    /// Reads the statuses of planned ids, and lists the group again if the list is out of date.
    /// Returns whether it listed the group.
    ///
    /// # Errors
    /// The queue does not answer, or its answers contradict each other.
    pub async fn check_ids(
        &mut self,
        taskcluster: &dyn Taskcluster,
        group: &TaskId,
        ids: &[TaskId],
    ) -> Result<bool, Diagnostic> {
        let new: Vec<TaskId> = ids
            .iter()
            .filter(|id| !self.checked.contains(*id) && !self.members.contains_key(*id))
            .cloned()
            .collect();
        if new.is_empty() {
            return Ok(false);
        }
        let found = taskcluster.statuses(&new).await;
        let found = found.map_err(|error| cannot_list(group, &error))?;
        self.checked.extend(new);
        if found.is_empty() {
            return Ok(false);
        }
        let (own, elsewhere): (BTreeMap<_, _>, BTreeMap<_, _>) = found
            .into_iter()
            .partition(|(_, status)| status.group.as_ref() == Some(group));
        let mut listed = 0;
        while !self.listed || own.keys().any(|id| !self.members.contains_key(id)) {
            if listed == MAX_LISTS {
                return Err(contradiction(group, own.keys(), &self.members));
            }
            self.list(taskcluster, group).await?;
            listed += 1;
        }
        let elsewhere = elsewhere.into_keys();
        self.elsewhere
            .extend(elsewhere.filter(|id| !self.members.contains_key(id)));
        Ok(listed > 0)
    }

    /// Returns the labels of tasks of an earlier run that have run or may still run.
    #[must_use]
    pub fn earlier_labels(&self, ids: &DerivedIds) -> BTreeSet<Label> {
        self.members
            .values()
            .filter(|member| !will_never_run(member))
            .filter_map(|member| own_label(member, ids))
            .collect()
    }

    /// Compares a plan with the group.
    #[must_use]
    pub fn compare(&self, expected: &Expected<'_>, now: Timestamp) -> Comparison {
        let mut comparison = Comparison::default();
        let mut taken: BTreeSet<&TaskId> = BTreeSet::new();
        for creation in expected.plan.creations() {
            match self.find(creation, &taken, now) {
                Found::Nothing => {}
                Found::Same(existing) => {
                    comparison.kept.insert(creation.task_id.clone(), existing);
                }
                Found::Started(problem) => comparison.problems.push(creation.about(problem)),
                Found::Other(owner) => {
                    taken.insert(&creation.task_id);
                    comparison.taken.push(TakenId {
                        task_id: creation.task_id.clone(),
                        label: creation.label.clone(),
                        owner,
                    });
                }
            }
        }
        let (obsolete, doubled) = self.obsolete(expected);
        for one in doubled {
            let why = "this run plans the task with a different taskId";
            let diagnostic = already_started(&one.task_id, one.state, why);
            comparison
                .problems
                .push(diagnostic.in_task(one.label.as_str()));
        }
        comparison.obsolete = obsolete;
        comparison
    }

    /// Finds the task with the id of `creation`; `taken` are the taken ids before it in the plan.
    fn find(&self, creation: &Creation, taken: &BTreeSet<&TaskId>, now: Timestamp) -> Found {
        let Some(member) = self.members.get(&creation.task_id) else {
            return match self.elsewhere.contains(&creation.task_id) {
                true => Found::Other(IdOwner::Elsewhere),
                false => Found::Nothing,
            };
        };
        if will_never_run(member) {
            return Found::Other(IdOwner::NeverStarted);
        }
        let changed = dependencies(&member.definition).find(|id| taken.contains(id));
        let difference = compare::difference(&creation.definition, &member.definition);
        let started = |why: &str| {
            let problem = already_started(&member.task_id, member.state, why);
            Found::Started(problem)
        };
        match (changed, difference) {
            (None, None) => {
                let repeats = member.state == TaskState::Unscheduled
                    && is_repeatable(&member.definition, now);
                Found::Same(Kept {
                    repeat: repeats.then(|| member.definition.clone()),
                })
            }
            (_, Some(difference)) if member.has_started => started(&difference.to_string()),
            (Some(changed), None) if member.has_started => {
                started(&format!("it depends on {changed}"))
            }
            (Some(changed), _) => Found::Other(IdOwner::DependsOn(changed)),
            (None, Some(difference)) => Found::Other(IdOwner::Different(Box::new(difference))),
        }
    }

    /// Returns the tasks that this run does not want: first those to cancel or to leave alone, then
    /// those that have started the work of a wanted task.
    #[must_use]
    pub fn obsolete(&self, expected: &Expected<'_>) -> (Vec<ObsoleteTask>, Vec<ObsoleteTask>) {
        let needed = expected.needed();
        let labels: BTreeSet<&Label> = expected.plan.creations().iter().map(|c| &c.label).collect();
        let squatted: BTreeMap<&TaskId, &Label> = expected
            .taken
            .iter()
            .map(|one| (&one.task_id, &one.label))
            .collect();
        let unwanted = self.members.values();
        let unwanted =
            unwanted.filter(|member| !needed.contains(&member.task_id) && !will_never_run(member));
        let found = unwanted.filter_map(|member| {
            let own = own_label(member, expected.ids);
            let squatted = || squatted.get(&member.task_id).map(|label| (*label).clone());
            Some(ObsoleteTask {
                foreign: own.is_none(),
                label: own.or_else(squatted)?,
                task_id: member.task_id.clone(),
                state: member.state,
                has_started: member.has_started,
                dependencies: dependencies(&member.definition).collect(),
                project_id: member.definition["projectId"]
                    .as_str()
                    .unwrap_or("none")
                    .to_owned(),
            })
        });
        found.partition(|one| !(one.has_started && !one.foreign && labels.contains(&one.label)))
    }

    /// Returns the planned tasks that the group does not contain, or that ended before they started.
    pub fn lost<'w>(&self, expected: &Expected<'w>) -> Vec<&'w Creation> {
        let lost = |id: &TaskId| self.members.get(id).is_none_or(will_never_run);
        let creations = expected.plan.creations().iter();
        creations.filter(|one| lost(&one.task_id)).collect()
    }
}

/// The tasks that a run expects in its task group.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'w> {
    /// The tasks that the run creates.
    pub plan: &'w Plan,
    /// Their taskIds.
    pub ids: &'w DerivedIds,
    /// Tasks that the graph refers to.
    pub referenced: &'w BTreeSet<TaskId>,
    /// Planned ids that belong to other tasks.
    pub taken: &'w [TakenId],
}

impl Expected<'_> {
    /// Returns every task that is created, referred to, or depended on.
    fn needed(&self) -> BTreeSet<TaskId> {
        let mut needed = self.referenced.clone();
        for creation in self.plan.creations() {
            needed.insert(creation.task_id.clone());
            needed.extend(dependencies(&creation.definition));
        }
        needed
    }
}

fn cannot_list(group: &TaskId, error: &ApiError) -> Diagnostic {
    let diagnostic = error.environment(format!(
        "cannot list the tasks that are already in the task group {group}"
    ));
    match error.status {
        Some(401) => diagnostic,
        Some(403) => diagnostic.help(format!(
            "grant `queue:list-task-group:{group}` and `queue:status:*` to this task, e.g. with the \
             role `anonymous`; without these scopes, a rerun might create tasks twice"
        )),
        _ => diagnostic.help("rerun this task when Taskcluster is available again; existing tasks are kept"),
    }
}

fn contradiction<'i>(
    group: &TaskId,
    mut own: impl Iterator<Item = &'i TaskId>,
    members: &BTreeMap<TaskId, GroupMember>,
) -> Diagnostic {
    let missing = own.find(|id| !members.contains_key(*id));
    let missing = missing.map(TaskId::as_str).unwrap_or_default();
    Diagnostic::environment(format!(
        "inconsistent responses from the queue: the task {missing} belongs to the task group \
         {group}, but the list of the group does not contain it"
    ))
    .help("nothing was created; rerun this task")
}

/// Builds the diagnostic about a task that started with a different definition or taskId.
pub(super) fn already_started(task_id: &TaskId, state: TaskState, why: &str) -> Diagnostic {
    Diagnostic::environment(format!(
        "an earlier run created this task with another definition, and it is already {state}"
    ))
    .because(format!("{task_id}: {why}"))
    .help(
        "make a new push, or let the existing tasks continue: creating the task again would do its \
         work twice",
    )
}

/// Returns whether a task will never run: it was cancelled or its deadline passed before it started.
fn will_never_run(member: &GroupMember) -> bool {
    member.state == TaskState::Exception && !member.has_started
}

/// Returns whether the queue still accepts the call that created a task.
pub(super) fn is_repeatable(definition: &Value, now: Timestamp) -> bool {
    let created = definition.get("created").and_then(Value::as_str);
    let created = created.and_then(Timestamp::parse);
    created.is_some_and(|created| now.seconds_since(created).abs() < REPEATABLE)
}

/// Returns the label of a task that the decision or action of `ids` created; `None` for other tasks.
fn own_label(member: &GroupMember, ids: &DerivedIds) -> Option<Label> {
    let definition = &member.definition;
    let names = [
        definition.get("metadata").and_then(|data| data.get("name")),
        definition.get("tags").and_then(|tags| tags.get("label")),
    ];
    let labels = names.into_iter().flatten().filter_map(Value::as_str);
    let mut labels = labels.filter_map(|name| Label::parse(name).ok());
    labels.find(|label| ids.is_derived(label, &member.task_id))
}
