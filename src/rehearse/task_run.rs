//! One decision or action task: created, claimed, run and resolved.

use super::artifacts::{Artifacts, PhaseOutput};
use super::command::Command;
use super::{publish, upload};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::scope::ScopeSet;
use crate::base::value::Value;
use crate::decision::Context;
use crate::ports::artifacts::MemoryArtifacts;
use crate::ports::environment::Environment;
use crate::ports::python::Python;
use crate::ports::taskcluster::{self, Taskcluster};
use crate::sandbox::Sandbox;
use crate::taskcluster::Client;

/// A task that is created and claimed, but not yet started.
pub struct ClaimedTask<'a> {
    sandbox: &'a Sandbox,
    task_id: TaskId,
    run_id: u64,
    definition: Value,
    client: Client,
}

/// A task that runs in this process instead of on a worker.
pub struct RunningTask<'a> {
    claimed: ClaimedTask<'a>,
    outer: Context<'a>,
    environment: Environment,
    /// The project's Python, in the environment of this task.
    python: Option<Box<dyn Python>>,
    artifacts: MemoryArtifacts,
}

/// A task that has published its artifacts, and is not resolved yet.
pub struct PublishedTask<'a> {
    sandbox: &'a Sandbox,
    task_id: TaskId,
    artifacts: Artifacts,
    breaches: Vec<String>,
}

impl PublishedTask<'_> {
    /// Why the worker could not publish artifacts.
    pub fn breaches(&self) -> &[String] {
        &self.breaches
    }

    /// Resolves the task, which has succeeded or not.
    ///
    /// # Errors
    /// When the sandbox refuses that.
    pub fn resolve(&self, succeeded: bool) -> Result<(), Diagnostic> {
        let (state, id) = (self.sandbox.state(), self.task_id.as_str());
        let resolved = match (succeeded, self.breaches.is_empty()) {
            (false, _) => state.report_failed(id),
            (true, false) => state.report_exception(id, MALFORMED),
            (true, true) => state.report_completed(id),
        };
        resolved.map(drop).map_err(|error| {
            Diagnostic::bug("cannot resolve the task in the sandbox").because(error)
        })
    }
}

/// How a phase ended.
#[derive(Debug)]
pub enum FinishedTask {
    /// Its artifacts were published, and workers can run what it created.
    Published(PhaseOutput),
    /// The worker could not publish its artifacts, for these reasons. Nothing that it created runs.
    Unpublished(PhaseOutput, Vec<String>),
}

impl FinishedTask {
    /// What the phase produced.
    pub fn output(&self) -> &PhaseOutput {
        match self {
            Self::Published(output) | Self::Unpublished(output, _) => output,
        }
    }
}

impl<'a> ClaimedTask<'a> {
    /// Creates the task through the queue's API and claims it, as the services around a worker do.
    ///
    /// `creator` is the scope of the service that creates it.
    ///
    /// # Errors
    /// When the queue refuses the task.
    pub async fn create(
        sandbox: &'a Sandbox,
        task_id: &TaskId,
        definition: &Value,
        creator: &str,
    ) -> Outcome<Self> {
        Self::create_unclaimed(sandbox, task_id, definition, creator).await?;
        Self::claim(sandbox, task_id, definition)
    }

    /// Creates the task through the queue's API.
    ///
    /// # Errors
    /// When the queue refuses the task.
    pub async fn create_unclaimed(
        sandbox: &Sandbox,
        task_id: &TaskId,
        definition: &Value,
        creator: &str,
    ) -> Outcome<()> {
        sandbox.add_client(CREATOR, CREATOR, &[creator]);
        let creating = Environment::default()
            .with("TASKCLUSTER_ROOT_URL", &sandbox.root_url())
            .with("TASKCLUSTER_CLIENT_ID", CREATOR)
            .with("TASKCLUSTER_ACCESS_TOKEN", CREATOR);
        let created = Client::connect(&creating)?
            .create_task(task_id, definition)
            .await;
        created.map_err(|error| create_error(task_id, creator, &error))?;
        Ok(())
    }

