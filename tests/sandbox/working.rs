//! Simulated workers, stored state, web pages, proxies, and speed.

use std::sync::{Arc, Mutex};

use serde_json::json;
use snowman::base::task_state::TaskState;
use snowman::sandbox::{
    Content, InjectedFault, LOG_ARTIFACT, NewArtifact, Options, RunOutcome, RunResult, Sandbox,
    SandboxError, WorkerOptions,
};

use super::bench::{Bench, slug};

#[tokio::test]
async fn workers_run_a_graph() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let options = WorkerOptions {
        on_event: Some(Arc::new(move |event: &snowman::sandbox::TaskEvent| {
            noted
                .lock()
                .unwrap()
                .push((event.label.clone(), event.state));
        })),
        ..WorkerOptions::default()
    };
    let bench = Bench::with(None, options).await;
    let state = bench.sandbox.state();
    let ids: Vec<String> = (0..5).map(|_| slug()).collect();
    let names = ["build", "test", "sign", "after-test", "succeed"];
    let after: [&[usize]; 5] = [&[], &[0], &[0], &[1], &[2]];
    for ((id, name), after) in ids.iter().zip(names).zip(after) {
        let mut task = bench.task_with(json!({
            "dependencies": after.iter().map(|n| ids[*n].clone()).collect::<Vec<_>>(),
            "taskGroupId": ids[0],
        }));
        task["metadata"]["name"] = json!(name);
        if name == "succeed" {
            task["taskQueueId"] = json!("built-in/succeed");
        }
        state.create_task(id, &task).unwrap();
    }
    state.set_outcome("test", RunOutcome::Failed);
    let summary = bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!((summary.completed, summary.failed), (3, 1));
    let states: Vec<TaskState> = ids.iter().map(|id| state.task(id).unwrap().state).collect();
    use TaskState::{Completed, Failed, Unscheduled};
    assert_eq!(
        states,
        [Completed, Failed, Completed, Unscheduled, Completed]
    );
    assert_eq!(state.task(&ids[4]).unwrap().artifacts, []);
    let log = state.artifact(&ids[0], None, LOG_ARTIFACT).unwrap();
    assert!(String::from_utf8_lossy(&log.bytes).contains("command: [\n  \"true\"\n]"));
    let seen = seen.lock().unwrap();
    let position = |label: &str, state: TaskState| {
        seen.iter()
            .position(|event| *event == (label.to_owned(), state))
            .unwrap()
    };
    assert!(position("build", Completed) < position("sign", TaskState::Running));
    state.clear_outcome("test");
    drop(seen);
    let group = &state.groups()[0];
    assert_eq!(group.counts[&Completed], 3);
    assert_eq!(state.dependents(&ids[0]).len(), 2);
}

#[tokio::test]
async fn a_custom_simulator_runs_tasks() {
    let options = WorkerOptions {
        simulator: Some(Arc::new(|order, _| {
            (order.label == "build").then(|| RunResult {
                outcome: RunOutcome::Exception("malformed-payload".to_owned()),
                artifacts: vec![NewArtifact {
                    name: "public/own.txt".to_owned(),
                    content: Content {
                        bytes: "own".into(),
                        content_type: "text/plain".to_owned(),
                        content_encoding: None,
                    },
                    expires: None,
                }],
            })
        })),
        ..WorkerOptions::default()
    };
    let bench = Bench::with(None, options).await;
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    let summary = bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!(summary.exceptions, 1);
    let task = bench.sandbox.state().task(&id).unwrap();
    assert_eq!(task.artifacts, [(0, "public/own.txt".to_owned())]);
}

