//! The index: insertion, ranks, routes of completed tasks, lists, and artifacts by index path.

use serde_json::{Value, json};

use super::bench::{Bench, slug};

fn entry(bench: &Bench, id: &str, rank: i64) -> Value {
    json!({"taskId": id, "rank": rank, "data": {"a": 1}, "expires": bench.at(3600)})
}

async fn insert(bench: &Bench, path: &str, body: &Value) -> super::bench::Answer {
    bench
        .root("PUT", &format!("/api/index/v1/task/{path}"), Some(body))
        .await
}

async fn find(bench: &Bench, path: &str) -> super::bench::Answer {
    bench
        .send("GET", &format!("/api/index/v1/task/{path}"), None, None)
        .await
}

#[tokio::test]
async fn higher_ranks_win_and_entries_expire() {
    let bench = Bench::new().await;
    let (one, two, three) = (slug(), slug(), slug());
    find(&bench, "a.b.c")
        .await
        .refused(404, "ResourceNotFound", "Indexed task not found");
    insert(&bench, "a.b.c", &entry(&bench, &one, 5))
        .await
        .expect(200);
    let lower = insert(&bench, "a.b.c", &entry(&bench, &two, 4))
        .await
        .expect(200);
    assert_eq!(lower["taskId"], json!(one));
    insert(&bench, "a.b.c", &entry(&bench, &three, 5))
        .await
        .expect(200);
    let found = find(&bench, "a.b.c").await.expect(200);
    assert_eq!(
        found,
        json!({
            "namespace": "a.b.c", "taskId": three, "rank": 5, "data": {"a": 1},
            "expires": bench.at(3600),
        })
    );
    let long = "a.".repeat(130) + "b";
    insert(&bench, &long, &entry(&bench, &one, 0))
        .await
        .refused(500, "InternalServerError", "");
    insert(&bench, "a..b", &entry(&bench, &one, 0))
        .await
        .refused(400, "InvalidRequestArguments", "");
    let answer = bench
        .send(
            "PUT",
            "/api/index/v1/task/a.b",
            Some(&entry(&bench, &one, 0)),
            None,
        )
        .await;
    answer.refused(403, "InsufficientScopes", "index:insert-task:a.b");
    bench
        .root("DELETE", "/api/index/v1/task/a.b.c", None)
        .await
        .expect(200);
    find(&bench, "a.b.c")
        .await
        .refused(404, "ResourceNotFound", "");
    insert(&bench, "a.b.c", &entry(&bench, &one, 0))
        .await
        .expect(200);
    bench.wait(3600);
    find(&bench, "a.b.c")
        .await
        .refused(404, "ResourceNotFound", "");
}

#[tokio::test]
async fn namespaces_and_tasks_are_listed() {
    let bench = Bench::new().await;
    let id = slug();
    for path in ["a.b.c", "a.b.d", "a.e", "f"] {
        insert(&bench, path, &entry(&bench, &id, 0))
            .await
            .expect(200);
    }
    let list = async |path: &str, name: &str| -> Vec<String> {
        let answer = bench
            .send("GET", &format!("/api/index/v1/{path}"), None, None)
            .await
            .expect(200);
        let members = answer[name].as_array().unwrap();
        members
            .iter()
            .map(|member| member["namespace"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(list("namespaces", "namespaces").await, ["a"]);
    assert_eq!(list("namespaces/a", "namespaces").await, ["a.b"]);
    assert_eq!(list("tasks/a.b", "tasks").await, ["a.b.c", "a.b.d"]);
    assert_eq!(list("tasks/a.b?limit=1", "tasks").await, ["a.b.c"]);
    assert_eq!(list("tasks", "tasks").await, ["f"]);
    let body = json!({"indexes": ["a.e", "none", "f"]});
    let found = bench
        .send("POST", "/api/index/v1/tasks/indexes", Some(&body), None)
        .await
        .expect(200);
    assert_eq!(found["tasks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn completed_tasks_are_indexed() {
    let bench = Bench::new().await;
    let (id, failed) = (slug(), slug());
    let routes = json!(["index.a.b", "index.c", "notify.email"]);
    let task = bench.task_with(json!({
        "routes": routes, "extra": {"index": {"rank": 7, "data": {"x": 1}, "expires": bench.at(60)}},
    }));
    bench.create(&id, &task).await.expect(200);
    find(&bench, "a.b")
        .await
        .refused(404, "ResourceNotFound", "");
    bench.sandbox.run_workers_until_idle().await.unwrap();
    for path in ["a.b", "c"] {
        let found = find(&bench, path).await.expect(200);
        assert_eq!(found["taskId"], json!(id));
        assert_eq!(
            (&found["rank"], &found["data"]),
            (&json!(7), &json!({"x": 1}))
        );
        assert_eq!(found["expires"], json!(bench.at(60)));
    }
    bench
        .create(&failed, &bench.task_with(json!({"routes": ["index.d"]})))
        .await
        .expect(200);
    bench
        .sandbox
        .state()
        .set_outcome(&failed, snowman::sandbox::RunOutcome::Failed);
    bench.sandbox.run_workers_until_idle().await.unwrap();
    find(&bench, "d").await.refused(404, "ResourceNotFound", "");
    let plain = slug();
    bench
        .create(&plain, &bench.task_with(json!({"routes": ["index.e"]})))
        .await
        .expect(200);
    bench.sandbox.run_workers_until_idle().await.unwrap();
    let found = find(&bench, "e").await.expect(200);
    assert_eq!(found["rank"], 0);
    let task = bench.sandbox.state().task(&plain).unwrap();
    assert_eq!(found["expires"], task.definition["expires"]);
}

#[tokio::test]
async fn artifacts_are_found_by_index_path() {
    let bench = Bench::new().await;
    let id = slug();
    bench.create(&id, &bench.task()).await.expect(200);
    let state = bench.sandbox.state();
    state.claim(&id).unwrap();
    state
        .put_artifact(&id, None, "public/a.txt", "text/plain", "open")
        .unwrap();
    state
        .put_artifact(&id, None, "private/a.txt", "text/plain", "closed")
        .unwrap();
    state
        .insert_index("a.b", &id, 0.0, bench.now() + chrono::Duration::hours(1))
        .unwrap();
    assert_eq!(state.find_index("a.b"), Some(id));
    let path = "/api/index/v1/task/a.b/artifacts";
    let open = bench
        .send("GET", &format!("{path}/public/a.txt"), None, None)
        .await;
    assert_eq!(open.status, 303);
    assert_eq!(
        bench
            .finish(bench.http().get(open.location.unwrap()))
            .await
            .body,
        json!("open")
    );
    let closed = format!("{path}/private/a.txt");
    bench
        .send("GET", &closed, None, None)
        .await
        .refused(403, "InsufficientScopes", "");
    let answer = bench.root("GET", &closed, None).await;
    let signed = bench
        .finish(bench.http().get(answer.location.unwrap()))
        .await;
    assert_eq!(signed.status, 303);
    assert_eq!(
        bench
            .finish(bench.http().get(signed.location.unwrap()))
            .await
            .body,
        json!("closed")
    );
}
