//! Creates what was planned.
//!
//! 1. Every task whose dependencies stand is sent, those that come first in the plan first, as long
//!    as there is room among those under way. Its dates are counted from the moment of sending.
//! 2. A failure that passes is tried again after a pause, with the same body; when that has become
//!    old, its dates are counted anew, since the queue takes them only near its own time. How long a
//!    task is tried is bounded by time, and while tasks are created at all, others are sent.
//! 3. A conflict is answered by reading the task that exists: the same task is kept. Whoever created
//!    it may have been interrupted, so when it is new its creation is repeated as it stands.
//! 4. What depends on a failed task is skipped, and all else goes on. When the group takes no tasks,
//!    nothing more is sent.
//!
//! Invariant: each task of the plan ends up created, failed or skipped, exactly once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::compare;
use super::course::Course;
use super::pace::{Pace, Sleeper};
use super::plan::{Creation, Plan};
use super::problem::Problem;
use super::standing::{Kept, is_repeatable};
use super::throttle::Throttle;
use crate::base::diagnostic::{Diagnostics, Outcome, Standing};
use crate::base::name::{Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::model::reference::resolve_dates;
use crate::ports::clock::Clock;
use crate::ports::stop::Stop;
use crate::ports::taskcluster::{ApiError, Taskcluster};

/// How old a body may become, in seconds: the queue takes `created` within 15 minutes.
const FRESH: i64 = 10 * 60;

/// What reaches outside.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// Where tasks are created.
    pub taskcluster: &'a dyn Taskcluster,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// How to wait.
    pub sleeper: &'a dyn Sleeper,
    /// Tells when to bring it to an end.
    pub stop: &'a Stop,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum SubmitEvent<'a> {
    /// A task stands.
    Created {
        /// The task.
        creation: &'a Creation,
        /// Whether it stood already.
        kept: bool,
    },
    /// A task is tried again.
    Retried {
        /// The task.
        creation: &'a Creation,
        /// How often it was tried.
        tried: u32,
        /// How long until it is tried again.
        pause: Duration,
        /// What went wrong.
        error: &'a ApiError,
    },
    /// A task could not be created.
    Failed {
        /// The task.
        creation: &'a Creation,
        /// What went wrong.
        message: String,
    },
    /// A task was not sent.
    Skipped {
        /// The task.
        creation: &'a Creation,
        /// Why.
        reason: &'a SkipReason,
    },
}

/// Why a task was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// It depends on a task that could not be created, directly or not.
    Dependency(Label),
    /// The task group takes no more tasks.
    Closed,
    /// Somebody asked for an end.
    Stopped,
    /// No task could be created for too long.
    OutOfTime,
}

/// A task that was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its id.
    pub task_id: TaskId,
    /// Its label.
    pub label: Label,
    /// Why.
    pub reason: SkipReason,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            SkipReason::Dependency(label) => {
                write!(f, "`{}` depends on `{label}`", self.label)
            }
            reason => write!(f, "`{}` was not {}", self.label, reason.why_unsent()),
        }
    }
}

impl SkipReason {
    /// How far it did not come, after `was not`.
    pub(super) fn why_unsent(&self) -> &'static str {
        match self {
            Self::Dependency(_) => "sent, since it depends on others",
            Self::Closed => "sent, since the task group takes no more tasks",
            Self::Stopped => "sent before the signal to stop",
            Self::OutOfTime => {
                "sent before the time was up, since no task could be created for so long"
            }
        }
    }
}

/// A task that stands on the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// Its id.
    pub task_id: TaskId,
    /// Its label.
    pub label: Label,
    /// Whether it stood already.
    pub kept: bool,
}

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubmitReport {
    /// The tasks that stand, in the order of the plan.
    pub created: Vec<Created>,
    /// The tasks that were not sent, in the order of the plan.
    pub skipped: Vec<Skipped>,
    /// How many tasks the plan has.
    pub wanted: usize,
    /// The taskIds that turned out to be another task's. With other ids the plan may yet succeed.
    pub taken: Vec<TaskId>,
    /// Whether the task group takes no more tasks.
    pub closed: bool,
    /// Every failure, in the order of the plan, and one message about what was skipped.
    pub problems: Diagnostics,
}