#[tokio::test]
async fn stored_state_is_loaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let (done, waiting, sealed, running) = (slug(), slug(), slug(), slug());
    let before = {
        let bench = Bench::with(Some(path.clone()), WorkerOptions::default()).await;
        let state = bench.sandbox.state();
        let task = bench.task_with(json!({
            "routes": ["index.a.b"],
            "payload": {"artifacts": {"public/x.json": {"type": "file"}}},
        }));
        state.create_task(&done, &task).unwrap();
        let after = bench.task_with(json!({"dependencies": [done, waiting], "taskGroupId": done}));
        state.create_task(&waiting, &after).unwrap();
        bench.sandbox.run_workers_until_idle().await.unwrap();
        state.create_task(&running, &bench.task()).unwrap();
        state.claim(&running).unwrap();
        state.create_task(&sealed, &bench.task()).unwrap();
        let seal = format!("/api/queue/v1/task-group/{sealed}/seal");
        bench.root("POST", &seal, None).await.expect(200);
        let before: Vec<_> = [&done, &waiting, &sealed, &running]
            .iter()
            .map(|id| state.task(id).unwrap())
            .collect();
        bench.sandbox.stop().await;
        before
    };
    let bench = Bench::with(Some(path), WorkerOptions::default()).await;
    let state = bench.sandbox.state();
    let after: Vec<_> = [&done, &waiting, &sealed, &running]
        .iter()
        .map(|id| state.task(id).unwrap())
        .collect();
    assert_eq!(before, after);
    assert_eq!(state.find_index("a.b"), Some(done.clone()));
    assert!(state.artifact(&done, None, "public/x.json").is_some());
    assert!(
        state
            .groups()
            .iter()
            .any(|group| group.group_id == sealed && group.sealed)
    );
    state.report_completed(&running).unwrap();
    let summary = bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!(
        summary.completed, 1,
        "the task of the sealed group is still pending"
    );
    let answer = bench
        .create(&slug(), &bench.task_with(json!({"taskGroupId": sealed})))
        .await;
    answer.refused(409, "RequestConflict", "sealed");
}

#[tokio::test]
async fn invalid_state_files_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let tasks = folder.path().join("tasks");
    std::fs::create_dir_all(&tasks).unwrap();
    std::fs::write(tasks.join("x.json"), "{").unwrap();
    let options = |address: &str| Options {
        address: address.parse().unwrap(),
        folder: Some(folder.path().to_owned()),
        workers: WorkerOptions::default(),
        clock: Arc::new(|| chrono::DateTime::UNIX_EPOCH),
    };
    let error = Sandbox::start(options("127.0.0.1:0")).await.err().unwrap();
    assert!(matches!(error, SandboxError::Corrupt { .. }), "{error}");
    let error = Sandbox::start(options("0.0.0.0:0")).await.err().unwrap();
    assert!(matches!(error, SandboxError::NotLoopback(_)), "{error}");
}

