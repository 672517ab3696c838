//! A queue without a network in between, which fails as a schedule says, and a clock that only waiting moves.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use snowman::base::name::{IndexPath, TaskId};
use snowman::base::time::{Span, Timestamp};
use snowman::base::value::{Value, json};
use snowman::ports::clock::Clock;
use snowman::ports::taskcluster::{
    Answer, ApiError, GroupMember, GroupStatus, TaskStatus, Taskcluster,
};
use snowman::sandbox::{
    self, Disturbance, Options, Sandbox, Schedule, State, TaskView, WorkerOptions,
};
use snowman::submit::Sleeper;
use tokio::sync::Notify;

pub const DECISION: &str = "AAAAAAAAQACAAAAAAAAAAA";
pub const OTHER: &str = "AAAAAAAAQACBBBBBBBBBBA";
pub const SCHEDULER: &str = "test-level-1";

/// The moment at which every schedule begins.
const BEGIN: i64 = 1_900_000_000;

/// The time: it moves while somebody waits, and a little with each call.
#[derive(Clone, Default)]
pub struct Time(Arc<AtomicI64>);

impl Time {
    pub fn pass(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(BEGIN + self.0.load(Ordering::SeqCst) / 1000)
    }
}

impl Sleeper for Time {
    fn sleep<'a>(&'a self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            self.pass(i64::try_from(pause.as_millis()).unwrap());
            tokio::task::yield_now().await;
        })
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// A sandbox with a decision task that runs.
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

    /// A definition in a group.
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

    /// The tasks of the decision's group but for the decision itself.
    pub fn tasks(&self) -> Vec<TaskView> {
        let mut tasks = self.state().group_tasks(DECISION);
        tasks.retain(|task| task.task_id != DECISION);
        tasks
    }
}

/// Whether a task ended before it began.
pub fn is_dead(task: &TaskView) -> bool {
    task.state.name() == "exception" && begun(task) == 0
}

/// How many runs of a task have begun.
pub fn begun(task: &TaskView) -> usize {
    let runs = task.status["runs"].as_array().unwrap();
    runs.iter().filter(|run| run["started"].is_string()).count()
}

/// What happens to the process that makes the calls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// It is killed before the service does what it is asked by this call.
    Before(usize),
    /// It is killed after that.
    After(usize),
    /// It is asked to stop.
    Asked(usize),
}

/// The queue as one run of the decision reaches it.
pub struct Direct<'b> {
    bench: &'b Bench,
    creations: Mutex<Schedule>,
    reads: Mutex<Schedule>,
    end: Option<End>,
    calls: AtomicUsize,
    pub befallen: AtomicUsize,
    /// What somebody else creates just before this call.
    pub squat: Mutex<Option<(usize, TaskId, Value)>>,
    /// The scopes that the decision holds.
    pub holds: &'static [&'static str],
    pub killed: Notify,
    pub stop: snowman::ports::stop::Stop,
}

impl<'b> Direct<'b> {
    pub fn new(bench: &'b Bench, creations: Schedule, reads: Schedule, end: Option<End>) -> Self {
        Self {
            bench,
            creations: Mutex::new(creations),
            reads: Mutex::new(reads),
            end,
            calls: AtomicUsize::new(0),
            befallen: AtomicUsize::new(0),
            squat: Mutex::default(),
            holds: &["*"],
            killed: Notify::new(),
            stop: snowman::ports::stop::Stop::new(),
        }
    }

