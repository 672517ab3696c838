//! Dependencies, schedules, cancellations, reruns, claims and deadlines.

use serde_json::{Value, json};
use snowman::base::task_state::TaskState;
use snowman::sandbox::Credentials;

use super::bench::{Bench, slug};

async fn state(bench: &Bench, id: &str) -> String {
    let path = format!("/api/queue/v1/task/{id}/status");
    let status = bench.root("GET", &path, None).await.expect(200);
    status["status"]["state"].as_str().unwrap().to_owned()
}

async fn change(bench: &Bench, id: &str, what: &str) -> super::bench::Answer {
    bench
        .root("POST", &format!("/api/queue/v1/task/{id}/{what}"), None)
        .await
}

#[tokio::test]
async fn dependents_wait_according_to_requires() {
    let bench = Bench::new().await;
    let handle = bench.sandbox.state();
    let (good, bad) = (slug(), slug());
    let (after_good, after_bad, after_any, after_both) = (slug(), slug(), slug(), slug());
    for id in [&good, &bad] {
        bench.create(id, &bench.task()).await.expect(200);
    }
    for (id, dependencies, requires) in [
        (&after_good, vec![&good], "all-completed"),
        (&after_bad, vec![&bad], "all-completed"),
        (&after_any, vec![&bad], "all-resolved"),
        (&after_both, vec![&good, &bad], "all-resolved"),
    ] {
        let task = bench.task_with(json!({"dependencies": dependencies, "requires": requires}));
        let created = bench.create(id, &task).await.expect(200);
        assert_eq!(created["status"]["state"], "unscheduled");
        assert_eq!(created["status"]["runs"], json!([]));
    }
    handle.claim(&bad).unwrap();
    handle.report_failed(&bad).unwrap();
    assert_eq!(state(&bench, &after_bad).await, "unscheduled");
    assert_eq!(state(&bench, &after_any).await, "pending");
    assert_eq!(state(&bench, &after_both).await, "unscheduled");
    handle.claim(&good).unwrap();
    handle.report_completed(&good).unwrap();
    assert_eq!(state(&bench, &after_good).await, "pending");
    assert_eq!(state(&bench, &after_both).await, "pending");
    // A task whose dependencies are already resolved is pending at once.
    let late = bench.task_with(json!({"dependencies": [good]}));
    assert_eq!(
        bench.create(&slug(), &late).await.expect(200)["status"]["state"],
        "pending"
    );
    let late = bench.task_with(json!({"dependencies": [good, bad]}));
    assert_eq!(
        bench.create(&slug(), &late).await.expect(200)["status"]["state"],
        "unscheduled"
    );
}

#[tokio::test]
async fn a_canceled_dependency_is_resolved() {
    let bench = Bench::new().await;
    let (first, second) = (slug(), slug());
    bench.create(&first, &bench.task()).await.expect(200);
    let task = bench.task_with(json!({"dependencies": [first], "requires": "all-resolved"}));
    bench.create(&second, &task).await.expect(200);
    change(&bench, &first, "cancel").await.expect(200);
    assert_eq!(state(&bench, &second).await, "pending");
}

#[tokio::test]
async fn a_task_that_depends_on_itself_must_be_scheduled() {
    let bench = Bench::new().await;
    let id = slug();
    let created = bench
        .create(&id, &bench.task_with(json!({"dependencies": [id]})))
        .await
        .expect(200);
    assert_eq!(created["status"]["state"], "unscheduled");
    bench.sandbox.run_workers_until_idle().await.unwrap();
    assert_eq!(state(&bench, &id).await, "unscheduled");
    change(&bench, &id, "schedule").await.expect(200);
    assert_eq!(state(&bench, &id).await, "pending");
}

#[tokio::test]
async fn changes_are_idempotent() {
    let bench = Bench::new().await;
    let id = slug();
    bench
        .create(&id, &bench.task_with(json!({"retries": 3})))
        .await
        .expect(200);
    for what in ["schedule", "cancel", "rerun"] {
        let first = change(&bench, &id, what).await.expect(200);
        assert_eq!(change(&bench, &id, what).await.expect(200), first, "{what}");
    }
    let runs = bench.sandbox.state().task(&id).unwrap().status["runs"].clone();
    assert_eq!(runs[0]["reasonResolved"], "canceled");
    assert_eq!(runs[1]["reasonCreated"], "rerun");
    for what in ["schedule", "cancel", "rerun"] {
        change(&bench, &slug(), what)
            .await
            .refused(404, "ResourceNotFound", "");
    }
    bench.wait(25 * 60 * 60);
    for what in ["schedule", "cancel", "rerun"] {
        change(&bench, &id, what)
            .await
            .refused(409, "RequestConflict", "past its deadline");
    }
}

