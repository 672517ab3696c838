//! A map from names to values that is cheap to clone, in order.

use std::ops::Index;
use std::sync::Arc;

use ecow::EcoVec;
use indexmap::IndexSet;

use super::{Str, Value};

/// From how many keys on a key is looked up in an index. Below, looking at each is faster.
const INDEXED: usize = 24;

/// A map from names to values, in the order in which the names came.
///
/// Clones share their entries until one of them is changed. Two are equal when they have equal
/// values under the same keys, in whatever order.
#[derive(Debug, Clone, Default)]
pub struct Object {
    entries: EcoVec<(Str, Value)>,
    /// The keys in the order of the entries, when these are many.
    index: Option<Arc<IndexSet<Str>>>,
}

impl Object {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: EcoVec::new(),
            index: None,
        }
    }

    /// An empty map with room for so many entries.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: EcoVec::with_capacity(capacity),
            index: None,
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives back the room that is kept for more entries, here and in all that is not shared.
    pub fn tighten(&mut self) {
        if !self.entries.is_unique() {
            return;
        }
        self.values_mut().for_each(Value::tighten);
        if self.entries.capacity() > self.entries.len() {
            self.entries = std::mem::take(&mut self.entries).into_iter().collect();
        }
    }

    fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get_index_of(key),
            None => self.entries.iter().position(|(name, _)| name == key),
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
        let (name, value) = self.entries.get(self.position(key)?)?;
        Some((name, value))
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let position = self.position(key)?;
        let (_, value) = self.entries.make_mut().get_mut(position)?;
        Some(value)
    }

    /// Whether there is such a key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets the value of a key, which keeps its place if it has one; yields the value before.
    pub fn insert(&mut self, key: impl Into<Str>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        if let Some(slot) = self.get_mut(&key) {
            return Some(std::mem::replace(slot, value));
        }
        self.push(key, value);
        None
    }

    /// Appends an entry whose key is not there yet.
    fn push(&mut self, key: Str, value: Value) {
        if let Some(index) = &mut self.index {
            Arc::make_mut(index).insert(key.clone());
        }
        self.entries.push((key, value));
        if self.index.is_none() && self.entries.len() > INDEXED {
            self.index_keys();
        }
    }

    fn index_keys(&mut self) {
        let many = self.entries.len() > INDEXED;
        self.index = many.then(|| Arc::new(self.keys().cloned().collect()));
    }

    /// Takes a key away; the entries behind it move up.
    pub fn shift_remove(&mut self, key: &str) -> Option<Value> {
        let position = self.position(key)?;
        if let Some(index) = &mut self.index {
            Arc::make_mut(index).shift_remove_index(position);
        }
        Some(self.entries.remove(position).1)
    }

    /// The place of a key, whether it is there or not.
    pub fn entry(&mut self, key: impl Into<Str>) -> Entry<'_> {
        Entry {
            object: self,
            key: key.into(),
        }
    }

    /// Keeps the entries that `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&Str, &mut Value) -> bool) {
        self.entries.retain(|(key, value)| keep(key, value));
        self.index_keys();
    }

    /// Takes all entries away.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The entries.
    pub fn iter(&self) -> Iter<'_> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The entries, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_> {
        let entries = self.entries.make_mut().iter_mut();
        entries.map(|(key, value)| (&*key, value))
    }

    /// The keys.
    pub fn keys(&self) -> Keys<'_> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Value> {
        self.entries.make_mut().iter_mut().map(|(_, value)| value)
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
pub struct Entry<'a> {
    object: &'a mut Object,
    key: Str,
}

impl<'a> Entry<'a> {
    /// The value there, which is first made when there is none.
    pub fn or_insert_with<V: Into<Value>>(self, make: impl FnOnce() -> V) -> &'a mut Value {
        let position = self.object.position(&self.key).unwrap_or_else(|| {
            self.object.push(self.key, make().into());
            self.object.len() - 1
        });
        &mut self.object.entries.make_mut()[position].1
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
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: AsRef<str> + ?Sized> Index<&K> for Object {
    type Output = Value;

    /// The value of a key, or null.
    fn index(&self, key: &K) -> &Value {
        self.get(key.as_ref()).unwrap_or(&Value::Null)
    }
}

impl<K: Into<Str>, V: Into<Value>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut object = Self::with_capacity(entries.size_hint().0);
        object.extend(entries);
        object
    }
}

impl<K: Into<Str>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Object {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Into<Str>, V: Into<Value>> Extend<(K, V)> for Object {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl IntoIterator for Object {
    type Item = (Str, Value);
    type IntoIter = ecow::vec::IntoIter<(Str, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
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
    fn what_is_not_shared_gives_its_room_back() {
        let roomy = || {
            let mut map = Object::with_capacity(8);
            map.insert("a", 1);
            map
        };
        let inner = |map: &Object, key: &str| match map.get(key) {
            Some(Value::Object(inner)) => inner.entries.clone(),
            other => unreachable!("{other:?}"),
        };
        let shared = roomy();
        let mut outer = Object::with_capacity(8);
        outer.insert("own", roomy());
        outer.insert("shared", shared.clone());
        let before = outer.clone();
        outer.tighten();
        assert_eq!(outer.entries.capacity(), 8, "it is shared");
        drop(before);
        outer.tighten();
        assert_eq!(outer.entries.capacity(), 2);
        assert_eq!(inner(&outer, "own").capacity(), 1);
        assert_eq!(inner(&outer, "shared").as_ptr(), shared.entries.as_ptr());
        assert_eq!(outer, Object::from([("own", roomy()), ("shared", roomy())]));
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
