//! What a release looks like at a task: the fold over the states of all tasks before it.
//!
//! 1. The states are ordered so that each comes after those that it was made on top of; of several that may
//!    come next, the one with the smallest taskId.
//! 2. Their effects are applied in this order. An effect replaces an earlier one of the same key if its task
//!    comes after that one's task. Otherwise the two are unordered: equal values are one effect, unequal ones
//!    are a [`Conflict`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::state::State;
use crate::base::name::TaskId;
use crate::base::value::Value;

/// A value with the task that it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// The task.
    pub by: TaskId,
}

/// Two tasks, neither of which comes after the other, have set one key to different values.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "{space}: the tasks {one} ({one_id}) and {other} ({other_id}) have both set `{key}`, to different values, and neither depends on the other"
)]
pub struct Conflict {
    /// What the key belongs to.
    pub space: String,
    /// The key.
    pub key: String,
    /// The label of one task.
    pub one: String,
    /// The taskId of one task.
    pub one_id: TaskId,
    /// The label of the other.
    pub other: String,
    /// The taskId of the other.
    pub other_id: TaskId,
}

/// The merged state.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    entries: BTreeMap<String, BTreeMap<String, Entry>>,
    /// The conflicts between tasks, in order.
    pub conflicts: Vec<Conflict>,
}

impl Merged {
    /// Merges states.
    #[must_use]
    pub fn new(states: &BTreeMap<TaskId, Arc<State>>) -> Self {
        let mut merged = Self::default();
        let lineage = Lineage::new(states);
        for id in lineage.order() {
            if let Some(state) = states.get(id) {
                merged.apply(state, states, &lineage);
            }
        }
        merged
    }

    fn apply(
        &mut self,
        state: &State,
        states: &BTreeMap<TaskId, Arc<State>>,
        lineage: &Lineage<'_>,
    ) {
        for effect in &state.effects {
            let space = self.entries.entry(effect.space.clone()).or_default();
            let entry = Entry {
                value: effect.value.clone(),
                by: state.run.task_id.clone(),
            };
            let known = space.get(&effect.key);
            let unordered = known
                .filter(|known| known.by != entry.by && !lineage.comes_after(&entry.by, &known.by));
            match unordered {
                Some(known) if known.value == entry.value => continue,
                Some(known) => {
                    let other = states.get(&known.by);
                    self.conflicts.push(Conflict {
                        space: effect.space.clone(),
                        key: effect.key.clone(),
                        one: other.map(|state| state.label.clone()).unwrap_or_default(),
                        one_id: known.by.clone(),
                        other: state.label.clone(),
                        other_id: entry.by.clone(),
                    });
                }
                None => {}
            }
            space.insert(effect.key.clone(), entry);
        }
    }

    /// Everything in a space, by key.
    pub fn space(&self, name: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let space = self.entries.get(name).into_iter().flatten();
        space.map(|(key, entry)| (key.as_str(), entry))
    }

    /// The names of the spaces.
    pub fn spaces(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The number of all entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.values().map(BTreeMap::len).sum()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds everything of a later state, in place of what has the same key.
    pub fn replace_with(&mut self, later: Self) {
        for (name, space) in later.entries {
            self.entries.entry(name).or_default().extend(space);
        }
        self.conflicts.extend(later.conflicts);
    }

    /// An entry of a space.
    #[must_use]
    pub fn get(&self, space: &str, key: &str) -> Option<&Entry> {
        self.entries.get(space)?.get(key)
    }
}

/// Which tasks come after which.
struct Lineage<'s> {
    parents: BTreeMap<&'s TaskId, Vec<&'s TaskId>>,
}

impl<'s> Lineage<'s> {
    fn new(states: &'s BTreeMap<TaskId, Arc<State>>) -> Self {
        let parents = states.iter().map(|(id, state)| {
            let parents = state.parents.iter().map(|parent| &parent.task_id);
            let known = parents.filter(|parent| *parent != id && states.contains_key(*parent));
            (id, known.collect())
        });
        Self {
            parents: parents.collect(),
        }
    }

