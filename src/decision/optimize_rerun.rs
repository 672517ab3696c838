//! Optimization that keeps the tasks of an earlier run.

use std::collections::{BTreeMap, BTreeSet};

use super::phases::Phases;
use crate::base::diagnostic::Outcome;
use crate::base::name::{Label, TaskId};
use crate::optimize::{Action, OptimizedTaskGraph};
use crate::ports::ids::DerivedIds;
use crate::target::{TargetTaskGraph, Unoptimized};

/// Optimizes the target task graph, but keeps the tasks that an earlier run has created (`earlier`),
/// whatever the index says now.
///
/// Such tasks are added to `do_not_optimize` of `target`, and the graph is optimized again.
///
/// # Errors
/// Every mistake that optimization finds, or the index does not answer.
pub async fn optimize_rerun(
    phases: &Phases<'_>,
    target: &mut TargetTaskGraph,
    ids: &DerivedIds,
    existing: &BTreeMap<Label, TaskId>,
    earlier: &BTreeSet<Label>,
) -> Outcome<OptimizedTaskGraph> {
    loop {
        let optimized = phases.optimize_onto(target.clone(), ids, existing).await?;
        let is_removed = |label: &&Label| {
            let verdict = optimized.verdicts.get(*label);
            verdict.is_none_or(|verdict| verdict.action != Action::Kept)
        };
        let removed: Vec<Label> = earlier
            .iter()
            .filter(|label| target.graph.get(label).is_some())
            .filter(is_removed)
            .filter(|label| !target.do_not_optimize.contains_key(*label))
            .cloned()
            .collect();
        if removed.is_empty() {
            return Ok(optimized);
        }
        for label in &removed {
            tracing::info!("{label} is not optimized, because an earlier run has created it");
        }
        let removed = removed.into_iter();
        let kept = removed.map(|label| (label, Unoptimized::EarlierRun));
        target.do_not_optimize.extend(kept);
    }
}
