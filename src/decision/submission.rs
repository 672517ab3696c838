//! Creates each task exactly once, however often a decision or action is run.
//!
//! 1. [`Settling`] looks at what stands in the task group, and finds ids for all tasks: an id that
//!    another task has is passed over, and since other definitions name it, the graph is resolved
//!    once more; so until nothing changes.
//! 2. [`submit`] creates what does not stand, lists the group once more and cancels in it what this
//!    run does not want ([`confirm`]), and writes down in an artifact what came of it.
//! 3. When an id turns out to be taken only while tasks are created, all is decided anew ([`Again`]):
//!    what was created meanwhile stands, and is kept.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Events, artifact};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Standing as Counted};
use crate::base::name::{Label, TaskId};
use crate::optimize::{Action, OptimizedTaskGraph};
use crate::ports::artifacts::Artifacts;
use crate::ports::ids::DerivedIds;
use crate::ports::taskcluster::ApiError;
use crate::submit::execute::{Created, Ports, SubmitReport, execute_over};
use crate::submit::leftovers::{self, Cleared};
use crate::submit::plan::Plan;
use crate::submit::standing::{Leftover, PassedOver, Review, Standing, Wanted};
use crate::submit::summary::submission_summary;
use crate::submit::{OwnRun, Pace, Sleeper, TokioSleeper, confirm};
use crate::target::TargetTaskGraph;

/// The artifact that says what came of a submission.
pub const ARTIFACT: &str = "submission.json";

/// How often ids are looked for, and how often all is decided anew, before it is given up.
const ROUNDS: usize = 50;

/// Looks for ids that no other task has.
pub struct Settling<'a> {
    context: Context<'a>,
    ids: DerivedIds,
    scheduler: String,
    run: Option<OwnRun>,
    standing: Standing,
    /// The labels that an earlier run has created.
    earlier: BTreeSet<Label>,
    referenced: BTreeSet<TaskId>,
    review: Review,
    passed_over: Vec<PassedOver>,
    rounds: usize,
}

/// The ids of a graph, and what stands of it.
#[derive(Debug, Clone)]
pub struct Settled {
    ids: DerivedIds,
    scheduler: String,
    run: Option<OwnRun>,
    /// Whether the task group has been listed, so that it can be compared afterwards.
    listed: bool,
    referenced: BTreeSet<TaskId>,
    review: Review,
    passed_over: Vec<PassedOver>,
}

impl Settled {
    /// The ids.
    #[must_use]
    pub fn ids(&self) -> &DerivedIds {
        &self.ids
    }

    /// What of the plan does not stand yet.
    #[must_use]
    pub fn missing(&self, plan: &Plan) -> Plan {
        let standing = self.review.kept.keys().cloned().collect();
        plan.clone().without(&standing)
    }

    /// What an earlier run has created and this one does not want.
    #[must_use]
    pub fn leftovers(&self) -> &[Leftover] {
        &self.review.leftovers
    }
}

impl<'a> Settling<'a> {
    /// Looks at the task group in which `ids` are.
    ///
    /// # Errors
    /// When there is no Taskcluster, it cannot be asked, the group takes no tasks of `scheduler`, or a
    /// later run has taken the place of this one.
    pub async fn open(
        context: Context<'a>,
        ids: DerivedIds,
        scheduler: &str,
    ) -> Result<Self, Diagnostic> {
        let taskcluster = context.taskcluster()?;
        let group = ids.decision_task_id().clone();
        match taskcluster.group(&group).await {
            Ok(status) => refuse(&group, scheduler, &status)?,
            // There is none yet, or it may not be looked at; then its tasks tell.
            Err(error) if matches!(error.status, Some(400 | 403 | 404)) => {}
            Err(error) => return Err(unasked(&group, &error)),
        }
        let run = OwnRun::of(context.environment);
        if let Some(run) = &run {
            run.check(taskcluster).await?;
        }
        let mut standing = Standing::default();
        // The first run finds nothing of its own: an action does not look through the large group of a
        // push, and a decision need not be allowed to.
        let first = context.environment.filled("RUN_ID") == Some("0");
        if ids.owns_group() || !first {
            let listed = standing.list(taskcluster, &group).await;
            if !first {
                listed?;
            }
        }
        let earlier = standing.labels(&ids);
        Ok(Self {
            context,
            earlier,
            ids,
            scheduler: scheduler.to_owned(),
            run,
            standing,
            referenced: BTreeSet::new(),
            review: Review::default(),
            passed_over: Vec::new(),
            rounds: 0,
        })
    }

    /// The ids as far as they are known.
    #[must_use]
    pub fn ids(&self) -> &DerivedIds {
        &self.ids
    }

