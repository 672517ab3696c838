//! The creation of tasks, against a queue in memory.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where it finds something wrong"
)]

mod failures;
mod planning;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use snowman::base::name::{IndexPath, KindName, Label, TaskId};
use snowman::base::scope::ScopeSet;
use snowman::base::time::Timestamp;
use snowman::base::value::{Object, Value, json};
use snowman::base::worker_pool::WorkerPool;
use snowman::model::id_graph::{IdGraph, PlannedTask};
use snowman::ports::clock::Clock;
use snowman::ports::ids::DerivedIds;
use snowman::ports::taskcluster::{
    Answer, ApiError, GroupMember, GroupStatus, TaskStatus, Taskcluster,
};
use snowman::submit::recorder::Recorded;
use snowman::submit::{
    Plan, PlanOptions, Ports, Recorder, Sleeper, SubmitEvent, SubmitLimits, SubmitReport, execute,
    plan,
};

fn decision() -> TaskId {
    TaskId::parse("fN1SbArXTPSVFUUvaOlinQ").unwrap()
}

fn id(name: &str) -> TaskId {
    TaskId::parse(name).unwrap()
}

/// A task whose id is its label.
fn task(name: &str, dependencies: &[&str]) -> PlannedTask {
    let definition = json!({
        "created": {"relative-datestamp": "0 seconds"},
        "deadline": {"relative-datestamp": "1 day"},
        "dependencies": dependencies,
        "payload": {"name": name},
    });
    PlannedTask {
        task_id: id(name),
        kind: KindName::parse("test").unwrap(),
        label: Label::parse(name).unwrap(),
        description: String::new(),
        attributes: Object::new(),
        task: definition.as_object().unwrap().clone(),
        optimization: Value::Null,
        dependencies: Default::default(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Arc::default(),
    }
}

fn planned(tasks: impl IntoIterator<Item = PlannedTask>) -> Plan {
    let ids = DerivedIds::new(decision());
    let options = PlanOptions {
        decision_task_id: decision(),
        scheduler_id: "snow-level-1".to_owned(),
        ids: &ids,
    };
    plan(&IdGraph::new(tasks), &options).unwrap()
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.creations().iter().map(|c| c.label.as_str()).collect()
}

/// A queue in memory.
#[derive(Default)]
struct Queue {
    /// How many times the creation of a task fails, and with which status.
    failures: Mutex<BTreeMap<String, (u32, Option<u16>)>>,
    objections: Mutex<BTreeMap<String, String>>,
    tasks: Mutex<BTreeMap<TaskId, Value>>,
    bodies: Mutex<Vec<(TaskId, Value)>>,
    in_flight: Mutex<(usize, usize)>,
}

impl Queue {
    fn with_failures(self, name: &str, times: u32, status: Option<u16>) -> Self {
        let mut failures = self.failures.lock().unwrap();
        failures.insert(name.to_owned(), (times, status));
        drop(failures);
        self
    }

    /// Refuses to create a task with this message.
    fn with_error(self, name: &str, message: &str) -> Self {
        let objection = (name.to_owned(), message.to_owned());
        self.objections.lock().unwrap().extend([objection]);
        self
    }

    fn with_task(self, name: &str, definition: Value) -> Self {
        self.tasks.lock().unwrap().insert(id(name), definition);
        self
    }

    fn sent(&self) -> Vec<String> {
        let bodies = self.bodies.lock().unwrap();
        bodies.iter().map(|(id, _)| id.to_string()).collect()
    }

    fn create(&self, task_id: &TaskId, definition: &Value) -> Result<(), ApiError> {
        let refused = |status: Option<u16>, message: &str| {
            Err(ApiError {
                call: format!("queue.createTask({task_id})"),
                status,
                message: message.to_owned(),
            })
        };
        let mut bodies = self.bodies.lock().unwrap();
        bodies.push((task_id.clone(), definition.clone()));
        if let Some(message) = self.objections.lock().unwrap().get(task_id.as_str()) {
            return refused(Some(400), message);
        }
        if let Some((left, status)) = self.failures.lock().unwrap().get_mut(task_id.as_str())
            && *left > 0
        {
            *left -= 1;
            return refused(*status, "no");
        }
        let mut tasks = self.tasks.lock().unwrap();
        for dependency in definition["dependencies"].as_array().unwrap() {
            let dependency = id(dependency.as_str().unwrap());
            if dependency != decision() && !tasks.contains_key(&dependency) {
                return refused(Some(400), "a dependency does not exist");
            }
        }
        match tasks.get(task_id) {
            Some(existing) if existing != definition => refused(Some(409), "already used"),
            _ => {
                tasks.insert(task_id.clone(), definition.clone());
                Ok(())
            }
        }
    }
}

fn unused<'a, T: Send + 'a>() -> Answer<'a, T> {
    unreachable!("the creation of tasks does not call this")
}

