//! Builds the definition of a task.

use super::common::Common;
use super::sound::Sound;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::path::ValuePath;
use crate::base::pyformat::{self, Scope};
use crate::base::suggest;
use crate::base::value::{List, Object, Str, Value, text, truthy};
use crate::base::worker_pool::WorkerPool;
use crate::config::keyed_by::{self, Options};
use crate::transform::{Context, Item, fields};
use crate::transforms::payload::{Images, Payload};

/// Creates the finished item of a checked task description, in which the keys that are not `sound` are
/// not read.
///
/// # Errors
/// `wrong`, and what else is found: if the worker, the scopes or the conditions of the task are invalid.
pub fn build(
    images: &Images<'_, '_>,
    common: &Common,
    payload: Option<&Payload>,
    mut item: Item,
    sound: &Sound,
    mut wrong: Diagnostics,
) -> Outcome<Item> {
    let context = images.context();
    wrong.keep(set_default_times(context, common, &mut item));
    let mut definition = match sound.all(&["worker-type"]) {
        true => {
            let alias = Str::from(item.str("worker-type").unwrap_or_default());
            let pool = common
                .worker_pools
                .get(alias, |alias| worker_pool(context, &item, alias));
            if let Some((pool, id)) = wrong.keep(pool.map_err(Into::into)) {
                item.task.insert("worker-type", Value::from(id));
                wrong.keep(definition(context, common, &mut item, &pool, sound))
            } else {
                None
            }
        }
        false if sound.all(&["scopes"]) => {
            wrong.keep(scopes(context, &mut item));
            None
        }
        false => None,
    }
    .unwrap_or_default();
    if let Some(payload) = payload
        && sound.all(&["worker", "dependencies", "attributes", "scopes", "routes"])
    {
        wrong.keep((payload.build)(images, &mut item, &mut definition));
        if payload.automation {
            mark_automation(common, &mut definition);
        }
    }
    if sound.all(&["attributes"]) {
        wrong.keep(set_run_on_attributes(&mut item).map_err(Into::into));
    }
    if sound.all(&["dependencies", "if-dependencies"]) {
        wrong.keep(resolve_if_dependencies(&mut item));
    }
    if context.params().str("repository_type") == "git" {
        // GitHub shows the tasks with this route for a commit.
        crate::transform::item::list_mut(&mut definition, "routes").push(Value::from("checks"));
    }
    if sound.all(&["extra"]) {
        wrong.keep(record_image(&item, &mut definition).map_err(Into::into));
    }
    wrong.or_ok(())?;
    let mut take = |key: &'static str, default: Value| {
        let value = item.task.get_mut(key).map(Value::take);
        (key, value.unwrap_or(default))
    };
    let finished = [
        take("label", Value::Null),
        take("description", Value::Null),
        ("task", Value::Object(definition)),
        take("dependencies", Value::Object(Object::new())),
        take("if-dependencies", Value::Array(List::new())),
        take("soft-dependencies", Value::Array(List::new())),
        take("attributes", Value::Object(Object::new())),
        take("optimization", Value::Null),
    ];
    Ok(item.with(Object::from_entries(finished)))
}

/// The worker pool of an alias, and its id.
fn worker_pool(
    context: &Context<'_>,
    item: &Item,
    alias: &str,
) -> Result<(WorkerPool, Str), Diagnostic> {
    let level = context.params().level();
    let pool = context
        .graph_config()
        .worker_pool(alias, level)
        .map_err(|diagnostic| {
            diagnostic.at(item.origin.place(&ValuePath::keys(["worker-type"])))
        })?;
    let id = Str::from(pool.to_string());
    Ok((pool, id))
}

/// Fills in when the task expires, its deadline and its priority.
fn set_default_times(context: &Context<'_>, common: &Common, item: &mut Item) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    let (config, params) = (context.graph_config(), context.params());
    if !item.task.contains_key("expires-after") {
        let after = match params.level() {
            "1" => config.task_expires_after(),
            _ => "1 year",
        };
        item.task.insert("expires-after", Value::from(after));
    }
    for key in ["expires-after", "deadline-after"] {
        if let Some(Value::String(text)) = item.task.get(key)
            && let Err(error) = common.check_span(text)
        {
            wrong.push(item.error_at(key, format!("`{key}`: {error}")));
        }
    }
    if !item.task.contains_key("deadline-after") {
        let find = || config.task_deadline_after(params.project());
        item.task.insert("deadline-after", common.deadline(find)?);
    }
    if !item.task.contains_key("priority") {
        let find = || config.task_priority(params.project());
        item.task.insert("priority", common.priority(find)?);
    }
    wrong.or_ok(())
}

