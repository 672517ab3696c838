//! A release of four tasks, each as a process that has nothing but the environment of a docker-worker task,
//! retried and rerun: state and report have the bytes that the same work in this process has.

use serde_json::{Value, json};
use snowman::base::json::read;
use snowman::base::name::TaskId;
use snowman::base::value::Value as Own;
use snowman::ports::environment::Environment;
use snowman::ports::taskcluster::Taskcluster as _;
use snowman::release::staged::{STATE, Staged};
use snowman::stage::run::run;
use snowman::stage::state::{State, TaskRun};
use snowman::taskcluster::Client;

use super::decision::{InProcess, files};
use crate::common::staged;
use crate::common::taskcluster::{DECISION, SCOPES, Taskcluster};

/// A taskId that ends with a letter.
pub fn id(letter: char) -> String {
    format!("fN1SbArXTPSVFUUvaOl{letter}AA")
}

/// A staged task of a system.
pub struct Task<'a> {
    pub id: String,
    pub system: &'a str,
    pub action: &'a str,
    pub scopes: &'a [&'a str],
    pub payload: Value,
    pub from: &'a [&'a str],
    pub history: &'a [&'a str],
}

impl Task<'_> {
    /// Creates the task.
    pub fn create(&self, taskcluster: &Taskcluster) {
        let task_id = |id: &&str| TaskId::parse(id).unwrap();
        let scope = |end: &&str| format!("project:hail:releng:{end}");
        let staged = Staged {
            scopes: self.scopes.iter().map(scope).collect(),
            from: self.from.iter().map(task_id).collect(),
            history: self.history.iter().map(task_id).collect(),
            ..staged::staged(self.system, self.action, own(&self.payload))
        };
        let mut definition = taskcluster.definition(self.system, &[]);
        definition["retries"] = json!(2);
        definition["dependencies"] = json!([DECISION]);
        definition["requires"] = json!("all-resolved");
        let definition = staged.into_definition(&own(&definition));
        let definition = serde_json::from_str(&definition.to_string()).unwrap();
        taskcluster.create(&self.id, &definition);
    }
}

fn own(value: &Value) -> Own {
    read("value", value.to_string().as_bytes()).unwrap()
}

