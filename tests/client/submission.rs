//! Submits graphs through the client.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use serde_json::{Value, json};
use snowman::base::name::{KindName, Label, TaskId};
use snowman::base::task_state::TaskState;
use snowman::base::value::Object;
use snowman::model::id_graph::{IdGraph, PlannedTask};
use snowman::ports::clock::SystemClock;
use snowman::ports::ids::DerivedIds;
use snowman::ports::taskcluster::Taskcluster;
use snowman::sandbox::{Options, Sandbox, WorkerOptions};
use snowman::submit::{PlanOptions, Ports, SubmitLimits, TokioSleeper, execute, plan};

use super::{Bench, client, id, signing, slug};

fn planned(name: &str, ids: &DerivedIds, bench: &Bench, dependencies: &[&TaskId]) -> PlannedTask {
    let label = Label::parse(name).unwrap();
    let mut task = bench.task_with(json!({
        "created": {"relative-datestamp": "0 seconds"},
        "deadline": {"relative-datestamp": "1 day"},
        "expires": {"relative-datestamp": "14 days"},
        "dependencies": dependencies.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "payload": {"artifacts": [{"expires": {"relative-datestamp": "14 days"}}]},
    }));
    task["metadata"]["name"] = json!(name);
    PlannedTask {
        task_id: ids.id(&label, 0),
        kind: KindName::parse("test").unwrap(),
        label,
        description: String::new(),
        attributes: Object::new(),
        task: task.as_object().unwrap().clone().into(),
        optimization: Value::Null.into(),
        dependencies: Default::default(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Arc::default(),
    }
}

#[tokio::test]
async fn resubmitting_a_graph_creates_nothing() {
    let bench = Bench::new().await;
    let state = bench.sandbox.state();
    let decision = id(&slug());
    state
        .create_task(
            decision.as_str(),
            &bench.task_with(json!({"taskGroupId": decision})),
        )
        .unwrap();
    state.claim(decision.as_str()).unwrap();
    let ids = DerivedIds::new(decision.clone());
    let mut tasks: Vec<PlannedTask> = Vec::new();
    for n in 0..60 {
        let before: Vec<TaskId> = tasks
            .iter()
            .rev()
            .skip(4)
            .step_by(7)
            .take(3)
            .map(|task| task.task_id.clone())
            .collect();
        let before: Vec<&TaskId> = before.iter().collect();
        tasks.push(planned(&format!("task-{n}"), &ids, &bench, &before));
    }
    tasks[0]
        .attributes
        .insert("task_duplicates".to_owned(), json!(3));
    let options = PlanOptions {
        decision_task_id: decision.clone(),
        scheduler_id: "gecko-level-1".to_owned(),
        ids: &ids,
    };
    let client = signing(&bench);
    let ports = Ports {
        taskcluster: &client,
        clock: &SystemClock,
        sleeper: &TokioSleeper,
        stop: &snowman::ports::stop::NEVER,
    };
    let graph = IdGraph::new(tasks.clone());
    let first = plan(&graph, &options).unwrap();
    assert_eq!(first.len(), 62);
    let report = execute(&first, ports, &SubmitLimits::default(), &mut |_| ()).await;
    assert_eq!(report.problems.to_string(), "");
    assert!(report.created.iter().all(|created| !created.kept));
    let members = client.task_group(&decision).await.unwrap();
    assert_eq!(members.len(), 63);
    let waiting = members
        .iter()
        .filter(|m| m.state == TaskState::Unscheduled)
        .count();
    assert_eq!(waiting, 62);

    // Another moment, the same tasks but one.
    tokio::time::sleep(Duration::from_millis(5)).await;
    tasks[9].task.get_mut("payload").unwrap()["command"] = json!(["changed"]).into();
    let second = plan(&IdGraph::new(tasks), &options).unwrap();
    let report = execute(&second, ports, &SubmitLimits::default(), &mut |_| ()).await;
    assert!(report.created.iter().all(|created| created.kept));
    assert_eq!(client.task_group(&decision).await.unwrap().len(), 63);
    let message = report.problems.to_string();
    assert!(message.contains("task `task-9`: the taskId"), "{message}");
    assert!(
        message.contains("`payload.command` should be [\"changed\"], but is absent"),
        "{message}"
    );
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn large_definitions_arrive_completely() {
    let bench = Bench::new().await;
    let task = bench.task_with(json!({"payload": {"script": "snow ".repeat(20_000)}}));
    let decision = slug();
    let clients = [signing(&bench), {
        let scopes = json!({"scopes": ["queue:*"], "taskGroupId": decision});
        let task = bench.task_with(scopes);
        bench.sandbox.state().create_task(&decision, &task).unwrap();
        bench.sandbox.state().claim(&decision).unwrap();
        client(&[("TASKCLUSTER_PROXY_URL", &bench.sandbox.proxy_url(&decision))])
    }];
    for client in clients {
        let created = slug();
        client
            .create_task(&id(&created), &task.clone().into())
            .await
            .unwrap();
        let there = bench.sandbox.state().task(&created).unwrap();
        assert_eq!(there.definition["payload"], task["payload"]);
    }
}

#[tokio::test]
async fn a_wrong_clock_is_reported() {
    for (hours, expected_message) in [(1, "60 minutes behind"), (-1, "60 minutes ahead of")] {
        let sandbox = Sandbox::start(Options {
            address: "127.0.0.1:0".parse().unwrap(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(move || Utc::now() + chrono::Duration::hours(hours)),
        });
        let bench = Bench {
            sandbox: sandbox.await.unwrap(),
        };
        let client = signing(&bench);
        let refused = client
            .create_task(&id(&slug()), &bench.task().into())
            .await
            .unwrap_err();
        assert_eq!(refused.status, Some(401));
        // A second may pass between the question and its answer.
        let near = expected_message.replace("60", "59");
        let message = &refused.message;
        assert!(
            message.contains(expected_message) || message.contains(&near),
            "{message}"
        );
        assert!(
            message.contains("the clock of this machine is"),
            "{message}"
        );
        let refused = client.task_group(&id(&slug())).await.unwrap_err();
        assert!(
            refused.message.contains("the clock of this machine"),
            "{}",
            refused.message
        );
    }
}
