//! Where the parts of a document were written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::diagnostic::Place;
use crate::base::path::{Step, ValuePath};

use super::node::{Body, NodeId, Nodes, Tag};

/// Mappings with more keys than this have an index.
const FEW: usize = 16;

/// The places of a document's parts.
#[derive(Debug, Clone)]
pub struct Places {
    nodes: Arc<Nodes>,
    /// The pairs of each large mapping whose keys are strings, sorted by key. The place of every
    /// task is looked up, so a file with many tasks must not be scanned linearly each time.
    sorted: Arc<BTreeMap<NodeId, Vec<(NodeId, NodeId)>>>,
}

impl Places {
    pub(super) fn new(nodes: Nodes) -> Self {
        let large = (0..nodes.len()).filter(|id| nodes.pairs(*id).len() > FEW);
        let sorted = large.map(|id| (id, sorted(&nodes, id))).collect();
        Self {
            nodes: Arc::new(nodes),
            sorted: Arc::new(sorted),
        }
    }

    /// The place of a part: that of its key in a mapping, of the item in a list.
    ///
    /// What a merge or an alias brought in has the place at which it was written. A path that
    /// ends beyond the document has the place of the last part that exists. `None` when there
    /// is no document at all.
    #[must_use]
    pub fn get(&self, path: &ValuePath) -> Option<Place> {
        self.walk(path).map(|(place, _)| place)
    }

    /// The place of exactly this part; `None` when it is not there.
    #[must_use]
    pub fn exact(&self, path: &ValuePath) -> Option<Place> {
        self.walk(path)
            .filter(|(_, whole)| *whole)
            .map(|(place, _)| place)
    }

    /// The place of the last part of a way that is there, and whether that is its end.
    fn walk(&self, path: &ValuePath) -> Option<(Place, bool)> {
        let mut at = self.nodes.root()?;
        let mut shown = at;
        let mut steps_taken = 0;
        let mut is_pair = false;
        for step in &path.0 {
            let Some((key, value)) = self.step(at, step, is_pair) else {
                break;
            };
            is_pair = matches!(self.nodes.get(at).tag, Tag::Omap | Tag::Pairs);
            (shown, at) = (key, value);
            steps_taken += 1;
        }
        Some((self.nodes.place(shown), steps_taken == path.0.len()))
    }

    /// The node to show for a step, and the node that it leads to.
    ///
    /// `is_pair` is whether `at` is one of ordered pairs, which is written as a mapping and read as a
    /// list of key and value.
    fn step(&self, at: NodeId, step: &Step, is_pair: bool) -> Option<(NodeId, NodeId)> {
        match (&self.nodes.get(at).body, step) {
            (Body::Map { pairs, .. }, Step::Index(index)) if is_pair => {
                let (key, value) = *pairs.first()?;
                [(key, key), (key, value)].get(*index).copied()
            }
            (Body::Map { pairs, .. }, Step::Key(name)) if !is_pair => self.find(at, pairs, name),
            (Body::List(items), Step::Index(index)) => items.get(*index).map(|item| (*item, *item)),
            _ => None,
        }
    }

    /// The last pair of a mapping with this key.
    fn find(&self, at: NodeId, pairs: &[(NodeId, NodeId)], name: &str) -> Option<(NodeId, NodeId)> {
        let key = |(key, _): &(NodeId, NodeId)| text(&self.nodes, *key);
        let Some(sorted) = self.sorted.get(&at) else {
            let found = pairs.iter().rev().find(|pair| key(pair) == Some(name));
            return found.copied();
        };
        let end = sorted.partition_point(|pair| key(pair) <= Some(name));
        let last = *sorted.get(end.checked_sub(1)?)?;
        (key(&last) == Some(name)).then_some(last)
    }
}

/// The pairs of a mapping whose keys are strings, sorted by key; pairs with the same key keep their
/// order.
fn sorted(nodes: &Nodes, id: NodeId) -> Vec<(NodeId, NodeId)> {
    let pairs = nodes.pairs(id).iter().copied();
    let mut sorted: Vec<_> = pairs
        .filter(|(key, _)| text(nodes, *key).is_some())
        .collect();
    sorted.sort_by_key(|(key, _)| text(nodes, *key));
    sorted
}

/// The text of a key.
fn text(nodes: &Nodes, key: NodeId) -> Option<&str> {
    #[cfg(test)]
    tests::LOOKED_AT.with(|looked_at| looked_at.set(looked_at.get() + 1));
    let node = nodes.get(key);
    match &node.body {
        Body::Scalar(text) if node.tag == Tag::Str => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::base::diagnostic::SourceFile;
    use crate::config::yaml;
    use crate::config::yaml::compose::compose;

    thread_local! {
        /// How many keys this thread has looked at.
        pub(super) static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
    }

    /// How many keys are looked at to find the places of all keys of a mapping with `count` keys.
    fn looked_at(count: usize) -> usize {
        let text: String = (0..count).map(|i| format!("k{i}: {{a: {i}}}\n")).collect();
        LOOKED_AT.set(0);
        let places = yaml::load("x.yml", text.as_bytes()).unwrap().places;
        for i in 0..count {
            let key = format!("k{i}");
            let place = places.exact(&ValuePath::keys([key.as_str(), "a"])).unwrap();
            assert_eq!((place.line, place.column), (i + 1, key.len() + 4));
        }
        LOOKED_AT.get()
    }

    #[test]
    fn finding_all_places_takes_linear_time() {
        // Ten times the keys are at most ten times the searches, each of which halves a list that is
        // ten times as long: less than four halvings more.
        let (few, many) = (looked_at(1_000), looked_at(10_000));
        assert!(many < few * 10 * 2, "{few} for 1,000, {many} for 10,000");
    }

    #[test]
    fn large_and_small_mappings_are_searched_equally() {
        let few = "a: 1\n1: 2\n~: 3\nb: 4\na: 5\n'1': 6\n[x]: 7\n";
        let more: String = (0..FEW).map(|i| format!("z{i}: {i}\n")).collect();
        for text in [few.to_owned(), format!("{few}{more}")] {
            let source = Arc::new(SourceFile {
                name: "x.yml".to_owned(),
                text,
            });
            let places = Places::new(compose(&source).unwrap().0);
            let line = |key: &str| {
                let place = places.exact(&ValuePath::keys([key]));
                place.map(|place| place.line)
            };
            // The last pair of a duplicate key counts, and only strings are keys of a path.
            assert_eq!(line("a"), Some(5));
            assert_eq!(line("b"), Some(4));
            assert_eq!(line("1"), Some(6));
            assert_eq!((line("c"), line("~"), line("")), (None, None, None));
        }
    }
}
