//! Who acts next while several releases are rehearsed at once.
//!
//! Each release tells the schedule when it could begin its next phase, and when workers have to run its tasks first.
//! Once all releases wait, the schedule decides by its seed: a release begins a phase, or workers claim pending tasks of
//! all releases, in any order. So phases and tasks of all releases are interleaved, the same way for the same seed,
//! however fast the machine is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::owners::Owners;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::task_state::TaskState;
use crate::base::value::Value;
use crate::sandbox::{PendingTask, Sandbox, ServiceError};
use crate::stage::merged::Merged;

/// How many tasks run at once at most.
const AT_ONCE: usize = 64;

/// What a release waits for.
#[derive(Debug)]
enum Wait {
    /// To begin its next phase.
    ForTurn(oneshot::Sender<()>),
    /// Until workers have run its tasks.
    ForWorkers(oneshot::Sender<()>),
    /// Until another release has ended.
    ForEnd(usize, oneshot::Sender<()>),
    /// It has ended.
    Ended,
}

/// What one release says to the schedule. It has ended when this is dropped.
#[derive(Debug)]
pub struct Turn {
    release: usize,
    waits: UnboundedSender<(usize, Wait)>,
}

impl Turn {
    /// The number of the release, from 0.
    pub fn release(&self) -> usize {
        self.release
    }

    /// Waits until the release may begin its next phase.
    ///
    /// # Errors
    /// When the schedule has ended because of an error of its own.
    pub async fn next(&self) -> Result<(), Diagnostic> {
        self.wait(Wait::ForTurn).await
    }

    /// Waits until workers have run all tasks of the release that can run.
    ///
    /// # Errors
    /// When the schedule has ended because of an error of its own.
    pub async fn until_idle(&self) -> Result<(), Diagnostic> {
        self.wait(Wait::ForWorkers).await
    }

    /// Waits until another release has ended, which does not wait for this one.
    ///
    /// # Errors
    /// When the schedule has ended because of an error of its own.
    pub async fn until_ended(&self, release: usize) -> Result<(), Diagnostic> {
        self.wait(|go| Wait::ForEnd(release, go)).await
    }

    async fn wait(&self, kind: impl FnOnce(oneshot::Sender<()>) -> Wait) -> Result<(), Diagnostic> {
        let (go, wait) = oneshot::channel();
        let ended = || Diagnostic::bug("the schedule of the releases has ended");
        let sent = self.waits.send((self.release, kind(go)));
        sent.map_err(|_| ended())?;
        wait.await.map_err(|_| ended())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The schedule may have ended before.
        let _ = self.waits.send((self.release, Wait::Ended));
    }
}

/// How the work of the releases overlapped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlap {
    /// How often workers claimed tasks.
    pub rounds: usize,
    /// The largest number of releases that had a task running at one time.
    pub releases: usize,
    /// The largest number of releases that had a staged task running at one time.
    pub staged: usize,
    /// How many workers were killed.
    pub killed: usize,
    /// How many tasks were run again after their phase.
    pub rerun: usize,
    /// What was not the same after tasks had been run again.
    pub changed: Vec<String>,
    /// A digest of the order in which tasks were claimed.
    pub order: String,
}

fn failed(error: ServiceError) -> Diagnostic {
    Diagnostic::bug("the sandbox failed while releases were rehearsed").because(error)
}

/// The schedule.
pub struct Schedule {
    sandbox: Arc<Sandbox>,
    owners: Owners,
    random: fastrand::Rng,
    disturbs: bool,
    waits: UnboundedReceiver<(usize, Wait)>,
    waiting: BTreeMap<usize, Wait>,
    ended: BTreeSet<usize>,
    /// How many releases act, or have not begun yet.
    acting: usize,
    overlap: Overlap,
    /// The releases and labels of claimed tasks.
    order: Sha256,
    /// The tasks of the phase of each release, with the round in which each was claimed last.
    claimed: BTreeMap<usize, BTreeMap<String, usize>>,
}

