//! The table of `run.using`, for each worker implementation.

use super::batch::Batch;
use super::run_using::{RunUsing, implementation};
use super::{plain, run_task, toolchain};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::transform::{Context, Item, fields, naming};
use crate::transforms::payload;

/// Every built-in entry.
pub static RUN_USING: &[&RunUsing] = &[
    &plain::ALWAYS_OPTIMIZED,
    &plain::INDEX_SEARCH,
    &run_task::DOCKER_WORKER,
    &run_task::GENERIC_WORKER,
    &toolchain::DOCKER_WORKER,
    &toolchain::GENERIC_WORKER,
];

/// Sets up an item with the entry that `run.using` names.
///
/// # Errors
/// If the entry does not exist, `run` violates its schema, or the item is invalid.
pub fn configure(batch: &Batch<'_, '_>, item: &mut Item, run: Object) -> Outcome<()> {
    let name = run.get("using").and_then(Value::as_str).unwrap_or_default();
    find(item, name, implementation(item))?.apply(batch, item, run)
}

/// Mistakes in the `run` of an item that another mistake keeps from being set up.
#[must_use]
pub fn written(context: &Context<'_>, item: &Item) -> Diagnostics {
    let mut wrong = Diagnostics::new();
    let Some(Value::Object(run)) = item.task.get("run") else {
        return wrong;
    };
    let (Some(name), Some(likely)) = (
        run.get("using").and_then(Value::as_str),
        naming::likely_worker(context, item),
    ) else {
        return wrong;
    };
    let mut named = RUN_USING.iter().filter(|entry| entry.name == name);
    if named.clone().next().is_none() {
        wrong.keep(
            find(item, name, &likely.implementation)
                .map(drop)
                .map_err(Into::into),
        );
    }
    if let Some(entry) = named.find(|entry| entry.worker == likely.implementation) {
        let mut run = run.clone();
        fields::fill(&mut run, entry.defaults);
        if entry.schema.names().any(|name| name == "workdir") {
            // It is set later.
            run.entry("workdir").or_insert_with(|| Value::from(""));
        }
        wrong.keep(item.check(&["run"], &run, entry.schema));
    }
    wrong
}

fn find(item: &Item, name: &str, worker: &str) -> Result<&'static RunUsing, Diagnostic> {
    let named = || RUN_USING.iter().filter(|entry| entry.name == name);
    if let Some(entry) = named().find(|entry| entry.worker == worker) {
        return Ok(entry);
    }
    if named().next().is_none() {
        return Err(item
            .error_at("run.using", format!("unknown `run.using` {name:?}"))
            .help(suggest::hint_native(
                name,
                RUN_USING.iter().map(|entry| entry.name),
            )));
    }
    // An unknown implementation is a mistake in the alias, not in the task.
    payload::find(item)?;
    let workers: Vec<_> = named().map(|entry| format!("`{}`", entry.worker)).collect();
    let here: Vec<_> = RUN_USING
        .iter()
        .filter(|entry| entry.worker == worker)
        .map(|entry| format!("`{}`", entry.name))
        .collect();
    let help = match here.as_slice() {
        [] => format!("it is available on {}", workers.join(", ")),
        here => format!(
            "it is available on {}; `{worker}` supports {}",
            workers.join(", "),
            here.join(", ")
        ),
    };
    Err(item
        .error_at(
            "run.using",
            format!(
                "`run.using` {name:?} is not available on the worker implementation `{worker}`"
            ),
        )
        .help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_without_duplicates() {
        let keys: Vec<_> = RUN_USING
            .iter()
            .map(|entry| (entry.name, entry.worker))
            .collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        assert!(RUN_USING.iter().all(|entry| !entry.doc.is_empty()));
    }

    #[test]
    fn unknown_values_come_with_suggestions() {
        let worker = crate::base::value::json!({"implementation": "docker-worker"});
        let item = Item::new(Object::from_iter([("worker", worker)]));
        let found = |name, worker| {
            find(&item, name, worker)
                .map(|w| w.name)
                .map_err(|d| d.to_string())
        };
        assert_eq!(found("run-task", "docker-worker"), Ok("run-task"));
        assert_eq!(
            found("run-tasks", "docker-worker"),
            Err("unknown `run.using` \"run-tasks\"\n  help: did you mean `run-task`?".to_owned())
        );
        assert_eq!(
            found("index-search", "docker-worker"),
            Err("`run.using` \"index-search\" is not available on the worker implementation `docker-worker`\n  \
                 help: it is available on `always-optimized`; `docker-worker` supports `run-task`, `toolchain-script`"
                .to_owned())
        );
    }
}
