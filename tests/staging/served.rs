//! `snowman stage serve` as a process: a staged release and its history over HTTP.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use snowman::base::value::json as own;
use snowman::stage::history::Bundle;
use snowman::stage::state::Effect;

use super::processes::{Task, complete, id, ran};
use crate::common::taskcluster::{DECISION, Taskcluster};

/// The SHA-512 of "a", as `printf a | sha512sum` prints it.
const SHA512: &str = "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75";

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Serves the release of a group. Returns the address, too.
    fn start(taskcluster: &Taskcluster) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_snowman"))
            .args(["stage", "serve", DECISION, "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("TASKCLUSTER_ROOT_URL", taskcluster.sandbox.root_url())
            .env(
                "TASKCLUSTER_PROXY_URL",
                taskcluster.sandbox.proxy_url(DECISION),
            )
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let start = line.find("http://")?;
            line[start..].split('/').nth(2).map(str::to_owned)
        });
        (Self(child), format!("http://{}", address.unwrap()))
    }
}

/// What `stage show` says about the group, and its exit code.
fn shown(taskcluster: &Taskcluster) -> (Value, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_snowman"))
        .args(["stage", "show", DECISION, "--json"])
        .env_clear()
        .env("TASKCLUSTER_ROOT_URL", taskcluster.sandbox.root_url())
        .env(
            "TASKCLUSTER_PROXY_URL",
            taskcluster.sandbox.proxy_url(DECISION),
        )
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let shown = serde_json::from_slice(&output.stdout);
    (
        shown.unwrap_or_else(|error| unreachable!("{error}: {said}")),
        output.status.code(),
    )
}

/// Two files of an earlier release, as a bundle says it; one has other content now.
fn earlier(task: &str) -> Vec<u8> {
    let file = |name: &str, sha512: &str| Effect {
        space: "archive".to_owned(),
        key: format!("pub/hail/releases/93.0/{name}"),
        value: own!({
            "size": 1, "sha512": sha512, "sha256": "",
            "content": {"taskId": task, "artifact": "public/old.txt"},
        }),
    };
    Bundle {
        origin: "a fixture".to_owned(),
        effects: vec![file("old.txt", SHA512), file("other.txt", "00")],
        ..Bundle::default()
    }
    .write()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_and_its_history_are_served() {
    let taskcluster = Taskcluster::new().await;
    let state = taskcluster.sandbox.state();
    let (build, publish, history) = (id('A'), id('B'), id('C'));
    for (task, artifacts) in [
        (&build, vec![("public/new.txt", b"a".to_vec())]),
        (
            &history,
            vec![
                ("public/old.txt", b"a".to_vec()),
                ("public/staging/history.json.gz", earlier(&history)),
            ],
        ),
    ] {
        taskcluster.create(task, &taskcluster.definition("build", &[]));
        state.claim(task).unwrap();
        let artifacts: Vec<_> = artifacts
            .into_iter()
            .map(|(name, content)| (name.to_owned(), content))
            .collect();
        complete(&taskcluster, task, &artifacts);
    }
    let file = "pub/hail/candidates/94.0-candidates/build1/new.txt";
    let task = Task {
        id: publish.clone(),
        system: "beetmover",
        action: "push-to-candidates",
        scopes: &[
            "beetmover:bucket:dep",
            "beetmover:action:push-to-candidates",
        ],
        payload: json!({
            "releaseProperties": {"appName": "Hail", "hashType": "sha512"},
            "upstreamArtifacts": [{"taskId": build, "taskType": "build", "paths": ["public/new.txt"]}],
            "artifactMap": [{"taskId": build, "locale": "en-US", "paths": {
                "public/new.txt": {"destinations": [file], "checksums_path": "new.txt"},
            }}],
        }),
        from: &[],
        history: &[&history],
    };
    task.create(&taskcluster);
    state.claim(&publish).unwrap();
    let made = ran(&taskcluster, &publish, 0);
    complete(&taskcluster, &publish, &made);
    let (told, code) = tokio::task::block_in_place(|| shown(&taskcluster));
    assert_eq!((&told["holds"], code), (&json!(true), Some(0)));
    let tasks = told["releases"][0]["tasks"].as_array().unwrap().iter();
    let staged: Vec<&Value> = tasks.filter(|task| !task["report"].is_null()).collect();
    let [staged] = staged[..] else {
        unreachable!("{told}")
    };
    assert_eq!(staged["system"], "beetmover: push-to-candidates");
    assert_eq!(staged["phases"][0]["taskId"], json!(publish));
    assert_eq!(
        staged["report"]["wouldHappen"],
        json!(["1 file would be uploaded"])
    );
    let (_server, address) = tokio::task::block_in_place(|| Server::start(&taskcluster));
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let get = async |path: &str| {
        let response = client
            .get(format!("{address}/{path}"))
            .send()
            .await
            .unwrap();
        let status = response.status();
        let location = response.headers().get(LOCATION).cloned();
        (status, location, response.text().await.unwrap())
    };
    for path in [file, "pub/hail/releases/93.0/old.txt"] {
        let (status, _, text) = get(path).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, "a"), "{path}");
    }
    let (status, location, _) = get("pub/hail").await;
    assert_eq!(status, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(location.unwrap(), "/pub/hail/");
    let (status, _, keys) = get("?list-type=2&prefix=pub/hail/releases/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        keys.contains("<Key>pub/hail/releases/93.0/old.txt</Key>"),
        "{keys}"
    );
    let (status, _, _) = get("pub/hail/absent.txt").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let request = client
        .head(format!("{address}/{file}"))
        .header("range", "bytes=0-0");
    let head = request.send().await.unwrap();
    assert_eq!(head.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(head.headers()["content-range"], "bytes 0-0/1");
    // What is not what was published is not served.
    let (status, _, text) = get("pub/hail/releases/93.0/other.txt").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(text.contains("is not what was published"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_shown_even_if_all_its_tasks_are_red() {
    let taskcluster = Taskcluster::new().await;
    let state = taskcluster.sandbox.state();
    let red = id('B');
    let task = Task {
        id: red.clone(),
        system: "beetmover",
        action: "push-to-candidates",
        scopes: &[],
        payload: json!({}),
        from: &[],
        history: &[],
    };
    task.create(&taskcluster);
    state.claim(&red).unwrap();
    let report = json!({"system": "beetmover", "problems": ["no bucket"]}).to_string();
    let name = "public/staging/report.json";
    state
        .put_artifact(&red, None, name, "application/json", report)
        .unwrap();
    state.report_failed(&red).unwrap();
    let (told, code) = tokio::task::block_in_place(|| shown(&taskcluster));
    assert_eq!((&told["holds"], code), (&json!(false), Some(1)));
    let tasks = told["releases"][0]["tasks"].as_array().unwrap().iter();
    let problems: Vec<&Value> = tasks.map(|task| &task["report"]["problems"]).collect();
    assert!(problems.contains(&&json!(["no bucket"])), "{told}");
}