/// Runs the task as a process, and in this one. Returns the artifacts, which are the same.
pub fn ran(taskcluster: &Taskcluster, id: &str, run_id: u32) -> Vec<(String, Vec<u8>)> {
    let (output, folder) = staged::run(taskcluster, id, run_id, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    let log = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{log}");
    let state = taskcluster.sandbox.state();
    let of_run = TaskRun {
        task_id: TaskId::parse(id).unwrap(),
        run_id,
    };
    let definition = own(&state.task(id).unwrap().definition);
    let done = run(&of_run, &definition, &InProcess(&state));
    let made = done.artifacts.into_iter();
    let made = made.map(|output| (output.name, output.content)).collect();
    let written = files(folder.path());
    assert_eq!(written, made);
    written.into_iter().collect()
}

/// Uploads the artifacts of a run, and completes it.
pub fn complete(taskcluster: &Taskcluster, id: &str, artifacts: &[(String, Vec<u8>)]) {
    let state = taskcluster.sandbox.state();
    for (name, content) in artifacts {
        let kind = "application/octet-stream";
        state
            .put_artifact(id, None, name, kind, content.clone())
            .unwrap();
    }
    state.report_completed(id).unwrap();
}

/// What a task makes does not depend on its run, but for the name of the run itself.
fn without_run(artifacts: &[(String, Vec<u8>)]) -> Vec<(String, String)> {
    let texts = artifacts.iter().map(|(name, content)| {
        let text = match name.as_str() {
            STATE => {
                let state = State::read(content).unwrap();
                format!("{:?} {:?}", state.parents, state.effects)
            }
            _ => String::from_utf8_lossy(content).into_owned(),
        };
        (name.clone(), text)
    });
    let plain = |text: String| {
        let mut text = text;
        for run_id in ["0", "1", "2"] {
            text = text.replace(&format!("\"runId\": {run_id}"), "\"runId\": N");
            text = text.replace(&format!("run {run_id}"), "run N");
        }
        text
    };
    texts.map(|(name, text)| (name, plain(text))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_a_release_are_retried_and_rerun() {
    let scopes = [SCOPES, &["queue:rerun-task:*"]].concat();
    let taskcluster = Taskcluster::granting(&scopes).await;
    let state = taskcluster.sandbox.state();
    let client = Client::connect(&Environment::new(
        [
            ("TASKCLUSTER_ROOT_URL", taskcluster.sandbox.root_url()),
            (
                "TASKCLUSTER_PROXY_URL",
                taskcluster.sandbox.proxy_url(DECISION),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    ))
    .unwrap();
    let (build, signing, publish, checksums, mac) = (id('A'), id('B'), id('C'), id('D'), id('E'));
    taskcluster.create(&build, &taskcluster.definition("build", &[]));
    state.claim(&build).unwrap();
    // As `printf a | sha512sum` and `sha256sum` print them.
    let sums = "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75 sha512 1 linux64/hail.tar.xz\n\
        ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb sha256 1 linux64/hail.tar.xz";
    let application = application();
    let made = [
        ("public/hail.tar.xz", b"a".to_vec()),
        ("public/hail.checksums", sums.into()),
        ("public/target.tar.gz", application),
    ];
    complete(
        &taskcluster,
        &build,
        &made.map(|(name, content)| (name.to_owned(), content)),
    );
    let folder = "pub/hail/candidates/94.0-candidates/build1";
    let tasks = [
        Task {
            id: signing.clone(),
            system: "signing",
            action: "",
            scopes: &["signing:cert:dep-signing"],
            payload: json!({"upstreamArtifacts": [{
                "taskId": build, "taskType": "build", "paths": ["public/hail.tar.xz"],
                "formats": ["autograph_gpg"],
            }]}),
            from: &[],
            history: &[],
        },
        Task {
            id: mac.clone(),
            system: "mac-signing",
            action: "",
            scopes: &["signing:cert:dep-signing"],
            payload: json!({
                "upstreamArtifacts": [{
                    "taskId": build, "taskType": "build", "paths": ["public/target.tar.gz"],
                    "formats": ["macapp"],
                }],
                "behavior": "mac_sign_hardened",
                "hardened-sign-config": [{"runtime": true, "globs": ["/"]}],
            }),
            from: &[],
            history: &[],
        },
        Task {
            id: publish.clone(),
            system: "beetmover",
            action: "push-to-candidates",
            scopes: &[
                "beetmover:bucket:dep",
                "beetmover:action:push-to-candidates",
            ],
            payload: json!({
                "releaseProperties": {"appName": "Hail", "hashType": "sha512"},
                "upstreamArtifacts": [
                    {"taskId": build, "taskType": "build", "locale": "en-US",
                     "paths": ["public/hail.tar.xz", "public/hail.checksums"]},
                    {"taskId": signing, "taskType": "signing", "locale": "en-US",
                     "paths": ["public/hail.tar.xz.asc"]},
                ],
                "artifactMap": [
                    {"taskId": build, "locale": "en-US", "paths": {
                        "public/hail.tar.xz": {
                            "destinations": [format!("{folder}/linux64/hail.tar.xz")],
                            "checksums_path": "linux64/hail.tar.xz",
                        },
                        "public/hail.checksums": {
                            "destinations": [format!("{folder}/beetmover-checksums/hail.checksums")],
                            "checksums_path": "hail.checksums",
                        },
                    }},
                    {"taskId": signing, "locale": "en-US", "paths": {"public/hail.tar.xz.asc": {
                        "destinations": [format!("{folder}/linux64/hail.tar.xz.asc")],
                        "checksums_path": "linux64/hail.tar.xz.asc",
                    }}},
                ],
            }),
            from: &[&signing],
            history: &[],
        },
        Task {
            id: checksums,
            system: "checksums",
            action: "",
            scopes: &[],
            payload: json!({}),
            from: &[&publish],
            history: &[],
        },
    ];
    for task in &tasks {
        task.create(&taskcluster);
        state.claim(&task.id).unwrap();
        let first = ran(&taskcluster, &task.id, 0);
        // The worker is lost before it has uploaded anything: the queue retries.
        state.report_exception(&task.id, "worker-shutdown").unwrap();
        state.claim(&task.id).unwrap();
        let second = ran(&taskcluster, &task.id, 1);
        complete(&taskcluster, &task.id, &second);
        // Somebody reruns the completed task.
        let rerun = TaskId::parse(&task.id).unwrap();
        client.rerun_task(&rerun).await.unwrap();
        state.claim(&task.id).unwrap();
        let third = ran(&taskcluster, &task.id, 2);
        complete(&taskcluster, &task.id, &third);
        let name = task.system;
        assert_eq!(without_run(&first), without_run(&second), "{name}");
        assert_eq!(without_run(&second), without_run(&third), "{name}");
        let run_of = |made: &[(String, Vec<u8>)]| {
            let (_, content) = made.iter().find(|(name, _)| name == STATE).unwrap();
            State::read(content).unwrap().run.run_id
        };
        assert_eq!(
            [&first, &second, &third].map(|made| run_of(made)),
            [0, 1, 2]
        );
    }
}

/// A compressed archive with an application for macOS.
fn application() -> Vec<u8> {
    let writer = flate2::GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(writer);
    let mut header = tar::Header::new_ustar();
    header.set_size(1);
    let name = "Hail.app/Contents/Info.plist";
    archive.append_data(&mut header, name, &b"a"[..]).unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}
