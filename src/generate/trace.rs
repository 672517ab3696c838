//! Runs a kind once more, and notes which step has added each dependency of its tasks.
//!
//! The steps are those of [`run_kind`](super::run_kind), one after the other over all items of the kind, so
//! that the items can be compared between them. A kind that is not traced takes no time for this.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entries::{entries, find_transforms};
use super::{native, pipeline, run_kind};
use crate::base::diagnostic::{Diagnostic, Outcome, Place};
use crate::base::name::Label;
use crate::base::path::ValuePath;
use crate::custom::Custom;
use crate::custom::traced::TracedTask;
use crate::kind::KindDefinition;
use crate::model::edge_trail::{EdgeAuthor, EdgeChange, EdgeList};
use crate::model::task::Task;
use crate::transform::context::Project;
use crate::transform::{Item, edge_notes};

/// What was noted about a task.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// Where it is written.
    pub place: Option<Place>,
    /// What has changed its dependencies, in order.
    pub changes: Vec<EdgeChange>,
}

/// What was noted about the tasks of a kind, by label.
pub type Traces = BTreeMap<Label, Trace>;

/// Runs a kind, and notes which step has added each dependency.
///
/// # Errors
/// Everything that is wrong up to the end of the first transform that fails.
pub fn trace(
    project: &Project<'_>,
    custom: Option<&Custom<'_>>,
    kind: &KindDefinition,
    dependencies: &[Arc<Task>],
) -> Outcome<Traces> {
    let context = run_kind::context(project, kind, dependencies);
    let items = match custom {
        Some(custom) if custom.whole.is_some() => {
            let traced = custom.trace_whole(run_kind::source(&context))?;
            let entries = entries(project, kind).unwrap_or_default();
            let traces = traced.into_iter();
            return Ok(traces
                .filter_map(|traced| whole(traced, &entries, kind))
                .collect());
        }
        Some(custom) => pipeline::run(custom, &context, kind, true)?,
        None => {
            let mut items = entries(project, kind)?;
            edge_notes::note_written(&mut items);
            for transform in find_transforms(kind)? {
                items = native::transform(&context, transform, items)?;
                edge_notes::note_transform(&mut items, transform.name);
            }
            items
        }
    };
    let entries = match items.iter().all(|item| item.origin.own_place().is_some()) {
        true => Vec::new(),
        false => entries(project, kind).unwrap_or_default(),
    };
    let traces = items.iter().filter_map(|item| {
        let label = Label::parse(item.str("label")?).ok()?;
        let edges = item.origin.edges.as_ref();
        let by_name = || {
            let root = edges?.root.as_deref()?;
            place_of(root, &entries, kind)
        };
        let trace = Trace {
            place: item.origin.own_place().or_else(by_name),
            changes: edges.map(|edges| edges.changes.clone()).unwrap_or_default(),
        };
        Some((label, trace))
    });
    Ok(traces.collect())
}

/// The item of a kind that has this name.
fn entry_of<'e>(name: &str, entries: &'e [Item]) -> Option<&'e Item> {
    entries.iter().find(|item| item.str("name") == Some(name))
}

/// Where the item of a kind that has this name is written.
fn place_of(name: &str, entries: &[Item], kind: &KindDefinition) -> Option<Place> {
    if let Some(entry) = entry_of(name, entries) {
        return entry.origin.own_place();
    }
    // The project's own loader may read the usual keys.
    let mut keys = ["tasks", "jobs"].into_iter();
    keys.find_map(|key| kind.places.exact(&ValuePath::keys([key, name])))
}

/// What was noted in Python about a task, with the places of the item that it was made of.
fn whole(traced: TracedTask, entries: &[Item], kind: &KindDefinition) -> Option<(Label, Trace)> {
    let label = Label::parse(&traced.label).ok()?;
    let entry = entry_of(&traced.name, entries);
    let place = place_of(&traced.name, entries, kind);
    let written = |change: &EdgeChange| {
        let path = match change.list {
            EdgeList::Dependencies => ValuePath::keys([change.list.key(), change.name.as_str()]),
            EdgeList::Soft | EdgeList::If => ValuePath::keys([change.list.key()]),
        };
        entry.and_then(|entry| entry.origin.exact_place(&path))
    };
    let changes = traced.changes.into_iter().map(|change| {
        let by = match &change.by {
            EdgeAuthor::Loader(_) => written(&change).map(|place| EdgeAuthor::Written(Some(place))),
            EdgeAuthor::Written(_) | EdgeAuthor::Transform { .. } => None,
        };
        EdgeChange {
            by: by.unwrap_or(change.by),
            ..change
        }
    });
    let changes = changes.collect();
    Some((label, Trace { place, changes }))
}

/// A mistake that kept a kind from being traced, as a warning.
pub fn untraced(kind: &KindDefinition, why: &Diagnostic) {
    tracing::warn!(
        "cannot tell which steps have added dependencies of kind {}: {}",
        kind.name,
        why.message
    );
}
