//! A sandbox with a project, and decision and action tasks that run in this process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde_json::{Value, json};
use snowman::actions::render::actions_json;
use snowman::actions::request::{Request, Runner, read_request};
use snowman::actions::{ACTIONS, callback, existing};
use snowman::base::diagnostic::Outcome;
use snowman::base::name::TaskId;
use snowman::base::time::{Span, Timestamp};
use snowman::base::value::Object;
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::custom::actions::ProjectActions;
use snowman::decision::{self, Context, DecisionOptions};
use snowman::ports::artifacts::MemoryArtifacts;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::sandbox::{Options, Sandbox, TaskView, WorkerOptions};
use snowman::task_scripts::TaskScripts;
use snowman::taskcluster::Client;

use super::project::Project;
use super::ran::{CommandOutput, Ran, Trigger};

pub const REPOSITORY: &str = "https://github.com/example/ci";
const ROLE: &str = "assume:repo:github.com/example/ci";

pub struct Bench {
    pub sandbox: Sandbox,
    pub project: Project,
    clock: Shifted,
    count: AtomicU64,
}

/// A clock that tests move forward.
#[derive(Debug, Clone, Default)]
struct Shifted(Arc<AtomicI64>);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        SystemClock
            .now()
            .plus(Span::seconds(self.0.load(Ordering::SeqCst)))
    }
}

