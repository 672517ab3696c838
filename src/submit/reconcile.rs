//! Finds taskIds that no other task has, and the tasks of a graph that already exist.
//!
//! Input: derived taskIds, and a [`Resolver`] for the graph. Output: the resolved graph, and a
//! [`Reconciled`] plan.
//!
//! 1. The task group must accept tasks of our scheduler, and this run must be the latest run of its
//!    task.
//! 2. The resolver resolves the graph with the taskIds.
//! 3. The plan of the graph is compared with the task group ([`GroupState::compare`]).
//! 4. If other tasks have planned ids, these are excluded. Other definitions contain the ids, so the
//!    graph is resolved again from step 2, until no id is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use super::context::SubmitContext;
use super::group::{Comparison, Expected, GroupState, Kept, ObsoleteTask, TakenId};
use super::own_run::OwnRun;
use super::plan::Plan;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::GroupStatus;

/// How many times the graph is resolved with different taskIds.
const MAX_ROUNDS: usize = 50;

/// Resolves a graph with taskIds.
pub trait Resolver: Send {
    /// The resolved graph.
    type Graph: Send;

    /// Resolves the graph with `ids`.
    ///
    /// `earlier` are the labels of the tasks that an earlier run has created. They must not be
    /// optimized away, whatever the index says now: tasks that depend on them may have started, and
    /// must not be created again for a different task.
    fn resolve(
        &mut self,
        ids: &DerivedIds,
        earlier: &BTreeSet<Label>,
    ) -> impl Future<Output = Outcome<Resolved<Self::Graph>>> + Send;
}

/// A graph whose tasks have taskIds.
#[derive(Debug)]
pub struct Resolved<G> {
    /// The graph.
    pub graph: G,
    /// The tasks that the graph creates.
    pub plan: Plan,
    /// Every task that the graph refers to.
    pub referenced: BTreeSet<TaskId>,
}

/// A plan whose taskIds belong to no other task, and what already exists of it.
#[derive(Debug, Clone)]
pub struct Reconciled {
    pub(super) plan: Plan,
    pub(super) ids: DerivedIds,
    pub(super) scheduler_id: String,
    pub(super) run: Option<OwnRun>,
    /// Whether the task group was listed, so that it can be compared again after the creation.
    pub(super) group_listed: bool,
    pub(super) kept: BTreeMap<TaskId, Kept>,
    pub(super) obsolete: Vec<ObsoleteTask>,
    referenced: BTreeSet<TaskId>,
    taken: Vec<TakenId>,
}

impl Reconciled {
    /// Returns the plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the part of the plan that does not exist yet.
    #[must_use]
    pub fn missing(&self) -> Plan {
        let existing = self.kept.keys().cloned().collect();
        self.plan.clone().without(&existing)
    }

    /// Returns the tasks of an earlier run that this run does not want.
    #[must_use]
    pub fn obsolete(&self) -> &[ObsoleteTask] {
        &self.obsolete
    }

    pub(super) fn expected(&self) -> Expected<'_> {
        Expected {
            plan: &self.plan,
            ids: &self.ids,
            referenced: &self.referenced,
            taken: &self.taken,
        }
    }
}

/// Resolves a graph with taskIds that no other task has, and compares it with its task group.
///
/// # Errors
/// Taskcluster does not answer, the group does not accept the tasks, a later run has replaced this
/// one, a task must not be created again, or the resolver fails.
pub async fn reconcile<R: Resolver>(
    context: SubmitContext<'_>,
    ids: DerivedIds,
    scheduler_id: &str,
    resolver: &mut R,
) -> Outcome<(R::Graph, Reconciled)> {
    let mut reconciler = Reconciler::new(context, ids, scheduler_id).await?;
    loop {
        let Resolved {
            graph,
            plan,
            referenced,
        } = resolver
            .resolve(&reconciler.ids, &reconciler.earlier)
            .await?;
        if let Some(comparison) = reconciler.compare(&plan, &referenced).await? {
            return Ok((graph, reconciler.finish(plan, referenced, comparison)));
        }
    }
}

struct Reconciler<'a> {
    context: SubmitContext<'a>,
    ids: DerivedIds,
    scheduler_id: String,
    run: Option<OwnRun>,
    group: GroupState,
    /// The labels of the tasks that an earlier run has created.
    earlier: BTreeSet<Label>,
    taken: Vec<TakenId>,
    rounds: usize,
}

