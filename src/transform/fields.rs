//! Access to nested parts of items that no schema has checked yet.
//!
//! Missing parts are created. Parts of another type are reported as mistakes, never overwritten.

use super::item::{Item, Origin};
use crate::base::diagnostic::Diagnostic;
use crate::base::path::ValuePath;
use crate::base::value::{List, Object, Value, type_name};

/// The default value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A string.
    Text(&'static str),
    /// An empty list.
    List,
    /// An empty mapping.
    Map,
}

/// The values that fields have when they are not given.
pub type Presets = &'static [(&'static str, Preset)];

impl Preset {
    /// The value itself.
    #[must_use]
    pub fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Int(number) => Value::from(number),
            Self::Text(text) => Value::from(text),
            Self::List => Value::Array(List::new()),
            Self::Map => Value::Object(Object::new()),
        }
    }
}

/// Sets each missing field of `presets` to its value.
pub fn fill(map: &mut Object, presets: Presets) {
    for (key, preset) in presets {
        map.entry(*key).or_insert_with(|| preset.value());
    }
}

/// The value at a path of an item.
#[must_use]
pub fn get<'i>(item: &'i Item, path: &[&str]) -> Option<&'i Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(item.task.get(first)?, |value, key| value.get(key))
}

/// The mapping at a path of an item, created if it does not exist.
///
/// # Errors
/// If the path or a part of it has another type.
pub fn mapping<'i>(item: &'i mut Item, path: &[&str]) -> Result<&'i mut Object, Diagnostic> {
    let Item { task, origin } = item;
    let mut container = task;
    for (depth, key) in path.iter().enumerate() {
        let slot = container
            .entry(*key)
            .or_insert_with(|| Value::Object(Object::new()));
        container = match slot {
            Value::Object(inner) => inner,
            other => return Err(wrong_type(origin, &path[..=depth], "a mapping", other)),
        };
    }
    Ok(container)
}

/// The list at a path of an item, created if it does not exist.
///
/// # Errors
/// If the path or a part of it has another type.
pub fn list<'i>(item: &'i mut Item, path: &[&str]) -> Result<&'i mut List, Diagnostic> {
    let origin = std::sync::Arc::clone(&item.origin);
    let (last, way) = path.split_last().unwrap_or((&"", &[]));
    let slot = mapping(item, way)?
        .entry(*last)
        .or_insert_with(|| Value::Array(List::new()));
    match slot {
        Value::Array(items) => Ok(items),
        other => Err(wrong_type(&origin, path, "a list", other)),
    }
}

/// Reports that a field has another type.
#[must_use]
pub fn wrong_type(origin: &Origin, path: &[&str], expected: &str, found: &Value) -> Diagnostic {
    let way = ValuePath::keys(path.iter().copied());
    let diagnostic = Diagnostic::user(format!(
        "`{way}`: expected {expected}, found {}",
        type_name(found)
    ))
    .at(origin.place(&way));
    if found.is_null() {
        diagnostic.help("set a value, or remove the key")
    } else {
        diagnostic
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn item(value: Value) -> Item {
        Item::new(value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn missing_containers_are_created() {
        let mut item = item(json!({}));
        let result = list(&mut item, &["worker", "mounts"]).map(|mounts| mounts.push(json!(1)));
        assert_eq!(result, Ok(()));
        assert_eq!(Value::Object(item.task), json!({"worker": {"mounts": [1]}}));
    }

    #[test]
    fn other_types_are_reported() {
        let mut item = item(json!({"worker": {"env": null}, "extra": "x"}));
        let env = mapping(&mut item, &["worker", "env"]).map(|_| ());
        assert_eq!(
            env.map_err(|d| d.to_string()),
            Err(
                "`worker.env`: expected a mapping, found null\n  help: set a value, or remove the key"
                    .to_owned()
            )
        );
        let index = mapping(&mut item, &["extra", "index"]).map(|_| ());
        assert_eq!(
            index.map_err(|d| d.message),
            Err("`extra`: expected a mapping, found a string".to_owned())
        );
    }
}
