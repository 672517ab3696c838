//! Where the parts of a document were written.

use std::sync::Arc;

use crate::base::diagnostic::Place;
use crate::base::path::{Step, ValuePath};

use super::node::{Body, NodeId, Nodes, Tag};

/// The places of a document's parts.
#[derive(Debug, Clone)]
pub struct Places(Arc<Nodes>);

impl Places {
    pub(super) fn new(nodes: Nodes) -> Self {
        Self(Arc::new(nodes))
    }

    /// The place of a part: that of its key in a mapping, of the item in a list.
    ///
    /// What a merge or an alias brought in has the place at which it was written. A path that
    /// leads beyond the document has the place of the last part that is there. `None` when there
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
        let mut at = self.0.root()?;
        let mut shown = at;
        let mut taken = 0;
        let mut is_pair = false;
        for step in &path.0 {
            let Some((key, value)) = self.step(at, step, is_pair) else {
                break;
            };
            is_pair = matches!(self.0.get(at).tag, Tag::Omap | Tag::Pairs);
            (shown, at) = (key, value);
            taken += 1;
        }
        Some((self.0.place(shown), taken == path.0.len()))
    }

    /// The node to show for a step, and the node that it leads to.
    ///
    /// `is_pair` tells that `at` is one of ordered pairs: a mapping as written, and a list of key
    /// and value as read.
    fn step(&self, at: NodeId, step: &Step, is_pair: bool) -> Option<(NodeId, NodeId)> {
        match (&self.0.get(at).body, step) {
            (Body::Map { pairs, .. }, Step::Index(index)) if is_pair => {
                let (key, value) = *pairs.first()?;
                [(key, key), (key, value)].get(*index).copied()
            }
            (Body::Map { pairs, .. }, Step::Key(name)) if !is_pair => {
                pairs.iter().rev().copied().find(|(key, _)| {
                    let key = self.0.get(*key);
                    key.tag == Tag::Str && matches!(&key.body, Body::Scalar(text) if text == name)
                })
            }
            (Body::List(items), Step::Index(index)) => items.get(*index).map(|item| (*item, *item)),
            _ => None,
        }
    }
}
