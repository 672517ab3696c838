//! The caches of docker-worker tasks.
//!
//! `run-task` checks that caches are what it expects, so a cache is only shared by tasks that run
//! the same `run-task`: its name ends in a part of the digest of that script, and in the taskId of
//! the image, or in a part of the digest of the name of an image that is not in the tree (what that
//! one holds cannot be known).

use super::images::Images;
use super::{entry_text, worker_list};
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::sha256;
use crate::base::value::{List, Object, Value, truthy};
use crate::transform::item::{Variables, list_mut};
use crate::transform::{Context, Item};

/// Changing it gives every task new caches.
const VERSION: &str = "v3";

/// What the caches of a task depend on.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    listed: List,
    image: Option<Value>,
    under_run_task: bool,
    untrusted: bool,
}

/// What comes of the caches of a task.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// The mount points, by the names of the caches.
    caches: Value,
    /// What the task has to be allowed.
    scopes: List,
    /// All mount points.
    mounts: Value,
}

/// Adds the caches of `worker` to the payload, their scopes to the definition, and what `run-task`
/// has to know of them to the variables.
///
/// # Errors
/// When one has no name or no mount point.
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
    let asked = Asked {
        listed,
        image: worker.get("docker-image").cloned(),
        under_run_task,
        untrusted,
    };
    let made = images
        .caches
        .get(asked, |asked| make(images, item, asked))?;
    if !made.scopes.is_empty() {
        list_mut(definition, "scopes").extend(made.scopes);
    }
    if under_run_task {
        variables.push(("TASKCLUSTER_CACHES", made.mounts));
    }
    if untrusted {
        variables.push(("TASKCLUSTER_UNTRUSTED_CACHES", Value::from("1")));
    }
    payload.insert("cache", made.caches);
    Ok(())
}

fn make(images: &Images<'_, '_>, item: &Item, asked: &Asked) -> Result<Made, Diagnostic> {
    let context = images.context();
    let suffix = if asked.under_run_task {
        suffix(context, asked.image.as_ref())
    } else {
        VERSION.to_owned()
    };
    let mut caches = Object::new();
    let mut scopes = List::new();
    for cache in &asked.listed {
        // What some caches need cannot be guaranteed for tasks that anybody may have written.
        if asked.untrusted && cache.get("skip-untrusted").is_some_and(truthy) {
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
    Ok(Made {
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
        Err(_) => Err(Diagnostic::user(format!(
            "parameters: `level` is {level:?}, which is no number"
        ))
        .help("levels are `1` and `3`")),
    }
}

fn suffix(context: &Context<'_>, image: Option<&Value>) -> String {
    let script = context.project.run_task.cache_suffix();
    match image {
        Some(Value::String(image)) => {
            let digest = sha256(image.as_bytes());
            format!("{VERSION}-{script}{}", &digest[..12])
        }
        _ => format!("{VERSION}-{script}-<docker-image>"),
    }
}
