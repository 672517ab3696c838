//! One task as a kind describes it.

use std::fmt::Debug;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::json::ToJson;
use crate::base::name::{KindName, Label};
use crate::base::path::ValuePath;
use crate::base::value::{Object, Value};

/// Where the parts of a task are written.
pub trait Written: Debug + Send + Sync {
    /// Where a part of it is written; `None` if no file has it.
    fn place_of(&self, path: &ValuePath) -> Option<Place>;
}

/// Where a task comes from, for messages.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    /// Where it is written.
    pub place: Option<Place>,
    /// Where its parts are written, as far as is known.
    pub written: Option<Arc<dyn Written>>,
}

impl PartialEq for Provenance {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Provenance {}

impl Provenance {
    /// Whether a part of the task is written in a file.
    #[must_use]
    pub fn has(&self, path: &ValuePath) -> bool {
        let written = self.written.as_ref();
        written.is_some_and(|written| written.place_of(path).is_some())
    }

    /// Where a part of the task is written, or else the task.
    #[must_use]
    pub fn place_of(&self, path: &ValuePath) -> Option<Place> {
        let part = self
            .written
            .as_ref()
            .and_then(|written| written.place_of(path));
        part.or_else(|| self.place.clone())
    }
}

/// A task, by label.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its kind.
    pub kind: KindName,
    /// Its label.
    pub label: Label,
    /// What it does, in words.
    pub description: String,
    /// Attributes, by which tasks are chosen; `kind` is always among them.
    pub attributes: Object,
    /// The definition, with references to other tasks unresolved.
    pub task: Object,
    /// The optimization strategy with its argument: a mapping with one key, or null.
    pub optimization: Value,
    /// The tasks that it depends on, by the name that it has for each.
    pub dependencies: Arc<IndexMap<String, Label>>,
    /// The tasks that it depends on when they are in the graph.
    pub soft_dependencies: Vec<Label>,
    /// The dependencies of which at least one has to run for this to run.
    pub if_dependencies: Vec<Label>,
    /// Where it comes from.
    pub provenance: Arc<Provenance>,
}

impl ToJson for Task {
    /// As the peer writes it in `full-task-graph.json`.
    fn to_json(&self) -> Value {
        let dependencies = self.dependencies.iter();
        let fields = Fields {
            kind: &self.kind,
            label: &self.label,
            description: &self.description,
            attributes: &self.attributes,
            dependencies: dependencies.map(|(name, to)| (name.as_str(), to)).collect(),
            soft_dependencies: &self.soft_dependencies,
            if_dependencies: &self.if_dependencies,
            optimization: &self.optimization,
            task: &self.task,
        };
        fields.object().into()
    }
}

/// The fields of a task that are written.
pub(super) struct Fields<'a> {
    pub kind: &'a KindName,
    pub label: &'a Label,
    pub description: &'a str,
    pub attributes: &'a Object,
    pub dependencies: Object,
    pub soft_dependencies: &'a [Label],
    pub if_dependencies: &'a [Label],
    pub optimization: &'a Value,
    pub task: &'a Object,
}

impl Fields<'_> {
    /// The fields by name, in order.
    pub(super) fn object(self) -> Object {
        let labels = |labels: &[Label]| labels.iter().collect::<Value>();
        Object::from_entries([
            ("attributes", Value::from(self.attributes.clone())),
            ("dependencies", self.dependencies.into()),
            ("description", self.description.into()),
            ("if_dependencies", labels(self.if_dependencies)),
            ("kind", self.kind.into()),
            ("label", self.label.into()),
            ("optimization", self.optimization.clone()),
            ("soft_dependencies", labels(self.soft_dependencies)),
            ("task", self.task.clone().into()),
        ])
    }
}

impl Task {
    /// Reads a task that [`Task::to_json`] or the peer has written.
    ///
    /// # Errors
    /// One line that says what is missing or wrong.
    pub fn from_json(value: &Value) -> Result<Self, Diagnostic> {
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let string = |name: &str| {
            field(name)
                .as_str()
                .ok_or_else(|| Diagnostic::user(format!("`{name}` is not a string")))
        };
        let map = |name: &str| {
            field(name)
                .as_object()
                .cloned()
                .ok_or_else(|| Diagnostic::user(format!("`{name}` is not a mapping")))
        };
        let label = |text: &str| Label::parse(text).map_err(|e| Diagnostic::user(e.to_string()));
        let labels = |name: &str| -> Result<Vec<Label>, Diagnostic> {
            field(name)
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(label)
                .collect()
        };
        let dependencies = field("dependencies").as_object().into_iter().flatten();
        Ok(Self {
            kind: KindName::parse(string("kind")?).map_err(|e| Diagnostic::user(e.to_string()))?,
            label: label(string("label")?)?,
            description: field("description").as_str().unwrap_or_default().to_owned(),
            attributes: map("attributes")?,
            task: map("task")?,
            optimization: field("optimization").clone(),
            dependencies: dependencies
                .map(|(name, to)| Ok((name.to_string(), label(to.as_str().unwrap_or_default())?)))
                .collect::<Result<IndexMap<_, _>, Diagnostic>>()?
                .into(),
            soft_dependencies: labels("soft_dependencies")?,
            if_dependencies: labels("if_dependencies")?,
            provenance: Arc::default(),
        })
    }

    /// Shares equal values with the task before it in its kind, and shrinks containers to fit.
    pub fn share_with(&mut self, before: Option<&Self>) {
        let none = (&Object::new(), &Object::new(), &Value::Null);
        let (definition, attributes, optimization) = before.map_or(none, |before| {
            (&before.task, &before.attributes, &before.optimization)
        });
        self.task.share_with(definition);
        self.attributes.share_with(attributes);
        self.optimization.share_with(optimization);
        let is_same = |before: &&Self| before.dependencies.iter().eq(self.dependencies.iter());
        if let Some(before) = before.filter(is_same) {
            self.dependencies = Arc::clone(&before.dependencies);
        }
    }

    /// An attribute; `None` when it is not there or null.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name).filter(|value| !value.is_null())
    }

    /// An attribute that is a string.
    #[must_use]
    pub fn attribute_str(&self, name: &str) -> Option<&str> {
        self.attribute(name).and_then(Value::as_str)
    }

    /// The optimization strategy and its argument, when the task has one.
    #[must_use]
    pub fn strategy(&self) -> Option<(&str, &Value)> {
        self.optimization
            .as_object()
            .and_then(|map| map.iter().next())
            .map(|(name, argument)| (name.as_str(), argument))
    }

    /// A message about this task.
    #[must_use]
    pub fn diagnostic(&self, message: impl Into<String>) -> Diagnostic {
        self.diagnostic_at(None, message)
    }

    /// A message about a part of this task.
    #[must_use]
    pub fn diagnostic_at(&self, place: Option<Place>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::user(message)
            .in_kind(&self.kind)
            .in_task(self.label.as_str())
            .at(place.or_else(|| self.provenance.place.clone()))
    }
}
