//! Task groups: members, pages, sealing, cancelling, batches.

use serde_json::{Value, json};

use super::bench::{Bench, slug};

#[tokio::test]
async fn another_scheduler_id_is_a_conflict() {
    let bench = Bench::new().await;
    let group = slug();
    bench
        .create(&slug(), &bench.task_with(json!({"taskGroupId": group})))
        .await
        .expect(200);
    let other = bench.task_with(json!({"taskGroupId": group, "schedulerId": "other"}));
    let message = format!("Task group `{group}` contains tasks with a schedulerId other");
    bench
        .create(&slug(), &other)
        .await
        .refused(409, "RequestConflict", &message);
}

#[tokio::test]
async fn sealed_groups_refuse_new_tasks() {
    let bench = Bench::new().await;
    let (id, group) = (slug(), slug());
    let task = bench.task_with(json!({"taskGroupId": group}));
    bench.create(&id, &task).await.expect(200);
    let path = |what: &str| format!("/api/queue/v1/task-group/{group}{what}");
    let answer = bench.root("POST", &path("/cancel"), None).await;
    answer.refused(409, "RequestConflict", "Cannot cancel unsealed task group");
    let sealed = bench.root("POST", &path("/seal"), None).await.expect(200);
    assert_eq!(sealed["sealed"], json!(bench.at(0)));
    bench.wait(60);
    assert_eq!(
        bench.root("POST", &path("/seal"), None).await.expect(200),
        sealed
    );
    assert_eq!(bench.root("GET", &path(""), None).await.expect(200), sealed);
    for id in [id.clone(), slug()] {
        let answer = bench.create(&id, &task).await;
        answer.refused(
            409,
            "RequestConflict",
            "is sealed and does not accept new tasks.",
        );
    }
    let canceled = bench.root("POST", &path("/cancel"), None).await.expect(200);
    assert_eq!(
        canceled,
        json!({"taskGroupId": group, "taskGroupSize": 1, "cancelledCount": 1, "taskIds": [id]})
    );
    let again = bench.root("POST", &path("/cancel"), None).await.expect(200);
    assert_eq!(again["cancelledCount"], 0);
    assert_eq!(again["taskGroupSize"], 1);
}

#[tokio::test]
async fn long_groups_are_paged() {
    let bench = Bench::new().await;
    let group = slug();
    let task = bench.task_with(json!({"taskGroupId": group}));
    let mut ids: Vec<String> = (0..1500).map(|_| slug()).collect();
    for id in &ids {
        bench.sandbox.state().create_task(id, &task).unwrap();
    }
    let path = format!("/api/queue/v1/task-group/{group}/list");
    let first = bench
        .root("GET", &format!("{path}?limit=5000"), None)
        .await
        .expect(200);
    assert_eq!(first["tasks"].as_array().unwrap().len(), 1000);
    let token = first["continuationToken"].as_str().unwrap();
    let next = format!("{path}?continuationToken={token}");
    let second = bench.root("GET", &next, None).await.expect(200);
    assert_eq!(second["tasks"].as_array().unwrap().len(), 500);
    assert_eq!(second.get("continuationToken"), None);
    let id_of = |entry: &Value| entry["status"]["taskId"].as_str().unwrap().to_owned();
    let mut listed: Vec<String> = [first, second]
        .iter()
        .flat_map(|page| {
            page["tasks"]
                .as_array()
                .unwrap()
                .iter()
                .map(id_of)
                .collect::<Vec<_>>()
        })
        .collect();
    listed.sort();
    ids.sort();
    assert_eq!(listed, ids);
    let answer = bench
        .root("GET", &format!("{path}?continuationToken=%3F"), None)
        .await;
    answer.refused(400, "InputError", "Invalid continuation token");
    let unknown = format!("/api/queue/v1/task-group/{}/list", slug());
    bench
        .root("GET", &unknown, None)
        .await
        .refused(404, "ResourceNotFound", "No task-group");

    for (path, name) in [
        ("/api/queue/v1/tasks/status", "statuses"),
        ("/api/queue/v1/tasks", "tasks"),
    ] {
        let mut requested_ids = ids.clone();
        requested_ids.push(slug());
        let body = json!({"taskIds": requested_ids});
        let first = bench.root("POST", path, Some(&body)).await.expect(200);
        assert_eq!(first[name].as_array().unwrap().len(), 1000);
        let token = first["continuationToken"].as_str().unwrap();
        let next = format!("{path}?continuationToken={token}");
        let second = bench.root("POST", &next, Some(&body)).await.expect(200);
        assert_eq!(second[name].as_array().unwrap().len(), 500);
        assert_eq!(second.get("continuationToken"), None);
    }
}

#[tokio::test]
async fn dependents_are_listed() {
    let bench = Bench::new().await;
    let (first, second) = (slug(), slug());
    bench.create(&first, &bench.task()).await.expect(200);
    bench
        .create(&second, &bench.task_with(json!({"dependencies": [first]})))
        .await
        .expect(200);
    let path = format!("/api/queue/v1/task/{first}/dependents");
    let listed = bench.root("GET", &path, None).await.expect(200);
    assert_eq!(listed["taskId"], json!(first));
    assert_eq!(listed["tasks"][0]["status"]["taskId"], json!(second));
    let unknown = format!("/api/queue/v1/task/{}/dependents", slug());
    bench
        .root("GET", &unknown, None)
        .await
        .refused(404, "ResourceNotFound", "was not found");
}

#[tokio::test]
async fn the_priority_of_a_group_changes() {
    let bench = Bench::new().await;
    let group = slug();
    let task = bench.task_with(json!({"taskGroupId": group}));
    for id in [slug(), slug()] {
        bench.create(&id, &task).await.expect(200);
    }
    let path = format!("/api/queue/v1/task-group/{group}/priority");
    let body = json!({"newPriority": "high"});
    let changed = bench.root("POST", &path, Some(&body)).await.expect(200);
    assert_eq!(changed["tasksAffected"], 2);
    let again = bench.root("POST", &path, Some(&body)).await.expect(200);
    assert_eq!(again["tasksAffected"], 0);
}
