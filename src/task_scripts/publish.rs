//! Writes the scripts as artifacts of a decision, from where generic-worker tasks mount them.

use std::collections::BTreeSet;

use super::scripts::{FETCH_CONTENT, HELP, RUN_TASK, TaskScripts};
use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::base::text::list_some;
use crate::base::value::{Object, Value};
use crate::ports::artifacts::Artifacts;

/// Writes the scripts that exist, and warns about those that are missing and that tasks mount.
///
/// `tasks` are the labels and definitions of the tasks.
///
/// # Errors
/// If a script cannot be written.
pub fn publish(
    artifacts: &dyn Artifacts,
    scripts: &TaskScripts,
    tasks: &[(&str, &Object)],
    decision_task_id: &TaskId,
) -> Result<(), Diagnostic> {
    let mut missing = Vec::new();
    for name in [RUN_TASK, FETCH_CONTENT] {
        match scripts.script(name) {
            Some(script) => {
                tracing::info!("writing artifact file `{name}`");
                artifacts.write(name, &script.content)?;
            }
            None => missing.push(name),
        }
    }
    if let Some(warning) = warning(&missing, artifacts, tasks, decision_task_id)
        && scripts.is_first_warning()
    {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// The warning about missing scripts that tasks mount.
fn warning(
    missing: &[&str],
    artifacts: &dyn Artifacts,
    tasks: &[(&str, &Object)],
    decision_task_id: &TaskId,
) -> Option<String> {
    let mut mounted: Vec<String> = Vec::new();
    let mut labels = BTreeSet::new();
    for name in missing {
        let url = format!("/task/{decision_task_id}/artifacts/public/{name}");
        let mut mounting = tasks
            .iter()
            .filter(|(_, task)| mounts(task, &url))
            .peekable();
        if mounting.peek().is_some() {
            mounted.push(format!("`{name}`"));
        }
        labels.extend(mounting.map(|(label, _)| *label));
    }
    if mounted.is_empty() {
        return None;
    }
    let mounted = mounted.join(" and ");
    // If a decision keeps its artifacts in memory, its tasks are never really run.
    if !artifacts.in_place() {
        return Some(format!(
            "cannot find {mounted}, needed by real tasks but not by simulated ones"
        ));
    }
    let labels: Vec<&str> = labels.into_iter().collect();
    Some(format!(
        "cannot find {mounted}, mounted by the tasks {}; {}",
        list_some(&labels),
        HELP
    ))
}

fn mounts(task: &Object, url: &str) -> bool {
    let mounts = task.get("payload").and_then(|p| p.get("mounts"));
    let mounts = mounts.and_then(Value::as_array).into_iter().flatten();
    mounts
        .filter_map(|mount| mount.get("content")?.get("url")?.as_str())
        .any(|mounted| mounted.ends_with(url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;
    use crate::ports::artifacts::{ArtifactFolder, MemoryArtifacts};
    use crate::ports::mask::Mask;

    const DECISION: &str = "fN1SbArXTPSVFUUvaOlinQ";

    /// A task that mounts artifacts of the decision task.
    fn task(label: &str, mounted: &[&str]) -> (String, Object) {
        let root = format!("https://tc.example/api/queue/v1/task/{DECISION}/artifacts");
        let mount = |name: &&str| json!({"content": {"url": format!("{root}/{name}")}});
        let mounts: Vec<Value> = mounted.iter().map(mount).collect();
        let definition = json!({"payload": {"mounts": mounts}});
        (label.to_owned(), definition.as_object().cloned().unwrap())
    }

    fn borrowed(tasks: &[(String, Object)]) -> Vec<(&str, &Object)> {
        let tasks = tasks.iter();
        tasks.map(|(label, task)| (label.as_str(), task)).collect()
    }

    #[test]
    fn tasks_that_mount_missing_scripts_are_reported() {
        let tasks = [
            task("build-win", &["public/run-task"]),
            task("build-mac", &["public/run-task"]),
            task("other", &["public/x/run-task"]),
        ];
        let decision = TaskId::parse(DECISION).unwrap();
        let folder = ArtifactFolder::new(std::path::Path::new("/nowhere"), None, Mask::default());
        let warn = |missing: &[&str]| warning(missing, &folder, &borrowed(&tasks), &decision);
        let both = warn(&[RUN_TASK, FETCH_CONTENT]).unwrap();
        assert!(
            both.starts_with(
                "cannot find `run-task`, mounted by the tasks build-mac, build-win; set "
            ),
            "{both}"
        );
        assert_eq!(warn(&[FETCH_CONTENT]), None);
        let artifacts = MemoryArtifacts::default();
        let scripts = TaskScripts::default();
        publish(&artifacts, &scripts, &borrowed(&tasks), &decision).unwrap();
        assert!(artifacts.take().is_empty());
    }

    #[test]
    fn a_long_list_of_tasks_is_shortened() {
        let mounted = ["public/run-task", "public/fetch-content"];
        let tasks: Vec<_> = (0..200)
            .map(|i| task(&format!("build-{i:03}"), &mounted))
            .collect();
        let decision = TaskId::parse(DECISION).unwrap();
        let both = [RUN_TASK, FETCH_CONTENT];
        let folder = ArtifactFolder::new(std::path::Path::new("/nowhere"), None, Mask::default());
        let real = warning(&both, &folder, &borrowed(&tasks), &decision).unwrap();
        let named = "build-000, build-001, build-002 and 197 more";
        assert!(real.contains(named), "{real}");
        let memory = MemoryArtifacts::default();
        let rehearsed = warning(&both, &memory, &borrowed(&tasks), &decision).unwrap();
        assert!(!rehearsed.contains("build-"), "{rehearsed}");
        assert!(rehearsed.len() < 100, "{rehearsed}");
        // The phases of a rehearsal share one process.
        let scripts = TaskScripts::default();
        assert!(scripts.is_first_warning() && !scripts.is_first_warning());
    }
}
