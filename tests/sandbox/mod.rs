//! Calls the sandbox over HTTP as clients and workers do, and compares it with the real services.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may fail and speak"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "clients sign with the system's clock"
)]

mod agreement;
mod artifacts;
mod bench;
mod callers;
mod clients;
mod creation;
mod groups;
mod indexing;
mod pages;
mod running;
mod schemas;
mod services;
mod working;

use bench::{Bench, slug};
use serde_json::json;

#[tokio::test]
async fn the_official_client_runs_a_task_from_creation_to_completion() {
    let bench = Bench::new().await;
    let (queue, index) = (bench.queue(), bench.index());
    let id = slug();
    let task = bench.task_with(json!({
        "routes": ["index.gecko.v2.try.latest.build"],
        "payload": {"artifacts": {"public/build/target.json": {"type": "file", "path": "/x"}}},
    }));
    let created = queue.createTask(&id, &task).await.unwrap();
    assert_eq!(created["status"]["state"], "pending");
    let summary = bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!(summary.completed, 1);
    let status = queue.status(&id).await.unwrap();
    assert_eq!(status["status"]["state"], "completed");
    let found = index.findTask("gecko.v2.try.latest.build").await.unwrap();
    assert_eq!(found["taskId"], json!(id));
    let artifact = queue
        .getLatestArtifact(&id, "public/build/target.json")
        .await
        .unwrap();
    let content: serde_json::Value = reqwest::get(artifact["url"].as_str().unwrap())
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(content["label"], "build");
    assert_eq!(content["taskId"], json!(id));
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn the_official_client_uses_the_scopes_of_a_task_through_its_proxy() {
    let bench = Bench::new().await;
    let id = slug();
    let task = bench.task_with(json!({
        "scopes": ["queue:create-task:low:gecko-1/*", "queue:scheduler-id:gecko-level-1",
                   "queue:create-task:project:none"],
    }));
    let state = bench.sandbox.state();
    state.create_task(&id, &task).unwrap();
    state.claim(&id).unwrap();
    let proxy = taskcluster::ClientBuilder::new(bench.sandbox.proxy_url(&id));
    let queue = taskcluster::Queue::new(proxy.clone()).unwrap();
    let auth = taskcluster::Auth::new(proxy).unwrap();
    let scopes = auth.currentScopes().await.unwrap();
    let held: Vec<&str> = scopes["scopes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    for scope in [
        "queue:create-task:low:gecko-1/*",
        "assume:anonymous",
        &format!("queue:create-artifact:{id}/0"),
        &format!("queue:resolve-task:{id}/0"),
    ] {
        assert!(held.contains(&scope), "{scope}");
    }
    let child = slug();
    let within = bench.task_with(json!({"taskGroupId": id, "priority": "lowest"}));
    queue.createTask(&child, &within).await.unwrap();
    let beyond = bench.task_with(json!({"taskGroupId": id, "priority": "medium"}));
    let error = queue.createTask(&slug(), &beyond).await.unwrap_err();
    assert!(
        format!("{error:?}").contains("queue:create-task:medium:gecko-1/b-linux"),
        "{error:?}"
    );
    queue.reportCompleted(&id, "0").await.unwrap();
    assert_eq!(state.group_tasks(&id).len(), 2);
    bench.sandbox.stop().await;
}

/// The methods that the sandbox does not have, by service.
const LEFT_OUT: &[(&str, &[&str])] = &[
    ("queue", &[]),
    ("index", &[]),
    (
        "auth",
        &[
            "/clients/",
            "/audit/",
            "/aws/",
            "/azure/",
            "/sentry/",
            "/websocktunnel/",
            "/gcp/",
            "/github/",
        ],
    ),
];

#[tokio::test]
async fn methods_have_the_routes_of_the_api_references() {
    let Some(schemas) = schemas::schemas() else {
        return;
    };
    let bench = Bench::new().await;
    for (service, left_out) in LEFT_OUT {
        for (verb, route) in schemas.routes(service) {
            if left_out.iter().any(|start| route.starts_with(start)) {
                continue;
            }
            let path = format!("/api/{service}/v1{}", route.replace(['<', '>'], ""));
            let answer = bench.send(&verb, &path, None, None).await;
            assert_ne!(answer.body["error"], "Not found", "{verb} {path}");
        }
    }
}