/// The definition without the payload.
fn definition(
    context: &Context<'_>,
    common: &Common,
    item: &mut Item,
    pool: &WorkerPool,
    sound: &Sound,
) -> Outcome<Object> {
    let scopes = match sound.all(&["scopes"]) {
        true => scopes(context, item)?,
        false => Vec::new(),
    };
    if !sound.all(&["extra", "tags", "routes"]) {
        return Ok(Object::new());
    }
    let extra = fields::mapping(item, &["extra"])?;
    extra.insert("parent", common.parent.clone());
    let extra = extra.clone();
    let label = match item.task.get("label") {
        Some(Value::String(label)) => label.clone(),
        _ => Str::new(),
    };
    let tags = fields::mapping(item, &["tags"])?;
    let own = [
        ("createdForUser", common.owner.clone()),
        ("kind", Value::from(context.kind)),
        ("label", Value::from(&label)),
        ("project", common.project.clone()),
        ("trust-domain", common.trust_domain.clone()),
    ];
    tags.extend(own);
    let tags = tags.clone();
    let routes = fields::list(item, &["routes"])?.clone();

    let description = match item.task.get("description") {
        Some(Value::String(description)) => description.clone(),
        _ => Str::new(),
    };
    let description = if extra.get("treeherder").is_some_and(truthy) {
        text(&[&description, common.push_link.as_str()].concat())
    } else {
        description
    };
    let metadata = [
        ("description", Value::from(description)),
        ("name", Value::from(label)),
        ("owner", common.owner.clone()),
        ("source", common.source.clone()),
    ];
    let get = |key: &str| item.task.get(key).cloned().unwrap_or_default();
    let mut definition = Object::from_entries([
        ("provisionerId", Value::from(&pool.provisioner)),
        ("workerType", Value::from(&pool.worker_type)),
        ("routes", Value::from(routes)),
        ("created", common.date(&Value::from("0 seconds"))),
        ("deadline", common.date(&get("deadline-after"))),
        ("expires", common.date(&get("expires-after"))),
        ("scopes", Value::from(scopes)),
        ("metadata", Value::Object(Object::from_entries(metadata))),
        ("extra", Value::Object(extra)),
        ("tags", Value::Object(tags)),
        ("priority", get("priority")),
    ]);
    if truthy(&get("requires")) {
        definition.insert("requires", get("requires"));
    }
    Ok(definition)
}

fn scopes(context: &Context<'_>, item: &mut Item) -> Outcome<Vec<Value>> {
    let templates = fields::list(item, &["scopes"])?.clone();
    if templates.is_empty() {
        return Ok(Vec::new());
    }
    let params = context.params();
    let names = [("level", params.level()), ("project", params.project())];
    let names = names.map(|(key, value)| (key, Value::from(value)));
    let names: Object = names.into_iter().collect();
    let mut wrong = Diagnostics::new();
    let mut scopes = Vec::new();
    for template in templates.iter().filter_map(Value::as_str) {
        match pyformat::format(template, &Scope::new(&names)) {
            Ok(scope) => scopes.push(Value::from(scope)),
            Err(error) => {
                wrong.push(item.error_at("scopes", error.to_string()).help(
                    "use only `{level}` and `{project}` in braces; write literal braces twice",
                ))
            }
        }
    }
    wrong.or_ok(scopes)
}

/// Sets `MOZ_AUTOMATION` in the environment of the task.
fn mark_automation(common: &Common, definition: &mut Object) {
    if let Some(Value::Object(payload)) = definition.get_mut("payload") {
        let env = crate::transform::item::object_mut(payload, "env");
        *env = common.with_automation(std::mem::take(env));
    }
}

