//! Creates the tasks of a graph on the queue.
//!
//! Input: an [`IdGraph`](crate::model::id_graph::IdGraph) whose references are resolved. Output: the
//! tasks that stand on the queue, and every problem there was.
//!
//! 1. [`plan()`] is pure. It completes each definition (task group, scheduler, the
//!    dependency on the decision task), adds duplicates, and brings all into an order.
//! 2. [`preflight`] holds all of it against the rules of the queue and of the workers, and against the
//!    scopes that are held.
//! 3. [`execute()`] creates them through the port. A task is sent when its
//!    dependencies stand; a failure that passes is tried again; what depends on a failed task is
//!    skipped; a taskId that is taken by the very same task is a success.
//!
//! [`standing`] says before that what an earlier run has left: what is kept, which ids are not used,
//! and what [`leftovers`] has to cancel. [`confirm()`] says afterwards whether what stands is what is
//! wanted, whoever else was at work meanwhile.
//!
//! Since tasks without a dependency in the graph depend on the decision task, and that still runs,
//! nothing starts before the whole graph stands. Tasks can be created twice without harm, so a run
//! that was interrupted can be repeated.

pub mod compare;
pub mod confirm;
mod course;
pub mod execute;
pub mod leftovers;
pub mod own_run;
mod pace;
pub mod plan;
pub mod preflight;
mod problem;
pub mod recorder;
pub mod standing;
pub mod summary;
mod throttle;

pub use confirm::confirm;
pub use execute::{Ports, SubmitEvent, SubmitReport, execute};
pub use own_run::OwnRun;
pub use pace::{Pace, Sleeper, TokioSleeper};
pub use plan::{Plan, SubmitOptions, plan};
pub use recorder::Recorder;
