//! Caches of computed values that threads share.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Cached values by key.
#[derive(Debug)]
pub struct Memo<K, V>(Mutex<BTreeMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Clone> Memo<K, V> {
    /// Returns the cached value, or computes it with `find`. Threads do not wait for each
    /// other: what several need at once is computed by each.
    ///
    /// # Errors
    /// Those of `find`; they are not kept.
    pub fn get<E>(&self, question: K, find: impl FnOnce(&K) -> Result<V, E>) -> Result<V, E> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = known().get(&question) {
            return Ok(answer.clone());
        }
        let answer = find(&question)?;
        Ok(known().entry(question).or_insert(answer).clone())
    }
}

/// The value of the last key, for keys that are looked up many times in a row.
#[derive(Debug)]
pub struct Last<Q, A>(Mutex<Option<(Q, A)>>);

impl<Q, A> Default for Last<Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Q: PartialEq, A: Clone> Last<Q, A> {
    /// Returns the cached value if the key is the last one, or computes it with `find`.
    ///
    /// # Errors
    /// Those of `find`; they are not kept.
    pub fn get<E>(&self, question: Q, find: impl FnOnce(&Q) -> Result<A, E>) -> Result<A, E> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, answer)) = known()
            .as_ref()
            .filter(|(last_question, _)| *last_question == question)
        {
            return Ok(answer.clone());
        }
        let answer = find(&question)?;
        *known() = Some((question, answer.clone()));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_remembered() {
        let memo = Memo::default();
        assert_eq!(memo.get("a", |_| Err(1)), Err(1));
        assert_eq!(memo.get("a", |name| Ok::<_, ()>(name.len())), Ok(1));
        assert_eq!(memo.get("a", |_| Err(2)), Ok(1));
        assert_eq!(memo.get("bb", |name| Ok::<_, ()>(name.len())), Ok(2));
    }

    #[test]
    fn only_the_last_result_is_kept() {
        let last = Last::default();
        assert_eq!(last.get("a", |_| Err(1)), Err(1));
        assert_eq!(last.get("a", |name| Ok::<_, ()>(name.len())), Ok(1));
        assert_eq!(last.get("a", |_| Err(2)), Ok(1));
        assert_eq!(last.get("bb", |_| Err(2)), Err(2));
        assert_eq!(last.get("a", |_| Err(2)), Ok(1));
        assert_eq!(last.get("bb", |name| Ok::<_, ()>(name.len())), Ok(2));
        assert_eq!(last.get("a", |_| Err(2)), Err(2));
    }
}
