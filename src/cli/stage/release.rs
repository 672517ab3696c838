//! A staged release, from task groups or from the folder of a sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::queue::Queue;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json;
use crate::base::name::TaskId;
use crate::base::task_state::TaskState;
use crate::base::text::plural;
use crate::base::value::Value;
use crate::cli::helper::CommandHelper;
use crate::cli::output::Output;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::taskcluster::Taskcluster;
use crate::sandbox::{self, Sandbox, WorkerOptions};
use crate::stage::history::{self, Bundle, HISTORY};
use crate::stage::merged::Merged;
use crate::stage::report::Report;
use crate::stage::source::{Artifact, NoState, Source, SourceError, read_states};
use crate::stage::state::State;
use crate::taskcluster::Client;

/// The tasks of a release, and where their artifacts are.
pub struct Release {
    tasks: Vec<TaskId>,
    /// The tasks that the history comes from, the oldest first.
    history: Vec<TaskId>,
    /// The task groups that were looked at.
    pub groups: Vec<TaskId>,
    /// Where the artifacts are.
    pub source: Arc<dyn Source + Send>,
    /// The sandbox that has the groups; `None` if they are on Taskcluster.
    pub sandbox: Option<sandbox::State>,
}

/// The tasks that were found.
#[derive(Default)]
struct Tasks {
    tasks: Vec<TaskId>,
    history: Vec<TaskId>,
    known: BTreeSet<TaskId>,
}

impl Tasks {
    /// Adds a task with this `extra` in its definition.
    fn add(&mut self, id: TaskId, extra: &Value) {
        self.tasks.push(id);
        let history = extra["staging"]["history"].as_array();
        let history = history.into_iter().flatten();
        for id in history.filter_map(|id| TaskId::parse(id.as_str()?).ok()) {
            if self.known.insert(id.clone()) {
                self.history.push(id);
            }
        }
    }

    fn of(self, groups: Vec<TaskId>, source: Arc<dyn Source + Send>) -> Release {
        Release {
            tasks: self.tasks,
            history: self.history,
            groups,
            source,
            sandbox: None,
        }
    }
}

impl Release {
    /// Finds the tasks of a release.
    ///
    /// # Errors
    /// When neither a folder nor task groups are named, or they cannot be read.
    pub fn load(
        runtime: &Runtime,
        sources: &[String],
        command: &CommandHelper<'_>,
    ) -> Outcome<Self> {
        match sources {
            [folder] if Path::new(folder).is_dir() => of_folder(runtime, Path::new(folder)),
            groups => of_groups(runtime, groups, command),
        }
    }

    /// What the release looks like, on top of its history.
    ///
    /// # Errors
    /// When a state cannot be read, or there is none.
    pub fn merged(&self, output: &Output) -> Outcome<Merged> {
        let mut states: BTreeMap<TaskId, Arc<State>> = BTreeMap::new();
        let mut wrong = Diagnostics::new();
        for (id, read) in self
            .tasks
            .iter()
            .zip(read_states(&self.tasks, self.source.as_ref()))
        {
            match read {
                Ok(state) => {
                    states.insert(id.clone(), state);
                }
                Err(why) if why.is_missing() => {}
                Err(NoState::Source(error)) => {
                    wrong.push(Diagnostic::environment(error.to_string()));
                }
                Err(why) => wrong.push(Diagnostic::user(why.to_string())),
            }
        }
        let mut report = Report::default();
        let mut all = history::read(&self.history, self.source.as_ref(), &mut report);
        for problem in report.problems {
            wrong.push(Diagnostic::user(problem));
        }
        wrong.or_ok(())?;
        if states.is_empty() {
            return Err(Diagnostic::user(
                "none of these tasks has a state: they are not those of a staged release",
            )
            .help("name the groups of all phases: the decision task and each promotion")
            .into());
        }
        all.replace_with(Merged::new(&states));
        for conflict in &all.conflicts {
            output.warning(&conflict.to_string());
        }
        output.status(&format!(
            "Read the states of {}",
            plural(states.len(), "staged task")
        ));
        Ok(all)
    }
}

/// The sandbox whose state is in a folder.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn sandbox_of(runtime: &Runtime, folder: &Path) -> Outcome<Sandbox> {
    if !folder.join("tasks").is_dir() {
        return Err(Diagnostic::user(format!(
            "{}: the folder contains no state of a sandbox",
            folder.display()
        ))
        .help("keep the state of a rehearsal with `snowman rehearse --folder`")
        .into());
    }
    let options = sandbox::Options {
        address: ([127, 0, 0, 1], 0).into(),
        folder: Some(folder.to_owned()),
        workers: WorkerOptions::default(),
        clock: Arc::new(|| SystemClock.now().moment()),
    };
    runtime.block_on(Sandbox::start(options)).map_err(|error| {
        Diagnostic::environment("cannot read the sandbox")
            .because(error)
            .into()
    })
}

