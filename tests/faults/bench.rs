//! A queue that is called directly and fails according to a schedule, and a clock that only waiting
//! moves.

mod outage;
mod time;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use outage::OutageEffect;
use snowman::base::name::{IndexPath, TaskId};
use snowman::base::scope::ScopeSet;
use snowman::base::time::{Span, Timestamp};
use snowman::base::value::{Value, json};
use snowman::base::worker_pool::WorkerPool;
use snowman::ports::clock::Clock;
use snowman::ports::taskcluster::{
    Answer, ApiError, GroupMember, GroupStatus, TaskStatus, Taskcluster,
};
use snowman::sandbox::{
    self, FaultSchedule, InjectedFault, Options, Sandbox, State, TaskView, WorkerOptions,
};
use snowman::submit::Sleeper;
use snowman::taskcluster::Patience;
use tokio::sync::Notify;

use super::graph::Random;
pub use outage::{Failing, Outage};
pub use time::Time;

pub const DECISION: &str = "AAAAAAAAQACAAAAAAAAAAA";
pub const OTHER: &str = "AAAAAAAAQACBBBBBBBBBBA";
pub const SCHEDULER: &str = "test-level-1";

/// The time at which every schedule begins.
const BEGIN: i64 = 1_900_000_000;

/// A sandbox with a running decision task.
pub struct Bench {
    pub sandbox: Sandbox,
    pub time: Time,
}

impl Bench {
    pub async fn new() -> Self {
        let time = Time::default();
        let clock = time.clone();
        let sandbox = Sandbox::start(Options {
            address: ([127, 0, 0, 1], 0).into(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(move || clock.now().moment()),
        })
        .await
        .unwrap();
        let bench = Self { sandbox, time };
        let state = bench.state();
        state
            .create_task(DECISION, &bench.definition(DECISION, "decision").into())
            .unwrap();
        state.claim(DECISION).unwrap();
        bench
    }

    pub fn state(&self) -> State {
        self.sandbox.state()
    }

    /// Returns a definition in a task group.
    pub fn definition(&self, group: &str, name: &str) -> Value {
        let now = self.time.now();
        json!({
            "provisionerId": "test", "workerType": "linux", "schedulerId": SCHEDULER,
            "taskGroupId": group, "created": now.to_string(),
            "deadline": now.plus(Span::seconds(86_400)).to_string(),
            "payload": {},
            "metadata": {
                "name": name, "description": "A task", "owner": "someone@example.com",
                "source": "https://github.com/org/project",
            },
        })
    }

    /// Returns the tasks of the decision's group except the decision task.
    pub fn tasks(&self) -> Vec<TaskView> {
        let mut tasks = self.state().group_tasks(DECISION);
        tasks.retain(|task| task.task_id != DECISION);
        tasks
    }
}

/// Returns whether a task was cancelled before a run started.
pub fn was_cancelled_unstarted(task: &TaskView) -> bool {
    task.state.name() == "exception" && started_runs(task) == 0
}

/// Returns how many runs of a task have started.
pub fn started_runs(task: &TaskView) -> usize {
    let runs = task.status["runs"].as_array().unwrap();
    runs.iter().filter(|run| run["started"].is_string()).count()
}

/// How the process that makes the calls ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProcessEnd {
    /// It is killed before the service performs this call.
    Before(usize),
    /// It is killed after the service has performed this call.
    After(usize),
    /// It receives a stop signal at this call.
    StopRequested(usize),
}

/// How long the client waits for a response, in milliseconds.
const CLIENT_TIMEOUT: i64 = 90_000;

