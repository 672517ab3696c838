//! Runs the decision and action tasks of a project on a sandbox that serves people.
//!
//! A rehearsal goes through a release by itself. A host does the same steps when a person wants them:
//!
//! 1. [`Host::push`] creates the decision task that `.taskcluster.yml` renders for a push of the checkout.
//! 2. The sandbox's simulated workers leave decision and action tasks to the host. [`Host::run_pending`] checks the
//!    definition of each, as rehearsals do, and runs it in this process.
//! 3. Actions that people trigger on the sandbox's pages become tasks: the host renders the payload of the hook, and
//!    `.taskcluster.yml` with it ([`Host::attach`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::command::Parser;
use super::definition::{Expectations, Findings, check};
use super::environment::without_taskcluster;
use super::push::{self, Push};
use super::staged::{self, StagedTasks};
use super::task_run::ClaimedTask;
use super::{external, template, work};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::text::plural;
use crate::base::time::Timestamp;
use crate::base::value::{Value, json};
use crate::config::graph_config::GraphConfig;
use crate::decision::Context;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::environment::Environment;
use crate::ports::files::Files;
use crate::ports::python::Mode;
use crate::sandbox::{
    ActionHandler, ActionRequest, ActionTask, LOG_ARTIFACT, Sandbox, TaskView, WorkerOptions,
};
use crate::submit::SubmitEvent;
use crate::vcs;

/// How many days ahead deadlines may be, as in Firefox CI.
const DEADLINE_DAYS: u16 = 90;

/// What a person chooses for a host.
pub struct HostOptions {
    /// The address of the repository that is pushed to; by default, as in rehearsals.
    pub repository: Option<String>,
    /// The branch that is pushed to; by default, the main branch.
    pub branch: Option<String>,
    /// How much of the project runs in Python.
    pub python: Mode,
    /// Parses the arguments of commands in tasks.
    pub parser: Parser,
    /// Renders diagnostics for the logs of tasks.
    pub render: fn(&Diagnostics) -> String,
}

/// A project whose decision and action tasks run here.
pub struct Host<'a> {
    context: Context<'a>,
    environment: Environment,
    graph_config: &'a GraphConfig,
    options: HostOptions,
    staged: StagedTasks,
}

/// How a decision or action task ended.
#[derive(Debug)]
pub struct Ended {
    /// Its id.
    pub task_id: String,
    /// Its label.
    pub label: String,
    /// How many tasks it has created.
    pub created: usize,
    /// Why it did not complete, as in its log.
    pub failure: Option<String>,
}

