//! Creates each task exactly once, no matter how often a decision or action runs.
//!
//! 1. [`reconcile`](super::reconcile::reconcile) resolves a graph with taskIds that no other task has.
//! 2. [`submit_all`] runs the preflight, and submits each plan: it creates the missing tasks, lists
//!    the task group again and cancels the tasks that this run does not want
//!    ([`confirm()`]), and reports the result in an artifact.
//! 3. If a taskId turns out to be taken only while tasks are created, [`submit_with_retry`] repeats
//!    both. The tasks that were already created exist then, and are kept.

use std::future::Future;
use std::pin::Pin;

use super::confirm::confirm;
use super::context::SubmitContext;
use super::execute::{Ports, execute, execute_except};
use super::group::ObsoleteTask;
use super::limits::SubmitLimits;
use super::obsolete::{self, CancelReport};
use super::plan::Plan;
use super::preflight::{self, PreflightOptions};
use super::reconcile::Reconciled;
use super::report::{Created, Events, SubmitError, SubmitEvent, SubmitReport};
use super::sleeper::{Sleeper, TokioSleeper};
use super::summary::submission_summary;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::text::plural;
use crate::ports::artifacts::{Artifacts, write_json};

/// The artifact that reports the result of a submission.
pub const ARTIFACT: &str = "submission.json";

/// How many times everything that depends on taskIds is repeated.
const MAX_ATTEMPTS: usize = 51;

/// How plans are submitted.
pub struct SubmitOptions<'a> {
    /// Receives events.
    pub events: &'a Events<'a>,
    /// Where artifacts are written.
    pub artifacts: &'a dyn Artifacts,
    /// What the preflight checks.
    pub preflight: PreflightOptions,
    /// The limits.
    pub limits: SubmitLimits,
    /// How to wait.
    pub sleeper: &'a dyn Sleeper,
}

impl<'a> SubmitOptions<'a> {
    /// Creates options with the default limits and a full preflight.
    #[must_use]
    pub fn new(events: &'a Events<'a>, artifacts: &'a dyn Artifacts) -> Self {
        Self {
            events,
            artifacts,
            preflight: PreflightOptions::FULL,
            limits: SubmitLimits::default(),
            sleeper: &TokioSleeper,
        }
    }
}

/// A plan to submit.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The plan and what already exists of it.
    pub reconciled: Reconciled,
    /// The name of the artifact that reports the result.
    pub artifact: String,
}

impl Submission {
    /// Creates a submission that is reported in [`ARTIFACT`].
    #[must_use]
    pub fn new(reconciled: Reconciled) -> Self {
        Self {
            reconciled,
            artifact: ARTIFACT.to_owned(),
        }
    }
}

/// An attempt to create a graph.
pub type Attempt<'a, T> = Pin<Box<dyn Future<Output = Result<T, SubmitError>> + Send + 'a>>;

/// Repeats `attempt` while other tasks take taskIds of the graph during its creation.
///
/// Each attempt must do everything that depends on taskIds: reconcile the graph, write the artifacts
/// that contain ids, and submit. Whatever does not depend on taskIds belongs before the first
/// attempt.
///
/// # Errors
/// Why the graph was not created.
pub async fn submit_with_retry<'a, T>(
    attempt: impl Fn() -> Attempt<'a, T>,
) -> Result<T, SubmitError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match attempt().await {
            Ok(result) => return Ok(result),
            Err(error) if error.is_id_taken() && attempts < MAX_ATTEMPTS => {
                tracing::warn!(
                    "Other tasks took taskIds of this graph while it was being created; retrying \
                     with different taskIds"
                );
            }
            Err(error) => return Err(error),
        }
    }
}

/// Runs the preflight over all plans, and then submits one after the other.
///
/// # Errors
/// Everything that would prevent a task from being created or from running; then none was created. Or
/// every task that could not be created or cancelled.
pub async fn submit_all(
    context: SubmitContext<'_>,
    options: &SubmitOptions<'_>,
    submissions: &[Submission],
) -> Result<Vec<Created>, SubmitError> {
    let plans: Vec<&Reconciled> = submissions.iter().map(|one| &one.reconciled).collect();
    preflight_all(context, options.preflight, &plans).await?;
    let wanted = plans.iter().map(|reconciled| reconciled.plan.len()).sum();
    let mut created = Vec::new();
    for submission in submissions {
        let result = submit(context, options, submission).await;
        created.extend(result.map_err(|error| error.after(created.len(), wanted))?);
    }
    Ok(created)
}

