//! Purges the caches that a task uses.

use super::action::{Call, triggering_task};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::Value;
use crate::base::worker_pool::WorkerPool;

/// Purges every cache of the task that the action is triggered on, on all workers of its pool.
///
/// # Errors
/// When the task cannot be read, or every cache that could not be purged.
pub async fn caches(call: Call<'_>) -> Outcome<()> {
    let (task_id, definition) = triggering_task(&call, "purge-caches").await?;
    let caches = cache_names(&definition["payload"]);
    if caches.is_empty() {
        tracing::info!("The task {task_id} uses no caches");
        return Ok(());
    }
    let pool = WorkerPool::from_definition(&definition).ok_or_else(|| {
        Diagnostic::user(format!("the definition of {task_id} has no worker pool"))
    })?;
    let taskcluster = call.context.taskcluster()?;
    let mut wrong = Diagnostics::new();
    for cache in caches {
        // Before the call: a dry run reports only what it would have done.
        tracing::info!("Purging the cache {cache} of {pool}");
        match taskcluster.purge_cache(&pool, cache).await {
            Ok(()) => {}
            Err(error) => wrong.push(
                error
                    .diagnostic(format!("cannot purge the cache {cache} of {pool}"))
                    .help_user(
                        "check that the action task has the scope `purge-cache:<pool>:<cache>`",
                    ),
            ),
        }
    }
    wrong.or_ok(())
}

/// Returns the names of the caches in a payload: `cache` of docker-worker, `mounts` of
/// generic-worker.
fn cache_names(payload: &Value) -> Vec<&str> {
    let docker = payload["cache"].as_object().into_iter().flatten();
    let docker = docker.map(|(name, _)| name.as_str());
    let mounts = payload["mounts"].as_array().into_iter().flatten();
    let mounts = mounts.filter_map(|mount| mount["cacheName"].as_str());
    docker.chain(mounts).collect()
}
