//! The stage of a rehearsal: the sandbox, the push, and the graphs so far.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::account;
use super::command::Parser;
use super::definition::{Expected, Found, look};
use super::phase::{Claimed, Finished, Ran, Running};
use super::push::{self, Push, head_ref};
use super::stand_in;
use super::template;
use super::{Event, Events, Options, PhaseReport, chain, checks};
use crate::actions::callback::{self, Runner};
use crate::actions::custom::offered;
use crate::actions::plan;
use crate::actions::render::{TASKCLUSTER_YML, actions_json};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::listing::first_few;
use crate::base::name::TaskId;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::Phase;
use crate::decision::flags::DecisionFlags;
use crate::decision::{self, Context, DecisionOptions, parameters};
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::vcs::Change;
use crate::sandbox::{self, Sandbox, WorkerOptions};

/// How many days ahead deadlines may be: as many as Firefox CI takes.
const DEADLINE_DAYS: u16 = 90;

/// Everything that a rehearsal goes on with.
pub struct Stage<'a> {
    /// The project.
    pub context: Context<'a>,
    graph_config: &'a GraphConfig,
    sandbox: Sandbox,
    push: Push,
    options: &'a Options,
    parser: Parser,
    events: Events,
    /// Whether the sandbox already held tasks of an earlier rehearsal.
    used: bool,
    /// What each phase left, in order.
    ran: Vec<Ran>,
}

