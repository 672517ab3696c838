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
//! The list of the group and the statuses are two reads of two moments, and tasks may appear between
//! them: calls of a run that was killed are still under way, or another run of the same decision is
//! alive. A status says which group its task is in, so one of the own group that the list does not
//! have means that the list is out of date, and the group is listed again.
//!
//! Invariant: a task is never kept that depends on one that is passed over, since it waits for the
//! wrong task. And a task of the own group is never taken for one of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::compare::{self, Difference};
use super::plan::{Creation, Plan};
use crate::base::diagnostic::{Diagnostic, Diagnostics};
use crate::base::name::{Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::{ApiError, GroupMember, Taskcluster};

/// How old a task may be, in seconds, for its creation to be repeated: the queue takes `created`
/// within 15 minutes.
const REPEATABLE: i64 = 10 * 60;

/// How often the group is listed for a task that its status says is in it, before that is given up.
const LISTED: usize = 3;

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
    /// Whether it has the name of another task: it is not of an earlier run, but of somebody who has
    /// taken an id of this one.
    pub foreign: bool,
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
    /// Lists the tasks of a group, in place of what was listed before.
    ///
    /// # Errors
    /// When they cannot be listed for another reason than that there are none.
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
            // There is none, or locally no id that could be one.
            Err(error) if matches!(error.status, Some(400 | 404)) => BTreeMap::new(),
            Err(error) => return Err(unknown(group, &error)),
        };
        self.listed = true;
        Ok(())
    }

    /// Whether the group has been listed.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.listed
    }

    /// Finds out which of these ids are taken; lists the group again when it has tasks that the list
    /// does not have, and says whether it did.
    ///
    /// # Errors
    /// When the queue cannot be asked, or contradicts itself.
    pub async fn ask(
        &mut self,
        taskcluster: &dyn Taskcluster,
        group: &TaskId,
        ids: &[TaskId],
    ) -> Result<bool, Diagnostic> {
        let new: Vec<TaskId> = ids
            .iter()
            .filter(|id| !self.asked.contains(*id) && !self.members.contains_key(*id))
            .cloned()
            .collect();
        if new.is_empty() {
            return Ok(false);
        }
        let found = taskcluster.statuses(&new).await;
        let found = found.map_err(|error| unknown(group, &error))?;
        self.asked.extend(new);
        if found.is_empty() {
            return Ok(false);
        }
        let (own, elsewhere): (BTreeMap<_, _>, BTreeMap<_, _>) = found
            .into_iter()
            .partition(|(_, status)| status.group.as_ref() == Some(group));
        let mut listed = 0;
        while !self.listed || own.keys().any(|id| !self.members.contains_key(id)) {
            if listed == LISTED {
                return Err(contradicted(group, own.keys(), &self.members));
            }
            self.list(taskcluster, group).await?;
            listed += 1;
        }
        let elsewhere = elsewhere.into_keys();
        self.elsewhere
            .extend(elsewhere.filter(|id| !self.members.contains_key(id)));
        Ok(listed > 0)
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
    #[must_use]
    pub fn review(&self, wanted: &Wanted<'_>, now: Timestamp) -> Review {
        let mut review = Review::default();
        let mut passed: BTreeSet<&TaskId> = BTreeSet::new();
        for creation in wanted.plan.creations() {
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
                            let repeat = member.state == "unscheduled"
                                && is_repeatable(&member.definition, now);
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
                            review.wrong.push(creation.about(begun(
                                &member.task_id,
                                &member.state,
                                &why,
                            )));
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
        let (leftovers, doubled) = self.leftovers(wanted);
        for one in doubled {
            let why = "this run wants the task under another taskId";
            let diagnostic = begun(&one.task_id, &one.state, why);
            review.wrong.push(diagnostic.in_task(one.label.as_str()));
        }
        review.leftovers = leftovers;
        review
    }

    /// Tasks that nobody wants, and those of them that have begun to do the work of one that is wanted.
    #[must_use]
    pub fn leftovers(&self, wanted: &Wanted<'_>) -> (Vec<Leftover>, Vec<Leftover>) {
        let needed = wanted.needed();
        let labels: BTreeSet<&Label> = wanted.plan.creations().iter().map(|c| &c.label).collect();
        let squatted: BTreeMap<&TaskId, &Label> = wanted
            .passed_over
            .iter()
            .map(|one| (&one.task_id, &one.label))
            .collect();
        let unwanted = self.members.values();
        let unwanted =
            unwanted.filter(|member| !needed.contains(&member.task_id) && !is_dead(member));
        let found = unwanted.filter_map(|member| {
            let own = own_label(member, wanted.ids);
            let squatted = || squatted.get(&member.task_id).map(|label| (*label).clone());
            Some(Leftover {
                foreign: own.is_none(),
                label: own.or_else(squatted)?,
                task_id: member.task_id.clone(),
                state: member.state.clone(),
                begun: member.begun,
                dependencies: dependencies(&member.definition),
                project_id: member.definition["projectId"]
                    .as_str()
                    .unwrap_or("none")
                    .to_owned(),
            })
        });
        found.partition(|one| !(one.begun && !one.foreign && labels.contains(&one.label)))
    }

    /// The wanted tasks that the group does not have, or that ended before they began.
    pub fn lost<'w>(&self, wanted: &Wanted<'w>) -> Vec<&'w Creation> {
        let lost = |id: &TaskId| self.members.get(id).is_none_or(is_dead);
        let creations = wanted.plan.creations().iter();
        creations.filter(|one| lost(&one.task_id)).collect()
    }
}