/// The queue as one run of the decision calls it.
pub struct FaultyQueue<'b> {
    bench: &'b Bench,
    creations: Mutex<FaultSchedule>,
    reads: Mutex<FaultSchedule>,
    end: Option<ProcessEnd>,
    calls: AtomicUsize,
    pub faults: AtomicUsize,
    /// Tasks that another process creates just before these calls.
    pub foreign_creations: Mutex<Vec<(usize, TaskId, Value)>>,
    /// The creations that were sent and not answered.
    pub unanswered: Mutex<BTreeMap<TaskId, Value>>,
    /// The outage, and when it began.
    pub outage: Option<Outage>,
    since: Mutex<Option<i64>>,
    /// The seed for delays of up to 200 ms per call, if any.
    pub latency: Option<u64>,
    /// How far the clock of the service is behind, in seconds.
    pub behind: i64,
    /// The most concurrent creations.
    pub in_flight: usize,
    /// The task that another process cancels just before a call, and the call before which the
    /// group is sealed.
    pub cancel_before: Mutex<Option<(usize, TaskId)>>,
    pub seal_before: Option<usize>,
    /// The calls for which the decision has no scopes.
    pub forbidden_calls: &'static [&'static str],
    /// The scopes of the decision.
    pub held_scopes: &'static [&'static str],
    pub killed: Notify,
    pub stop: snowman::ports::stop::Stop,
}

impl<'b> FaultyQueue<'b> {
    pub fn new(
        bench: &'b Bench,
        creations: FaultSchedule,
        reads: FaultSchedule,
        end: Option<ProcessEnd>,
    ) -> Self {
        Self {
            bench,
            creations: Mutex::new(creations),
            reads: Mutex::new(reads),
            end,
            calls: AtomicUsize::new(0),
            faults: AtomicUsize::new(0),
            foreign_creations: Mutex::default(),
            unanswered: Mutex::default(),
            outage: None,
            since: Mutex::default(),
            latency: None,
            behind: 0,
            in_flight: 20,
            cancel_before: Mutex::default(),
            seal_before: None,
            forbidden_calls: &[],
            held_scopes: &["*"],
            killed: Notify::new(),
            stop: snowman::ports::stop::Stop::new(),
        }
    }

