//! `createTask`: accepted, repeated and refused calls.

use std::io::Write as _;

use serde_json::{Value, json};

use super::bench::{Bench, slug};

#[tokio::test]
async fn an_identical_task_is_accepted_again() {
    let bench = Bench::new().await;
    let (id, task) = (slug(), bench.task());
    let first = bench.create(&id, &task).await.expect(200);
    assert_eq!(first["status"]["state"], "pending");
    assert_eq!(bench.create(&id, &task).await.expect(200), first);
    bench.sandbox.run_workers_until_idle().await.unwrap();
    let again = bench.create(&id, &task).await.expect(200);
    assert_eq!(again["status"]["state"], "completed");
}

#[tokio::test]
async fn forty_identical_concurrent_calls_succeed() {
    let bench = Bench::new().await;
    let (id, task) = (slug(), bench.task());
    let calls = (0..40).map(|_| bench.create(&id, &task));
    for answer in futures_util::future::join_all(calls).await {
        answer.expect(200);
    }
    assert_eq!(bench.sandbox.state().group_tasks(&id).len(), 1);
}

#[tokio::test]
async fn one_of_forty_concurrent_definitions_wins() {
    let bench = Bench::new().await;
    let id = slug();
    let tasks: Vec<Value> = (0..40)
        .map(|n| bench.task_with(json!({"extra": {"n": n}})))
        .collect();
    let calls = tasks.iter().map(|task| bench.create(&id, task));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 409).count(),
        39
    );
}

#[tokio::test]
async fn equivalent_definitions_are_the_same_task() {
    let bench = Bench::new().await;
    let (id, task) = (slug(), bench.task());
    bench.create(&id, &task).await.expect(200);
    let mut long = task.clone();
    long.as_object_mut().unwrap().shift_remove("taskQueueId");
    let micro = |text: &Value| json!(text.as_str().unwrap().replace('Z', "000+00:00"));
    for (name, value) in [
        ("provisionerId", json!("gecko-1")),
        ("workerType", json!("b-linux")),
        ("projectId", json!("none")),
        ("taskGroupId", json!(id)),
        ("dependencies", json!([])),
        ("requires", json!("all-completed")),
        ("routes", json!([])),
        ("priority", json!("lowest")),
        ("retries", json!(5)),
        ("scopes", json!([])),
        ("tags", json!({})),
        ("extra", json!({})),
        ("created", micro(&task["created"])),
        ("deadline", micro(&task["deadline"])),
    ] {
        long[name] = value;
    }
    bench.create(&id, &long).await.expect(200);
    let stored = bench
        .root("GET", &format!("/api/queue/v1/task/{id}"), None)
        .await
        .expect(200);
    assert_eq!(stored["created"], task["created"]);
    assert_eq!(stored["provisionerId"], "gecko-1");
    assert_eq!(stored["taskQueueId"], "gecko-1/b-linux");
    let deadline =
        chrono::DateTime::parse_from_rfc3339(stored["deadline"].as_str().unwrap()).unwrap();
    let expires =
        chrono::DateTime::parse_from_rfc3339(stored["expires"].as_str().unwrap()).unwrap();
    assert!([365, 366].contains(&(expires - deadline).num_days()));
    long["expires"] = stored["expires"].clone();
    bench.create(&id, &long).await.expect(200);
}

#[tokio::test]
async fn any_changed_field_is_a_conflict() {
    let bench = Bench::new().await;
    let (id, task) = (slug(), bench.task());
    bench.create(&id, &task).await.expect(200);
    for (name, value) in [
        ("created", json!(bench.at(1))),
        ("deadline", json!(bench.at(3600))),
        ("expires", json!(bench.at(7 * 24 * 3600))),
        ("tags", json!({"a": "b"})),
        ("extra", json!({"a": 1})),
        ("routes", json!(["a.b"])),
        ("scopes", json!(["a"])),
        ("payload", json!({})),
        ("priority", json!("low")),
        ("retries", json!(4)),
        ("requires", json!("all-resolved")),
        ("projectId", json!("other")),
        ("taskQueueId", json!("gecko-1/other")),
    ] {
        let mut other = task.clone();
        other[name] = value;
        let message = format!("taskId `{id}` already used by another task.");
        bench
            .create(&id, &other)
            .await
            .refused(409, "RequestConflict", &message);
    }
}

