//! A map from names to values that is cheap to clone, in order.

use std::fmt;
use std::sync::Arc;

use ecow::EcoVec;
use indexmap::IndexSet;

use super::list::is_same;
use super::text::{Str, is_same_text};

/// From how many keys on a key is looked up in an index. Below, looking at each is faster.
const INDEXED: usize = 24;

/// A map from names to values, in the order in which the names came.
///
/// Clones share their entries until one of them is changed. Two are equal if they have equal
/// values under the same keys, in any order.
#[derive(Clone)]
pub struct Map<V>(Entries<V>);

#[derive(Clone)]
enum Entries<V> {
    Few(EcoVec<(Str, V)>),
    /// Boxed, so that a map is no larger than a list.
    Many(Box<Indexed<V>>),
}

/// Entries with their keys in the same order.
#[derive(Clone)]
struct Indexed<V> {
    entries: EcoVec<(Str, V)>,
    keys: Arc<IndexSet<Str>>,
}

impl<V> Map<V> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self(Entries::Few(EcoVec::new()))
    }
}

impl<V: Clone> Map<V> {
    /// An empty map with room for so many entries.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Entries::Few(EcoVec::with_capacity(capacity)))
    }

    /// Makes a map of a few entries with distinct keys.
    #[must_use]
    pub fn from_entries<const N: usize>(entries: [(&'static str, V); N]) -> Self {
        let entries = entries.map(|(key, value)| (Str::from(key), value));
        const { assert!(N <= INDEXED, "too many entries") };
        if cfg!(test) {
            let keys = || entries.iter().map(|(key, _)| key);
            assert!(
                keys()
                    .enumerate()
                    .all(|(n, key)| keys().take(n).all(|other| other != key)),
                "duplicate key"
            );
        }
        Self(Entries::Few(entries.into()))
    }

    pub(super) fn entries(&self) -> &EcoVec<(Str, V)> {
        match &self.0 {
            Entries::Few(entries) => entries,
            Entries::Many(indexed) => &indexed.entries,
        }
    }

    /// The entries; their keys must not be changed.
    pub(super) fn entries_mut(&mut self) -> &mut EcoVec<(Str, V)> {
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
    pub fn get(&self, key: &str) -> Option<&V> {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The key as it is held, and its value.
    #[must_use]
    pub fn get_key_value(&self, key: &str) -> Option<(&Str, &V)> {
        let (name, value) = self.entries().get(self.position(key)?)?;
        Some((name, value))
    }

    /// The entry at a place.
    #[must_use]
    pub fn get_index(&self, position: usize) -> Option<(&Str, &V)> {
        let (key, value) = self.entries().get(position)?;
        Some((key, value))
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        let position = self.position(key)?;
        let (_, value) = self.entries_mut().make_mut().get_mut(position)?;
        Some(value)
    }

    /// Whether the map has the key.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Sets the value of a key, which keeps its place if it has one; yields the value before.
    pub fn insert(&mut self, key: impl AsRef<str> + Into<Str>, value: impl Into<V>) -> Option<V> {
        let value = value.into();
        if let Some(slot) = self.get_mut(key.as_ref()) {
            return Some(std::mem::replace(slot, value));
        }
        self.push(key.into(), value);
        None
    }

    /// Appends an entry with a new key.
    fn push(&mut self, key: Str, value: V) {
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

    /// Removes a key; the entries after it move up.
    pub fn shift_remove(&mut self, key: &str) -> Option<V> {
        let position = self.position(key)?;
        if let Entries::Many(indexed) = &mut self.0 {
            Arc::make_mut(&mut indexed.keys).shift_remove_index(position);
        }
        Some(self.entries_mut().remove(position).1)
    }

    /// The place of a key, whether it is there or not.
    pub fn entry<K: AsRef<str> + Into<Str>>(&mut self, key: K) -> Entry<'_, K, V> {
        Entry { map: self, key }
    }

    /// Keeps the entries that `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&Str, &mut V) -> bool) {
        self.entries_mut().retain(|(key, value)| keep(key, value));
        self.index_keys();
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The entries.
    pub fn iter(&self) -> Iter<'_, V> {
        self.entries().iter().map(|(key, value)| (key, value))
    }

    /// The entries, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, V> {
        let entries = self.entries_mut().make_mut().iter_mut();
        entries.map(|(key, value)| (&*key, value))
    }

    /// The keys.
    pub fn keys(&self) -> Keys<'_, V> {
        self.entries().iter().map(|(key, _)| key)
    }

    /// The values.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.entries().iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        let entries = self.entries_mut().make_mut().iter_mut();
        entries.map(|(_, value)| value)
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Clone + fmt::Debug> fmt::Debug for Map<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// What [`Map::keys`] yields.
pub type Keys<'a, V> = std::iter::Map<std::slice::Iter<'a, (Str, V)>, fn(&'a (Str, V)) -> &'a Str>;

/// What [`Map::iter`] yields.
pub type Iter<'a, V> =
    std::iter::Map<std::slice::Iter<'a, (Str, V)>, fn(&'a (Str, V)) -> (&'a Str, &'a V)>;

/// What [`Map::iter_mut`] yields.
pub type IterMut<'a, V> =
    std::iter::Map<std::slice::IterMut<'a, (Str, V)>, fn(&'a mut (Str, V)) -> (&'a Str, &'a mut V)>;