impl SubmitReport {
    /// The tasks that stand, when all of them do.
    ///
    /// # Errors
    /// Every failure.
    pub fn outcome(self) -> Outcome<Vec<Created>> {
        let standing = Standing {
            created: self.created.len(),
            wanted: self.wanted,
            closed: self.closed,
        };
        self.problems
            .or_ok(self.created)
            .map_err(|all| all.leaving(standing))
    }
}

/// Creates every task of `plan`, and tells `on_event` what happens.
pub async fn execute(
    plan: &Plan,
    ports: Ports<'_>,
    pace: &Pace,
    on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
) -> SubmitReport {
    execute_over(plan, &BTreeMap::new(), ports, pace, on_event).await
}

/// Creates every task of `plan` but those that are `kept`.
pub async fn execute_over(
    plan: &Plan,
    kept: &BTreeMap<TaskId, Kept>,
    ports: Ports<'_>,
    pace: &Pace,
    on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
) -> SubmitReport {
    let mut course = Course::new(plan);
    let mut throttle = Throttle::new(pace.in_flight);
    // When a task was last created, or all this began.
    let mut progress = ports.sleeper.elapsed();
    let mut under_way = FuturesUnordered::new();
    loop {
        if course.ending.is_none() {
            course.ending = ending(ports, progress.saturating_add(pace.retry.budget));
        }
        while under_way.len() < throttle.room()
            && let Some(index) = course.next()
        {
            let creation = &plan.creations()[index];
            let kept = kept.get(&creation.task_id);
            let attempt = Attempt {
                index,
                tried: 0,
                begun: ports.sleeper.elapsed(),
                body: kept
                    .and_then(|kept| kept.repeat.as_ref())
                    .map(|definition| (ports.clock.now(), repeated(definition))),
                kept: kept.is_some(),
            };
            under_way.push(try_once(creation, attempt, Duration::ZERO, ports));
        }
        let Some((mut attempt, answer)) = under_way.next().await else {
            break;
        };
        let creation = &plan.creations()[attempt.index];
        attempt.tried += 1;
        match answer {
            Answered::Stands(created, took) => {
                throttle.went_well(took);
                progress = ports.sleeper.elapsed();
                let kept = created.kept;
                on_event(SubmitEvent::Created { creation, kept });
                course.stands(attempt.index, created);
            }
            Answered::Unsent => {}
            Answered::Failed(Problem::Refused(error)) if error.is_passing() => {
                throttle.went_wrong();
                let failing = ports.sleeper.elapsed().saturating_sub(attempt.begun);
                let id = creation.task_id.as_str();
                let pause = pace.retry.pause(id, attempt.tried, failing);
                let Some(pause) = pause.filter(|_| !ports.stop.asked()) else {
                    let problem = Problem::Refused(error);
                    let message = problem.message();
                    on_event(SubmitEvent::Failed { creation, message });
                    course.failed(attempt.index, problem, on_event);
                    continue;
                };
                on_event(SubmitEvent::Retried {
                    creation,
                    tried: attempt.tried,
                    pause,
                    error: &error,
                });
                under_way.push(try_once(creation, attempt, pause, ports));
            }
            Answered::Failed(problem) => {
                let message = problem.message();
                on_event(SubmitEvent::Failed { creation, message });
                course.failed(attempt.index, problem, on_event);
            }
        }
    }
    course.report(on_event)
}

/// Why nothing more is sent.
fn ending(ports: Ports<'_>, end: Duration) -> Option<SkipReason> {
    if ports.stop.asked() {
        Some(SkipReason::Stopped)
    } else if ports.sleeper.elapsed() >= end {
        Some(SkipReason::OutOfTime)
    } else {
        None
    }
}

/// One task on its way.
struct Attempt {
    index: usize,
    tried: u32,
    /// When it was first tried.
    begun: Duration,
    /// The body that was last sent, and when its dates were counted.
    body: Option<(Timestamp, Value)>,
    /// Whether it stands already.
    kept: bool,
}