#[tokio::test]
async fn a_changed_priority_makes_the_same_call_a_conflict() {
    let bench = Bench::new().await;
    let (id, task) = (slug(), bench.task());
    bench.create(&id, &task).await.expect(200);
    let path = format!("/api/queue/v1/task/{id}/priority");
    let high = json!({"newPriority": "high"});
    let changed = bench.root("POST", &path, Some(&high)).await.expect(200);
    assert_eq!(changed["status"]["priority"], "high");
    bench
        .root("POST", &path, Some(&high))
        .await
        .refused(409, "RequestConflict", "reprioritized");
    bench
        .create(&id, &task)
        .await
        .refused(409, "RequestConflict", "already used");
}

#[tokio::test]
async fn definitions_that_break_a_rule_are_refused() {
    let bench = Bench::new().await;
    let at = |seconds: i64| json!(bench.at(seconds));
    const DAY: i64 = 24 * 60 * 60;
    for (name, value, code, part) in [
        (
            "created",
            at(-16 * 60),
            "InputError",
            "`created` cannot be in the past",
        ),
        (
            "created",
            at(16 * 60),
            "InputError",
            "`created` cannot be in the future",
        ),
        ("deadline", at(-60), "InputError", "deadline"),
        (
            "deadline",
            at(5 * DAY + 16 * 60),
            "InputError",
            "more than 5 days",
        ),
        (
            "expires",
            at(3600),
            "InputError",
            "`expires` cannot be before `deadline`",
        ),
        (
            "expires",
            json!("2099-01-01"),
            "InputValidationError",
            "date-time",
        ),
        (
            "retries",
            json!(50),
            "InputValidationError",
            "data/retries must be <= 49",
        ),
        (
            "routes",
            json!(["a", "a"]),
            "InputValidationError",
            "duplicate items",
        ),
        (
            "routes",
            json!(["x".repeat(250)]),
            "InputValidationError",
            "more than 249 characters",
        ),
        (
            "schedulerId",
            json!("a b"),
            "InputValidationError",
            "data/schedulerId must match pattern",
        ),
        (
            "projectId",
            json!("a b"),
            "InputValidationError",
            "data/projectId must match pattern",
        ),
        (
            "taskQueueId",
            json!("a/B"),
            "InputValidationError",
            "data/taskQueueId must match pattern",
        ),
        (
            "priority",
            json!("normal"),
            "InputValidationError",
            "one of the allowed values",
        ),
        (
            "tags",
            json!({"a": 1}),
            "InputValidationError",
            "data/tags/a must be string",
        ),
        (
            "payload",
            json!([]),
            "InputValidationError",
            "data/payload must be object",
        ),
        (
            "scopes",
            json!(["queue:**"]),
            "InputError",
            "must not end with `**`",
        ),
        (
            "scopes",
            json!(["\u{e4}"]),
            "InputValidationError",
            "data/scopes/0 must match pattern",
        ),
        (
            "unknown",
            json!(1),
            "InputValidationError",
            "additional properties: \"unknown\"",
        ),
        ("provisionerId", json!("gecko-1"), "", ""),
    ] {
        let answer = bench
            .create(&slug(), &bench.task_with(json!({name: value})))
            .await;
        match code {
            "" => drop(answer.expect(200)),
            _ => answer.refused(400, code, part),
        }
    }
    for seconds in [5 * DAY, 5 * DAY + 14 * 60] {
        bench
            .create(&slug(), &bench.task_with(json!({"deadline": at(seconds)})))
            .await
            .expect(200);
    }
    let both = json!({"provisionerId": "other", "workerType": "b-linux"});
    let answer = bench.create(&slug(), &bench.task_with(both)).await;
    answer.refused(400, "InputError", "taskQueueId must match");
    let mut none = bench.task();
    none.as_object_mut().unwrap().shift_remove("taskQueueId");
    bench
        .create(&slug(), &none)
        .await
        .refused(400, "InputError", "must be provided");
    bench
        .create("short", &bench.task())
        .await
        .refused(400, "InvalidRequestArguments", "taskId");
}