#[tokio::test]
async fn an_unscheduled_task_is_canceled_with_a_run() {
    let bench = Bench::new().await;
    let id = slug();
    bench
        .create(&id, &bench.task_with(json!({"dependencies": [id]})))
        .await
        .expect(200);
    let canceled = change(&bench, &id, "cancel").await.expect(200);
    let run = &canceled["status"]["runs"][0];
    assert_eq!(
        (&run["reasonCreated"], &run["reasonResolved"]),
        (&json!("exception"), &json!("canceled"))
    );
}

#[tokio::test]
async fn runs_are_limited() {
    let bench = Bench::new().await;
    let handle = bench.sandbox.state();
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    for _ in 0..49 {
        handle.claim(&id).unwrap();
        handle.report_failed(&id).unwrap();
        change(&bench, &id, "rerun").await.expect(200);
    }
    handle.claim(&id).unwrap();
    handle.report_failed(&id).unwrap();
    change(&bench, &id, "rerun")
        .await
        .refused(409, "RequestConflict", "Maximum number of runs");
}

#[tokio::test]
async fn deadlines_end_tasks() {
    let bench = Bench::new().await;
    let (id, after) = (slug(), slug());
    bench
        .create(&id, &bench.task_with(json!({"deadline": bench.at(60)})))
        .await
        .expect(200);
    let task = bench.task_with(json!({"dependencies": [id], "requires": "all-resolved"}));
    bench.create(&after, &task).await.expect(200);
    bench.wait(61);
    let path = format!("/api/queue/v1/task/{id}/status");
    let status = bench.root("GET", &path, None).await.expect(200);
    assert_eq!(status["status"]["state"], "exception");
    assert_eq!(
        status["status"]["runs"][0]["reasonResolved"],
        "deadline-exceeded"
    );
    assert_eq!(state(&bench, &after).await, "pending");
}

async fn claim_work(bench: &Bench, queue: &str, most: u64) -> Vec<Value> {
    let body = json!({"workerGroup": "g", "workerId": "w", "tasks": most});
    let path = format!("/api/queue/v1/claim-work/{queue}");
    let answer = bench.root("POST", &path, Some(&body)).await.expect(200);
    answer["tasks"].as_array().unwrap().clone()
}

fn credentials_in(claim: &Value) -> Credentials {
    let text = |name: &str| claim["credentials"][name].as_str().unwrap().to_owned();
    Credentials {
        client_id: text("clientId"),
        access_token: text("accessToken"),
        certificate: Some(text("certificate")),
    }
}

#[tokio::test]
async fn a_worker_claims_reclaims_and_resolves_with_its_credentials() {
    let bench = Bench::new().await;
    let id = slug();
    bench
        .create(&id, &bench.task_with(json!({"scopes": ["a:b"]})))
        .await
        .expect(200);
    let claims = claim_work(&bench, "gecko-1%2Fb-linux", 4).await;
    assert_eq!(claims.len(), 1);
    let claim = &claims[0];
    assert_eq!(claim["status"]["taskId"], json!(id));
    assert_eq!(claim["runId"], 0);
    assert_eq!(claim["task"]["metadata"]["name"], "build");
    let worker = credentials_in(claim);
    assert!(
        worker
            .client_id
            .starts_with(&format!("task-client/{id}/0/on/g/w/until/"))
    );
    let scopes = bench
        .signed(&worker, "GET", "/api/auth/v1/scopes/current", None)
        .await
        .expect(200);
    assert!(scopes["scopes"].as_array().unwrap().contains(&json!("a:b")));
    let path = format!("/api/queue/v1/task/{id}/runs/0");
    bench.wait(600);
    let again = bench
        .signed(&worker, "POST", &format!("{path}/reclaim"), None)
        .await
        .expect(200);
    assert!(again["takenUntil"].as_str() > claim["takenUntil"].as_str());
    let other = format!("/api/queue/v1/task/{}/runs/0/completed", slug());
    bench
        .signed(&worker, "POST", &other, None)
        .await
        .refused(403, "InsufficientScopes", "");
    bench.wait(900);
    let worker = credentials_in(&again);
    for _ in 0..2 {
        let done = bench
            .signed(&worker, "POST", &format!("{path}/completed"), None)
            .await
            .expect(200);
        assert_eq!(done["status"]["state"], "completed");
    }
    let answer = bench
        .signed(&worker, "POST", &format!("{path}/failed"), None)
        .await;
    answer.refused(409, "RequestConflict", "is not running or failed");
    assert!(claim_work(&bench, "gecko-1%2Fb-linux", 1).await.is_empty());
}

