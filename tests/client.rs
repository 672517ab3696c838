//! The Taskcluster client against the embedded Taskcluster, which checks signatures as the real one.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may end where it finds something wrong, and needs new ids and the time of day"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use snowman::base::name::{IndexPath, KindName, Label, TaskId};
use snowman::base::pause::RetryPolicy;
use snowman::base::task_state::TaskState;
use snowman::base::value::Object;
use snowman::model::id_graph::{IdGraph, PlannedTask};
use snowman::ports::clock::SystemClock;
use snowman::ports::environment::Environment;
use snowman::ports::ids::DerivedIds;
use snowman::ports::taskcluster::Taskcluster;
use snowman::sandbox::{Options, Sandbox, WorkerOptions};
use snowman::submit::{PlanOptions, Ports, SubmitLimits, TokioSleeper, execute, plan};
use snowman::taskcluster::{Client, Patience};

/// A sandbox.
struct Bench {
    sandbox: Sandbox,
}

impl Bench {
    async fn new() -> Self {
        let options = Options {
            address: "127.0.0.1:0".parse().unwrap(),
            folder: None,
            workers: WorkerOptions::default(),
            clock: Arc::new(Utc::now),
        };
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
        }
    }

    /// A task in a group of its own, due in a day.
    fn task(&self) -> Value {
        json!({
            "taskQueueId": "gecko-1/b-linux",
            "schedulerId": "gecko-level-1",
            "created": later(0),
            "deadline": later(1),
            "payload": {"command": ["true"]},
            "metadata": {
                "name": "build", "description": "Builds it", "owner": "dev@example.com",
                "source": "https://example.com/source",
            },
        })
    }

    fn task_with(&self, fields: Value) -> Value {
        let mut task = self.task();
        for (name, value) in fields.as_object().unwrap() {
            task[name] = value.clone();
        }
        task
    }
}

fn slug() -> String {
    slugid::nice()
}

fn day(days: i64) -> DateTime<Utc> {
    Utc::now() + chrono::Duration::days(days)
}

