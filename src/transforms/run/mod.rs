//! `taskgraph.transforms.run`: turns run descriptions into task descriptions.
//!
//! The `run` of a run description is independent of the worker. In order:
//!
//! 1. `when` becomes an optimization; the worker implementation, the operating system and the
//!    label are set ([`naming`]);
//! 2. `fetches` become dependencies and an environment variable ([`fetches`]);
//! 3. the function for `run.using` on the worker implementation sets the worker up ([`using`]).
//!
//! In the result, each item follows its dependencies in the same kind.

pub mod batch;
pub mod caches;
pub mod checkout;
pub mod digest;
pub mod fetches;
pub mod order;
pub mod plain;
pub mod repository;
pub mod run_task;
pub mod run_using;
pub mod schema;
pub mod setup;
pub mod shell;
pub mod toolchain;
pub mod using;

use std::convert::Infallible;

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::memo::Last;
use crate::base::value::{Object, Value, truthy};
use crate::transform::{Context, Item, Transform, each, fields, naming, validate};
use batch::Batch;

/// The transform.
pub static RUN: Transform = Transform {
    name: "taskgraph.transforms.run",
    aliases: &["taskgraph.transforms.job"],
    doc: "Turns run descriptions into task descriptions: sets up the worker for `run.using`, and handles \
          `fetches` and `when`.",
    schema: Some(&schema::RUN_DESCRIPTION),
    prepare: Some(prepare),
    by_item: true,
    run: apply,
};

/// The steps that need all tasks of the kind, since these may fetch from each other.
fn prepare(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    validate(context, &items, &schema::RUN_DESCRIPTION)?;
    let tags = Tags::default();
    let items = each(context, items, |mut item| {
        when_to_optimization(context, &mut item)?;
        set_worker(context, &tags, &mut item)?;
        naming::default_label(context, &mut item)?;
        fields::mapping(&mut item, &["dependencies"])?;
        Ok([item])
    })?;
    fetches::use_fetches(context, items)
}

fn apply(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let batch = Batch::new(context);
    each(context, items, |mut item| {
        describe(&batch, &mut item)?;
        Ok([item])
    })
}

/// Turns `when` into an optimization that skips the task unless files have changed. The files that
/// define the task are included.
fn when_to_optimization(context: &Context<'_>, item: &mut Item) -> Result<(), Diagnostic> {
    let Some(when) = item.task.shift_remove("when").filter(truthy) else {
        return Ok(());
    };
    let mut patterns = match when.get("files-changed") {
        Some(Value::Array(patterns)) => patterns.clone(),
        other => {
            let found = other.unwrap_or(&Value::Null);
            let path = ["when", "files-changed"];
            return Err(fields::wrong_type(&item.origin, &path, "a list", found));
        }
    };
    patterns.push(Value::from(format!("{}/kind.yml", context.path)));
    if let Some(file) = item
        .str("task-from")
        .filter(|f| !f.is_empty() && *f != "kind.yml")
    {
        patterns.push(Value::from(format!("{}/{file}", context.path)));
    }
    let strategy = Object::from_iter([("skip-unless-changed", Value::Array(patterns))]);
    item.task.insert("optimization", Value::Object(strategy));
    Ok(())
}

/// The tags of a task, by original tags, worker implementation and operating system.
type Tags = Last<(Object, String, Option<String>), Object>;

fn set_worker(context: &Context<'_>, known: &Tags, item: &mut Item) -> Result<(), Diagnostic> {
    let (implementation, os) = naming::worker(context, item)?;
    let tags = fields::mapping(item, &["tags"])?;
    let key = (std::mem::take(tags), implementation.clone(), os.clone());
    let Ok(found) = known.get(key, |(tags, implementation, os)| {
        let mut tags = tags.clone();
        if let Some(os) = os {
            tags.insert("os", os);
        }
        tags.insert("worker-implementation", implementation);
        Ok::<_, Infallible>(tags)
    });
    *tags = found;
    if fields::get(item, &["worker", "implementation"]).is_some() {
        return Err(item
            .error_at(
                "worker.implementation",
                "`worker.implementation` is derived from `worker-type` and cannot be set",
            )
            .help("remove it"));
    }
    let worker = fields::mapping(item, &["worker"])?;
    worker.insert("implementation", Value::from(implementation));
    if let Some(os) = os {
        worker.insert("os", Value::from(os));
    }
    Ok(())
}

static LISTS: fields::Presets = &[
    ("attributes", fields::Preset::Map),
    ("dependencies", fields::Preset::Map),
    ("soft-dependencies", fields::Preset::List),
    ("routes", fields::Preset::List),
    ("scopes", fields::Preset::List),
    ("extra", fields::Preset::Map),
];

fn describe(batch: &Batch<'_, '_>, item: &mut Item) -> Outcome<()> {
    let mut run = match item.task.shift_remove("run") {
        Some(Value::Object(run)) => run,
        other => {
            let found = other.unwrap_or_default();
            return Err(fields::wrong_type(&item.origin, &["run"], "a mapping", &found).into());
        }
    };
    // Other workers run no commands, so they have no working folder.
    let implementation = run_using::implementation(item);
    if ["docker-worker", "generic-worker"].contains(&implementation) {
        run.entry("workdir")
            .or_insert_with(|| Value::from("/builds/worker"));
    }
    fields::fill(&mut item.task, LISTS);
    using::configure(batch, item, run)
}