impl Schedule {
    /// A schedule for so many releases, with what each says to it. If it `disturbs` them, it kills workers.
    pub fn new(
        sandbox: Arc<Sandbox>,
        owners: Owners,
        releases: usize,
        (seed, disturbs): (u64, bool),
    ) -> (Self, Vec<Turn>) {
        let (to_schedule, waits) = unbounded_channel();
        let turns = (0..releases).map(|release| Turn {
            release,
            waits: to_schedule.clone(),
        });
        let turns = turns.collect();
        let schedule = Self {
            sandbox,
            owners,
            random: fastrand::Rng::with_seed(seed),
            disturbs,
            waits,
            waiting: BTreeMap::new(),
            ended: BTreeSet::new(),
            acting: releases,
            overlap: Overlap::default(),
            order: Sha256::new(),
            claimed: BTreeMap::new(),
        };
        (schedule, turns)
    }

    /// Lets the releases act until all have ended.
    ///
    /// # Errors
    /// When the sandbox fails.
    pub async fn run(mut self) -> Outcome<Overlap> {
        loop {
            while self.acting > 0 {
                let Some((release, wait)) = self.waits.recv().await else {
                    return Ok(self.overlap);
                };
                self.acting -= 1;
                match wait {
                    Wait::Ended => {
                        self.ended.insert(release);
                    }
                    _ => {
                        self.waiting.insert(release, wait);
                    }
                }
            }
            if self.waiting.is_empty() {
                let order = self.order.finalize();
                let order = order.iter().take(8).map(|byte| format!("{byte:02x}"));
                self.overlap.order = order.collect();
                return Ok(self.overlap);
            }
            self.decide()?;
        }
    }

    /// Lets a release or workers act.
    fn decide(&mut self) -> Outcome<()> {
        let ready = self.waiting.iter();
        let ready = ready.filter(|(_, wait)| matches!(wait, Wait::ForTurn(_)));
        let ready: Vec<usize> = ready.map(|(release, _)| *release).collect();
        // At the beginning all push, so that each has tasks when workers begin.
        let begins = self.overlap.rounds == 0 || self.random.u8(0..4) > 0;
        let next = match begins || ready.len() == self.waiting.len() {
            true => self.random.choice(&ready).copied(),
            false => None,
        };
        if let Some(release) = next {
            self.go_on(release);
            return Ok(());
        }
        let pending = self.sandbox.state().pending();
        let busy: BTreeSet<usize> = pending
            .iter()
            .filter_map(|task| self.owners.of(&task.group_id))
            .map(|owner| owner.release)
            .collect();
        let waiting = self.waiting.iter();
        let idle = waiting.filter(|(release, wait)| match wait {
            Wait::ForWorkers(_) => !busy.contains(release),
            Wait::ForEnd(other, _) => self.ended.contains(other),
            _ => false,
        });
        let idle: Vec<usize> = idle.map(|(release, _)| *release).collect();
        match self.random.choice(&idle).copied() {
            Some(release) => {
                self.rerun(release)?;
                self.go_on(release);
                Ok(())
            }
            None => {
                self.work(pending).map_err(failed)?;
                Ok(())
            }
        }
    }

    /// Ends the waiting of a release.
    fn go_on(&mut self, release: usize) {
        if let Some(Wait::ForTurn(go) | Wait::ForWorkers(go) | Wait::ForEnd(_, go)) =
            self.waiting.remove(&release)
        {
            self.acting += 1;
            // If the release does not listen any more, it is about to say that it has ended.
            let _ = go.send(());
        }
    }

