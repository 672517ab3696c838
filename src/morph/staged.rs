//! Stages release tasks: below release level, each does its work in an ordinary task.
//!
//! A task of a release system becomes a docker-worker task with the same label, dependencies, attributes
//! and routes, which runs `snowman stage run`. What it would have been goes along in `extra.staging`
//! ([`Staged`]), together with the staged tasks that come before it:
//!
//! 1. Every task of the graph is looked up in the table of release systems, and checked as its worker would
//!    check it, also at release level.
//! 2. For each task, the nearest staged tasks that it depends on, through any other tasks, are collected.
//!    Those that another of them depends on are left out.
//! 3. The definitions are replaced.
//!
//! Nothing is staged on a decision at release level, or in a project that does not ask for it.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value, json};
use crate::base::worker_pool::WorkerPool;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::config::release;
use crate::model::id_graph::{IdGraph, PlannedTask};
use crate::model::label_graph::LabelGraph;
use crate::release::staged::{Release, Staged};
use crate::release::{Recognized, SYSTEMS, check, recognize, recognize_as};

/// The folder in which a staged task writes its artifacts.
const ARTIFACTS: &str = "/builds/worker/artifacts";

/// The longest time that a staged task may take, in seconds.
const MAX_RUN_TIME: u32 = 7200;

/// The settings of a project.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether release tasks are staged: this is not a decision at release level.
    pub stages: bool,
    image: Value,
    pool: WorkerPool,
    /// The systems of kinds, by the names of both.
    kinds: BTreeMap<String, String>,
    /// The release; each task adds its product.
    release: Release,
}

