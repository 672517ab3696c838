//! The first phases: from kinds to the full task graph.
//!
//! 1. [`full_task_set`] runs every kind's loader and transforms, each kind as soon as those that it
//!    depends on are done, several at a time.
//! 2. [`full_task_graph`] adds an edge for each dependency.
//!
//! Tasks are in the order of their kinds ([`KindGraph::in_order`]), and within a kind in the order
//! in which its last transform yields them, regardless of the number of threads.

mod delegate;
mod entries;
mod estimate;
mod native;
mod pipeline;
mod run_kind;
mod schedule;
pub mod trace;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::name::KindName;
use crate::base::text::plural;
use crate::base::value::Value;
use crate::custom::Custom;
use crate::kind::KindGraph;
use crate::model::label_graph::LabelGraph;
use crate::model::task::Task;
use crate::ports::cache::Cache;
use crate::transform::context::Project;
use estimate::Times;

/// All tasks that any kind describes, without edges.
#[derive(Debug, Clone)]
pub struct FullTaskSet(pub LabelGraph);

/// All tasks that any kind describes, with an edge for each dependency.
#[derive(Debug, Clone)]
pub struct FullTaskGraph(pub LabelGraph);

/// Runs every kind. The cache keeps how long kinds take, which decides which is started first.
///
/// # Errors
/// All mistakes in kinds whose dependencies have none, and duplicate labels.
pub fn full_task_set(
    project: &Project<'_>,
    kinds: &KindGraph,
    custom: Option<&Custom<'_>>,
    cache: Option<&dyn Cache>,
) -> Outcome<FullTaskSet> {
    let run = || match custom {
        None => run_kinds(project, kinds, None, &Times::new()).map(|(tasks, _)| tasks),
        Some(_) => {
            let times = estimate::times(kinds, cache);
            let (tasks, times) = run_kinds(project, kinds, custom, &times)?;
            estimate::keep(&times, cache);
            Ok(tasks)
        }
    };
    // A thread that waits for Python is blocked, so additional threads are used. Kinds that run
    // completely in Python need none, and go to the first free worker.
    let mixed = custom.filter(|custom| custom.whole.is_none());
    let more = mixed.map(|_| rayon::current_num_threads() + WAITING);
    let pool = more.and_then(|count| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count);
        pool.build().ok()
    });
    let tasks = pool.map_or_else(run, |pool| pool.install(run))?;
    LabelGraph::set(tasks).map(FullTaskSet)
}

/// The number of additional threads if kinds wait for Python.
const WAITING: usize = 2;

/// How long a kind has taken.
type TimeTaken = (KindName, Duration);

fn run_kinds(
    project: &Project<'_>,
    kinds: &KindGraph,
    custom: Option<&Custom<'_>>,
    times: &Times,
) -> Outcome<(Vec<Arc<Task>>, Vec<TimeTaken>)> {
    let taken = Mutex::new(Vec::new());
    let tasks = schedule::run_all(kinds, times, |kind, dependencies| {
        let start = Instant::now();
        let span = tracing::info_span!(
            target: "timing", "kind", kind = %kind.name, tasks = tracing::field::Empty
        );
        let tasks = run_kind::run(project, custom, kind, dependencies)?;
        span.record("tasks", tasks.len() as u64);
        drop(span);
        let cache = custom.and_then(|custom| custom.kind_cache.as_ref());
        if !cache.is_some_and(|cache| cache.is_taken(kind.name.as_str())) {
            let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.push((kind.name.clone(), start.elapsed()));
        }
        let count = plural(tasks.len(), "task");
        tracing::info!("Generated {count} for kind {}", kind.name);
        Ok(tasks)
    })?;
    let taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((tasks, taken))
}

/// The references of loaders and transforms in kinds that are not built in.
#[must_use]
pub fn custom_references(kinds: &KindGraph) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for kind in kinds.in_order() {
        found.extend(pipeline::custom_loader(kind).map(str::to_owned));
        let names = kind.config.get("transforms").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        let own = names.filter(|name| crate::transforms::find(name).is_none());
        found.extend(own.map(str::to_owned));
    }
    found
}

/// Reports the loaders and transforms that are not built in and cannot run without Python. Adds the
/// reason, unless all of them look like typos.
///
/// # Errors
/// If there is a loader or transform that is not built in.
pub fn refuse_custom(kinds: &KindGraph, why: Diagnostics) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    for kind in kinds.in_order() {
        wrong.keep(entries::find_transforms(kind).map(|_| ()));
    }
    let slip = |help: &String| help.starts_with("did you mean");
    if wrong.is_empty() || !wrong.iter().all(|one| one.help.as_ref().is_some_and(slip)) {
        wrong.extend(why);
    }
    wrong.or_ok(())
}

/// Adds the edges.
///
/// # Errors
/// Every dependency that does not exist, and a cycle if there is one.
pub fn full_task_graph(set: &FullTaskSet) -> Outcome<FullTaskGraph> {
    set.0.with_edges().map(FullTaskGraph)
}
