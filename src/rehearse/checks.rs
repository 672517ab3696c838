//! The checks after each phase.

use std::collections::{BTreeMap, BTreeSet};

use super::artifacts::PhaseOutput;
use super::check::{Check, INDEX, PhaseReport};
use crate::base::dag::Dag;
use crate::base::task_state::TaskState;
use crate::base::text::{list_some, plural};
use crate::config::shipping::Phase;
use crate::sandbox::Sandbox;

/// What a promotion is checked against.
#[derive(Debug, Clone, Default)]
pub struct PromotionExpectations {
    /// Kinds to build again.
    pub rebuild_kinds: Vec<String>,
    /// Labels to build again.
    pub do_not_optimize: Vec<String>,
    /// The known phases of the promoted flavors.
    pub phases: BTreeSet<Phase>,
    /// The phases of the project's flavors.
    pub flavored: BTreeSet<Phase>,
    /// Whether the input accepts tasks of earlier phases.
    pub accepted: bool,
}

/// Checks the push.
pub fn push_report(sandbox: &Sandbox, output: &PhaseOutput) -> PhaseReport {
    let mut checks = vec![created_in_group(sandbox, output)];
    checks.push(Check {
        rule: "the taskGroupId of the decision task is its own taskId",
        breaches: group_of(sandbox, output)
            .into_iter()
            .filter(|g| g != output.task_id.as_str())
            .collect(),
    });
    checks.push(completed(sandbox, output));
    report(sandbox, output, &[], checks)
}

/// Checks a flavor that was promoted on top of `before`.
pub fn promotion_report(
    sandbox: &Sandbox,
    output: &PhaseOutput,
    before: &[PhaseOutput],
    expected: &PromotionExpectations,
) -> PhaseReport {
    let earlier = newest_task_ids(before);
    let named = |label: &str| {
        let kind = output
            .full
            .get(label)
            .map(|task| task.kind.as_str())
            .unwrap_or_default();
        expected.rebuild_kinds.iter().any(|k| k == kind)
            || expected.do_not_optimize.iter().any(|l| l == label)
    };
    let created: BTreeSet<&str> = output.created.values().map(String::as_str).collect();
    // Tasks that depend on a rebuilt task are rebuilt too.
    let edges = output.full.iter().flat_map(|(label, task)| {
        task.dependencies
            .iter()
            .map(move |to| (label.as_str(), to.as_str()))
    });
    let dag = Dag::new(output.full.keys().map(String::as_str), edges);
    let again: Vec<&str> = created
        .iter()
        .copied()
        .filter(|label| named(label))
        .collect();
    let allowed = dag.reverse_closure(&again);
    let mut twice: Vec<String> = created
        .iter()
        .filter(|label| earlier.contains_key(**label) && !allowed.contains(*label))
        .map(|label| format!("{label} already exists as {}", earlier[*label]))
        .collect();
    let mut early: Vec<String> = created
        .iter()
        .filter(|label| !earlier.contains_key(**label) && !named(label))
        .filter_map(|label| Some((label, earlier_phase(output, expected, label)?)))
        .map(|(label, phase)| format!("{label} belongs to the phase {phase}"))
        .collect();
    let mut notes = Vec::new();
    // With the project's own Python, or if the input accepts it, it is only a note.
    if output.own_python || expected.accepted {
        for (noun, what, found) in [
            ("task", "built twice", &mut twice),
            ("new task", "of an earlier phase", &mut early),
        ] {
            let labels: Vec<&str> = found.iter().map(String::as_str).collect();
            if !labels.is_empty() {
                let tasks = plural(labels.len(), noun);
                notes.push(format!("{tasks} {what}: {}", list_some(&labels)));
            }
            found.clear();
        }
    }
    let first_group = before.first().map(|first| first.task_id.to_string());
    let wrong_group = group_of(sandbox, output).filter(|group| Some(group) != first_group.as_ref());
    let in_graph =
        |label: &str| output.label_to_taskid.contains_key(label) || output.targets.contains(label);
    // Tasks of these kinds are not reused from earlier graphs, but they may be found in the index.
    let not_rebuilt = output
        .full
        .iter()
        .filter(|(label, task)| expected.rebuild_kinds.contains(&task.kind) && in_graph(label))
        .filter(|(label, task)| !task.searched && !created.contains(label.as_str()))
        .map(|(label, _)| label.clone())
        .collect();
    let not_honoured = expected
        .do_not_optimize
        .iter()
        .filter(|label| in_graph(label) && !created.contains(label.as_str()))
        .cloned()
        .collect();
    let older = output
        .label_to_taskid
        .iter()
        .filter(|(label, _)| !created.contains(label.as_str()))
        .filter_map(|(label, id)| {
            let newest = earlier.get(label.as_str())?;
            (newest != id).then(|| format!("{label} is {id}, but the newest is {newest}"))
        })
        .collect();
    let checks = vec![
        Check {
            rule: "no task of an earlier phase is built twice",
            breaches: twice,
        },
        Check {
            rule: "no new task belongs to an earlier phase",
            breaches: early,
        },
        created_in_group(sandbox, output),
        Check {
            rule: "the action task itself is in the group of the push",
            breaches: wrong_group.into_iter().collect(),
        },
        Check {
            rule: "tasks of rebuild_kinds are rebuilt",
            breaches: not_rebuilt,
        },
        Check {
            rule: "tasks in do_not_optimize are created",
            breaches: not_honoured,
        },
        Check {
            rule: "each reused task is the newest with its label",
            breaches: older,
        },
        completed(sandbox, output),
    ];
    PhaseReport {
        notes,
        ..report(sandbox, output, before, checks)
    }
}

