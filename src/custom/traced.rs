//! What the worker notes about the dependencies of items, and about their functions.

use super::kind_source::KindSource;
use super::project::{Custom, GRAPH_WORKER};
use crate::base::diagnostic::Diagnostic;
use crate::base::value::Value;
use crate::model::edge_trail::{EdgeAuthor, EdgeChange, EdgeList};
use crate::ports::python::Call;

/// A task of a kind that runs completely in Python, and what has changed its dependencies.
#[derive(Debug)]
pub struct TracedTask {
    /// Its label.
    pub label: String,
    /// The name of the item that it was made of.
    pub name: String,
    /// The changes, in order.
    pub changes: Vec<EdgeChange>,
}

/// Reads the changes that the worker has noted about an item.
pub(super) fn changes(value: &Value) -> Vec<EdgeChange> {
    let changes = value.as_array().into_iter().flatten();
    changes.filter_map(change).collect()
}

fn change(value: &Value) -> Option<EdgeChange> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let key = value["list"].as_str()?;
    let name = value["by"].as_str()?;
    let name = name.strip_suffix(":transforms").unwrap_or(name).to_owned();
    Some(EdgeChange {
        list: EdgeList::ALL.into_iter().find(|list| list.key() == key)?,
        name: text(&value["name"])?,
        to: text(&value["to"]),
        by: match value["loader"].as_bool() {
            Some(true) => EdgeAuthor::Loader(name),
            _ => EdgeAuthor::Transform {
                name,
                function: text(&value["function"]),
            },
        },
    })
}

impl Custom<'_> {
    /// Runs a kind completely in Python, and notes what changes the dependencies of its tasks.
    ///
    /// # Errors
    /// What the project's Python raises.
    pub fn trace_whole(&self, kind: KindSource<'_>) -> Result<Vec<TracedTask>, Diagnostic> {
        let call = Call::new("trace_kind", self.arguments(kind));
        let tasks = kind.dependencies.iter().map(AsRef::as_ref);
        let answer = self.with_tasks(GRAPH_WORKER, call, tasks);
        let answer = answer.map_err(|failure| {
            let failed = failure.diagnostic("generating the kind");
            failed.in_kind(kind.name)
        })?;
        let traced = answer.value["traced"].as_array().into_iter().flatten();
        let traced = traced.filter_map(|one| {
            Some(TracedTask {
                label: one["label"].as_str()?.to_owned(),
                name: one["root"].as_str().unwrap_or_default().to_owned(),
                changes: changes(&one["changes"]),
            })
        });
        Ok(traced.collect())
    }
}
