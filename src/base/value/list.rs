//! A list of values that is cheap to clone.

use std::ops::{Deref, DerefMut};

use ecow::EcoVec;

/// A list of values. Clones share their items until one of them is changed.
#[derive(Debug, Clone)]
pub struct List<V>(EcoVec<V>);

impl<V> List<V> {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(EcoVec::new())
    }

    pub(super) fn items_mut(&mut self) -> &mut EcoVec<V> {
        &mut self.0
    }

    /// Whether both are one list in memory, not merely equal.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        is_same(&self.0, &other.0)
    }
}

impl<V: Clone> List<V> {
    /// An empty list with room for so many items.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(EcoVec::with_capacity(capacity))
    }

    /// Appends an item.
    pub fn push(&mut self, item: impl Into<V>) {
        self.0.push(item.into());
    }

    /// Puts an item before the one at `index`, which has to be at most the length.
    pub fn insert(&mut self, index: usize, item: impl Into<V>) {
        self.0.insert(index, item.into());
    }

    /// Keeps the items that `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.0.retain(|item| keep(item));
    }
}

/// Whether both are one vector in memory.
pub(super) fn is_same<T>(one: &EcoVec<T>, other: &EcoVec<T>) -> bool {
    one.len() == other.len() && std::ptr::eq(one.as_ptr(), other.as_ptr())
}

impl<V> Default for List<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: PartialEq> PartialEq for List<V> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0 == other.0
    }
}

impl<V> Deref for List<V> {
    type Target = [V];

    fn deref(&self) -> &[V] {
        &self.0
    }
}

impl<V: Clone> DerefMut for List<V> {
    fn deref_mut(&mut self) -> &mut [V] {
        self.0.make_mut()
    }
}

impl<V: Clone, T: Into<V>> FromIterator<T> for List<V> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().map(Into::into).collect())
    }
}

impl<V: Clone, T: Into<V>> From<Vec<T>> for List<V> {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<V: Clone, T: Into<V>> Extend<T> for List<V> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.0.extend(items.into_iter().map(Into::into));
    }
}

impl<V: Clone> IntoIterator for List<V> {
    type Item = V;
    type IntoIter = ecow::vec::IntoIter<V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a List<V> {
    type Item = &'a V;
    type IntoIter = std::slice::Iter<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, V: Clone> IntoIterator for &'a mut List<V> {
    type Item = &'a mut V;
    type IntoIter = std::slice::IterMut<'a, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.make_mut().iter_mut()
    }
}