#[tokio::test]
async fn claim_work_returns_when_a_task_becomes_pending() {
    let options = snowman::sandbox::WorkerOptions {
        poll: std::time::Duration::from_secs(20),
        ..Default::default()
    };
    let bench = Bench::with(None, options).await;
    let id = slug();
    let (claims, _) = tokio::join!(claim_work(&bench, "gecko-1/b-linux", 1), async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        bench.create(&id, &bench.task()).await.expect(200)
    });
    assert_eq!(claims[0]["status"]["taskId"], json!(id));
}

#[tokio::test]
async fn urgent_tasks_are_claimed_first() {
    let bench = Bench::new().await;
    let ids = [slug(), slug(), slug()];
    for (id, priority) in ids.iter().zip(["low", "lowest", "highest"]) {
        bench
            .create(id, &bench.task_with(json!({"priority": priority})))
            .await
            .expect(200);
    }
    let path = format!("/api/queue/v1/task/{}/priority", ids[1]);
    bench
        .root("POST", &path, Some(&json!({"newPriority": "very-high"})))
        .await
        .expect(200);
    let order: Vec<Value> = claim_work(&bench, "gecko-1/b-linux", 3)
        .await
        .iter()
        .map(|claim| claim["status"]["taskId"].clone())
        .collect();
    assert_eq!(order, [json!(ids[2]), json!(ids[1]), json!(ids[0])]);
}

#[tokio::test]
async fn a_claim_belongs_to_one_worker() {
    let bench = Bench::new().await;
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    let path = format!("/api/queue/v1/task/{id}/runs/0/claim");
    let one = json!({"workerGroup": "g", "workerId": "one"});
    let claim = bench.root("POST", &path, Some(&one)).await.expect(200);
    assert_eq!(claim["workerId"], "one");
    bench.root("POST", &path, Some(&one)).await.expect(200);
    let two = json!({"workerGroup": "g", "workerId": "two"});
    let answer = bench.root("POST", &path, Some(&two)).await;
    answer.refused(409, "RequestConflict", "already claimed by another worker");
    let missing = path.replace("/runs/0/", "/runs/7/");
    bench.root("POST", &missing, Some(&one)).await.refused(
        404,
        "ResourceNotFound",
        "Run 7 not found",
    );
}

#[tokio::test]
async fn exceptions_retry_while_retries_are_left() {
    let bench = Bench::new().await;
    let handle = bench.sandbox.state();
    let id = slug();
    bench
        .create(&id, &bench.task_with(json!({"retries": 1})))
        .await
        .expect(200);
    for (run, reason, left) in [(0, "worker-shutdown", 2), (1, "intermittent-task", 2)] {
        handle.claim(&id).unwrap();
        let path = format!("/api/queue/v1/task/{id}/runs/{run}/exception");
        let body = json!({"reason": reason});
        let status = bench.root("POST", &path, Some(&body)).await.expect(200);
        assert_eq!(status["status"]["runs"].as_array().unwrap().len(), left);
    }
    assert_eq!(handle.task(&id).unwrap().state, TaskState::Exception);
    let other = slug();
    bench.create(&other, &bench.task()).await.expect(200);
    handle.claim(&other).unwrap();
    handle
        .report_exception(&other, "malformed-payload")
        .unwrap();
    assert_eq!(handle.task(&other).unwrap().state, TaskState::Exception);
}

#[tokio::test]
async fn claims_expire_unless_reclaimed() {
    let bench = Bench::new().await;
    let id = slug();
    bench
        .create(&id, &bench.task_with(json!({"retries": 1})))
        .await
        .expect(200);
    for (state_after, runs) in [("pending", 2), ("exception", 2)] {
        assert_eq!(claim_work(&bench, "gecko-1/b-linux", 1).await.len(), 1);
        bench.wait(21 * 60);
        assert_eq!(state(&bench, &id).await, state_after);
        let status = bench.sandbox.state().task(&id).unwrap().status;
        assert_eq!(status["runs"].as_array().unwrap().len(), runs);
        assert_eq!(status["runs"][0]["reasonResolved"], "claim-expired");
    }
}

