//! Creates the tasks of a plan.
//!
//! 1. A task is sent when all its dependencies exist and the throttle allows another call. Tasks are
//!    sent in the order of the plan. Relative dates are resolved when a task is sent.
//! 2. A transient failure is retried after a pause with the same body. If the body has become too
//!    old, its dates are resolved again, because the queue only accepts a `created` near its own
//!    time. Retries of a task are limited by time, not by number.
//! 3. After a conflict the existing task is read. If it is equal, it is kept. Its creator may have
//!    been interrupted, so a recent task is created again exactly as it exists.
//! 4. Tasks that depend on a failed task are skipped; all others are still created. When the group
//!    accepts no more tasks, nothing more is sent.
//!
//! Invariant: each task of the plan ends up created, failed or skipped, exactly once.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::compare;
use super::group::{Kept, is_repeatable};
use super::limits::SubmitLimits;
use super::plan::{Creation, Plan};
use super::problem::Problem;
use super::progress::PlanProgress;
use super::report::{Created, SkipReason, SubmitEvent, SubmitReport};
use super::sleeper::Sleeper;
use super::throttle::Throttle;
use crate::base::name::TaskId;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::model::reference::resolve_dates;
use crate::ports::clock::Clock;
use crate::ports::stop::Stop;
use crate::ports::taskcluster::{ApiError, Taskcluster};

/// The maximum age of a body in seconds: the queue accepts a `created` within 15 minutes.
const FRESH: i64 = 10 * 60;

/// The ports that the creation of tasks uses.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// Taskcluster.
    pub taskcluster: &'a dyn Taskcluster,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// How to wait.
    pub sleeper: &'a dyn Sleeper,
    /// The shutdown signal.
    pub stop: &'a Stop,
}

/// Creates every task of `plan`, and reports events to `on_event`.
pub async fn execute(
    plan: &Plan,
    ports: Ports<'_>,
    limits: &SubmitLimits,
    on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
) -> SubmitReport {
    execute_except(plan, &BTreeMap::new(), ports, limits, on_event).await
}

/// Creates every task of `plan` except those that are `kept`.
pub async fn execute_except(
    plan: &Plan,
    kept: &BTreeMap<TaskId, Kept>,
    ports: Ports<'_>,
    limits: &SubmitLimits,
    on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
) -> SubmitReport {
    let mut tasks = PlanProgress::new(plan);
    let mut throttle = Throttle::new(limits.in_flight);
    // When a task was last created, or else the start.
    let mut last_created = ports.sleeper.elapsed();
    let mut in_flight = FuturesUnordered::new();
    loop {
        if tasks.end.is_none() {
            tasks.end = end_reason(ports, last_created.saturating_add(limits.retry.budget));
        }
        while in_flight.len() < throttle.limit()
            && let Some(index) = tasks.next()
        {
            let creation = &plan.creations()[index];
            let kept = kept.get(&creation.task_id);
            let attempt = Attempt {
                index,
                number: 0,
                started: ports.sleeper.elapsed(),
                body: kept
                    .and_then(|kept| kept.repeat.as_ref())
                    .map(|definition| (ports.clock.now(), repeated(definition))),
                kept: kept.is_some(),
            };
            in_flight.push(try_once(creation, attempt, Duration::ZERO, ports));
        }
        let Some((mut attempt, answer)) = in_flight.next().await else {
            break;
        };
        let creation = &plan.creations()[attempt.index];
        attempt.number += 1;
        match answer {
            AttemptResult::Exists(created, took) => {
                throttle.succeeded(took);
                last_created = ports.sleeper.elapsed();
                let kept = created.kept;
                on_event(SubmitEvent::Created { creation, kept });
                tasks.created(attempt.index, created);
            }
            AttemptResult::Unsent => {}
            AttemptResult::Failed(Problem::Refused(error)) if error.is_transient() => {
                throttle.failed();
                let failing = ports.sleeper.elapsed().saturating_sub(attempt.started);
                let id = creation.task_id.as_str();
                let pause = limits.retry.pause(id, attempt.number, failing);
                let Some(pause) = pause.filter(|_| !ports.stop.is_requested()) else {
                    let problem = Problem::Refused(error);
                    let message = problem.message();
                    on_event(SubmitEvent::Failed { creation, message });
                    tasks.failed(attempt.index, problem, on_event);
                    continue;
                };
                on_event(SubmitEvent::Retried {
                    creation,
                    attempts: attempt.number,
                    pause,
                    error: &error,
                });
                in_flight.push(try_once(creation, attempt, pause, ports));
            }
            AttemptResult::Failed(problem) => {
                let message = problem.message();
                on_event(SubmitEvent::Failed { creation, message });
                tasks.failed(attempt.index, problem, on_event);
            }
        }
    }
    tasks.report(on_event)
}

/// Returns why nothing more must be sent, if anything.
fn end_reason(ports: Ports<'_>, time_limit: Duration) -> Option<SkipReason> {
    if ports.stop.is_requested() {
        Some(SkipReason::Stopped)
    } else if ports.sleeper.elapsed() >= time_limit {
        Some(SkipReason::OutOfTime)
    } else {
        None
    }
}

