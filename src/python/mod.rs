//! Worker processes that run the project's own Python.
//!
//! 1. An interpreter is found that knows taskgraph ([`interpreter`]).
//! 2. It is started with a program that is part of this binary ([`process`]). Calls and
//!    answers go over a pair of pipes that nothing else in that process can reach; what it prints
//!    goes to the log.
//! 3. The project is loaded: its graph config is made and its `register` called. Every worker does
//!    so before its first call, and then all that was set up for the others before.
//!
//! Workers are started when they are first called, and end with this process. `docs/python.md`
//! describes the messages.

#[cfg(target_os = "linux")]
mod fork;
mod frames;
mod group;
pub mod interpreter;
pub mod packages;
mod process;
mod project;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::base::diagnostic::Diagnostic;
use crate::base::value::{Value, json};
use crate::ports::environment::Environment;
use crate::ports::python::{Answer, Call, Failure, Mode, Python, WORKERS};
use interpreter::Interpreter;
use process::Process;

pub use project::{ENTRY, Project, TIMEOUT};

/// How long a call may take by default.
const PATIENCE: Duration = Duration::from_secs(900);

/// How long loading the project must take to fork other workers from the first. If it takes less, a
/// worker is only started when it is needed.
const SLOW_LOAD: Duration = Duration::from_millis(300);

/// The workers of a project.
pub struct Workers {
    project: Project,
    interpreter: OnceLock<Result<Interpreter, Diagnostic>>,
    slots: Vec<Mutex<Slot>>,
    /// How many of the slots are used.
    used: AtomicUsize,
    /// The calls that set up every worker.
    set_up: Mutex<Vec<Call>>,
}

#[derive(Default)]
struct Slot {
    process: Option<Process>,
    /// Why there is none any more.
    failed: Option<Diagnostic>,
    /// How many of these calls it has received.
    calls_made: usize,
    /// How long these calls have taken.
    set_up_time: Duration,
}

impl Workers {
    /// The workers of a project; none is started yet.
    #[must_use]
    pub fn new(project: Project) -> Self {
        let given = project.environment.filled(WORKERS);
        let given = given.and_then(|text| text.parse().ok());
        let count = given.unwrap_or(project.workers).max(1);
        let load = json!({
            "root": project.root,
            "top": project.repository.display().to_string(),
            "config": project.config,
            "violates_schema": project.violates_schema,
            "entry": project.entry,
            "level": if project.verbose { 10 } else { 20 },
            "fast": project.fast,
            "timed": project.timed,
        });
        Self {
            interpreter: OnceLock::new(),
            slots: (0..count).map(|_| Mutex::default()).collect(),
            used: AtomicUsize::new(count),
            set_up: Mutex::new(vec![Call::new("load", load)]),
            project,
        }
    }