/// What came of one try.
enum Answered {
    /// It stands; the answer took this long, when one was waited for.
    Stands(Created, Option<Duration>),
    /// It did not, or nobody knows.
    Failed(Problem),
    /// Somebody asked for an end before it was tried again.
    Unsent,
}

/// Waits, and sends a task once.
async fn try_once(
    creation: &Creation,
    mut attempt: Attempt,
    pause: Duration,
    ports: Ports<'_>,
) -> (Attempt, Answered) {
    if !pause.is_zero() {
        let slept = ports.sleeper.sleep(pause);
        select(slept, ports.stop.wait()).await;
        if ports.stop.asked() {
            return (attempt, Answered::Unsent);
        }
    }
    let answered = match (attempt.kept, &attempt.body) {
        (true, None) => Answered::Stands(stands(creation, true), None),
        (true, Some((_, definition))) => repeat(creation, definition, ports).await,
        (false, _) => send(creation, &mut attempt.body, ports).await,
    };
    (attempt, answered)
}

fn stands(creation: &Creation, kept: bool) -> Created {
    Created {
        task_id: creation.task_id.clone(),
        label: creation.label.clone(),
        kept,
    }
}

/// The body that creates a task once more: the queue tells its pool twice, and takes it once.
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

/// Sends a task that stands as it stands, so that the queue finishes what it may have left half done.
async fn repeat(creation: &Creation, definition: &Value, ports: Ports<'_>) -> Answered {
    let begun = ports.sleeper.elapsed();
    let answer = ports.taskcluster.create_task(&creation.task_id, definition);
    match answer.await {
        Err(error) if error.is_passing() => Answered::Failed(Problem::Refused(error)),
        // A refusal is about the call; that the task stands is known.
        _ => {
            let took = ports.sleeper.elapsed().saturating_sub(begun);
            Answered::Stands(stands(creation, true), Some(took))
        }
    }
}

async fn send(
    creation: &Creation,
    last: &mut Option<(Timestamp, Value)>,
    ports: Ports<'_>,
) -> Answered {
    let now = ports.clock.now();
    let body = match last.take() {
        Some((then, body)) if now.seconds_since(then).abs() < FRESH => (then, body),
        _ => match resolve_dates(&creation.definition, now) {
            Ok(body) => (now, body),
            Err(error) => return Answered::Failed(Problem::Date(error)),
        },
    };
    let (counted, definition) = last.insert(body);
    let age = now.seconds_since(*counted).abs();
    let begun = ports.sleeper.elapsed();
    let answer = ports
        .taskcluster
        .create_task(&creation.task_id, definition)
        .await;
    let took = ports.sleeper.elapsed().saturating_sub(begun);
    match answer {
        Ok(()) => Answered::Stands(stands(creation, false), Some(took)),
        Err(error) if error.status == Some(409) => held(creation, error, took, ports).await,
        // With a clock that is nearly too far off a body is too old before it is `FRESH` no more.
        Err(error) if error.is_about_clock() && age > 0 => {
            *last = None;
            Box::pin(send(creation, last, ports)).await
        }
        Err(error) => Answered::Failed(Problem::Refused(error)),
    }
}

/// Looks at the task that has the id of `creation`, which the queue has refused with a conflict.
async fn held(
    creation: &Creation,
    conflict: ApiError,
    took: Duration,
    ports: Ports<'_>,
) -> Answered {
    // This may take as long as an outage does.
    let reading = ports.taskcluster.task(&creation.task_id);
    let existing = match select(reading, ports.stop.wait()).await {
        Either::Left((Ok(existing), _)) => existing,
        // There is no such task, so the conflict is about its group.
        Either::Left((Err(error), _)) if error.is_missing() => {
            return Answered::Failed(Problem::Closed(conflict));
        }
        Either::Left((Err(error), _)) => return Answered::Failed(Problem::Refused(error)),
        Either::Right(_) => return Answered::Unsent,
    };
    if let Some(difference) = compare::difference(&creation.definition, &existing) {
        return Answered::Failed(Problem::Taken(conflict, Box::new(difference)));
    }
    match is_repeatable(&existing, ports.clock.now()) {
        true => repeat(creation, &repeated(&existing), ports).await,
        false => Answered::Stands(stands(creation, true), Some(took)),
    }
}
