//! The staged tasks that come before others.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use crate::base::dag::Dag;
use crate::base::diagnostic::Diagnostic;

/// The staged tasks that come before each staged task, reduced.
///
/// # Errors
/// A circular dependency, which is a bug.
pub fn nearest<N: Clone + Ord + Hash>(
    dag: &Dag<N>,
    staged: &BTreeSet<N>,
) -> Result<BTreeMap<N, Vec<N>>, Diagnostic> {
    let numbers: BTreeMap<&N, usize> = staged.iter().zip(0..).collect();
    let ids: Vec<&N> = staged.iter().collect();
    let order = dag
        .dependencies_first()
        .map_err(|_| Diagnostic::bug("the task graph has a circular dependency"))?;
    // For every task: the nearest staged ones before it, and all staged ones before it.
    let mut near: BTreeMap<&N, BTreeSet<usize>> = BTreeMap::new();
    let mut all: BTreeMap<&N, Bits> = BTreeMap::new();
    let mut reduced = BTreeMap::new();
    for id in order {
        let mut nearest = BTreeSet::new();
        let mut before = Bits::new(ids.len());
        for dependency in dag.dependencies(id) {
            if let Some(bits) = all.get(dependency) {
                before.add_all(bits);
            }
            match numbers.get(dependency) {
                Some(number) => {
                    nearest.insert(*number);
                    before.add(*number);
                }
                None => nearest.extend(near.get(dependency).into_iter().flatten()),
            }
        }
        let mut behind = Bits::new(ids.len());
        for number in &nearest {
            if let Some(bits) = ids.get(*number).and_then(|id| all.get(id)) {
                behind.add_all(bits);
            }
        }
        nearest.retain(|number| !behind.has(*number));
        if numbers.contains_key(id) {
            let kept = nearest.iter().filter_map(|number| ids.get(*number));
            reduced.insert(id.clone(), kept.map(|id| (*id).clone()).collect());
        }
        near.insert(id, nearest);
        all.insert(id, before);
    }
    Ok(reduced)
}

/// A set of small numbers.
struct Bits(Vec<u64>);

impl Bits {
    fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    fn add(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    fn add_all(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    fn has(&self, number: usize) -> bool {
        let word = self.0.get(number / 64).copied().unwrap_or_default();
        word >> (number % 64) & 1 == 1
    }
}