    /// Creates a queue that does not fail.
    pub fn healthy(bench: &'b Bench) -> Self {
        let none = || FaultSchedule::new(0, 0, &[]);
        Self::new(bench, none(), none(), None)
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Makes the changes of other processes that are due before this call.
    pub fn apply_foreign_changes(&self, number: usize) {
        let cancelled = self
            .cancel_before
            .lock()
            .unwrap()
            .take_if(|(at, _)| *at <= number);
        if let Some((_, id)) = cancelled {
            self.bench.state().cancel(id.as_str()).unwrap();
        }
        if self.seal_before == Some(number) {
            self.bench.state().seal(DECISION).unwrap();
        }
        let mut foreign = self.foreign_creations.lock().unwrap();
        let (due, later) = std::mem::take(&mut *foreign)
            .into_iter()
            .partition(|(at, ..)| *at <= number);
        *foreign = later;
        let due: Vec<(usize, TaskId, Value)> = due;
        for (_, id, definition) in due {
            let _ = self
                .bench
                .state()
                .create_task(id.as_str(), &definition.into());
        }
    }

    /// What this call meets with in an outage.
    fn outage_effect(&self, number: usize, name: &str) -> Option<OutageEffect> {
        let outage = self.outage.filter(|outage| number >= outage.from)?;
        let now = self.bench.time.milliseconds();
        let since = *self.since.lock().unwrap().get_or_insert(now);
        let left = since + outage.seconds * 1000 - now;
        (left > 0).then(|| outage.effect(name, left)).flatten()
    }

    async fn call<T>(
        &self,
        name: &str,
        schedule: &Mutex<FaultSchedule>,
        run: impl Fn() -> Result<T, sandbox::ServiceError>,
        interrupt: impl Fn(),
    ) -> Result<T, ApiError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let time = &self.bench.time;
        let latency = self.latency.map(|seed| {
            let mut random = Random::new(seed + number as u64);
            [random.below(100), random.below(100)].map(|one| i64::try_from(one).unwrap())
        });
        match latency {
            Some([before, _]) => time.wait(before).await,
            None => {
                // Calls can overtake each other.
                for _ in 0..number % 4 {
                    tokio::task::yield_now().await;
                }
                time.advance(1);
            }
        }
        let failed = |status: Option<u16>, message: &str| ApiError {
            call: name.to_owned(),
            status,
            message: message.to_owned(),
        };
        let converted =
            |error: sandbox::ServiceError| failed(Some(error.code.status()), &error.message);
        self.apply_foreign_changes(number);
        if self.forbidden_calls.contains(&name) {
            return Err(failed(Some(403), "scopes are missing"));
        }
        let effect = self.outage_effect(number, name);
        self.faults
            .fetch_add(usize::from(effect.is_some()), Ordering::SeqCst);
        match effect {
            None => {}
            Some(OutageEffect::Slow(after)) => {
                let answer = run().map_err(converted);
                time.wait(after).await;
                return answer;
            }
            Some(OutageEffect::Fail(status, message, after)) => {
                time.wait(after).await;
                return Err(failed(status, message));
            }
            Some(OutageEffect::Delay(until)) if until < CLIENT_TIMEOUT => time.wait(until).await,
            Some(OutageEffect::Delay(_)) => {
                time.wait(CLIENT_TIMEOUT).await;
                return Err(failed(None, "no response in time"));
            }
        }
        match self.end {
            Some(ProcessEnd::Before(at)) if at == number => return self.die().await,
            Some(ProcessEnd::After(at)) if at == number => {
                let _ = run();
                return self.die().await;
            }
            Some(ProcessEnd::StopRequested(at)) if at == number => {
                self.stop.request();
            }
            _ => {}
        }
        let faults = schedule.lock().unwrap().next_fault();
        self.faults
            .fetch_add(usize::from(faults.is_some()), Ordering::SeqCst);
        match faults {
            None => {
                let answer = run().map_err(converted);
                if let Some([_, after]) = latency {
                    time.wait(after).await;
                }
                answer
            }
            Some(InjectedFault::ErrorBeforeWrite) => Err(failed(Some(500), "refused")),
            Some(InjectedFault::ErrorAfterWrite) => {
                run().map_err(converted)?;
                Err(failed(Some(502), "lost"))
            }
            Some(InjectedFault::LateReply(wait)) => {
                let answer = run().map_err(converted);
                time.sleep(wait).await;
                answer
            }
            Some(InjectedFault::DisconnectBeforeWrite | InjectedFault::Hang) => {
                Err(failed(None, "no connection"))
            }
            Some(InjectedFault::DisconnectAfterWrite | InjectedFault::NoReply) => {
                run().map_err(converted)?;
                Err(failed(None, "connection lost"))
            }
            Some(InjectedFault::PartialWrite) => {
                run().map_err(converted)?;
                interrupt();
                Err(failed(Some(500), "partial write"))
            }
            Some(InjectedFault::Conflict) => Err(failed(Some(409), "a conflict")),
            Some(InjectedFault::ClockSkew) => Err(failed(Some(401), "Stale timestamp")),
            Some(InjectedFault::MissingScopes) => Err(failed(Some(403), "scopes are missing")),
        }
    }

    async fn die<T>(&self) -> T {
        self.killed.notify_one();
        std::future::pending().await
    }

    /// A read: implementations of the port retry it while it fails transiently.
    fn read<'a, T: Send + 'a>(
        &'a self,
        name: &'static str,
        run: impl Fn(&State) -> Result<T, sandbox::ServiceError> + Send + Sync + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move {
            let (mut tried, started) = (0, self.bench.time.elapsed());
            loop {
                let state = self.bench.state();
                let answer = self.call(name, &self.reads, || run(&state), || ()).await;
                tried += 1;
                let failing = self.bench.time.elapsed() - started;
                let pause = Patience::IN_TASK.retry.pause(name, tried, failing);
                match (answer, pause) {
                    (Err(error), Some(pause)) if error.is_transient() => {
                        self.bench.time.sleep(pause).await;
                    }
                    (other, _) => return other,
                }
            }
        })
    }
}

fn missing(what: &str) -> sandbox::ServiceError {
    sandbox::ServiceError::new(sandbox::ErrorCode::ResourceNotFound, what)
}

