//! A rehearsal in progress: the sandbox, the push, and the graphs so far.

mod history;
mod outside;
mod turns;

use std::sync::Arc;

use super::artifacts::PhaseOutput;
use super::check::PhaseReport;
use super::command::Parser;
use super::defects::{Others, Planting};
use super::definition::{Expectations, Findings, check};
use super::event::{Event, Events};
use super::options::Options;
use super::owners::Owners;
use super::push::{self, Push};
use super::staged::{self, StagedTasks};
use super::task_run::{ClaimedTask, FinishedTask, RunningTask};
use super::turns::Turn;
use super::{checks, external, phase_report, template, work};
use crate::actions::plan;
use crate::actions::proposal::chain;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::text::list_some;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value, json};
use crate::config::graph_config::GraphConfig;
use crate::config::shipping::Phase;
use crate::decision::Context;
use crate::ports::clock::{Clock, SystemClock};
use crate::ports::vcs::Change;
use crate::sandbox::{self, Sandbox, WorkerOptions};
use crate::vcs;

/// The maximum of days until a deadline, as in Firefox CI.
const DEADLINE_DAYS: u16 = 90;

/// A rehearsal in progress.
pub struct Rehearsal<'a> {
    /// The project.
    pub context: Context<'a>,
    graph_config: &'a GraphConfig,
    sandbox: Arc<Sandbox>,
    owners: Owners,
    /// The number of the release among those that are rehearsed at once.
    number: usize,
    /// Who acts next, if other releases are rehearsed at the same time.
    turn: Option<Turn>,
    push: Push,
    options: &'a Options,
    parser: Parser,
    events: Events,
    /// Whether the sandbox already contained tasks of an earlier rehearsal.
    used: bool,
    /// The result of each phase of the release, in order.
    outputs: Vec<PhaseOutput>,
    /// The staged tasks.
    staged: StagedTasks,
    /// What is to go wrong.
    planting: Planting,
    /// The releases that have ended.
    others: Others,
}