impl<'a> Host<'a> {
    /// A host for a project; its Taskcluster is not used.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn new(
        context: Context<'a>,
        graph_config: &'a GraphConfig,
        options: HostOptions,
    ) -> Outcome<Self> {
        let push = Push::from_repository(context, graph_config, options.repository.as_deref())?;
        let repository = context
            .vcs
            .and_then(|vcs| vcs::discover(vcs.root(), context.environment).ok());
        Ok(Self {
            environment: without_taskcluster(context.environment),
            context: Context {
                taskcluster: None,
                ..context
            },
            graph_config,
            options,
            staged: StagedTasks::new(repository, &push),
        })
    }

    /// The workers for a sandbox that the host is attached to: they run staged tasks.
    #[must_use]
    pub fn workers(&self) -> WorkerOptions {
        let wanted = staged::is_wanted(self.graph_config);
        WorkerOptions {
            simulator: wanted.then(|| self.staged.simulator()),
            maker: wanted.then(|| self.staged.builds().maker()),
            ..WorkerOptions::default()
        }
    }

    /// Attaches the host to a sandbox: grants scopes to the project, keeps its tasks from simulated workers, and
    /// provides the tasks of actions. `files` are those of the project.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn attach(&self, sandbox: &Sandbox, files: Arc<dyn Files>) -> Outcome<()> {
        let scopes = push::granted_scopes();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        sandbox.add_role("repo:*", &scopes);
        sandbox.set_max_deadline_days(DEADLINE_DAYS);
        sandbox.leave_to_caller(Arc::new(|definition| {
            let definition = Value::from(definition.clone());
            is_action(&definition) || is_decision(&definition)
        }));
        sandbox.set_action_handler(action_handler(files, self.read_push()?, sandbox.root_url()));
        Ok(())
    }

    /// The push of what is checked out now.
    fn read_push(&self) -> Outcome<Push> {
        let repository = self.options.repository.as_deref();
        Push::from_repository(self.context, self.graph_config, repository)
    }

    /// Creates the decision task of a push of what is checked out.
    ///
    /// # Errors
    /// When `.taskcluster.yml` has no such task, or the queue refuses it.
    pub async fn push(&self, sandbox: &Sandbox) -> Outcome<TaskId> {
        let mut push = self.read_push()?;
        let (root, clock) = (sandbox.root_url(), self.context.clock);
        let new_id = |name: &str| work::new_id(&root, clock.now(), name);
        let branch = self.options.branch.as_deref();
        let now = clock.now();
        let (task_id, definition) =
            work::decision_task(self.context.files, &mut push, branch, &root, &new_id, now)?;
        external::add_missing(sandbox, &push, &task_id, &definition, now)?;
        ClaimedTask::create_unclaimed(sandbox, &task_id, &definition, &push.scope()).await?;
        Ok(task_id)
    }

    /// Runs the oldest decision or action task that is pending; `None` if there is none.
    ///
    /// # Errors
    /// When the sandbox cannot be used. A task that fails is not an error.
    pub async fn run_pending(&self, sandbox: &Sandbox) -> Outcome<Option<Ended>> {
        let Some(task) = sandbox.state().left_to_caller().into_iter().next() else {
            return Ok(None);
        };
        self.run(sandbox, &task).await.map(Some)
    }

    async fn run(&self, sandbox: &Sandbox, task: &TaskView) -> Outcome<Ended> {
        let task_id = TaskId::parse(&task.task_id).map_err(|error| {
            Diagnostic::bug(format!("{} is not a taskId", task.task_id)).because(error)
        })?;
        let definition = Value::from(task.definition.clone());
        let action = is_action(&definition);
        let claimed = ClaimedTask::claim(sandbox, &task_id, &definition)?;
        let context = Context {
            environment: &self.environment,
            ..self.context
        };
        let push = self.read_push()?;
        let found = check(
            &definition,
            &Expectations {
                push: &push,
                files: self.context.files,
                graph_config: self.graph_config,
                python: self.options.python,
                action,
                accept_unread: false,
                scopes: &claimed.scopes().await?,
                worker_env: &claimed.worker_env(),
                parser: self.options.parser,
            },
        );
        let mut log = log_of_checks(task, &found);
        let ended = |created, failure| Ended {
            task_id: task.task_id.clone(),
            label: task.label.clone(),
            created,
            failure,
        };
        if !found.holds() {
            write_log(sandbox, &task_id, &log)?;
            claimed.reject()?;
            return Ok(ended(0, Some(log)));
        }
        self.begin_phase(&push, &definition)?;
        let created = AtomicUsize::new(0);
        let count = |event: SubmitEvent<'_>| {
            if let SubmitEvent::Created { .. } = event {
                created.fetch_add(1, Ordering::Relaxed);
            }
        };
        let running = claimed.start(context, found.command.as_ref())?;
        let config = self.graph_config;
        let outcome = match action {
            true => work::call_back(&running, config, &task_id, None, &count).await,
            false => {
                let flags = work::decision_flags(context, config, &push, &found, &definition);
                let now = definition["created"].as_str().and_then(Timestamp::parse);
                let now = now.unwrap_or_else(|| context.clock.now());
                work::decide(&running, config, &task_id, flags, now, &count).await
            }
        };
        let created = created.load(Ordering::Relaxed);
        log += &match &outcome {
            Ok(()) => format!("[sandbox] completed: created {}\n", plural(created, "task")),
            Err(wrong) => format!("[sandbox] failed\n{}\n", (self.options.render)(wrong)),
        };
        write_log(sandbox, &task_id, &log)?;
        let failed = outcome.is_err();
        match running.end(found.command.as_ref(), outcome).await {
            Ok((_, breaches)) if breaches.is_empty() => Ok(ended(created, None)),
            Ok((_, breaches)) => Ok(ended(created, Some(breaches.join("\n")))),
            Err(_) if failed => Ok(ended(created, Some(log))),
            Err(wrong) => Err(wrong),
        }
    }

    /// Begins a phase of a release, if the task is that of one.
    fn begin_phase(&self, push: &Push, definition: &Value) -> Outcome<()> {
        let input = &definition["extra"]["action"]["context"]["input"];
        let flavors: Vec<&str> = match &input["release_promotion_flavor"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let name = match (is_action(definition), flavors.is_empty()) {
            (true, true) => return Ok(()),
            (true, false) => flavors.join("+"),
            (false, _) => {
                self.staged.begin_release(false, false);
                "push".to_owned()
            }
        };
        let (files, config) = (self.context.files, self.graph_config);
        let release = staged::release(files, config, &name, input)?;
        self.staged.begin(config, release, &push.head_rev, input);
        Ok(())
    }
}