fn unused<'a, T: Send + 'a>() -> Answer<'a, T> {
    unreachable!("the creation of tasks does not ask this")
}

impl Taskcluster for FaultyQueue<'_> {
    fn create_task<'a>(&'a self, task_id: &'a TaskId, definition: &'a Value) -> Answer<'a, ()> {
        Box::pin(async move {
            let state = self.bench.state();
            let id = task_id.as_str();
            let sent = (task_id.clone(), definition.clone());
            self.unanswered.lock().unwrap().extend([sent]);
            let answer = self.call(
                "createTask",
                &self.creations,
                || state.create_task(id, &definition.clone().into()).map(drop),
                || state.interrupt_creation(id),
            );
            let answer = answer.await;
            // Requests that the proxy still holds arrive nevertheless.
            let held = matches!(&answer, Err(error) if error.message.contains("in time"));
            if let Some(definition) = self.unanswered.lock().unwrap().remove(task_id)
                && held
            {
                let later = self.calls() + 1 + self.calls() % 40;
                let mut foreign = self.foreign_creations.lock().unwrap();
                foreign.push((later, task_id.clone(), definition));
            }
            answer
        })
    }

    fn task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, Value> {
        self.read("task", move |state| {
            let task = state.task(task_id.as_str());
            task.map(|task| task.definition.into())
                .ok_or_else(|| missing("no task"))
        })
    }

    fn statuses<'a>(&'a self, ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>> {
        self.read("statuses", move |state| {
            let known = ids.iter().filter_map(|id| {
                let task = state.task(id.as_str())?;
                let runs = task.status["runs"].as_array();
                let status = TaskStatus {
                    state: task.state,
                    group: TaskId::parse(task.status["taskGroupId"].as_str()?).ok(),
                    runs: runs.map_or(0, Vec::len),
                    expires: None,
                };
                Some((id.clone(), status))
            });
            Ok(known.collect())
        })
    }

    fn group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, GroupStatus> {
        self.read("getTaskGroup", move |state| {
            let mut groups = state.groups().into_iter();
            let found = groups.find(|one| one.group_id == group.as_str());
            let found = found.ok_or_else(|| missing("no group"))?;
            Ok(GroupStatus {
                scheduler_id: found.scheduler_id,
                sealed: found.sealed.then(|| "today".to_owned()),
            })
        })
    }

    fn task_group<'a>(&'a self, group: &'a TaskId) -> Answer<'a, Vec<GroupMember>> {
        self.read("listTaskGroup", move |state| {
            let members = state.group_tasks(group.as_str()).into_iter();
            Ok(members
                .map(|task| GroupMember {
                    task_id: TaskId::parse(&task.task_id).unwrap(),
                    state: task.state,
                    has_started: started_runs(&task) > 0,
                    definition: task.definition.into(),
                })
                .collect())
        })
    }

    fn cancel_task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, ()> {
        self.read("cancelTask", move |state| {
            state.cancel(task_id.as_str()).map(drop)
        })
    }

    fn rerun_task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, ()> {
        unused()
    }
    fn artifact<'a>(&'a self, _: &'a TaskId, _: &'a str) -> Answer<'a, Vec<u8>> {
        unused()
    }
    fn find_tasks<'a>(&'a self, _: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>> {
        unused()
    }
    fn list_index<'a>(&'a self, _: &'a IndexPath) -> Answer<'a, Vec<TaskId>> {
        unused()
    }
    fn purge_cache<'a>(&'a self, _: &'a WorkerPool, _: &'a str) -> Answer<'a, ()> {
        unused()
    }
    fn current_scopes(&self) -> Answer<'_, ScopeSet> {
        self.read("currentScopes", |_| {
            Ok(self
                .held_scopes
                .iter()
                .map(|scope| (*scope).to_owned())
                .collect())
        })
    }

    fn server_time(&self) -> Option<Timestamp> {
        let now = self.bench.time.now();
        Some(now.plus(Span::seconds(-self.behind)))
    }
}
