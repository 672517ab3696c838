//! The table of what `run.using` can name, for each worker implementation.

use super::batch::Batch;
use super::{plain, run_task, toolchain};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::config::schema::Schema;
use crate::transform::Item;
use crate::transform::fields::{self, Presets};
use crate::transforms::payload;

/// A way to run a task on a worker implementation.
#[derive(Debug)]
pub struct RunUsing {
    /// What `run.using` calls it.
    pub name: &'static str,
    /// The worker implementation.
    pub worker: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// What `run` may hold.
    pub schema: &'static Schema,
    /// What `run` holds where it says nothing else.
    pub defaults: Presets,
    /// Sets the task up. `run` has been taken out of it, filled up and checked.
    pub configure: fn(&Batch<'_, '_>, &mut Item, Object) -> Outcome<()>,
}

/// Every built-in way to run a task.
pub static RUN_USING: &[&RunUsing] = &[
    &plain::ALWAYS_OPTIMIZED,
    &plain::INDEX_SEARCH,
    &run_task::DOCKER_WORKER,
    &run_task::GENERIC_WORKER,
    &toolchain::DOCKER_WORKER,
    &toolchain::GENERIC_WORKER,
];

/// The worker implementation of an item.
#[must_use]
pub fn implementation(item: &Item) -> &str {
    fields::get(item, &["worker", "implementation"])
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Sets an item up in the way that `run.using` names.
///
/// # Errors
/// When there is no such way, when `run` breaks its schema, and whatever is wrong in its own terms.
pub fn configure(batch: &Batch<'_, '_>, item: &mut Item, mut run: Object) -> Outcome<()> {
    let name = run.get("using").and_then(Value::as_str).unwrap_or_default();
    let way = find(item, name, implementation(item))?;
    fields::fill(&mut run, way.defaults);
    item.check(&["run"], &run, way.schema)?;
    (way.configure)(batch, item, run)
}

fn find(item: &Item, name: &str, worker: &str) -> Result<&'static RunUsing, Diagnostic> {
    let named = || RUN_USING.iter().filter(|way| way.name == name);
    if let Some(way) = named().find(|way| way.worker == worker) {
        return Ok(way);
    }
    if named().next().is_none() {
        return Err(item
            .wrong("run.using", format!("unknown `run.using` {name:?}"))
            .help(suggest::hint_native(
                name,
                RUN_USING.iter().map(|way| way.name),
            )));
    }
    // An implementation that nobody knows is a slip in the alias, not in the task.
    payload::of(item)?;
    let workers: Vec<_> = named().map(|way| format!("`{}`", way.worker)).collect();
    let here: Vec<_> = RUN_USING
        .iter()
        .filter(|way| way.worker == worker)
        .map(|way| format!("`{}`", way.name))
        .collect();
    let help = match here.as_slice() {
        [] => format!("it is there for {}", workers.join(", ")),
        here => format!(
            "it is there for {}; on `{worker}` there are {}",
            workers.join(", "),
            here.join(", ")
        ),
    };
    Err(item
        .wrong(
            "run.using",
            format!("`run.using` {name:?} does not run on the worker implementation `{worker}`"),
        )
        .help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_no_doubles() {
        let keys: Vec<_> = RUN_USING.iter().map(|way| (way.name, way.worker)).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        assert!(RUN_USING.iter().all(|way| !way.doc.is_empty()));
    }

    #[test]
    fn unknown_ways_come_with_suggestions() {
        let worker = crate::base::value::json!({"implementation": "docker-worker"});
        let item = Item::new(Object::from_iter([("worker", worker)]));
        let told = |name, worker| {
            find(&item, name, worker)
                .map(|w| w.name)
                .map_err(|d| d.to_string())
        };
        assert_eq!(told("run-task", "docker-worker"), Ok("run-task"));
        assert_eq!(
            told("run-tasks", "docker-worker"),
            Err("unknown `run.using` \"run-tasks\"\n  help: did you mean `run-task`?".to_owned())
        );
        assert_eq!(
            told("index-search", "docker-worker"),
            Err("`run.using` \"index-search\" does not run on the worker implementation `docker-worker`\n  \
                 help: it is there for `always-optimized`; on `docker-worker` there are `run-task`, `toolchain-script`"
                .to_owned())
        );
    }
}
