//! Runs release tasks on the sandbox's workers, in this process.
//!
//! Release workers are not there in a rehearsal, so `stage` does the work of their tasks. A task that was
//! staged by the decision runs as it says. One of a release at production level is as production would get it;
//! what `extra.staging` would say about it is found out here, from the tasks that ran before it: the nearest
//! staged ones that it depends on, and all of the earlier phases.

mod source;
mod tasks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::source::Sandboxed;
use self::tasks::Edit;
pub use self::tasks::{StagedOutcome, StagedTasks};
use super::made::{Build, Builds};
use super::push::Push;
use super::tree::WorkingCopy;
use crate::actions::proposal::chain;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json;
use crate::base::name::TaskId;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::decision::parameters;
use crate::ports::files::Files;
use crate::ports::vcs::Vcs;
use crate::release::staged::{self, Release, Staged, partners};
use crate::release::{Recognized, recognize, recognize_as};
use crate::sandbox::{
    ClaimedRun, Content, LOG_ARTIFACT, NewArtifact, ReadArtifact, RunOutcome, RunResult, Sandbox,
    Simulator,
};
use crate::stage::history::Bundle;
use crate::stage::merged::Merged;
use crate::stage::run::run as run_staged;
use crate::stage::source::Source;
use crate::stage::state::{State, TaskRun};
use crate::stage::trees::contents::Repository;

/// Whether the project wants its release tasks to be staged.
pub fn is_wanted(config: &GraphConfig) -> bool {
    let settings = config.get("snowman").and_then(|own| own.get("staging"));
    settings.is_some_and(Value::is_object)
}

