//! Turns nodes into a tree: merge keys are flattened, aliases expanded, scalars converted.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};

use super::limits::{MAX_DEPTH, MAX_MISTAKES, MAX_NODES, MAX_SCALAR_BYTES};
use super::node::{Body, NodeId, Nodes, Tag};
use super::scalar;
use super::tree::{Data, Tree};

mod key;
mod merge;

use key::Key;

/// Constructs the tree of the document; null without one.
pub(super) fn construct(nodes: &mut Nodes) -> Outcome<Tree> {
    let Some(root) = nodes.root() else {
        return Ok(Tree {
            data: Data::Null,
            node: None,
        });
    };
    let mut constructor = Constructor {
        nodes,
        spent_nodes: 0,
        spent_bytes: 0,
        mistakes: Diagnostics::new(),
        reported: BTreeSet::new(),
    };
    let built = constructor.build(root, 0);
    let mut mistakes = constructor.mistakes;
    match built {
        Ok(tree) => mistakes.or_ok(tree),
        Err(Stop(Some(last))) => {
            mistakes.push(last);
            Err(mistakes)
        }
        Err(Stop(None)) => Err(mistakes),
    }
}

/// Ends construction, for its own reason or because of too many mistakes.
struct Stop(Option<Diagnostic>);

struct Constructor<'a> {
    nodes: &'a mut Nodes,
    spent_nodes: usize,
    spent_bytes: usize,
    mistakes: Diagnostics,
    /// The nodes whose mistakes were reported; an alias would repeat them.
    reported: BTreeSet<NodeId>,
}

