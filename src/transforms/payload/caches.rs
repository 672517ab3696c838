//! The caches of docker-worker tasks.
//!
//! `run-task` checks its caches, so only tasks with the same `run-task` share a cache: its name ends
//! in a part of the digest of that script, and the taskId of the image. For an image that is not in
//! the tree, whose content is unknown, it ends in a part of the digest of the image's name.

use super::cache_key::{CacheKey, CachePayload};
use super::images::Images;
use super::worker::{entry_text, worker_list};
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::sha256;
use crate::base::value::{List, Object, Value, truthy};
use crate::transform::item::{Variables, list_mut};
use crate::transform::{Context, Item};

/// Changing it gives every task new caches.
const VERSION: &str = "v3";

/// Adds the caches of `worker` to the payload, their scopes to the definition, and variables for
/// `run-task`.
///
/// # Errors
/// If a cache has no name or no mount point.
pub(super) fn add(
    images: &Images<'_, '_>,
    item: &Item,
    worker: &Object,
    under_run_task: bool,
    [definition, payload]: [&mut Object; 2],
    variables: &mut Variables,
) -> Result<(), Diagnostic> {
    let untrusted = is_untrusted(images.context())?;
    let Some(listed) = worker_list(item, worker, "caches")?.cloned() else {
        return Ok(());
    };
    let key = CacheKey {
        listed,
        image: worker.get("docker-image").cloned(),
        under_run_task,
        untrusted,
    };
    let shared = images.caches.get(key, |key| make(images, item, key))?;
    if !shared.scopes.is_empty() {
        list_mut(definition, "scopes").extend(shared.scopes);
    }
    if under_run_task {
        variables.push(("TASKCLUSTER_CACHES", shared.mounts));
    }
    if untrusted {
        variables.push(("TASKCLUSTER_UNTRUSTED_CACHES", Value::from("1")));
    }
    payload.insert("cache", shared.caches);
    Ok(())
}

fn make(images: &Images<'_, '_>, item: &Item, key: &CacheKey) -> Result<CachePayload, Diagnostic> {
    let context = images.context();
    let suffix = if key.under_run_task {
        suffix(context, key.image.as_ref())
    } else {
        VERSION.to_owned()
    };
    let mut caches = Object::new();
    let mut scopes = List::new();
    for cache in &key.listed {
        // Some caches must not be used by untrusted tasks.
        if key.untrusted && cache.get("skip-untrusted").is_some_and(truthy) {
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
        scopes.push(reference(scope));
        caches.insert(name, Value::from(mount));
    }
    let mut mounts: Vec<&str> = caches.values().filter_map(Value::as_str).collect();
    mounts.sort_unstable();
    let mounts = Value::from(mounts.join(";"));
    Ok(CachePayload {
        caches: reference(Value::Object(caches)),
        scopes,
        mounts,
    })
}

fn reference(value: Value) -> Value {
    Value::Object(Object::from_iter([("task-reference", value)]))
}

fn is_untrusted(context: &Context<'_>) -> Result<bool, Diagnostic> {
    let level = context.params().level();
    match level.trim().parse::<i64>() {
        Ok(level) => Ok(level == 1),
        Err(_) => Err(
            Diagnostic::user(format!("the level {level:?} is not a number"))
                .help("set the parameter `level` to `1` or `3`"),
        ),
    }
}

fn suffix(context: &Context<'_>, image: Option<&Value>) -> String {
    let script = context.project.task_scripts.cache_suffix();
    match image {
        Some(Value::String(image)) => {
            let digest = sha256(image.as_bytes());
            format!("{VERSION}-{script}{}", &digest[..12])
        }
        _ => format!("{VERSION}-{script}-<docker-image>"),
    }
}
