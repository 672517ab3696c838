//! Events of the scanner become nodes; aliases become second uses of a node.

use std::collections::BTreeMap;
use std::sync::Arc;

use libyaml_safer::{Event, EventData, Mark};

use crate::base::diagnostic::{Diagnostic, Place, SourceFile};
use crate::base::suggest;

use super::limits::{MAX_DEPTH, MAX_NODES};
use super::node::{Body, Node, NodeId, Nodes, Tag};
use super::resolve::resolve;

mod duplicates;
mod events;

use events::{Events, place};

/// Composes the only document of a stream; the warnings are about duplicate keys.
pub(super) fn compose(source: &Arc<SourceFile>) -> Result<(Nodes, Vec<Diagnostic>), Diagnostic> {
    let mut composer = Composer {
        nodes: Nodes::new(source),
        anchors: BTreeMap::new(),
        open: Vec::new(),
    };
    let mut events = Events::new(source)?;
    let mut seen = false;
    loop {
        let event = events.next()?;
        match event.data {
            EventData::StreamStart { .. } | EventData::DocumentEnd { .. } => {}
            EventData::StreamEnd => break,
            EventData::DocumentStart { .. } if seen => {
                return Err(Diagnostic::user("the file contains more than one document")
                    .at(Some(place(source, event.start_mark)))
                    .help("remove the `---`, or put each document in its own file"));
            }
            EventData::DocumentStart { .. } => seen = true,
            _ => composer.take(event)?,
        }
    }
    let warnings = duplicates::warnings(&composer.nodes);
    Ok((composer.nodes, warnings))
}

/// A list or mapping that has not ended yet.
struct Open {
    id: NodeId,
    /// The key of a mapping that waits for its value.
    key: Option<NodeId>,
}

struct Composer {
    nodes: Nodes,
    anchors: BTreeMap<String, NodeId>,
    open: Vec<Open>,
}

impl Composer {
    fn take(&mut self, event: Event) -> Result<(), Diagnostic> {
        let mark = event.start_mark;
        match event.data {
            EventData::Alias { anchor } => {
                let id = self.alias(&anchor, mark)?;
                self.attach(id);
            }
            EventData::Scalar {
                anchor,
                tag,
                value,
                plain_implicit,
                ..
            } => {
                let tag = match explicit(tag.as_deref()) {
                    Some(tag) => tag,
                    None if plain_implicit => resolve(&value),
                    None => Tag::Str,
                };
                let id = self.add(tag, Body::Scalar(value), anchor, mark)?;
                self.attach(id);
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                let tag = explicit(tag.as_deref()).unwrap_or(Tag::Seq);
                self.start(tag, Body::List(Vec::new()), anchor, mark)?;
            }
            EventData::MappingStart { anchor, tag, .. } => {
                let tag = explicit(tag.as_deref()).unwrap_or(Tag::Map);
                let body = Body::Map {
                    pairs: Vec::new(),
                    flat: false,
                };
                self.start(tag, body, anchor, mark)?;
            }
            EventData::SequenceEnd | EventData::MappingEnd => {
                self.open.pop();
            }
            EventData::StreamStart { .. }
            | EventData::StreamEnd
            | EventData::DocumentStart { .. }
            | EventData::DocumentEnd { .. } => {}
        }
        Ok(())
    }

    fn place(&self, mark: Mark) -> Place {
        place(self.nodes.source(), mark)
    }

    fn alias(&self, anchor: &str, mark: Mark) -> Result<NodeId, Diagnostic> {
        let Some(id) = self.anchors.get(anchor).copied() else {
            return Err(Diagnostic::user(format!(
                "no anchor `&{anchor}` is defined before this alias"
            ))
            .at(Some(self.place(mark)))
            .help(suggest::hint(
                anchor,
                self.anchors.keys().map(String::as_str),
            )));
        };
        if self.open.iter().any(|open| open.id == id) {
            return Err(Diagnostic::user(format!(
                "the alias `*{anchor}` is inside its own anchor"
            ))
            .at(Some(self.place(mark)))
            .help("a value cannot contain itself; write out the part that you mean"));
        }
        Ok(id)
    }

    fn add(
        &mut self,
        tag: Tag,
        body: Body,
        anchor: Option<String>,
        mark: Mark,
    ) -> Result<NodeId, Diagnostic> {
        let place = self.place(mark);
        let id = self.nodes.add(Node {
            tag,
            line: place.line,
            column: place.column,
            body,
        });
        if id >= MAX_NODES {
            return Err(
                Diagnostic::user(format!("the document has more than {MAX_NODES} nodes"))
                    .at(Some(place)),
            );
        }
        if let Some(anchor) = anchor {
            if let Some(first) = self.anchors.get(&anchor) {
                let line = self.nodes.get(*first).line;
                return Err(
                    Diagnostic::user(format!("the anchor `&{anchor}` is defined twice"))
                        .at(Some(place))
                        .help(format!(
                            "use another name; it is already defined on line {line}"
                        )),
                );
            }
            self.anchors.insert(anchor, id);
        }
        Ok(id)
    }

    fn start(
        &mut self,
        tag: Tag,
        body: Body,
        anchor: Option<String>,
        mark: Mark,
    ) -> Result<(), Diagnostic> {
        let id = self.add(tag, body, anchor, mark)?;
        self.attach(id);
        self.open.push(Open { id, key: None });
        if self.open.len() > MAX_DEPTH {
            return Err(Diagnostic::user(format!(
                "lists and mappings are nested more than {MAX_DEPTH} deep"
            ))
            .at(Some(self.place(mark))));
        }
        Ok(())
    }

    /// Puts a node where the next one belongs.
    fn attach(&mut self, id: NodeId) {
        let Some(open) = self.open.last_mut() else {
            self.nodes.set_root(id);
            return;
        };
        match &mut self.nodes.get_mut(open.id).body {
            Body::List(items) => items.push(id),
            Body::Map { pairs, .. } => match open.key.take() {
                Some(key) => pairs.push((key, id)),
                None => open.key = Some(id),
            },
            Body::Scalar(_) => {}
        }
    }
}

/// The tag that is written out; `!` means none.
fn explicit(tag: Option<&str>) -> Option<Tag> {
    tag.filter(|tag| *tag != "!").map(Tag::named)
}
