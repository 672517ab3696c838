//! Chooses among the tasks of another graph.

use crate::base::value::{Object, Value, truthy};
use crate::transform::checks;

/// The conditions of an item for the tasks that it replicates.
pub(super) struct Selection<'a> {
    include: Option<&'a Object>,
    exclude: Option<&'a Object>,
}

impl<'a> Selection<'a> {
    /// Reads the settings.
    pub(super) fn new(config: &'a Object) -> Self {
        let get = |key: &str| config.get(key).and_then(Value::as_object);
        Self {
            include: get("include-attrs"),
            exclude: get("exclude-attrs"),
        }
    }

    /// Whether a task is selected. Attributes are checked first, so that they can exclude malformed
    /// tasks.
    ///
    /// # Errors
    /// What is missing in the task, as the end of a sentence.
    pub(super) fn selects(&self, task: &Object) -> Result<bool, String> {
        let attributes = optional_section(task, "attributes")?;
        let attribute = |name: &str| attributes.and_then(|attributes| attributes.get(name));
        let includes = self.include.into_iter().flatten().all(|(name, expected)| {
            attribute(name).is_some_and(|value| match expected {
                Value::Array(choices) => choices.contains(value),
                one => one == value,
            })
        });
        let excludes = self.exclude.into_iter().flatten().any(|(name, unwanted)| {
            let value = attribute(name).and_then(Value::as_str).unwrap_or_default();
            let beginnings = match unwanted {
                Value::String(one) => vec![one.to_string()],
                several => checks::strings(Some(several)),
            };
            attribute(name).is_some() && beginnings.iter().any(|b| value.starts_with(b))
        });
        if !includes || excludes {
            return Ok(false);
        }
        let definition = section(task, "task")?;
        let provisioner = definition
            .get("provisionerId")
            .ok_or("has no `provisionerId`")?;
        // Only the project that owns these machines may use them.
        if provisioner == "releng-hardware" {
            return Ok(false);
        }
        let features = optional_section(section(definition, "payload")?, "features")?;
        let administrator = features.and_then(|features| features.get("runAsAdministrator"));
        Ok(!administrator.is_some_and(truthy))
    }
}

/// The name of a task of another graph in messages.
pub(super) fn title(task: &Object) -> String {
    let name = task
        .get("label")
        .or_else(|| task.get("task")?.get("metadata")?.get("name"));
    match name.and_then(Value::as_str) {
        Some(name) => format!("the task `{name}`"),
        None => "a task".to_owned(),
    }
}

/// The mapping at a key that has to be there.
pub(super) fn section<'o>(map: &'o Object, key: &str) -> Result<&'o Object, String> {
    optional_section(map, key)?.ok_or_else(|| format!("has no `{key}`"))
}

/// The mapping at a key, if the key is there.
fn optional_section<'o>(map: &'o Object, key: &str) -> Result<Option<&'o Object>, String> {
    match map.get(key) {
        None => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(_) => Err(format!("has a `{key}` that is not a mapping")),
    }
}
