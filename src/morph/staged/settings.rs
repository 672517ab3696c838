//! What a project says about staging in its configuration, and which of its tasks are release tasks.

use std::collections::BTreeMap;

use super::history::history;
use super::index::Namespace;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::{KindName, Label, TaskId};
use crate::base::path::ValuePath;
use crate::base::suggest;
use crate::base::value::{Object, Value};
use crate::base::worker_pool::WorkerPool;
use crate::config::graph_config::GraphConfig;
use crate::config::parameters::Parameters;
use crate::config::release;
use crate::model::id_graph::PlannedTask;
use crate::model::label_graph::LabelGraph;
use crate::ports::environment::Environment;
use crate::release::staged::{Release, Repository};
use crate::release::{Recognized, SYSTEMS, check, check_staged, recognize, recognize_as};

/// The settings of a project.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether release tasks are staged: this is not a decision at release level.
    pub stages: bool,
    /// Whether release tasks are compared with those of production.
    pub compares: bool,
    /// The image of staged tasks; without one, that of the task that creates them.
    image: Option<Value>,
    pub(super) pool: WorkerPool,
    /// The systems of kinds, by the names of both.
    kinds: BTreeMap<String, String>,
    /// The release; each task adds its product.
    pub(super) release: Release,
    /// The tasks that know earlier releases, the oldest first.
    pub(super) history: Vec<TaskId>,
    /// The file of the repository with what is known of earlier releases, on top of these.
    pub history_file: Option<String>,
    /// The index path below which the staged tasks of each release are indexed, if they are, and that of the project.
    index: Option<(String, String)>,
    /// The decision task of the release, and the task that creates the graph, if they are known.
    pub(super) tasks: Option<(TaskId, TaskId)>,
    /// The address of the archive.
    pub(super) archive: Option<String>,
    /// The repository of the push, if tasks can read it.
    pub(super) repository: Option<Repository>,
    /// The partners of the release, by the beginning of the kinds that are for them.
    pub(super) partners: Value,
}

/// What a graph shows that is only looked at, in place of the image of the task that creates it.
const NO_IMAGE: &str = "image of the decision task";

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
    let listed = wrong.keep(history(config)).unwrap_or_default();
    let archive = section.get("archive").and_then(Value::as_str);
    if let Some(address) = archive
        && !["http://", "https://"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
    {
        wrong.push(
            Diagnostic::user(format!(
                "`snowman.staging.archive`: expected an address that begins with https:// or http://, found `{address}`"
            ))
            .at(place("archive")),
        );
    }
    if params.level() == "3" && config.release_branches().is_none() {
        // Every release would be staged, those of production as well.
        wrong.push(
            Diagnostic::user(
                "`snowman.staging` needs `release-branches`: at level 3, it is not known which releases are those of production",
            )
            .at(config.place(&ValuePath::keys(["snowman", "staging"])))
            .help(
                "name the branches of each project in config.yml, or as `snowman.release-branches`, e.g. `release-branches: {my-project: [main]}`",
            ),
        );
    }
    wrong.or_ok(())?;
    Ok(Some(Settings {
        history: listed.tasks,
        history_file: listed.file,
        compares: section.get("compare-production") != Some(&Value::Bool(false)),
        image: section.get("image").cloned(),
        index: index(config, params, section),
        tasks: None,
        archive: archive.map(str::to_owned),
        repository: repository(params),
        partners: params
            .get("release_partner_config")
            .cloned()
            .unwrap_or_default(),
        pool: config.worker_pool(worker, params.level())?,
        kinds,
        stages: !release::is_production(config, params),
        release: Release {
            product: String::new(),
            revision: params.str("head_rev").to_owned(),
            version: params.str("version").to_owned(),
            next_version: params
                .get("next_version")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            build_number: params
                .get("build_number")
                .and_then(Value::as_u64)
                .unwrap_or(1),
        },
    }))
}