#[tokio::test]
async fn task_queues_are_counted() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        bench.create(&slug(), &bench.task()).await.expect(200);
    }
    claim_work(&bench, "gecko-1/b-linux", 1).await;
    let get = async |path: &str| {
        bench
            .root("GET", &format!("/api/queue/v1/{path}"), None)
            .await
            .expect(200)
    };
    assert_eq!(get("pending/gecko-1%2Fb-linux").await["pendingTasks"], 2);
    let counts = get("task-queues/gecko-1/b-linux/counts").await;
    assert_eq!(
        (&counts["pendingTasks"], &counts["claimedTasks"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        get("task-queues/gecko-1%2Fb-linux/pending").await["tasks"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        get("task-queues/gecko-1%2Fb-linux/claimed").await["tasks"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        get("task-queues").await["taskQueues"][0]["taskQueueId"],
        "gecko-1/b-linux"
    );
    assert_eq!(
        get("task-queues/gecko-1%2Fb-linux").await["taskQueueId"],
        "gecko-1/b-linux"
    );
}

#[tokio::test]
async fn a_rerun_task_can_be_reprioritized() {
    let bench = Bench::new().await;
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    let path = format!("/api/queue/v1/task/{id}/priority");
    let body = json!({"newPriority": "high"});
    change(&bench, &id, "cancel").await.expect(200);
    let refused = bench.root("POST", &path, Some(&body)).await;
    refused.refused(409, "RequestConflict", "already resolved");
    change(&bench, &id, "rerun").await.expect(200);
    let changed = bench.root("POST", &path, Some(&body)).await.expect(200);
    assert_eq!(changed["status"]["priority"], "high");
    assert_eq!(changed["status"]["state"], "pending");
}

#[tokio::test]
async fn a_run_claimed_by_claim_work_is_not_claimed_again() {
    let bench = Bench::new().await;
    let worker = json!({"workerGroup": "g", "workerId": "w"});
    let claim = async |id: &str| {
        let path = format!("/api/queue/v1/task/{id}/runs/0/claim");
        bench.root("POST", &path, Some(&worker)).await
    };
    // `claimTask`, twice.
    let named = slug();
    bench.create(&named, &bench.task()).await.expect(200);
    for _ in 0..2 {
        claim(&named).await.expect(200);
    }
    // `claimWork`, then `claimTask`.
    let chosen = slug();
    bench.create(&chosen, &bench.task()).await.expect(200);
    let queue = bench.task()["taskQueueId"].as_str().unwrap().to_owned();
    let claims = claim_work(&bench, &queue, 1).await;
    assert_eq!(claims[0]["status"]["taskId"], chosen.as_str());
    let refused = claim(&chosen).await;
    refused.refused(409, "RequestConflict", "already claimed by another worker");
}

#[tokio::test]
async fn requests_to_purge_caches_are_listed() {
    let bench = Bench::new().await;
    let purge = async |pool: &str, cache: &str| {
        let path = format!(
            "/api/purge-cache/v1/purge-cache/{}",
            pool.replace('/', "%2F")
        );
        let body = json!({"cacheName": cache});
        bench.root("POST", &path, Some(&body)).await
    };
    purge("snow-1/linux", "checkouts").await.expect(204);
    purge("snow-3/mac", "tools").await.expect(204);
    let request = |provisioner: &str, worker: &str, cache: &str| {
        json!({
            "provisionerId": provisioner, "workerType": worker, "cacheName": cache,
            "before": bench.at(0),
        })
    };
    let (first, second) = (
        request("snow-1", "linux", "checkouts"),
        request("snow-3", "mac", "tools"),
    );
    let all = "/api/purge-cache/v1/purge-cache/list";
    let all = bench.root("GET", all, None).await.expect(200);
    assert_eq!(all["requests"], json!([first, second]));
    let one = "/api/purge-cache/v1/purge-cache/snow-3%2Fmac";
    let one = bench.root("GET", one, None).await.expect(200);
    assert_eq!(one["requests"], json!([second]));
}
