//! Ways to run a task that need no worker.

use super::batch::Batch;
use super::run_using::RunUsing;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::pyformat::{self, Scope};
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Type, required};
use crate::transform::Item;

static ALWAYS_OPTIMIZED_SCHEMA: Schema = Schema {
    name: "run: always-optimized",
    fields: &[required("using", Type::Literal(&["always-optimized"]), "")],
    open: false,
    exclusive: &[],
};

/// `always-optimized`
pub static ALWAYS_OPTIMIZED: RunUsing = RunUsing {
    name: "always-optimized",
    worker: "always-optimized",
    doc: "Runs nothing; optimization must replace or remove the task.",
    schema: &ALWAYS_OPTIMIZED_SCHEMA,
    defaults: &[],
    configure: |_, _, _| Ok(()),
};

static INDEX_SEARCH_SCHEMA: Schema = Schema {
    name: "run: index-search",
    fields: &[
        required("using", Type::Literal(&["index-search"]), ""),
        required(
            "index-search",
            Type::List(&Type::Str),
            "index paths in order of preference; parameters in braces are replaced, e.g. `{project}`",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// `index-search`
pub static INDEX_SEARCH: RunUsing = RunUsing {
    name: "index-search",
    worker: "always-optimized",
    doc: "Uses a task from another graph, found in the index.",
    schema: &INDEX_SEARCH_SCHEMA,
    defaults: &[],
    configure: index_search,
};

fn index_search(batch: &Batch<'_, '_>, item: &mut Item, run: Object) -> Outcome<()> {
    let mut wrong = Diagnostics::new();
    let mut paths = Vec::new();
    let templates = run.get("index-search").and_then(Value::as_array);
    for template in templates.into_iter().flatten().filter_map(Value::as_str) {
        match pyformat::format(template, &Scope::new(batch.context.params().values())) {
            Ok(path) => paths.push(Value::from(path)),
            Err(error) => wrong.push(
                item.error_at("run.index-search", error.to_string())
                    .help("use only parameters in braces, e.g. `{project}`"),
            ),
        }
    }
    let strategy = Object::from_iter([("index-search", Value::from(paths))]);
    item.task.insert("optimization", Value::Object(strategy));
    wrong.or_ok(())
}
