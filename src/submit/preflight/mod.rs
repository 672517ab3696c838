//! Looks at everything that is to be created before the first task is.
//!
//! Input: plans, and the [`Facts`] that they are held against: the moment, the scopes that are held,
//! and what is known of tasks outside of the plans. Output: every problem there is, together.
//!
//! 1. Each definition is held against the rules of the queue ([`queue`]) and, where its worker is
//!    known, its payload against those of the worker ([`payload`]).
//! 2. Dependencies have to exist, to outlive the deadline of what depends on them, and to lead to an
//!    end.
//! 3. A definition must not hold the value of a secret environment variable.
//! 4. The clock of this machine has to be near that of the queue.
//! 5. The scopes that the creation takes are held against those that are there ([`scopes`]). One that
//!    many tasks lack is told once.
//!
//! [`check()`] is pure; [`ask`] gathers the facts.

mod clock;
pub mod deadline;
mod payload;
mod queue;
mod rule;
pub(super) mod scopes;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::dag::{Cycle, Dag};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::listing::first_few;
use crate::base::name::TaskId;
use crate::base::time::{Span, Timestamp};
use crate::base::value::Value;
use crate::config::schema::Violation;
use crate::model::reference::resolve_dates;
use crate::ports::clock::Clock;
use crate::ports::environment::Environment;
use crate::ports::mask::Mask;
use crate::ports::taskcluster::{ApiError, TaskStatus, Taskcluster};
use crate::submit::plan::{Creation, Plan, circle, date_diagnostic};
use queue::Dates;
use scopes::{Held, Missing};

/// The errors that a definition's worker would report in its payload, if the worker is known.
///
/// Definitions of decision and action tasks seldom name their worker, so the form of the payload
/// determines it.
#[must_use]
pub fn payload(definition: &Value) -> Vec<Violation> {
    let dates = queue::dates(definition);
    payload::likely_worker(definition)
        .map(|worker| worker.check(definition, dates))
        .unwrap_or_default()
}

/// Whether scopes, as expanded, include one.
#[must_use]
pub fn is_held(scopes: &[String], scope: &str) -> bool {
    Held::new(scopes).has(scope)
}

/// What plans are held against.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The scopes that are held, with all that roles grant; `None` where nobody knows.
    pub scopes: Option<Vec<String>>,
    /// The tasks outside of the plans that exist; `None` where nobody knows.
    pub standing: Option<BTreeMap<TaskId, TaskStatus>>,
    /// How many days ahead the queue takes deadlines; `None` where nobody knows.
    pub furthest: Option<i64>,
    /// What must not be in a definition, which everybody can read.
    pub secrets: Mask,
}

/// How closely plans are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Care {
    /// Whether payloads are held against what their workers take.
    pub payloads: bool,
}

impl Care {
    /// As closely as can be.
    pub const FULL: Self = Self { payloads: true };
}

/// Asks Taskcluster for the facts, and checks the plans.
///
/// # Errors
/// Everything that would keep a task from being created or from running; or Taskcluster cannot be
/// asked.
pub async fn run(
    plans: &[&Plan],
    care: Care,
    taskcluster: &dyn Taskcluster,
    clock: &dyn Clock,
    environment: &Environment,
) -> Outcome<()> {
    let now = clock.now();
    let mut facts = ask(plans, taskcluster, clock).await?;
    if facts.furthest.is_none() {
        deadline::warn(plans, now);
    }
    facts.secrets = Mask::of(environment);
    check(plans, care, now, &facts)
}

/// Asks for the scopes that are held, for the tasks that the plans depend on, and for how far ahead
/// deadlines may be.
///
/// # Errors
/// When Taskcluster does not answer, does not know who asks, or has another time than this machine.
pub async fn ask(
    plans: &[&Plan],
    taskcluster: &dyn Taskcluster,
    clock: &dyn Clock,
) -> Outcome<Facts> {
    if plans.iter().all(|plan| plan.is_empty()) {
        return Ok(Facts::default());
    }
    let (scopes, standing) =
        futures_util::future::join(taskcluster.current_scopes(), standing(plans, taskcluster))
            .await;
    // What keeps one from being answered mostly keeps the other from it too.
    let scopes = known(scopes, "the scopes that are held here cannot be had")?;
    // A dry run that asks nobody knows of no task at all.
    let standing = standing?.filter(|known| scopes.is_some() || !known.is_empty());
    // The answers above say what time it is there, before the first task is sent.
    clock::check(clock.now(), taskcluster.server_time())?;
    let furthest = match scopes {
        Some(_) => deadline::ask(plans, taskcluster, clock.now()).await,
        None => None,
    };
    Ok(Facts {
        scopes,
        standing,
        furthest,
        secrets: Mask::default(),
    })
}

