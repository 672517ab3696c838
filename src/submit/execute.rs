//! Creates what was planned.
//!
//! 1. Every task whose dependencies stand is sent, those that come first in the plan first, as long
//!    as there is room among those under way. Its dates are counted from the moment of sending.
//! 2. A failure that passes is tried again after a pause, with the same body; when that has become
//!    old, its dates are counted anew, since the queue takes them only near its own time.
//! 3. A conflict is answered by reading the task that exists: the same task is kept.
//! 4. What depends on a failed task is skipped, and all else goes on.
//!
//! Invariant: each task of the plan ends up created, failed or skipped, exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::compare;
use super::pace::{Pace, Sleeper};
use super::plan::{Creation, Plan};
use super::problem::{Problem, of_skipped};
use crate::base::diagnostic::{Diagnostics, Outcome, Standing};
use crate::base::name::{Label, TaskId};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::model::reference::resolve_dates;
use crate::ports::clock::Clock;
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
    /// Too many calls had failed.
    GaveUp,
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
            SkipReason::GaveUp => write!(
                f,
                "`{}` was not tried, since too many calls had failed",
                self.label
            ),
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
    /// Its definition, with dates: as it was sent, or as the queue tells it when it was kept.
    pub definition: Value,
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
    let mut course = Course::new(plan, pace);
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() < pace.in_flight.max(1)
            && let Some(index) = course.next()
        {
            let attempt = Attempt {
                index,
                tried: 0,
                body: None,
            };
            under_way.push(try_once(
                &plan.creations()[index],
                attempt,
                Duration::ZERO,
                ports,
            ));
        }
        let Some((mut attempt, answer)) = under_way.next().await else {
            break;
        };
        let creation = &plan.creations()[attempt.index];
        attempt.tried += 1;
        match answer {
            Ok(created) => {
                let kept = created.kept;
                on_event(SubmitEvent::Created { creation, kept });
                course.stands(attempt.index, created);
            }
            Err(Problem::Refused(error))
                if error.is_passing() && course.may_repeat(attempt.tried) =>
            {
                let pause = pace.pause(creation.task_id.as_str(), attempt.tried);
                on_event(SubmitEvent::Retried {
                    creation,
                    tried: attempt.tried,
                    pause,
                    error: &error,
                });
                under_way.push(try_once(creation, attempt, pause, ports));
            }
            Err(problem) => {
                on_event(SubmitEvent::Failed {
                    creation,
                    message: problem.message(),
                });
                course.failed(attempt.index, problem, on_event);
            }
        }
    }
    course.report(on_event)
}

/// One task on its way.
struct Attempt {
    index: usize,
    tried: u32,
    /// The body that was last sent, and when its dates were counted.
    body: Option<(Timestamp, Value)>,
}

/// Waits, and sends a task once.
async fn try_once(
    creation: &Creation,
    mut attempt: Attempt,
    pause: Duration,
    ports: Ports<'_>,
) -> (Attempt, Result<Created, Problem>) {
    if !pause.is_zero() {
        ports.sleeper.sleep(pause).await;
    }
    let answer = send(creation, &mut attempt.body, ports).await;
    (attempt, answer)
}

async fn send(
    creation: &Creation,
    last: &mut Option<(Timestamp, Value)>,
    ports: Ports<'_>,
) -> Result<Created, Problem> {
    let now = ports.clock.now();
    let body = match last.take() {
        Some((then, body)) if now.seconds_since(then).abs() < FRESH => (then, body),
        _ => (
            now,
            resolve_dates(&creation.definition, now).map_err(Problem::Date)?,
        ),
    };
    let (_, definition) = last.insert(body);
    let created = |definition: Value, kept: bool| Created {
        task_id: creation.task_id.clone(),
        label: creation.label.clone(),
        definition,
        kept,
    };
    let answer = ports
        .taskcluster
        .create_task(&creation.task_id, definition)
        .await;
    let conflict = match answer {
        Ok(()) => return Ok(created(definition.clone(), false)),
        Err(error) if error.status == Some(409) => error,
        Err(error) => return Err(Problem::Refused(error)),
    };
    match ports.taskcluster.task(&creation.task_id).await {
        Ok(existing) => match compare::difference(&creation.definition, &existing) {
            None => Ok(created(existing, true)),
            Some(difference) => Err(Problem::Taken(conflict, Box::new(difference))),
        },
        // There is no such task, so the conflict is about its group.
        Err(error) if error.is_missing() => Err(Problem::Refused(conflict)),
        Err(error) => Err(Problem::Refused(error)),
    }
}

