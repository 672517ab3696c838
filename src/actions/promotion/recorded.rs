//! What the task that made a graph has recorded about it, for explanations.

use std::collections::BTreeMap;

use super::super::existing;
use super::flavor::{Flavor, flavors};
use super::input::strings;
use super::provenance::{self, Provenance, Source};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::{Label, TaskId};
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::ports::taskcluster::Taskcluster;

/// The artifacts that are read, without those of earlier graphs.
pub const ARTIFACTS: [&str; 3] = [
    "label-to-taskid.json",
    "optimizations.log",
    provenance::ARTIFACT,
];

/// What the task that made a graph has recorded about it.
#[derive(Debug, Default)]
pub struct RecordedGraph {
    /// The taskId of each label.
    pub label_to_taskid: BTreeMap<Label, TaskId>,
    /// The log of its optimization.
    pub log: String,
    /// Where the tasks of a promotion came from.
    provenance: Option<Provenance>,
    /// The graphs that a promotion builds on, in order; if several have a label, the last one counts.
    pub previous: Vec<EarlierGraph>,
    /// The kinds that a promotion builds again, if known.
    pub rebuild_kinds: Option<Vec<String>>,
}

/// A graph that a promotion builds on.
#[derive(Debug)]
pub struct EarlierGraph {
    /// Its decision or action task.
    pub id: TaskId,
    /// The taskId of each label, if known.
    pub label_to_taskid: Option<BTreeMap<Label, TaskId>>,
}

impl RecordedGraph {
    /// Reads artifacts of a decision or of a promotion, by name.
    ///
    /// # Errors
    /// Those that are malformed.
    pub fn from_artifacts(artifacts: &BTreeMap<String, Vec<u8>>) -> Outcome<Self> {
        let malformed = |name: &str, error: &dyn std::fmt::Display| {
            Diagnostic::user(format!("{name} is malformed")).because(error)
        };
        let [labels, log, provenance] = ARTIFACTS.map(|name| artifacts.get(name));
        let label_to_taskid = match labels {
            Some(text) => serde_json::from_slice(text)
                .map_err(|error| malformed("label-to-taskid.json", &error))?,
            None => BTreeMap::new(),
        };
        let provenance: Option<Provenance> = match provenance {
            Some(text) => serde_json::from_slice(text)
                .map_err(|error| malformed(provenance::ARTIFACT, &error))?,
            None => None,
        };
        let previous = provenance.iter().flat_map(|known| &known.previous);
        let previous = previous.map(|id| EarlierGraph {
            id: id.clone(),
            label_to_taskid: None,
        });
        Ok(Self {
            label_to_taskid,
            log: log.map_or_else(String::new, |log| String::from_utf8_lossy(log).into_owned()),
            previous: previous.collect(),
            provenance,
            rebuild_kinds: None,
        })
    }

    /// Reads what a decision or action task has recorded, and the earlier graphs that its input names.
    ///
    /// # Errors
    /// Artifacts that are malformed, or Taskcluster does not answer.
    pub async fn fetch(
        taskcluster: &dyn Taskcluster,
        graph_config: &GraphConfig,
        id: &TaskId,
    ) -> Outcome<Self> {
        let mut artifacts = BTreeMap::new();
        for name in ARTIFACTS {
            let path = format!("public/{name}");
            match taskcluster.artifact(id, &path).await {
                Ok(content) => {
                    artifacts.insert(name.to_owned(), content);
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(existing::artifact_error(id, &path, &error).into()),
            }
        }
        let mut recorded = Self::from_artifacts(&artifacts)
            .map_err(|wrong| wrong.map(|one| one.because(format!("an artifact of {id}"))))?;
        if let Some(input) = input(taskcluster, id).await? {
            recorded.rebuild_kinds = Some(rebuild_kinds(graph_config, &input));
            let listed = input["previous_graph_ids"].as_array().into_iter().flatten();
            let listed = listed.filter_map(|id| TaskId::parse(id.as_str()?).ok());
            let listed: Vec<TaskId> = listed.collect();
            if !listed.is_empty() {
                let graph = |id| EarlierGraph {
                    id,
                    label_to_taskid: None,
                };
                recorded.previous = listed.into_iter().map(graph).collect();
            }
        }
        for graph in &mut recorded.previous {
            let labels = existing::label_to_taskid(taskcluster, &graph.id).await;
            match labels {
                Ok(labels) => graph.label_to_taskid = labels,
                Err(wrong) => {
                    for one in wrong.iter() {
                        tracing::warn!(
                            "the earlier graph {} is not compared: {}",
                            graph.id,
                            one.message
                        );
                    }
                }
            }
        }
        Ok(recorded)
    }

    /// Where the task of a label came from, if a promotion has recorded it.
    #[must_use]
    pub fn origin(&self, label: &Label) -> Option<(TaskId, String)> {
        let source: &Source = self.provenance.as_ref()?.tasks.get(label)?;
        Some((source.graph.clone()?, source.revision.clone()?))
    }
}

/// The input of a release promotion; `None` if the task is none.
async fn input(taskcluster: &dyn Taskcluster, id: &TaskId) -> Outcome<Option<Value>> {
    let definition = match taskcluster.task(id).await {
        Ok(definition) => definition,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => {
            return Err(error
                .environment(format!("cannot read the definition of the task {id}"))
                .into());
        }
    };
    // Hooks write it there, too; tasks that are made otherwise may have it only in their environment.
    let context = &definition["extra"]["action"]["context"]["input"];
    let variable = &definition["payload"]["env"]["ACTION_INPUT"];
    let variable: Option<Value> = serde_json::from_str(variable.as_str().unwrap_or_default()).ok();
    let input = match context {
        Value::Null => variable,
        input => Some(input.clone()),
    };
    Ok(input.filter(|input| input["release_promotion_flavor"] != Value::Null))
}

/// The kinds that a promotion with this input builds again: those of the input, or else of its flavors.
fn rebuild_kinds(graph_config: &GraphConfig, input: &Value) -> Vec<String> {
    let named: Vec<&str> = match &input["release_promotion_flavor"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    };
    let flavors = flavors(graph_config).filter(|(name, _)| named.contains(name));
    let flavors: Vec<Flavor<'_>> = flavors
        .map(|(name, config)| Flavor { name, config })
        .collect();
    strings(input, "rebuild_kinds", &flavors, "rebuild-kinds")
}