    /// Runs the whole phase of a release again, round by round as its tasks were claimed: the results are to be the same.
    fn rerun(&mut self, release: usize) -> Outcome<()> {
        let claimed = self.claimed.remove(&release).unwrap_or_default();
        let Some(staged) = self.owners.staged_of(release).filter(|_| self.disturbs) else {
            return Ok(());
        };
        let before = Merged::new(&staged.states(&self.sandbox)?);
        let state = self.sandbox.state();
        // Tasks that were claimed together do not depend on each other.
        let mut rounds: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (id, round) in claimed {
            if state.task(&id).map(|task| task.state) == Some(TaskState::Completed) {
                rounds.entry(round).or_default().push(id);
            }
        }
        for ids in rounds.into_values() {
            for id in &ids {
                state.rerun(id).map_err(failed)?;
            }
            state.run_pending(&ids, &|_| false).map_err(failed)?;
            self.overlap.rerun += ids.len();
        }
        let after = Merged::new(&staged.states(&self.sandbox)?);
        let names: BTreeSet<&str> = before.spaces().chain(after.spaces()).collect();
        for space in names {
            let values = |merged: &'_ Merged| -> BTreeMap<String, Value> {
                let entries = merged.space(space);
                entries
                    .map(|(key, entry)| (key.to_owned(), entry.value.clone()))
                    .collect()
            };
            let (before, after) = (values(&before), values(&after));
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let changed = keys
                .into_iter()
                .filter(|key| before.get(*key) != after.get(*key));
            self.overlap.changed.extend(changed.map(|key| {
                let number = release + 1;
                format!("release {number}: `{key}` in {space} is another one")
            }));
        }
        Ok(())
    }

    /// Lets workers run some of the pending tasks.
    fn work(&mut self, mut pending: Vec<PendingTask>) -> Result<(), ServiceError> {
        let owner = |task: &PendingTask| self.owners.of(&task.group_id);
        let release = |task: &PendingTask| owner(task).map(|owner| owner.release);
        // Not by taskId, which differs in each rehearsal.
        pending.sort_by_cached_key(|task| (release(task), task.label.clone()));
        self.random.shuffle(&mut pending);
        let count = self.random.usize(1..=AT_ONCE).max(self.waiting.len());
        // One of each release, and then any.
        let mut seen = BTreeSet::new();
        let (first, rest): (Vec<PendingTask>, Vec<PendingTask>) = pending
            .into_iter()
            .partition(|task| seen.insert(release(task)));
        let chosen: Vec<PendingTask> = first.into_iter().chain(rest).take(count).collect();
        let ids: Vec<String> = chosen.iter().map(|task| task.task_id.clone()).collect();
        let mut killed = BTreeSet::new();
        if self.disturbs {
            for id in &ids {
                if self.random.u8(0..8) == 0 {
                    killed.insert(id.clone());
                }
            }
        }
        let is_killed = |run: &crate::sandbox::ClaimedRun| {
            let retries = run.definition["retries"].as_u64().unwrap_or_default();
            run.run_id == 0 && retries > 0 && killed.contains(&run.task_id)
        };
        let is_left = |id: &str| {
            let task = self.sandbox.state().task(id);
            task.is_some_and(|task| !task.state.is_resolved())
        };
        self.sandbox.state().run_pending(&ids, &is_killed)?;
        for task in &chosen {
            let release = release(task).unwrap_or_default();
            self.order.update(format!("{release} {}\n", task.label));
            let of_release = self.claimed.entry(release).or_default();
            of_release.insert(task.task_id.clone(), self.overlap.rounds);
        }
        let releases: BTreeSet<usize> = chosen.iter().filter_map(release).collect();
        let staged = chosen.iter().filter_map(|task| {
            let owner = owner(task)?;
            let id = TaskId::parse(&task.task_id).ok()?;
            owner.staged.has_run(&id).then_some(owner.release)
        });
        let staged: BTreeSet<usize> = staged.collect();
        let killed = killed.iter().filter(|id| is_left(id)).count();
        self.overlap.rounds += 1;
        self.overlap.releases = self.overlap.releases.max(releases.len());
        self.overlap.staged = self.overlap.staged.max(staged.len());
        self.overlap.killed += killed;
        Ok(())
    }
}
