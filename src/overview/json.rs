//! An overview as JSON. The guide documents its shape.

use super::model::{Fate, Overview, PhaseView, ReleaseView, TaskView};
use super::text::systems;
use crate::base::value::{Value, json};

/// The overview as JSON.
#[must_use]
pub fn json(overview: &Overview) -> Value {
    json!({
        "holds": overview.holds(),
        "notes": overview.notes.clone(),
        "releases": overview.releases.iter().map(release).collect::<Value>(),
    })
}

fn release(release: &ReleaseView) -> Value {
    let systems = systems(release).into_iter().map(|(name, counts)| {
        json!({
            "system": name,
            "tasks": counts.tasks,
            "passed": counts.passed,
            "red": counts.red,
            "noReport": counts.waiting,
        })
    });
    json!({
        "product": release.product,
        "version": release.version,
        "buildNumber": release.build_number,
        "revisions": release.revisions.iter().map(|one| Value::from(one.as_str())).collect::<Value>(),
        "phases": release.phases.iter().map(phase).collect::<Value>(),
        "systems": systems.collect::<Value>(),
        "deferred": release.deferred.clone(),
        "tasks": release.tasks.iter().map(|one| task(one, release)).collect::<Value>(),
    })
}

fn phase(phase: &PhaseView) -> Value {
    let chain = phase.chain.iter();
    let chain = chain.map(|step| json!({"label": step.label, "maxRunTime": step.seconds}));
    let pools = phase.pools.iter();
    let pools = pools
        .map(|(name, pool)| json!({"pool": name, "tasks": pool.tasks, "atOnce": pool.at_once}));
    json!({
        "name": phase.name,
        "taskId": phase.task_id,
        "created": phase.created,
        "rebuilt": phase.rebuilt,
        "reused": phase.reused(),
        "removed": phase.removed,
        "longestChain": chain.collect::<Value>(),
        "pools": pools.collect::<Value>(),
    })
}

fn task(task: &TaskView, release: &ReleaseView) -> Value {
    let events = task.events.iter().map(|event| {
        let fate = match event.fate {
            Fate::Created => "created",
            Fate::Reused(_) => "reused",
            Fate::Removed => "removed",
        };
        let phase = release.phases.get(event.phase);
        json!({
            "phase": phase.map(|phase| phase.name.clone()),
            "result": fate,
            "taskId": Some(&event.task_id).filter(|id| !id.is_empty()),
        })
    });
    let report = task.report.as_ref().map(|report| {
        let checked = report.checked.iter();
        let checked = checked.map(|(what, count)| json!({"what": what, "count": count}));
        json!({
            "checked": checked.collect::<Value>(),
            "wouldHappen": report.would.clone(),
            "notChecked": report.unchecked.clone(),
            "warnings": report.warnings.clone(),
            "problems": report.problems.clone(),
        })
    });
    json!({
        "label": task.label,
        "kind": task.kind,
        "product": task.product,
        "platform": task.platform,
        "locale": task.locale,
        "state": task.state_name(),
        "red": task.is_red(),
        "system": task.system,
        "phases": events.collect::<Value>(),
        "report": report,
    })
}
