//! Merge keys: `<<: *base` and `<<: [*first, *second]`.

use crate::config::yaml::limits::MAX_DEPTH;
use crate::config::yaml::node::{Body, NodeId, Tag};

use super::{Constructor, Stop};

impl Constructor<'_> {
    /// Lays the merge keys of a mapping flat.
    ///
    /// The merged pairs come before the mapping's own, so that its own values win and yet are
    /// where the merged keys stood. Of a list the first mapping wins, so it comes last. Several
    /// merge keys in one mapping follow each other, and the last wins.
    pub(super) fn flatten(&mut self, id: NodeId, depth: usize) -> Result<(), Stop> {
        let Body::Map { pairs, flat } = &mut self.nodes.get_mut(id).body else {
            return Ok(());
        };
        if depth > MAX_DEPTH {
            let message = format!("merge keys are nested more than {MAX_DEPTH} deep");
            return Err(self.stop(id, message));
        }
        if std::mem::replace(flat, true) {
            return Ok(());
        }
        let own_pairs = std::mem::take(pairs);
        let mut own = Vec::with_capacity(own_pairs.len());
        let mut merged = Vec::new();
        for (key, value) in own_pairs {
            match self.nodes.get(key).tag {
                Tag::Merge => self.merge(value, &mut merged, depth)?,
                Tag::Value => {
                    self.nodes.get_mut(key).tag = Tag::Str;
                    own.push((key, value));
                }
                _ => own.push((key, value)),
            }
        }
        merged.append(&mut own);
        if let Body::Map { pairs, .. } = &mut self.nodes.get_mut(id).body {
            *pairs = merged;
        }
        Ok(())
    }

    /// Adds the pairs of what follows `<<:`.
    fn merge(
        &mut self,
        id: NodeId,
        into: &mut Vec<(NodeId, NodeId)>,
        depth: usize,
    ) -> Result<(), Stop> {
        match &self.nodes.get(id).body {
            Body::Map { .. } => self.append(id, into, depth),
            Body::List(items) => {
                for item in items.clone().into_iter().rev() {
                    if matches!(self.nodes.get(item).body, Body::Map { .. }) {
                        self.append(item, into, depth)?;
                    } else {
                        self.cannot_merge(item)?;
                    }
                }
                Ok(())
            }
            Body::Scalar(_) => self.cannot_merge(id),
        }
    }

    fn append(
        &mut self,
        id: NodeId,
        into: &mut Vec<(NodeId, NodeId)>,
        depth: usize,
    ) -> Result<(), Stop> {
        self.flatten(id, depth + 1)?;
        self.spend(id, self.nodes.pairs(id).len())?;
        into.extend_from_slice(self.nodes.pairs(id));
        Ok(())
    }

    fn cannot_merge(&mut self, id: NodeId) -> Result<(), Stop> {
        let found = self.nodes.get(id).body.kind();
        self.wrong(
            id,
            format!("`<<` can only merge mappings, found {found}"),
            "use an alias of a mapping, or a list of such aliases",
        )
        .map(|_| ())
    }
}
