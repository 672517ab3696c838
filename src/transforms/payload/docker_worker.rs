//! The payload of docker-worker, which runs a command in a container.

use std::convert::Infallible;

use super::caches;
use super::contract::Payload;
use super::images::Images;
use super::worker::{add_scope, entry_field, entry_text, sccache, take_worker, worker_list};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::posix;
use crate::base::value::{List, Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transform::fields::{self, Preset};
use crate::transform::item::{Variables, list_mut, object_mut};

static CACHE: Schema = Schema {
    name: "cache",
    fields: &[
        optional(
            "type",
            Type::Literal(&["persistent"]),
            "the type of the cache",
        ),
        optional(
            "name",
            Type::Str,
            "the name of the cache; tasks that use the same name share the cache",
        ),
        optional("mount-point", Type::Str, "the path in the container"),
        optional(
            "skip-untrusted",
            Type::Bool,
            "whether tasks on level 1 run without the cache",
        ),
    ],
    open: false,
    exclusive: &[],
};

static ARTIFACT: Schema = Schema {
    name: "artifact",
    fields: &[
        optional(
            "type",
            Type::Literal(&["file", "directory", "volume"]),
            "a file, or a folder with all its contents",
        ),
        optional("path", Type::Str, "the path in the container"),
        optional(
            "name",
            Type::Str,
            "the name of the artifact, or the prefix of the names of the files in the folder",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: docker-worker",
    fields: &[
        required("implementation", Type::Literal(&["docker-worker"]), ""),
        required("os", Type::Literal(&["linux"]), ""),
        required(
            "docker-image",
            Type::OneOf(&[Type::Str, Type::Map(&Type::Str)]),
            "the image: its name, `{in-tree: name}` or `{indexed: path}`",
        ),
        required(
            "chain-of-trust",
            Type::Bool,
            "whether the worker signs the task's definition and artifacts",
        ),
        required(
            "taskcluster-proxy",
            Type::Bool,
            "whether the task can use the Taskcluster proxy",
        ),
        required(
            "allow-ptrace",
            Type::Bool,
            "whether the task can use ptrace",
        ),
        required(
            "loopback-video",
            Type::Bool,
            "whether the task has a virtual camera",
        ),
        required("env", Type::Map(&Type::TaskRef), "environment variables"),
        required("max-run-time", Type::Int, "the time limit, in seconds"),
        optional("volumes", Type::List(&Type::Str), "paths of volumes"),
        optional(
            "caches",
            Type::List(&Type::Struct(&CACHE)),
            "the caches to mount",
        ),
        optional(
            "artifacts",
            Type::List(&Type::Struct(&ARTIFACT)),
            "the artifacts to upload from the container",
        ),
        optional(
            "command",
            Type::List(&Type::TaskRef),
            "the command (default: the command of the image)",
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
        optional("skip-artifacts", Type::Bool, ""),
    ],
    open: true,
    exclusive: &[],
};

/// `docker-worker`
pub static DOCKER_WORKER: Payload = Payload {
    name: "docker-worker",
    doc: "Runs a command in a container.",
    schema: &SCHEMA,
    defaults: &[
        ("chain-of-trust", Preset::Bool(false)),
        ("taskcluster-proxy", Preset::Bool(false)),
        ("allow-ptrace", Preset::Bool(false)),
        ("loopback-video", Preset::Bool(false)),
        ("volumes", Preset::List),
        ("env", Preset::Map),
    ],
    automation: true,
    build,
};

/// The exit code with which `run-task` reports invalid caches.
const PURGE_CACHES: i64 = 72;

fn build(images: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let mut worker = take_worker(item)?;
    let image = image(images, item, &mut worker)?;
    let under_run_task = is_run_task(item, &worker)?;
    let mut variables = Vec::new();
    let features = features(images, item, &worker, definition, &mut variables);
    let mut payload = Object::with_capacity(8);
    payload.insert("image", image);
    if worker.get("loopback-video").is_some_and(truthy) {
        let devices = Object::from_iter([("loopbackVideo", Value::Bool(true))]);
        let devices = Object::from_iter([("devices", Value::Object(devices))]);
        payload.insert("capabilities", Value::Object(devices));
        add_scope(definition, "docker-worker:capability:device:loopbackVideo");
    }
    for (name, key) in [("command", "command"), ("maxRunTime", "max-run-time")] {
        if let Some(value) = worker.get(key) {
            payload.insert(name.to_owned(), value.clone());
        }
    }
    payload.insert(
        "onExitStatus",
        exit_codes(images, item, &worker, under_run_task)?,
    );
    if let Some(artifacts) = artifacts(images, item, &worker, definition)? {
        payload.insert("artifacts", Value::Object(artifacts));
    }
    caches::add(
        images,
        item,
        &worker,
        under_run_task,
        [definition, &mut payload],
        &mut variables,
    )?;
    if under_run_task {
        let volumes = worker.get("volumes").and_then(Value::as_array);
        let mut volumes: Vec<&str> = volumes
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        volumes.sort_unstable();
        if !volumes.is_empty() {
            variables.push(("TASKCLUSTER_VOLUMES", Value::from(volumes.join(";"))));
        }
    }
    let key = (std::mem::take(object_mut(&mut worker, "env")), variables);
    let Ok(env) = images.environments.get(key, |(env, variables)| {
        let mut env = env.clone();
        env.extend(variables.iter().cloned());
        Ok::<_, Infallible>(env)
    });
    payload.insert("env", env);
    if !features.is_empty() {
        payload.insert("features", Value::Object(features));
    }
    definition.insert("payload", Value::Object(payload));
    Ok(())
}

/// The image in the worker's form. An in-tree image becomes a dependency, and adds its volumes.
fn image(images: &Images<'_, '_>, item: &mut Item, worker: &mut Object) -> Outcome<Value> {
    let image = match worker.get("docker-image") {
        Some(Value::Object(image)) => image,
        other => return Ok(other.cloned().unwrap_or_default()),
    };
    let text = |text: &str| Value::from(text);
    if let Some(name) = image
        .get("in-tree")
        .and_then(Value::as_str)
        .map(str::to_owned)
    {
        let dependencies = fields::mapping(item, &["dependencies"])?;
        if dependencies.contains_key("docker-image") {
            return Err(item
                .error_at(
                    "dependencies.docker-image",
                    "a dependency is named `docker-image`",
                )
                .help("rename it; this name is reserved for the image that the task runs in")
                .into());
        }
        let label = Value::from(format!("docker-image-{name}"));
        dependencies.insert("docker-image", label);
        let place = item.error_at("worker.docker-image.in-tree", "").place;
        let declared = images.volumes(&name);
        for volume in declared.map_err(|all| all.map(|d| d.at(place.clone())))? {
            let volumes = list_mut(worker, "volumes");
            if volumes.iter().any(|known| *known == *volume) {
                return Err(item
                    .error_at(
                        "worker.volumes",
                        format!("the volume `{volume}` is declared twice"),
                    )
                    .help(format!(
                        "remove it here; the Dockerfile of `{name}` already declares it"
                    ))
                    .into());
            }
            volumes.push(Value::from(volume));
        }
        let reference = ("task-reference", text("<docker-image>"));
        return Ok(object([
            ("path", text("public/image.tar.zst")),
            ("taskId", Value::Object(Object::from_iter([reference]))),
            ("type", text("task-image")),
        ]));
    }
    match image.get("indexed") {
        Some(path) => Ok(object([
            ("path", text("public/image.tar.zst")),
            ("namespace", path.clone()),
            ("type", text("indexed-image")),
        ])),
        None => Err(item
            .error_at(
                "worker.docker-image",
                "`worker.docker-image` has neither `in-tree` nor `indexed`",
            )
            .help("use `{in-tree: name}`, `{indexed: path}`, or the name of a public image")
            .into()),
    }
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(
        entries
            .map(|(key, value)| (key, value))
            .into_iter()
            .collect(),
    )
}

/// Whether the command is `run-task`, which knows caches and volumes.
fn is_run_task(item: &Item, worker: &Object) -> Result<bool, Diagnostic> {
    let Some(command) = worker_list(item, worker, "command")? else {
        return Ok(false);
    };
    match command.first() {
        Some(Value::String(program)) => Ok(posix::basename(program).starts_with("run-task")),
        Some(_) => Err(item
            .error_at("worker.command", "the command starts with a reference")
            .help("start the command with the name of a program")),
        None => Err(item
            .error_at("worker.command", "the command is empty")
            .help("remove `command` to run the command of the image")),
    }
}

/// The features of the worker, with the scopes that they need.
fn features(
    images: &Images<'_, '_>,
    item: &Item,
    worker: &Object,
    definition: &mut Object,
    variables: &mut Variables,
) -> Object {
    let on = |key: &str| worker.get(key).is_some_and(truthy);
    let mut features = Object::new();
    let mut add = |name: &str| features.insert(name.to_owned(), Value::Bool(true));
    if on("taskcluster-proxy") {
        add("taskclusterProxy");
    }
    if on("allow-ptrace") {
        add("allowPtrace");
        add_scope(definition, "docker-worker:feature:allowPtrace");
    }
    if on("chain-of-trust") {
        add("chainOfTrust");
    }
    let used = item.task.get("needs-sccache").is_some_and(truthy);
    if used {
        add("taskclusterProxy");
        let context = images.context();
        let scope = format!(
            "assume:project:taskcluster:{}:level-{}-sccache-buckets",
            context.graph_config().trust_domain(),
            context.params().level()
        );
        add_scope(definition, scope);
    }
    let sccache_variables = sccache(used).iter();
    variables.extend(sccache_variables.map(|(name, value)| (*name, Value::from(*value))));
    features
}

fn exit_codes(
    images: &Images<'_, '_>,
    item: &Item,
    worker: &Object,
    under_run_task: bool,
) -> Result<Value, Diagnostic> {
    let keys = ["retry-exit-status", "purge-caches-exit-status"];
    let names = ["retry", "purgeCaches"];
    if !under_run_task {
        let lists = names.into_iter().zip(keys.map(|key| worker.get(key)));
        let lists = lists.filter_map(|(name, codes)| Some((name, codes?)));
        return Ok(Value::Object(lists.collect()));
    }
    let lists = [
        worker_list(item, worker, keys[0])?.cloned(),
        worker_list(item, worker, keys[1])?.cloned(),
    ];
    images.exit_codes.get(lists, |lists| {
        let codes = lists.iter().map(|codes| {
            let mut codes = codes.clone().unwrap_or_default();
            codes.push(PURGE_CACHES);
            codes
        });
        Ok(Value::Object(names.into_iter().zip(codes).collect()))
    })
}

/// The artifacts by name, if the key is given; they expire with the task.
fn artifacts(
    images: &Images<'_, '_>,
    item: &Item,
    worker: &Object,
    definition: &Object,
) -> Result<Option<Object>, Diagnostic> {
    let Some(listed) = worker_list(item, worker, "artifacts")? else {
        return Ok(None);
    };
    let expires = definition.get("expires").cloned().unwrap_or_default();
    let key = (listed.clone(), expires);
    let found = images.artifacts.get(key, |(listed, expires)| {
        artifacts_with_expiry(item, listed, expires)
    });
    found.map(Some)
}

fn artifacts_with_expiry(
    item: &Item,
    listed: &List,
    expires: &Value,
) -> Result<Object, Diagnostic> {
    let mut artifacts = Object::new();
    for artifact in listed {
        let name = entry_text(item, artifact, ["artifacts", "name"])?;
        let shown = object([
            (
                "path",
                entry_field(item, artifact, ["artifacts", "path"])?.clone(),
            ),
            (
                "type",
                entry_field(item, artifact, ["artifacts", "type"])?.clone(),
            ),
            ("expires", expires.clone()),
        ]);
        artifacts.insert(name.to_owned(), shown);
    }
    Ok(artifacts)
}
