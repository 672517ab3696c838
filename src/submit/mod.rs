//! Creates the tasks of a graph on the queue, each exactly once.
//!
//! Input: an [`IdGraph`](crate::model::id_graph::IdGraph) whose references are resolved. Output: the
//! tasks that exist on the queue, and every problem.
//!
//! 1. [`plan()`] completes each definition (task group, scheduler, the dependency on the decision
//!    task), adds duplicates, and puts all tasks in order. It is a pure function.
//! 2. [`reconcile()`] compares the plan with the task group: which tasks exist and are kept
//!    ([`group`]), and which taskIds other tasks have. It resolves the graph again until no id is
//!    taken.
//! 3. [`preflight`] checks all definitions against the rules of the queue and of the workers, and
//!    against the available scopes.
//! 4. [`execute()`] creates the tasks. A task is sent when its dependencies exist; transient failures
//!    are retried; dependents of a failed task are skipped.
//! 5. [`confirm()`] compares the task group with the plan again, and cancels tasks that this run does
//!    not want ([`obsolete`]).
//!
//! [`submission`] runs steps 3 to 5, and repeats everything that depends on taskIds if another task
//! takes one while tasks are created.
//!
//! Tasks without a dependency in the graph depend on the decision task, which is still running, so no
//! task starts before the whole graph exists. A run that was interrupted can be repeated.

pub mod compare;
pub mod confirm;
mod context;
pub mod execute;
pub mod group;
mod limits;
pub mod obsolete;
pub mod own_run;
pub mod plan;
pub mod preflight;
mod problem;
mod progress;
pub mod reconcile;
pub mod recorder;
pub mod report;
mod sleeper;
pub mod submission;
pub mod summary;
mod throttle;

pub use confirm::confirm;
pub use context::SubmitContext;
pub use execute::{Ports, execute};
pub use limits::SubmitLimits;
pub use own_run::OwnRun;
pub use plan::{Plan, PlanOptions, plan};
pub use preflight::PreflightOptions;
pub use reconcile::{Reconciled, Resolved, Resolver, reconcile};
pub use recorder::Recorder;
pub use report::{Created, Events, SubmitError, SubmitEvent, SubmitProgress, SubmitReport};
pub use sleeper::{Sleeper, TokioSleeper};
pub use submission::{
    Attempt, Submission, SubmitOptions, preflight_all, submit, submit_all, submit_plan,
    submit_with_retry,
};
