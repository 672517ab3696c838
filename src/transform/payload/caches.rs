//! The caches of docker-worker tasks.
//!
//! `run-task` checks that caches are what it expects, so a cache is only shared by tasks that run
//! the same `run-task`: its name ends in a part of the digest of that script, and in the taskId of
//! the image, or in a part of the digest of the name of an image that is not in the tree (what that
//! one holds cannot be known).

use super::{add_scope, entry_text, worker_list};
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::sha256;
use crate::base::value::{Object, Value, truthy};
use crate::transform::item::object_mut;
use crate::transform::{Context, Item};

/// Changing it gives every task new caches.
const VERSION: &str = "v3";

/// Adds the caches of `worker` to the payload, and their scopes to the definition.
///
/// # Errors
/// When one has no name or no mount point.
pub(super) fn add(
    context: &Context<'_>,
    item: &Item,
    worker: &mut Object,
    under_run_task: bool,
    [definition, payload]: [&mut Object; 2],
) -> Result<(), Diagnostic> {
    let untrusted = is_untrusted(context)?;
    let Some(listed) = worker_list(item, worker, "caches")?.cloned() else {
        return Ok(());
    };
    let suffix = if under_run_task {
        suffix(context, worker)
    } else {
        VERSION.to_owned()
    };
    let mut caches = Object::new();
    for cache in &listed {
        // What some caches need cannot be guaranteed for tasks that anybody may have written.
        if untrusted && cache.get("skip-untrusted").is_some_and(truthy) {
            continue;
        }
        let name = format!(
            "{}-level-{}-{}-{suffix}",
            context.graph_config().trust_domain(),
            context.params().level(),
            entry_text(item, cache, ["caches", "name"])?,
        );
        let mount = entry_text(item, cache, ["caches", "mount-point"])?;
        let scope = Value::from(format!("docker-worker:cache:{name}"));
        add_scope(definition, reference(scope));
        caches.insert(name, Value::from(mount));
    }
    let env = object_mut(worker, "env");
    if under_run_task {
        let mut mounts: Vec<&str> = caches.values().filter_map(Value::as_str).collect();
        mounts.sort_unstable();
        let mounts = Value::from(mounts.join(";"));
        env.insert("TASKCLUSTER_CACHES", mounts);
    }
    if untrusted {
        env.insert("TASKCLUSTER_UNTRUSTED_CACHES", Value::from("1"));
    }
    payload.insert("cache", reference(Value::Object(caches)));
    Ok(())
}

fn reference(value: Value) -> Value {
    Value::Object(Object::from_iter([("task-reference", value)]))
}

fn is_untrusted(context: &Context<'_>) -> Result<bool, Diagnostic> {
    let level = context.params().level();
    match level.trim().parse::<i64>() {
        Ok(level) => Ok(level == 1),
        Err(_) => Err(Diagnostic::user(format!(
            "parameters: `level` is {level:?}, which is no number"
        ))
        .help("levels are `1` and `3`")),
    }
}

fn suffix(context: &Context<'_>, worker: &Object) -> String {
    let script = context.project.run_task.cache_suffix();
    match worker.get("docker-image") {
        Some(Value::String(image)) => {
            let digest = sha256(image.as_bytes());
            format!("{VERSION}-{script}{}", &digest[..12])
        }
        _ => format!("{VERSION}-{script}-<docker-image>"),
    }
}