fn later(days: i64) -> String {
    day(days).to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn patience() -> Patience {
    Patience {
        retry: RetryPolicy {
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(1),
            budget: Duration::from_millis(5),
        },
        create_budget: Duration::ZERO,
        answer: Duration::from_secs(20),
    }
}

fn client(variables: &[(&str, &str)]) -> Client {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment = Environment::new(variables.iter().map(owned));
    Client::connect_with(&environment, &patience()).unwrap()
}

fn signing(bench: &Bench) -> Client {
    let root = bench.sandbox.root_credentials();
    client(&[
        ("TASKCLUSTER_ROOT_URL", &bench.sandbox.root_url()),
        ("TASKCLUSTER_CLIENT_ID", &root.client_id),
        ("TASKCLUSTER_ACCESS_TOKEN", &root.access_token),
    ])
}

fn id(text: &str) -> TaskId {
    TaskId::parse(text).unwrap()
}

fn path(text: &str) -> IndexPath {
    IndexPath::parse(text).unwrap()
}

#[tokio::test]
async fn tasks_are_created_read_cancelled_and_run_again() {
    let bench = Bench::new().await;
    let client = signing(&bench);
    let (task_id, definition) = (id(&slug()), bench.task());
    client
        .create_task(&task_id, &definition.clone().into())
        .await
        .unwrap();
    client
        .create_task(&task_id, &definition.clone().into())
        .await
        .unwrap();
    let found = client.task(&task_id).await.unwrap();
    assert_eq!(found["payload"], definition["payload"]);
    client.cancel_task(&task_id).await.unwrap();
    let one = std::slice::from_ref(&task_id);
    let statuses = client.statuses(one).await.unwrap();
    assert_eq!(statuses[&task_id].state, TaskState::Exception);
    assert!(statuses[&task_id].expires.is_some());
    client.rerun_task(&task_id).await.unwrap();
    assert_eq!(
        client.statuses(one).await.unwrap()[&task_id].state,
        TaskState::Pending
    );

    let other = bench.task_with(json!({"payload": {"command": ["false"]}}));
    let taken = client
        .create_task(&task_id, &other.clone().into())
        .await
        .unwrap_err();
    assert_eq!(taken.status, Some(409));
    assert_eq!(taken.call, format!("queue.createTask({task_id})"));
    assert!(taken.message.contains("already used by another task"));
    for echoed in ["---", "requestInfo", "```", "payload"] {
        assert!(!taken.message.contains(echoed), "{}", taken.message);
    }
    assert!(client.task(&id(&slug())).await.unwrap_err().is_not_found());
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let bench = Bench::new().await;
    let state = bench.sandbox.state();
    let group = slug();
    let definition = bench.task_with(json!({"taskGroupId": group}));
    let expires = day(1);
    let mut ids = Vec::new();
    for n in 0..1_105 {
        let task_id = slug();
        state.create_task(&task_id, &definition.clone()).unwrap();
        state
            .insert_index(&format!("snow.many.n{n}"), &task_id, 1.0, expires)
            .unwrap();
        ids.push(id(&task_id));
    }
    ids.sort();
    let proxied = {
        let decision = id(&slug());
        state.create_task(decision.as_str(), &bench.task()).unwrap();
        state.claim(decision.as_str()).unwrap();
        client(&[(
            "TASKCLUSTER_PROXY_URL",
            &bench.sandbox.proxy_url(decision.as_str()),
        )])
    };
    let anonymous = client(&[("TASKCLUSTER_ROOT_URL", &bench.sandbox.root_url())]);
    for (client, may_list) in [
        (signing(&bench), true),
        (proxied, false),
        (anonymous, false),
    ] {
        if may_list {
            let members = client.task_group(&id(&group)).await.unwrap();
            let listed: Vec<_> = members.iter().map(|m| m.task_id.clone()).collect();
            assert_eq!(listed, ids);
            assert_eq!(members[7].definition["taskGroupId"], json!(group));
            let mut listed = client.list_index(&path("snow.many")).await.unwrap();
            listed.sort();
            assert_eq!(listed, ids);
        }
        let asked: Vec<_> = ids.iter().cloned().chain([id(&slug())]).collect();
        let statuses = client.statuses(&asked).await.unwrap();
        assert_eq!(statuses.keys().cloned().collect::<Vec<_>>(), ids);
        let paths: Vec<_> = (0..1_205)
            .map(|n| path(&format!("snow.many.n{n}")))
            .collect();
        let found = client.find_tasks(&paths).await.unwrap();
        assert_eq!(found.len(), 1_105);
    }
    let client = signing(&bench);
    assert_eq!(client.statuses(&[]).await, Ok(BTreeMap::new()));
    assert_eq!(client.find_tasks(&[]).await, Ok(BTreeMap::new()));
    assert!(
        client
            .task_group(&id(&slug()))
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert_eq!(client.list_index(&path("snow.none")).await, Ok(Vec::new()));
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn the_index_lists_what_expires_first() {
    let bench = Bench::new().await;
    let state = bench.sandbox.state();
    let mut ids = Vec::new();
    for (name, days) in [("a", 3), ("b", 1), ("c", 2)] {
        let task_id = slug();
        state.create_task(&task_id, &bench.task()).unwrap();
        let expires = day(days);
        let place = format!("snow.x.{name}");
        state.insert_index(&place, &task_id, 1.0, expires).unwrap();
        ids.push(id(&task_id));
    }
    let listed = signing(&bench).list_index(&path("snow.x")).await.unwrap();
    assert_eq!(listed, [ids[1].clone(), ids[2].clone(), ids[0].clone()]);
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn artifacts_are_fetched_where_they_are() {
    let bench = Bench::new().await;
    let state = bench.sandbox.state();
    let task_id = id(&slug());
    let reader = bench.task_with(json!({"scopes": ["queue:get-artifact:private/*"]}));
    state.create_task(task_id.as_str(), &reader).unwrap();
    state.claim(task_id.as_str()).unwrap();
    let proxy = bench.sandbox.proxy_url(task_id.as_str());
    let proxied = client(&[("TASKCLUSTER_PROXY_URL", proxy.trim_end_matches('/'))]);
    let signing = signing(&bench);
    for name in ["public/a.json", "public/a b/100%?#&+.txt", "private/x"] {
        state
            .put_artifact(task_id.as_str(), None, name, "text/plain", name.to_owned())
            .unwrap();
        for client in [&signing, &proxied] {
            let content = client.artifact(&task_id, name).await;
            assert_eq!(content, Ok(name.as_bytes().to_vec()));
        }
    }
    let broken = json!({"storageType": "error", "expires": later(1),
        "reason": "file-missing-on-worker", "message": "it is not there"});
    let root = bench.sandbox.root_credentials();
    let root = taskcluster::Credentials::new(&root.client_id, &root.access_token);
    let builder = taskcluster::ClientBuilder::new(bench.sandbox.root_url()).credentials(root);
    let queue = taskcluster::Queue::new(builder).unwrap();
    queue
        .createArtifact(task_id.as_str(), "0", "public/broken", &broken)
        .await
        .unwrap();

    let client = signing;
    let failed = client
        .artifact(&task_id, "public/broken")
        .await
        .unwrap_err();
    assert_eq!(failed.status, Some(424));
    assert!(!failed.is_transient());
    assert!(
        client
            .artifact(&task_id, "public/none")
            .await
            .unwrap_err()
            .is_not_found()
    );
    for name in ["", ".", ".."] {
        let refused = client.artifact(&task_id, name).await.unwrap_err();
        assert_eq!(refused.status, Some(400));
    }
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn callers_are_who_their_credentials_say() {
    let bench = Bench::new().await;
    let root_url = bench.sandbox.root_url();
    bench.sandbox.add_client(
        "someone",
        "hidden-token-hidden",
        &["queue:seal-task-group:x"],
    );
    let someone = client(&[
        ("TASKCLUSTER_ROOT_URL", &root_url),
        ("TASKCLUSTER_CLIENT_ID", "someone"),
        ("TASKCLUSTER_ACCESS_TOKEN", "hidden-token-hidden"),
    ]);
    let scopes = someone.current_scopes().await.unwrap();
    assert!(scopes.contains("queue:seal-task-group:x"));
    let refused = someone
        .create_task(&id(&slug()), &bench.task().into())
        .await
        .unwrap_err();
    assert_eq!(refused.status, Some(403));
    assert!(
        refused.message.contains("queue:create-task:"),
        "{}",
        refused.message
    );

    let wrong = client(&[
        ("TASKCLUSTER_ROOT_URL", &root_url),
        ("TASKCLUSTER_CLIENT_ID", "someone"),
        ("TASKCLUSTER_ACCESS_TOKEN", "not-the-token"),
    ]);
    let refused = wrong
        .create_task(&id(&slug()), &bench.task().into())
        .await
        .unwrap_err();
    assert_eq!(refused.status, Some(401));
    assert!(!refused.to_string().contains("not-the-token"));

    let anonymous = client(&[("TASKCLUSTER_ROOT_URL", &root_url)]);
    let scopes = anonymous.current_scopes().await.unwrap();
    assert!(scopes.contains("assume:anonymous"), "{scopes:?}");
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn temporary_credentials_work_for_every_page() {
    let bench = Bench::new().await;
    let state = bench.sandbox.state();
    let (decision, group) = (slug(), slug());
    let scope = format!("queue:list-task-group:{group}");
    let task = bench.task_with(json!({"scopes": [scope]}));
    state.create_task(&decision, &task).unwrap();
    let credentials = state.claim(&decision).unwrap()["credentials"].clone();
    let member = bench.task_with(json!({"taskGroupId": group}));
    for _ in 0..1_001 {
        state.create_task(&slug(), &member).unwrap();
    }
    let field = |name: &str| credentials[name].as_str().unwrap();
    let temporary = client(&[
        ("TASKCLUSTER_ROOT_URL", &bench.sandbox.root_url()),
        ("TASKCLUSTER_CLIENT_ID", field("clientId")),
        ("TASKCLUSTER_ACCESS_TOKEN", field("accessToken")),
        ("TASKCLUSTER_CERTIFICATE", field("certificate")),
    ]);
    let members = temporary.task_group(&id(&group)).await.unwrap();
    assert_eq!(members.len(), 1_001);
    bench.sandbox.stop().await;
}

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
        dependencies: Arc::default(),
        soft_dependencies: Vec::new(),
        if_dependencies: Vec::new(),
        provenance: Arc::default(),
    }
}

#[tokio::test]
async fn a_graph_is_created_once_however_often_it_is_submitted() {
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
    let told = report.problems.to_string();
    assert!(told.contains("task `task-9`: the taskId"), "{told}");
    assert!(
        told.contains("`payload.command` should be [\"changed\"], but is absent"),
        "{told}"
    );
    bench.sandbox.stop().await;
}

#[tokio::test]
async fn large_definitions_arrive_whole() {
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
async fn a_clock_that_is_off_is_told() {
    for (hours, said) in [(1, "60 minutes behind"), (-1, "60 minutes ahead of")] {
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
        let near = said.replace("60", "59");
        let told = &refused.message;
        assert!(told.contains(said) || told.contains(&near), "{told}");
        assert!(told.contains("the clock of this machine is"), "{told}");
        let refused = client.task_group(&id(&slug())).await.unwrap_err();
        assert!(
            refused.message.contains("the clock of this machine"),
            "{}",
            refused.message
        );
    }
}