/// Sets the attributes that determine when the task runs.
fn set_run_on_attributes(item: &mut Item) -> Result<(), Diagnostic> {
    fields::mapping(item, &["attributes"])?;
    if item
        .task
        .get("run-on-projects")
        .is_some_and(Value::is_object)
    {
        choose_projects(item)?;
    }
    let get = |item: &Item, key: &str| item.task.get(key).cloned();
    let all = || Value::from(vec![Value::from("all")]);
    let projects = get(item, "run-on-projects").unwrap_or_else(all);
    let tasks_for = get(item, "run-on-tasks-for").unwrap_or_else(all);
    let branches = get(item, "run-on-git-branches").filter(truthy);
    let always = get(item, "always-target").unwrap_or_default();
    let phase = get(item, "shipping-phase").filter(|phase| !phase.is_null());
    let attributes = fields::mapping(item, &["attributes"])?;
    attributes.insert("run_on_projects", projects);
    attributes.insert("run_on_tasks_for", tasks_for);
    // Projects that are not on git need not see this one.
    if let Some(branches) = branches {
        attributes.insert("run_on_git_branches", branches);
    }
    attributes.insert("always_target", always);
    match phase {
        Some(phase) => {
            attributes.insert("shipping_phase", phase);
        }
        // An earlier transform may have copied it from a dependency.
        None => {
            attributes.entry("shipping_phase").or_insert(Value::Null);
        }
    }
    Ok(())
}

/// Resolves the alternatives of `run-on-projects`.
fn choose_projects(item: &mut Item) -> Result<(), Diagnostic> {
    let label = item.str("label").unwrap_or_default().to_owned();
    let platform = fields::mapping(item, &["attributes"])?
        .get("build_platform")
        .cloned()
        .unwrap_or_default();
    let extra = Object::from_iter([("build-platform", platform)]);
    let options = Options::default();
    keyed_by::resolve(&mut item.task, "run-on-projects", &label, &extra, &options).map_err(
        |error| {
            let mut diagnostic = item.error_at("run-on-projects", error.to_string());
            diagnostic.help = error.help();
            diagnostic
        },
    )?;
    Ok(())
}

/// Replaces the names of dependencies in `if-dependencies` with labels.
fn resolve_if_dependencies(item: &mut Item) -> Outcome<()> {
    let Some(Value::Array(names)) = item.task.get("if-dependencies") else {
        return Ok(());
    };
    let dependencies = item.task.get("dependencies").and_then(Value::as_object);
    let mut wrong = Diagnostics::new();
    let mut labels = Vec::new();
    for name in names.iter().filter_map(Value::as_str) {
        match dependencies.and_then(|dependencies| dependencies.get(name)) {
            Some(label) => labels.push(label.clone()),
            None => {
                let known = dependencies
                    .into_iter()
                    .flat_map(|d| d.keys().map(|key| key.as_str()));
                wrong.push(
                    item.error_at(
                        "if-dependencies",
                        format!("`if-dependencies` lists `{name}`, which is not a dependency"),
                    )
                    .help(suggest::hint(name, known.collect::<Vec<_>>())),
                );
            }
        }
    }
    item.task.insert("if-dependencies", Value::from(labels));
    wrong.or_ok(())
}

/// Records the image for the chain of trust of a task that uses it.
fn record_image(item: &Item, definition: &mut Object) -> Result<(), Diagnostic> {
    let trusted = definition
        .get("payload")
        .and_then(|payload| payload.get("features")?.get("chainOfTrust"))
        .is_some_and(truthy);
    let image = fields::get(item, &["dependencies", "docker-image"]).is_some_and(truthy);
    if !(trusted && image) {
        return Ok(());
    }
    let reference = [("task-reference", Value::from("<docker-image>"))];
    let reference = Value::Object(reference.into_iter().collect());
    let mut container = definition;
    for key in ["extra", "chainOfTrust", "inputs"] {
        let slot = container
            .entry(key)
            .or_insert_with(|| Value::Object(Object::new()));
        container = match slot {
            Value::Object(inner) => inner,
            other => {
                return Err(fields::wrong_type(
                    &item.origin,
                    &["extra", key],
                    "a mapping",
                    other,
                ));
            }
        };
    }
    container.insert("docker-image", reference);
    Ok(())
}