    /// A queue that does not fail.
    pub fn well(bench: &'b Bench) -> Self {
        let none = || Schedule::new(0, 0, &[]);
        Self::new(bench, none(), none(), None)
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn call<T>(
        &self,
        name: &str,
        schedule: &Mutex<Schedule>,
        run: impl Fn() -> Result<T, sandbox::ApiError>,
        tear: impl Fn(),
    ) -> Result<T, ApiError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        // Calls overtake each other.
        for _ in 0..number % 4 {
            tokio::task::yield_now().await;
        }
        self.bench.time.pass(1);
        let failed = |status: Option<u16>, message: &str| ApiError {
            call: name.to_owned(),
            status,
            message: message.to_owned(),
        };
        let answered = |error: sandbox::ApiError| failed(Some(error.code.status()), &error.message);
        let due = |one: &mut (usize, TaskId, Value)| one.0 <= number;
        if let Some((_, id, definition)) = self.squat.lock().unwrap().take_if(due) {
            let _ = self
                .bench
                .state()
                .create_task(id.as_str(), &definition.into());
        }
        match self.end {
            Some(End::Before(at)) if at == number => return self.die().await,
            Some(End::After(at)) if at == number => {
                let _ = run();
                return self.die().await;
            }
            Some(End::Asked(at)) if at == number => {
                self.stop.ask();
            }
            _ => {}
        }
        let befallen = schedule.lock().unwrap().draw();
        self.befallen
            .fetch_add(usize::from(befallen.is_some()), Ordering::SeqCst);
        match befallen {
            None => run().map_err(answered),
            Some(Disturbance::Refused) => Err(failed(Some(500), "refused")),
            Some(Disturbance::AnswerLost) => {
                run().map_err(answered)?;
                Err(failed(Some(502), "lost"))
            }
            Some(Disturbance::Late(wait)) => {
                self.bench
                    .time
                    .pass(i64::try_from(wait.as_millis()).unwrap());
                let answer = run().map_err(answered);
                for _ in 0..9 {
                    tokio::task::yield_now().await;
                }
                answer
            }
            Some(Disturbance::Dropped | Disturbance::Stuck) => Err(failed(None, "no connection")),
            Some(Disturbance::BrokenOff | Disturbance::Mute) => {
                run().map_err(answered)?;
                Err(failed(None, "broken off"))
            }
            Some(Disturbance::HalfDone) => {
                run().map_err(answered)?;
                tear();
                Err(failed(Some(500), "half done"))
            }
            Some(Disturbance::Conflict) => Err(failed(Some(409), "a conflict")),
            Some(Disturbance::Skewed) => Err(failed(Some(401), "Stale timestamp")),
            Some(Disturbance::Unscoped) => Err(failed(Some(403), "scopes are missing")),
        }
    }

    async fn die<T>(&self) -> T {
        self.killed.notify_one();
        std::future::pending().await
    }

    /// A question: whoever implements the port repeats it while its failure passes.
    fn read<'a, T: Send + 'a>(
        &'a self,
        name: &'static str,
        run: impl Fn(&State) -> Result<T, sandbox::ApiError> + Send + Sync + 'a,
    ) -> Answer<'a, T> {
        Box::pin(async move {
            let mut tried = 0;
            loop {
                let state = self.bench.state();
                let answer = self.call(name, &self.reads, || run(&state), || ()).await;
                tried += 1;
                match answer {
                    Err(error) if error.is_passing() && tried < 8 => {}
                    other => return other,
                }
            }
        })
    }
}

fn missing(what: &str) -> sandbox::ApiError {
    sandbox::ApiError::new(sandbox::Code::ResourceNotFound, what)
}

fn unused<'a, T: Send + 'a>() -> Answer<'a, T> {
    unreachable!("the creation of tasks does not ask this")
}

impl Taskcluster for Direct<'_> {
    fn create_task<'a>(&'a self, task_id: &'a TaskId, definition: &'a Value) -> Answer<'a, ()> {
        Box::pin(async move {
            let state = self.bench.state();
            let id = task_id.as_str();
            self.call(
                "createTask",
                &self.creations,
                || state.create_task(id, &definition.clone().into()).map(drop),
                || state.tear(id),
            )
            .await
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
                let state = task.state.name().to_owned();
                let expires = None;
                Some((id.clone(), TaskStatus { state, expires }))
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
                    state: task.state.name().to_owned(),
                    begun: begun(&task) > 0,
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
    fn purge_cache<'a>(&'a self, _: &'a str, _: &'a str) -> Answer<'a, ()> {
        unused()
    }
    fn current_scopes(&self) -> Answer<'_, Vec<String>> {
        self.read("currentScopes", |_| {
            Ok(self.holds.iter().map(|scope| (*scope).to_owned()).collect())
        })
    }
}
