//! A queue that keeps failing, cannot be reached, or never answers.

use std::time::{Duration, Instant};

use crate::common::taskcluster::{DECISION, Taskcluster};
use insta::assert_snapshot;
use snowman::base::diagnostic::Class;
use snowman::base::name::{KindName, Label, TaskId};
use snowman::base::pause::RetryPolicy;
use snowman::base::value::{Object, Value, json};
use snowman::model::id_graph::{IdGraph, PlannedTask};
use snowman::ports::clock::SystemClock;
use snowman::ports::environment::Environment;
use snowman::ports::ids::DerivedIds;
use snowman::sandbox::InjectedFault;
use snowman::submit::{
    Plan, PlanOptions, Ports, SubmitLimits, SubmitProgress, TokioSleeper, execute, plan,
};
use snowman::taskcluster::{Client, Patience};

/// Three tasks, the second depending on the first.
fn three() -> Plan {
    let decision = TaskId::parse(DECISION).unwrap();
    let ids = DerivedIds::new(decision.clone());
    let id = |label: &str| ids.id(&Label::parse(label).unwrap(), 0);
    let task = |label: &str, dependencies: Vec<TaskId>| {
        let dependencies: Vec<&str> = dependencies.iter().map(TaskId::as_str).collect();
        let definition = json!({
            "provisionerId": "built-in", "workerType": "succeed", "payload": {},
            "created": {"relative-datestamp": "0 seconds"},
            "deadline": {"relative-datestamp": "1 day"},
            "dependencies": dependencies,
            "metadata": {"name": label, "description": "", "owner": "someone@example.com", "source": "https://github.com/org/project"},
        });
        PlannedTask {
            task_id: id(label),
            kind: KindName::parse("build").unwrap(),
            label: Label::parse(label).unwrap(),
            description: String::new(),
            attributes: Object::new(),
            task: definition.as_object().unwrap().clone(),
            optimization: Value::Null,
            dependencies: Default::default(),
            soft_dependencies: Vec::new(),
            if_dependencies: Vec::new(),
            provenance: Default::default(),
        }
    };
    let graph = IdGraph::new([
        task("a", vec![]),
        task("b", vec![id("a")]),
        task("c", vec![]),
    ]);
    let options = PlanOptions {
        decision_task_id: decision,
        scheduler_id: "test-level-1".to_owned(),
        ids: &ids,
    };
    plan(&graph, &options).unwrap()
}

/// The error of creating three tasks at `url`, which must fail soon.
async fn submission_error(url: &str) -> String {
    let environment = [("TASKCLUSTER_PROXY_URL", url)];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let retry = RetryPolicy {
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        budget: Duration::from_millis(5),
    };
    let patience = Patience {
        retry,
        create_budget: Duration::from_millis(2),
        answer: Duration::from_millis(200),
    };
    let client = Client::connect_with(&Environment::new(environment), &patience).unwrap();
    let ports = Ports {
        taskcluster: &client,
        clock: &SystemClock,
        sleeper: &TokioSleeper,
        stop: &snowman::ports::stop::NEVER,
    };
    let limits = SubmitLimits {
        retry,
        ..SubmitLimits::default()
    };
    let started = Instant::now();
    let report = execute(&three(), ports, &limits, &mut |_| {}).await;
    assert!(started.elapsed() < Duration::from_secs(20));
    let wrong = report.outcome().unwrap_err();
    assert_eq!(wrong.problems().class(), Class::Environment);
    assert_eq!(
        wrong.progress(),
        Some(SubmitProgress {
            created: 0,
            wanted: 3,
            closed: false,
        })
    );
    wrong.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_keeps_failing() {
    let taskcluster = Taskcluster::new().await;
    let state = taskcluster.sandbox.state();
    state.inject_fault("createTask", u32::MAX, InjectedFault::ErrorBeforeWrite);
    let error = submission_error(&taskcluster.sandbox.proxy_url(DECISION)).await;
    assert_snapshot!(error, @"
    kind `build`, task `c`: the task could not be created
      cause: HTTP 500: Internal Server Error
      help: rerun this task when Taskcluster is available again; existing tasks are kept
    kind `build`, task `a`: the task could not be created
      cause: HTTP 500: Internal Server Error
      help: rerun this task when Taskcluster is available again; existing tasks are kept
    1 more task was not created
      cause: `b` depends on `a`
    ");
    assert!(taskcluster.created().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_refuses_connections() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = submission_error(&format!("http://{address}")).await;
    assert_snapshot!(error, @"
    kind `build`, task `c`: the task could not be created
      cause: cannot connect: Connection refused (os error 111)
      help: rerun this task when Taskcluster is available again; existing tasks are kept
    kind `build`, task `a`: the task could not be created
      cause: cannot connect: Connection refused (os error 111)
      help: rerun this task when Taskcluster is available again; existing tasks are kept
    1 more task was not created
      cause: `b` depends on `a`
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_never_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = submission_error(&format!("http://{}", listener.local_addr().unwrap())).await;
    assert_snapshot!(error, @"
    kind `build`, task `c`: the task could not be created
      cause: the request timed out
      help: rerun this task when Taskcluster is available again; existing tasks are kept
    kind `build`, task `a`: the task could not be created
      cause: the request timed out
      help: rerun this task when Taskcluster is available again; existing tasks are kept
    1 more task was not created
      cause: `b` depends on `a`
    ");
}
