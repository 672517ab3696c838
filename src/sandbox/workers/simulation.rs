//! Simulated runs: they upload the artifacts that the payload declares, and complete.
//!
//! The content of an artifact is a small JSON text with the label, the task id and the artifact's
//! name. Callers can run tasks themselves ([`Simulator`]) or set the outcome of labels and task
//! ids.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::sandbox::artifacts::content::Content;
use crate::sandbox::queue::scheduling::TaskEvent;

/// Called for each change of a task's state.
pub type EventHandler = Arc<dyn Fn(&TaskEvent) + Send + Sync>;

/// Reads an artifact of the latest run of a task: its taskId and name; returns the run and the content.
pub type ReadArtifact<'a> = dyn Fn(&str, &str) -> Option<(usize, Content)> + Sync + 'a;

/// Runs a task instead of the built-in simulation; `None` leaves the task to the latter. Several tasks may run
/// at once.
pub type Simulator = Arc<dyn Fn(&ClaimedRun, &ReadArtifact<'_>) -> Option<RunResult> + Send + Sync>;

/// Makes the content of an artifact that a task declares, by its name; `None` if it is not known.
pub type Maker = Arc<dyn Fn(&ClaimedRun, &str, &ReadArtifact<'_>) -> Option<Vec<u8>> + Send + Sync>;

/// Options for workers.
#[derive(Clone)]
pub struct WorkerOptions {
    /// How long `claimWork` waits if nothing is pending; the real queue waits 20 seconds.
    pub poll: Duration,
    /// Called for each change of a task's state, whatever caused it.
    pub on_event: Option<EventHandler>,
    /// Runs tasks instead of the built-in simulation.
    pub simulator: Option<Simulator>,
    /// Makes the content of artifacts; without it, they are small texts.
    pub maker: Option<Maker>,
}

impl Default for WorkerOptions {
    fn default() -> WorkerOptions {
        WorkerOptions {
            poll: Duration::from_millis(100),
            on_event: None,
            simulator: None,
            maker: None,
        }
    }
}

impl std::fmt::Debug for WorkerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkerOptions")
            .field("poll", &self.poll)
            .finish_non_exhaustive()
    }
}

/// A run that a simulated worker has claimed.
#[derive(Debug, Clone)]
pub struct ClaimedRun {
    /// The task id.
    pub task_id: String,
    /// The run id.
    pub run_id: usize,
    /// The task's label.
    pub label: String,
    /// The task's definition.
    pub definition: Value,
}

/// A task that a simulated worker may claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PendingTask {
    /// The task id.
    pub task_id: String,
    /// The id of its group.
    pub group_id: String,
    /// The task's label.
    pub label: String,
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// The run completes.
    Completed,
    /// The run fails.
    Failed,
    /// The run ends as an exception with this reason, for example `malformed-payload`.
    Exception(String),
}

/// An artifact that a run uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifact {
    /// The artifact's name.
    pub name: String,
    /// The artifact's content.
    pub content: Content,
    /// When it expires, from the payload; by default and at the latest when the task expires.
    pub expires: Option<String>,
}

/// The result of a simulated run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    /// How it ends.
    pub outcome: RunOutcome,
    /// The artifacts it uploads.
    pub artifacts: Vec<NewArtifact>,
}

/// Outcomes set for labels and task ids.
pub(crate) type ForcedOutcomes = BTreeMap<String, RunOutcome>;

/// The number of runs that simulated workers have resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkSummary {
    /// The runs that completed.
    pub completed: usize,
    /// The runs that failed.
    pub failed: usize,
    /// The runs that ended as exceptions.
    pub exceptions: usize,
}

/// The name of the log artifact that each run uploads.
pub const LOG_ARTIFACT: &str = "public/logs/live_backing.log";

