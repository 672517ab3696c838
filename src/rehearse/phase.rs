//! One decision or action task while it runs, and what it leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::stage::Artifacts;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::config::shipping;
use crate::decision::World;
use crate::ports::artifacts::MemoryArtifacts;
use crate::ports::environment::Environment;
use crate::ports::python::Python;
use crate::sandbox::{ApiError, Sandbox};
use crate::taskcluster::Client;

/// A task that runs in this process instead of on a worker.
pub struct Running<'a> {
    sandbox: &'a Sandbox,
    task_id: TaskId,
    outer: World<'a>,
    environment: Environment,
    client: Client,
    /// The project's Python, in the environment of this task.
    python: Option<Box<dyn Python>>,
    artifacts: MemoryArtifacts,
}

/// A task of the full task graph.
#[derive(Debug, Clone, Default)]
pub struct Possible {
    /// Its kind.
    pub kind: String,
    /// The labels that it depends on.
    pub dependencies: BTreeSet<String>,
    /// Whether a task that the index has does as well.
    pub searched: bool,
    /// What it names as its phase of a release.
    pub phase: Option<String>,
}

/// What a phase left.
#[derive(Debug)]
pub struct Ran {
    /// The name of the phase.
    pub name: String,
    /// The decision or action task.
    pub task_id: TaskId,
    /// `label-to-taskid.json`.
    pub label_to_taskid: BTreeMap<String, String>,
    /// `task-graph.json`: the label of each taskId that was created.
    pub created: BTreeMap<String, String>,
    /// `full-task-graph.json`, by label.
    pub full: BTreeMap<String, Possible>,
    /// `target-tasks.json`.
    pub targets: BTreeSet<String>,
    /// The labels that `optimizations.log` says were removed.
    pub removed: BTreeSet<String>,
    /// Whether the project's own Python made it: a promotion that is built in leaves its provenance.
    pub own_python: bool,
}

impl<'a> Running<'a> {
    /// Creates the task and claims it, as the services around a worker do.
    ///
    /// # Errors
    /// When the queue refuses the task, or the project's Python cannot be loaded.
    pub fn begin(
        sandbox: &'a Sandbox,
        world: World<'a>,
        task_id: &TaskId,
        definition: &Value,
    ) -> Outcome<Self> {
        let refused = |error: ApiError| {
            Diagnostic::user(format!("the sandbox refuses the task {task_id}")).because(error)
        };
        sandbox
            .state()
            .create_task(task_id.as_str(), &definition.clone().into())
            .map_err(refused)?;
        sandbox.state().claim(task_id.as_str()).map_err(refused)?;
        let environment = of_task(world.environment, definition)
            .with("TASK_ID", task_id.as_str())
            .with("RUN_ID", "0")
            .with("TASKCLUSTER_ROOT_URL", &sandbox.root_url())
            .with(
                "TASKCLUSTER_PROXY_URL",
                &sandbox.proxy_url(task_id.as_str()),
            );
        let client = Client::connect(&environment)?;
        let python = world.python.map(|python| python.anew(&environment));
        let python = python
            .transpose()
            .map_err(|failure| failure.diagnostic("`taskgraph.register`"))?;
        Ok(Self {
            sandbox,
            task_id: task_id.clone(),
            outer: world,
            environment,
            client,
            python,
            artifacts: MemoryArtifacts::default(),
        })
    }

    /// The world inside the task.
    pub fn world(&self) -> World<'_> {
        World {
            environment: &self.environment,
            taskcluster: Some(&self.client),
            python: self.python.as_deref(),
            ..self.outer
        }
    }

    /// Where the task's artifacts go.
    pub fn artifacts(&self) -> &MemoryArtifacts {
        &self.artifacts
    }

    /// Uploads the artifacts, resolves the task, and lets workers finish what it created.
    ///
    /// # Errors
    /// What went wrong in the task; then it is reported as failed.
    pub async fn finish(self, name: &str, outcome: Outcome<()>) -> Outcome<Ran> {
        let broken = |error: ApiError| {
            Diagnostic::bug(format!("the sandbox fails in the phase {name}")).because(error)
        };
        let artifacts = self.artifacts.take();
        let state = self.sandbox.state();
        let task_id = self.task_id.as_str();
        for (path, content) in &artifacts {
            let kind = content_type(path);
            let public = format!("public/{path}");
            state
                .put_artifact(task_id, None, &public, kind, content.clone())
                .map_err(broken)?;
        }
        if let Err(diagnostics) = outcome {
            state.report_failed(task_id).map_err(broken)?;
            return Err(diagnostics);
        }
        state.report_completed(task_id).map_err(broken)?;
        state.run_workers_until_idle().await.map_err(broken)?;
        Ok(read(name, self.task_id, &artifacts)?)
    }
}

/// The environment of a task: what its definition sets, unless it is set outside already.
fn of_task(outside: &Environment, definition: &Value) -> Environment {
    let variables = definition["payload"]["env"]
        .as_object()
        .into_iter()
        .flatten();
    variables
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .filter(|(name, _)| outside.get(name).is_none())
        .fold(outside.clone(), |environment, (name, value)| {
            environment.with(name, value)
        })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("json") => "application/json",
        Some("yml") => "application/yaml",
        Some("gz") => "application/gzip",
        _ => "text/plain",
    }
}

/// Reads the artifacts of a phase.
fn read(name: &str, task_id: TaskId, artifacts: &Artifacts) -> Result<Ran, Diagnostic> {
    let json = |file: &str| -> Result<Value, Diagnostic> {
        let text = artifacts
            .get(file)
            .ok_or_else(|| Diagnostic::bug(format!("the phase {name} has left no {file}")))?;
        serde_json::from_slice(text)
            .map_err(|error| Diagnostic::bug(format!("{file} is no JSON")).because(error))
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
    Ok(Ran {
        name: name.to_owned(),
        task_id,
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
                let possible = Possible {
                    kind: text(&task["kind"]),
                    dependencies: strings(&task["dependencies"]),
                    searched: task["optimization"].get("index-search").is_some(),
                    phase: task["attributes"]
                        .as_object()
                        .and_then(|attributes| shipping::named(attributes))
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
