//! The stage of a rehearsal: the sandbox, the push, and the graphs so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::value::json;
use sha2::{Digest, Sha256};

use super::phase::{Ran, Running};
use super::push::Push;
use super::template;
use super::{Event, Events, Options, PhaseReport, chain, checks};
use crate::actions::callback::{self, Runner};
use crate::actions::custom::offered;
use crate::actions::render::{TASKCLUSTER_YML, actions_json};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::repo_url::parse_repository_url;
use crate::base::time::{Span, Timestamp};
use crate::base::value::{Object, Value};
use crate::config::graph_config::GraphConfig;
use crate::decision::flags::DecisionFlags;
use crate::decision::{self, Decision, World, parameters};
use crate::ports::clock::{Clock, SystemClock};
use crate::sandbox::{self, Sandbox, WorkerOptions};

/// How many days ahead deadlines may be: as many as Firefox CI takes.
const DEADLINE_DAYS: u16 = 90;

/// Everything that a rehearsal goes on with.
pub struct Stage<'a> {
    /// The project.
    pub world: World<'a>,
    graph_config: &'a GraphConfig,
    sandbox: Sandbox,
    push: Push,
    options: &'a Options,
    events: Events,
    /// What each phase left, in order.
    ran: Vec<Ran>,
}

impl<'a> Stage<'a> {
    /// Starts the sandbox.
    ///
    /// # Errors
    /// When it cannot be started, or the repository cannot be asked.
    pub async fn start(
        world: World<'a>,
        graph_config: &'a GraphConfig,
        options: &'a Options,
        events: Events,
    ) -> Outcome<Self> {
        let push = push_of(world, graph_config)?;
        let heard = Arc::clone(&events);
        let progress = move |event: &sandbox::Event| {
            if matches!(event.state.name(), "completed" | "failed" | "exception") {
                heard(Event::Resolved {
                    label: event.label.clone(),
                    state: event.state.name().to_owned(),
                });
            }
        };
        let workers = WorkerOptions {
            progress: Some(Arc::new(progress)),
            ..WorkerOptions::default()
        };
        let sandbox = Sandbox::start(sandbox::Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: options.folder.clone(),
            workers,
            clock: Arc::new(|| SystemClock.now().moment()),
        })
        .await
        .map_err(|error| Diagnostic::environment("the sandbox cannot be started").because(error))?;
        let scopes = project_scopes();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        sandbox.add_role("repo:*", &scopes);
        sandbox.take_deadlines(DEADLINE_DAYS);
        events(Event::Started {
            root_url: sandbox.root_url(),
        });
        Ok(Self {
            world,
            graph_config,
            sandbox,
            push,
            options,
            events,
            ran: Vec::new(),
        })
    }

    /// The decision and action tasks so far.
    pub fn graphs(&self) -> Vec<TaskId> {
        self.ran.iter().map(|ran| ran.task_id.clone()).collect()
    }

    /// What each phase left, in order.
    pub fn ran(&self) -> &[Ran] {
        &self.ran
    }

    /// The sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The configuration of a flavor.
    pub fn flavor(&self, name: &str) -> Option<&Object> {
        self.graph_config
            .get("release-promotion")?
            .get("flavors")?
            .get(name)?
            .as_object()
    }

    /// Ends the sandbox.
    pub async fn stop(self) {
        self.sandbox.stop().await;
    }

    /// Puts a completed task at a path of the index, in place of one that another project has built.
    ///
    /// # Errors
    /// When the path cannot be one.
    pub fn index(&self, path: &str) -> Outcome<()> {
        let task_id = self.new_id(path);
        let now = self.world.clock.now();
        let definition = json!({
            "taskGroupId": task_id.as_str(),
            "provisionerId": "rehearsal",
            "workerType": "elsewhere",
            "created": now.to_string(),
            "deadline": now.plus(Span::seconds(24 * 60 * 60)).to_string(),
            "routes": [format!("index.{path}")],
            "payload": {},
            "metadata": {
                "name": path,
                "description": "Stands for a task of another project",
                "owner": self.push.owner,
                "source": self.push.repository,
            },
        });
        let state = self.sandbox.state();
        let id = task_id.as_str();
        state
            .create_task(id, &definition.into())
            .and_then(|_| state.claim(id))
            .and_then(|_| state.report_completed(id))
            .map_err(|error| {
                Diagnostic::user(format!("the index takes no task at {path}")).because(error)
            })?;
        Ok(())
    }

    /// Pushes: the decision task.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn push(&mut self) -> Outcome<PhaseReport> {
        (self.events)(Event::Phase {
            name: "push".to_owned(),
        });
        let now = self.world.clock.now();
        let (task_id, definition) = self.decision_task(now)?;
        let level = level_of(&definition);
        let running = Running::begin(&self.sandbox, self.world, &task_id, &definition)?;
        let flags = self.flags(&level);
        let decide = async {
            let world = running.world();
            let params = parameters::for_decision(world, &flags, Some(now))?;
            let theirs = offered(world, &params, task_id.as_str())?;
            let actions_json = actions_json(
                world.files,
                self.graph_config,
                &params,
                task_id.as_str(),
                &theirs,
            )?;
            let created = |event: crate::submit::execute::SubmitEvent<'_>| self.heard(&event);
            let decision = Decision {
                deciding: &task_id,
                actions_json,
                artifacts: running.artifacts(),
                verify: true,
                events: &created,
            };
            decision::run(world, self.graph_config, &params, decision)
                .await
                .map(|_| ())
        };
        let outcome = decide.await;
        let ran = running.finish("push", outcome).await?;
        let report = checks::push(&self.sandbox, &ran);
        self.ran.push(ran);
        Ok(report)
    }

    /// The decision task of a push to the branch that was asked for, or to the first of the usual
    /// ones that `.taskcluster.yml` has a task for; the push is to that from then on.
    fn decision_task(&mut self, now: Timestamp) -> Outcome<(TaskId, Value)> {
        let root = self.options.root_url.clone();
        let root = root.unwrap_or_else(|| self.sandbox.root_url());
        let asked = self.options.branch.as_deref();
        let own = self.push.head_ref.clone();
        let mut refs = vec![asked.map_or(own, head_ref)];
        if asked.is_none() {
            for usual in ["main", "master"].map(head_ref) {
                if !refs.contains(&usual) {
                    refs.push(usual);
                }
            }
        }
        for one in &refs {
            self.push.head_ref.clone_from(one);
            let slugid = |label: &str| self.new_id(label);
            let made = template::decision(self.world.files, &self.push, &slugid, &root, now)?;
            if let Some(made) = made {
                return Ok(made);
            }
        }
        Err(Diagnostic::user(format!(
            "{TASKCLUSTER_YML} has no task for a push to {}",
            refs.join(", nor to ")
        ))
        .help("`--branch` says which branch to push to")
        .into())
    }

    /// Promotes: the action of a flavor.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn promote(&mut self, name: &str, input: Value) -> Outcome<PhaseReport> {
        (self.events)(Event::Phase {
            name: name.to_owned(),
        });
        let group = self
            .graphs()
            .first()
            .cloned()
            .ok_or_else(|| Diagnostic::bug("a flavor was rehearsed before the push"))?;
        let task_id = self.new_id(name);
        let now = self.world.clock.now();
        let user = json!({"input": input, "taskId": null, "taskGroupId": group.as_str()});
        let action = self.offered_action(&group)?;
        let definition =
            template::action(self.world.files, &self.push, &action, &user, &task_id, now)?;
        let running = Running::begin(&self.sandbox, self.world, &task_id, &definition)?;
        let call_back = async {
            let world = running.world();
            let taskcluster = world.taskcluster()?;
            let request = callback::request(world.environment, taskcluster, &task_id).await?;
            let parameters = callback::parameters_of(taskcluster, &group).await?;
            let created = |event: crate::submit::execute::SubmitEvent<'_>| self.heard(&event);
            let runner = Runner {
                world,
                graph_config: self.graph_config,
                own: &task_id,
                artifacts: running.artifacts(),
                events: &created,
                check_scope: true,
            };
            callback::run(runner, request, parameters).await
        };
        let outcome = call_back.await;
        let ran = running.finish(name, outcome).await?;
        let wanted = checks::Wanted {
            rebuild_kinds: self.wanted(&self.options.rebuild_kinds, name, "rebuild-kinds"),
            do_not_optimize: self.wanted(&self.options.do_not_optimize, name, "do-not-optimize"),
        };
        let report = checks::promotion(&self.sandbox, &ran, &self.ran, &wanted);
        self.ran.push(ran);
        Ok(report)
    }

    fn heard(&self, event: &crate::submit::execute::SubmitEvent<'_>) {
        if let crate::submit::execute::SubmitEvent::Created { creation, .. } = event {
            (self.events)(Event::Created {
                label: creation.label.to_string(),
            });
        }
    }

    /// What is built again: what the rehearsal asks for, or else what the flavors say.
    fn wanted(&self, asked: &[String], flavors: &str, key: &str) -> Vec<String> {
        if !asked.is_empty() {
            return asked.to_vec();
        }
        let lists = chain(flavors).filter_map(|flavor| self.flavor(flavor)?.get(key)?.as_array());
        lists
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// The release-promotion action as the decision task of the push offers it.
    fn offered_action(&self, group: &TaskId) -> Result<Value, Diagnostic> {
        let content = self
            .sandbox
            .state()
            .artifact(group.as_str(), None, "public/actions.json");
        let content = content
            .ok_or_else(|| Diagnostic::bug("the decision task has no public/actions.json"))?;
        let offered: Value = serde_json::from_slice(&content.bytes)
            .map_err(|error| Diagnostic::bug("actions.json is no JSON").because(error))?;
        let actions = offered["actions"].as_array().cloned().unwrap_or_default();
        actions
            .into_iter()
            .find(|action| action["name"] == "release-promotion")
            .ok_or_else(|| {
                Diagnostic::user("the decision task offers no action release-promotion")
                    .help("is it among `taskgraph.disabled-actions`?")
            })
    }

    /// A taskId for the decision or an action; different in each rehearsal.
    fn new_id(&self, name: &str) -> TaskId {
        let now = self
            .world
            .clock
            .now()
            .moment()
            .timestamp_micros()
            .to_be_bytes();
        let mut hash = Sha256::new();
        hash.update(self.sandbox.root_url());
        hash.update(now);
        hash.update(name);
        let digest = hash.finalize();
        let mut bytes = [0u8; 16];
        bytes
            .iter_mut()
            .zip(digest.iter())
            .for_each(|(byte, from)| *byte = *from);
        TaskId::from_uuid_bytes(bytes)
    }

    fn flags(&self, level: &str) -> DecisionFlags {
        let vcs = self.world.vcs.map_or("git", |vcs| vcs.tool().name());
        DecisionFlags {
            project: self.push.project.clone(),
            pushlog_id: "0".to_owned(),
            pushdate: 0,
            owner: self.push.owner.clone(),
            level: level.to_owned(),
            target_tasks_method: None,
            repository_type: vcs.to_owned(),
            base_repository: self.push.repository.clone(),
            base_ref: self.push.head_ref.clone(),
            // Nothing is skipped for want of changes.
            base_rev: self.push.head_rev.clone(),
            head_repository: self.push.repository.clone(),
            head_ref: self.push.head_ref.clone(),
            head_rev: self.push.head_rev.clone(),
            head_tag: String::new(),
            tasks_for: "github-push".to_owned(),
            try_task_config_file: None,
            decision_parameters: self
                .graph_config
                .taskgraph("decision-parameters")
                .and_then(|name| name.as_str().map(str::to_owned)),
            allow_parameter_override: false,
        }
    }
}

