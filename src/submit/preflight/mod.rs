//! Checks all tasks before the first one is created.
//!
//! Input: plans, and the [`Facts`] to check them against: the scopes of this task, and the tasks
//! outside of the plans. Output: every problem, all reported together.
//!
//! 1. Each definition must follow the rules of the queue ([`queue`]) and, if its worker is known, its
//!    payload must follow the rules of that worker ([`payload`]).
//! 2. Dependencies must exist, must not expire before the deadline of their dependents, and must not
//!    be circular.
//! 3. A definition must not contain the value of a secret environment variable.
//! 4. The clock of this machine must be near the clock of the queue.
//! 5. All scopes that the creation needs must be available ([`scopes`]). A scope that many tasks need
//!    is reported once.
//!
//! [`check()`] is a pure function; [`gather_facts`] calls Taskcluster.

mod clock;
pub mod deadline;

mod names;
mod payload;
mod queue;
pub mod run_time;
pub(super) mod scopes;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::dag::{Cycle, Dag};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::scope::ScopeSet;
use crate::base::time::{Span, Timestamp};
use crate::base::value::Value;
use crate::config::schema::Violation;
use crate::model::reference::resolve_dates;
use crate::ports::mask::Mask;
use crate::ports::taskcluster::{ApiError, TaskStatus, Taskcluster};
use crate::submit::context::SubmitContext;
use crate::submit::plan::{
    Creation, Plan, circular_dependency, creations, date_diagnostic, dependencies,
};
use queue::Dates;
use scopes::MissingScopes;

/// Returns the errors that a definition's worker would report in its payload, if the worker is known.
///
/// Definitions of decision and action tasks rarely name their worker, so the form of the payload
/// determines it.
#[must_use]
pub fn payload(definition: &Value) -> Vec<Violation> {
    let dates = queue::dates(definition);
    payload::likely_worker(definition)
        .map(|worker| worker.check(definition, dates))
        .unwrap_or_default()
}

/// What plans are checked against.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The available scopes, with all roles expanded; `None` if they are unknown.
    pub scopes: Option<ScopeSet>,
    /// The existing tasks outside of the plans; `None` if they are unknown.
    pub existing: Option<BTreeMap<TaskId, TaskStatus>>,
    /// How many days ahead the queue accepts deadlines; `None` if that is unknown.
    pub max_deadline_days: Option<i64>,
    /// Values that must not occur in definitions, which are public.
    pub secrets: Mask,
}

/// What the preflight checks.
#[derive(Debug, Clone, Copy)]
pub struct PreflightOptions {
    /// Whether payloads are checked against the rules of their workers.
    pub payloads: bool,
}

impl PreflightOptions {
    /// Checks everything.
    pub const FULL: Self = Self { payloads: true };
}

/// Gathers the facts, and checks the plans.
///
/// # Errors
/// Everything that would prevent a task from being created or from running; or Taskcluster does not
/// answer.
pub async fn run(
    context: SubmitContext<'_>,
    options: PreflightOptions,
    plans: &[&Plan],
) -> Outcome<()> {
    let now = context.clock.now();
    let mut facts = gather_facts(context, plans).await?;
    if facts.max_deadline_days.is_none() {
        deadline::warn(plans, now);
    }
    run_time::warn(plans, now);
    facts.secrets = Mask::from_environment(context.environment);
    check(plans, options, now, &facts)
}

/// Reads the scopes of this task, the tasks that the plans depend on, and how far ahead deadlines may
/// be.
///
/// # Errors
/// Taskcluster does not answer, does not accept the credentials, or its clock differs from the clock
/// of this machine.
async fn gather_facts(context: SubmitContext<'_>, plans: &[&Plan]) -> Outcome<Facts> {
    let SubmitContext {
        taskcluster, clock, ..
    } = context;
    if plans.iter().all(|plan| plan.is_empty()) {
        return Ok(Facts::default());
    }
    let (scopes, existing) = futures_util::future::join(
        taskcluster.current_scopes(),
        existing_dependencies(plans, taskcluster),
    )
    .await;
    // Usually both calls fail for the same reason, so one of them is reported.
    let scopes = if_known(scopes, "cannot read the scopes of this task")?;
    // An offline dry run knows no existing tasks.
    let existing = existing?.filter(|known| scopes.is_some() || !known.is_empty());
    // The responses contain the time of the server, so the clock is checked before the first task.
    clock::check(clock.now(), taskcluster.server_time())?;
    let max_deadline_days = match scopes {
        Some(_) => deadline::max_days(plans, taskcluster, clock.now()).await,
        None => None,
    };
    Ok(Facts {
        scopes,
        existing,
        max_deadline_days,
        secrets: Mask::default(),
    })
}