impl<'a> Reconciler<'a> {
    async fn new(
        context: SubmitContext<'a>,
        ids: DerivedIds,
        scheduler_id: &str,
    ) -> Result<Self, Diagnostic> {
        let taskcluster = context.taskcluster;
        let group_id = ids.decision_task_id().clone();
        match taskcluster.group(&group_id).await {
            Ok(status) => check_group(&group_id, scheduler_id, &status)?,
            // The group does not exist yet or must not be read: creating its tasks will show it.
            Err(error) if error.is_absent() || error.is_forbidden() => {}
            Err(error) => {
                return Err(error.environment(format!("cannot read the task group {group_id}")));
            }
        }
        let run = OwnRun::from_environment(context.environment);
        if let Some(run) = &run {
            run.check_latest(taskcluster).await?;
        }
        let mut group = GroupState::default();
        // A first run finds no tasks of its own. So an action does not list the large group of a push
        // then, and a decision does not need the scope to do so.
        let is_first_run = context.environment.filled("RUN_ID") == Some("0");
        if ids.owns_group() || !is_first_run {
            let listed = group.list(taskcluster, &group_id).await;
            if !is_first_run {
                listed?;
            }
        }
        Ok(Self {
            context,
            earlier: group.earlier_labels(&ids),
            ids,
            scheduler_id: scheduler_id.to_owned(),
            run,
            group,
            taken: Vec::new(),
            rounds: 0,
        })
    }

    /// Compares the plan with the group. Returns `None` if the graph must be resolved again.
    async fn compare(
        &mut self,
        plan: &Plan,
        referenced: &BTreeSet<TaskId>,
    ) -> Outcome<Option<Comparison>> {
        let group_id = self.ids.decision_task_id().clone();
        let planned: Vec<TaskId> = plan.creations().iter().map(|c| c.task_id.clone()).collect();
        let taskcluster = self.context.taskcluster;
        let listed = self.group.check_ids(taskcluster, &group_id, &planned);
        if listed.await? {
            // The new tasks were unknown when the graph was optimized.
            let labels = self.group.earlier_labels(&self.ids);
            if labels != self.earlier {
                self.earlier = labels;
                return Ok(None);
            }
        }
        let expected = Expected {
            plan,
            ids: &self.ids,
            referenced,
            taken: &self.taken,
        };
        let mut comparison = self.group.compare(&expected, self.context.clock.now());
        std::mem::take(&mut comparison.problems).or_ok(())?;
        if comparison.taken.is_empty() {
            return Ok(Some(comparison));
        }
        self.exclude(comparison.taken)?;
        Ok(None)
    }

    /// Excludes ids that other tasks have.
    fn exclude(&mut self, taken: Vec<TakenId>) -> Result<(), Diagnostic> {
        self.rounds += 1;
        if let Some(first) = taken.first().filter(|_| self.rounds > MAX_ROUNDS) {
            return Err(
                Diagnostic::environment("cannot find unused taskIds")
                    .because(first)
                    .help("find out who creates tasks with the taskIds of this decision, and make a new push"),
            );
        }
        self.ids = self
            .ids
            .excluding(taken.iter().map(|id| id.task_id.clone()));
        for id in &taken {
            tracing::warn!("{id}");
        }
        self.taken.extend(taken);
        Ok(())
    }

    fn finish(
        self,
        plan: Plan,
        referenced: BTreeSet<TaskId>,
        comparison: Comparison,
    ) -> Reconciled {
        Reconciled {
            plan,
            ids: self.ids,
            scheduler_id: self.scheduler_id,
            run: self.run,
            group_listed: self.group.is_listed(),
            kept: comparison.kept,
            obsolete: comparison.obsolete,
            referenced,
            taken: self.taken,
        }
    }
}

fn check_group(
    group_id: &TaskId,
    scheduler_id: &str,
    status: &GroupStatus,
) -> Result<(), Diagnostic> {
    if let Some(sealed) = &status.sealed {
        return Err(Diagnostic::environment(format!(
            "the task group {group_id} is sealed, so it accepts no more tasks"
        ))
        .because(format!("it was sealed at {sealed}"))
        .help("nothing was created; make a new push"));
    }
    if status.scheduler_id != scheduler_id {
        return Err(Diagnostic::environment(format!(
            "the task group {group_id} only accepts tasks with the schedulerId `{}`, but these tasks \
             have `{scheduler_id}`",
            status.scheduler_id
        ))
        .help(
            "set the `schedulerId` in .taskcluster.yml to `<trust-domain>-level-<level>`, with the \
             `trust-domain` of config.yml",
        ));
    }
    Ok(())
}