/// The push to rehearse: the revision that is checked out, to the main branch of the repository that
/// the config calls its own, or else of the one that it was cloned from.
fn push_of(world: World<'_>, graph_config: &GraphConfig) -> Outcome<Push> {
    let vcs = world.vcs.ok_or_else(|| {
        Diagnostic::environment("a rehearsal needs a repository, and there is none")
            .help("run it in a checkout of the project")
    })?;
    let asked = |error| decision::vcs_diagnostic(&error);
    let first = graph_config.repositories().values().next();
    let text = |key: &str| first?.get(key)?.as_str().map(str::to_owned);
    let own = graph_config.default_repository().map(str::to_owned);
    let cloned = vcs.remote_url().map_err(asked)?;
    let cloned = cloned.filter(|url| parse_repository_url(url).is_some());
    let name = text("name").unwrap_or_else(|| "project".to_owned());
    let repository = own
        .or(cloned)
        .unwrap_or_else(|| format!("https://github.com/rehearsal/{name}"));
    let project = parse_repository_url(&repository).map_or(name, |url| url.name);
    let branch = text("default-ref").unwrap_or_else(|| "main".to_owned());
    Ok(Push {
        repository,
        project,
        head_ref: head_ref(&branch),
        head_rev: vcs.head_rev().map_err(asked)?,
        owner: "rehearsal@example.com".to_owned(),
    })
}

