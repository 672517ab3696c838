//! Derived taskIds.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::base::name::{Label, TaskId};

/// Derives the taskIds of one decision or action.
///
/// An id only depends on the decision task, the label and a number, so a rerun of a decision derives
/// the same ids as the first run. Each label has an endless sequence of ids, from which those that
/// other tasks have are excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedIds {
    decision_task_id: TaskId,
    seed: TaskId,
    round: usize,
    excluded: Arc<BTreeSet<TaskId>>,
}

/// How many ids of a label are compared with a given id.
const COMPARED: usize = 128;

impl DerivedIds {
    /// Creates the ids of the tasks of a decision.
    #[must_use]
    pub fn new(decision_task_id: TaskId) -> Self {
        Self {
            seed: decision_task_id.clone(),
            decision_task_id,
            round: 0,
            excluded: Arc::default(),
        }
    }

    /// Creates the ids of the tasks that an action adds to the graph of a decision. `round` counts how
    /// many times it adds the same labels.
    #[must_use]
    pub fn for_action(decision_task_id: TaskId, action: TaskId, round: usize) -> Self {
        Self {
            decision_task_id,
            seed: action,
            round,
            excluded: Arc::default(),
        }
    }

    /// Returns the decision task, whose id is also the id of the task group.
    #[must_use]
    pub fn decision_task_id(&self) -> &TaskId {
        &self.decision_task_id
    }

    /// Returns whether the ids belong to the decision task itself and not to an action, so that all
    /// derived tasks of the group have ids of this sequence.
    #[must_use]
    pub fn owns_group(&self) -> bool {
        self.seed == self.decision_task_id
    }

    /// Returns the same ids without those that are taken.
    #[must_use]
    pub fn excluding(&self, taken: impl IntoIterator<Item = TaskId>) -> Self {
        let mut excluded = BTreeSet::clone(&self.excluded);
        excluded.extend(taken);
        Self {
            excluded: Arc::new(excluded),
            ..self.clone()
        }
    }

    /// Returns the id of the task `label`; `copy` is 0 for the task itself and counts its duplicates.
    #[must_use]
    pub fn id(&self, label: &Label, copy: usize) -> TaskId {
        let mut number = copy;
        if !self.excluded.is_empty() {
            // Exclusions are rare, so the sequence is only walked if there are any.
            let mut free = 0;
            number = 0;
            while self.excluded.contains(&self.nth(label, number)) || free < copy {
                free += usize::from(!self.excluded.contains(&self.nth(label, number)));
                number += 1;
            }
        }
        self.nth(label, number)
    }

    /// Returns whether an id is derived from a label, excluded or not: its task was created by this
    /// decision or action, or by another owner who copies its ids.
    #[must_use]
    pub fn is_derived(&self, label: &Label, task_id: &TaskId) -> bool {
        (0..COMPARED).any(|number| self.nth(label, number) == *task_id)
    }

    /// Returns the id with this number in the sequence of a label.
    fn nth(&self, label: &Label, number: usize) -> TaskId {
        let mut hash = Sha256::new();
        for part in ["snowman.task-id.v1", self.seed.as_str(), label.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update((self.round as u64).to_be_bytes());
        hash.update((number as u64).to_be_bytes());
        TaskId::from_digest(&hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_on_decision_label_and_copy() -> Result<(), crate::base::name::NameError> {
        let ids = DerivedIds::new(TaskId::parse("fN1SbArXTPSVFUUvaOlinQ")?);
        let other = DerivedIds::new(TaskId::parse("dSvO-TqoQvyZ1IQRkLyqxw")?);
        let (a, b) = (Label::parse("a")?, Label::parse("b")?);
        assert_eq!(ids.id(&a, 0), ids.id(&a, 0));
        let action = |round| {
            DerivedIds::for_action(
                ids.decision_task_id().clone(),
                other.decision_task_id().clone(),
                round,
            )
        };
        assert_eq!(action(0).decision_task_id(), ids.decision_task_id());
        let all = [
            ids.id(&a, 0),
            ids.id(&a, 1),
            ids.id(&b, 0),
            action(0).id(&a, 0),
            action(1).id(&a, 0),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(TaskId::is_slugid));
        Ok(())
    }

    #[test]
    fn taken_ids_are_excluded() -> Result<(), crate::base::name::NameError> {
        let ids = DerivedIds::new(TaskId::parse("fN1SbArXTPSVFUUvaOlinQ")?);
        let (a, b) = (Label::parse("a")?, Label::parse("b")?);
        let sequence: Vec<TaskId> = (0..5).map(|n| ids.id(&a, n)).collect();
        let other = ids.excluding([sequence[0].clone(), sequence[2].clone()]);
        let found: Vec<TaskId> = (0..3).map(|n| other.id(&a, n)).collect();
        assert_eq!(
            found,
            [
                sequence[1].clone(),
                sequence[3].clone(),
                sequence[4].clone()
            ]
        );
        assert_eq!(other.id(&b, 0), ids.id(&b, 0));
        assert!(other.is_derived(&a, &sequence[0]) && other.is_derived(&a, &sequence[4]));
        assert!(!other.is_derived(&b, &sequence[0]));
        Ok(())
    }
}