/// The release that a flavor makes, without its revision.
///
/// # Errors
/// When the version of the project cannot be read.
pub fn release(
    files: &dyn Files,
    config: &GraphConfig,
    name: &str,
    input: &Value,
) -> Outcome<Release> {
    let flavors = config
        .get("release-promotion")
        .and_then(|section| section.get("flavors"));
    let mut products =
        chain(name).filter_map(|flavor| flavors?.get(flavor)?.get("product")?.as_str());
    let given = input["version"].as_str().map(str::to_owned);
    Ok(Release {
        product: products.next().unwrap_or_default().to_owned(),
        version: match given {
            Some(version) => version,
            None => parameters::version(files)?.unwrap_or_default(),
        },
        build_number: input["build_number"].as_u64().unwrap_or(1),
        revision: String::new(),
        next_version: input["next_version"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    })
}

impl StagedTasks {
    /// No tasks yet, in a release of what was pushed from a repository.
    pub fn new(repository: Option<Box<dyn Vcs>>, push: &Push) -> Self {
        let head = push.head_rev.as_str();
        let tool = repository.as_ref().map(|vcs| vcs.tool());
        let tree = repository.map(|vcs| Repository::new(WorkingCopy::new(vcs, head), head));
        Self {
            tree: tree.map(Arc::new),
            repository: tool.map(|tool| staged::Repository {
                tool: tool.name().to_owned(),
                url: push.repository.clone(),
            }),
            ..Self::default()
        }
    }

    /// No tasks yet, in another release of the same project, with the same history.
    pub fn beside(&self, repository: Option<Box<dyn Vcs>>, push: &Push) -> Self {
        let other = Self::new(repository, push);
        let (known, mut tasks) = (self.lock(), other.lock());
        tasks.settings.clone_from(&known.settings);
        tasks.known.clone_from(&known.known);
        tasks.releases.clone_from(&known.releases);
        drop(tasks);
        other
    }

    /// Begins a phase of a release of a revision of a project: everything before counts.
    pub fn begin(&self, config: &GraphConfig, release: Release, revision: &str, input: &Value) {
        let settings = config.get("snowman").and_then(|own| own.get("staging"));
        let archive = settings.and_then(|settings| settings.get("archive")?.as_str());
        let mut tasks = self.lock();
        let revision = revision.to_owned();
        tasks.release = Release {
            revision,
            ..release
        };
        tasks.archive = archive.map(str::to_owned);
        let kinds = settings.and_then(|settings| settings.get("kinds"));
        tasks.kinds = kinds.cloned().unwrap_or_default();
        tasks.partners = input["release_partner_config"].clone();
        tasks.earlier = tasks.last.clone();
    }

    /// Begins a release, which may build on those before it, and may have another version than what is checked out.
    pub fn begin_release(&self, builds_on_others: bool, has_other_version: bool) {
        let mut tasks = self.lock();
        tasks.has_other_version = has_other_version;
        let known = match has_other_version {
            true => &tasks.settings,
            false => &tasks.known,
        };
        let others = tasks.releases.iter().filter(|_| builds_on_others);
        tasks.history = known.iter().chain(others).cloned().collect();
        tasks.passed.clear();
        tasks.last.clear();
        tasks.earlier.clear();
    }

    /// Makes what a file of the project knows history: all of it, and what releases see that are rehearsed first.
    pub fn add_known(&self, settings: Option<TaskId>, known: TaskId) {
        let mut tasks = self.lock();
        tasks.settings = settings;
        tasks.known = Some(known);
    }

    /// Ends a release, which a task has as its artifact now.
    pub fn end_release(&self, task_id: TaskId) {
        self.lock().releases.push(task_id);
    }

    /// The states of the staged tasks of the release that have passed.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn states(&self, sandbox: &Sandbox) -> Result<BTreeMap<TaskId, Arc<State>>, Diagnostic> {
        let mut states = BTreeMap::new();
        for id in self.passed() {
            let read = |id: &str, name: &str| sandbox.state().latest_artifact(id, name);
            let source = Sandboxed {
                read: &read,
                tasks: self,
            };
            let state = source.state(&id).map_err(|error| {
                Diagnostic::bug(format!("cannot read the state of the staged task {id}"))
                    .because(error)
            })?;
            states.insert(id, state);
        }
        Ok(states)
    }

    /// What the release of these task groups has left.
    ///
    /// # Errors
    /// When the state of a task cannot be read.
    pub fn bundle(
        &self,
        sandbox: &Sandbox,
        groups: Vec<TaskId>,
        origin: &str,
    ) -> Result<Bundle, Diagnostic> {
        let states = self.states(sandbox)?;
        Ok(Bundle::of(&Merged::new(&states), groups, origin))
    }

    /// Takes the outcomes, ordered by label.
    pub fn take(&self) -> Vec<StagedOutcome> {
        let mut tasks = self.lock();
        let ids = std::mem::take(&mut tasks.outcomes);
        let taken = ids.iter().filter_map(|id| tasks.outcomes_of.get(id));
        let mut taken: Vec<StagedOutcome> = taken.cloned().collect();
        taken.sort_by(|one, other| one.label.cmp(&other.label));
        taken
    }

    /// What simulated builds contain.
    pub fn builds(&self) -> &Builds {
        &self.builds
    }

    /// The release is that of a decision task.
    pub fn belong_to(&self, decision: &TaskId) {
        self.lock().decision = Some(decision.clone());
    }

    /// A simulator that runs staged tasks, and leaves others to the sandbox.
    pub fn simulator(&self) -> Simulator {
        let tasks = self.clone();
        Arc::new(move |claimed, read| tasks.run(claimed, read))
    }

    /// Runs a staged task; `None` leaves others to the sandbox.
    pub fn run(&self, claimed: &ClaimedRun, read: &ReadArtifact<'_>) -> Option<RunResult> {
        let task_id = TaskId::parse(&claimed.task_id).ok()?;
        let definition = own(&claimed.definition)?;
        match self.staged(&task_id, &definition) {
            Some(mut definition) => {
                let planted = self.lock().planted.get(&task_id).cloned();
                if let Some(Edit(edit)) = planted {
                    edit(&mut definition["extra"]["staging"]);
                }
                Some(self.simulate(claimed, task_id, &definition, read))
            }
            None => {
                self.pass_on(task_id, &definition);
                None
            }
        }
    }

    /// What a staged task does, if a task is one.
    pub fn work_of(&self, task_id: &TaskId, definition: &Value) -> Option<Value> {
        self.staged(task_id, definition)
    }

    /// Changes what a staged task is asked to do, its `extra.staging`.
    pub fn plant(&self, task_id: TaskId, edit: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.lock().planted.insert(task_id, Edit(Arc::new(edit)));
    }

    /// Whether a staged task has run.
    pub fn has_run(&self, task_id: &TaskId) -> bool {
        self.lock().outcomes_of.contains_key(task_id)
    }

    /// The staged tasks of the release that have passed.
    pub fn passed(&self) -> Vec<TaskId> {
        self.lock().passed.iter().cloned().collect()
    }

    /// The nearest staged tasks before a task.
    fn near(&self, definition: &Value) -> BTreeSet<TaskId> {
        let dependencies = definition["dependencies"].as_array().into_iter().flatten();
        let ids = dependencies.filter_map(|id| TaskId::parse(id.as_str()?).ok());
        let tasks = self.lock();
        ids.filter_map(|id| tasks.near.get(&id))
            .flatten()
            .cloned()
            .collect()
    }

    /// Notes a task that is not staged: those after it see what is before it.
    fn pass_on(&self, task_id: TaskId, definition: &Value) {
        let near = self.near(definition);
        let build = Build::new(task_id.as_str(), definition);
        let mut tasks = self.lock();
        tasks.simulated.insert(task_id.clone(), build);
        tasks.near.insert(task_id, near);
    }

    /// The definition of a staged task, with `extra.staging`.
    fn staged(&self, task_id: &TaskId, definition: &Value) -> Option<Value> {
        if definition["extra"].get("staging").is_some() {
            let mut definition = definition.clone();
            // The tasks that the project names as history are on another Taskcluster.
            let history = self.lock().history.clone();
            let ids = history.iter().map(|id| Value::from(id.as_str()));
            definition["extra"]["staging"]["history"] = ids.collect();
            return Some(definition);
        }
        let kind = definition["tags"]["kind"].as_str().unwrap_or_default();
        let recognized = match self.lock().kinds[kind].as_str() {
            Some(system) => recognize_as(system, definition),
            None => recognize(kind, definition),
        };
        let recognized = recognized.filter(Recognized::can_be_staged)?;
        let mut from = self.near(definition);
        from.remove(task_id);
        let tasks = self.lock();
        from.extend(tasks.earlier.iter().cloned());
        let scopes = definition["scopes"].as_array().into_iter().flatten();
        let action = recognized.action.map(|action| action.name);
        let staged = Staged {
            system: recognized.system.name.to_owned(),
            action: action.filter(|name| !name.is_empty()).map(str::to_owned),
            payload: definition["payload"].clone(),
            scopes: scopes
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            pool: definition["taskQueueId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            release: tasks.release.clone(),
            decision: tasks.decision.clone(),
            phase: String::new(),
            from: from.into_iter().collect(),
            earlier: None,
            history: tasks.history.clone(),
            copy_of: None,
            archive: tasks.archive.clone(),
            repository: match recognized.system.reads_repository {
                true => self.repository.clone(),
                false => None,
            },
            partners: partners(recognized.system, &tasks.partners, kind),
        };
        Some(staged.into_definition(definition))
    }

    fn simulate(
        &self,
        claimed: &ClaimedRun,
        task_id: TaskId,
        definition: &Value,
        read: &ReadArtifact<'_>,
    ) -> RunResult {
        let run = TaskRun {
            task_id: task_id.clone(),
            run_id: u32::try_from(claimed.run_id).unwrap_or(u32::MAX),
        };
        let done = run_staged(&run, definition, &Sandboxed { read, tasks: self });
        let log = artifact(
            LOG_ARTIFACT.to_owned(),
            done.log.into_bytes(),
            "text/plain; charset=utf-8",
        );
        let made = done.artifacts.into_iter();
        let made = made.map(|output| artifact(output.name, output.content, output.media_type));
        let artifacts = made.chain([log]).collect();
        let outcome = match done.red.is_empty() {
            true => RunOutcome::Completed,
            false => RunOutcome::Failed,
        };
        let staged = Staged::of_definition(definition);
        let mut tasks = self.lock();
        let system = staged.as_ref().map(|staged| staged.system.clone());
        let result = StagedOutcome {
            label: claimed.label.clone(),
            system: system.unwrap_or_default(),
            red: done.red,
        };
        // What counts of a task is its last run.
        tasks.outcomes_of.insert(task_id.clone(), result);
        tasks.outcomes.insert(task_id.clone());
        match outcome {
            RunOutcome::Completed => tasks.passed.insert(task_id.clone()),
            _ => tasks.passed.remove(&task_id),
        };
        for before in staged.iter().flat_map(|staged| &staged.from) {
            tasks.last.remove(before);
        }
        tasks.last.insert(task_id.clone());
        tasks
            .near
            .insert(task_id.clone(), BTreeSet::from([task_id]));
        RunResult { outcome, artifacts }
    }
}

fn artifact(name: String, content: Vec<u8>, media_type: &str) -> NewArtifact {
    NewArtifact {
        name,
        content: Content {
            bytes: content.into(),
            content_type: media_type.to_owned(),
            content_encoding: None,
        },
        expires: None,
    }
}

/// The definition as the rest of the program has it.
fn own(definition: &serde_json::Value) -> Option<Value> {
    json::read("definition", definition.to_string().as_bytes()).ok()
}