/// What a run wants to stand.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// What it creates.
    pub plan: &'w Plan,
    /// Where its ids come from.
    pub ids: &'w DerivedIds,
    /// Tasks that the graph needs though it does not create them.
    pub referenced: &'w BTreeSet<TaskId>,
    /// Ids that are not used, since other tasks have them.
    pub passed_over: &'w [PassedOver],
}

impl Wanted<'_> {
    /// Every task that is created, named, or waited for.
    fn needed(&self) -> BTreeSet<TaskId> {
        let mut needed = self.referenced.clone();
        for creation in self.plan.creations() {
            needed.insert(creation.task_id.clone());
            needed.extend(dependencies(&creation.definition));
        }
        needed
    }
}

fn unknown(group: &TaskId, error: &ApiError) -> Diagnostic {
    let diagnostic = Diagnostic::environment(format!(
        "cannot list the tasks that are already in the task group {group}"
    ))
    .because(error);
    match error.status {
        Some(403) => diagnostic.help(format!(
            "grant `queue:list-task-group:{group}` and `queue:status:*` to this task, most easily \
             by way of the role `anonymous`: without them a rerun might create tasks twice"
        )),
        _ => diagnostic.help("rerun this task when Taskcluster answers; what stands is kept"),
    }
}

fn contradicted<'i>(
    group: &TaskId,
    mut own: impl Iterator<Item = &'i TaskId>,
    members: &BTreeMap<TaskId, GroupMember>,
) -> Diagnostic {
    let missing = own.find(|id| !members.contains_key(*id));
    let missing = missing.map(TaskId::as_str).unwrap_or_default();
    Diagnostic::environment(format!(
        "the queue lists the task group {group} without the task {missing}, and says of that task \
         that it is in this group"
    ))
    .help("nothing was created; rerun this task")
}

pub(super) fn begun(task_id: &TaskId, state: &str, why: &str) -> Diagnostic {
    Diagnostic::environment(format!(
        "an earlier run created this task with another definition, and it is already {state}"
    ))
    .because(format!("{task_id}: {why}"))
    .help(
        "to create it again would do its work twice, so nothing is created: make a new push, or \
         let what stands go on as it is",
    )
}

/// Whether a task will never run: it was cancelled or its deadline passed before any run of it began.
fn is_dead(member: &GroupMember) -> bool {
    member.state == "exception" && !member.begun
}

/// Whether the queue still takes the call that created a task.
pub(super) fn is_repeatable(definition: &Value, now: Timestamp) -> bool {
    let created = definition.get("created").and_then(Value::as_str);
    let created = created.and_then(Timestamp::parse);
    created.is_some_and(|created| now.seconds_since(created).abs() < REPEATABLE)
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
