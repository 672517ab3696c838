//! The scripts that generic-worker tasks mount from the artifacts of a decision.

use std::collections::BTreeSet;

use crate::base::diagnostic::Diagnostic;
use crate::base::listing::first_few;
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::ports::artifacts::Artifacts;
use crate::task_scripts::{self, FETCH_CONTENT, RUN_TASK, RunTask};

/// Writes the available scripts, and logs a warning if tasks mount missing ones.
///
/// # Errors
/// A script cannot be written.
pub fn write(
    artifacts: &dyn Artifacts,
    run_task: &RunTask,
    graph: &IdGraph,
    decision_task_id: &TaskId,
) -> Result<(), Diagnostic> {
    let mut missing = Vec::new();
    for name in [RUN_TASK, FETCH_CONTENT] {
        match run_task.script(name) {
            Some(script) => {
                tracing::info!("writing artifact file `{name}`");
                artifacts.write(name, &script.content)?;
            }
            None => missing.push(name),
        }
    }
    if let Some(warning) = warning(&missing, artifacts, graph, decision_task_id)
        && run_task.is_first_warning()
    {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// Returns the warning about missing scripts that tasks mount.
fn warning(
    missing: &[&str],
    artifacts: &dyn Artifacts,
    graph: &IdGraph,
    decision_task_id: &TaskId,
) -> Option<String> {
    let mut mounted: Vec<String> = Vec::new();
    let mut labels = BTreeSet::new();
    for name in missing {
        let url = format!("/task/{decision_task_id}/artifacts/public/{name}");
        let tasks: Vec<&PlannedTask> = graph.tasks().filter(|task| mounts(task, &url)).collect();
        if !tasks.is_empty() {
            mounted.push(format!("`{name}`"));
        }
        labels.extend(tasks.iter().map(|task| task.label.as_str()));
    }
    if mounted.is_empty() {
        return None;
    }
    let mounted = mounted.join(" and ");
    // If a decision keeps its artifacts in memory, its tasks are never really run.
    if !artifacts.in_place() {
        return Some(format!(
            "cannot find {mounted}; simulated tasks run without them, but real tasks would fail"
        ));
    }
    let labels: Vec<&str> = labels.into_iter().collect();
    Some(format!(
        "tasks mount {mounted}, which this decision does not provide: {}; {}",
        first_few(&labels),
        task_scripts::HELP
    ))
}

fn mounts(task: &PlannedTask, url: &str) -> bool {
    let mounts = task.task.get("payload").and_then(|p| p.get("mounts"));
    let mounts = mounts.and_then(Value::as_array).into_iter().flatten();
    mounts
        .filter_map(|mount| mount.get("content")?.get("url")?.as_str())
        .any(|mounted| mounted.ends_with(url))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::name::{KindName, Label};
    use crate::base::value::json;
    use crate::model::task::Provenance;
    use crate::ports::artifacts::{ArtifactFolder, MemoryArtifacts};
    use crate::ports::mask::Mask;

    const DECISION: &str = "fN1SbArXTPSVFUUvaOlinQ";

    fn task(id: &str, label: &str, mounted: &str) -> PlannedTask {
        let url = format!("https://tc.example/api/queue/v1/task/{DECISION}/artifacts/{mounted}");
        let task = json!({"payload": {"mounts": [{"content": {"url": url}, "file": "./x"}]}});
        PlannedTask {
            task_id: TaskId::parse(id).unwrap(),
            kind: KindName::parse("build").unwrap(),
            label: Label::parse(label).unwrap(),
            description: String::new(),
            attributes: Default::default(),
            task: task.as_object().cloned().unwrap(),
            optimization: Value::Null,
            dependencies: Arc::default(),
            soft_dependencies: Vec::new(),
            if_dependencies: Vec::new(),
            provenance: Arc::new(Provenance { place: None }),
        }
    }

    #[test]
    fn tasks_that_mount_missing_scripts_are_listed() {
        let graph = IdGraph::new([
            task("dSvO-TqoQvyZ1IQRkLyqxw", "build-win", "public/run-task"),
            task("a7RW5dAoRGSYpjDgxH0fHA", "build-mac", "public/run-task"),
            task("YcjXoPLrTmqJDmTBu3GSVw", "other", "public/x/run-task"),
        ]);
        let decision_task_id = TaskId::parse(DECISION).unwrap();
        let folder = ArtifactFolder::new(std::path::Path::new("/nowhere"), None, Mask::default());
        let warning_about = |missing: &[&str]| warning(missing, &folder, &graph, &decision_task_id);
        let both = warning_about(&[RUN_TASK, FETCH_CONTENT]).unwrap();
        assert!(
            both.starts_with(
                "tasks mount `run-task`, which this decision does not provide: build-mac, build-win; set "
            ),
            "{both}"
        );
        assert_eq!(warning_about(&[FETCH_CONTENT]), None);
        let artifacts = MemoryArtifacts::default();
        write(&artifacts, &RunTask::default(), &graph, &decision_task_id).unwrap();
        assert!(artifacts.take().is_empty());
    }

    #[test]
    fn long_lists_of_tasks_are_shortened() {
        let graph = IdGraph::new((0..200u8).map(|i| {
            let id = TaskId::from_uuid_bytes([i; 16]);
            let mut task = task(id.as_str(), &format!("build-{i:03}"), "public/run-task");
            let fetch =
                format!("https://tc.example/task/{DECISION}/artifacts/public/fetch-content");
            let mount = json!({"content": {"url": fetch}, "file": "./y"});
            let mounts = task
                .task
                .get_mut("payload")
                .and_then(|p| p.get_mut("mounts"));
            mounts.and_then(Value::as_array_mut).unwrap().push(mount);
            task
        }));
        let decision_task_id = TaskId::parse(DECISION).unwrap();
        let both = [RUN_TASK, FETCH_CONTENT];
        let folder = ArtifactFolder::new(std::path::Path::new("/nowhere"), None, Mask::default());
        let real = warning(&both, &folder, &graph, &decision_task_id).unwrap();
        let named = "build-000, build-001, build-002 and 197 more";
        assert!(real.contains(named), "{real}");
        let rehearsed = warning(
            &both,
            &MemoryArtifacts::default(),
            &graph,
            &decision_task_id,
        )
        .unwrap();
        assert!(!rehearsed.contains("build-"), "{rehearsed}");
        assert!(rehearsed.len() < 100, "{rehearsed}");
        // The phases of a rehearsal share one process.
        let run_task = RunTask::default();
        assert!(run_task.is_first_warning() && !run_task.is_first_warning());
    }
}