/// The index path below which the staged tasks of each release are indexed, and that of the project.
fn index(config: &GraphConfig, params: &Parameters, section: &Object) -> Option<(String, String)> {
    let domain = config.get("trust-domain").and_then(Value::as_str);
    let project = format!("{}.v2.{}", domain.unwrap_or_default(), params.project());
    let path = match section.get("index") {
        Some(Value::String(path)) => path.trim_matches('.').to_owned(),
        Some(Value::Bool(false)) => return None,
        _ => format!("{project}.staging"),
    };
    Some((path, project))
}

/// The repository of the push. Tasks have no key, so they read it over HTTP, or where it is a folder.
fn repository(params: &Parameters) -> Option<Repository> {
    let url = params.str("head_repository");
    let is_open = ["https://", "http://", "file://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    is_open.then(|| Repository {
        tool: params.str("repository_type").to_owned(),
        url: url.to_owned(),
    })
}

impl Settings {
    /// Checks each release task as its worker does.
    ///
    /// # Errors
    /// Everything that workers would refuse.
    pub fn check<'t>(&self, tasks: impl IntoIterator<Item = &'t PlannedTask>) -> Outcome<()> {
        let mut wrong = Diagnostics::new();
        for task in tasks {
            let Some(recognized) = self.recognize(&task.kind, &task.task) else {
                continue;
            };
            let definition = Value::Object(task.task.clone());
            // A task that depends on no other is created with a dependency on the decision task.
            let violations = match self.stages {
                true => check_staged(recognized, &definition, true),
                false => check(recognized, &definition, true),
            };
            for violation in violations {
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

    /// Whether staged tasks have the image of the task that creates them.
    #[must_use]
    pub fn takes_image(&self) -> bool {
        self.stages && self.image.is_none()
    }

    /// The settings with the image of the task that creates the graph, which counts if the project names none.
    #[must_use]
    pub fn with_image(mut self, image: Option<&Value>) -> Self {
        self.image = self.image.or_else(|| image.cloned());
        self
    }

    /// The settings with the task that publishes the history in the project's file, if there is one.
    #[must_use]
    pub fn published_by(mut self, task: Option<&TaskId>) -> Self {
        let task = task.filter(|_| self.history_file.is_some());
        self.history.extend(task.cloned());
        self
    }

    /// The settings with the tasks that this process runs in: the decision task of the release, which an action of its
    /// group knows, and the one that creates the graph.
    #[must_use]
    pub fn in_tasks(mut self, environment: &Environment) -> Self {
        let id = |name: &str| TaskId::parse(environment.filled(name)?).ok();
        self.tasks =
            id("TASK_ID").map(|own| (id("ACTION_TASK_GROUP_ID").unwrap_or(own.clone()), own));
        self
    }

    /// The part of the index that the staged tasks of the release are in, if they are in it.
    pub(super) fn namespace(&self) -> Option<Namespace> {
        let (path, project) = self.index.as_ref()?;
        Some(Namespace::new(path, project, self.tasks.as_ref()))
    }

    /// The image of staged tasks. Where nothing is created, it may not be known.
    pub(super) fn image(&self) -> Value {
        let image = self.image.clone();
        image.unwrap_or_else(|| Value::from(NO_IMAGE))
    }

    /// The system and action of a task of this kind.
    #[must_use]
    pub fn recognize(&self, kind: &KindName, definition: &Object) -> Option<Recognized> {
        let definition = Value::Object(definition.clone());
        match self.kinds.get(kind.as_str()) {
            Some(system) => recognize_as(system, &definition),
            None => recognize(kind.as_str(), &definition),
        }
    }

    /// Whether a definition is that of a staged task, which runs on the worker of these.
    #[must_use]
    pub fn is_staged(&self, definition: &Value) -> bool {
        let is_marked = definition["extra"].get("staging").is_some();
        is_marked && WorkerPool::from_definition(definition).as_ref() == Some(&self.pool)
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
}
