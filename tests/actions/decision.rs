//! The command `decision` in a decision task.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use snowman::base::name::TaskId;
use snowman::base::value::Object;
use snowman::config::parameters::Parameters;

use crate::bench::{Bench, REPOSITORY, Said, moment, set};
use crate::project::Project;

/// A decision task in a checkout of the release fixture with a docker image.
struct Checkout {
    bench: Bench,
    task_id: TaskId,
    revision: String,
}

impl Checkout {
    async fn new(message: &str) -> Self {
        let project = Project::release();
        let config =
            std::fs::read_to_string(project.root().join("taskcluster/config.yml")).unwrap();
        let images = "aliases:\n        images: {provisioner: 'snow-{level}', implementation: docker-worker, \
                      os: linux, worker-type: images}\n\
                      treeherder: {group-names: {I: Images}}\n";
        project
            .write("taskcluster/config.yml", &config.replace("aliases: {}\n", images))
            .write(
                "taskcluster/kinds/docker-image/kind.yml",
                "loader: taskgraph.loader.transform:loader\n\
                 transforms: [taskgraph.transforms.docker_image:transforms, \
                 taskgraph.transforms.cached_tasks:transforms, taskgraph.transforms.task:transforms]\n\
                 tasks: {plain: {symbol: I(p)}, image_builder: {symbol: I(b)}}\n",
            )
            .write("taskcluster/docker/plain/Dockerfile", "FROM debian\n")
            .write("taskcluster/docker/image_builder/Dockerfile", "FROM debian\n");
        project.commit("first");
        project.write("src/x.rs", "");
        let revision = project.commit(message);
        let bench = Bench::new(project).await;
        let task_id = bench.new_id();
        let definition = bench.definition(&task_id, "Decision Task", "branch:main");
        bench.begin(&task_id, &definition);
        Self {
            bench,
            task_id,
            revision,
        }
    }

    /// Begins another decision task in the same checkout.
    fn another(&mut self) {
        self.task_id = self.bench.new_id();
        let definition = self
            .bench
            .definition(&self.task_id, "Decision Task", "branch:main");
        self.bench.begin(&self.task_id, &definition);
    }

    async fn decide(&self, more: &[&str]) -> Said {
        let revision = format!("--head-rev={}", self.revision);
        let base = format!(
            "--base-rev={}",
            self.bench.project.git(&["rev-parse", "HEAD~1"])
        );
        let repositories = [
            format!("--head-repository={REPOSITORY}"),
            format!("--base-repository={REPOSITORY}"),
        ];
        let mut args = vec![
            "decision",
            "--pushlog-id=0",
            "--project=ci",
            "--owner=dev",
            "--level=1",
            "--repository-type=git",
            "--base-ref=main",
            "--head-ref=refs/heads/main",
            "--tasks-for=github-push",
            &revision,
            &base,
        ];
        args.extend(repositories.iter().map(String::as_str));
        if !more.iter().any(|arg| arg.starts_with("--pushdate=")) {
            args.push("--pushdate=0");
        }
        args.extend(more);
        let environment = self.bench.environment(&self.task_id);
        self.bench.command(&environment, &args).await
    }

    async fn decided(&self, more: &[&str]) {
        let said = self.decide(more).await;
        assert_eq!(said.code, Some(0), "{}", said.err);
    }

    fn read(&self, name: &str) -> Vec<u8> {
        let path = self.bench.project.root().join(name);
        std::fs::read(&path).unwrap_or_else(|error| unreachable!("{name}: {error}"))
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(&format!("artifacts/{name}"))).unwrap()
    }

    fn parameters(&self) -> Object {
        Parameters::read("parameters.yml", &self.read("artifacts/parameters.yml")).unwrap()
    }
}

/// The files below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            found.extend(
                files(&entry.path())
                    .into_iter()
                    .map(|inner| format!("{name}/{inner}")),
            );
        } else {
            found.insert(name);
        }
    }
    found
}

