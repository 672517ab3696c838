//! Where taskIds come from.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::base::name::{Label, TaskId};

/// Gives the tasks of one decision or action their taskIds.
///
/// An id follows from the decision task, the label and a number alone, so that a rerun of the same
/// decision names every task as the first run did. Each label has an endless row of ids; those that
/// other tasks have taken are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedIds {
    decision_task_id: TaskId,
    seed: TaskId,
    round: usize,
    passed_over: Arc<BTreeSet<TaskId>>,
}

/// How far into the row of a label it is looked for an id.
const ROW: usize = 128;

impl DerivedIds {
    /// Ids for what `decision_task_id` creates.
    #[must_use]
    pub fn new(decision_task_id: TaskId) -> Self {
        Self {
            seed: decision_task_id.clone(),
            decision_task_id,
            round: 0,
            passed_over: Arc::default(),
        }
    }

    /// Ids for what the action `action` adds to the graph of `decision_task_id`; `round` counts how often it
    /// adds the same labels.
    #[must_use]
    pub fn for_action(decision_task_id: TaskId, action: TaskId, round: usize) -> Self {
        Self {
            decision_task_id,
            seed: action,
            round,
            passed_over: Arc::default(),
        }
    }

    /// The task that decides, whose id is also that of the task group.
    #[must_use]
    pub fn decision_task_id(&self) -> &TaskId {
        &self.decision_task_id
    }

    /// Whether the group that these ids are for is that of the decision task alone: no other decision's
    /// graph is in it.
    #[must_use]
    pub fn owns_group(&self) -> bool {
        self.seed == self.decision_task_id
    }

    /// The same ids but for these, which are passed over.
    #[must_use]
    pub fn excluding(&self, taken: impl IntoIterator<Item = TaskId>) -> Self {
        let mut passed_over = BTreeSet::clone(&self.passed_over);
        passed_over.extend(taken);
        Self {
            passed_over: Arc::new(passed_over),
            ..self.clone()
        }
    }

    /// The id of the task `label`; `copy` is 0 for the task itself and counts its duplicates.
    #[must_use]
    pub fn id(&self, label: &Label, copy: usize) -> TaskId {
        let mut number = copy;
        if !self.passed_over.is_empty() {
            // The ids that are passed over are few, so the row is walked for these alone.
            let mut free = 0;
            number = 0;
            while self.passed_over.contains(&self.at(label, number)) || free < copy {
                free += usize::from(!self.passed_over.contains(&self.at(label, number)));
                number += 1;
            }
        }
        self.at(label, number)
    }

    /// Whether an id is in the row of a label, passed over or not: whatever has it was made by this
    /// decision or action, or by somebody who wants it to look so.
    #[must_use]
    pub fn is_of(&self, label: &Label, task_id: &TaskId) -> bool {
        (0..ROW).any(|number| self.at(label, number) == *task_id)
    }

    /// The id at a place in the row of a label.
    fn at(&self, label: &Label, number: usize) -> TaskId {
        let mut hash = Sha256::new();
        for part in ["snowman.task-id.v1", self.seed.as_str(), label.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update((self.round as u64).to_be_bytes());
        hash.update((number as u64).to_be_bytes());
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        for (byte, from) in bytes.iter_mut().zip(digest.iter()) {
            *byte = *from;
        }
        TaskId::from_uuid_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_decision_label_and_copy() -> Result<(), crate::base::name::NameError> {
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
    fn ids_that_are_taken_are_passed_over() -> Result<(), crate::base::name::NameError> {
        let ids = DerivedIds::new(TaskId::parse("fN1SbArXTPSVFUUvaOlinQ")?);
        let (a, b) = (Label::parse("a")?, Label::parse("b")?);
        let row: Vec<TaskId> = (0..5).map(|n| ids.id(&a, n)).collect();
        let other = ids.excluding([row[0].clone(), row[2].clone()]);
        let found: Vec<TaskId> = (0..3).map(|n| other.id(&a, n)).collect();
        assert_eq!(found, [row[1].clone(), row[3].clone(), row[4].clone()]);
        assert_eq!(other.id(&b, 0), ids.id(&b, 0));
        assert!(other.is_of(&a, &row[0]) && other.is_of(&a, &row[4]));
        assert!(!other.is_of(&b, &row[0]));
        Ok(())
    }
}