#[tokio::test]
async fn dependencies_must_exist_and_outlive_dependents() {
    let bench = Bench::new().await;
    let (id, missing, group) = (slug(), slug(), slug());
    let task = bench.task_with(json!({"dependencies": [missing], "taskGroupId": group}));
    let message = format!("references non-existing tasks: \n * {missing}");
    bench
        .create(&id, &task)
        .await
        .refused(400, "InputError", &message);
    let path = format!("/api/queue/v1/task/{id}");
    bench
        .root("GET", &path, None)
        .await
        .refused(404, "ResourceNotFound", &id);
    let path = format!("/api/queue/v1/task-group/{group}/list");
    let listed = bench.root("GET", &path, None).await.expect(200);
    assert_eq!(listed["tasks"], json!([]));

    let short = slug();
    let brief = json!({"deadline": bench.at(60), "expires": bench.at(120)});
    bench
        .create(&short, &bench.task_with(brief))
        .await
        .expect(200);
    let task = bench.task_with(json!({"dependencies": [short]}));
    bench
        .create(&slug(), &task)
        .await
        .refused(400, "InputError", "tasks that expires");

    let many: Vec<String> = (0..10_001).map(|_| slug()).collect();
    let task = bench.task_with(json!({"dependencies": many}));
    bench
        .create(&slug(), &task)
        .await
        .refused(400, "InputValidationError", "10000 items");
}

#[tokio::test]
async fn large_and_compressed_bodies_are_accepted() {
    let bench = Bench::new().await;
    let sized = |mebibytes: f64| {
        let filler = "x".repeat((mebibytes * 1024.0 * 1024.0) as usize);
        bench.task_with(json!({"payload": {"filler": filler}}))
    };
    bench.create(&slug(), &sized(9.9)).await.expect(200);
    bench
        .create(&slug(), &sized(10.5))
        .await
        .refused(500, "InternalServerError", "");

    let id = slug();
    let path = format!("/api/queue/v1/task/{id}");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(bench.task().to_string().as_bytes())
        .unwrap();
    let header = bench.header(&bench.sandbox.root_credentials(), "PUT", &path, 0, None);
    let request = bench
        .http()
        .put(format!("{}{path}", bench.sandbox.root_url()))
        .header("Content-Type", "application/json")
        .header("Content-Encoding", "gzip")
        .header("Authorization", header)
        .body(encoder.finish().unwrap());
    bench.finish(request).await.expect(200);
    assert!(bench.sandbox.state().task(&id).is_some());
}

#[tokio::test]
async fn strings_that_a_database_cannot_store_are_refused() {
    let bench = Bench::new().await;
    let nul = bench.task_with(json!({"extra": {"a": "\0"}}));
    bench
        .create(&slug(), &nul)
        .await
        .refused(500, "InternalServerError", "");
    let path = format!("/api/queue/v1/task/{}", slug());
    let text = bench.task_with(json!({"extra": {"a": "LONE"}})).to_string();
    let header = bench.header(&bench.sandbox.root_credentials(), "PUT", &path, 0, None);
    let send = |body: String| {
        bench
            .http()
            .put(format!("{}{path}", bench.sandbox.root_url()))
            .header("Content-Type", "application/json")
            .header("Authorization", &header)
            .body(body)
    };
    let answer = bench.finish(send(text.replace("LONE", "\\ud800"))).await;
    answer.refused(500, "InternalServerError", "");
    bench
        .finish(send(text.replace("LONE", "\\ud83d\\ude00")))
        .await
        .expect(200);
    bench.finish(send("{".to_owned())).await.refused(
        400,
        "MalformedPayload",
        "Failed to parse JSON",
    );
}

#[tokio::test]
async fn large_integers_become_doubles() {
    let bench = Bench::new().await;
    let id = slug();
    let task = bench.task_with(json!({"extra": {"n": 9_007_199_254_740_993_u64}}));
    bench.create(&id, &task).await.expect(200);
    let stored = bench
        .root("GET", &format!("/api/queue/v1/task/{id}"), None)
        .await
        .expect(200);
    assert_eq!(stored["extra"]["n"], json!(9_007_199_254_740_992_u64));
    bench.create(&id, &task).await.expect(200);
}
