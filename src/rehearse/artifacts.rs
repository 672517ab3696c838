//! The artifacts that a decision or action task writes.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::Diagnostic;
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::config::{shipping, yaml};

/// What a phase writes: names below `public/`, and contents.
pub type Artifacts = BTreeMap<String, Vec<u8>>;

/// A task of the full task graph.
#[derive(Debug, Clone, Default)]
pub struct FullTask {
    /// Its kind.
    pub kind: String,
    /// The labels that it depends on.
    pub dependencies: BTreeSet<String>,
    /// Whether it is optimized by an index search.
    pub searched: bool,
    /// The release phase that it names.
    pub phase: Option<String>,
}

/// The result of a phase, from its artifacts.
#[derive(Debug)]
pub struct PhaseOutput {
    /// The name of the phase.
    pub name: String,
    /// The decision or action task.
    pub task_id: TaskId,
    /// The version in `parameters.yml`; empty if there is none.
    pub version: String,
    /// `label-to-taskid.json`.
    pub label_to_taskid: BTreeMap<String, String>,
    /// `task-graph.json`: the label of each taskId that was created.
    pub created: BTreeMap<String, String>,
    /// `full-task-graph.json`, by label.
    pub full: BTreeMap<String, FullTask>,
    /// `target-tasks.json`.
    pub targets: BTreeSet<String>,
    /// The labels that `optimizations.log` says were removed.
    pub removed: BTreeSet<String>,
    /// Whether the project's own Python created it: the built-in promotion writes its provenance.
    pub own_python: bool,
}

impl PhaseOutput {
    /// Reads the artifacts of a phase.
    ///
    /// # Errors
    /// When one that every decision writes is missing or malformed.
    pub fn from_artifacts(
        name: &str,
        task_id: TaskId,
        artifacts: &Artifacts,
    ) -> Result<Self, Diagnostic> {
        let json = |file: &str| -> Result<Value, Diagnostic> {
            let text = artifacts
                .get(file)
                .ok_or_else(|| Diagnostic::bug(format!("the phase {name} did not write {file}")))?;
            serde_json::from_slice(text).map_err(|error| {
                Diagnostic::bug(format!("{file} is not valid JSON")).because(error)
            })
        };
        let strings = |value: &Value| -> BTreeSet<String> {
            let items: Vec<&Value> = match value {
                Value::Array(items) => items.iter().collect(),
                Value::Object(map) => map.values().collect(),
                _ => Vec::new(),
            };
            items
                .into_iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let entries = |value: Value| value.as_object().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let log = artifacts
            .get("optimizations.log")
            .map(|log| String::from_utf8_lossy(log));
        let removed = log.iter().flat_map(|log| log.lines()).filter_map(|line| {
            let rest = line.strip_prefix("optimize: ")?;
            let (label, why) = rest.split_once(' ')?;
            why.starts_with("removed ").then(|| label.to_owned())
        });
        let parameters = artifacts.get("parameters.yml");
        let parameters = parameters.and_then(|text| yaml::load("parameters.yml", text).ok());
        let version = parameters.as_ref().map(|read| &read.value["version"]);
        let version = version.and_then(|version| version.as_str());
        let version = version.unwrap_or_default().to_owned();
        Ok(Self {
            name: name.to_owned(),
            task_id,
            version,
            label_to_taskid: entries(json("label-to-taskid.json")?)
                .into_iter()
                .map(|(label, id)| (label.into(), text(&id)))
                .collect(),
            created: entries(json("task-graph.json")?)
                .into_iter()
                .map(|(id, task)| (id.into(), text(&task["label"])))
                .collect(),
            full: entries(json("full-task-graph.json")?)
                .into_iter()
                .map(|(label, task)| {
                    let possible = FullTask {
                        kind: text(&task["kind"]),
                        dependencies: strings(&task["dependencies"]),
                        searched: task["optimization"].get("index-search").is_some(),
                        phase: task["attributes"]
                            .as_object()
                            .and_then(|attributes| shipping::phase_name(attributes))
                            .map(str::to_owned),
                    };
                    (label.into(), possible)
                })
                .collect(),
            targets: strings(&json("target-tasks.json")?),
            removed: removed.collect(),
            own_python: !artifacts.contains_key("provenance.json"),
        })
    }
}
