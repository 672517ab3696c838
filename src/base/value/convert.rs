//! Values from and to other types.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::{Str, text};
use super::tree::{List, Number, Object, Value, type_name};

macro_rules! from {
    ($($type:ty, $name:ident => $value:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($name: $type) -> Self {
                $value
            }
        }
    )*};
}

from! {
    bool, value => Self::Bool(value);
    Number, value => Self::Number(value);
    i32, value => Self::Number(value.into());
    u32, value => Self::Number(value.into());
    i64, value => Self::Number(value.into());
    u64, value => Self::Number(value.into());
    usize, value => Self::Number(value.into());
    f64, value => Number::from_f64(value).map_or(Self::Null, Self::Number);
    Str, value => Self::String(value);
    &Str, value => Self::String(value.clone());
    &str, value => Self::String(text(value));
    String, value => Self::String(text(&value));
    &String, value => Self::String(text(value));
    Cow<'_, str>, value => Self::String(text(&value));
    List, value => Self::Array(value);
    Object, value => Self::Object(value);
    &Self, value => value.clone();
    serde_json::Value, value => match value {
        serde_json::Value::Null => Self::Null,
        serde_json::Value::Bool(value) => Self::Bool(value),
        serde_json::Value::Number(value) => Self::Number(value),
        serde_json::Value::String(value) => Self::String(value.into()),
        serde_json::Value::Array(items) => items.into_iter().collect(),
        serde_json::Value::Object(map) => Self::Object(map.into()),
    };
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into())
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Value {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::Array(items.into_iter().collect())
    }
}

impl From<Value> for serde_json::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(value) => Self::Number(value),
            Value::String(value) => Self::String(value.into()),
            Value::Array(items) => items.into_iter().map(Self::from).collect(),
            Value::Object(map) => Self::Object(map.into()),
        }
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Object {
    fn from(map: serde_json::Map<String, serde_json::Value>) -> Self {
        map.into_iter().collect()
    }
}

impl From<Object> for serde_json::Map<String, serde_json::Value> {
    fn from(map: Object) -> Self {
        map.into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect()
    }
}

/// The value that something is written as.
///
/// # Errors
/// What cannot be written, for instance keys that are not strings.
pub fn to_value(value: impl Serialize) -> Result<Value, serde_json::Error> {
    serde_json::to_value(value).map(Value::from)
}

/// Converts a value into a Rust type.
///
/// # Errors
/// What does not fit the type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(value.into())
}

impl Display for Value {
    /// Writes compact JSON, with keys in their own order.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(map) => map.serialize(serializer),
        }
    }
}

impl Eq for Value {}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key.as_str(), value)))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(map) => Ok(map),
            other => Err(D::Error::custom(format_args!(
                "expected a mapping, found {}",
                type_name(&other)
            ))),
        }
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = List::new();
        while let Some(item) = items.next_element::<Value>()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Object::new();
        while let Some((key, value)) = entries.next_entry::<Cow<'_, str>, Value>()? {
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

macro_rules! equal {
    ($($type:ty),*) => {$(
        impl PartialEq<$type> for Value {
            fn eq(&self, other: &$type) -> bool {
                self.as_number() == Some(&Number::from(*other))
            }
        }
    )*};
}

equal!(i32, u32, i64, u64, usize);

impl PartialEq<serde_json::Value> for Value {
    fn eq(&self, other: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (self, other) {
            (Self::Null, Json::Null) => true,
            (Self::Bool(ours), Json::Bool(theirs)) => ours == theirs,
            (Self::Number(ours), Json::Number(theirs)) => ours == theirs,
            (Self::String(ours), Json::String(theirs)) => ours == theirs,
            (Self::Array(ours), Json::Array(theirs)) => ours.iter().eq(theirs),
            (Self::Object(ours), Json::Object(theirs)) => {
                let held = |key: &Str| theirs.get(key.as_str());
                ours.len() == theirs.len()
                    && ours
                        .iter()
                        .all(|(key, value)| held(key).is_some_and(|v| value == v))
            }
            _ => false,
        }
    }
}

impl PartialEq<bool> for Value {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<String> for Value {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == Some(other)
    }
}
