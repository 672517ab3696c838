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

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::memo::Last;
use crate::base::value::{Object, Value, truthy};
use crate::transform::{Context, Item, Transform, each, fields, naming, validate};
use crate::transforms::task::written;
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
    if validate(context, &items, &schema::RUN_DESCRIPTION).is_err() {
        return each(context, items, |item| {
            let refused = refused(context, &item);
            refused.or_ok([item])
        });
    }
    let tags = Tags::default();
    let items = each(context, items, |mut item| {
        let mut wrong = Diagnostics::new();
        wrong.keep(when_to_optimization(context, &mut item).map_err(Into::into));
        wrong.keep(set_worker(context, &tags, &mut item).map_err(Into::into));
        wrong.keep(naming::default_label(context, &mut item).map_err(Into::into));
        wrong.keep(
            fields::mapping(&mut item, &["dependencies"])
                .map(drop)
                .map_err(Into::into),
        );
        if !wrong.is_empty() {
            wrong.extend(using::written(context, &item));
            wrong.extend(written::mistakes(context, &item, &known()));
        }
        wrong.or_ok([item])
    })?;
    fetches::use_fetches(context, items)
}

fn apply(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    let batch = Batch::new(context);
    each(context, items, |mut item| {
        match describe(&batch, &mut item) {
            Ok(()) => Ok([item]),
            Err(mut wrong) => {
                wrong.extend(written::mistakes(context, &item, &known()));
                Err(wrong)
            }
        }
    })
}

/// The keys that may be misspelt; those that are required are reported by the schema, with their
/// misspelling.
fn known() -> Vec<&'static str> {
    let fields = schema::RUN_DESCRIPTION.fields.iter();
    let optional = fields.filter(|field| !field.required);
    optional.map(|field| field.name).collect()
}

/// Everything that is wrong with an item, if some item of the kind violates the schema.
fn refused(context: &Context<'_>, item: &Item) -> Diagnostics {
    let mut wrong = Diagnostics::new();
    wrong.keep(item.check(&[], &item.task, &schema::RUN_DESCRIPTION));
    if item.str("worker-type").is_some() {
        wrong.keep(naming::worker(context, item).map(drop).map_err(Into::into));
    }
    wrong.extend(using::written(context, item));
    wrong.extend(written::mistakes(context, item, &known()));
    wrong
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