    /// Claims a task that exists, as its worker does.
    ///
    /// # Errors
    /// When the queue refuses that.
    pub fn claim(sandbox: &'a Sandbox, task_id: &TaskId, definition: &Value) -> Outcome<Self> {
        let claim = sandbox.state().claim(task_id.as_str()).map_err(|error| {
            Diagnostic::bug(format!("cannot claim the task {task_id}")).because(error)
        })?;
        let run_id = claim.get("runId").and_then(|id| id.as_u64());
        let run_id = run_id.unwrap_or_default();
        let environment = worker_env(sandbox, task_id, run_id)
            .into_iter()
            .fold(Environment::default(), |environment, (name, value)| {
                environment.with(name, &value)
            });
        Ok(Self {
            sandbox,
            task_id: task_id.clone(),
            run_id,
            definition: definition.clone(),
            client: Client::connect(&environment)?,
        })
    }

    /// The variables that the worker sets.
    pub fn worker_env(&self) -> Vec<(&'static str, String)> {
        worker_env(self.sandbox, &self.task_id, self.run_id)
    }

    /// The scopes of the task, with all that roles grant.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn scopes(&self) -> Outcome<ScopeSet> {
        let scopes = self.client.current_scopes().await;
        scopes.map_err(|error| {
            Diagnostic::bug("cannot read the scopes of a task from the sandbox")
                .because(error)
                .into()
        })
    }

    /// Resolves the task as one whose definition the worker refuses.
    ///
    /// # Errors
    /// When the sandbox refuses that.
    pub fn reject(self) -> Outcome<()> {
        self.sandbox
            .state()
            .report_exception(self.task_id.as_str(), MALFORMED)
            .map_err(|error| {
                Diagnostic::bug("cannot resolve the task in the sandbox").because(error)
            })?;
        Ok(())
    }

    /// Starts the task in the surrounding environment, with the variables that its command sets.
    ///
    /// # Errors
    /// When the project's Python cannot be loaded.
    pub fn start(self, outer: Context<'a>, command: Option<&Command>) -> Outcome<RunningTask<'a>> {
        let environment = task_environment(outer.environment, &self.definition, command);
        let environment = self
            .worker_env()
            .into_iter()
            .fold(environment, |environment, (name, value)| {
                environment.with(name, &value)
            });
        let python = outer
            .python
            .map(|python| python.with_environment(&environment));
        let python = python
            .transpose()
            .map_err(|failure| failure.diagnostic("`taskgraph.register`"))?;
        Ok(RunningTask {
            claimed: self,
            outer,
            environment,
            python,
            artifacts: MemoryArtifacts::default(),
        })
    }
}

/// The client that creates decision and action tasks.
const CREATOR: &str = "rehearsal";

/// Why a decision or action task could not be created.
fn create_error(task_id: &TaskId, creator: &str, error: &taskcluster::ApiError) -> Diagnostic {
    let message = format!("the queue rejected the task {task_id}");
    match error.status {
        Some(403) => Diagnostic::user(message).because(error).help(format!(
            "remove the scopes that `{creator}` does not grant: the task is created with this role"
        )),
        Some(400..500) => Diagnostic::user(message).because(error),
        _ => Diagnostic::environment(message).because(error),
    }
}

/// The reason of an exception for a payload that the worker refuses.
const MALFORMED: &str = "malformed-payload";

