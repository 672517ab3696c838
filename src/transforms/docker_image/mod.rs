//! The transform `docker_image`: creates tasks that build docker images.
//!
//! An image is built from a docker context, which the decision task keeps as an artifact, by the
//! image builder. Its inputs are the hash of the context, its arguments and the image builder.

pub mod context;

use self::context::DockerContext;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json;
use crate::base::suggest;
use crate::base::value::{Object, Value, json, truthy};
use crate::config::graph_config::join;
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::item::object_mut;
use crate::transform::{Context, Item, Transform, checks, each};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.docker_image",
    aliases: &[],
    doc: "creates tasks that build docker images",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: false,
    run,
};

/// The image that builds images. It is an input of every image.
pub const IMAGE_BUILDER: &str = "mozillareleases/image_builder:6.2.0\
    @sha256:f7df722770d6caadea79b2de458e072d8b3d93e59675b34dffb32c3e7e30f5b9";

static INDEX: Schema = Schema {
    name: "index",
    fields: &[
        optional("product", Type::Str, "the product"),
        optional("job-name", Type::Str, "the name of the task in the index"),
        optional(
            "type",
            Type::Str,
            "the type of index routes (default: `generic`)",
        ),
        optional(
            "rank",
            Type::OneOf(&[Type::Literal(&["by-tier", "build_date"]), Type::Int]),
            "the rank in the index (default: `by-tier`)",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "docker_image",
    fields: &[
        required("name", Type::Str, "the name of the image"),
        optional("parent", Type::Str, "the parent image"),
        optional("symbol", Type::Str, "the Treeherder symbol"),
        optional("task-from", Type::Str, "the file that defines the task"),
        optional(
            "args",
            Type::Map(&Type::Str),
            "the arguments of the `Dockerfile`, declared there with `# %ARG`",
        ),
        optional(
            "definition",
            Type::Str,
            "the folder of the image (default: the name)",
        ),
        optional(
            "packages",
            Type::List(&Type::Str),
            "the tasks of the kind `packages` that build the packages to install",
        ),
        optional("index", Type::Struct(&INDEX), "where the task is indexed"),
        optional(
            "cache",
            Type::Bool,
            "whether an earlier image with the same inputs can replace this one (default: true)",
        ),
    ],
    open: false,
    exclusive: &[],
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let packages: Vec<String> = context
        .dependencies
        .iter()
        .filter(|task| task.kind.as_str() == "packages")
        .map(|task| task.label.as_str().replace("packages-", ""))
        .collect();
    each(context, items, |item| {
        item.check(&[], &item.task, &SCHEMA)?;
        let mut wrong = Diagnostics::new();
        let nulls = checks::refuse_null(&item, "", &item.task, &["args", "definition", "packages"]);
        wrong.keep(nulls);
        if let Some(Value::Object(index)) = item.task.get("index") {
            wrong.keep(checks::refuse_null(
                &item,
                "index",
                index,
                &["type", "rank"],
            ));
        }
        let required_packages = checks::strings(item.task.get("packages"));
        for name in required_packages
            .iter()
            .filter(|name| !packages.contains(name))
        {
            let known = packages.iter().map(String::as_str);
            wrong.push(
                item.error_at("packages", format!("unknown package task `{name}`"))
                    .help(suggest::hint(name, known)),
            );
        }
        let hash = wrong.keep(context_hash(context, &item));
        let described = describe(
            context,
            &item,
            &required_packages,
            &hash.unwrap_or_default(),
        );
        let described = wrong.keep(described.map_err(Into::into));
        wrong.or_ok(described)
    })
}

/// The arguments of the `Dockerfile`.
fn arguments(item: &Item) -> Object {
    let arguments = item.task.get("args").and_then(Value::as_object);
    arguments.cloned().unwrap_or_default()
}

/// The hash of the context, which is stored if contexts are wanted.
fn context_hash(context: &Context<'_>, item: &Item) -> Outcome<String> {
    if context.project.fast {
        return Ok("0".repeat(40));
    }
    let files = context.project.files;
    let name = item.str("name").unwrap_or_default();
    let folder = join(
        &context.graph_config().docker_folder(),
        item.str("definition").unwrap_or(name),
    );
    let place = item.error_at("definition", "").place;
    let found = DockerContext::collect(
        files,
        &folder,
        &arguments(item),
        context.project.task_scripts,
    )
    .map_err(|errors| errors.map(|error| error.at(place.clone())))?;
    Ok(match context.project.docker_contexts {
        None => found.hash(files)?,
        // The name becomes that of an artifact and of a file.
        Some(_) if name.contains(['/', '\\', '\0']) => {
            return Err(item
                .error_at("name", format!("invalid image name {name:?}"))
                .help("remove the slashes; set `definition` for a nested folder")
                .into());
        }
        Some(keeper) => {
            let (hash, tar_gz) = found.tar_gz(files, name)?;
            keeper.keep(name, &tar_gz)?;
            hash
        }
    })
}

/// The description of the task.
fn describe(
    context: &Context<'_>,
    item: &Item,
    packages: &[String],
    hash: &str,
) -> Result<Item, Diagnostic> {
    let params = context.params();
    let name = item.str("name").unwrap_or_default();
    let level: i64 = params.level().trim().parse().map_err(|_| {
        Diagnostic::user(format!("the level {:?} is not a number", params.level()))
            .help("set the parameter `level` to `1` or `3`")
    })?;
    let expires = match params.level() {
        "1" => context.graph_config().task_expires_after(),
        _ => "1 year",
    };
    let mut task = Object::from_iter([
        ("label", Value::from(format!("docker-image-{name}"))),
        (
            "description",
            Value::from(format!(
                "Build the docker image {name} for use by dependent tasks"
            )),
        ),
        (
            "attributes",
            json!({"image_name": name, "artifact_prefix": "public"}),
        ),
        ("always-target", Value::Bool(true)),
        ("expires-after", Value::from(expires)),
        ("scopes", json!([])),
        ("run-on-projects", json!([])),
        ("worker-type", Value::from("images")),
        ("worker", worker(context, item, packages, hash, level)),
    ]);
    if let Some(index) = item.task.get("index") {
        task.insert("index", index.clone());
    }
    if let Some(symbol) = item.task.get("symbol").filter(|symbol| truthy(symbol)) {
        let treeherder = json!({
            "symbol": symbol,
            "platform": "taskcluster-images/opt",
            "kind": "other",
            "tier": 1,
        });
        task.insert("treeherder", treeherder);
    }
    let mut sorted = packages.to_vec();
    sorted.sort_unstable();
    for package in sorted {
        let label = Value::from(format!("packages-{package}"));
        object_mut(&mut task, "dependencies").insert(package, label);
    }
    if let Some(parent) = item.str("parent").filter(|parent| !parent.is_empty()) {
        let label = Value::from(format!("docker-image-{parent}"));
        object_mut(&mut task, "dependencies").insert("parent", label);
        let reference = json!({"task-reference": "<parent>"});
        object_mut(object_mut(&mut task, "worker"), "env").insert("PARENT_TASK_ID", reference);
    }
    if item.task.get("cache").is_none_or(truthy) && !context.project.fast {
        let cache = json!({
            "type": "docker-images.v2",
            "name": name,
            "digest-data": inputs(item, hash),
        });
        task.insert("cache", cache);
    }
    Ok(item.with(task))
}

/// The inputs of the image, which determine whether an earlier one can replace it.
fn inputs(item: &Item, hash: &str) -> [String; 3] {
    [
        hash.to_owned(),
        json::compact_sorted(&Value::Object(arguments(item))),
        format!("image-builder-image:{IMAGE_BUILDER}"),
    ]
}

/// The settings of the worker that runs the image builder.
fn worker(
    context: &Context<'_>,
    item: &Item,
    packages: &[String],
    hash: &str,
    level: i64,
) -> Value {
    let params = context.params();
    let name = item.str("name").unwrap_or_default();
    let mut arguments = arguments(item);
    let references: Vec<_> = packages.iter().map(|name| format!("<{name}>")).collect();
    arguments.insert("DOCKER_IMAGE_PACKAGES", Value::from(references.join(" ")));
    json!({
        "implementation": "docker-worker",
        "os": "linux",
        "artifacts": [{
            "type": "file",
            "path": "/workspace/out/image.tar.zst",
            "name": "public/image.tar.zst",
        }],
        "env": {
            "CONTEXT_TASK_ID": {"task-reference": "<decision>"},
            "CONTEXT_PATH": format!("public/docker-contexts/{name}.tar.gz"),
            "HASH": hash,
            "PROJECT": params.project(),
            "IMAGE_NAME": name,
            // Images of higher levels are downloaded often, so better compression pays off.
            "DOCKER_IMAGE_ZSTD_LEVEL": if level == 1 { "3" } else { "10" },
            "DOCKER_BUILD_ARGS": {"task-reference": json::compact(&Value::Object(arguments))},
            "VCS_BASE_REPOSITORY": params.str("base_repository"),
            "VCS_HEAD_REPOSITORY": params.str("head_repository"),
            "VCS_HEAD_REV": params.str("head_rev"),
            "VCS_REPOSITORY_TYPE": params.str("repository_type"),
        },
        "chain-of-trust": true,
        "max-run-time": 7200,
        "docker-image": IMAGE_BUILDER,
    })
}

#[cfg(test)]
mod tests;