#[tokio::test]
async fn every_artifact_is_there_and_well_formed() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&[]).await;
    let root = checkout.bench.project.root();
    let contexts = [
        "docker-contexts/image_builder.tar.gz",
        "docker-contexts/plain.tar.gz",
    ];
    let mut expected = set([
        "actions.json",
        "full-task-graph.json",
        "label-to-taskid.json",
        "optimizations.log",
        "parameters.yml",
        "runnable-jobs.json",
        "target-tasks.json",
        "task-graph.json",
    ]);
    expected.extend(contexts.map(str::to_owned));
    assert_eq!(files(&root.join("artifacts")), expected);
    assert_eq!(
        files(&root.join("docker-contexts")),
        set(["image_builder.tar.gz", "plain.tar.gz"])
    );
    for context in contexts {
        let beside = checkout.read(context);
        assert_eq!(beside[..2], [0x1f, 0x8b], "{context} is gzipped");
        assert_eq!(beside, checkout.read(&format!("artifacts/{context}")));
    }
    for name in expected.iter().filter(|name| name.ends_with(".json")) {
        let text = String::from_utf8(checkout.read(&format!("artifacts/{name}"))).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            text.trim_end_matches('\n'),
            snowman::base::json::pretty(&value).trim_end_matches('\n'),
            "{name}"
        );
    }
    let full = checkout.json("full-task-graph.json");
    let labels: BTreeSet<String> = full.as_object().unwrap().keys().cloned().collect();
    let of_images = ["docker-image-image_builder", "docker-image-plain"];
    assert_eq!(bench.labels(&checkout.task_id), ["build-a", "sign-a"]);
    let first = bench.tasks(&checkout.task_id);
    bench.sandbox.add_role(role, &["queue:*"]);
    checkout.decided(&[]).await;
    let second = bench.tasks(&checkout.task_id);
    assert_eq!(second.len(), 5);
    assert!(first.iter().all(|task| second.contains(task)));
}

#[tokio::test]
async fn parameters_are_those_of_the_push() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&[]).await;
    let made = checkout.parameters();
    let task = checkout
        .bench
        .sandbox
        .state()
        .task(checkout.task_id.as_str())
        .unwrap();
    let created = moment(&task.definition, "created");
    // The push date is not known, so the date of the decision task stands in for it.
    assert_eq!(made["build_date"], created.unix());
    assert_eq!(made["moz_build_date"], created.strftime("%Y%m%d%H%M%S"));
    for (name, value) in [
        ("pushdate", json!(0)),
        ("owner", json!("dev@noreply.mozilla.org")),
        ("head_rev", json!(checkout.revision)),
        ("files_changed", json!(["src/x.rs"])),
        ("version", json!("1.5.0")),
        ("level", json!("1")),
        ("target_tasks_method", json!("default")),
        ("existing_tasks", json!({})),
        ("head_tag", json!("")),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_push_date_that_is_known_is_taken() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&["--pushdate=1700000000"]).await;
    let made = checkout.parameters();
    assert_eq!(made["pushdate"], 1_700_000_000);
    assert_eq!(made["build_date"], 1_700_000_000);
    assert_eq!(made["moz_build_date"], "20231114221320");
}

#[tokio::test]
async fn dontbuild_builds_nothing() {
    let checkout = Checkout::new("docs only DONTBUILD").await;
    checkout.decided(&["--target-tasks-method=default"]).await;
    assert_eq!(checkout.parameters()["target_tasks_method"], "nothing");
    assert_eq!(checkout.json("target-tasks.json"), json!([]));
    let images = ["docker-image-image_builder", "docker-image-plain"];
    assert_eq!(checkout.bench.labels(&checkout.task_id), images);
    // The full graph is there all the same, for actions.
    assert!(
        checkout
            .json("full-task-graph.json")
            .get("build-a")
            .is_some()
    );
}