impl<'a> RunningTask<'a> {
    /// The ports and settings inside the task.
    pub fn context(&self) -> Context<'_> {
        Context {
            environment: &self.environment,
            taskcluster: Some(&self.claimed.client),
            python: self.python.as_deref(),
            ..self.outer
        }
    }

    /// Where the task's artifacts go.
    pub fn artifacts(&self) -> &MemoryArtifacts {
        &self.artifacts
    }

    /// Publishes the artifacts as the definition says; the task still runs.
    ///
    /// # Errors
    /// When the sandbox cannot be reached.
    pub async fn publish(self, command: Option<&Command>) -> Outcome<PublishedTask<'a>> {
        let ClaimedTask {
            sandbox,
            task_id,
            run_id,
            definition,
            ..
        } = self.claimed;
        let artifacts = self.artifacts.take();
        let (uploads, mut breaches) = publish::plan_uploads(&definition, command, &artifacts);
        let proxy = sandbox.proxy_url(task_id.as_str());
        let refused = upload::upload_all(&proxy, &task_id, run_id, uploads).await?;
        let refused = refused.into_iter();
        breaches.extend(refused.map(|answer| format!("the queue rejected an artifact: {answer}")));
        Ok(PublishedTask {
            sandbox,
            task_id,
            artifacts,
            breaches,
        })
    }

    /// Publishes the artifacts, and resolves the task. Returns the artifacts, and why its worker could not publish
    /// them, if it could not.
    ///
    /// # Errors
    /// What went wrong in the task; then it is reported as failed.
    pub async fn end(
        self,
        command: Option<&Command>,
        outcome: Outcome<()>,
    ) -> Outcome<(Artifacts, Vec<String>)> {
        let published = self.publish(command).await?;
        published.resolve(outcome.is_ok())?;
        outcome.map(|()| (published.artifacts, published.breaches))
    }

    /// Ends the task ([`Self::end`]), and reads what it has published.
    ///
    /// # Errors
    /// What went wrong in the task; then it is reported as failed.
    pub async fn finish(
        self,
        name: &str,
        command: Option<&Command>,
        outcome: Outcome<()>,
    ) -> Outcome<FinishedTask> {
        let task_id = self.claimed.task_id.clone();
        let (artifacts, breaches) = self.end(command, outcome).await?;
        let output = PhaseOutput::from_artifacts(name, task_id, &artifacts)?;
        Ok(match breaches.is_empty() {
            true => FinishedTask::Published(output),
            false => FinishedTask::Unpublished(output, breaches),
        })
    }
}

/// The variables that a worker sets in each task with a proxy.
fn worker_env(sandbox: &Sandbox, task_id: &TaskId, run_id: u64) -> Vec<(&'static str, String)> {
    vec![
        ("TASK_ID", task_id.to_string()),
        ("RUN_ID", run_id.to_string()),
        ("TASKCLUSTER_ROOT_URL", sandbox.root_url()),
        ("TASKCLUSTER_PROXY_URL", sandbox.proxy_url(task_id.as_str())),
    ]
}

/// The environment of a task: what its definition sets, unless it is already set outside, and what
/// its command sets.
fn task_environment(
    outside: &Environment,
    definition: &Value,
    command: Option<&Command>,
) -> Environment {
    let declared = &definition["payload"]["env"];
    let variables = declared.as_object().into_iter().flatten();
    let environment = variables
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .filter(|(name, _)| outside.get(name).is_none())
        // The command may have unset it.
        .filter(|(name, _)| {
            command.is_none_or(|command| command.variables.contains_key(name.as_str()))
        })
        .fold(outside.clone(), |environment, (name, value)| {
            environment.with(name, value)
        });
    // Folders of the worker do not exist on this machine.
    let of_worker = |name: &str, value: &str| {
        ["HOME", "PATH", "PWD", "TASK_WORKDIR"].contains(&name)
            || command.is_some_and(|command| value == command.checkout.folder)
    };
    let own = command.into_iter().flat_map(|command| &command.variables);
    own.filter(|(name, value)| declared[name].as_str() != Some(value.as_str()))
        .filter(|(name, value)| !of_worker(name, value))
        .fold(environment, |environment, (name, value)| {
            environment.with(name, value)
        })
}