    fn interpreter(&self, process: &mut Option<Process>) -> Result<&Interpreter, Diagnostic> {
        self.interpreter
            .get_or_init(|| {
                let (found, started) = interpreter::find(&self.project)?;
                *process = Some(started);
                Ok(found)
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The folder of the taskgraph that the workers know, once one runs.
    #[must_use]
    pub fn package(&self) -> Option<PathBuf> {
        let found = self.interpreter.get()?.as_ref().ok()?;
        found.package.clone()
    }

    fn slot(&self, worker: usize) -> MutexGuard<'_, Slot> {
        let slot = &self.slots[worker % self.slots.len()];
        slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls that set up every worker so far.
    fn set_up_calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn patience(&self) -> Duration {
        let named = self.project.environment.filled(TIMEOUT);
        let named = named.and_then(|text| text.parse().ok());
        named.map_or(PATIENCE, Duration::from_secs)
    }

    /// Starts the worker in a slot if needed, and makes the set-up calls that it lacks; yields the last
    /// answer.
    fn ready(&self, slot: &mut Slot) -> Result<Answer, Failure> {
        if let Some(failed) = &slot.failed {
            return Err(Failure::Worker(failed.clone()));
        }
        if slot.process.is_none() {
            let mut process = None;
            let interpreter = self.interpreter(&mut process);
            let interpreter = interpreter.map_err(Failure::Worker)?;
            slot.process = Some(match process {
                Some(process) => process,
                None => interpreter::start(&interpreter.command, &self.project)
                    .map_err(Failure::Worker)?,
            });
        }
        let calls = {
            let calls_so_far = self.set_up_calls();
            calls_so_far[slot.calls_made.min(calls_so_far.len())..].to_vec()
        };
        let mut last = Answer::default();
        for mut call in calls {
            if call.name == "load" {
                let native = self.interpreter.get().and_then(|found| found.as_ref().ok());
                let native = native.is_some_and(|found| found.major() == interpreter::CONTRACT);
                call.arguments["native"] = Value::Bool(native);
                let whole = !native || self.project.mode == Mode::Whole;
                call.arguments["watch"] = Value::Bool(self.project.keeps_kinds && whole);
            }
            last = self.ask_set_up(slot, &call)?;
        }
        Ok(last)
    }

    fn ask_set_up(&self, slot: &mut Slot, call: &Call) -> Result<Answer, Failure> {
        let start = Instant::now();
        let answer = self.ask(slot, call)?;
        slot.set_up_time += start.elapsed();
        slot.calls_made += 1;
        Ok(answer)
    }

    /// Forks the worker of a slot from the first one, unless it has one or loading has not taken that long.
    #[cfg(target_os = "linux")]
    fn fork(&self, slot: &mut Slot, load: Duration) -> Result<(), Failure> {
        let mut first = self.slot(0);
        let first = &mut *first;
        if slot.process.is_some() || slot.failed.is_some() || first.set_up_time < load {
            return Ok(());
        }
        let Some(process) = &mut first.process else {
            return Ok(());
        };
        match fork::fork(process, self.patience()) {
            Ok(forked) => {
                if forked.is_some() {
                    slot.calls_made = first.calls_made;
                }
                slot.process = forked;
                Ok(())
            }
            Err(failure) => {
                if let Failure::Worker(diagnostic) = &failure {
                    first.failed = Some(diagnostic.clone());
                    first.process = None;
                }
                Err(failure)
            }
        }
    }

    fn ask(&self, slot: &mut Slot, call: &Call) -> Result<Answer, Failure> {
        self.ask_divisible(slot, call, None)
    }

    fn ask_divisible(
        &self,
        slot: &mut Slot,
        call: &Call,
        free: Option<&dyn Fn() -> usize>,
    ) -> Result<Answer, Failure> {
        let Some(process) = &mut slot.process else {
            return Err(Failure::Worker(Diagnostic::bug(
                "no Python worker is running",
            )));
        };
        let answer = process.call(call, self.patience(), free);
        if let Err(Failure::Worker(diagnostic)) = &answer {
            slot.failed = Some(diagnostic.clone());
            slot.process = None;
        }
        answer
    }
}

impl Python for Workers {
    fn mode(&self) -> Mode {
        self.project.mode
    }

    fn started(&self) -> bool {
        self.interpreter.get().is_some_and(Result::is_ok)
    }

    fn workers(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn running(&self) -> Vec<usize> {
        let all = 0..self.slots.len();
        all.filter(|number| self.slot(*number).process.is_some())
            .collect()
    }

    fn prepare(&self) -> Result<bool, Failure> {
        let mut all = true;
        for number in 1..self.workers() {
            let mut slot = self.slot(number);
            #[cfg(target_os = "linux")]
            self.fork(&mut slot, SLOW_LOAD)?;
            all &= slot.process.is_some();
        }
        Ok(all)
    }

    fn use_one(&self) {
        self.used.store(1, Ordering::Relaxed);
    }

    fn renew_others(&self) -> Result<(), Failure> {
        #[cfg_attr(
            not(target_os = "linux"),
            expect(unused_mut, reason = "only Linux forks")
        )]
        let mut used = 1;
        for number in 1..self.slots.len() {
            let mut slot = self.slot(number);
            *slot = Slot::default();
            #[cfg(target_os = "linux")]
            if used == number {
                self.fork(&mut slot, Duration::ZERO)?;
                used += usize::from(slot.process.is_some());
            }
        }
        self.used.store(used, Ordering::Relaxed);
        Ok(())
    }

    fn call(&self, worker: usize, call: Call) -> Result<Answer, Failure> {
        let mut slot = self.slot(worker);
        self.ready(&mut slot)?;
        self.ask(&mut slot, &call)
    }

    fn call_divisible(
        &self,
        worker: usize,
        call: Call,
        free: &dyn Fn() -> usize,
    ) -> Result<Answer, Failure> {
        let mut slot = self.slot(worker);
        self.ready(&mut slot)?;
        self.ask_divisible(&mut slot, &call, Some(free))
    }

    fn keep_one(&self) -> Result<(), Failure> {
        let mut slots: Vec<_> = (0..self.slots.len())
            .map(|worker| self.slot(worker))
            .collect();
        if slots.iter().filter(|slot| slot.process.is_some()).count() < 2 {
            return Ok(());
        }
        let mut smallest = (u64::MAX, 0);
        let mut first = None;
        for (number, slot) in slots.iter_mut().enumerate() {
            if slot.process.is_none() {
                continue;
            }
            let state = self.ask(slot, &Call::new("state", json!({})))?.value;
            let memory = state["memory"].as_u64().unwrap_or(u64::MAX);
            let registered = state["registered"].clone();
            if *first.get_or_insert_with(|| registered.clone()) == registered {
                smallest = smallest.min((memory, number));
            }
        }
        let kept = std::mem::take(&mut *slots[smallest.1]);
        for slot in &mut slots {
            **slot = Slot::default();
        }
        *slots[0] = kept;
        Ok(())
    }

    fn set_up(&self, call: Call) -> Result<Answer, Failure> {
        let mut slot = self.slot(0);
        self.ready(&mut slot)?;
        if call.name == "parameters" && self.set_up_calls().contains(&call) {
            // Each phase makes its parameters known, and they are the same ones.
            return Ok(Answer::default());
        }
        let answer = self.ask_set_up(&mut slot, &call)?;
        self.set_up_calls().push(call);
        Ok(answer)
    }

    fn load(&self) -> Result<Answer, Failure> {
        let mut slot = self.slot(0);
        self.ready(&mut slot)
    }

    fn version(&self) -> Result<String, Failure> {
        self.ready(&mut self.slot(0))?;
        let found = self.interpreter.get().and_then(|found| found.as_ref().ok());
        Ok(found
            .map(|found| found.taskgraph.clone())
            .unwrap_or_default())
    }

    fn identity(&self) -> Option<String> {
        let found = self.interpreter.get()?.as_ref().ok()?;
        let Project {
            working,
            root,
            entry,
            ..
        } = &self.project;
        let sources = process::source_digest();
        let identity = format!("{found:?} {sources} {working:?} {root:?} {entry:?}");
        self.project.keeps_kinds.then_some(identity)
    }

    fn with_environment(&self, environment: &Environment) -> Result<Box<dyn Python>, Failure> {
        let workers = Self::new(Project {
            environment: environment.clone(),
            ..self.project.clone()
        });
        if self.started() {
            workers.load()?;
        }
        Ok(Box::new(workers))
    }
}
