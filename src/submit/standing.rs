//! What stands already of what is to be created, and what of it is kept.
//!
//! Input: the task group, the statuses of the taskIds that are wanted, and a [`Plan`]. Output: a
//! [`Review`].
//!
//! A task is kept when it is in our own group and its definition is equal to the wanted one but for
//! the moment. Every other task with an id that is wanted is passed over, and the label gets the
//! next id of its row: somebody may have squatted the id, an earlier run may have planned otherwise,
//! or the task was cancelled before it began and so will never run. A task that was planned otherwise
//! and has *begun* is a mistake: to create it anew would be to do its work twice.
//!
//! Invariant: a task is never kept that depends on one that is passed over, since it waits for the
//! wrong task.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::compare::{self, Difference};
use super::plan::Plan;
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::{Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::{ApiError, GroupMember, Taskcluster};

/// How old a task may be, in seconds, for its creation to be repeated: the queue takes `created`
/// within 15 minutes.
const REPEATABLE: i64 = 10 * 60;

/// What is known of a task group and of ids in it.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    members: BTreeMap<TaskId, GroupMember>,
    /// Tasks of other groups that have an id that is wanted here.
    elsewhere: BTreeSet<TaskId>,
    asked: BTreeSet<TaskId>,
    listed: bool,
}

/// A task that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its definition, when its creation is repeated: a queue that was interrupted while it created a
    /// task may have left it unscheduled for good, and finishes that when the same call comes again.
    pub repeat: Option<Value>,
}

/// An id that is not used, since another task has it.
#[derive(Debug, Clone, PartialEq)]
pub struct PassedOver {
    /// The id.
    pub task_id: TaskId,
    /// The label that would have had it.
    pub label: Label,
    /// What has it.
    pub holder: Holder,
}

/// What has an id that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Holder {
    /// A task of another group.
    Elsewhere,
    /// A task of this group that was cancelled or expired before it began.
    Dead,
    /// A task of this group with another definition.
    Different(Box<Difference>),
    /// A task of this group that waits for a task whose id is passed over.
    Waiting(TaskId),
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task_id, label, .. } = self;
        write!(f, "the taskId {task_id} is not used for `{label}`: ")?;
        match &self.holder {
            Holder::Elsewhere => f.write_str("a task of another task group has it"),
            Holder::Dead => f.write_str("the task that has it ended before it began"),
            Holder::Different(difference) => write!(f, "in the task that has it, {difference}"),
            Holder::Waiting(on) => write!(f, "the task that has it waits for {on}"),
        }
    }
}

/// A task of an earlier run that this one does not want.
#[derive(Debug, Clone, PartialEq)]
pub struct Leftover {
    /// Its id.
    pub task_id: TaskId,
    /// Its label.
    pub label: Label,
    /// Its state.
    pub state: String,
    /// Whether it has begun.
    pub begun: bool,
    /// What it waits for.
    pub dependencies: BTreeSet<TaskId>,
    /// Its project, which scopes may name.
    pub project_id: String,
}

/// What becomes of what stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Review {
    /// Tasks that are kept.
    pub kept: BTreeMap<TaskId, Kept>,
    /// Ids that are not used; unless there is none, the plan has to be made anew without them.
    pub passed_over: Vec<PassedOver>,
    /// Tasks that this run does not want.
    pub leftovers: Vec<Leftover>,
    /// Why nothing may be created.
    pub wrong: Diagnostics,
}

impl Standing {
    /// Lists the tasks of a group, once.
    ///
    /// # Errors
    /// When they cannot be listed for another reason than that there are none.
    pub async fn list(
        &mut self,
        taskcluster: &dyn Taskcluster,
        group: &TaskId,
    ) -> Result<(), Diagnostic> {
        if self.listed {
            return Ok(());
        }
        match taskcluster.task_group(group).await {
            Ok(members) => {
                let by_id = members.into_iter().map(|one| (one.task_id.clone(), one));
                self.members.extend(by_id);
            }
            // There is none, or at a desk no id that could be one.
            Err(error) if matches!(error.status, Some(400 | 404)) => {}
            Err(error) => return Err(unknown(group, &error)),
        }
        self.listed = true;
        Ok(())
    }

    /// Finds out which of these ids are taken.
    ///
    /// # Errors
    /// When the queue cannot be asked.
    pub async fn ask(
        &mut self,
        taskcluster: &dyn Taskcluster,
        group: &TaskId,
        ids: &[TaskId],
    ) -> Result<(), Diagnostic> {
        let new: Vec<TaskId> = ids
            .iter()
            .filter(|id| !self.asked.contains(*id) && !self.members.contains_key(*id))
            .cloned()
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let found = taskcluster.statuses(&new).await;
        let found = found.map_err(|error| unknown(group, &error))?;
        self.asked.extend(new);
        if !found.is_empty() {
            self.list(taskcluster, group).await?;
        }
        let elsewhere = found.into_keys();
        self.elsewhere
            .extend(elsewhere.filter(|id| !self.members.contains_key(id)));
        Ok(())
    }