/// An attempt to create a task.
struct Attempt {
    index: usize,
    number: u32,
    /// When the first attempt began.
    started: Duration,
    /// The last body, and when its dates were resolved.
    body: Option<(Timestamp, Value)>,
    /// Whether the task exists already.
    kept: bool,
}

/// The result of one attempt.
enum AttemptResult {
    /// The task exists; a call took this long, if one was made.
    Exists(Created, Option<Duration>),
    /// The call failed, or its outcome is unknown.
    Failed(Problem),
    /// The shutdown signal came before the attempt.
    Unsent,
}

/// Waits for the pause, and sends a task once.
async fn try_once(
    creation: &Creation,
    mut attempt: Attempt,
    pause: Duration,
    ports: Ports<'_>,
) -> (Attempt, AttemptResult) {
    if !pause.is_zero() {
        let slept = ports.sleeper.sleep(pause);
        select(slept, ports.stop.wait()).await;
        if ports.stop.is_requested() {
            return (attempt, AttemptResult::Unsent);
        }
    }
    let answered = match (attempt.kept, &attempt.body) {
        (true, None) => AttemptResult::Exists(created(creation, true), None),
        (true, Some((_, definition))) => repeat(creation, definition, ports).await,
        (false, _) => send(creation, &mut attempt.body, ports).await,
    };
    (attempt, answered)
}

fn created(creation: &Creation, kept: bool) -> Created {
    Created {
        task_id: creation.task_id.clone(),
        label: creation.label.clone(),
        kept,
    }
}

/// Returns the body that creates an existing task again: the queue returns the pool in two forms,
/// and accepts only one.
fn repeated(definition: &Value) -> Value {
    let mut body = definition.clone();
    if let Value::Object(fields) = &mut body
        && fields.contains_key("taskQueueId")
    {
        fields.shift_remove("provisionerId");
        fields.shift_remove("workerType");
    }
    body
}

/// Creates an existing task again exactly as it exists, so that the queue completes an interrupted
/// creation.
async fn repeat(creation: &Creation, definition: &Value, ports: Ports<'_>) -> AttemptResult {
    let started = ports.sleeper.elapsed();
    let answer = ports.taskcluster.create_task(&creation.task_id, definition);
    match answer.await {
        Err(error) if error.is_transient() => AttemptResult::Failed(Problem::Refused(error)),
        // The task is known to exist, so a refusal of this call does not matter.
        _ => {
            let took = ports.sleeper.elapsed().saturating_sub(started);
            AttemptResult::Exists(created(creation, true), Some(took))
        }
    }
}

async fn send(
    creation: &Creation,
    last: &mut Option<(Timestamp, Value)>,
    ports: Ports<'_>,
) -> AttemptResult {
    let now = ports.clock.now();
    let body = match last.take() {
        Some((then, body)) if now.seconds_since(then).abs() < FRESH => (then, body),
        _ => match resolve_dates(&creation.definition, now) {
            Ok(body) => (now, body),
            Err(error) => return AttemptResult::Failed(Problem::Date(error)),
        },
    };
    let (resolved_at, definition) = last.insert(body);
    let age = now.seconds_since(*resolved_at).abs();
    let started = ports.sleeper.elapsed();
    let answer = ports
        .taskcluster
        .create_task(&creation.task_id, definition)
        .await;
    let took = ports.sleeper.elapsed().saturating_sub(started);
    match answer {
        Ok(()) => AttemptResult::Exists(created(creation, false), Some(took)),
        Err(error) if error.is_conflict() => resolve_conflict(creation, error, took, ports).await,
        // If the clock is almost too far off, a body is too old before it reaches `FRESH`.
        Err(error) if error.is_clock_skew() && age > 0 => {
            *last = None;
            Box::pin(send(creation, last, ports)).await
        }
        Err(error) => AttemptResult::Failed(Problem::Refused(error)),
    }
}

/// Compares `creation` with the existing task after the queue reported a conflict.
async fn resolve_conflict(
    creation: &Creation,
    conflict: ApiError,
    took: Duration,
    ports: Ports<'_>,
) -> AttemptResult {
    // This may take as long as an outage.
    let reading = ports.taskcluster.task(&creation.task_id);
    let existing = match select(reading, ports.stop.wait()).await {
        Either::Left((Ok(existing), _)) => existing,
        // The task does not exist, so the conflict is about its group.
        Either::Left((Err(error), _)) if error.is_not_found() => {
            return AttemptResult::Failed(Problem::Closed(conflict));
        }
        Either::Left((Err(error), _)) => return AttemptResult::Failed(Problem::Refused(error)),
        Either::Right(_) => return AttemptResult::Unsent,
    };
    if let Some(difference) = compare::difference(&creation.definition, &existing) {
        return AttemptResult::Failed(Problem::Taken(conflict, Box::new(difference)));
    }
    match is_repeatable(&existing, ports.clock.now()) {
        true => repeat(creation, &repeated(&existing), ports).await,
        false => AttemptResult::Exists(created(creation, true), Some(took)),
    }
}