impl<'a> Rehearsal<'a> {
    /// Starts the sandbox.
    ///
    /// # Errors
    /// When it cannot be started, or the repository cannot be read.
    pub async fn start(
        context: Context<'a>,
        graph_config: &'a GraphConfig,
        options: &'a Options,
        parser: Parser,
        events: Events,
    ) -> Outcome<Self> {
        let push = Push::from_repository(context, graph_config, options.repository.as_deref())?;
        let report = Arc::clone(&events);
        let on_event = move |event: &sandbox::TaskEvent| {
            if event.state.is_resolved() {
                report(Event::Resolved {
                    label: event.label.clone(),
                    state: event.state.name().to_owned(),
                });
            }
        };
        let repository = context
            .vcs
            .and_then(|vcs| vcs::discover(vcs.root(), context.environment).ok());
        let owners = Owners::default();
        let is_staged = staged::is_wanted(graph_config);
        let workers = WorkerOptions {
            on_event: Some(Arc::new(on_event)),
            simulator: is_staged.then(|| owners.simulator()),
            maker: is_staged.then(|| owners.maker()),
            ..WorkerOptions::default()
        };
        let sandbox = Sandbox::start(sandbox::Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: options.folder.clone(),
            workers,
            clock: Arc::new(|| SystemClock.now().moment()),
        })
        .await
        .map_err(|error| Diagnostic::environment("cannot start the sandbox").because(error))?;
        let scopes = push::granted_scopes();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        sandbox.add_role("repo:*", &scopes);
        sandbox.set_max_deadline_days(DEADLINE_DAYS);
        events(Event::Started {
            root_url: sandbox.root_url(),
        });
        Ok(Self {
            used: !sandbox.state().groups().is_empty(),
            staged: StagedTasks::new(repository, &push),
            context,
            graph_config,
            sandbox: Arc::new(sandbox),
            owners,
            number: 0,
            turn: None,
            push,
            options,
            parser,
            events,
            outputs: Vec::new(),
            planting: Planting::default(),
            others: Others::default(),
        })
    }

    /// The decision and action tasks so far.
    pub fn graphs(&self) -> Vec<TaskId> {
        self.outputs
            .iter()
            .map(|output| output.task_id.clone())
            .collect()
    }

    /// The result of each phase, in order.
    pub fn outputs(&self) -> &[PhaseOutput] {
        &self.outputs
    }

    /// The sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The configuration of the release.
    pub fn graph_config(&self) -> &'a GraphConfig {
        self.graph_config
    }

    /// The sandbox, for others that use it at the same time.
    pub fn shared_sandbox(&self) -> Arc<Sandbox> {
        Arc::clone(&self.sandbox)
    }

    /// The releases on the sandbox.
    pub fn owners(&self) -> &Owners {
        &self.owners
    }

    /// The number of the release among those that are rehearsed at once, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The staged tasks.
    pub fn staged(&self) -> &StagedTasks {
        &self.staged
    }

    /// The revision that is pushed.
    pub fn revision(&self) -> &str {
        &self.push.head_rev
    }

    /// The configuration of a flavor.
    fn flavor(&self, name: &str) -> Option<&Object> {
        self.graph_config
            .get("release-promotion")?
            .get("flavors")?
            .get(name)?
            .as_object()
    }

    /// Stops the sandbox, unless another release is rehearsed on it.
    pub async fn stop(self) {
        if let Some(sandbox) = Arc::into_inner(self.sandbox) {
            sandbox.stop().await;
        }
    }

    /// Runs the decision task of the push.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn push(&mut self) -> Outcome<PhaseReport> {
        self.next_turn().await?;
        (self.events)(Event::Phase {
            name: "push".to_owned(),
        });
        let (files, config) = (self.context.files, self.graph_config);
        let release = staged::release(files, config, "push", &json!({}))?;
        self.staged
            .begin(config, release, &self.push.head_rev, &Value::Null);
        let now = self.context.clock.now();
        let (task_id, definition) = self.decision_task(now)?;
        self.own(&task_id);
        self.staged.belong_to(&task_id);
        let creator = self.push.scope();
        let outside = external::add_missing(&self.sandbox, &self.push, &task_id, &definition, now)?;
        let claimed = ClaimedTask::create(&self.sandbox, &task_id, &definition, &creator).await?;
        let mut found = self.check_definition(&claimed, &definition, false).await?;
        found.notes.extend(outside);
        if !found.holds() {
            claimed.reject()?;
            return Ok(phase_report::for_rejected_task(
                "push",
                &task_id,
                &definition,
                found,
            ));
        }
        let running = claimed.start(self.context, found.command.as_ref())?;
        let flags = work::decision_flags(self.context, config, &self.push, &found, &definition);
        let created = |event: crate::submit::SubmitEvent<'_>| self.on_submit(&event);
        let outcome = work::decide(&running, config, &task_id, flags, now, &created).await;
        let finished = running
            .finish("push", found.command.as_ref(), outcome)
            .await?;
        self.work(&finished).await?;
        Ok(self.report(finished, found, checks::push_report))
    }

    /// Checks the definition of a task.
    async fn check_definition(
        &self,
        claimed: &ClaimedTask<'_>,
        definition: &Value,
        action: bool,
    ) -> Outcome<Findings> {
        let expected = Expectations {
            push: &self.push,
            files: self.context.files,
            graph_config: self.graph_config,
            python: self.options.python,
            action,
            accept_unread: self.options.accept_unread_command,
            scopes: &claimed.scopes().await?,
            worker_env: &claimed.worker_env(),
            parser: self.parser,
        };
        Ok(check(definition, &expected))
    }

    /// Records what a phase produced, and reports it.
    fn report(
        &mut self,
        finished: FinishedTask,
        found: Findings,
        check: impl FnOnce(&Sandbox, &PhaseOutput) -> PhaseReport,
    ) -> PhaseReport {
        let (output, breaches) = match finished {
            FinishedTask::Published(output) => (output, Vec::new()),
            FinishedTask::Unpublished(output, breaches) => (output, breaches),
        };
        let mut report = check(&self.sandbox, &output);
        report = phase_report::with_staged(report, &self.staged.take());
        if breaches.is_empty() {
            self.outputs.push(output);
        } else {
            // None of its tasks ran, so nothing can be checked.
            report.checks.clear();
        }
        phase_report::with_findings(report, found, breaches)
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
                "the rehearsal includes uncommitted changes to {}",
                list_some(&files)
            ));
        }
        if let (true, Some(folder)) = (self.used, &self.options.folder) {
            notes.push(format!(
                "{} already contained an earlier rehearsal, whose indexed tasks may have been reused",
                folder.display()
            ));
        }
        notes
    }

    /// Renders the decision task of the push.
    fn decision_task(&mut self, now: Timestamp) -> Outcome<(TaskId, Value)> {
        let sandbox = self.sandbox.root_url();
        let root = self.options.root_url.as_ref().unwrap_or(&sandbox);
        let branch = self.options.branch.as_deref();
        let clock = self.context.clock;
        let new_id = |name: &str| work::new_id(&sandbox, clock.now(), name);
        work::decision_task(
            self.context.files,
            &mut self.push,
            branch,
            root,
            &new_id,
            now,
        )
    }

    /// Runs the action task of a flavor.
    ///
    /// # Errors
    /// When it cannot be run.
    pub async fn promote(&mut self, name: &str, input: Value) -> Outcome<PhaseReport> {
        self.next_turn().await?;
        (self.events)(Event::Phase {
            name: name.to_owned(),
        });
        let release = staged::release(self.context.files, self.graph_config, name, &input)?;
        self.staged
            .begin(self.graph_config, release, &self.push.head_rev, &input);
        let group = self
            .graphs()
            .first()
            .cloned()
            .ok_or_else(|| Diagnostic::bug("a flavor was rehearsed before the push"))?;
        let task_id = self.new_id(name);
        self.own(&task_id);
        let now = self.context.clock.now();
        let accepted = input.get(plan::EARLIER_PHASES) == Some(&Value::Bool(true));
        let user = json!({"input": input, "taskId": null, "taskGroupId": group.as_str()});
        let action = self.offered_action(&group)?;
        let definition = template::action_task(
            self.context.files,
            &self.push,
            &action,
            &user,
            &task_id,
            now,
        )?;
        let creator = template::hook_scope(&self.push, &action, &user)?;
        let outside = external::add_missing(&self.sandbox, &self.push, &task_id, &definition, now)?;
        let claimed = ClaimedTask::create(&self.sandbox, &task_id, &definition, &creator).await?;
        let mut found = self.check_definition(&claimed, &definition, true).await?;
        found.notes.extend(outside);
        if !found.holds() {
            claimed.reject()?;
            return Ok(phase_report::for_rejected_task(
                name,
                &task_id,
                &definition,
                found,
            ));
        }
        let running: RunningTask<'_> = claimed.start(self.context, found.command.as_ref())?;
        let created = |event: crate::submit::SubmitEvent<'_>| self.on_submit(&event);
        let config = self.graph_config;
        let outcome = work::call_back(&running, config, &task_id, Some(&group), &created).await;
        let finished = running
            .finish(name, found.command.as_ref(), outcome)
            .await?;
        self.work(&finished).await?;
        let own_python = finished.output().own_python;
        // The project's own Python decides what its methods select.
        let by_name = |name: &str| Phase::from_name(name).filter(|_| own_python);
        let mut phases = plan::phases(self.graph_config);
        for (name, phase) in &mut phases {
            *phase = by_name(name).or(*phase);
        }
        let expected = checks::PromotionExpectations {
            rebuild_kinds: self.rebuilt(&self.options.rebuild_kinds, name, "rebuild-kinds"),
            do_not_optimize: self.rebuilt(&self.options.do_not_optimize, name, "do-not-optimize"),
            phases: chain(name)
                .filter_map(|f| phases.get(f).copied()?)
                .collect(),
            flavored: phases.values().copied().flatten().collect(),
            accepted,
        };
        let before = std::mem::take(&mut self.outputs);
        let report = self.report(finished, found, |sandbox, output| {
            checks::promotion_report(sandbox, output, &before, &expected)
        });
        self.outputs.splice(0..0, before);
        Ok(report)
    }

    fn on_submit(&self, event: &crate::submit::SubmitEvent<'_>) {
        if let crate::submit::SubmitEvent::Created { creation, .. } = event {
            (self.events)(Event::Created {
                label: creation.label.to_string(),
            });
        }
    }

    /// Returns what is built again: what the rehearsal requests, or else what the flavors list.
    fn rebuilt(&self, requested: &[String], flavors: &str, key: &str) -> Vec<String> {
        if !requested.is_empty() {
            return requested.to_vec();
        }
        let lists = chain(flavors).filter_map(|flavor| self.flavor(flavor)?.get(key)?.as_array());
        lists
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Returns the release-promotion action that the decision task of the push offers.
    fn offered_action(&self, group: &TaskId) -> Result<Value, Diagnostic> {
        let content = self
            .sandbox
            .state()
            .artifact(group.as_str(), None, "public/actions.json");
        let content = content
            .ok_or_else(|| Diagnostic::bug("the decision task has no public/actions.json"))?;
        template::promotion_action(&content.bytes)
    }

    /// Returns a taskId for the decision or an action; it differs in each rehearsal.
    fn new_id(&self, name: &str) -> TaskId {
        work::new_id(&self.sandbox.root_url(), self.context.clock.now(), name)
    }
}
