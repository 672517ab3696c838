//! A list of values that is cheap to clone.

use std::ops::{Deref, DerefMut};

use ecow::EcoVec;

use super::Value;
use super::settle::is_same;

/// A list of values. Clones share their items until one of them is changed.
#[derive(Debug, Clone, Default)]
pub struct List(EcoVec<Value>);

impl List {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(EcoVec::new())
    }

    /// An empty list with room for so many items.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(EcoVec::with_capacity(capacity))
    }

    pub(super) fn items_mut(&mut self) -> &mut EcoVec<Value> {
        &mut self.0
    }

    /// Whether this is the very list that the other is, and not one that only looks like it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        is_same(&self.0, &other.0)
    }

    /// Appends an item.
    pub fn push(&mut self, item: impl Into<Value>) {
        self.0.push(item.into());
    }

    /// Puts an item before the one at `index`, which has to be at most the length.
    pub fn insert(&mut self, index: usize, item: impl Into<Value>) {
        self.0.insert(index, item.into());
    }

    /// Keeps the items that `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&Value) -> bool) {
        self.0.retain(|item| keep(item));
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0 == other.0
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl DerefMut for List {
    fn deref_mut(&mut self) -> &mut [Value] {
        self.0.make_mut()
    }
}

impl<T: Into<Value>> FromIterator<T> for List {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Value>> From<Vec<T>> for List {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Into<Value>> Extend<T> for List {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.0.extend(items.into_iter().map(Into::into));
    }
}

impl IntoIterator for List {
    type Item = Value;
    type IntoIter = ecow::vec::IntoIter<Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a mut List {
    type Item = &'a mut Value;
    type IntoIter = std::slice::IterMut<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.make_mut().iter_mut()
    }
}
