//! A map from names to values that is cheap to clone, in order.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use ecow::EcoVec;
use indexmap::IndexSet;

use super::settle::is_same;
use super::text::is_same_text;
use super::{Str, Value};

/// From how many keys on a key is looked up in an index. Below, looking at each is faster.
const INDEXED: usize = 24;

/// A map from names to values, in the order in which the names came.
///
/// Clones share their entries until one of them is changed. Two are equal when they have equal
/// values under the same keys, in whatever order.
#[derive(Clone)]
pub struct Object(Entries);

#[derive(Clone)]
enum Entries {
    Few(EcoVec<(Str, Value)>),
    /// In a box, so that a map is no larger than a list.
    Many(Box<Indexed>),
}

/// Entries with their keys in the same order.
#[derive(Clone)]
struct Indexed {
    entries: EcoVec<(Str, Value)>,
    keys: Arc<IndexSet<Str>>,
}

impl Object {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self(Entries::Few(EcoVec::new()))
    }

    /// An empty map with room for so many entries.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Entries::Few(EcoVec::with_capacity(capacity)))
    }

    /// A map of a few entries, of whose keys no two are the same.
    #[must_use]
    pub fn of<const N: usize>(entries: [(&'static str, Value); N]) -> Self {
        let entries = entries.map(|(key, value)| (Str::from(key), value));
        debug_assert!(N <= INDEXED, "these are not few");
        let keys = || entries.iter().map(|(key, _)| key);
        debug_assert!(
            keys()
                .enumerate()
                .all(|(n, key)| keys().take(n).all(|other| other != key)),
            "a key is there twice"
        );
        Self(Entries::Few(entries.into()))
    }

    pub(super) fn entries(&self) -> &EcoVec<(Str, Value)> {
        match &self.0 {
            Entries::Few(entries) => entries,
            Entries::Many(indexed) => &indexed.entries,
        }
    }

    /// The entries, whose keys must stay as they are.
    pub(super) fn entries_mut(&mut self) -> &mut EcoVec<(Str, Value)> {
        match &mut self.0 {
            Entries::Few(entries) => entries,
            Entries::Many(indexed) => &mut indexed.entries,
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Whether this is the very map that the other is, and not one that only looks like it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        is_same(self.entries(), other.entries())
    }

    fn position(&self, key: &str) -> Option<usize> {
        match &self.0 {
            Entries::Few(entries) => entries.iter().position(|(name, _)| is_same_text(name, key)),
            Entries::Many(indexed) => indexed.keys.get_index_of(key),
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The key as it is held, and its value.
    #[must_use]
    pub fn get_key_value(&self, key: &str) -> Option<(&Str, &Value)> {
        let (name, value) = self.entries().get(self.position(key)?)?;
        Some((name, value))
    }

    /// The entry at a place.
    #[must_use]
    pub fn get_index(&self, position: usize) -> Option<(&Str, &Value)> {
        let (key, value) = self.entries().get(position)?;
        Some((key, value))
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let position = self.position(key)?;
        let (_, value) = self.entries_mut().make_mut().get_mut(position)?;
        Some(value)
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets the value of a key, which keeps its place if it has one; yields the value before.
    pub fn insert(
        &mut self,
        key: impl AsRef<str> + Into<Str>,
        value: impl Into<Value>,
    ) -> Option<Value> {
        let value = value.into();
        if let Some(slot) = self.get_mut(key.as_ref()) {
            return Some(std::mem::replace(slot, value));
        }
        self.push(key.into(), value);
        None
    }

    /// Appends an entry whose key is not there yet.
    fn push(&mut self, key: Str, value: Value) {
        match &mut self.0 {
            Entries::Few(entries) => {
                entries.push((key, value));
                if entries.len() > INDEXED {
                    self.index_keys();
                }
            }
            Entries::Many(indexed) => {
                Arc::make_mut(&mut indexed.keys).insert(key.clone());
                indexed.entries.push((key, value));
            }
        }
    }

    fn index_keys(&mut self) {
        let entries = std::mem::take(self.entries_mut());
        self.0 = if entries.len() > INDEXED {
            let keys = Arc::new(entries.iter().map(|(key, _)| key.clone()).collect());
            Entries::Many(Box::new(Indexed { entries, keys }))
        } else {
            Entries::Few(entries)
        };
    }

    /// Takes a key away; the entries behind it move up.
    pub fn shift_remove(&mut self, key: &str) -> Option<Value> {
        let position = self.position(key)?;
        if let Entries::Many(indexed) = &mut self.0 {
            Arc::make_mut(&mut indexed.keys).shift_remove_index(position);
        }
        Some(self.entries_mut().remove(position).1)
    }

    /// The place of a key, whether it is there or not.
    pub fn entry<K: AsRef<str> + Into<Str>>(&mut self, key: K) -> Entry<'_, K> {
        Entry { object: self, key }
    }

    /// Keeps the entries that `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&Str, &mut Value) -> bool) {
        self.entries_mut().retain(|(key, value)| keep(key, value));
        self.index_keys();
    }

    /// Takes all entries away.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The entries.
    pub fn iter(&self) -> Iter<'_> {
        self.entries().iter().map(|(key, value)| (key, value))
    }

    /// The entries, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_> {
        let entries = self.entries_mut().make_mut().iter_mut();
        entries.map(|(key, value)| (&*key, value))
    }

    /// The keys.
    pub fn keys(&self) -> Keys<'_> {
        self.entries().iter().map(|(key, _)| key)
    }

    /// The values.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.entries().iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Value> {
        let entries = self.entries_mut().make_mut().iter_mut();
        entries.map(|(_, value)| value)
    }
}

