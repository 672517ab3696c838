//! What a release looks like at a task: the fold over the states of all tasks before it.
//!
//! A task that comes after another one replaces what that has set. So of all tasks that have set a key, the *last*
//! ones count: those that no other of them comes after. If they have set it to one value, that is what it is.
//! Otherwise they are a [`Conflict`]. Within a state, the last effect of a key counts.
//!
//! The result does not depend on the taskIds: these decide only in which order tasks are named, and which value
//! stands for a key while there is a conflict about it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::state::State;
use crate::base::name::TaskId;
use crate::base::text::list_some;
use crate::base::value::Value;

/// A value with the tasks that it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// The tasks that have set it, none of which comes after another one: at least one, by taskId.
    pub by: Vec<TaskId>,
}

impl Entry {
    /// The tasks that have set the value, for messages: `the task A`, or `the tasks A, B`.
    #[must_use]
    pub fn authors(&self) -> String {
        let ids: Vec<&str> = self.by.iter().map(TaskId::as_str).collect();
        match ids[..] {
            [id] => format!("the task {id}"),
            _ => format!("the tasks {}", list_some(&ids)),
        }
    }
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
    /// The conflicts between tasks, by space and key: for each value but one, the first task that has set it.
    pub conflicts: Vec<Conflict>,
}

/// What a task has set a key to.
type Setting<'s> = (&'s TaskId, &'s Value);

impl Merged {
    /// Merges states.
    #[must_use]
    pub fn new(states: &BTreeMap<TaskId, Arc<State>>) -> Self {
        let mut settings: BTreeMap<(&str, &str), Vec<Setting<'_>>> = BTreeMap::new();
        for (id, state) in states {
            for effect in &state.effects {
                let of_key = settings
                    .entry((effect.space.as_str(), effect.key.as_str()))
                    .or_default();
                // Within a state, the later one counts.
                of_key.pop_if(|(by, _)| *by == id);
                of_key.push((id, &effect.value));
            }
        }
        let mut merged = Self::default();
        let mut lineage = Lineage::new(states);
        for ((space, key), settings) in settings {
            let last = lineage.last(&settings);
            let label = |id: &TaskId| states.get(id).map(|state| state.label.clone());
            // The first task of each value, and the others with the same one.
            let mut values: Vec<Entry> = Vec::new();
            for (id, value) in last {
                match values.iter_mut().find(|known| known.value == *value) {
                    Some(known) => known.by.push(id.clone()),
                    None => values.push(Entry {
                        value: value.clone(),
                        by: vec![id.clone()],
                    }),
                }
            }
            let mut values = values.into_iter();
            let Some(entry) = values.next() else {
                continue;
            };
            for other in values {
                if let (Some(one_id), Some(other_id)) = (entry.by.first(), other.by.first()) {
                    merged.conflicts.push(Conflict {
                        space: space.to_owned(),
                        key: key.to_owned(),
                        one: label(one_id).unwrap_or_default(),
                        one_id: one_id.clone(),
                        other: label(other_id).unwrap_or_default(),
                        other_id: other_id.clone(),
                    });
                }
            }
            let of_space = merged.entries.entry(space.to_owned()).or_default();
            of_space.insert(key.to_owned(), entry);
        }
        merged
    }

    /// Everything in a space, by key.
    pub fn space(&self, name: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let space = self.entries.get(name).into_iter().flatten();
        space.map(|(key, entry)| (key.as_str(), entry))
    }

    /// What is in a space at keys that begin with a text, by key. Only these are looked at.
    pub fn starting_with<'m>(
        &'m self,
        space: &str,
        start: &'m str,
    ) -> impl Iterator<Item = (&'m str, &'m Entry)> {
        let space = self.entries.get(space);
        let from = (Bound::Included(start), Bound::Unbounded);
        let keys = space.map(|space| space.range::<str, _>(from));
        let keys = keys.into_iter().flatten();
        keys.take_while(move |(key, _)| key.starts_with(start))
            .map(|(key, entry)| (key.as_str(), entry))
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
    /// All tasks before a task, as far as that was asked.
    before: BTreeMap<&'s TaskId, BTreeSet<&'s TaskId>>,
}

impl<'s> Lineage<'s> {
    fn new(states: &'s BTreeMap<TaskId, Arc<State>>) -> Self {
        let parents = states.iter().map(|(id, state)| {
            let parents = state.parents.iter().map(|parent| &parent.task_id);
            (id, parents.collect())
        });
        Self {
            parents: parents.collect(),
            before: BTreeMap::new(),
        }
    }

