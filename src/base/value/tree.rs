//! The value itself.

use std::ops::{Index, IndexMut};

pub use serde_json::Number;

use super::list;
use super::map::Map;
use super::text::Str;

/// A list of values.
pub type List = list::List<Value>;

/// A map from names to values.
pub type Object = Map<Value>;

/// A value, as JSON knows them.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a float.
    Number(Number),
    /// A text.
    String(Str),
    /// A list.
    Array(List),
    /// A map from names to values.
    Object(Object),
}

impl Value {
    /// Whether this is the very list or mapping that the other is, and not one that only looks like
    /// it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(one), Self::Array(other)) => one.is_same(other),
            (Self::Object(one), Self::Object(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// The value of a key, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_object_mut()?.get_mut(key)
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of a list, without its other items; none of any other value.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let items = self.as_array().into_iter().flatten();
        items.filter_map(Self::as_str)
    }

    /// The truth value, if this is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// The number, if this is an integer that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// The number, if this is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// The number, if this is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The list, if this is one.
    #[must_use]
    pub const fn as_array(&self) -> Option<&List> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The list, if this is one, to be changed.
    pub const fn as_array_mut(&mut self) -> Option<&mut List> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if this is one.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping, if this is one, to be changed.
    pub const fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(map) => Some(map),
            _ => None,
        }
    }

    /// Whether this is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this is a truth value.
    #[must_use]
    pub const fn is_boolean(&self) -> bool {
        matches!(self, Self::Bool(_))
    }

    /// Whether this is a number.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    /// Whether this is a text.
    #[must_use]
    pub const fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    /// Whether this is a list.
    #[must_use]
    pub const fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    /// Whether this is a mapping.
    #[must_use]
    pub const fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// The value, with null left in its place.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

impl<K: AsRef<str> + ?Sized> Index<&K> for Object {
    type Output = Value;

    /// The value of a key, or null.
    fn index(&self, key: &K) -> &Value {
        self.get(key.as_ref()).unwrap_or(&Value::Null)
    }
}

impl<K: AsRef<str> + ?Sized> Index<&K> for Value {
    type Output = Self;

    /// The value of a key, or null.
    fn index(&self, key: &K) -> &Self {
        self.get(key.as_ref()).unwrap_or(&Self::Null)
    }
}

impl<K: AsRef<str> + ?Sized> IndexMut<&K> for Value {
    /// The value of a key, created if it is missing; anything but a mapping becomes one.
    fn index_mut(&mut self, key: &K) -> &mut Self {
        if !self.is_object() {
            *self = Self::Object(Object::new());
        }
        match self {
            Self::Object(map) => map.entry(key.as_ref()).or_default(),
            _ => unreachable!("converted to a mapping above"),
        }
    }
}

impl Index<usize> for Value {
    type Output = Self;

    /// An item of a list, or null.
    fn index(&self, index: usize) -> &Self {
        let items = self.as_array().map(|items| &**items);
        items
            .and_then(|items| items.get(index))
            .unwrap_or(&Self::Null)
    }
}

/// What a value is, in the terms of YAML.
#[must_use]
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(n) if n.is_f64() => "a float",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Whether Python treats the value as true.
#[must_use]
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

/// Lays `over` onto `base`: maps merge, lists append, all else replaces.
///
/// A map whose only key begins with `by-` replaces what is there, since merging alternatives of
/// two keyed-by values would mean nothing; so does a value of another type. (The peer's
/// `task-defaults` rule.)
#[must_use]
pub fn merge(base: &Value, over: &Value) -> Value {
    let mut merged = base.clone();
    match (&mut merged, over) {
        (Value::Object(target), Value::Object(source)) => merge_into(target, source),
        (target, over) => *target = over.clone(),
    }
    merged
}

/// Lays `over` onto `target` as [`merge`] does.
pub fn merge_into(target: &mut Object, over: &Object) {
    for (key, value) in over {
        match (target.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) if !is_keyed_by(above) => {
                merge_into(below, above);
            }
            (Some(Value::Array(below)), Value::Array(above)) => below.extend(above.iter().cloned()),
            _ => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

fn is_keyed_by(map: &Object) -> bool {
    map.len() == 1 && map.keys().all(|key| key.starts_with("by-"))
}