impl Default for Object {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// What [`Object::keys`] yields.
pub type Keys<'a> =
    std::iter::Map<std::slice::Iter<'a, (Str, Value)>, fn(&'a (Str, Value)) -> &'a Str>;

/// What [`Object::iter`] yields.
pub type Iter<'a> = std::iter::Map<
    std::slice::Iter<'a, (Str, Value)>,
    fn(&'a (Str, Value)) -> (&'a Str, &'a Value),
>;

/// What [`Object::iter_mut`] yields.
pub type IterMut<'a> = std::iter::Map<
    std::slice::IterMut<'a, (Str, Value)>,
    fn(&'a mut (Str, Value)) -> (&'a Str, &'a mut Value),
>;

/// The place of a key in a map.
#[derive(Debug)]
pub struct Entry<'a, K> {
    object: &'a mut Object,
    key: K,
}

impl<'a, K: AsRef<str> + Into<Str>> Entry<'a, K> {
    /// The value there, which is first made when there is none.
    pub fn or_insert_with<V: Into<Value>>(self, make: impl FnOnce() -> V) -> &'a mut Value {
        let position = self.object.position(self.key.as_ref());
        let position = position.unwrap_or_else(|| {
            self.object.push(self.key.into(), make().into());
            self.object.len() - 1
        });
        &mut self.object.entries_mut().make_mut()[position].1
    }

    /// The value there, which is first set when there is none.
    pub fn or_insert(self, value: impl Into<Value>) -> &'a mut Value {
        self.or_insert_with(|| value)
    }

    /// The value there, which is first set to null when there is none.
    pub fn or_default(self) -> &'a mut Value {
        self.or_insert(Value::Null)
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        let is_equal = |(key, value): (&Str, &Value)| other.get(key) == Some(value);
        self.is_same(other) || self.len() == other.len() && self.iter().all(is_equal)
    }
}

impl<K: AsRef<str> + ?Sized> Index<&K> for Object {
    type Output = Value;

    /// The value of a key, or null.
    fn index(&self, key: &K) -> &Value {
        self.get(key.as_ref()).unwrap_or(&Value::Null)
    }
}

impl<K: AsRef<str> + Into<Str>, V: Into<Value>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut object = Self::new();
        object.extend(entries);
        object
    }
}

impl<K: AsRef<str> + Into<Str>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Object {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: AsRef<str> + Into<Str>, V: Into<Value>> Extend<(K, V)> for Object {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let entries = entries.into_iter();
        let (count, _) = entries.size_hint();
        if count > 0 {
            self.entries_mut().reserve(count);
        }
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl IntoIterator for Object {
    type Item = (Str, Value);
    type IntoIter = ecow::vec::IntoIter<(Str, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Entries::Few(entries) => entries.into_iter(),
            Entries::Many(indexed) => indexed.entries.into_iter(),
        }
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = (&'a Str, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Object {
    type Item = (&'a Str, &'a mut Value);
    type IntoIter = IterMut<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: u64) -> Object {
        (0..count).map(|n| (n.to_string(), n)).collect()
    }

    #[test]
    fn small_and_large_maps_do_the_same() {
        for count in [3, 24, 25, 26, 60] {
            let mut map = numbers(count);
            let before = map.clone();
            assert_eq!(map.insert("1", 100), Some(Value::from(1)));
            assert_eq!(map.insert("new", true), None);
            assert_eq!(map.shift_remove("0"), Some(Value::from(0)));
            assert_eq!(map.shift_remove("0"), None);
            *map.entry("new").or_insert(1) = Value::Null;
            map.entry("newer").or_insert(7);
            let keys: Vec<String> = map.keys().map(ToString::to_string).collect();
            let wanted = (1..count).map(|n| n.to_string());
            let wanted: Vec<String> = wanted.chain(["new".into(), "newer".into()]).collect();
            assert_eq!(keys, wanted);
            for (key, value) in &map {
                assert_eq!(map.get(key), Some(value));
            }
            assert_eq!(map["1"], Value::from(100));
            assert_eq!(map["new"], Value::Null);
            map.retain(|key, _| key == "2" || key == "newer");
            assert_eq!(map, Object::from([("newer", 7), ("2", 2)]));
            assert_eq!(before, numbers(count));
        }
    }

    #[test]
    fn order_does_not_count_when_compared() {
        assert_eq!(
            Object::from([("a", 1), ("b", 2)]),
            Object::from([("b", 2), ("a", 1)])
        );
        assert_ne!(Object::from([("a", 1), ("b", 2)]), Object::from([("a", 1)]));
        assert_ne!(Object::from([("a", 1)]), Object::from([("b", 1)]));
    }
}