    /// Has the tasks kept that an earlier run has decided to create, whatever the index says by now:
    /// what depends on them may have begun, and must not be created once more for another task.
    ///
    /// `false` when `optimized` has left some of them out, so that `target` has to be optimized anew.
    pub fn keeps(&self, optimized: &OptimizedTaskGraph, target: &mut TargetTaskGraph) -> bool {
        let missed: Vec<Label> = self
            .earlier
            .iter()
            .filter(|label| target.graph.get(label).is_some())
            .filter(|label| {
                let verdict = optimized.verdicts.get(*label);
                verdict.is_none_or(|verdict| verdict.action != Action::Kept)
            })
            .filter(|label| !target.do_not_optimize.contains(*label))
            .cloned()
            .collect();
        for label in &missed {
            tracing::info!("{label} is not optimized, since an earlier run has created it");
        }
        let kept = missed.is_empty();
        target.do_not_optimize.extend(missed);
        kept
    }

    /// Whether all ids of the plan are free or held by the very task; otherwise the plan has to be
    /// made anew with the ids that are known now. `named` are other tasks that the graph names.
    ///
    /// # Errors
    /// When the queue cannot be asked, or something stands that must not be created again.
    pub async fn is_settled(
        &mut self,
        plan: &Plan,
        named: &BTreeMap<Label, TaskId>,
    ) -> Outcome<bool> {
        let group = self.ids.decision_task_id().clone();
        let wanted: Vec<TaskId> = plan.creations().iter().map(|c| c.task_id.clone()).collect();
        let taskcluster = self.context.taskcluster()?;
        if self.standing.ask(taskcluster, &group, &wanted).await? {
            // What has appeared meanwhile was not known when the graph was optimized ([`Self::keeps`]).
            let labels = self.standing.labels(&self.ids);
            if labels != self.earlier {
                self.earlier = labels;
                return Ok(false);
            }
        }
        self.referenced = named.values().cloned().collect();
        let wanted = Wanted {
            plan,
            ids: &self.ids,
            referenced: &self.referenced,
            passed_over: &self.passed_over,
        };
        self.review = self.standing.review(&wanted, self.context.clock.now());
        std::mem::take(&mut self.review.wrong).or_ok(())?;
        if self.review.passed_over.is_empty() {
            return Ok(true);
        }
        self.rounds += 1;
        if self.rounds > ROUNDS {
            return Err(Diagnostic::environment(
                "no taskIds can be found that are not taken by other tasks",
            )
            .because(&self.review.passed_over[0])
            .help("find out who creates tasks with the ids of this decision, and make a new push")
            .into());
        }
        let found = std::mem::take(&mut self.review.passed_over);
        self.ids = self
            .ids
            .excluding(found.iter().map(|one| one.task_id.clone()));
        for one in &found {
            tracing::warn!("{one}");
        }
        self.passed_over.extend(found);
        Ok(false)
    }

    /// What was found.
    #[must_use]
    pub fn done(self) -> Settled {
        Settled {
            ids: self.ids,
            scheduler: self.scheduler,
            run: self.run,
            listed: self.standing.is_listed(),
            referenced: self.referenced,
            review: self.review,
            passed_over: self.passed_over,
        }
    }
}

fn refuse(
    group: &TaskId,
    scheduler: &str,
    status: &crate::ports::taskcluster::GroupStatus,
) -> Result<(), Diagnostic> {
    if let Some(sealed) = &status.sealed {
        return Err(Diagnostic::environment(format!(
            "the task group {group} is sealed, so it takes no more tasks"
        ))
        .because(format!("it was sealed at {sealed}"))
        .help("nothing was created; make a new push"));
    }
    if status.scheduler_id != scheduler {
        return Err(Diagnostic::environment(format!(
            "the task group {group} takes tasks of the scheduler `{}` alone, and these are of \
             `{scheduler}`",
            status.scheduler_id
        ))
        .help(
            "the `schedulerId` in .taskcluster.yml has to be the `trust-domain` of config.yml, \
             `-level-` and the level",
        ));
    }
    Ok(())
}

fn unasked(group: &TaskId, error: &ApiError) -> Diagnostic {
    let help = match error.status {
        Some(401) => {
            "check that the clock of this machine is right, and that TASKCLUSTER_CLIENT_ID and \
             TASKCLUSTER_ACCESS_TOKEN belong together and have not expired"
        }
        _ => "rerun this task when Taskcluster is well",
    };
    Diagnostic::environment(format!("the task group {group} cannot be looked at"))
        .because(error)
        .help(help)
}

/// Why a graph was not created.
#[derive(Debug)]
pub struct Unsubmitted {
    why: Diagnostics,
    /// Whether it may be created with other ids.
    taken: bool,
}

impl Unsubmitted {
    /// Says how much stands, of several submissions together; `before` were created by others.
    #[must_use]
    pub fn after(self, before: usize, wanted: usize) -> Self {
        let now = self.why.standing();
        let counted = Counted {
            created: before + now.map_or(0, |standing| standing.created),
            wanted,
            closed: now.is_some_and(|standing| standing.closed),
        };
        Self {
            why: self.why.leaving(counted),
            ..self
        }
    }
}

impl From<Diagnostics> for Unsubmitted {
    fn from(why: Diagnostics) -> Self {
        Self { why, taken: false }
    }
}