/// Asks for the tasks outside of the plans that these depend on.
///
/// # Errors
/// When Taskcluster does not answer, or does not know who asks.
pub async fn standing(
    plans: &[&Plan],
    taskcluster: &dyn Taskcluster,
) -> Outcome<Option<BTreeMap<TaskId, TaskStatus>>> {
    let outside: Vec<TaskId> = outside(plans).into_iter().collect();
    if outside.is_empty() {
        return Ok(Some(BTreeMap::new()));
    }
    known(
        taskcluster.statuses(&outside).await,
        "it is not known whether the tasks that are depended on exist",
    )
}

/// The answer; nothing where there is nobody to ask, or who asks may not know.
fn known<T>(answer: Result<T, ApiError>, what: &str) -> Outcome<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.status, Some(403 | 404)) => {
            tracing::debug!("{what}, so the queue will judge: {error}");
            Ok(None)
        }
        Err(error) => {
            let diagnostic = match error.status {
                Some(401) => crate::submit::problem::refused(&error, what),
                _ => Diagnostic::environment(what).help("rerun the task when Taskcluster answers"),
            };
            Err(diagnostic.because(error).into())
        }
    }
}

/// What the plans depend on and do not create.
fn outside(plans: &[&Plan]) -> BTreeSet<TaskId> {
    let own: BTreeSet<&TaskId> = creations(plans).map(|task| &task.task_id).collect();
    let all = creations(plans).flat_map(dependencies);
    all.filter(|id| exists(id) && !own.contains(id)).collect()
}

/// Whether the queue may know the task: it does not know placeholders.
fn exists(id: &TaskId) -> bool {
    id.is_slugid() && !id.is_placeholder()
}

fn creations<'p>(plans: &'p [&'p Plan]) -> impl Iterator<Item = &'p Creation> {
    plans.iter().flat_map(|plan| plan.creations())
}

fn dependencies(creation: &Creation) -> impl Iterator<Item = TaskId> {
    let items = creation.definition["dependencies"].as_array();
    items
        .into_iter()
        .flatten()
        .filter_map(|id| TaskId::parse(id.as_str()?).ok())
}

/// Everything that would keep a task of the plans from being created or from running.
///
/// # Errors
/// All of it, by the labels of the tasks, what is missing last.
pub fn check(plans: &[&Plan], care: Care, now: Timestamp, facts: &Facts) -> Outcome<()> {
    let mut found = Diagnostics::new();
    let mut own = BTreeMap::new();
    let mut all: Vec<&Creation> = creations(plans).collect();
    all.sort_by(|a, b| (&a.label, a.copy).cmp(&(&b.label, b.copy)));
    for creation in &all {
        check_secrets(creation, &facts.secrets, &mut found);
        if let Some(dates) = check_alone(creation, care, now, facts.furthest, &mut found) {
            own.insert(&creation.task_id, Planned { creation, dates });
        }
    }
    let first = || all.iter().filter(|creation| creation.copy == 0);
    for planned in first().filter_map(|creation| own.get(&creation.task_id)) {
        check_dependencies(planned, &own, facts, &mut found);
    }
    check_circles(&own, &mut found);
    if let Some(held) = &facts.scopes {
        let held = Held::new(held);
        let mut missing = Missing::default();
        for creation in first() {
            missing.note(creation, &held);
        }
        missing.tell(&mut found);
    }
    found.or_ok(())
}

/// A task of the plans, with its dates.
struct Planned<'p> {
    creation: &'p Creation,
    dates: Dates,
}

impl Planned<'_> {
    /// Whether a date is counted from the moment in which the task is sent.
    fn is_relative(&self, name: &str) -> bool {
        self.creation.definition[name].is_object()
    }

    /// Whether the queue still knows the task at the deadline of a dependent.
    ///
    /// Relative dates of the dependent are counted later, since it is sent later.
    fn outlives(&self, dependent: &Planned<'_>) -> bool {
        let expires = match (self.dates.expires, self.dates.deadline) {
            (Some(expires), _) => expires,
            (None, Some(deadline)) => deadline.plus(Span::seconds(queue::KEPT_DAYS * 86_400)),
            _ => return true,
        };
        let Some(deadline) = dependent.dates.deadline else {
            return true;
        };
        let later = self.is_relative("expires") && dependent.is_relative("deadline");
        expires > deadline || (expires == deadline && !later)
    }
}