/// Runs the preflight over the missing tasks of all plans.
///
/// # Errors
/// Everything that would prevent a task from being created or from running.
pub async fn preflight_all(
    context: SubmitContext<'_>,
    options: PreflightOptions,
    plans: &[&Reconciled],
) -> Outcome<()> {
    let missing: Vec<Plan> = plans.iter().map(|plan| plan.missing()).collect();
    let missing: Vec<&Plan> = missing.iter().collect();
    preflight::run(context, options, &missing).await
}

/// Creates the missing tasks of a plan, and cancels the tasks that this run does not want.
///
/// # Errors
/// Every task that could not be created, and every task that could not be cancelled.
pub async fn submit(
    context: SubmitContext<'_>,
    options: &SubmitOptions<'_>,
    submission: &Submission,
) -> Result<Vec<Created>, SubmitError> {
    let Submission {
        reconciled,
        artifact,
    } = submission;
    let SubmitContext {
        taskcluster, stop, ..
    } = context;
    let ports = Ports {
        taskcluster,
        clock: context.clock,
        sleeper: options.sleeper,
        stop,
    };
    let (plan, kept) = (&reconciled.plan, &reconciled.kept);
    tracing::info!(
        "Creating {}, of which {} already exist; failed calls are retried for up to {} minutes",
        plural(plan.len(), "task"),
        kept.len(),
        options.limits.retry.budget.as_secs() / 60
    );
    obsolete::check_cancel_scopes(
        taskcluster,
        &reconciled.scheduler_id,
        reconciled.ids.decision_task_id(),
        &reconciled.obsolete,
    )
    .await
    .or_ok(())?;
    let expected = reconciled.expected();
    let summary = |report: &SubmitReport, cancelled: &CancelReport| {
        submission_summary(&expected, kept, report, cancelled)
    };
    // Writing the artifact before the first task shows early whether the disk is full.
    let empty = summary(&SubmitReport::default(), &CancelReport::default());
    write_json(options.artifacts, artifact, &empty)?;
    stop.hold();
    let mut on_event = |event: SubmitEvent<'_>| (options.events)(event);
    let report = execute_except(plan, kept, ports, &options.limits, &mut on_event).await;
    let mut cancelled = CancelReport::default();
    if report.problems.is_empty() && reconciled.group_listed {
        cancelled = confirm(taskcluster, &expected, reconciled.run.as_ref(), stop).await;
    }
    let write_result = write_json(options.artifacts, artifact, &summary(&report, &cancelled));
    warn(&cancelled);
    let progress = report.progress();
    let with_progress = |problems| SubmitError::with_progress(problems, progress);
    let created = report
        .outcome()
        .map_err(|error| match stop.is_requested() {
            true => error.without_retry(),
            false => error,
        })?;
    cancelled.problems.or_ok(()).map_err(with_progress)?;
    write_result.map_err(|problem| with_progress(Diagnostics::from(problem)))?;
    Ok(created)
}

/// Creates tasks whose ids and definitions others have chosen, with a full preflight.
///
/// The task group is not listed: the creation of an equal task that exists is a success.
///
/// # Errors
/// Everything that would prevent a task from being created or from running; then none was created. Or
/// every task that could not be created.
pub async fn submit_plan(
    context: SubmitContext<'_>,
    events: &Events<'_>,
    plan: &Plan,
) -> Result<Vec<Created>, SubmitError> {
    preflight::run(context, PreflightOptions::FULL, &[plan]).await?;
    let ports = Ports {
        taskcluster: context.taskcluster,
        clock: context.clock,
        sleeper: &TokioSleeper,
        stop: context.stop,
    };
    context.stop.hold();
    let limits = SubmitLimits::default();
    let report = execute(plan, ports, &limits, &mut |event| events(event)).await;
    report.outcome()
}

fn warn(cancelled: &CancelReport) {
    for ObsoleteTask {
        task_id,
        label,
        foreign,
        ..
    } in &cancelled.cancelled
    {
        tracing::warn!(
            "cancelled {label} ({task_id}), which {}",
            match foreign {
                true => "had a taskId of this decision but the name of a different task",
                false => "another run created and this run does not need",
            }
        );
    }
    for task in &cancelled.alive {
        tracing::warn!(
            "could not cancel {}, which has a taskId of this decision but is not `{}`: it is {} in \
             this task group, so find out who created it",
            task.task_id,
            task.label,
            task.state
        );
    }
    for task in &cancelled.started {
        tracing::warn!(
            "{} ({}) is {}; another run created it and this run does not need it, so cancel it \
             unless its result is useful",
            task.label,
            task.task_id,
            task.state
        );
    }
}