impl Taskcluster for Queue {
    fn create_task<'a>(&'a self, task_id: &'a TaskId, definition: &'a Value) -> Answer<'a, ()> {
        Box::pin(async move {
            {
                let mut in_flight = self.in_flight.lock().unwrap();
                in_flight.0 += 1;
                in_flight.1 = in_flight.1.max(in_flight.0);
            }
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            self.in_flight.lock().unwrap().0 -= 1;
            self.create(task_id, definition)
        })
    }

    fn task<'a>(&'a self, task_id: &'a TaskId) -> Answer<'a, Value> {
        Box::pin(async move {
            let found = self.tasks.lock().unwrap().get(task_id).cloned();
            found.ok_or_else(|| ApiError {
                call: format!("queue.task({task_id})"),
                status: Some(404),
                message: "there is none".to_owned(),
            })
        })
    }

    fn statuses<'a>(&'a self, _: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>> {
        unused()
    }
    fn group<'a>(&'a self, _: &'a TaskId) -> Answer<'a, GroupStatus> {
        unused()
    }
    fn task_group<'a>(&'a self, _: &'a TaskId) -> Answer<'a, Vec<GroupMember>> {
        unused()
    }
    fn cancel_task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, ()> {
        unused()
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
        unused()
    }
}

/// A clock that moves only while somebody waits, and waits that take no time.
#[derive(Default)]
struct Time(AtomicI64, Mutex<Vec<Duration>>);

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst))
    }
}

impl Sleeper for Time {
    fn sleep<'a>(&'a self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            self.1.lock().unwrap().push(pause);
            let seconds = i64::try_from(pause.as_secs()).unwrap();
            self.0.fetch_add(seconds, Ordering::SeqCst);
            tokio::task::yield_now().await;
        })
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

async fn run(
    plan: &Plan,
    queue: &dyn Taskcluster,
    limits: &SubmitLimits,
) -> (SubmitReport, Vec<String>) {
    let time = Time::default();
    run_in(plan, queue, limits, &time).await
}

async fn run_in(
    plan: &Plan,
    queue: &dyn Taskcluster,
    limits: &SubmitLimits,
    time: &Time,
) -> (SubmitReport, Vec<String>) {
    let ports = Ports {
        taskcluster: queue,
        clock: time,
        sleeper: time,
        stop: &snowman::ports::stop::NEVER,
    };
    let mut events = Vec::new();
    let report = execute(plan, ports, limits, &mut |event| {
        events.push(match event {
            SubmitEvent::Created { creation, kept } => {
                format!(
                    "{} {}",
                    if kept { "kept" } else { "created" },
                    creation.label
                )
            }
            SubmitEvent::Retried {
                creation, attempts, ..
            } => format!("retried {} {attempts}", creation.label),
            SubmitEvent::Failed { creation, .. } => format!("failed {}", creation.label),
            SubmitEvent::Skipped { creation, .. } => format!("skipped {}", creation.label),
        });
    })
    .await;
    (report, events)
}

fn labels(report: &SubmitReport) -> BTreeSet<&str> {
    report.created.iter().map(|c| c.label.as_str()).collect()
}

