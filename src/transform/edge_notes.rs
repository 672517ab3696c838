//! Notes which step of a kind has changed the dependencies of its items.

use std::sync::Arc;

use super::item::{Item, Origin};
use crate::base::diagnostic::Place;
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};
use crate::model::edge_trail::{EdgeAuthor, EdgeChange, EdgeList, Edges};

/// The dependencies of an item.
fn edges(task: &Object) -> Edges {
    let mut found = Edges::new();
    let named = task
        .get(EdgeList::Dependencies.key())
        .and_then(Value::as_object);
    for (name, to) in named.into_iter().flatten() {
        let to = to.as_str().unwrap_or_default();
        found.insert((EdgeList::Dependencies, name.to_string()), to.to_owned());
    }
    for list in [EdgeList::Soft, EdgeList::If] {
        let labels = task.get(list.key()).and_then(Value::as_array);
        for label in labels.into_iter().flatten().filter_map(Value::as_str) {
            // Kinds name dependencies in `if-dependencies`; tasks have their labels there.
            let named = named.filter(|_| list == EdgeList::If);
            let label = named
                .and_then(|named| named.get(label)?.as_str())
                .unwrap_or(label);
            found.insert((list, label.to_owned()), label.to_owned());
        }
    }
    found
}

/// Notes what a step has changed in these items: `by` names its author, given the list and the name of a
/// dependency.
pub fn note(items: &mut [Item], by: &dyn Fn(&Item, EdgeList, &str) -> EdgeAuthor) {
    for item in items {
        let now = edges(&item.task);
        let before = item.origin.edges.as_deref();
        if before.map_or(now.is_empty(), |before| *before.now() == now) {
            continue;
        }
        let mut notes = before.cloned().unwrap_or_default();
        let change = |(list, name): &(EdgeList, String), to: Option<&String>| EdgeChange {
            list: *list,
            name: name.clone(),
            to: to.cloned(),
            by: by(item, *list, name),
        };
        let gone = notes.now().keys().filter(|key| !now.contains_key(key));
        let gone: Vec<EdgeChange> = gone.map(|key| change(key, None)).collect();
        let changed = now
            .iter()
            .filter(|(key, to)| notes.now().get(*key) != Some(*to));
        let changed: Vec<EdgeChange> = changed.map(|(key, to)| change(key, Some(to))).collect();
        gone.into_iter()
            .chain(changed)
            .for_each(|change| notes.add(change));
        item.origin = item.origin.with_edges(notes);
    }
}

/// Notes the dependencies that are written in the files of a kind.
pub fn note_written(items: &mut [Item]) {
    note(items, &|item, list, name| {
        EdgeAuthor::Written(written(&item.origin, &item.task, list, name))
    });
}

/// Where a dependency of an item is written, or else the item.
fn written(origin: &Origin, task: &Object, list: EdgeList, name: &str) -> Option<Place> {
    let path = ValuePath::keys([list.key()]);
    let path = match list {
        EdgeList::Dependencies => ValuePath::keys([list.key(), name]),
        EdgeList::Soft | EdgeList::If => {
            let labels = task.get(list.key()).and_then(Value::as_array);
            let position = labels.into_iter().flatten().position(|one| one == name);
            position.map_or_else(|| path.clone(), |position| path.index(position))
        }
    };
    origin.place(&path)
}

/// Notes what a transform has changed.
pub fn note_transform(items: &mut [Item], name: &str) {
    note(items, &|_, _, _| EdgeAuthor::Transform {
        name: name.to_owned(),
        function: None,
    });
}

/// Adds changes that were noted elsewhere to those of an item; `root` is the name that it had at first.
#[must_use]
pub fn with_changes(
    origin: &Arc<Origin>,
    changes: Vec<EdgeChange>,
    root: Option<String>,
) -> Arc<Origin> {
    if changes.is_empty() && root.is_none() {
        return Arc::clone(origin);
    }
    let mut notes = origin.edges.as_deref().cloned().unwrap_or_default();
    changes.into_iter().for_each(|change| notes.add(change));
    notes.root = notes.root.or(root);
    origin.with_edges(notes)
}
