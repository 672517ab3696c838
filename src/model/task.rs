//! One task as a kind describes it.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::name::{KindName, Label};
use crate::base::value::{Object, Value};

/// Where a task comes from, for messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// Where it is written.
    pub place: Option<Place>,
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
    pub dependencies: IndexMap<String, Label>,
    /// The tasks that it depends on when they are in the graph.
    pub soft_dependencies: Vec<Label>,
    /// The dependencies of which at least one has to run for this to run.
    pub if_dependencies: Vec<Label>,
    /// Where it comes from.
    pub provenance: Arc<Provenance>,
}

impl Task {
    /// The task as the peer writes it in `full-task-graph.json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let dependencies = self
            .dependencies
            .iter()
            .map(|(name, label)| (name.clone(), text(label)))
            .collect();
        task_json(
            [
                &Value::from(self.kind.as_str()),
                &Value::from(self.label.as_str()),
            ],
            &self.description,
            &self.attributes,
            dependencies,
            [&self.soft_dependencies, &self.if_dependencies],
            &self.optimization,
            &self.task,
        )
    }

    /// Reads a task that [`Task::to_json`] or the peer has written.
    ///
    /// # Errors
    /// One line that says what is missing or wrong.
    pub fn from_json(value: &Value) -> Result<Self, Diagnostic> {
        let field = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let string = |name: &str| {
            field(name)
                .as_str()
                .ok_or_else(|| Diagnostic::user(format!("`{name}` is no string")))
        };
        let map = |name: &str| {
            field(name)
                .as_object()
                .cloned()
                .ok_or_else(|| Diagnostic::user(format!("`{name}` is no mapping")))
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
                .map(|(name, to)| Ok((name.clone(), label(to.as_str().unwrap_or_default())?)))
                .collect::<Result<_, Diagnostic>>()?,
            soft_dependencies: labels("soft_dependencies")?,
            if_dependencies: labels("if_dependencies")?,
            provenance: Arc::default(),
        })
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
        Diagnostic::user(message)
            .in_kind(&self.kind)
            .in_task(self.label.as_str())
            .at(self.provenance.place.clone())
    }
}

fn text(label: &Label) -> Value {
    Value::from(label.as_str())
}

pub(super) fn task_json(
    [kind, label]: [&Value; 2],
    description: &str,
    attributes: &Object,
    dependencies: Object,
    [soft, conditions]: [&[Label]; 2],
    optimization: &Value,
    task: &Object,
) -> Value {
    Value::Object(Object::from_iter([
        ("kind".to_owned(), kind.clone()),
        ("label".to_owned(), label.clone()),
        ("description".to_owned(), Value::from(description)),
        ("attributes".to_owned(), Value::Object(attributes.clone())),
        ("dependencies".to_owned(), Value::Object(dependencies)),
        (
            "soft_dependencies".to_owned(),
            soft.iter().map(text).collect(),
        ),
        (
            "if_dependencies".to_owned(),
            conditions.iter().map(text).collect(),
        ),
        ("optimization".to_owned(), optimization.clone()),
        ("task".to_owned(), Value::Object(task.clone())),
    ]))
}