/// The tags and fields that decision and action tasks have in all projects.
fn is_decision(definition: &Value) -> bool {
    let kind = definition["tags"]["kind"].as_str().unwrap_or_default();
    ["decision-task", "cron-task"].contains(&kind)
        || definition["extra"]["tasks_for"].as_str().is_some()
}

fn is_action(definition: &Value) -> bool {
    definition["tags"]["kind"] == "action-callback"
        || definition["extra"].get("action").is_some()
        || definition["payload"]["env"]
            .get("ACTION_CALLBACK")
            .is_some()
}

/// Makes the tasks of actions, as interfaces and the hooks of the project do.
fn action_handler(files: Arc<dyn Files>, push: Push, root_url: String) -> ActionHandler {
    Arc::new(move |request| {
        let made = action_task(files.as_ref(), &push, &root_url, request);
        made.map_err(|wrong| wrong.to_string())
    })
}

fn action_task(
    files: &dyn Files,
    push: &Push,
    root_url: &str,
    request: &ActionRequest,
) -> Outcome<ActionTask> {
    let now = SystemClock.now();
    let action = Value::from(request.action.clone());
    let mut user = json!({
        "taskGroupId": request.task_group_id,
        "taskId": null,
        "task": null,
        "input": Value::from(request.input.clone()),
    });
    if let Some((id, definition)) = &request.task {
        user["taskId"] = json!(id);
        user["task"] = Value::from(definition.clone());
    }
    let variables = Value::from(request.variables.clone());
    for (name, value) in variables.as_object().into_iter().flatten() {
        user[name.as_str()] = value.clone();
    }
    let name = action["name"].as_str().unwrap_or_default();
    let task_id = work::new_id(root_url, now, name);
    let definition = template::action_task(files, push, &action, &user, &task_id, now)?;
    let creator = template::hook_scope(push, &action, &user)?;
    Ok(ActionTask {
        task_id: task_id.to_string(),
        definition: definition.into(),
        creator,
    })
}

/// The beginning of a log: what was checked before the task ran.
fn log_of_checks(task: &TaskView, found: &Findings) -> String {
    let mut log = format!(
        "[sandbox] {} ({})\n[sandbox] This task runs in the sandbox's own process, with the files of the checkout.\n",
        task.label, task.task_id
    );
    for check in &found.checks {
        let mark = if check.holds() { "passed" } else { "FAILED" };
        log += &format!("[sandbox] {mark}: {}\n", check.rule);
        for breach in &check.breaches {
            log += &format!("[sandbox]     {breach}\n");
        }
    }
    for note in &found.notes {
        log += &format!("[sandbox] note: {note}\n");
    }
    log
}

fn write_log(sandbox: &Sandbox, task_id: &TaskId, log: &str) -> Result<(), Diagnostic> {
    let (id, kind) = (task_id.as_str(), "text/plain; charset=utf-8");
    let written = sandbox
        .state()
        .put_artifact(id, None, LOG_ARTIFACT, kind, log.to_owned());
    written.map_err(|error| {
        Diagnostic::bug(format!("cannot write the log of the task {id}")).because(error)
    })
}