/// Returns the phase of a new task that an earlier flavor should have created.
///
/// Tasks without a phase that the push did not create are built for releases only.
fn earlier_phase(
    output: &PhaseOutput,
    expected: &PromotionExpectations,
    label: &str,
) -> Option<Phase> {
    let phase_of = |label: &str| {
        let named = output.full.get(label)?.phase.as_deref();
        named.map_or(Some(Phase::Build), Phase::from_name)
    };
    let of_targets = || {
        output
            .targets
            .iter()
            .filter_map(|label| phase_of(label))
            .max()
    };
    let own = expected.phases.last().copied().or_else(of_targets)?;
    let (phase, task) = (phase_of(label)?, output.full.get(label)?);
    let counts = task.phase.is_some() && expected.flavored.contains(&phase);
    (counts && phase < own && !expected.phases.contains(&phase) && !task.searched).then_some(phase)
}

/// Returns the newest taskId of each label.
fn newest_task_ids(before: &[PhaseOutput]) -> BTreeMap<&str, &str> {
    let all = before.iter().flat_map(|output| &output.label_to_taskid);
    all.map(|(label, id)| (label.as_str(), id.as_str()))
        .collect()
}

fn group_of(sandbox: &Sandbox, output: &PhaseOutput) -> Option<String> {
    let task = sandbox.state().task(output.task_id.as_str())?;
    Some(task.definition["taskGroupId"].as_str()?.to_owned())
}

/// Checks that exactly the tasks that the phase created are in the group of its task.
fn created_in_group(sandbox: &Sandbox, output: &PhaseOutput) -> Check {
    let own = output.task_id.as_str();
    let members: BTreeSet<String> = sandbox
        .state()
        .group_tasks(own)
        .into_iter()
        .map(|task| task.task_id)
        .collect();
    let missing = output
        .created
        .iter()
        .filter(|(id, _)| !members.contains(*id))
        .map(|(id, label)| format!("{label} ({id}) is missing from the group"));
    // The decision task is in its own group; action tasks that were fired on it are, too.
    let foreign = members
        .iter()
        .filter(|id| !output.created.contains_key(*id) && *id != own)
        .map(|id| format!("{id} is in the group but was not planned"));
    Check {
        rule: "every created task is in the group of the task that created it",
        breaches: sorted(missing.chain(foreign)),
    }
}

fn completed(sandbox: &Sandbox, output: &PhaseOutput) -> Check {
    let breaches = output.created.iter().filter_map(|(id, label)| {
        let state = sandbox.state().task(id).map(|task| task.state);
        (state != Some(TaskState::Completed)).then(|| {
            let state = state.map_or("not there", TaskState::name);
            format!("{label} ({id}) is {state}")
        })
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

fn report(
    sandbox: &Sandbox,
    output: &PhaseOutput,
    before: &[PhaseOutput],
    checks: Vec<Check>,
) -> PhaseReport {
    let mut reused: BTreeMap<String, usize> = BTreeMap::new();
    for id in output.label_to_taskid.values() {
        if output.created.contains_key(id) {
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
    for id in output.created.keys() {
        let state = sandbox
            .state()
            .task(id)
            .map_or("missing", |task| task.state.name());
        *states.entry(state.to_owned()).or_default() += 1;
    }
    let mut new: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for label in output.created.values() {
        let kind = output.full.get(label).map(|task| task.kind.clone());
        let labels = new.entry(kind.unwrap_or_default()).or_default();
        labels.insert(label.clone());
    }
    PhaseReport {
        name: output.name.clone(),
        task_id: output.task_id.to_string(),
        in_group: group_of(sandbox, output).unwrap_or_default(),
        task_group: output.task_id.to_string(),
        command: None,
        not_run: Vec::new(),
        created: output.created.len(),
        new,
        reused,
        removed: output.removed.len(),
        states,
        staged: BTreeMap::new(),
        checks,
        notes: Vec::new(),
    }
}
