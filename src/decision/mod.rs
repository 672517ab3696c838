//! The decision: runs the phases, writes the artifacts, and creates the tasks.
//!
//! [`Phases`] runs the phases up to any of them, for commands that show graphs. [`run`] does what a
//! decision task does: it writes every artifact, and creates the first task only after the whole
//! graph has been checked. Release promotion uses [`generate`] and [`Generated::prepare`] directly,
//! to check the graph before it is created.

pub mod artifact;
mod context;
mod existing_tasks;
mod extensions;
pub mod flags;
pub mod flavor_chain;
pub mod index;
mod optimize_rerun;
mod overrides;
pub mod parameters;
mod phases;
mod prepare;
mod production;
mod project;
pub mod python_needs;
mod remote;

use std::sync::{Mutex, PoisonError};

use crate::base::diagnostic::Outcome;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::morph::MorphedTaskGraph;
use crate::optimize::OptimizedTaskGraph;
use crate::submit::{Created, submit_with_retry};

pub use context::Context;
pub use extensions::native_tables;
pub use optimize_rerun::optimize_rerun;
pub use phases::{FullTasks, Phases, Selection, vcs_diagnostic};
pub use prepare::{
    DecisionOptions, Generated, Prepared, Targets, generate, plan_graph, scheduler_id,
};

/// The result of a decision.
#[derive(Debug, Clone)]
pub struct DecisionReport {
    /// The optimized graph with its reasons.
    pub optimized: OptimizedTaskGraph,
    /// The graph that was created.
    pub morphed: MorphedTaskGraph,
    /// The created tasks.
    pub created: Vec<Created>,
}

/// Generates the graph, writes the artifacts, and creates the tasks in the group of the decision task.
///
/// # Errors
/// Every mistake of the first phase that has any; then no task was created. Or every task that could
/// not be created.
pub async fn run(
    context: Context<'_>,
    graph_config: &GraphConfig,
    params: &Parameters,
    options: &DecisionOptions<'_>,
) -> Outcome<DecisionReport> {
    let generated = generate(context, graph_config, params, options, &[], &|_| Ok(()))?;
    let prepared = generated.prepare().await?;
    submit(context, options, &generated, prepared).await
}

/// Creates the tasks of a prepared graph in the group of the decision task.
///
/// If another task takes a taskId of the graph while it is created, only the phases from optimization
/// on are repeated.
///
/// # Errors
/// Everything that would prevent a task from being created or from running; then no task was created. Or
/// every task that could not be created.
pub async fn submit(
    context: Context<'_>,
    options: &DecisionOptions<'_>,
    generated: &Generated<'_>,
    prepared: Prepared,
) -> Outcome<DecisionReport> {
    let prepared = &Mutex::new(Some(prepared));
    let report = submit_with_retry(|| {
        Box::pin(async move {
            let first = prepared
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            let prepared = match first {
                Some(prepared) => prepared,
                None => generated.prepare().await?,
            };
            let created = prepared.submit(context, options).await?;
            Ok(DecisionReport {
                optimized: prepared.optimized,
                morphed: prepared.morphed,
                created,
            })
        })
    });
    Ok(report.await?)
}
