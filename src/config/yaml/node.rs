//! The nodes of a document: what the composer makes and the constructor reads.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Place, SourceFile};

/// The prefix that `!!` abbreviates.
const STANDARD: &str = "tag:yaml.org,2002:";

/// The tag of a node, written or resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Str,
    Binary,
    Timestamp,
    Seq,
    Map,
    Set,
    Omap,
    Pairs,
    /// The key `<<`.
    Merge,
    /// The scalar `=`.
    Value,
    Unknown(String),
}

impl Tag {
    /// The tag with this full name.
    pub(super) fn named(name: &str) -> Self {
        match name.strip_prefix(STANDARD) {
            Some("null") => Self::Null,
            Some("bool") => Self::Bool,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("str") => Self::Str,
            Some("binary") => Self::Binary,
            Some("timestamp") => Self::Timestamp,
            Some("seq") => Self::Seq,
            Some("map") => Self::Map,
            Some("set") => Self::Set,
            Some("omap") => Self::Omap,
            Some("pairs") => Self::Pairs,
            Some("merge") => Self::Merge,
            Some("value") => Self::Value,
            Some(other) => Self::Unknown(format!("!!{other}")),
            None => Self::Unknown(name.to_owned()),
        }
    }
}

/// A node's number.
pub(super) type NodeId = usize;

/// One node, which aliases may share.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) tag: Tag,
    /// The line, from 1.
    pub(super) line: usize,
    /// The column in characters, from 1.
    pub(super) column: usize,
    pub(super) body: Body,
}

/// What a node holds.
#[derive(Debug)]
pub(super) enum Body {
    Scalar(String),
    List(Vec<NodeId>),
    Map {
        pairs: Vec<(NodeId, NodeId)>,
        /// Whether merge keys have been flattened.
        flat: bool,
    },
}

impl Body {
    /// What the node is, in the words of YAML.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "a scalar",
            Self::List(_) => "a list",
            Self::Map { .. } => "a mapping",
        }
    }
}

/// All nodes of a document.
#[derive(Debug)]
pub(super) struct Nodes {
    source: Arc<SourceFile>,
    all: Vec<Node>,
    root: Option<NodeId>,
}

impl Nodes {
    pub(super) fn new(source: &Arc<SourceFile>) -> Self {
        Self {
            source: source.clone(),
            all: Vec::new(),
            root: None,
        }
    }

    pub(super) fn add(&mut self, node: Node) -> NodeId {
        self.all.push(node);
        self.all.len() - 1
    }

    pub(super) fn set_root(&mut self, id: NodeId) {
        self.root = Some(id);
    }

    pub(super) fn root(&self) -> Option<NodeId> {
        self.root
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn source(&self) -> &Arc<SourceFile> {
        &self.source
    }

    pub(super) fn get(&self, id: NodeId) -> &Node {
        &self.all[id]
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.all[id]
    }

    /// The keys and values of a mapping; of all else, none.
    pub(super) fn pairs(&self, id: NodeId) -> &[(NodeId, NodeId)] {
        match &self.get(id).body {
            Body::Map { pairs, .. } => pairs,
            Body::Scalar(_) | Body::List(_) => &[],
        }
    }

    /// Where the node starts.
    pub(super) fn place(&self, id: NodeId) -> Place {
        let node = self.get(id);
        Place {
            source: self.source.clone(),
            line: node.line,
            column: node.column,
        }
    }

    /// A mistake at the node.
    pub(super) fn mistake(&self, id: NodeId, message: impl Into<String>) -> Diagnostic {
        Diagnostic::user(message).at(Some(self.place(id)))
    }
}