    /// Those of some tasks that no other one of them comes after, in their order.
    fn last(&mut self, settings: &[Setting<'s>]) -> Vec<Setting<'s>> {
        if let [_] = settings {
            return settings.to_vec();
        }
        for &(id, _) in settings {
            self.find_before(id);
        }
        let before_of = |id: &TaskId| self.before.get(id);
        let is_before = |one: &TaskId, other: &TaskId| {
            before_of(other).is_some_and(|before| before.contains(one))
        };
        // Hundreds of tasks set the same key, most of them beside each other, and need not be compared one by one.
        let befores = settings.iter().filter_map(|(id, _)| before_of(id));
        let earlier: BTreeSet<&TaskId> = befores.flatten().copied().collect();
        // In a circle, which only a forged state can make, no task comes after another.
        let is_replaced = |one: &TaskId| {
            let mut others = settings.iter();
            earlier.contains(one)
                && others.any(|(other, _)| is_before(one, other) && !is_before(other, one))
        };
        let last = settings.iter().filter(|(id, _)| !is_replaced(id));
        last.copied().collect()
    }

    /// Finds all tasks before a task.
    fn find_before(&mut self, task: &'s TaskId) {
        if self.before.contains_key(task) {
            return;
        }
        let mut before = BTreeSet::new();
        let mut left = vec![task];
        while let Some(id) = left.pop() {
            for parent in self.parents.get(id).into_iter().flatten() {
                if before.insert(*parent) {
                    left.push(parent);
                }
            }
        }
        self.before.insert(task, before);
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

    fn effect(key: &str, value: &str) -> Effect {
        Effect {
            space: "s".to_owned(),
            key: key.to_owned(),
            value: json!(value),
        }
    }

    /// The states of tasks, given as letter, letters of parents, and the value of `k`.
    fn states(tasks: &[(char, &str, &str)]) -> BTreeMap<TaskId, Arc<State>> {
        let run = |letter: char| TaskRun {
            task_id: id(letter),
            run_id: 0,
        };
        let states = tasks.iter().map(|(letter, parents, value)| {
            let state = State {
                run: run(*letter),
                label: letter.to_string(),
                revision: String::new(),
                decision: None,
                parents: parents.chars().map(run).collect(),
                effects: vec![effect("k", value)],
            };
            (id(*letter), Arc::new(state))
        });
        states.collect()
    }

    fn by(letters: &str) -> Vec<TaskId> {
        letters.chars().map(id).collect()
    }

    /// The value with the tasks that have set it, and the conflicts.
    fn merge(tasks: &[(char, &str, &str)]) -> (Value, Vec<TaskId>, usize) {
        let merged = Merged::new(&states(tasks));
        let entry = merged.get("s", "k").unwrap();
        (
            entry.value.clone(),
            entry.by.clone(),
            merged.conflicts.len(),
        )
    }

    #[test]
    fn the_later_task_wins() {
        let second = json!("2");
        assert_eq!(
            merge(&[('a', "", "1"), ('b', "a", "2")]),
            (second.clone(), by("b"), 0)
        );
        // Whatever the order of their ids.
        assert_eq!(
            merge(&[('b', "", "1"), ('a', "b", "2")]),
            (second, by("a"), 0)
        );
        // Also through another one.
        let through = [('a', "b", "3"), ('b', "c", "2"), ('c', "", "1")];
        assert_eq!(merge(&through), (json!("3"), by("a"), 0));
        // Within a state, the later effect.
        let mut states = states(&[('a', "", "1")]);
        let state = Arc::make_mut(states.get_mut(&id('a')).unwrap());
        state.effects.push(effect("k", "2"));
        let merged = Merged::new(&states);
        assert_eq!(merged.get("s", "k").unwrap().value, json!("2"));
        assert_eq!(merged.conflicts, []);
    }

    #[test]
    fn unordered_tasks_must_agree() {
        assert_eq!(
            merge(&[('a', "", "1"), ('b', "", "1")]),
            (json!("1"), by("ab"), 0)
        );
        let merged = Merged::new(&states(&[('a', "", "1"), ('b', "", "1"), ('c', "b", "1")]));
        let authors = merged.get("s", "k").unwrap().authors();
        assert_eq!(authors, format!("the tasks {}, {}", id('a'), id('c')));
        let conflicts = Merged::new(&states(&[('a', "", "1"), ('b', "", "2")])).conflicts;
        let [conflict] = &conflicts[..] else {
            panic!("{conflicts:?}");
        };
        let text = conflict.to_string();
        assert!(text.starts_with("s: the tasks a ("), "{text}");
        assert!(text.contains("and b ("), "{text}");
        // A task after both decides.
        let decided = [('a', "", "1"), ('b', "", "2"), ('c', "ab", "3")];
        assert_eq!(merge(&decided), (json!("3"), by("c"), 0));
    }

    #[test]
    fn a_part_of_a_space_has_the_keys_with_a_start() {
        let keys = ["a", "a/", "a/b", "a/c/d", "a0", "b"];
        let mut states = states(&[('a', "", "1")]);
        let state = Arc::make_mut(states.get_mut(&id('a')).unwrap());
        state.effects = keys.map(|key| effect(key, "1")).into();
        let merged = Merged::new(&states);
        let part = |start| {
            let part = merged.starting_with("s", start);
            part.map(|(key, _)| key).collect::<Vec<_>>()
        };
        assert_eq!(part("a/"), ["a/", "a/b", "a/c/d"]);
        assert_eq!(part("a"), keys[..5]);
        assert_eq!(part(""), keys);
        assert_eq!(part("c"), [""; 0]);
        assert_eq!(merged.starting_with("other", "").count(), 0);
    }

    /// Every order of some letters.
    fn orders(letters: &str) -> Vec<String> {
        if letters.is_empty() {
            return vec![String::new()];
        }
        let first = letters.char_indices();
        let orders = first.flat_map(|(at, letter)| {
            let rest = [&letters[..at], &letters[at + 1..]].concat();
            let rest = orders(&rest).into_iter();
            rest.map(move |rest| format!("{letter}{rest}"))
        });
        orders.collect()
    }

    #[test]
    fn task_ids_decide_nothing() {
        // What is set, and whether there is a conflict, if the tasks a, b, c, d have these parents and values.
        let cases = [
            // Two say the same, and a task after one of them says something else.
            (["", "", "a", ""], ["1", "1", "2", "2"], true),
            (["", "", "ab", ""], ["1", "1", "2", "2"], false),
            (["", "a", "", "c"], ["1", "2", "3", "2"], false),
            (["", "a", "a", "c"], ["1", "2", "3", "2"], false),
            (["", "a", "a", "bc"], ["1", "2", "3", "4"], false),
            (["", "a", "a", "c"], ["1", "2", "2", "3"], true),
            (["", "", "", ""], ["1", "1", "1", "1"], false),
            (["", "", "", ""], ["1", "1", "2", "2"], true),
        ];
        for (parents, values, is_conflict) in cases {
            let results = orders("abcd").into_iter().map(|order| {
                let named = |letter: char| order.as_bytes()[letter as usize - 'a' as usize] as char;
                let parents = parents.map(|of| of.chars().map(named).collect::<String>());
                let tasks = ['a', 'b', 'c', 'd'].into_iter().enumerate();
                let tasks = tasks.map(|(at, task)| (named(task), parents[at].as_str(), values[at]));
                let tasks: Vec<_> = tasks.collect();
                let merged = Merged::new(&states(&tasks));
                let entry = merged.get("s", "k").unwrap();
                // The tasks by their place in the case.
                let role = |by: &TaskId| "abcd".chars().find(|task| id(named(*task)) == *by);
                let mut by: Vec<char> = entry.by.iter().filter_map(role).collect();
                by.sort_unstable();
                let conflicts = merged.conflicts.len();
                match is_conflict {
                    false => (conflicts, entry.value.to_string(), by),
                    // Which of the values stands is open.
                    true => (conflicts, String::new(), Vec::new()),
                }
            });
            let results: BTreeSet<_> = results.collect();
            assert_eq!(results.len(), 1, "{parents:?} {values:?}: {results:?}");
            let conflicts = results.first().map(|(conflicts, ..)| *conflicts);
            assert_eq!(conflicts, Some(usize::from(is_conflict)), "{parents:?}");
        }
    }

    #[test]
    fn a_circle_is_a_conflict() {
        assert_eq!(merge(&[('a', "b", "1"), ('b', "a", "2")]).2, 1);
        // A task after it decides.
        let after = [('a', "b", "1"), ('b', "a", "2"), ('c', "a", "3")];
        assert_eq!(merge(&after), (json!("3"), by("c"), 0));
    }
}