/// The place of a key in a map.
pub struct Entry<'a, K, V> {
    map: &'a mut Map<V>,
    key: K,
}

impl<'a, K: AsRef<str> + Into<Str>, V: Clone> Entry<'a, K, V> {
    /// The value there, which is first made if there is none.
    pub fn or_insert_with<T: Into<V>>(self, make: impl FnOnce() -> T) -> &'a mut V {
        let position = self.map.position(self.key.as_ref());
        let position = position.unwrap_or_else(|| {
            self.map.push(self.key.into(), make().into());
            self.map.len() - 1
        });
        &mut self.map.entries_mut().make_mut()[position].1
    }

    /// The value there, which is first set if there is none.
    pub fn or_insert(self, value: impl Into<V>) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value there, which is first set to the default if there is none.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert(V::default())
    }
}

impl<V: Clone + PartialEq> PartialEq for Map<V> {
    fn eq(&self, other: &Self) -> bool {
        let is_equal = |(key, value): (&Str, &V)| other.get(key) == Some(value);
        self.is_same(other) || self.len() == other.len() && self.iter().all(is_equal)
    }
}

impl<V: Clone, K: AsRef<str> + Into<Str>, T: Into<V>> FromIterator<(K, T)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<V: Clone, K: AsRef<str> + Into<Str>, T: Into<V>, const N: usize> From<[(K, T); N]> for Map<V> {
    fn from(entries: [(K, T); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<V: Clone, K: AsRef<str> + Into<Str>, T: Into<V>> Extend<(K, T)> for Map<V> {
    fn extend<I: IntoIterator<Item = (K, T)>>(&mut self, entries: I) {
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

impl<V: Clone> IntoIterator for Map<V> {
    type Item = (Str, V);
    type IntoIter = ecow::vec::IntoIter<(Str, V)>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Entries::Few(entries) => entries.into_iter(),
            Entries::Many(indexed) => indexed.entries.into_iter(),
        }
    }
}

impl<'a, V: Clone> IntoIterator for &'a Map<V> {
    type Item = (&'a Str, &'a V);
    type IntoIter = Iter<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, V: Clone> IntoIterator for &'a mut Map<V> {
    type Item = (&'a Str, &'a mut V);
    type IntoIter = IterMut<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Object, Value};

    fn numbers(count: u64) -> Object {
        (0..count).map(|n| (n.to_string(), n)).collect()
    }

    #[test]
    fn small_and_large_maps_behave_equally() {
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
            let expected = (1..count).map(|n| n.to_string());
            let expected: Vec<String> = expected.chain(["new".into(), "newer".into()]).collect();
            assert_eq!(keys, expected);
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
    fn comparison_ignores_order() {
        assert_eq!(
            Object::from([("a", 1), ("b", 2)]),
            Object::from([("b", 2), ("a", 1)])
        );
        assert_ne!(Object::from([("a", 1), ("b", 2)]), Object::from([("a", 1)]));
        assert_ne!(Object::from([("a", 1)]), Object::from([("b", 1)]));
    }
}