/// Reads which tasks outside of the plans exist, of those that the plans depend on.
///
/// # Errors
/// Taskcluster does not answer, or does not accept the credentials.
pub async fn existing_dependencies(
    plans: &[&Plan],
    taskcluster: &dyn Taskcluster,
) -> Outcome<Option<BTreeMap<TaskId, TaskStatus>>> {
    let outside: Vec<TaskId> = outside(plans).into_iter().collect();
    if outside.is_empty() {
        return Ok(Some(BTreeMap::new()));
    }
    if_known(
        taskcluster.statuses(&outside).await,
        "cannot check whether the dependencies exist",
    )
}

/// Returns the answer, or `None` if it cannot be known: offline, or without the scope.
fn if_known<T>(answer: Result<T, ApiError>, what: &str) -> Outcome<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_forbidden() || error.is_not_found() => {
            tracing::debug!("{what}, so the queue will decide: {error}");
            Ok(None)
        }
        Err(error) => Err(error.environment(what).into()),
    }
}

/// Returns the tasks that the plans depend on but do not create.
fn outside(plans: &[&Plan]) -> BTreeSet<TaskId> {
    let own: BTreeSet<&TaskId> = creations(plans).map(|task| &task.task_id).collect();
    let all = creations(plans).flat_map(|creation| dependencies(&creation.definition));
    all.filter(|id| is_real(id) && !own.contains(id)).collect()
}

/// Returns whether the queue may know the task; it does not know placeholders.
fn is_real(id: &TaskId) -> bool {
    id.is_slugid() && !id.is_placeholder()
}

/// Checks plans against facts.
///
/// # Errors
/// Everything that would prevent a task from being created or from running, sorted by label, with
/// missing scopes last.
pub fn check(
    plans: &[&Plan],
    options: PreflightOptions,
    now: Timestamp,
    facts: &Facts,
) -> Outcome<()> {
    let mut found = Diagnostics::new();
    let mut own = BTreeMap::new();
    let mut all: Vec<&Creation> = creations(plans).collect();
    all.sort_by(|a, b| (&a.label, a.copy).cmp(&(&b.label, b.copy)));
    for creation in &all {
        check_secrets(creation, &facts.secrets, &mut found);
        if let Some(dates) =
            check_definition(creation, options, now, facts.max_deadline_days, &mut found)
        {
            own.insert(&creation.task_id, DatedTask { creation, dates });
        }
    }
    let first = || all.iter().filter(|creation| creation.copy == 0);
    for planned in first().filter_map(|creation| own.get(&creation.task_id)) {
        check_dependencies(planned, &own, facts, &mut found);
    }
    check_circles(&own, &mut found);
    if let Some(held) = &facts.scopes {
        let mut missing = MissingScopes::default();
        for creation in first() {
            missing.note(creation, held);
        }
        missing.report(&mut found);
    }
    found.or_ok(())
}

/// A task of the plans, with its dates.
struct DatedTask<'p> {
    creation: &'p Creation,
    dates: Dates,
}