impl From<Diagnostic> for Unsubmitted {
    fn from(why: Diagnostic) -> Self {
        Diagnostics::from(why).into()
    }
}

impl From<Unsubmitted> for Diagnostics {
    fn from(unsubmitted: Unsubmitted) -> Self {
        unsubmitted.why
    }
}

/// Counts how often all is decided anew.
#[derive(Debug, Default)]
pub struct Again(usize);

impl Again {
    /// What was submitted; `None` when all has to be decided anew, with other ids.
    ///
    /// # Errors
    /// Why it was not submitted.
    pub fn is_over<T>(&mut self, submitted: Result<T, Unsubmitted>) -> Outcome<Option<T>> {
        self.0 += 1;
        match submitted {
            Ok(created) => Ok(Some(created)),
            Err(error) if error.taken && self.0 <= ROUNDS => {
                tracing::warn!("taskIds were taken meanwhile; deciding anew");
                Ok(None)
            }
            Err(error) => Err(error.why),
        }
    }
}

/// How a plan is submitted.
pub struct Way<'a> {
    /// Hears of tasks as they are created.
    pub events: &'a Events<'a>,
    /// Where the artifact goes.
    pub artifacts: &'a dyn Artifacts,
    /// The name of the artifact.
    pub artifact: String,
    /// How fast, and how long failures are borne.
    pub pace: Pace,
    /// How to wait.
    pub sleeper: &'a dyn Sleeper,
}

impl<'a> Way<'a> {
    /// The usual way.
    #[must_use]
    pub fn new(events: &'a Events<'a>, artifacts: &'a dyn Artifacts) -> Self {
        Self {
            events,
            artifacts,
            artifact: ARTIFACT.to_owned(),
            pace: Pace::default(),
            sleeper: &TokioSleeper,
        }
    }
}

/// Creates what does not stand, and cancels what this run does not want.
///
/// # Errors
/// Every task that could not be created, and every task that could not be cancelled.
pub async fn submit(
    context: Context<'_>,
    plan: &Plan,
    settled: &Settled,
    way: Way<'_>,
) -> Result<Vec<Created>, Unsubmitted> {
    let taskcluster = context.taskcluster()?;
    let ports = Ports {
        taskcluster,
        clock: context.clock,
        sleeper: way.sleeper,
        stop: context.stop,
    };
    let (review, pace) = (&settled.review, &way.pace);
    tracing::info!(
        "Creating {} tasks, {} of which exist; a failing call is repeated for up to {} minutes",
        plan.len(),
        review.kept.len(),
        pace.retry.budget.as_secs() / 60
    );
    let of = (settled.scheduler.as_str(), settled.ids.decision_task_id());
    leftovers::foresee(taskcluster, of, &review.leftovers)
        .await
        .or_ok(())?;
    // The artifact is written before the first task too: a disk that takes no more is told of now.
    let wanted = Wanted {
        plan,
        ids: &settled.ids,
        referenced: &settled.referenced,
        passed_over: &settled.passed_over,
    };
    let summary = |report: &SubmitReport, cleared: &Cleared| {
        submission_summary(&wanted, &review.kept, report, cleared)
    };
    let blank = summary(&SubmitReport::default(), &Cleared::default());
    artifact::write_json(way.artifacts, &way.artifact, &blank)?;
    context.stop.hold();
    let mut on_event = |event: crate::submit::SubmitEvent<'_>| (way.events)(event);
    let report = execute_over(plan, &review.kept, ports, pace, &mut on_event).await;
    let mut cleared = Cleared::default();
    if report.problems.is_empty() && settled.listed {
        cleared = confirm(taskcluster, &wanted, settled.run.as_ref(), context.stop).await;
    }
    let content = summary(&report, &cleared);
    let written = artifact::write_json(way.artifacts, &way.artifact, &content);
    for one in &cleared.cancelled {
        tracing::warn!(
            "cancelled {} ({}), which {}",
            one.label,
            one.task_id,
            match one.foreign {
                true => "had a taskId of this decision and the name of another task",
                false => "another run created and this one does not want",
            }
        );
    }
    for one in &cleared.alive {
        tracing::warn!(
            "{} has a taskId of this decision, is not `{}`, and could not be cancelled: it is {} in \
             this task group, so find out who created it",
            one.task_id,
            one.label,
            one.state
        );
    }
    for one in &cleared.begun {
        tracing::warn!(
            "{} ({}) is {}; another run created it and this one does not want it, so cancel it \
             unless its work is of use",
            one.label,
            one.task_id,
            one.state
        );
    }
    let taken = !report.taken.is_empty() && !context.stop.asked();
    let counted = Counted {
        created: report.created.len(),
        wanted: report.wanted,
        closed: report.closed,
    };
    let created = report.outcome().map_err(|why| Unsubmitted { why, taken })?;
    let unconfirmed = cleared.wrong.or_ok(());
    unconfirmed.map_err(|why| why.leaving(counted))?;
    written.map_err(|why| Diagnostics::from(why).leaving(counted))?;
    Ok(created)
}