#[tokio::test]
async fn pages_show_groups_and_tasks_and_escape_their_text() {
    let bench = Bench::new().await;
    let id = slug();
    let mut task = bench.task();
    task["metadata"]["name"] = json!("<script>alert(1)</script>");
    bench.sandbox.state().create_task(&id, &task).unwrap();
    bench.sandbox.run_workers_until_idle().await.unwrap();
    for path in [
        "/".to_owned(),
        format!("/groups/{id}"),
        format!("/tasks/{id}"),
    ] {
        let answer = bench.send("GET", &path, None, None).await;
        assert_eq!(answer.status, 200);
        let html = answer.body.as_str().unwrap().to_owned();
        assert!(html.contains("sandbox for rehearsals and tests"), "{path}");
        assert!(html.contains(&id), "{path}");
        assert!(!html.contains("<script>"), "{path}");
    }
    let page = bench.send("GET", &format!("/tasks/{id}"), None, None).await;
    assert!(page.body.as_str().unwrap().contains(LOG_ARTIFACT));
    assert_eq!(
        bench
            .send("GET", &format!("/tasks/{}", slug()), None, None)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn proxies_use_the_scopes_of_their_task() {
    let bench = Bench::new().await;
    let (id, other) = (slug(), slug());
    let state = bench.sandbox.state();
    state
        .create_task(
            &id,
            &bench.task_with(json!({"scopes": ["index:insert-task:mine.*"]})),
        )
        .unwrap();
    state.create_task(&other, &bench.task()).unwrap();
    state.claim(&id).unwrap();
    let entry = json!({"taskId": id, "rank": 0, "data": {}, "expires": bench.at(60)});
    for api in ["api/index", "index", "/api/index"] {
        let put = async |path: &str| {
            let path = format!("/proxy/{id}/{api}/v1/task/{path}");
            bench
                .send("PUT", &path, Some(&entry), Some("Hawk id=\"ignored\""))
                .await
        };
        put("mine.a").await.expect(200);
        put("yours.a")
            .await
            .refused(403, "InsufficientScopes", "index:insert-task:yours.a");
    }
    let upload = json!({"storageType": "s3", "contentType": "text/plain", "expires": bench.at(60)});
    let artifact = async |task: &str| {
        let path = format!("/proxy/{id}/api/queue/v1/task/{task}/runs/0/artifacts/public/a");
        bench.send("POST", &path, Some(&upload), None).await
    };
    artifact(&id).await.expect(200);
    artifact(&other)
        .await
        .refused(403, "InsufficientScopes", "");
    let path = format!("/proxy/{}/api/auth/v1/scopes/current", slug());
    bench
        .send("GET", &path, None, None)
        .await
        .refused(404, "ResourceNotFound", "");
}

#[tokio::test]
async fn three_thousand_tasks_take_less_than_30_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::with(Some(folder.path().to_owned()), WorkerOptions::default()).await;
    let state = bench.sandbox.state();
    let root = slug();
    state.create_task(&root, &bench.task()).unwrap();
    state.claim(&root).unwrap();
    let task = bench.task_with(json!({"dependencies": [root], "taskGroupId": root}));
    let start = std::time::Instant::now();
    for _ in 0..3000 {
        state.create_task(&slug(), &task).unwrap();
    }
    state.report_completed(&root).unwrap();
    let took = start.elapsed();
    assert!(took.as_secs() < 30, "{took:?}");
    let pending = state.groups()[0].counts[&TaskState::Pending];
    assert_eq!(pending, 3000);
}

#[tokio::test]
async fn faults_are_injected() {
    let bench = Bench::new().await;
    let state = bench.sandbox.state();
    let (id, task) = (slug(), bench.task());
    state.inject_fault("createTask", 1, InjectedFault::ErrorBeforeWrite);
    bench
        .create(&id, &task)
        .await
        .refused(500, "InternalServerError", "");
    assert!(state.task(&id).is_none());
    state.inject_fault("createTask", 1, InjectedFault::ErrorAfterWrite);
    bench
        .create(&id, &task)
        .await
        .refused(500, "InternalServerError", "");
    assert!(state.task(&id).is_some());
    let late = std::time::Duration::from_millis(50);
    state.inject_fault("createTask", 1, InjectedFault::LateReply(late));
    let start = std::time::Instant::now();
    bench.create(&id, &task).await.expect(200);
    assert!(start.elapsed() >= late);
}

#[tokio::test]
async fn only_loopback_hosts_are_served() {
    let bench = Bench::new().await;
    let url = format!("{}/api/queue/v1/ping", bench.sandbox.root_url());
    for (host, status) in [
        ("localhost:80", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("example.com", 403),
        ("", 403),
    ] {
        let answer = bench
            .finish(bench.http().get(&url).header("Host", host))
            .await;
        assert_eq!(answer.status, status, "{host}");
    }
}

#[tokio::test]
async fn invalid_artifacts_make_a_payload_malformed() {
    let bench = Bench::new().await;
    let id = slug();
    let past = json!({"public/a": {"type": "file", "expires": bench.at(-3600)}});
    let task = bench.task_with(json!({"payload": {"artifacts": past}}));
    bench.create(&id, &task).await.expect(200);
    let summary = bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!(summary.exceptions, 1);
    let status = bench.sandbox.state().task(&id).unwrap().status;
    assert_eq!(status["runs"][0]["reasonResolved"], "malformed-payload");
}