/// The tasks in the folder of a sandbox's state.
fn of_folder(runtime: &Runtime, folder: &Path) -> Outcome<Release> {
    let sandbox = sandbox_of(runtime, folder)?;
    let state = sandbox.state();
    let groups = state.groups();
    let mut tasks = Tasks::default();
    let ids = groups.iter();
    let ids = ids.filter_map(|group| TaskId::parse(&group.group_id).ok());
    let ids: Vec<TaskId> = ids.collect();
    let (history, earlier) = rehearsed(&state);
    for group in groups {
        if earlier.contains(&group.group_id) {
            continue;
        }
        for task in state.group_tasks(&group.group_id) {
            let text = task.definition["extra"].to_string();
            let extra = json::read("extra", text.as_bytes()).unwrap_or_default();
            if let Ok(id) = TaskId::parse(&task.task_id) {
                tasks.add(id, &extra);
            }
        }
    }
    match history.is_empty() {
        // Tasks of another Taskcluster are not read in a rehearsal.
        true => tasks.history.retain(|id| state.task(id.as_str()).is_some()),
        // The release was rehearsed on top of these alone, whatever its definitions list.
        false => tasks.history = history,
    }
    Ok(Release {
        sandbox: Some(state),
        ..tasks.of(ids, Arc::new(Kept(sandbox)))
    })
}

/// The releases that another one was rehearsed on top of, the oldest first: the tasks that have what each has left, and
/// the groups of their own tasks.
fn rehearsed(state: &sandbox::State) -> (Vec<TaskId>, BTreeSet<String>) {
    let mut groups = BTreeSet::new();
    let mut history = Vec::new();
    for group in state.groups() {
        let bundle = state.artifact(&group.group_id, None, HISTORY);
        let Some(bundle) = bundle.and_then(|content| Bundle::read(&content.bytes).ok()) else {
            continue;
        };
        // Such a task is alone in its group. That of a decision has the file of the project.
        let of_group = state.group_tasks(&group.group_id);
        if let ([task], Ok(id)) = (&of_group[..], TaskId::parse(&group.group_id)) {
            groups.extend(bundle.groups.iter().map(ToString::to_string));
            let created = task.definition["created"].as_str().unwrap_or_default();
            history.push((created.to_owned(), id));
        }
    }
    history.sort();
    let history = history.into_iter().map(|(_, id)| id);
    (history.collect(), groups)
}

/// The completed tasks of task groups.
fn of_groups(
    runtime: &Runtime,
    groups: &[String],
    command: &CommandHelper<'_>,
) -> Outcome<Release> {
    let mut wrong = Diagnostics::new();
    let mut ids = Vec::new();
    for group in groups {
        match TaskId::parse(group) {
            Ok(id) if id.is_slugid() => ids.push(id),
            _ => wrong.push(
                Diagnostic::usage(format!(
                    "`{group}` is neither a folder nor the id of a task group"
                ))
                .help(
                    "name the decision task and each action task whose tasks belong to the release",
                ),
            ),
        }
    }
    wrong.or_ok(())?;
    let client = Client::connect(&command.environment)?;
    let mut tasks = Tasks::default();
    for id in &ids {
        let members = runtime.block_on(client.task_group(id)).map_err(|error| {
            Diagnostic::environment(format!("cannot list the tasks of the group {id}"))
                .because(error)
        })?;
        for member in members {
            let extra = &member.definition["extra"];
            if member.state == TaskState::Completed && extra.get("staging").is_some() {
                tasks.add(member.task_id, extra);
            }
        }
    }
    Ok(tasks.of(ids, Arc::new(Queue::new(runtime, client))))
}

/// Artifacts of a sandbox that has ended.
struct Kept(Sandbox);

impl Source for Kept {
    fn artifact(&self, task: &TaskId, name: &str, limit: u64) -> Result<Artifact, SourceError> {
        let content = self.0.state().artifact(task.as_str(), None, name);
        let (task, name) = (task.clone(), name.to_owned());
        match content {
            None => Err(SourceError::Missing { task, name }),
            Some(content) if content.bytes.len() as u64 > limit => {
                Err(SourceError::TooLarge { task, name, limit })
            }
            Some(content) => Ok(Artifact {
                content: Arc::from(content.bytes.as_ref()),
            }),
        }
    }
}