/// How far a plan has come.
struct Course<'p> {
    plan: &'p Plan,
    tries: u32,
    reserve: u32,
    full_reserve: u32,
    /// Tasks whose dependencies stand.
    ready: BTreeSet<usize>,
    /// How many dependencies do not stand yet.
    open: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    created: BTreeMap<usize, Created>,
    problems: BTreeMap<usize, Problem>,
    skipped: BTreeMap<usize, SkipReason>,
}

impl<'p> Course<'p> {
    fn new(plan: &'p Plan, pace: &Pace) -> Self {
        let creations = plan.creations();
        let index: BTreeMap<&TaskId, usize> = creations
            .iter()
            .enumerate()
            .map(|(i, creation)| (&creation.task_id, i))
            .collect();
        let mut dependents = vec![Vec::new(); creations.len()];
        let mut open = vec![0; creations.len()];
        for (i, creation) in creations.iter().enumerate() {
            for before in creation.after.iter().filter_map(|id| index.get(id)) {
                dependents[*before].push(i);
                open[i] += 1;
            }
        }
        let ready = (0..creations.len()).filter(|i| open[*i] == 0).collect();
        Self {
            plan,
            tries: pace.tries,
            reserve: pace.reserve,
            full_reserve: pace.reserve,
            ready,
            open,
            dependents,
            created: BTreeMap::new(),
            problems: BTreeMap::new(),
            skipped: BTreeMap::new(),
        }
    }

    /// The next task to send, unless so much has failed that nothing more is sent.
    fn next(&mut self) -> Option<usize> {
        if self.full_reserve > 0 && self.reserve == 0 {
            return None;
        }
        self.ready.pop_first()
    }

    /// Whether a task whose try failed may be tried again; counts the failure.
    fn may_repeat(&mut self, tried: u32) -> bool {
        let left = self.reserve > 0;
        self.reserve = self.reserve.saturating_sub(1);
        left && tried < self.tries
    }

    fn stands(&mut self, index: usize, created: Created) {
        self.reserve = (self.reserve + 1).min(self.full_reserve);
        self.created.insert(index, created);
        for dependent in &self.dependents[index] {
            self.open[*dependent] -= 1;
            if self.open[*dependent] == 0 {
                self.ready.insert(*dependent);
            }
        }
    }

    fn failed(
        &mut self,
        index: usize,
        problem: Problem,
        on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
    ) {
        self.problems.insert(index, problem);
        let label = self.plan.creations()[index].label.clone();
        let reason = SkipReason::Dependency(label);
        let mut reached = self.dependents[index].clone();
        while let Some(dependent) = reached.pop() {
            if self.skip(dependent, &reason, on_event) {
                reached.extend(&self.dependents[dependent]);
            }
        }
    }

    /// Skips a task; `false` when it was skipped already.
    fn skip(
        &mut self,
        index: usize,
        reason: &SkipReason,
        on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
    ) -> bool {
        let new = !self.skipped.contains_key(&index);
        if new {
            self.skipped.insert(index, reason.clone());
            on_event(SubmitEvent::Skipped {
                creation: &self.plan.creations()[index],
                reason,
            });
        }
        new
    }

    fn report(
        mut self,
        on_event: &mut (dyn for<'e> FnMut(SubmitEvent<'e>) + Send),
    ) -> SubmitReport {
        for index in 0..self.plan.len() {
            let ended = self.created.contains_key(&index) || self.problems.contains_key(&index);
            if !ended {
                self.skip(index, &SkipReason::GaveUp, on_event);
            }
        }
        let creations = self.plan.creations();
        let mut problems = Diagnostics::new();
        for (index, problem) in &self.problems {
            problems.push(problem.diagnostic(&creations[*index]));
        }
        let skipped: Vec<Skipped> = self
            .skipped
            .into_iter()
            .map(|(index, reason)| Skipped {
                task_id: creations[index].task_id.clone(),
                label: creations[index].label.clone(),
                reason,
            })
            .collect();
        if let Some(diagnostic) = of_skipped(&skipped, &problems) {
            problems.push(diagnostic);
        }
        SubmitReport {
            created: self.created.into_values().collect(),
            wanted: self.plan.len(),
            skipped,
            problems,
        }
    }
}
