//! The payload of generic-worker, which runs commands on a machine of any operating system.

use super::contract::Payload;
use super::images::Images;
use super::worker::{add_scope, sccache, take_worker, worker_list};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::value::{List, Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::fields::{self, Preset};
use crate::transform::item::{list_mut, object_mut};
use crate::transform::{Context, Item};

static ARTIFACT: Schema = Schema {
    name: "artifact",
    fields: &[
        required(
            "type",
            Type::Literal(&["file", "directory"]),
            "a file, or a folder with all its contents",
        ),
        required("path", Type::Str, "the path"),
        optional(
            "name",
            Type::Str,
            "the name of the artifact (default: the path)",
        ),
    ],
    open: false,
    exclusive: &[],
};

static CONTENT: Schema = Schema {
    name: "content",
    fields: &[
        optional("artifact", Type::Str, "the artifact with the content"),
        optional("task-id", Type::TaskRef, "the task with the artifact"),
        optional("url", Type::Str, "the public URL of the content"),
    ],
    open: false,
    exclusive: &[],
};

static MOUNT: Schema = Schema {
    name: "mount",
    fields: &[
        optional("cache-name", Type::Str, "the name of the cache"),
        optional(
            "content",
            Type::Struct(&CONTENT),
            "the content; for a cache, the initial content",
        ),
        optional("directory", Type::Str, "the folder to mount it at"),
        optional("file", Type::Str, "the file to mount it at"),
        optional(
            "format",
            Type::Literal(&["rar", "tar.bz2", "tar.gz", "zip"]),
            "the archive format of the content",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: generic-worker",
    fields: &[
        required("implementation", Type::Literal(&["generic-worker"]), ""),
        required(
            "os",
            Type::Literal(&["windows", "macosx", "linux", "linux-bitbar"]),
            "",
        ),
        required(
            "command",
            Type::List(&Type::Any),
            "the commands: strings on Windows, lists of words elsewhere",
        ),
        required("env", Type::Map(&Type::TaskRef), "environment variables"),
        required("max-run-time", Type::Int, "the time limit, in seconds"),
        required(
            "chain-of-trust",
            Type::Bool,
            "whether the worker signs the task's definition and artifacts",
        ),
        optional(
            "artifacts",
            Type::List(&Type::Struct(&ARTIFACT)),
            "the artifacts to upload",
        ),
        optional(
            "mounts",
            Type::List(&Type::Struct(&MOUNT)),
            "the files, folders and caches to mount",
        ),
        optional(
            "retry-exit-status",
            Type::List(&Type::Int),
            "exit codes that cause a retry",
        ),
        optional(
            "purge-caches-exit-status",
            Type::List(&Type::Int),
            "exit codes after which the worker purges the task's caches",
        ),
        optional(
            "os-groups",
            Type::List(&Type::Str),
            "operating system groups that the task's user is added to",
        ),
        optional(
            "run-as-administrator",
            Type::Bool,
            "whether the task runs as administrator",
        ),
        optional(
            "run-task-as-current-user",
            Type::Bool,
            "whether the task runs as the worker's user",
        ),
        optional(
            "taskcluster-proxy",
            Type::Bool,
            "whether the task can use the Taskcluster proxy",
        ),
        optional(
            "hide-cmd-window",
            Type::Bool,
            "whether to hide the window of the command",
        ),
        optional("skip-artifacts", Type::Bool, ""),
    ],
    open: true,
    exclusive: &[],
};

/// `generic-worker`
pub static GENERIC_WORKER: Payload = Payload {
    name: "generic-worker",
    doc: "Runs commands on a machine of any operating system.",
    schema: &SCHEMA,
    defaults: &[
        ("env", Preset::Map),
        ("os-groups", Preset::List),
        ("chain-of-trust", Preset::Bool(false)),
    ],
    automation: true,
    build,
};

/// Exit codes on Windows for a process that was killed at shutdown, and for one that was interrupted.
const INTERRUPTED: [i64; 2] = [1_073_807_364, 3_221_225_786];

/// Features by their setting, with the prefix of the required scope.
static FEATURES: &[(&str, &str, Option<&str>)] = &[
    ("chain-of-trust", "chainOfTrust", None),
    ("taskcluster-proxy", "taskclusterProxy", None),
    (
        "run-as-administrator",
        "runAsAdministrator",
        Some("generic-worker:run-as-administrator"),
    ),
    (
        "run-task-as-current-user",
        "runTaskAsCurrentUser",
        Some("generic-worker:run-task-as-current-user"),
    ),
    ("hide-cmd-window", "hideCmdWindow", None),
];

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let mut worker = take_worker(item)?;
    let mut payload = Object::new();
    let get = |key: &str| worker.get(key).cloned().unwrap_or_default();
    payload.insert("command", get("command"));
    payload.insert("maxRunTime", get("max-run-time"));
    let codes = exit_codes(item, &worker)?;
    if !codes.is_empty() {
        payload.insert("onExitStatus", Value::Object(codes));
    }
    let artifacts = worker_list(item, &worker, "artifacts")?
        .cloned()
        .unwrap_or_default();
    if !artifacts.is_empty() {
        payload.insert("artifacts", Value::from(artifacts));
    }
    let mounts = mounts(images.context(), item, &worker, definition)?;
    if !mounts.is_empty() {
        payload.insert("mounts", Value::from(mounts));
    }
    let worker_type = item.str("worker-type").unwrap_or_default();
    let groups = worker.get("os-groups").filter(|groups| truthy(groups));
    if let Some(groups) = groups {
        payload.insert("osGroups", groups.clone());
        for group in groups
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            add_scope(
                definition,
                format!("generic-worker:os-group:{worker_type}/{group}"),
            );
        }
    }
    let mut features = Object::new();
    for (key, name, scope) in FEATURES {
        if worker.get(key).is_some_and(truthy) {
            features.insert((*name).to_owned(), Value::Bool(true));
            if let Some(scope) = scope {
                add_scope(definition, format!("{scope}:{worker_type}"));
            }
        }
    }
    if !features.is_empty() {
        payload.insert("features", Value::Object(features));
    }
    let used = item.task.get("needs-sccache").is_some_and(truthy);
    object_mut(&mut worker, "env").extend(sccache(used).iter().copied());
    let env = worker.shift_remove("env").unwrap_or_default();
    payload.insert("env", env);
    definition.insert("payload", Value::Object(payload));
    Ok(())
}

fn exit_codes(item: &Item, worker: &Object) -> Result<Object, Diagnostic> {
    let mut codes = Object::new();
    for (name, key) in [
        ("retry", "retry-exit-status"),
        ("purgeCaches", "purge-caches-exit-status"),
    ] {
        if let Some(all) = worker.get(key) {
            codes.insert(name.to_owned(), all.clone());
        }
    }
    if worker.get("os").is_some_and(|os| os == "windows") {
        worker_list(item, worker, "retry-exit-status")?;
        list_mut(&mut codes, "retry").extend(INTERRUPTED.map(Value::from));
    }
    Ok(codes)
}

/// The mounts in the worker's form. Adds the required scopes to the definition.
fn mounts(
    context: &Context<'_>,
    item: &Item,
    worker: &Object,
    definition: &mut Object,
) -> Result<List, Diagnostic> {
    let mut mounts = worker_list(item, worker, "mounts")?
        .cloned()
        .unwrap_or_default();
    for mount in mounts.iter_mut().filter_map(Value::as_object_mut) {
        if let Some(name) = mount.shift_remove("cache-name") {
            let Value::String(name) = name else {
                let path = ["worker", "mounts", "cache-name"];
                return Err(fields::wrong_type(&item.origin, &path, "a string", &name));
            };
            let name = format!(
                "{}-level-{}-{name}",
                context.graph_config().trust_domain(),
                context.params().level()
            );
            add_scope(definition, format!("generic-worker:cache:{name}"));
            mount.insert("cacheName", Value::from(name));
        }
        match mount.get_mut("content") {
            None => {}
            Some(Value::Object(content)) => content_names(item, content, definition)?,
            Some(other) => {
                let path = ["worker", "mounts", "content"];
                return Err(fields::wrong_type(&item.origin, &path, "a mapping", other));
            }
        }
    }
    Ok(mounts)
}

fn content_names(
    item: &Item,
    content: &mut Object,
    definition: &mut Object,
) -> Result<(), Diagnostic> {
    if let Some(task) = content.shift_remove("task-id") {
        content.insert("taskId", task);
    }
    match content.get("artifact") {
        None => Ok(()),
        Some(Value::String(artifact)) => {
            if !artifact.starts_with("public/") {
                add_scope(definition, format!("queue:get-artifact:{artifact}"));
            }
            Ok(())
        }
        Some(other) => {
            let path = ["worker", "mounts", "content", "artifact"];
            Err(fields::wrong_type(&item.origin, &path, "a string", other))
        }
    }
}
