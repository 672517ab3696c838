//! The transform `fetch`: creates tasks that download something and publish it as an artifact.
//!
//! Downloads never change, so tasks with the same inputs are cached forever. [`FETCH_TYPES`] is the
//! table of types.

pub mod fetch_type;
mod git;
mod static_url;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::posix;
use crate::base::suggest;
use crate::base::value::{Object, Value, truthy};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::cache::{self, CacheEntry};
use crate::transform::{Context, Item, Transform, checks, each};

use self::fetch_type::{FetchType, Fetched, UPLOADS};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "taskgraph.transforms.fetch",
    aliases: &[],
    doc: "creates tasks that download files or repositories and publish them as artifacts",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: false,
    run,
};

static FETCH: Schema = Schema {
    name: "fetch",
    fields: &[required(
        "type",
        Type::Str,
        "the type of fetch, e.g. `static-url`",
    )],
    open: true,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "fetch",
    fields: &[
        required("name", Type::Str, "the name of the task"),
        required("description", Type::Str, "a description of the fetch"),
        required("fetch", Type::Struct(&FETCH), "what to fetch"),
        optional("task-from", Type::Str, "the file that defines the task"),
        optional(
            "expires-after",
            Type::Str,
            "when the task expires (default: `1000 years` on level 3, else `task-expires-after` in config.yml)",
        ),
        optional(
            "docker-image",
            Type::Any,
            "the image to run in (default: the in-tree image `fetch`)",
        ),
        optional(
            "fetch-alias",
            Type::Str,
            "another name under which tasks can fetch it",
        ),
        optional(
            "artifact-prefix",
            Type::Str,
            "the folder of the artifact (default: `public`, which can be read without scopes)",
        ),
        optional(
            "attributes",
            Type::Map(&Type::Any),
            "attributes of the task",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The type of cache.
const CACHE: &str = "content.v1";

/// Every type of fetch.
pub static FETCH_TYPES: &[FetchType] = &[git::TYPE, static_url::TYPE];

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    each(context, items, |item| {
        item.check(&[], &item.task, &SCHEMA)?;
        checks::refuse_null(&item, "", &item.task, &["artifact-prefix", "attributes"])?;
        let empty = Object::new();
        let fetch = item.task.get("fetch").and_then(Value::as_object);
        let fetch = fetch.unwrap_or(&empty);
        let kind = fetch_type(&item, fetch)?;
        item.check(&["fetch"], fetch, kind.schema)?;
        let fetched = (kind.make)(context, &item, fetch)?;
        Ok([describe(context, &item, fetched)?])
    })
}

fn fetch_type(item: &Item, fetch: &Object) -> Result<&'static FetchType, Diagnostic> {
    let name = fetch
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let found = FETCH_TYPES.iter().find(|kind| kind.name == name);
    found.ok_or_else(|| {
        item.error_at("fetch.type", format!("unknown fetch type `{name}`"))
            .help(suggest::hint_native(
                name,
                FETCH_TYPES.iter().map(|kind| kind.name),
            ))
    })
}

/// The description of the task.
fn describe(context: &Context<'_>, item: &Item, fetched: Fetched) -> Result<Item, Diagnostic> {
    let config = context.graph_config();
    let field = |key: &str, default: Value| item.task.get(key).cloned().unwrap_or(default);
    let name = item.str("name").unwrap_or_default();
    let label = format!("fetch-{name}");
    let prefix = item.str("artifact-prefix").unwrap_or("public");
    let expires = match context.params().level() {
        // Downloads never change, so they do not expire.
        "3" => "1000 years",
        _ => config.task_expires_after(),
    };
    let mut attributes = match item.task.get("attributes") {
        Some(Value::Object(attributes)) => attributes.clone(),
        _ => Object::new(),
    };
    let artifact = posix::join(prefix, &fetched.artifact_name);
    attributes.insert("fetch-artifact", Value::from(artifact));
    if let Some(alias) = item.task.get("fetch-alias").filter(|alias| truthy(alias)) {
        attributes.insert("fetch-alias", alias.clone());
    }
    let mut env = fetched.env;
    env.insert("UPLOAD_DIR", Value::from(UPLOADS));
    let image = crate::base::value::json!({"in-tree": "fetch"});
    let task = crate::base::value::json!({
        "attributes": attributes,
        "name": name,
        "description": field("description", Value::Null),
        "expires-after": field("expires-after", Value::from(expires)),
        "label": label,
        "run-on-projects": [],
        "run": {
            "using": "run-task",
            "checkout": false,
            "command": fetched.command,
        },
        "worker-type": "images",
        "worker": {
            "chain-of-trust": true,
            "docker-image": field("docker-image", image),
            "env": env,
            "max-run-time": 900,
            "artifacts": [{"type": "directory", "name": prefix, "path": UPLOADS}],
        },
    });
    let mut described = item.with(match task {
        Value::Object(task) => task,
        _ => Object::new(),
    });
    if config.values().contains_key("treeherder") {
        let treeherder = crate::base::value::json!({
            "symbol": format!("Fetch({name})"),
            "kind": "build",
            "platform": "fetch/opt",
            "tier": 1,
        });
        described.task.insert("treeherder", treeherder);
    }
    if let Some(secret) = fetched.secret {
        let scope = Value::from(format!("secrets:get:{secret}"));
        described.list_mut("scopes").push(scope);
        let worker = described.object_mut("worker");
        worker.insert("taskcluster-proxy", Value::Bool(true));
    }
    if context.project.fast {
        return Ok(described);
    }
    let cached = CacheEntry {
        kind: CACHE.to_owned(),
        name: label.replacen(&format!("{}-", context.kind), "", 1),
        digest: cache::digest(&fetched.inputs),
    };
    cache::add_optimization(context, &mut described, &cached)?;
    Ok(described)
}

#[cfg(test)]
mod tests;
