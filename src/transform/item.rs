//! The items that transforms change, and where they were written.

use std::sync::Arc;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome, Place};
use crate::base::path::ValuePath;
use crate::base::value::{List, Object, Str, Value};
use crate::config::schema::{Schema, Violation};
use crate::config::yaml::Places;
use crate::model::edge_trail::EdgeNotes;
use crate::model::task::Written;

/// Variables for the environment of a task.
pub type Variables = Vec<(&'static str, Value)>;

/// Where an item was written.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The places of the file that it was written in, and its path in that file.
    pub own: Option<(Arc<Places>, ValuePath)>,
    /// The places of the defaults that it was merged with, and their path, nearest first.
    pub defaults: Vec<(Arc<Places>, ValuePath)>,
    /// What has changed the dependencies of the item, if that is noted.
    pub edges: Option<Arc<EdgeNotes>>,
}

impl Origin {
    /// The place of a part of the item: in the item, or else in its defaults, or else the item itself.
    #[must_use]
    pub fn place(&self, path: &ValuePath) -> Option<Place> {
        self.exact_place(path).or_else(|| {
            let (places, prefix) = self.own.as_ref()?;
            places.get(&below(prefix, path))
        })
    }

    /// The place of exactly this part of the item, in the item or in its defaults.
    #[must_use]
    pub fn exact_place(&self, path: &ValuePath) -> Option<Place> {
        let mut places = self.own.iter().chain(&self.defaults);
        places.find_map(|(places, prefix)| places.exact(&below(prefix, path)))
    }

    /// The same origin with other notes about dependencies.
    #[must_use]
    pub fn with_edges(&self, edges: EdgeNotes) -> Arc<Self> {
        Arc::new(Self {
            edges: Some(Arc::new(edges)),
            ..self.clone()
        })
    }

    /// Whether a part of the item was written in a file, and not added by a transform.
    #[must_use]
    pub fn is_written(&self, path: &ValuePath) -> bool {
        self.exact_place(path).is_some()
    }

    /// The place of the item itself.
    #[must_use]
    pub fn own_place(&self) -> Option<Place> {
        self.place(&ValuePath::root())
    }
}

/// A path below another one.
fn below(prefix: &ValuePath, path: &ValuePath) -> ValuePath {
    ValuePath(prefix.0.iter().chain(&path.0).cloned().collect())
}

impl Written for Origin {
    fn place_of(&self, path: &ValuePath) -> Option<Place> {
        self.exact_place(path)
    }
}

/// A task while it passes through the transforms.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its keys so far.
    pub task: Object,
    /// Where it was written; items that were split share it.
    pub origin: Arc<Origin>,
}

impl Item {
    /// An item that was not written in a file.
    #[must_use]
    pub fn new(task: Object) -> Self {
        Self {
            task,
            origin: Arc::default(),
        }
    }

    /// An item with the same origin but other content.
    #[must_use]
    pub fn with(&self, task: Object) -> Self {
        Self {
            task,
            origin: Arc::clone(&self.origin),
        }
    }

    /// The label, or else the name.
    #[must_use]
    pub fn name_for_messages(&self) -> Option<Str> {
        let text = |key| match self.task.get(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let name = text("label").or_else(|| text("name"));
        name.filter(|name| !name.is_empty()).cloned()
    }

    /// A mistake in a dotted field of this item.
    pub fn error_at(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        let path = ValuePath::keys(field.split('.').filter(|part| !part.is_empty()));
        Diagnostic::user(message).at(self.origin.place(&path))
    }

    /// Checks the mapping at `path` in this item against a schema.
    ///
    /// # Errors
    /// Every violation.
    pub fn check(&self, path: &[&str], value: &Object, schema: &Schema) -> Outcome<()> {
        self.violations(path, value, schema, |_| true)
    }

    /// As [`Item::check`], without the violations for which `is_told` returns false.
    ///
    /// # Errors
    /// Every other violation.
    pub fn violations(
        &self,
        path: &[&str],
        value: &Object,
        schema: &Schema,
        is_told: impl Fn(&Violation) -> bool,
    ) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        for violation in schema.check(value).into_iter().filter(is_told) {
            let steps = ValuePath::keys(path.iter().copied()).0.into_iter();
            let whole = ValuePath(steps.chain(violation.path.0).collect());
            let prefix = path.join(".");
            let message = if prefix.is_empty() {
                violation.message
            } else {
                format!("in `{prefix}`: {}", violation.message)
            };
            let mut diagnostic = Diagnostic::user(message).at(self.origin.place(&whole));
            diagnostic.help = violation.help;
            wrong.push(diagnostic);
        }
        wrong.or_ok(())
    }

    /// A field that is a string.
    #[must_use]
    pub fn str(&self, key: &str) -> Option<&str> {
        self.task.get(key).and_then(Value::as_str)
    }

    /// A field that is a mapping; created if it is missing or has another type.
    pub fn object_mut(&mut self, key: &str) -> &mut Object {
        object_mut(&mut self.task, key)
    }

    /// A field that is a list; created if it is missing or has another type.
    pub fn list_mut(&mut self, key: &str) -> &mut List {
        list_mut(&mut self.task, key)
    }
}

/// The mapping at `key`, created if it is missing or has another type.
pub fn object_mut<'o>(map: &'o mut Object, key: &str) -> &'o mut Object {
    let slot = map
        .entry(key)
        .or_insert_with(|| Value::Object(Object::new()));
    if !slot.is_object() {
        *slot = Value::Object(Object::new());
    }
    match slot {
        Value::Object(inner) => inner,
        _ => unreachable!("it was set to a mapping above"),
    }
}

/// The list at `key`, created if it is missing or has another type.
pub fn list_mut<'o>(map: &'o mut Object, key: &str) -> &'o mut List {
    let slot = map.entry(key).or_insert_with(|| Value::Array(List::new()));
    if !slot.is_array() {
        *slot = Value::Array(List::new());
    }
    match slot {
        Value::Array(inner) => inner,
        _ => unreachable!("it was set to a list above"),
    }
}
