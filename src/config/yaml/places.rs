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
        let mut at = self.0.root()?;
        let mut shown = at;
        for step in &path.0 {
            let Some((key, value)) = self.step(at, step) else {
                break;
            };
            (shown, at) = (key, value);
        }
        Some(self.0.place(shown))
    }

    /// The node to show for a step, and the node that it leads to.
    fn step(&self, at: NodeId, step: &Step) -> Option<(NodeId, NodeId)> {
        let node = self.0.get(at);
        match (&node.body, step) {
            (Body::Map { pairs, .. }, Step::Key(name)) => {
                pairs.iter().rev().copied().find(|(key, _)| {
                    let key = self.0.get(*key);
                    key.tag == Tag::Str && matches!(&key.body, Body::Scalar(text) if text == name)
                })
            }
            (Body::List(items), Step::Index(index)) => items.get(*index).map(|item| (*item, *item)),
            // Ordered pairs are mappings as written, and lists of key and value as read.
            (Body::Map { pairs, .. }, Step::Index(index)) => {
                let (key, value) = *pairs.first()?;
                [(key, key), (key, value)].get(*index).copied()
            }
            _ => None,
        }
    }
}