#[tokio::test]
async fn dependents_are_sent_when_their_dependencies_exist() {
    let mut tasks = vec![task("root", &[])];
    for n in 0..200 {
        let before = if n < 20 {
            "root".to_owned()
        } else {
            format!("t{}", n - 20)
        };
        tasks.push(task(&format!("t{n}"), &[&before]));
    }
    let plan = planned(tasks);
    let queue = Queue::default();
    let limits = SubmitLimits {
        in_flight: 7,
        ..SubmitLimits::default()
    };
    let (report, events) = run(&plan, &queue, &limits).await;
    assert_eq!(report.problems.to_string(), "");
    assert_eq!(report.created.len(), 201);
    assert_eq!(events.len(), 201);
    assert_eq!(queue.in_flight.lock().unwrap().1, 7);
    let order: Vec<_> = report.created.iter().map(|c| &c.task_id).collect();
    let planned: Vec<_> = plan.creations().iter().map(|c| &c.task_id).collect();
    assert_eq!(order, planned);
}

#[tokio::test]
async fn dates_are_resolved_when_a_task_is_sent() {
    let queue = Queue::default();
    let time = Time::default();
    time.0.store(86_400, Ordering::SeqCst);
    let (report, _) = run_in(
        &planned([task("a", &[])]),
        &queue,
        &SubmitLimits::default(),
        &time,
    )
    .await;
    assert_eq!(report.created.len(), 1);
    let definition = &queue.tasks.lock().unwrap()[&id("a")];
    assert_eq!(definition["created"], "1970-01-02T00:00:00.000Z");
    assert_eq!(definition["deadline"], "1970-01-03T00:00:00.000Z");
}

#[test]
fn malformed_dates_are_errors_before_anything_is_sent() {
    let wrong = |name: &str| {
        let mut wrong = task(name, &[]);
        wrong
            .task
            .insert("expires".to_owned(), json!({"relative-datestamp": "soon"}));
        wrong
    };
    let ids = DerivedIds::new(decision());
    let options = PlanOptions {
        decision_task_id: decision(),
        scheduler_id: "snow-level-1".to_owned(),
        ids: &ids,
    };
    let graph = IdGraph::new([wrong("a"), task("b", &[]), wrong("c")]);
    let message = plan(&graph, &options).unwrap_err();
    assert_eq!(message.len(), 2);
    assert!(message.to_string().contains("`14 days`"));
}

#[tokio::test]
async fn a_dry_run_records_calls() {
    let plan = planned([task("a", &["b"]), task("b", &[])]);
    let recorder = Recorder::offline();
    let limits = SubmitLimits {
        in_flight: 1,
        ..SubmitLimits::default()
    };
    let (report, _) = run(&plan, &recorder, &limits).await;
    assert_eq!(report.created.len(), 2);
    recorder.cancel_task(&id("x")).await.unwrap();
    recorder.rerun_task(&id("y")).await.unwrap();
    let pool = WorkerPool::new("snow", "linux");
    recorder.purge_cache(&pool, "c").await.unwrap();
    let recorded: Vec<_> = recorder
        .recorded()
        .into_iter()
        .map(|recorded| match recorded {
            Recorded::Create { task_id, .. } => format!("create {task_id}"),
            Recorded::Cancel(id) => format!("cancel {id}"),
            Recorded::Rerun(id) => format!("rerun {id}"),
            Recorded::Purge { pool, cache } => format!("purge {pool} {cache}"),
        })
        .collect();
    assert_eq!(
        recorded,
        [
            "create b",
            "create a",
            "cancel x",
            "rerun y",
            "purge snow/linux c"
        ]
    );
    assert_eq!(
        recorder.task(&id("a")).await.unwrap()["payload"]["name"],
        "a"
    );
    assert!(recorder.task(&id("z")).await.unwrap_err().is_not_found());
}

#[test]
fn execution_can_move_between_threads() {
    fn movable<T: Send>(_: T) {}
    let plan = Plan::default();
    let (recorder, time) = (Recorder::offline(), Time::default());
    let ports = Ports {
        taskcluster: &recorder,
        clock: &time,
        sleeper: &time,
        stop: &snowman::ports::stop::NEVER,
    };
    movable(execute(&plan, ports, &SubmitLimits::default(), &mut |_| ()));
}