impl DatedTask<'_> {
    /// Returns whether a date is relative to the creation of the task.
    fn is_relative(&self, name: &str) -> bool {
        self.creation.definition[name].is_object()
    }

    /// Returns whether the queue still knows the task at the deadline of a dependent.
    ///
    /// Relative dates of the dependent are resolved later, because it is sent later.
    fn outlives(&self, dependent: &DatedTask<'_>) -> bool {
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

/// Checks a definition by itself, and returns its dates.
fn check_definition(
    creation: &Creation,
    options: PreflightOptions,
    now: Timestamp,
    max_deadline_days: Option<i64>,
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
    // Duplicates have the same definition.
    if creation.copy > 0 {
        return Some(dates);
    }
    if !creation.task_id.is_slugid() {
        found.push(creation.about(Diagnostic::user(format!(
            "the queue does not accept the taskId `{}`",
            creation.task_id
        ))));
    }
    let mut by_queue = queue::check(&definition, now, max_deadline_days);
    let concerns = |violation: &Violation, key: &str| violation.path == ValuePath::keys([key]);
    let expiry = ValuePath::keys(["expires-after"]);
    if !creation.provenance.has(&expiry) && by_queue.iter().any(|one| concerns(one, "deadline")) {
        // Nobody wrote the expiry, which is right for most deadlines.
        by_queue.retain(|violation| !concerns(violation, "expires"));
    }
    report(creation, by_queue, "the queue", found);
    if let Some(worker) = payload::worker(&definition).filter(|_| options.payloads) {
        let by_worker = worker.check(&definition, dates);
        report(creation, by_worker, worker.name, found);
    }
    // A deadline that is too far ahead must not cause follow-up errors.
    Some(Dates {
        deadline: dates.deadline.filter(|date| {
            !max_deadline_days.is_some_and(|days| deadline::is_further(*date, days, now))
        }),
        ..dates
    })
}

/// Checks that a definition contains no secret.
fn check_secrets(creation: &Creation, secrets: &Mask, found: &mut Diagnostics) {
    if creation.copy > 0 {
        return;
    }
    if let Some(name) = secrets.held_by(&creation.definition.to_string()) {
        found.push(
            creation.about(
                Diagnostic::user(format!("the definition contains the value of {name}"))
                    .because("task definitions are public")
                    .help("store it in the secrets service, and let the task read it from there"),
            ),
        );
    }
}

fn report(creation: &Creation, violations: Vec<Violation>, who: &str, found: &mut Diagnostics) {
    for violation in violations {
        let mut diagnostic =
            Diagnostic::user(violation.message).because(format!("{who} would reject the task"));
        diagnostic.help = violation.help;
        found.push(creation.about(diagnostic));
    }
}

/// Checks that the dependencies of a task exist, and do not expire too early.
fn check_dependencies(
    planned: &DatedTask<'_>,
    own: &BTreeMap<&TaskId, DatedTask<'_>>,
    facts: &Facts,
    found: &mut Diagnostics,
) {
    let creation = planned.creation;
    let mut refused = |what: String, help: &str| {
        found.push(
            creation.about(
                Diagnostic::user(what)
                    .because("the queue would reject the task")
                    .help(help),
            ),
        );
    };
    let early =
        |what: &str| format!("it depends on {what}, which expires before this task's deadline");
    const HELP: &str = "increase the `expires-after` of that task, or decrease the \
                        `deadline-after` of this one";
    for id in dependencies(&creation.definition) {
        if let Some(dependency) = own.get(&id) {
            if id != creation.task_id && !dependency.outlives(planned) {
                let label = &dependency.creation.label;
                refused(early(&format!("the task `{label}`")), HELP);
            }
            continue;
        }
        let Some(existing) = &facts.existing else {
            continue;
        };
        match existing.get(&id) {
            None if is_real(&id) => refused(
                format!("it depends on the task {id}, which does not exist or has expired"),
                "rebuild that task, or remove the dependency",
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
                    "rebuild that task, or decrease the `deadline-after` of this one",
                );
            }
            _ => {}
        }
    }
}

/// Checks that dependencies are not circular.
fn check_circles(own: &BTreeMap<&TaskId, DatedTask<'_>>, found: &mut Diagnostics) {
    let edges = own.values().flat_map(|planned| {
        let from = &planned.creation.task_id;
        let to = dependencies(&planned.creation.definition);
        to.map(move |to| (from.clone(), to))
    });
    let (alone, edges): (Vec<_>, Vec<_>) = edges.partition(|(from, to)| from == to);
    for planned in alone.iter().filter_map(|(id, _)| own.get(id)) {
        found.push(
            planned.creation.about(
                Diagnostic::user("the task depends on itself, so it would never start")
                    .help("remove that dependency"),
            ),
        );
    }
    let dag = Dag::new(own.keys().map(|id| (*id).clone()), edges);
    if let Err(Cycle(ids)) = dag.dependencies_first() {
        let path = ids.iter().chain(ids.first()).filter_map(|id| own.get(id));
        let path: Vec<&str> = path.map(|task| task.creation.label.as_str()).collect();
        let diagnostic = circular_dependency(&path);
        let first = ids.first().and_then(|id| own.get(id));
        found.push(match first {
            Some(first) => first.creation.about(diagnostic),
            None => diagnostic,
        });
    }
}
