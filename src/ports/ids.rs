//! Where taskIds come from.

use sha2::{Digest, Sha256};

use crate::base::name::{Label, TaskId};

/// Gives the tasks of one decision or action their taskIds.
///
/// An id follows from the deciding task, the label and a number alone, so that a rerun of the same
/// decision names every task as the first run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedIds {
    deciding: TaskId,
    seed: TaskId,
    round: usize,
}

impl DerivedIds {
    /// Ids for what `deciding` creates.
    #[must_use]
    pub fn new(deciding: TaskId) -> Self {
        Self {
            seed: deciding.clone(),
            deciding,
            round: 0,
        }
    }

    /// Ids for what the action `action` adds to the graph of `deciding`; `round` counts how often it
    /// adds the same labels.
    #[must_use]
    pub fn of_action(deciding: TaskId, action: TaskId, round: usize) -> Self {
        Self {
            deciding,
            seed: action,
            round,
        }
    }

    /// The task that decides, whose id is also that of the task group.
    #[must_use]
    pub fn deciding(&self) -> &TaskId {
        &self.deciding
    }

    /// The id of the task `label`; `copy` is 0 for the task itself and counts its duplicates.
    #[must_use]
    pub fn id(&self, label: &Label, copy: usize) -> TaskId {
        let mut hash = Sha256::new();
        for part in ["snowman.task-id.v1", self.seed.as_str(), label.as_str()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update((self.round as u64).to_be_bytes());
        hash.update((copy as u64).to_be_bytes());
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
        let action =
            |round| DerivedIds::of_action(ids.deciding().clone(), other.deciding().clone(), round);
        assert_eq!(action(0).deciding(), ids.deciding());
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
}
