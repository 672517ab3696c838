//! The scripts among the artifacts of a decision, from where generic-worker tasks mount them.

use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::ports::artifacts::Artifacts;
use crate::transform::scripts::{self, FETCH_CONTENT, RUN_TASK, RunTask};

/// How many labels a warning lists.
const LISTED: usize = 10;

/// Writes the scripts that there are, and warns of those that tasks of `graph` mount in vain.
///
/// # Errors
/// When one cannot be written.
pub fn write(
    artifacts: &dyn Artifacts,
    run_task: &RunTask,
    graph: &IdGraph,
    deciding: &TaskId,
) -> Result<(), Diagnostic> {
    for name in [RUN_TASK, FETCH_CONTENT] {
        match run_task.script(name) {
            Some(script) => {
                tracing::info!("writing artifact file `{name}`");
                artifacts.write(name, &script.content)?;
            }
            None => {
                if let Some(warning) = missing(name, graph, deciding) {
                    tracing::warn!("{warning}");
                }
            }
        }
    }
    Ok(())
}

/// What is said of a script that is not there, when tasks mount it.
fn missing(name: &str, graph: &IdGraph, deciding: &TaskId) -> Option<String> {
    let url = format!("/task/{deciding}/artifacts/public/{name}");
    let mut labels: Vec<&str> = graph
        .tasks()
        .filter(|task| mounts(task, &url))
        .map(|task| task.label.as_str())
        .collect();
    labels.sort_unstable();
    let more = labels.len().saturating_sub(LISTED);
    labels.truncate(LISTED);
    let listed = labels.join(", ");
    let listed = match more {
        0 => listed,
        more => format!("{listed} and {more} more"),
    };
    (!labels.is_empty()).then(|| {
        format!(
            "there is no artifact `public/{name}`, which these tasks mount: {listed}; {}",
            scripts::HELP
        )
    })
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

    use crate::base::value::json;

    use super::*;
    use crate::base::name::{KindName, Label};
    use crate::model::task::Provenance;
    use crate::ports::artifacts::MemoryArtifacts;

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
    fn tasks_that_mount_what_is_not_there_are_named() {
        let graph = IdGraph::new([
            task("dSvO-TqoQvyZ1IQRkLyqxw", "build-win", "public/run-task"),
            task("a7RW5dAoRGSYpjDgxH0fHA", "build-mac", "public/run-task"),
            task("YcjXoPLrTmqJDmTBu3GSVw", "other", "public/x/run-task"),
        ]);
        let deciding = TaskId::parse(DECISION).unwrap();
        let said = missing(RUN_TASK, &graph, &deciding).unwrap();
        assert!(said.starts_with(
            "there is no artifact `public/run-task`, which these tasks mount: build-mac, build-win; set "
        ));
        assert_eq!(missing(FETCH_CONTENT, &graph, &deciding), None);
        let artifacts = MemoryArtifacts::default();
        write(&artifacts, &RunTask::default(), &graph, &deciding).unwrap();
        assert!(artifacts.take().is_empty());
    }
}