/// Checks a definition by itself, and yields its dates.
fn check_alone(
    creation: &Creation,
    care: Care,
    now: Timestamp,
    furthest: Option<i64>,
    found: &mut Diagnostics,
) -> Option<Dates> {
    let definition = match resolve_dates(&creation.definition, now) {
        Ok(definition) => definition,
        Err(error) => {
            found.push(creation.about(date_diagnostic(&error)));
            return None;
        }
    };
    let dates = queue::dates(&definition);
    // Duplicates have the definition of the first.
    if creation.copy > 0 {
        return Some(dates);
    }
    if !creation.task_id.is_slugid() {
        found.push(creation.about(Diagnostic::user(format!(
            "`{}` is no taskId as the queue takes it",
            creation.task_id
        ))));
    }
    let by_queue = queue::check(&definition, now, furthest);
    tell(creation, by_queue, "the queue", found);
    if let Some(worker) = payload::worker(&definition).filter(|_| care.payloads) {
        let by_worker = worker.check(&definition, dates);
        tell(creation, by_worker, worker.name, found);
    }
    // What is late for a wrong deadline may be in time for the right one.
    Some(Dates {
        deadline: dates
            .deadline
            .filter(|date| !furthest.is_some_and(|days| deadline::is_further(*date, days, now))),
        ..dates
    })
}

/// Whether a definition holds a secret, which everybody could read then.
fn check_secrets(creation: &Creation, secrets: &Mask, found: &mut Diagnostics) {
    if creation.copy > 0 {
        return;
    }
    if let Some(name) = secrets.held_by(&creation.definition.to_string()) {
        found.push(creation.about(
            Diagnostic::user(format!("its definition holds the value of {name}"))
                .because("everybody can read the definitions of tasks")
                .help("keep it with the secrets service, and let the task ask for it when it runs"),
        ));
    }
}

fn tell(creation: &Creation, violations: Vec<Violation>, who: &str, found: &mut Diagnostics) {
    for violation in violations {
        let mut diagnostic =
            Diagnostic::user(violation.message).because(format!("{who} would refuse the task"));
        diagnostic.help = violation.help;
        found.push(creation.about(diagnostic));
    }
}

/// Whether what a task depends on exists, and for long enough.
fn check_dependencies(
    planned: &Planned<'_>,
    own: &BTreeMap<&TaskId, Planned<'_>>,
    facts: &Facts,
    found: &mut Diagnostics,
) {
    let creation = planned.creation;
    let mut refused = |what: String, help: &str| {
        found.push(
            creation.about(
                Diagnostic::user(what)
                    .because("the queue would refuse the task")
                    .help(help),
            ),
        );
    };
    let early = |what: &str| format!("it depends on {what}, which expires before its deadline");
    const KEEP: &str = "have that task kept longer (`expires-after`), or set an earlier \
                        `deadline-after`";
    for id in dependencies(creation) {
        if let Some(dependency) = own.get(&id) {
            if id != creation.task_id && !dependency.outlives(planned) {
                let label = &dependency.creation.label;
                refused(early(&format!("the task `{label}`")), KEEP);
            }
            continue;
        }
        let Some(standing) = &facts.standing else {
            continue;
        };
        match standing.get(&id) {
            None if exists(&id) => refused(
                format!("it depends on the task {id}, which does not exist"),
                "that task may have expired: have it built again",
            ),
            Some(TaskStatus {
                expires: Some(expires),
                ..
            }) if planned
                .dates
                .deadline
                .is_some_and(|deadline| *expires < deadline) =>
            {
                refused(
                    early(&format!("the task {id}")),
                    "have that task built again, or set an earlier `deadline-after`",
                );
            }
            _ => {}
        }
    }
}

/// Whether there is a task that can be created first, and none that waits for itself.
fn check_circles(own: &BTreeMap<&TaskId, Planned<'_>>, found: &mut Diagnostics) {
    let edges = own.values().flat_map(|planned| {
        let from = &planned.creation.task_id;
        let to = dependencies(planned.creation);
        to.map(move |to| (from.clone(), to))
    });
    let (alone, edges): (Vec<_>, Vec<_>) = edges.partition(|(from, to)| from == to);
    for planned in alone.iter().filter_map(|(id, _)| own.get(id)) {
        found.push(
            planned.creation.about(
                Diagnostic::user("the task depends on itself, so it would never start")
                    .help("leave that dependency out"),
            ),
        );
    }
    let dag = Dag::new(own.keys().map(|id| (*id).clone()), edges);
    if let Err(Cycle(ids)) = dag.dependencies_first() {
        let path = ids.iter().chain(ids.first()).filter_map(|id| own.get(id));
        let path: Vec<&str> = path.map(|task| task.creation.label.as_str()).collect();
        let diagnostic = circle(&path);
        let first = ids.first().and_then(|id| own.get(id));
        found.push(match first {
            Some(first) => first.creation.about(diagnostic),
            None => diagnostic,
        });
    }
}

/// The first few of several names, and how many more there are.
fn some_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    first_few(&names)
}