/// The ref of a branch, which may be named with or without what refs of branches begin with.
fn head_ref(branch: &str) -> String {
    format!("refs/heads/{}", branch.trim_start_matches("refs/heads/"))
}

/// The SCM level that a decision task was rendered for: the end of its schedulerId.
fn level_of(definition: &Value) -> String {
    let scheduler = definition["schedulerId"].as_str().unwrap_or_default();
    scheduler
        .rsplit_once("-level-")
        .map_or("3", |(_, level)| level)
        .to_owned()
}

/// What a project may do in a rehearsal: everything, except to assume the roles of repositories, by
/// which actions are kept apart.
fn project_scopes() -> Vec<String> {
    let first = ('!'..='~')
        .filter(|c| !matches!(c, 'a' | '*'))
        .map(|c| format!("{c}*"));
    let second = ('!'..='~')
        .filter(|c| !matches!(c, 's' | '*'))
        .map(|c| format!("a{c}*"));
    let assumed = [
        "assume:project:*",
        "assume:worker-pool:*",
        "assume:worker-type:*",
    ];
    first
        .chain(second)
        .chain(assumed.map(str::to_owned))
        .collect()
}

/// Artifacts by name, as [`super::phase`] keeps them.
pub type Artifacts = BTreeMap<String, Vec<u8>>;