    /// The labels of the tasks that an earlier run has created and that may yet run or have run.
    #[must_use]
    pub fn labels(&self, ids: &DerivedIds) -> BTreeSet<Label> {
        self.members
            .values()
            .filter(|member| !is_dead(member))
            .filter_map(|member| own_label(member, ids))
            .collect()
    }

    /// Says what becomes of what stands.
    ///
    /// `referenced` are tasks that the graph needs though it does not create them.
    #[must_use]
    pub fn review(
        &self,
        plan: &Plan,
        ids: &DerivedIds,
        referenced: &BTreeSet<TaskId>,
        now: Timestamp,
    ) -> Review {
        let mut review = Review::default();
        let mut passed: BTreeSet<&TaskId> = BTreeSet::new();
        let mut wanted: BTreeSet<TaskId> = referenced.clone();
        for creation in plan.creations() {
            wanted.insert(creation.task_id.clone());
            wanted.extend(dependencies(&creation.definition));
            let holder = match self.members.get(&creation.task_id) {
                None if self.elsewhere.contains(&creation.task_id) => Holder::Elsewhere,
                None => continue,
                Some(member) => {
                    let before = dependencies(&member.definition);
                    let changed = before.into_iter().find(|id| passed.contains(id));
                    let difference = compare::difference(&creation.definition, &member.definition);
                    match (changed, difference) {
                        _ if is_dead(member) => Holder::Dead,
                        (None, None) => {
                            let repeat = may_be_half_done(member, now);
                            let repeat = repeat.then(|| member.definition.clone());
                            let kept = Kept { repeat };
                            review.kept.insert(creation.task_id.clone(), kept);
                            continue;
                        }
                        (changed, difference) if member.begun => {
                            let why = match (changed, difference) {
                                (_, Some(difference)) => difference.to_string(),
                                (changed, None) => format!(
                                    "it waited for {}",
                                    changed.map(|id| id.to_string()).unwrap_or_default()
                                ),
                            };
                            review.wrong.push(creation.about(begun(member, &why)));
                            continue;
                        }
                        (Some(changed), _) => Holder::Waiting(changed),
                        (None, Some(difference)) => Holder::Different(Box::new(difference)),
                    }
                }
            };
            passed.insert(&creation.task_id);
            review.passed_over.push(PassedOver {
                task_id: creation.task_id.clone(),
                label: creation.label.clone(),
                holder,
            });
        }
        review.leftovers = self.leftovers(ids, &wanted);
        review
    }

    fn leftovers(&self, ids: &DerivedIds, wanted: &BTreeSet<TaskId>) -> Vec<Leftover> {
        self.members
            .values()
            .filter(|member| !wanted.contains(&member.task_id) && !is_dead(member))
            .filter_map(|member| {
                Some(Leftover {
                    task_id: member.task_id.clone(),
                    label: own_label(member, ids)?,
                    state: member.state.clone(),
                    begun: member.begun,
                    dependencies: dependencies(&member.definition),
                    project_id: member.definition["projectId"]
                        .as_str()
                        .unwrap_or("none")
                        .to_owned(),
                })
            })
            .collect()
    }
}

fn unknown(group: &TaskId, error: &ApiError) -> Diagnostic {
    let diagnostic = Diagnostic::environment(format!(
        "it cannot be told what stands already in the task group {group}"
    ))
    .because(error);
    match error.status {
        Some(403) => diagnostic.help(format!(
            "grant `queue:list-task-group:{group}` and `queue:status:*` to this task, most easily \
             by way of the role `anonymous`: without them a rerun might create tasks twice"
        )),
        _ => diagnostic.help("nothing was created; rerun this task when Taskcluster is well"),
    }
}

fn begun(member: &GroupMember, why: &str) -> Diagnostic {
    Diagnostic::environment(format!(
        "an earlier run created this task otherwise, and it is {} by now",
        member.state
    ))
    .because(format!("{}: {why}", member.task_id))
    .help(
        "to create it again would do its work twice, so nothing is created: make a new push, or \
         let what stands go on as it is",
    )
}

/// Whether a task will never run: it was cancelled or its deadline passed before any run of it began.
fn is_dead(member: &GroupMember) -> bool {
    member.state == "exception" && !member.begun
}

fn may_be_half_done(member: &GroupMember, now: Timestamp) -> bool {
    let created = member.definition.get("created").and_then(Value::as_str);
    let created = created.and_then(Timestamp::parse);
    member.state == "unscheduled"
        && created.is_some_and(|created| now.seconds_since(created).abs() < REPEATABLE)
}

/// The label of a task that the decision or action of `ids` has made; `None` for all others.
fn own_label(member: &GroupMember, ids: &DerivedIds) -> Option<Label> {
    let definition = &member.definition;
    let names = [
        definition.get("metadata").and_then(|data| data.get("name")),
        definition.get("tags").and_then(|tags| tags.get("label")),
    ];
    let labels = names.into_iter().flatten().filter_map(Value::as_str);
    let mut labels = labels.filter_map(|name| Label::parse(name).ok());
    labels.find(|label| ids.is_of(label, &member.task_id))
}

fn dependencies(definition: &Value) -> BTreeSet<TaskId> {
    let list = definition.get("dependencies").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|id| TaskId::parse(id.as_str()?).ok())
        .collect()
}
