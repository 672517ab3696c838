//! Runs release tasks on the sandbox's workers, in this process.
//!
//! Release workers are not there in a rehearsal, so `stage` does the work of their tasks. A task that was
//! staged by the decision runs as it says. One of a release at production level is as production would get it;
//! what `extra.staging` would say about it is found out here, from the tasks that ran before it: the nearest
//! staged ones that it depends on, and all of the earlier phases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
use crate::release::staged::{self, Release, STATE, Staged, partners};
use crate::release::{Recognized, recognize, recognize_as};
use crate::sandbox::{
    ClaimedRun, Content, LOG_ARTIFACT, NewArtifact, ReadArtifact, RunOutcome, RunResult, Sandbox,
    Simulator,
};
use crate::stage::history::Bundle;
use crate::stage::merged::Merged;
use crate::stage::run::run as run_staged;
use crate::stage::source::{Artifact, PastRead, Source, SourceError, StateRead};
use crate::stage::state::{MAX_STATE, State, TaskRun};
use crate::stage::trees::contents::Repository;
use crate::stage::trees::tree::Tree;

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

/// How a staged task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedOutcome {
    /// Its label.
    pub label: String,
    /// Its system.
    pub system: String,
    /// Why it is red.
    pub red: Vec<String>,
}

/// The staged tasks of a rehearsal.
#[derive(Clone, Default)]
pub struct StagedTasks {
    tasks: Arc<Mutex<Tasks>>,
    builds: Builds,
    /// The repository of the project.
    tree: Option<Arc<ProjectTree>>,
    /// Where it was pushed to.
    repository: Option<staged::Repository>,
}

/// The repository of the project, at what is checked out.
type ProjectTree = Repository<WorkingCopy>;

#[derive(Debug, Default)]
struct Tasks {
    /// The outcomes that were not taken yet.
    outcomes: Vec<StagedOutcome>,
    /// The release of the current phase.
    release: Release,
    /// The declared address of the archive.
    archive: Option<String>,
    /// The systems of kinds that the project names.
    kinds: Value,
    /// The partners of the release, by the beginning of the kinds that are for them.
    partners: Value,
    /// The nearest staged tasks at each task that ran: a staged one is its own.
    near: BTreeMap<TaskId, BTreeSet<TaskId>>,
    /// The staged tasks that no other is made on top of.
    last: BTreeSet<TaskId>,
    /// Those when the phase began.
    earlier: BTreeSet<TaskId>,
    /// The staged tasks of the release that have passed.
    passed: Vec<TaskId>,
    /// The task with what a file of the project knows, without what belongs to releases.
    settings: Option<TaskId>,
    /// The task with all that it knows.
    known: Option<TaskId>,
    /// The tasks with the releases of the rehearsal so far, the oldest first.
    releases: Vec<TaskId>,
    /// Those that the release builds on.
    history: Vec<TaskId>,
    /// Whether the release has another version than what is checked out, so that its tree is not there.
    has_other_version: bool,
    /// Earlier releases that were read, as all tasks read the same.
    past: BTreeMap<TaskId, PastRead>,
    /// The tasks that are not staged.
    simulated: BTreeMap<TaskId, Build>,
    /// States that were read, as many tasks read the same.
    states: BTreeMap<TaskId, Arc<State>>,
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
        let passed = self.lock().passed.clone();
        let mut states = BTreeMap::new();
        for id in passed {
            let read = |id: &str, name: &str| {
                let content = sandbox.state().artifact(id, None, name)?;
                Some((0, content))
            };
            let source = Sandboxed {
                read: &read,
                tasks: self,
            };
            let state = source.state(&id).map_err(|error| {
                Diagnostic::bug(format!("cannot read the state of the staged task {id}"))
                    .because(error)
            })?;
            states.insert(id.clone(), state);
        }
        Ok(Bundle::of(&Merged::new(&states), groups, origin))
    }

    /// Takes the outcomes, ordered by label.
    pub fn take(&self) -> Vec<StagedOutcome> {
        let mut taken = std::mem::take(&mut self.lock().outcomes);
        taken.sort_by(|one, other| one.label.cmp(&other.label));
        taken
    }

    /// What simulated builds contain.
    pub fn builds(&self) -> &Builds {
        &self.builds
    }

    /// A simulator that runs staged tasks, and leaves others to the sandbox.
    pub fn simulator(&self) -> Simulator {
        let tasks = self.clone();
        Arc::new(move |claimed, read| {
            let task_id = TaskId::parse(&claimed.task_id).ok()?;
            let definition = own(&claimed.definition)?;
            match tasks.staged(&task_id, &definition) {
                Some(definition) => Some(tasks.simulate(claimed, task_id, &definition, read)),
                None => {
                    tasks.pass_on(task_id, &definition);
                    None
                }
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
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
        tasks.outcomes.push(StagedOutcome {
            label: claimed.label.clone(),
            system: staged
                .as_ref()
                .map(|staged| staged.system.clone())
                .unwrap_or_default(),
            red: done.red,
        });
        if outcome == RunOutcome::Completed {
            tasks.passed.push(task_id.clone());
        }
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

/// Reads from the sandbox.
struct Sandboxed<'r> {
    read: &'r ReadArtifact<'r>,
    tasks: &'r StagedTasks,
}

impl Sandboxed<'_> {
    /// An artifact in a folder that a simulated task uploads as a whole: what would be in there is only known
    /// when somebody asks for it.
    fn in_folder(&self, task: &TaskId, name: &str) -> Option<Arc<[u8]>> {
        let build = self.tasks.lock().simulated.get(task).cloned()?;
        if !build.folders.iter().any(|folder| name.starts_with(folder)) {
            return None;
        }
        self.tasks
            .builds
            .make(&build, name, self.read)
            .map(Arc::from)
    }
}

impl Source for Sandboxed<'_> {
    fn tree(&self) -> Option<&dyn Tree> {
        if self.tasks.lock().has_other_version {
            return None;
        }
        let tree = self.tasks.tree.as_deref()?;
        Some(tree)
    }

    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let (task, name) = (task.clone(), name.to_owned());
        let uploaded = (self.read)(task.as_str(), &name);
        let uploaded = uploaded.map(|(_, content)| Arc::from(content.bytes.as_ref()));
        let Some(content) = uploaded.or_else(|| self.in_folder(&task, &name)) else {
            return Err(SourceError::Missing { task, name });
        };
        if content.len() as u64 > limit {
            return Err(SourceError::TooLarge { task, name, limit });
        }
        Ok(Artifact { content })
    }

    fn state(&self, task: &TaskId) -> StateRead {
        if let Some(known) = self.tasks.lock().states.get(task) {
            return Ok(Arc::clone(known));
        }
        let state = self.artifact(task, STATE, MAX_STATE)?.state_of(task)?;
        let mut tasks = self.tasks.lock();
        tasks.states.insert(task.clone(), Arc::clone(&state));
        Ok(state)
    }

    fn past(&self, task: &TaskId, read: &dyn Fn() -> PastRead) -> PastRead {
        if let Some(known) = self.tasks.lock().past.get(task) {
            return known.clone();
        }
        let past = read();
        let mut tasks = self.tasks.lock();
        tasks.past.insert(task.clone(), past.clone());
        past
    }
}