    /// Every task after its parents; of those that may come next, the smallest. In a circle, which only a
    /// forged state can make, the smallest comes first.
    fn order(&self) -> Vec<&'s TaskId> {
        let mut children: BTreeMap<&TaskId, Vec<&'s TaskId>> = BTreeMap::new();
        let mut missing: BTreeMap<&TaskId, usize> = BTreeMap::new();
        for (id, parents) in &self.parents {
            missing.insert(*id, parents.len());
            for parent in parents {
                children.entry(*parent).or_default().push(*id);
            }
        }
        let mut left: BTreeSet<&'s TaskId> = self.parents.keys().copied().collect();
        let is_ready = |id: &&TaskId| missing.get(*id) == Some(&0);
        let mut ready: BTreeSet<&'s TaskId> = left.iter().copied().filter(is_ready).collect();
        let mut order = Vec::with_capacity(left.len());
        while let Some(id) = ready.pop_first().or_else(|| left.first().copied()) {
            left.remove(id);
            order.push(id);
            for child in children.get(id).into_iter().flatten() {
                let count = missing.entry(*child).or_default();
                *count = count.saturating_sub(1);
                if *count == 0 && left.contains(*child) {
                    ready.insert(*child);
                }
            }
        }
        order
    }

    /// Whether a task comes after another.
    fn comes_after(&self, task: &TaskId, other: &TaskId) -> bool {
        let mut seen = BTreeSet::new();
        let mut stack: Vec<&TaskId> = self.parents.get(task).cloned().unwrap_or_default();
        while let Some(parent) = stack.pop() {
            if parent == other {
                return true;
            }
            if seen.insert(parent) {
                stack.extend(self.parents.get(parent).into_iter().flatten());
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;
    use crate::stage::state::{Effect, TaskRun};

    fn id(letter: char) -> TaskId {
        TaskId::parse(&format!("{letter}N1SbArXTPSVFNUvaOlinQ")).unwrap()
    }

    /// States of tasks, given as letter, letters of parents, and the value of `k`.
    fn merge(states: &[(char, &str, &str)]) -> (Option<String>, usize) {
        let run = |letter: char| TaskRun {
            task_id: id(letter),
            run_id: 0,
        };
        let states = states.iter().map(|(letter, parents, value)| {
            let state = State {
                run: run(*letter),
                label: letter.to_string(),
                revision: String::new(),
                parents: parents.chars().map(run).collect(),
                effects: vec![Effect {
                    space: "s".to_owned(),
                    key: "k".to_owned(),
                    value: json!(*value),
                }],
            };
            (id(*letter), Arc::new(state))
        });
        let merged = Merged::new(&states.collect());
        let value = merged.get("s", "k").map(|entry| entry.value.to_string());
        (value, merged.conflicts.len())
    }

    #[test]
    fn the_later_task_wins() {
        assert_eq!(
            merge(&[('a', "", "1"), ('b', "a", "2")]),
            (Some("\"2\"".into()), 0)
        );
        // Whatever the order of their ids.
        assert_eq!(
            merge(&[('b', "", "1"), ('a', "b", "2")]),
            (Some("\"2\"".into()), 0)
        );
        // Also through another one.
        let through = [('a', "b", "3"), ('b', "c", "2"), ('c', "", "1")];
        assert_eq!(merge(&through), (Some("\"3\"".into()), 0));
    }

    #[test]
    fn unordered_tasks_must_agree() {
        assert_eq!(
            merge(&[('a', "", "1"), ('b', "", "1")]),
            (Some("\"1\"".into()), 0)
        );
        assert_eq!(merge(&[('a', "", "1"), ('b', "", "2")]).1, 1);
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(merge(&[('a', "b", "1"), ('b', "a", "2")]).1, 0);
    }
}