impl Constructor<'_> {
    /// Records a mistake and continues with null instead of the value.
    fn wrong(&mut self, id: NodeId, message: impl Into<String>, help: &str) -> Result<Data, Stop> {
        if self.reported.insert(id) {
            let mut mistake = self.nodes.mistake(id, message);
            if !help.is_empty() {
                mistake = mistake.help(help);
            }
            self.mistakes.push(mistake);
        }
        if self.mistakes.len() >= MAX_MISTAKES {
            return Err(Stop(None));
        }
        Ok(Data::Null)
    }

    /// Counts nodes, and stops when there are too many.
    fn spend(&mut self, id: NodeId, nodes: usize) -> Result<(), Stop> {
        self.spent_nodes = self.spent_nodes.saturating_add(nodes);
        if self.spent_nodes <= MAX_NODES {
            return Ok(());
        }
        let message =
            format!("with its aliases expanded, the document has more than {MAX_NODES} nodes");
        Err(self.stop(id, message))
    }

    fn stop(&self, id: NodeId, message: String) -> Stop {
        Stop(Some(self.nodes.mistake(id, message)))
    }

    fn build(&mut self, id: NodeId, depth: usize) -> Result<Tree, Stop> {
        self.spend(id, 1)?;
        if depth > MAX_DEPTH {
            let message = format!(
                "with its aliases expanded, the document is nested more than {MAX_DEPTH} deep"
            );
            return Err(self.stop(id, message));
        }
        let data = match self.nodes.get(id).tag.clone() {
            Tag::Seq => self.list(id, depth)?,
            Tag::Map => self.map(id, depth)?,
            Tag::Set => self.set(id, depth)?,
            Tag::Omap | Tag::Pairs => self.pairs(id, depth)?,
            Tag::Merge => self.wrong(
                id,
                "`<<` can only be used as a key",
                "write '<<' in quotes to make it a string",
            )?,
            Tag::Value => self.wrong(
                id,
                "a plain `=` cannot be used as a value",
                "write '=' in quotes to make it a string",
            )?,
            Tag::Unknown(tag) => self.wrong(
                id,
                format!("unknown tag `{tag}`"),
                "put text that begins with `!` in quotes",
            )?,
            tag => self.scalar(id, &tag)?,
        };
        Ok(Tree {
            data,
            node: Some(id),
        })
    }

    fn mismatch(&mut self, id: NodeId, expected: &str) -> Result<Data, Stop> {
        let found = self.nodes.get(id).body.kind();
        self.wrong(
            id,
            format!("the tag requires {expected}, found {found}"),
            "",
        )
    }

    fn list(&mut self, id: NodeId, depth: usize) -> Result<Data, Stop> {
        let Body::List(items) = &self.nodes.get(id).body else {
            return self.mismatch(id, "a list");
        };
        let items = items.clone();
        let built: Result<_, _> = items
            .into_iter()
            .map(|item| self.build(item, depth + 1))
            .collect();
        built.map(Data::List)
    }

    fn map(&mut self, id: NodeId, depth: usize) -> Result<Data, Stop> {
        Ok(match self.entries(id, depth)? {
            Some(entries) => Data::Map(entries),
            None => self.mismatch(id, "a mapping")?,
        })
    }

    fn set(&mut self, id: NodeId, depth: usize) -> Result<Data, Stop> {
        Ok(match self.entries(id, depth)? {
            Some(entries) => Data::Set(entries.into_iter().map(|(key, _)| key).collect()),
            None => self.mismatch(id, "a mapping")?,
        })
    }

    /// The entries of a mapping: each key at its first position, with its last value.
    fn entries(&mut self, id: NodeId, depth: usize) -> Result<Option<Vec<(Tree, Tree)>>, Stop> {
        if !matches!(self.nodes.get(id).body, Body::Map { .. }) {
            return Ok(None);
        }
        self.flatten(id, 0)?;
        let pairs = self.nodes.pairs(id).to_vec();
        let mut entries: Vec<(Tree, Tree)> = Vec::with_capacity(pairs.len());
        let mut known: BTreeMap<Key, usize> = BTreeMap::new();
        for (key_id, value_id) in pairs {
            let key = self.build(key_id, depth + 1)?;
            let value = self.build(value_id, depth + 1)?;
            let Some(name) = Key::from_data(&key.data) else {
                let found = self.nodes.get(key_id).body.kind();
                self.wrong(
                    key_id,
                    format!("{found} cannot be a key"),
                    "put text that begins with `{` or `[` in quotes",
                )?;
                continue;
            };
            match known.get(&name) {
                Some(index) => entries[*index].1 = value,
                None => {
                    known.insert(name, entries.len());
                    entries.push((key, value));
                }
            }
        }
        Ok(Some(entries))
    }

    /// The pairs of `!!omap` and `!!pairs`: a list of mappings with one key each.
    fn pairs(&mut self, id: NodeId, depth: usize) -> Result<Data, Stop> {
        let Body::List(items) = &self.nodes.get(id).body else {
            return self.mismatch(id, "a list");
        };
        let items = items.clone();
        let mut entries = Vec::with_capacity(items.len());
        for item in items {
            let Body::Map { pairs, .. } = &self.nodes.get(item).body else {
                self.wrong(item, "an ordered pair must be a mapping with one key", "")?;
                continue;
            };
            let [(key, value)] = pairs[..] else {
                self.wrong(item, "an ordered pair must be a mapping with one key", "")?;
                continue;
            };
            entries.push((self.build(key, depth + 2)?, self.build(value, depth + 2)?));
        }
        Ok(Data::Pairs(entries))
    }

    /// The text of a scalar; of a mapping, that of the value at its key `=`.
    fn text(&self, mut id: NodeId) -> Option<String> {
        loop {
            match &self.nodes.get(id).body {
                Body::Scalar(text) => return Some(text.clone()),
                Body::List(_) => return None,
                Body::Map { pairs, .. } => {
                    let is_value = |key: NodeId| self.nodes.get(key).tag == Tag::Value;
                    id = pairs.iter().find(|(key, _)| is_value(*key))?.1;
                }
            }
        }
    }

    fn scalar(&mut self, id: NodeId, tag: &Tag) -> Result<Data, Stop> {
        let Some(text) = self.text(id) else {
            return self.mismatch(id, "a scalar");
        };
        self.spent_bytes = self.spent_bytes.saturating_add(text.len());
        if self.spent_bytes > MAX_SCALAR_BYTES {
            let message = format!(
                "with its aliases expanded, the document has more than {MAX_SCALAR_BYTES} bytes of text"
            );
            return Err(self.stop(id, message));
        }
        let (parsed, expected) = match tag {
            Tag::Null => (Some(Data::Null), "null"),
            Tag::Bool => (scalar::boolean(&text).map(Data::Bool), "a boolean"),
            Tag::Int => (scalar::integer(&text).map(Data::Int), "an integer"),
            Tag::Float => (scalar::float(&text).map(Data::Float), "a float"),
            Tag::Binary => (scalar::binary(&text).map(Data::Binary), "base64"),
            Tag::Timestamp => (scalar::timestamp(&text).map(Data::Timestamp), "a date"),
            _ => return Ok(Data::Str(text)),
        };
        match parsed {
            Some(data) => Ok(data),
            None => {
                let excerpt: String = text.chars().take(40).collect();
                self.wrong(
                    id,
                    format!("`{excerpt}` is not {expected}"),
                    "put it in quotes to make it a string",
                )
            }
        }
    }
}
