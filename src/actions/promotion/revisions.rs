//! The revisions that a promotion's tasks were made from.
//!
//! A release may have been built from another revision than the one that the action was triggered on,
//! since a fix of the graph may have landed. But all tasks of one phase have to come from one
//! revision.

use std::collections::{BTreeMap, BTreeSet};

use super::previous::PreviousGraph;
use super::provenance::{Origin, Provenance};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::Label;
use crate::base::text::list_some;
use crate::decision::Prepared;

/// Warns if the previous graphs, or earlier ones, were created from several revisions: a later flavor
/// may refuse to ship that.
pub fn warn_of_revisions(provenance: &Provenance, graphs: &[PreviousGraph]) {
    let mut revisions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for graph in graphs {
        let graph_ids = revisions.entry(graph.parameter("head_rev")).or_default();
        graph_ids.push(graph.id.as_str());
    }
    for (id, graph) in &provenance.graphs {
        let graph_ids = revisions.entry(&graph.revision).or_default();
        if !graph_ids.contains(&id.as_str()) {
            graph_ids.push(id.as_str());
        }
    }
    if revisions.len() < 2 {
        return;
    }
    let parts: Vec<String> = revisions
        .iter()
        .map(|(revision, ids)| format!("{} from {revision}", list_some(ids)))
        .collect();
    tracing::warn!(
        "the previous graphs were created from several revisions: {}; a flavor that ships refuses \
         tasks of one phase from several revisions, unless `allow_mixed_revisions` is set",
        parts.join("; ")
    );
}

/// The phase that refuses tasks from several revisions.
const SHIP: &str = "ship";

/// Refuses to ship tasks of one phase from several revisions.
///
/// # Errors
/// Every such phase, with the first task that would ship its tasks.
pub fn check(provenance: &Provenance, prepared: &Prepared) -> Outcome<()> {
    let graph = &prepared.target.graph;
    let dag = graph.dag();
    let phase = |label: &Label| {
        let task = graph.get(label);
        task.and_then(|task| task.attribute_str("shipping_phase"))
            .unwrap_or("build")
            .to_owned()
    };
    let created = |label: &&Label| {
        let source = provenance.tasks.get(*label);
        source.is_some_and(|source| source.how == Origin::Created)
    };
    let mut shipping: Vec<&Label> = graph.labels().filter(created).collect();
    shipping.retain(|label| phase(label) == SHIP);
    shipping.sort_unstable();
    let mut wrong = Diagnostics::new();
    let mut reported: BTreeSet<String> = BTreeSet::new();
    for label in shipping {
        let mut found: BTreeMap<String, BTreeMap<&str, Vec<&Label>>> = BTreeMap::new();
        let inputs = dag.closure([label]);
        for input in &inputs {
            let revision = provenance.tasks.get(input);
            if let Some(revision) = revision.and_then(|source| source.revision.as_deref()) {
                let of_phase = found.entry(phase(input)).or_default();
                of_phase.entry(revision).or_default().push(input);
            }
        }
        found.remove(SHIP);
        for (phase, revisions) in found {
            if revisions.len() > 1 && reported.insert(phase.clone()) {
                wrong.push(mixed_revisions(label, &phase, &revisions));
            }
        }
    }
    wrong.or_ok(())
}

fn mixed_revisions(
    label: &Label,
    phase: &str,
    revisions: &BTreeMap<&str, Vec<&Label>>,
) -> Diagnostic {
    let parts: Vec<String> = revisions
        .iter()
        .map(|(revision, labels)| {
            let first = labels.first().map_or("", |label| label.as_str());
            match labels.len() {
                1 => format!("{first} from {revision}"),
                n => format!("{first} and {} more from {revision}", n - 1),
            }
        })
        .collect();
    Diagnostic::user(format!(
        "it would ship tasks of the phase `{phase}` from several revisions"
    ))
    .in_task(label.as_str())
    .because(parts.join("; "))
    .help("promote again from one revision, or set `allow_mixed_revisions: true` in the input")
}
