//! Runs the decision and action tasks of a project on a sandbox that serves people.
//!
//! A rehearsal goes through a release by itself. A host does the same steps when a person wants them:
//!
//! 1. [`Host::push`] creates the decision task that `.taskcluster.yml` renders for a push of the checkout.
//! 2. The sandbox's simulated workers leave decision and action tasks to the host. [`Host::run_pending`] checks the
//!    definition of each, as rehearsals do, and runs it in this process.
//! 3. Actions that people trigger on the sandbox's pages become tasks: the host renders the payload of the hook, and
//!    `.taskcluster.yml` with it ([`Host::attach`]).

mod action;
mod log;
mod runnable;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use self::log::Log;
use self::runnable::{Runnable, tasks_for};
use super::check::Check;
use super::command::Parser;
use super::definition::{Expectations, check};
use super::environment::without_taskcluster;
use super::push::{self, Push, Service};

use super::staged::{self, StagedTasks};
use super::task_run::ClaimedTask;
use super::{external, work};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::name::TaskId;
use crate::base::task_state::TaskState;
use crate::base::text::plural;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::graph_config::GraphConfig;
use crate::decision::Context;
use crate::ports::environment::Environment;
use crate::ports::files::Files;
use crate::ports::python::Mode;
use crate::sandbox::{Sandbox, TaskView, WorkerOptions};
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
    /// What [`Host::push`] has pushed, with its decision task.
    pushed: OnceLock<(TaskId, Push)>,
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
            pushed: OnceLock::new(),
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
        sandbox.leave_to_caller(Arc::new(|definition| Runnable::of(definition).is_some()));
        let handler = action::handler(files, self.read_push()?, sandbox.root_url());
        sandbox.set_action_handler(handler);
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
        // A host pushes once; a second push would leave the first to be compared with the checkout.
        let _ = self.pushed.set((task_id.clone(), push));
        Ok(task_id)
    }

    /// The push that a decision task is for.
    ///
    /// The sandbox's own decision task is compared with what was pushed. Others are made from outside, for what is
    /// checked out when they run.
    fn push_of(&self, task: &TaskView) -> Outcome<Push> {
        let pushed = self.pushed.get();
        if let Some((_, push)) = pushed.filter(|(id, _)| id.as_str() == task.task_id) {
            return Ok(push.clone());
        }
        let mut push = self.read_push()?;
        let named = [Service::GitHub, Service::Mercurial]
            .into_iter()
            .find(|service| Some(service.tasks_for()) == tasks_for(&task.definition));
        let usual = pushed.map(|(_, push)| push.service);
        push.service = named.or(usual).unwrap_or(push.service);
        Ok(push)
    }

    /// Checks that the files are still those that were pushed.
    fn same_checkout(&self, push: &Push) -> Outcome<Check> {
        let now = self.read_push()?.head_rev;
        let breaches = match now == push.head_rev {
            true => Vec::new(),
            false => vec![format!(
                "the checkout is at {now}, but the sandbox has pushed {}; restart the sandbox to push what is \
                 checked out",
                push.head_rev
            )],
        };
        Ok(Check {
            rule: "the checkout is at the revision of the push",
            breaches,
        })
    }

    /// Runs the oldest decision or action task that is pending; `None` if there is none.
    ///
    /// # Errors
    /// When the task cannot even be claimed. A task that fails, for whatever reason, is not an error.
    pub async fn run_pending(&self, sandbox: &Sandbox) -> Outcome<Option<Ended>> {
        let Some(task) = sandbox.state().next_left_to_caller() else {
            return Ok(None);
        };
        let mut log = Log::new(&task);
        let created = AtomicUsize::new(0);
        let failed = match self.run(sandbox, &task, &mut log, &created).await {
            Ok(failed) => failed,
            Err(wrong) => {
                log.failure(&(self.options.render)(&wrong));
                report_failure(sandbox, &task.task_id, &mut log)?;
                true
            }
        };
        Ok(Some(Ended {
            task_id: task.task_id,
            label: task.label,
            created: created.into_inner(),
            failure: failed.then(|| log.into_text()),
        }))
    }

    /// Runs a task, and resolves it. Returns whether it has failed.
    async fn run(
        &self,
        sandbox: &Sandbox,
        task: &TaskView,
        log: &mut Log,
        created: &AtomicUsize,
    ) -> Outcome<bool> {
        let task_id = TaskId::parse(&task.task_id).map_err(|error| {
            Diagnostic::bug(format!("{} is not a taskId", task.task_id)).because(error)
        })?;
        let action = Runnable::of(&task.definition) == Some(Runnable::Action);
        let definition = Value::from(task.definition.clone());
        let push = self.push_of(task)?;
        let claimed = ClaimedTask::claim(sandbox, &task_id, &definition)?;
        let context = Context {
            environment: &self.environment,
            ..self.context
        };
        let mut found = check(
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
        if !action {
            found.checks.push(self.same_checkout(&push)?);
        }
        log.findings(&found);
        if !found.holds() {
            log.write(sandbox, &task.task_id)?;
            claimed.reject()?;
            return Ok(true);
        }
        self.begin_phase(&push, &definition, action)?;
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
        match &outcome {
            Ok(()) => log.note(&format!(
                "created {}",
                plural(created.load(Ordering::Relaxed), "task")
            )),
            Err(wrong) => log.failure(&(self.options.render)(wrong)),
        }
        let published = running.publish(found.command.as_ref()).await?;
        if outcome.is_ok() {
            log.check(&Check {
                rule: "the worker publishes the artifacts of the task",
                breaches: published.breaches().to_vec(),
            });
        }
        let failed = outcome.is_err() || !published.breaches().is_empty();
        if !failed {
            log.note("completed");
        }
        log.write(sandbox, &task.task_id)?;
        // What went wrong in the task is in its log.
        published.resolve(outcome.is_ok())?;
        Ok(failed)
    }

    /// Begins a phase of a release, if the task is that of one.
    fn begin_phase(&self, push: &Push, definition: &Value, action: bool) -> Outcome<()> {
        let input = &definition["extra"]["action"]["context"]["input"];
        let flavors: Vec<&str> = match &input["release_promotion_flavor"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let name = match (action, flavors.is_empty()) {
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

/// Resolves a task that could not be run to its end, with its log.
///
/// # Errors
/// When it cannot be claimed: then it stays pending, and would be tried again forever.
fn report_failure(sandbox: &Sandbox, task_id: &str, log: &mut Log) -> Outcome<()> {
    let state = sandbox.state();
    let state_now = || {
        state
            .task(task_id)
            .map_or(TaskState::Unknown, |task| task.state)
    };
    if state_now() == TaskState::Pending {
        state.claim(task_id).map_err(|error| {
            Diagnostic::bug(format!("cannot claim the task {task_id}")).because(error)
        })?;
    }
    // Somebody may have cancelled it.
    if state_now() != TaskState::Running {
        log.note(&format!("the task is already resolved: {}", state_now()));
        return Ok(());
    }
    let written = log.write(sandbox, task_id);
    let reported = state.report_failed(task_id);
    if let Err(wrong) = written {
        log.note(&wrong.to_string());
    }
    if let Err(error) = reported {
        log.note(&format!("cannot report that the task has failed: {error}"));
    }
    Ok(())
}