/// Reads the settings; `None` if the project has none.
///
/// # Errors
/// What is wrong with them.
pub fn settings(config: &GraphConfig, params: &Parameters) -> Outcome<Option<Settings>> {
    let section = config.get("snowman").and_then(|own| own.get("staging"));
    let Some(section) = section.and_then(Value::as_object) else {
        return Ok(None);
    };
    let mut wrong = Diagnostics::new();
    let place = |key: &str| config.place(&ValuePath::keys(["snowman", "staging", key]));
    let worker = section.get("worker-type").and_then(Value::as_str);
    let worker = worker.unwrap_or_default();
    match config.worker_implementation(worker) {
        Ok(("docker-worker", _)) => {}
        Ok((other, _)) => wrong.push(
            Diagnostic::user(format!(
                "`snowman.staging.worker-type`: expected an alias of docker-worker, found `{worker}`, an alias of {other}"
            ))
            .at(place("worker-type")),
        ),
        Err(error) => wrong.push(error.at(place("worker-type"))),
    }
    let kinds = section.get("kinds").and_then(Value::as_object);
    let kinds: BTreeMap<String, String> = kinds
        .into_iter()
        .flatten()
        .map(|(kind, system)| {
            (
                kind.to_string(),
                system.as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    let names = || SYSTEMS.iter().map(|system| system.name);
    for (kind, system) in &kinds {
        if !names().any(|name| name == system) {
            wrong.push(
                Diagnostic::user(format!(
                    "`snowman.staging.kinds.{kind}`: unknown release system `{system}`"
                ))
                .at(place("kinds"))
                .help(suggest::hint(system, names())),
            );
        }
    }
    wrong.or_ok(())?;
    Ok(Some(Settings {
        image: section.get("image").cloned().unwrap_or_default(),
        pool: config.worker_pool(worker, params.level())?,
        kinds,
        stages: release::level(config, params) != "production",
        release: Release {
            product: String::new(),
            version: params.str("version").to_owned(),
            build_number: params
                .get("build_number")
                .and_then(Value::as_u64)
                .unwrap_or(1),
        },
    }))
}

/// Replaces the release tasks of a graph with staged ones.
///
/// `own` is the task that creates the graph, if it is known; `later` says whether earlier graphs exist,
/// whose staged tasks it lists.
///
/// # Errors
/// A circular dependency, which is a bug.
pub fn stage(
    graph: IdGraph,
    settings: &Settings,
    own: Option<&TaskId>,
    later: bool,
) -> Result<IdGraph, Diagnostic> {
    let mut found: BTreeMap<TaskId, Recognized> = BTreeMap::new();
    let mut not_staged: BTreeMap<&str, usize> = BTreeMap::new();
    for task in graph.tasks() {
        match settings.recognize(&task.kind, &task.task) {
            Some(recognized) if recognized.can_be_staged() => {
                found.insert(task.task_id.clone(), recognized);
            }
            Some(recognized) => {
                *not_staged.entry(recognized.system.name).or_default() += 1;
            }
            None => {}
        }
    }
    if !not_staged.is_empty() {
        let systems: Vec<String> = not_staged
            .iter()
            .map(|(system, count)| format!("{count} of {system}"))
            .collect();
        tracing::info!(
            "Release tasks that cannot be staged yet: {}",
            systems.join(", ")
        );
    }
    if found.is_empty() {
        return Ok(graph);
    }
    let mut from = nearest(&graph, &found)?;
    let earlier = own.filter(|_| later);
    let count = found.len();
    let graph = graph.changed(|task| {
        let recognized = found.get(&task.task_id)?;
        let from = from.remove(&task.task_id).unwrap_or_default();
        Some(settings.staged(task, *recognized, from, earlier))
    });
    tracing::info!("Staged {count} release tasks");
    Ok(graph)
}

/// The staged tasks that come before each staged task, reduced.
fn nearest(
    graph: &IdGraph,
    staged: &BTreeMap<TaskId, Recognized>,
) -> Result<BTreeMap<TaskId, Vec<TaskId>>, Diagnostic> {
    let numbers: BTreeMap<&TaskId, usize> = staged.keys().zip(0..).collect();
    let ids: Vec<&TaskId> = staged.keys().collect();
    let dag = graph.dag();
    let order = dag
        .dependencies_first()
        .map_err(|_| Diagnostic::bug("the morphed task graph has a circular dependency"))?;
    // For every task: the nearest staged ones before it, and all staged ones before it.
    let mut near: BTreeMap<&TaskId, BTreeSet<usize>> = BTreeMap::new();
    let mut all: BTreeMap<&TaskId, Bits> = BTreeMap::new();
    let mut reduced = BTreeMap::new();
    for id in order {
        let mut nearest = BTreeSet::new();
        let mut before = Bits::new(ids.len());
        for dependency in dag.dependencies(id) {
            if let Some(bits) = all.get(dependency) {
                before.add_all(bits);
            }
            match numbers.get(dependency) {
                Some(number) => {
                    nearest.insert(*number);
                    before.add(*number);
                }
                None => nearest.extend(near.get(dependency).into_iter().flatten()),
            }
        }
        let mut behind = Bits::new(ids.len());
        for number in &nearest {
            if let Some(bits) = ids.get(*number).and_then(|id| all.get(id)) {
                behind.add_all(bits);
            }
        }
        nearest.retain(|number| !behind.has(*number));
        if numbers.contains_key(id) {
            let kept = nearest.iter().filter_map(|number| ids.get(*number));
            reduced.insert(id.clone(), kept.map(|id| (*id).clone()).collect());
        }
        near.insert(id, nearest);
        all.insert(id, before);
    }
    Ok(reduced)
}

/// A set of small numbers.
struct Bits(Vec<u64>);

impl Bits {
    fn new(size: usize) -> Self {
        Self(vec![0; size.div_ceil(64)])
    }

    fn add(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    fn add_all(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    fn has(&self, number: usize) -> bool {
        let word = self.0.get(number / 64).copied().unwrap_or_default();
        word >> (number % 64) & 1 == 1
    }
}

impl Settings {
    /// Checks each release task as its worker does.
    ///
    /// # Errors
    /// Everything that workers would refuse.
    pub fn check(&self, graph: &IdGraph) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        for task in graph.tasks() {
            let Some(recognized) = self.recognize(&task.kind, &task.task) else {
                continue;
            };
            let definition = Value::Object(task.task.clone());
            // A task that depends on no other is created with a dependency on the decision task.
            for violation in check(recognized, &definition, true) {
                let mut diagnostic = Diagnostic::user(violation.message)
                    .because(format!(
                        "the release worker of {} would refuse the task",
                        recognized.system.name
                    ))
                    .in_kind(&task.kind)
                    .in_task(task.label.as_str())
                    .at(task.provenance.place.clone());
                diagnostic.help = violation.help;
                wrong.push(diagnostic);
            }
        }
        wrong.or_ok(())
    }

    /// The system and action of a task of this kind.
    fn recognize(&self, kind: &KindName, definition: &Object) -> Option<Recognized> {
        let definition = Value::Object(definition.clone());
        match self.kinds.get(kind.as_str()) {
            Some(system) => recognize_as(system, &definition),
            None => recognize(kind.as_str(), &definition),
        }
    }

    /// Those of the existing tasks that are staged, by label.
    ///
    /// `made` are the taskIds of the graph that is created: a task that it builds again is not among them.
    #[must_use]
    pub fn earlier(
        &self,
        existing: &BTreeMap<Label, TaskId>,
        full: &LabelGraph,
        made: &BTreeMap<Label, TaskId>,
    ) -> Value {
        let kept = existing
            .iter()
            .filter(|(label, id)| made.get(*label).is_none_or(|made| made == *id));
        let staged = kept.filter(|(label, _)| {
            let task = full.get(label);
            let recognized = task.and_then(|task| self.recognize(&task.kind, &task.task));
            recognized.is_some_and(|recognized| recognized.can_be_staged())
        });
        let entries = staged.map(|(label, id)| (label.to_string(), Value::from(id.as_str())));
        Value::Object(entries.collect())
    }

    fn staged(
        &self,
        task: &PlannedTask,
        recognized: Recognized,
        from: Vec<TaskId>,
        earlier: Option<&TaskId>,
    ) -> PlannedTask {
        let mut definition = task.task.clone();
        let take =
            |definition: &mut Object, key: &str| definition.shift_remove(key).unwrap_or_default();
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let pool = format!(
            "{}/{}",
            text(take(&mut definition, "provisionerId")),
            text(take(&mut definition, "workerType"))
        );
        let scopes = take(&mut definition, "scopes");
        let scopes = scopes.as_array().into_iter().flatten();
        let action = recognized.action.map(|action| action.name);
        let staged = Staged {
            system: recognized.system.name.to_owned(),
            action: action.filter(|name| !name.is_empty()).map(str::to_owned),
            payload: take(&mut definition, "payload"),
            scopes: scopes
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            pool,
            release: Release {
                product: text(
                    task.attributes
                        .get("shipping_product")
                        .cloned()
                        .unwrap_or_default(),
                ),
                ..self.release.clone()
            },
            from,
            earlier: earlier.cloned(),
        };
        let expires = definition.get("expires").cloned().unwrap_or_default();
        let private = private_artifacts(&staged.payload);
        let mut folders = BTreeSet::from(["public"]);
        if recognized.system.keeps_names {
            folders.extend(private.iter().filter_map(|name| name.split('/').next()));
        }
        let artifacts = folders.into_iter().map(|folder| {
            let path = format!("{ARTIFACTS}/{folder}");
            let artifact = json!({"type": "directory", "path": path, "expires": expires.clone()});
            (folder.to_owned(), artifact)
        });
        let artifacts: Object = artifacts.collect();
        let scopes = private
            .iter()
            .map(|name| Value::from(format!("queue:get-artifact:{name}")));
        let scopes: Value = scopes.collect();
        let payload = json!({
            "image": self.image,
            "command": ["snowman", "stage", "run"],
            "maxRunTime": MAX_RUN_TIME,
            "features": {"taskclusterProxy": true},
            "artifacts": artifacts,
        });
        definition.insert("provisionerId", Value::from(self.pool.provisioner.as_str()));
        definition.insert("workerType", Value::from(self.pool.worker_type.as_str()));
        definition.insert("scopes", scopes);
        definition.insert("payload", payload);
        let mut tags = object(definition.get("tags"));
        tags.insert("worker-implementation", json!("docker-worker"));
        tags.insert("os", json!("linux"));
        definition.insert("tags", Value::Object(tags));
        let mut extra = object(definition.get("extra"));
        extra.insert("staging", staged.to_json());
        definition.insert("extra", Value::Object(extra));
        PlannedTask {
            task: definition,
            ..task.clone()
        }
    }
}

/// The private artifacts that a task reads: those that need a scope.
fn private_artifacts(payload: &Value) -> BTreeSet<String> {
    let upstream = payload["upstreamArtifacts"]
        .as_array()
        .into_iter()
        .flatten();
    let paths = upstream.flat_map(|task| task["paths"].as_array().into_iter().flatten());
    let paths = paths.filter_map(Value::as_str);
    let private = paths.filter(|path| !path.starts_with("public/"));
    private.map(str::to_owned).collect()
}

fn object(value: Option<&Value>) -> Object {
    value
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}
