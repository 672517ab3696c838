//! What must hold after each phase.

use std::collections::{BTreeMap, BTreeSet};

use super::phase::Ran;
use super::report::INDEX;
use super::{Check, PhaseReport};
use crate::actions::plan::{counted, some};
use crate::base::dag::Dag;
use crate::config::shipping::Phase;
use crate::sandbox::Sandbox;

/// What was to be built again.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Kinds.
    pub rebuild_kinds: Vec<String>,
    /// Labels.
    pub do_not_optimize: Vec<String>,
    /// The phases of the promoted flavors, as far as known.
    pub phases: BTreeSet<Phase>,
    /// The phases of the project's flavors.
    pub flavored: BTreeSet<Phase>,
    /// Whether the input accepts tasks of earlier phases.
    pub accepted: bool,
}

/// The report of the push.
pub fn push(sandbox: &Sandbox, ran: &Ran) -> PhaseReport {
    let mut checks = vec![created_in_group(sandbox, ran)];
    checks.push(Check {
        rule: "the decision task is in the group that it names",
        breaches: group_of(sandbox, ran)
            .into_iter()
            .filter(|g| g != ran.task_id.as_str())
            .collect(),
    });
    checks.push(completed(sandbox, ran));
    report(sandbox, ran, &[], checks)
}

/// The report of a flavor that was promoted on top of `before`.
pub fn promotion(sandbox: &Sandbox, ran: &Ran, before: &[Ran], wanted: &Wanted) -> PhaseReport {
    let earlier = earlier(before);
    let named = |label: &str| {
        let kind = ran
            .full
            .get(label)
            .map(|task| task.kind.as_str())
            .unwrap_or_default();
        wanted.rebuild_kinds.iter().any(|k| k == kind)
            || wanted.do_not_optimize.iter().any(|l| l == label)
    };
    let created: BTreeSet<&str> = ran.created.values().map(String::as_str).collect();
    // What depends on something that is built again is built again too.
    let edges = ran.full.iter().flat_map(|(label, task)| {
        task.dependencies
            .iter()
            .map(move |to| (label.as_str(), to.as_str()))
    });
    let dag = Dag::new(ran.full.keys().map(String::as_str), edges);
    let again: Vec<&str> = created
        .iter()
        .copied()
        .filter(|label| named(label))
        .collect();
    let allowed = dag.reverse_closure(&again);
    let mut twice: Vec<String> = created
        .iter()
        .filter(|label| earlier.contains_key(**label) && !allowed.contains(*label))
        .map(|label| format!("{label} is {} already", earlier[*label]))
        .collect();
    let mut early: Vec<String> = created
        .iter()
        .filter(|label| !earlier.contains_key(**label) && !named(label))
        .filter_map(|label| Some((label, earlier_phase(ran, wanted, label)?)))
        .map(|(label, phase)| format!("{label} is of the phase {phase}"))
        .collect();
    let mut notes = Vec::new();
    // What a project does in its own Python, and what was accepted, is only a note.
    if ran.own_python || wanted.accepted {
        for (what, found) in [
            ("built twice", &mut twice),
            ("new, but of an earlier phase", &mut early),
        ] {
            let labels: Vec<&str> = found.iter().map(String::as_str).collect();
            if !labels.is_empty() {
                let tasks = counted(labels.len(), "task");
                notes.push(format!("{tasks} {what}: {}", some(&labels)));
            }
            found.clear();
        }
    }
    let first_group = before.first().map(|first| first.task_id.to_string());
    let wrong_group = group_of(sandbox, ran).filter(|group| Some(group) != first_group.as_ref());
    let in_graph =
        |label: &str| ran.label_to_taskid.contains_key(label) || ran.targets.contains(label);
    // What earlier graphs have is left out for these kinds; what the index has is not.
    let not_rebuilt = ran
        .full
        .iter()
        .filter(|(label, task)| wanted.rebuild_kinds.contains(&task.kind) && in_graph(label))
        .filter(|(label, task)| !task.searched && !created.contains(label.as_str()))
        .map(|(label, _)| label.clone())
        .collect();
    let not_honoured = wanted
        .do_not_optimize
        .iter()
        .filter(|label| in_graph(label) && !created.contains(label.as_str()))
        .cloned()
        .collect();
    let older = ran
        .label_to_taskid
        .iter()
        .filter(|(label, _)| !created.contains(label.as_str()))
        .filter_map(|(label, id)| {
            let newest = earlier.get(label.as_str())?;
            (newest != id).then(|| format!("{label} is {id}, and the newest is {newest}"))
        })
        .collect();
    let checks = vec![
        Check {
            rule: "no task of an earlier phase is built twice",
            breaches: twice,
        },
        Check {
            rule: "no task of an earlier phase is new",
            breaches: early,
        },
        created_in_group(sandbox, ran),
        Check {
            rule: "the action task itself is in the group of the push",
            breaches: wrong_group.into_iter().collect(),
        },
        Check {
            rule: "rebuild_kinds are rebuilt",
            breaches: not_rebuilt,
        },
        Check {
            rule: "do_not_optimize is honoured",
            breaches: not_honoured,
        },
        Check {
            rule: "of several earlier ids the latest is used",
            breaches: older,
        },
        completed(sandbox, ran),
    ];
    PhaseReport {
        notes,
        ..report(sandbox, ran, before, checks)
    }
}