impl Bench {
    pub async fn new(project: Project) -> Self {
        let clock = Shifted::default();
        let hands = clock.clone();
        let sandbox = Sandbox::start(Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(move || hands.now().moment()),
        })
        .await
        .unwrap();
        sandbox.add_role(
            "repo:github.com/example/ci:*",
            &[
                "queue:*",
                "index:*",
                "project:*",
                "in-tree:*",
                "secrets:*",
                "docker-worker:*",
                "generic-worker:*",
                "purge-cache:*",
            ],
        );
        let again: &[&str] = &["assume:repo:github.com/example/ci:branch:*"];
        sandbox.add_role(
            "repo:github.com/example/ci:action:retrigger-decision",
            again,
        );
        Self {
            sandbox,
            project,
            clock,
            count: AtomicU64::new(0),
        }
    }

    /// A bench with the release fixture, on which a decision has run.
    pub async fn with_push() -> (Self, Ran) {
        let bench = Self::new(Project::release()).await;
        let push = bench.push(json!({})).await.fine();
        (bench, push)
    }

    /// Moves the clock of everybody forward.
    pub fn wait(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn new_id(&self) -> TaskId {
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        let mut bytes = [7; 16];
        bytes[..8].copy_from_slice(&count.to_be_bytes());
        TaskId::from_uuid_bytes(bytes)
    }

    /// A definition that the queue takes.
    pub fn definition(&self, group: &TaskId, name: &str, permission: &str) -> Value {
        // The index sorts by expiry, to the millisecond.
        let later = self.count.fetch_add(1, Ordering::SeqCst).cast_signed();
        let at = |seconds: i64| self.clock.now().plus(Span::seconds(seconds)).to_string();
        json!({
            "taskQueueId": "snow-1/decision",
            "schedulerId": "snow-level-1",
            "taskGroupId": group.as_str(),
            "created": at(0),
            "deadline": at(86_400),
            "expires": at(1_000_000 + later),
            "scopes": [format!("{ROLE}:{permission}")],
            "routes": [],
            "payload": {},
            "metadata": {
                "name": name, "description": "Decides", "owner": "dev@example.com",
                "source": REPOSITORY,
            },
            "extra": {},
        })
    }

    /// Creates and claims a task that runs here.
    pub fn begin(&self, task_id: &TaskId, definition: &Value) -> Environment {
        let state = self.sandbox.state();
        state.create_task(task_id.as_str(), definition).unwrap();
        state.claim(task_id.as_str()).unwrap();
        self.environment(task_id)
    }

    /// The environment inside a task.
    pub fn environment(&self, task_id: &TaskId) -> Environment {
        Environment::default()
            .with("TASK_ID", task_id.as_str())
            .with("TASKCLUSTER_ROOT_URL", &self.sandbox.root_url())
            .with(
                "TASKCLUSTER_PROXY_URL",
                &self.sandbox.proxy_url(task_id.as_str()),
            )
    }

    /// Uploads what a task has written and resolves it.
    pub fn end(
        &self,
        task_id: TaskId,
        artifacts: BTreeMap<String, Vec<u8>>,
        outcome: Outcome<()>,
    ) -> Ran {
        let state = self.sandbox.state();
        for (name, content) in &artifacts {
            let name = format!("public/{name}");
            state
                .put_artifact(task_id.as_str(), None, &name, "text/plain", content.clone())
                .unwrap();
        }
        match &outcome {
            Ok(()) => state.report_completed(task_id.as_str()).unwrap(),
            Err(_) => state.report_failed(task_id.as_str()).unwrap(),
        };
        Ran {
            task_id,
            artifacts,
            outcome,
        }
    }

    pub fn parameters(&self, over: Value) -> Object {
        let mut values = json!({
            "base_repository": REPOSITORY, "base_ref": "main", "base_rev": "r0",
            "build_date": 1_700_000_000, "build_number": 1, "do_not_optimize": [],
            "enable_always_target": true, "existing_tasks": {}, "files_changed": [],
            "filters": ["target_tasks_method"], "head_ref": "refs/heads/main",
            "head_repository": REPOSITORY, "head_rev": "r1", "head_tag": "", "level": "1",
            "moz_build_date": "20231114221320", "next_version": null, "optimize_strategies": null,
            "optimize_target_tasks": true, "owner": "dev@example.com", "project": "ci",
            "pushdate": 1_700_000_000, "pushlog_id": "0", "repository_type": "git",
            "target_tasks_method": "default", "tasks_for": "github-push", "version": "1.5.0",
        });
        let values = values.as_object_mut().unwrap();
        values.extend(over.as_object().unwrap().clone());
        values.clone().into()
    }

    /// Runs a decision task for a push with these parameters, and indexes it by its revision.
    pub async fn push(&self, over: Value) -> Ran {
        let params = self.parameters(over);
        let task_id = self.new_id();
        let mut definition = self.definition(&task_id, "Decision Task", "branch:main");
        let revision = params["head_rev"].as_str().unwrap();
        definition["routes"] = json!([format!(
            "index.snow.v2.ci.revision.{revision}.taskgraph.decision"
        )]);
        definition["tags"] = json!({"kind": "decision-task"});
        let level = params["level"].as_str().unwrap();
        definition["schedulerId"] = json!(format!("snow-level-{level}"));
        let environment = self.begin(&task_id, &definition);
        let artifacts = MemoryArtifacts::default();
        let outcome = self
            .decide(&task_id, &environment, params, &artifacts)
            .await;
        self.end(task_id, artifacts.take(), outcome)
    }

    async fn decide(
        &self,
        task_id: &TaskId,
        environment: &Environment,
        params: Object,
        artifacts: &MemoryArtifacts,
    ) -> Outcome<()> {
        let inside = Inside::new(self, environment)?;
        let params = Parameters::new(params, Strictness::Lenient)?;
        let actions_json = actions_json(
            ACTIONS,
            &inside.files,
            &inside.graph_config,
            &params,
            task_id.as_str(),
            &ProjectActions::default(),
        )?;
        let options = DecisionOptions {
            decision_task_id: task_id,
            actions_json,
            artifacts,
            verify: true,
            dry_run: false,
            events: &|_| {},
        };
        decision::run(inside.context(), &inside.graph_config, &params, &options)
            .await
            .map(drop)
    }

    /// Runs an action task that says in its definition what it is called with, as hooks make them.
    pub async fn act(&self, trigger: Trigger) -> Ran {
        let task_id = self.new_id();
        self.act_as(&task_id, &[], trigger).await
    }

    /// The same for a given taskId, with routes by which later actions find it.
    pub async fn act_as(&self, task_id: &TaskId, routes: &[&str], trigger: Trigger) -> Ran {
        let environment = self.begin_action(task_id, routes, trigger);
        self.call_back(task_id, &environment).await
    }

    /// Creates and claims an action task.
    pub fn begin_action(&self, task_id: &TaskId, routes: &[&str], trigger: Trigger) -> Environment {
        let group = trigger.group.clone().unwrap();
        let permission = match snowman::actions::find(trigger.callback) {
            Some(action) => action.permission,
            None => "generic",
        };
        let mut definition = self.definition(&group, "Action", &format!("action:{permission}"));
        definition["routes"] = json!(routes);
        if let Some(decision) = self.sandbox.state().task(group.as_str()) {
            definition["schedulerId"] = decision.definition["schedulerId"].clone();
        }
        definition["extra"]["action"] = json!({
            "name": trigger.callback,
            "cb_name": trigger.callback,
            "context": {
                "taskGroupId": group.as_str(),
                "taskId": trigger.task.as_ref().map(TaskId::as_str),
                "input": trigger.input,
            },
        });
        self.begin(task_id, &definition)
    }

    /// Runs the action of a running task.
    pub async fn call_back(&self, task_id: &TaskId, environment: &Environment) -> Ran {
        let artifacts = MemoryArtifacts::default();
        let outcome = async {
            let inside = Inside::new(self, environment)?;
            let request = read_request(environment, &inside.client, task_id).await?;
            inside.run(task_id, request, &artifacts, true).await
        };
        let outcome = outcome.await;
        self.end(task_id.clone(), artifacts.take(), outcome)
    }

    /// Runs the action of a task once more, as after its worker has vanished, with all scopes.
    pub async fn once_more(&self, task_id: &TaskId) -> (BTreeMap<String, Vec<u8>>, Outcome<()>) {
        let root = self.sandbox.root_credentials();
        let environment = self
            .environment(task_id)
            .without("TASKCLUSTER_PROXY_URL")
            .with("TASKCLUSTER_CLIENT_ID", &root.client_id)
            .with("TASKCLUSTER_ACCESS_TOKEN", &root.access_token);
        let inside = Inside::new(self, &environment).unwrap();
        let request = read_request(&environment, &inside.client, task_id)
            .await
            .unwrap();
        let artifacts = MemoryArtifacts::default();
        let outcome = inside.run(task_id, request, &artifacts, false).await;
        (artifacts.take(), outcome)
    }

    /// What the program does in the project's folder, with these variables and few others.
    ///
    /// The sandbox goes on serving meanwhile.
    pub async fn command(&self, environment: &Environment, args: &[&str]) -> CommandOutput {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_snowman"))
            .args(args)
            .current_dir(self.project.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.project.root())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(environment.iter())
            .output()
            .await
            .unwrap();
        CommandOutput {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The tasks of a group that are neither decision nor action tasks, by label and taskId.
    pub fn tasks(&self, group: &TaskId) -> Vec<TaskView> {
        let mut tasks = self.sandbox.state().group_tasks(group.as_str());
        tasks.retain(|task| task.definition["metadata"]["source"] != REPOSITORY);
        tasks.sort_by(|a, b| (&a.label, &a.task_id).cmp(&(&b.label, &b.task_id)));
        tasks
    }

    /// Their labels.
    pub fn labels(&self, group: &TaskId) -> Vec<String> {
        self.tasks(group)
            .into_iter()
            .map(|task| task.label)
            .collect()
    }

    /// Everything that the queue knows.
    pub fn everything(&self) -> Vec<TaskView> {
        let state = self.sandbox.state();
        let groups = state.groups().into_iter();
        groups
            .flat_map(|group| state.group_tasks(&group.group_id))
            .collect()
    }

    /// Lets workers finish what can be finished.
    pub async fn work(&self) {
        self.sandbox.run_workers_until_idle().await.unwrap();
    }
}

/// The ports and settings inside a task.
pub struct Inside<'a> {
    environment: &'a Environment,
    clock: Shifted,
    pub client: Client,
    pub files: Disk,
    pub graph_config: GraphConfig,
    task_scripts: TaskScripts,
}

impl<'a> Inside<'a> {
    pub fn new(bench: &Bench, environment: &'a Environment) -> Outcome<Self> {
        let files = Disk::new(bench.project.root()).unwrap();
        Ok(Self {
            environment,
            clock: bench.clock.clone(),
            client: Client::connect(environment)?,
            graph_config: GraphConfig::load(&files, "taskcluster")?,
            files,
            task_scripts: TaskScripts::default(),
        })
    }

    pub fn context(&self) -> Context<'_> {
        Context {
            files: &self.files,
            vcs: None,
            environment: self.environment,
            clock: &self.clock,
            taskcluster: Some(&self.client),
            task_scripts: &self.task_scripts,
            python: None,
            cache: None,
            fast: false,
            stop: &snowman::ports::stop::NEVER,
        }
    }

    /// What is wrong with a request that is made for a graph with these parameters.
    pub async fn with_parameters(
        &self,
        own: &TaskId,
        request: Request,
        parameters: Object,
    ) -> String {
        let runner = Runner {
            context: self.context(),
            graph_config: &self.graph_config,
            action_task: own,
            artifacts: &MemoryArtifacts::default(),
            events: &|_| {},
            check_scope: true,
        };
        let outcome = callback::run(runner, request, parameters).await;
        outcome.unwrap_err().to_string()
    }

    async fn run(
        &self,
        own: &TaskId,
        request: Request,
        artifacts: &MemoryArtifacts,
        check_scope: bool,
    ) -> Outcome<()> {
        let group = request.task_group_id.clone().unwrap();
        let parameters = existing::parameters(&self.client, &group).await?;
        let runner = Runner {
            context: self.context(),
            graph_config: &self.graph_config,
            action_task: own,
            artifacts,
            events: &|_| {},
            check_scope,
        };
        callback::run(runner, request, parameters).await
    }
}
