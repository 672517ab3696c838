//! YAML as PyYAML's safe loader reads it, with places, and as its safe dumper writes it.
//!
//! Reading goes in steps, each a module:
//!
//! 1. `text`: bytes become text; what is not the text of a YAML stream is refused.
//! 2. `compose`: the scanner's events become nodes. An alias is the same node once more. Plain
//!    scalars get their tag from the YAML 1.1 rules in `resolve`.
//! 3. `construct`: nodes become a [`Tree`], with merge keys flattened and aliases expanded, under
//!    the limits in `limits`. `scalar` makes numbers, moments and bytes out of text.
//! 4. `narrow`: the tree becomes a [`Value`]; what JSON cannot hold is refused.
//!
//! Steps 1 and 2 end at the first mistake, since nothing after it can be trusted; steps 3 and 4
//! report all that they find.

mod compose;
mod construct;
mod dump;
mod emit;
mod limits;
mod narrow;
mod node;
mod places;
mod resolve;
mod scalar;
mod text;
mod tree;

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Outcome, SourceFile};
use crate::base::value::{Value, type_name};

pub use dump::dump;
pub use limits::{MAX_BYTES, MAX_DEPTH, MAX_MISTAKES, MAX_NODES, MAX_SCALAR_BYTES};
pub use places::Places;
pub use tree::{Data, Integer, Tree};

/// A YAML document that was read.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Where it says it.
    pub places: Places,
    /// The file.
    pub source: Arc<SourceFile>,
    /// What is likely a slip, yet no mistake: keys written twice.
    pub warnings: Vec<Diagnostic>,
}

impl Document {
    /// Logs warnings about likely mistakes.
    pub fn warn(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }
}

/// What a file is that should have been a mapping, in words.
#[must_use]
pub fn root_in_words(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        other => format!("{}, not a mapping", type_name(other)),
    }
}

/// Reads the only document of a YAML stream; a stream without one is null.
///
/// # Errors
/// All mistakes that were found, with their places.
pub fn load(name: &str, text: &[u8]) -> Outcome<Document> {
    let (tree, nodes, warnings) = read(name, text)?;
    let value = narrow::narrow(&tree, &nodes)?;
    let source = nodes.source().clone();
    Ok(Document {
        value,
        places: Places::new(nodes),
        source,
        warnings,
    })
}

/// Reads a document with all that YAML has: with dates, large integers and keys of every kind.
///
/// # Errors
/// All mistakes that were found, with their places.
pub fn load_tree(name: &str, text: &[u8]) -> Outcome<Tree> {
    read(name, text).map(|(tree, ..)| tree)
}

fn read(name: &str, text: &[u8]) -> Outcome<(Tree, node::Nodes, Vec<Diagnostic>)> {
    let source = Arc::new(SourceFile {
        name: name.to_owned(),
        text: text::decode(name, text)?,
    });
    let (mut nodes, warnings) = compose::compose(&source)?;
    let tree = construct::construct(&mut nodes)?;
    Ok((tree, nodes, warnings))
}