impl<'a> Stage<'a> {
    /// Starts the sandbox.
    ///
    /// # Errors
    /// When it cannot be started, or the repository cannot be asked.
    pub async fn start(
        context: Context<'a>,
        graph_config: &'a GraphConfig,
        options: &'a Options,
        parser: Parser,
        events: Events,
    ) -> Outcome<Self> {
        let push = Push::of(context, graph_config)?;
        let heard = Arc::clone(&events);
        let on_event = move |event: &sandbox::TaskEvent| {
            if matches!(event.state.name(), "completed" | "failed" | "exception") {
                heard(Event::Resolved {
                    label: event.label.clone(),
                    state: event.state.name().to_owned(),
                });
            }
        };
        let workers = WorkerOptions {
            on_event: Some(Arc::new(on_event)),
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
        let scopes = push::scopes();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        sandbox.add_role("repo:*", &scopes);
        sandbox.set_max_deadline_days(DEADLINE_DAYS);
        events(Event::Started {
            root_url: sandbox.root_url(),
        });
        Ok(Self {
            used: !sandbox.state().groups().is_empty(),
            context,
            graph_config,
            sandbox,
            push,
            options,
            parser,
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
        let now = self.context.clock.now();
        let routes = [format!("index.{path}")];
        stand_in::put(&self.sandbox, &self.push, &task_id, path, &routes, now).map_err(
            |error| Diagnostic::user(format!("the index takes no task at {path}")).because(error),
        )?;
        Ok(())
    }

    /// Puts stand-ins into the queue for the tasks that a decision or action task needs and the rehearsal
    /// has not made; what to say of them.
    fn stand_in(&self, task_id: &TaskId, definition: &Value) -> Outcome<Option<String>> {
        let needed = stand_in::needed(&self.sandbox, task_id, definition);
        let now = self.context.clock.now();
        for id in &needed {
            stand_in::put(&self.sandbox, &self.push, id, id.as_str(), &[], now).map_err(
                |error| {
                    Diagnostic::bug(format!("the sandbox takes no stand-in for the task {id}"))
                        .because(error)
                },
            )?;
        }
        let names: Vec<String> = needed.iter().map(ToString::to_string).collect();
        let tasks = match names.len() {
            0 => return Ok(None),
            1 => "1 task".to_owned(),
            several => format!("{several} tasks"),
        };
        Ok(Some(format!(
            "the task depends on {tasks} outside of the rehearsal: {}",
            first_few(&names)
        )))
    }

    /// Pushes: the decision task.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn push(&mut self) -> Outcome<PhaseReport> {
        (self.events)(Event::Phase {
            name: "push".to_owned(),
        });
        let now = self.context.clock.now();
        let (task_id, definition) = self.decision_task(now)?;
        let creator = self.push.scope();
        let outside = self.stand_in(&task_id, &definition)?;
        let claimed = Claimed::begin(&self.sandbox, &task_id, &definition, &creator).await?;
        let mut found = self.look(&claimed, &definition, false).await?;
        found.notes.extend(outside);
        if !found.holds() {
            claimed.refuse()?;
            return Ok(account::refused("push", &task_id, &definition, found));
        }
        let running = claimed.run(self.context, found.command.as_ref())?;
        let (flags, verify) = self.asked(&found, &definition);
        let decide = async {
            let context = running.context();
            let created = Some(now).filter(|_| flags.pushdate == 0);
            let params = parameters::for_decision(context, &flags, created)?;
            let theirs = offered(context, &params, task_id.as_str())?;
            let actions_json = actions_json(
                context.files,
                self.graph_config,
                &params,
                task_id.as_str(),
                &theirs,
            )?;
            let created = |event: crate::submit::SubmitEvent<'_>| self.heard(&event);
            let options = DecisionOptions {
                decision_task_id: &task_id,
                actions_json,
                artifacts: running.artifacts(),
                verify,
                events: &created,
            };
            decision::run(context, self.graph_config, &params, &options)
                .await
                .map(|_| ())
        };
        let outcome = decide.await;
        let finished = running
            .finish("push", found.command.as_ref(), outcome)
            .await?;
        Ok(self.end(finished, found, checks::push))
    }

    /// Checks the definition of a task.
    async fn look(
        &self,
        claimed: &Claimed<'_>,
        definition: &Value,
        action: bool,
    ) -> Outcome<Found> {
        let expected = Expected {
            push: &self.push,
            graph_config: self.graph_config,
            python: self.options.python,
            action,
            accept_unread: self.options.accept_unread_command,
            scopes: &claimed.scopes().await?,
            given: &claimed.given(),
            parser: self.parser,
        };
        Ok(look(definition, &expected))
    }

    /// The flags of the decision, and whether it verifies.
    fn asked(&self, found: &Found, definition: &Value) -> (DecisionFlags, bool) {
        let (flags, verify) = found.asked().unwrap_or_else(|| {
            let tool = self.context.vcs.map_or("git", |vcs| vcs.tool().name());
            (self.push.flags(definition, tool), true)
        });
        let flags = DecisionFlags {
            decision_parameters: self.decision_parameters(),
            ..flags
        };
        (flags, verify)
    }

    /// Records what a phase produced, and reports it.
    fn end(
        &mut self,
        finished: Finished,
        found: Found,
        check: impl FnOnce(&Sandbox, &Ran) -> PhaseReport,
    ) -> PhaseReport {
        let (ran, breaches) = match finished {
            Finished::Done(ran) => (ran, Vec::new()),
            Finished::Unpublished(ran, breaches) => (ran, breaches),
        };
        let mut report = check(&self.sandbox, &ran);
        if breaches.is_empty() {
            self.ran.push(ran);
        } else {
            // Nothing that it created ran, so there is nothing to check.
            report.checks.clear();
        }
        account::with_found(report, found, breaches)
    }

    /// Remarks about the rehearsal as a whole.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let changed = self
            .context
            .vcs
            .map(|vcs| vcs.changed_files(&Change::WorkingCopy));
        if let Some(Ok(files)) = changed
            && !files.is_empty()
        {
            notes.push(format!(
                "files with uncommitted changes were rehearsed as they are: {}",
                first_few(&files)
            ));
        }
        if let (true, Some(folder)) = (self.used, &self.options.folder) {
            notes.push(format!(
                "{} already held an earlier rehearsal: tasks that it put into the index were found again",
                folder.display()
            ));
        }
        notes
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
            let made = template::decision(self.context.files, &self.push, &slugid, &root, now)?;
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
        let now = self.context.clock.now();
        let accepted = input.get(plan::EARLIER_PHASES) == Some(&Value::Bool(true));
        let user = json!({"input": input, "taskId": null, "taskGroupId": group.as_str()});
        let action = self.offered_action(&group)?;
        let definition = template::action(
            self.context.files,
            &self.push,
            &action,
            &user,
            &task_id,
            now,
        )?;
        let creator = template::hook_scope(&self.push, &action, &user)?;
        let outside = self.stand_in(&task_id, &definition)?;
        let claimed = Claimed::begin(&self.sandbox, &task_id, &definition, &creator).await?;
        let mut found = self.look(&claimed, &definition, true).await?;
        found.notes.extend(outside);
        if !found.holds() {
            claimed.refuse()?;
            return Ok(account::refused(name, &task_id, &definition, found));
        }
        let running: Running<'_> = claimed.run(self.context, found.command.as_ref())?;
        let call_back = async {
            let context = running.context();
            let taskcluster = context.taskcluster()?;
            let request = callback::request(context.environment, taskcluster, &task_id).await?;
            let parameters = callback::parameters_of(taskcluster, &group).await?;
            let created = |event: crate::submit::SubmitEvent<'_>| self.heard(&event);
            let runner = Runner {
                context,
                graph_config: self.graph_config,
                own: &task_id,
                artifacts: running.artifacts(),
                events: &created,
                check_scope: true,
            };
            callback::run(runner, request, parameters).await
        };
        let outcome = call_back.await;
        let finished = running
            .finish(name, found.command.as_ref(), outcome)
            .await?;
        let own_python = finished.ran().own_python;
        // What methods select is up to a project's own Python.
        let by_name = |name: &str| Phase::in_name(name).filter(|_| own_python);
        let mut phases = plan::phases(self.graph_config);
        for (name, phase) in &mut phases {
            *phase = by_name(name).or(*phase);
        }
        let wanted = checks::Wanted {
            rebuild_kinds: self.wanted(&self.options.rebuild_kinds, name, "rebuild-kinds"),
            do_not_optimize: self.wanted(&self.options.do_not_optimize, name, "do-not-optimize"),
            phases: chain(name)
                .filter_map(|f| phases.get(f).copied()?)
                .collect(),
            flavored: phases.values().copied().flatten().collect(),
            accepted,
        };
        let before = std::mem::take(&mut self.ran);
        let report = self.end(finished, found, |sandbox, ran| {
            checks::promotion(sandbox, ran, &before, &wanted)
        });
        self.ran.splice(0..0, before);
        Ok(report)
    }

    fn heard(&self, event: &crate::submit::SubmitEvent<'_>) {
        if let crate::submit::SubmitEvent::Created { creation, .. } = event {
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
            .context
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

    /// The function that config.yml names for parameters of a decision.
    fn decision_parameters(&self) -> Option<String> {
        let name = self.graph_config.taskgraph("decision-parameters")?;
        name.as_str().map(str::to_owned)
    }
}