/// Simulates a run.
///
/// `make` makes the content of an artifact, unless it is to be a small text.
pub(crate) fn simulate(
    run: &ClaimedRun,
    forced: Option<&RunOutcome>,
    make: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> RunResult {
    let queue = run
        .definition
        .get("taskQueueId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (queue, forced) {
        ("built-in/succeed", None) => {
            return RunResult {
                outcome: RunOutcome::Completed,
                artifacts: Vec::new(),
            };
        }
        ("built-in/fail", None) => {
            return RunResult {
                outcome: RunOutcome::Failed,
                artifacts: Vec::new(),
            };
        }
        _ => {}
    }
    let outcome = forced.cloned().unwrap_or(RunOutcome::Completed);
    let mut artifacts = Vec::new();
    if outcome == RunOutcome::Completed {
        for declared in declared_artifacts(&run.definition) {
            let name = if declared.directory {
                format!(
                    "{}/{}.txt",
                    declared.name.trim_end_matches('/'),
                    file_name(&run.label)
                )
            } else {
                declared.name
            };
            artifacts.push(NewArtifact {
                content: artifact_content(run, &name, make(&name)),
                name,
                expires: declared.expires,
            });
        }
    }
    if !artifacts
        .iter()
        .any(|artifact| artifact.name == LOG_ARTIFACT)
    {
        let content = text_content(log_text(run, &outcome));
        artifacts.push(NewArtifact {
            name: LOG_ARTIFACT.to_owned(),
            content,
            expires: None,
        });
    }
    RunResult { outcome, artifacts }
}

struct DeclaredArtifact {
    name: String,
    directory: bool,
    expires: Option<String>,
}

/// Returns the artifacts that a payload declares: a map for docker-worker, a list for
/// generic-worker.
fn declared_artifacts(definition: &Value) -> Vec<DeclaredArtifact> {
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let declare = |name: Option<String>, value: &Value| {
        let kind = text(value, "type").unwrap_or_default();
        let name: String = name?
            .trim_start_matches('/')
            .chars()
            .map(|c| {
                if c.is_ascii_graphic() || c == ' ' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        (!name.is_empty()).then(|| DeclaredArtifact {
            name,
            directory: kind == "directory",
            expires: text(value, "expires"),
        })
    };
    match definition
        .get("payload")
        .and_then(|payload| payload.get("artifacts"))
    {
        Some(Value::Object(map)) => map
            .iter()
            .filter_map(|(name, value)| declare(Some(name.clone()), value))
            .collect(),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|value| declare(text(value, "name").or_else(|| text(value, "path")), value))
            .collect(),
        _ => Vec::new(),
    }
}

fn file_name(label: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    label.chars().map(plain).collect()
}

fn artifact_content(run: &ClaimedRun, name: &str, made: Option<Vec<u8>>) -> Content {
    let about = json!({
        "sandbox": true,
        "label": run.label,
        "taskId": run.task_id,
        "artifact": name,
    });
    let kind = match name.rsplit('.').next() {
        Some("json") => "application/json",
        Some("txt" | "log" | "md" | "yml" | "yaml") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    };
    let text = || serde_json::to_vec_pretty(&about).unwrap_or_default();
    let bytes = made.unwrap_or_else(text);
    Content {
        bytes: Bytes::from(bytes),
        content_type: kind.to_owned(),
        content_encoding: None,
    }
}

fn text_content(text: String) -> Content {
    Content {
        bytes: Bytes::from(text),
        content_type: "text/plain; charset=utf-8".to_owned(),
        content_encoding: None,
    }
}

fn log_text(run: &ClaimedRun, outcome: &RunOutcome) -> String {
    let payload = run.definition.get("payload");
    let field = |name: &str| payload.and_then(|payload| payload.get(name));
    let mut lines = vec![
        format!(
            "[sandbox] {} ({}, run {})",
            run.label, run.task_id, run.run_id
        ),
        "[sandbox] This run is simulated: nothing below was executed.".to_owned(),
    ];
    for name in ["image", "env", "command", "artifacts", "upstreamArtifacts"] {
        if let Some(value) = field(name) {
            lines.push(format!("[sandbox] {name}: {}", display(value)));
        }
    }
    lines.push(format!(
        "[sandbox] {}",
        match outcome {
            RunOutcome::Completed => "completed".to_owned(),
            RunOutcome::Failed => "failed (outcome set by the caller)".to_owned(),
            RunOutcome::Exception(reason) =>
                format!("exception: {reason} (outcome set by the caller)"),
        }
    ));
    lines.join("\n") + "\n"
}

fn display(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(payload: Value) -> ClaimedRun {
        ClaimedRun {
            task_id: "fN1SbArXTPSVFNUvaOlinQ".to_owned(),
            run_id: 0,
            label: "build-linux/opt".to_owned(),
            definition: json!({"taskQueueId": "a/b", "payload": payload}),
        }
    }

    fn names(result: &RunResult) -> Vec<&str> {
        result
            .artifacts
            .iter()
            .map(|artifact| artifact.name.as_str())
            .collect()
    }

    #[test]
    fn both_forms_of_declarations_are_read() {
        let docker = run(json!({"artifacts": {
            "public/build": {"type": "directory", "path": "/builds/artifacts"},
            "public/target.json": {"type": "file", "path": "/x"},
        }}));
        assert_eq!(
            names(&simulate(&docker, None, &|_| None)),
            [
                "public/build/build-linux-opt.txt",
                "public/target.json",
                LOG_ARTIFACT
            ]
        );
        let generic = run(json!({"artifacts": [
            {"type": "file", "path": "logs/a.txt"},
            {"type": "directory", "path": "out", "name": "public/out"},
        ]}));
        assert_eq!(
            names(&simulate(&generic, None, &|_| None)),
            ["logs/a.txt", "public/out/build-linux-opt.txt", LOG_ARTIFACT]
        );
    }

    #[test]
    fn failing_tasks_upload_only_their_log() {
        let run = run(json!({"artifacts": {"public/a": {"type": "file"}}}));
        let result = simulate(&run, Some(&RunOutcome::Failed), &|_| None);
        assert_eq!(result.outcome, RunOutcome::Failed);
        assert_eq!(names(&result), [LOG_ARTIFACT]);
    }

    #[test]
    fn simulated_content_is_deterministic() {
        let run = run(json!({"artifacts": {"public/a": {"type": "file"}}}));
        assert_eq!(
            simulate(&run, None, &|_| None),
            simulate(&run, None, &|_| None)
        );
    }
}