#[tokio::test]
async fn try_may_override_parameters() {
    let mut checkout = Checkout::new("change").await;
    let config = json!({
        "version": 2,
        "parameters": {"target_tasks_method": "nothing", "owner": "try@example.com"},
    });
    checkout
        .bench
        .project
        .write("try_task_config.json", &config.to_string());
    checkout.decided(&[]).await;
    assert_eq!(checkout.parameters()["owner"], "dev@noreply.mozilla.org");
    checkout.another();
    checkout.decided(&["--allow-parameter-override"]).await;
    assert_eq!(checkout.parameters()["owner"], "try@example.com");
    assert_eq!(checkout.json("target-tasks.json"), json!([]));
    // Another file can be named.
    let other = json!({"version": 2, "parameters": {"owner": "other@example.com"}});
    checkout
        .bench
        .project
        .write("other.json", &other.to_string());
    checkout.another();
    checkout
        .decided(&[
            "--allow-parameter-override",
            "--try-task-config-file=other.json",
        ])
        .await;
    assert_eq!(checkout.parameters()["owner"], "other@example.com");
    for (text, part) in [
        ("{", "is no JSON"),
        ("[]", "is no mapping"),
        ("{}", "has no `version`"),
        ("{\"version\": 1, \"tasks\": []}", "unknown version 1"),
        ("{\"version\": 2, \"tasks\": []}", "unknown key `tasks`"),
        ("{\"version\": 2, \"parameters\": []}", "is no mapping"),
        (
            "{\"version\": 2, \"parameters\": {\"onwer\": \"x\"}}",
            "did you mean `owner`?",
        ),
    ] {
        checkout.bench.project.write("try_task_config.json", text);
        let said = checkout.decide(&["--allow-parameter-override"]).await;
        assert_eq!(said.code, Some(1), "{text}: {}", said.err);
        assert!(said.err.contains(part), "{text}: {}", said.err);
    }
}

#[tokio::test]
async fn a_note_may_override_parameters() {
    let mut checkout = Checkout::new("change").await;
    // The repository that was pushed to is a clone beside; no network is asked.
    let remote = tempfile::tempdir().unwrap();
    let clone = remote.path().to_str().unwrap();
    checkout
        .bench
        .project
        .git(&["clone", "--quiet", "--bare", ".", clone]);
    checkout
        .bench
        .project
        .git(&["config", &format!("url.{clone}.insteadOf"), REPOSITORY]);
    checkout.another();
    checkout.decided(&["--allow-parameter-override"]).await;
    assert_eq!(checkout.parameters()["target_tasks_method"], "default");
    let note = json!({"target_tasks_method": "nothing"}).to_string();
    let notes = "refs/notes/decision-parameters";
    checkout
        .bench
        .project
        .git(&["notes", "--ref", notes, "add", "-m", &note]);
    checkout
        .bench
        .project
        .git(&["push", "--quiet", clone, notes]);
    checkout.bench.project.git(&["update-ref", "-d", notes]);
    checkout.another();
    checkout.decided(&[]).await;
    assert_eq!(checkout.parameters()["target_tasks_method"], "default");
    checkout.another();
    checkout.decided(&["--allow-parameter-override"]).await;
    assert_eq!(checkout.parameters()["target_tasks_method"], "nothing");
    // A file comes before a note.
    let config = json!({"version": 2, "parameters": {}});
    checkout
        .bench
        .project
        .write("try_task_config.json", &config.to_string());
    checkout.another();
    checkout.decided(&["--allow-parameter-override"]).await;
    assert_eq!(checkout.parameters()["target_tasks_method"], "default");
}

#[tokio::test]
async fn a_project_that_is_wrong_creates_nothing() {
    let checkout = Checkout::new("change").await;
    let before = checkout.bench.everything();
    checkout
        .bench
        .project
        .kind("build", &[], &[("a", "dependencies: {x: no-such-task}")]);
    let said = checkout.decide(&[]).await;
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("no-such-task"), "{}", said.err);
    assert_eq!(checkout.bench.everything(), before);
}