/// The phase of a new task that an earlier flavor should have created.
///
/// The push has built what is built on push; other tasks without a phase are built for releases
/// only.
fn earlier_phase(ran: &Ran, wanted: &Wanted, label: &str) -> Option<Phase> {
    let phase_of = |label: &str| {
        let named = ran.full.get(label)?.phase.as_deref();
        named.map_or(Some(Phase::Build), Phase::in_name)
    };
    let of_targets = || ran.targets.iter().filter_map(|label| phase_of(label)).max();
    let own = wanted.phases.last().copied().or_else(of_targets)?;
    let (phase, task) = (phase_of(label)?, ran.full.get(label)?);
    let counts = task.phase.is_some() && wanted.flavored.contains(&phase);
    (counts && phase < own && !wanted.phases.contains(&phase) && !task.searched).then_some(phase)
}

/// The newest taskId of each label.
fn earlier(before: &[Ran]) -> BTreeMap<&str, &str> {
    let all = before.iter().flat_map(|ran| &ran.label_to_taskid);
    all.map(|(label, id)| (label.as_str(), id.as_str()))
        .collect()
}

fn group_of(sandbox: &Sandbox, ran: &Ran) -> Option<String> {
    let task = sandbox.state().task(ran.task_id.as_str())?;
    Some(task.definition["taskGroupId"].as_str()?.to_owned())
}

/// Every task that the phase says it created is in the group of its task, and no other.
fn created_in_group(sandbox: &Sandbox, ran: &Ran) -> Check {
    let own = ran.task_id.as_str();
    let members: BTreeSet<String> = sandbox
        .state()
        .group_tasks(own)
        .into_iter()
        .map(|task| task.task_id)
        .collect();
    let missing = ran
        .created
        .iter()
        .filter(|(id, _)| !members.contains(*id))
        .map(|(id, label)| format!("{label} ({id}) is not in it"));
    // The decision task is in its own group; action tasks that were fired on it are, too.
    let foreign = members
        .iter()
        .filter(|id| !ran.created.contains_key(*id) && *id != own)
        .map(|id| format!("{id} is in it and was not planned"));
    Check {
        rule: "every created task is in the group of the task that created it",
        breaches: sorted(missing.chain(foreign)),
    }
}

fn completed(sandbox: &Sandbox, ran: &Ran) -> Check {
    let breaches = ran.created.iter().filter_map(|(id, label)| {
        let state = sandbox.state().task(id).map(|task| task.state.name());
        (state != Some("completed"))
            .then(|| format!("{label} ({id}) is {}", state.unwrap_or("not there")))
    });
    Check {
        rule: "every created task has completed",
        breaches: sorted(breaches),
    }
}

/// Breaches in an order independent of taskIds, which differ in each rehearsal.
fn sorted(breaches: impl Iterator<Item = String>) -> Vec<String> {
    let mut breaches: Vec<String> = breaches.collect();
    breaches.sort_unstable();
    breaches
}

fn report(sandbox: &Sandbox, ran: &Ran, before: &[Ran], checks: Vec<Check>) -> PhaseReport {
    let mut reused: BTreeMap<String, usize> = BTreeMap::new();
    for id in ran.label_to_taskid.values() {
        if ran.created.contains_key(id) {
            continue;
        }
        // The graph in which the task was created, not one that reused it.
        let from = before
            .iter()
            .rev()
            .find(|graph| graph.created.contains_key(id));
        let from = from.map_or(INDEX.to_owned(), |graph| graph.task_id.to_string());
        *reused.entry(from).or_default() += 1;
    }
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for id in ran.created.keys() {
        let state = sandbox
            .state()
            .task(id)
            .map_or("missing", |task| task.state.name());
        *states.entry(state.to_owned()).or_default() += 1;
    }
    PhaseReport {
        name: ran.name.clone(),
        task_id: ran.task_id.to_string(),
        in_group: group_of(sandbox, ran).unwrap_or_default(),
        task_group: ran.task_id.to_string(),
        command: None,
        not_run: Vec::new(),
        created: ran.created.len(),
        reused,
        removed: ran.removed.len(),
        states,
        checks,
        notes: Vec::new(),
    }
}
