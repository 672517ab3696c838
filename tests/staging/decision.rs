//! A decision below release level, and its staged task as a process in the environment of a worker.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use snowman::base::json::read;
use snowman::base::name::TaskId;
use snowman::base::value::Value as Own;
use snowman::sandbox::State;
use snowman::stage::history::Bundle;
use snowman::stage::run::run;
use snowman::stage::source::{Artifact, Source, SourceError};
use snowman::stage::state::TaskRun;

use crate::common::taskcluster::{DECISION, Taskcluster};
use crate::common::{CANDIDATES, CONFIG, PLAIN, Project, Ran};

/// The alias of the release worker, before the next section.
pub const ALIASES: &str = "        beetmover:
            provisioner: scriptworker-k8s
            implementation: beetmover
            os: scriptworker
            worker-type: test-1-beetmover
taskgraph:
";

/// The settings of staging.
pub const STAGING: &str = "snowman:
    staging:
        worker-type: linux
        image: example/snowman:1
";

/// A kind with a release task.
pub const KIND: &str = "kind-dependencies: [build]
tasks:
    candidates:
        description: Publish it
        dependencies: {build: build-linux}
        worker-type: beetmover
        attributes: {shipping_product: hail}
";

/// A project that publishes what it builds.
pub fn project(staging: &str) -> Project {
    let config = CONFIG.replacen("taskgraph:\n", ALIASES, 1);
    Project::new()
        .file("taskcluster/config.yml", format!("{config}{staging}"))
        .kind("publish", &format!("{PLAIN}{KIND}{CANDIDATES}"))
}

/// What a command says, in one line.
pub fn said(ran: &Ran) -> String {
    let words: Vec<String> = ran.shown().split_whitespace().map(str::to_owned).collect();
    words.join(" ").replace(" │ ", " ")
}

/// The tasks of the decision, by label.
pub fn tasks(state: &State) -> BTreeMap<String, (String, Value)> {
    let groups = state.groups();
    let ids = groups
        .iter()
        .flat_map(|group| state.group_tasks(&group.group_id));
    ids.map(|task| (task.label, (task.task_id.clone(), task.definition)))
        .collect()
}

/// Completes a task with an artifact.
fn complete(state: &State, id: &str, content: &str) {
    state.claim(id).unwrap();
    let name = "public/a.tar.xz";
    state
        .put_artifact(id, None, name, "application/x-xz", content.to_owned())
        .unwrap();
    state.report_completed(id).unwrap();
}

/// Reads from the sandbox in this process.
pub struct InProcess<'a>(pub &'a State);

impl Source for InProcess<'_> {
    fn artifact(&self, task: &TaskId, name: &str, _: u64) -> Result<Artifact, SourceError> {
        let (task, name) = (task.clone(), name.to_owned());
        match self.0.artifact(task.as_str(), None, &name) {
            Some(content) => Ok(Artifact {
                content: Arc::from(content.bytes.as_ref()),
            }),
            None => Err(SourceError::Missing { task, name }),
        }
    }
}

/// Every file below a folder, by its path.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_project_is_the_history() {
    let taskcluster = Taskcluster::new().await;
    let bundle = Bundle {
        origin: "a file".to_owned(),
        ..Bundle::default()
    };
    let staging =
        format!("{STAGING}        history: [XkrdF-y0SIKCbCrx-Ydmkg, ci/history.json.gz]\n");
    let project = project(&staging).file("ci/history.json.gz", bundle.write());
    let project = taskcluster.inside(project, DECISION);
    let decided = tokio::task::block_in_place(|| project.decide(&[]));
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
    let (_, definition) = &tasks(&taskcluster.sandbox.state())["publish-candidates"];
    let history = &definition["extra"]["staging"]["history"];
    assert_eq!(*history, json!(["XkrdF-y0SIKCbCrx-Ydmkg", DECISION]));
    let published = project.root().join("artifacts/staging/history.json.gz");
    let read = Bundle::read(&std::fs::read(published).unwrap());
    assert_eq!(read, Ok(bundle));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_staged_task_runs_as_a_process() {
    let taskcluster = Taskcluster::new().await;
    let decided = taskcluster.decide(project(STAGING), &[]);
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
    let state = taskcluster.sandbox.state();
    let tasks = tasks(&state);
    let (id, definition) = &tasks["publish-candidates"];
    let build = &tasks["build-linux"].0;
    assert_eq!(definition["taskQueueId"], "test-1/linux-gcp");
    assert_eq!(definition["scopes"], json!([]));
    assert_eq!(
        definition["payload"]["command"],
        json!(["snowman", "stage", "run"])
    );
    let staging = &definition["extra"]["staging"];
    assert_eq!(staging["system"], "beetmover");
    assert_eq!(staging["release"]["product"], "hail");
    assert_eq!(staging["pool"], "scriptworker-k8s/test-1-beetmover");
    assert_eq!(staging["payload"]["artifactMap"][0]["taskId"], **build);
    complete(&state, build, "the archive");
    state.claim(id).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let process = |runs: u32| {
        let place = folder.path().join(runs.to_string());
        let inside = taskcluster.inside(Project::new(), id);
        let arguments = ["stage", "run", "--folder", place.to_str().unwrap()];
        let ran = tokio::task::block_in_place(|| inside.run(&arguments));
        assert_eq!(ran.code, Some(0), "{}", ran.shown());
        assert!(ran.stdout.contains("The task passes."), "{}", ran.stdout);
        files(&place)
    };
    // Run again, it writes the same.
    let first = process(1);
    assert_eq!(first, process(2));
    let own: Own = read("definition", definition.to_string().as_bytes()).unwrap();
    let of_run = TaskRun {
        task_id: TaskId::parse(id).unwrap(),
        run_id: 0,
    };
    let done = run(&of_run, &own, &InProcess(&state));
    let made = done
        .artifacts
        .into_iter()
        .map(|output| (output.name, output.content));
    assert_eq!(first, made.collect());
    assert!(first.contains_key("public/staging/state.json.gz"));
    assert!(first.contains_key("public/target.checksums"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_artifact_turns_the_task_red() {
    let taskcluster = Taskcluster::new().await;
    let decided = taskcluster.decide(project(STAGING), &[]);
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
    let state = taskcluster.sandbox.state();
    let tasks = tasks(&state);
    let build = &tasks["build-linux"].0;
    state.claim(build).unwrap();
    state.report_completed(build).unwrap();
    let id = &tasks["publish-candidates"].0;
    state.claim(id).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let inside = taskcluster.inside(Project::new(), id);
    let ran = tokio::task::block_in_place(|| inside.run(&["stage", "run", "--folder", place]));
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let files = files(folder.path());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["public/staging/report.html", "public/staging/report.json"]
    );
    let report: Value = serde_json::from_slice(&files["public/staging/report.json"]).unwrap();
    let why = format!("the task {build} has no artifact `public/a.tar.xz`");
    assert_eq!(report["problems"], json!([why]));
}

/// The definition of the release task in the morphed graph with the parameters in `params.yml`.
pub fn morphed(project: &Project) -> Value {
    morphed_task(project, "publish-candidates")
}

/// The definition of a task in that graph.
fn morphed_task(project: &Project, label: &str) -> Value {
    let ran = project.run(&["morphed", "--json", "-p", "params.yml", "-o", "graph.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
    // What a command prints has no taskIds in tests.
    let graph = std::fs::read(project.root().join("graph.json")).unwrap();
    let graph: Value = serde_json::from_slice(&graph).unwrap();
    let mut tasks = graph.as_object().unwrap().values();
    let task = tasks.find(|task| task["label"] == label);
    task.unwrap()["task"].clone()
}

#[test]
fn nothing_is_staged_unless_the_project_asks_below_release_level() {
    let branches = format!("release-branches: {{project: true}}\n{STAGING}");
    for (staging, level, is_staged) in [
        (STAGING, 1, true),
        ("", 1, false),
        (&branches, 1, true),
        (&branches, 3, false),
    ] {
        let params = format!("project: project\nlevel: '{level}'\ntarget_tasks_method: default\n");
        let project = project(staging).file("params.yml", params);
        let task = morphed(&project);
        let staging = task["extra"].get("staging");
        assert_eq!(staging.is_some(), is_staged, "{level} {}", task);
        let pool = if is_staged {
            "linux-gcp"
        } else {
            "test-1-beetmover"
        };
        assert_eq!(task["workerType"], pool);
    }
}

#[test]
fn settings_that_are_wrong_are_all_reported() {
    let staging = "snowman:
    staging:
        worker-type: beetmover
        image: example/snowman:1
        kinds: {publish: bouncr}
";
    let ran = project(staging).run(&["morphed"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let text = said(&ran);
    for part in [
        "expected an alias of docker-worker, found `beetmover`, an alias of beetmover",
        "unknown release system `bouncr`",
        "did you mean `bouncer`?",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn the_declared_archive_goes_to_staged_tasks() {
    let declared = |archive: &str| {
        let staging = format!("{STAGING}        archive: {archive}\n");
        project(&staging).file("params.yml", "project: project\nlevel: '1'\n")
    };
    let archive = "https://archive.example.com/pub";
    let task = morphed(&declared(archive));
    assert_eq!(task["extra"]["staging"]["archive"], archive);
    let ran = declared("ftp://archive.example.com").run(&["morphed", "-p", "params.yml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let text = said(&ran);
    assert!(
        text.contains("`snowman.staging.archive`: expected an address that begins with https:// or http://, found `ftp://archive.example.com`"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_created_if_a_release_task_would_be_refused() {
    let taskcluster = Taskcluster::new().await;
    let kind = format!("{PLAIN}{KIND}{CANDIDATES}").replace("checksums_path", "checksum_path");
    let decided = taskcluster.decide(project(STAGING).kind("publish", &kind), &[]);
    assert_eq!(decided.code, Some(1), "{}", decided.shown());
    let text = said(&decided);
    assert!(text.contains("would refuse the task"), "{text}");
    assert!(taskcluster.created().is_empty());
}

#[test]
fn a_task_that_its_worker_would_refuse_is_not_created_at_any_level() {
    let branches = format!("release-branches: {{project: true}}\n{STAGING}");
    for level in ["1", "3"] {
        let params = format!("project: project\nlevel: '{level}'\n");
        let config = CONFIG.replacen("taskgraph:\n", ALIASES, 1);
        let kind = format!("{PLAIN}{KIND}{CANDIDATES}")
            .replace(
                "bucket:dep",
                "bucket:dep\n            - project:test:releng:beetmover:bucket:other",
            )
            .replace("checksums_path", "checksum_path");
        let project = Project::new()
            .file("taskcluster/config.yml", format!("{config}{branches}"))
            .kind("publish", &kind)
            .file("params.yml", params);
        let ran = project.run(&["morphed", "-p", "params.yml"]);
        assert_eq!(ran.code, Some(1), "{}", ran.shown());
        let text = said(&ran);
        for part in [
            "task `publish-candidates`",
            "the release worker of beetmover would refuse the task",
            "asks for one scope for the bucket or repository, but the task has several",
            "`payload.artifactMap[0].paths.public/a.tar.xz.checksums_path` is missing",
            "is it misspelt as `checksum_path`?",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn product_and_phase_are_named_in_either_spelling() {
    for (product, phase) in [
        ("shipping_product", "shipping_phase"),
        ("shipping-product", "shipping-phase"),
    ] {
        let attributes = format!("attributes: {{{product}: hail, {phase}: build}}");
        let kind = format!("{PLAIN}{KIND}{CANDIDATES}");
        let kind = kind.replace("attributes: {shipping_product: hail}", &attributes);
        let project = project(STAGING)
            .kind("publish", &kind)
            .file("params.yml", "project: project\nlevel: '1'\n");
        let staging = &morphed(&project)["extra"]["staging"];
        assert_eq!(staging["phase"], "build", "{staging}");
        assert_eq!(staging["release"]["product"], "hail", "{staging}");
    }
}

#[test]
fn private_artifacts_are_read_with_their_scope() {
    let kind =
        format!("{PLAIN}{KIND}{CANDIDATES}").replace("public/a.tar.xz", "releng/partner/a.tar.xz");
    let project = project(STAGING)
        .kind("publish", &kind)
        .file("params.yml", "project: project\nlevel: '1'\n");
    let scopes = &morphed(&project)["scopes"];
    assert_eq!(
        *scopes,
        json!(["queue:get-artifact:releng/partner/a.tar.xz"])
    );
}

#[test]
fn a_release_task_that_an_existing_one_replaces_is_before_the_others() {
    let after = |kind: &str, dependency: &str| {
        let name = dependency.split('-').next().unwrap();
        format!(
            "{PLAIN}kind-dependencies: [{name}]\ntasks:\n    a:\n        description: A {kind}\n        \
             dependencies: {{{name}: {dependency}}}\n        worker-type: succeed\n        worker: {{}}\n"
        )
    };
    let build = "eN1SbArXTPSVFNUvaOlinQ";
    let (publish, gate) = ("fN1SbArXTPSVFNUvaOlinQ", "gN1SbArXTPSVFNUvaOlinQ");
    let params = format!(
        "project: project\nlevel: '1'\ntarget_tasks_method: default\n\
         optimize_target_tasks: true\n\
         existing_tasks: {{build-linux: {build}, publish-candidates: {publish}, gate-a: {gate}}}\n"
    );
    let project = project(STAGING)
        .kind("gate", &after("gate", "publish-candidates"))
        .kind("release-generate-checksums", &after("list", "gate-a"))
        .file("params.yml", params);
    let task = morphed_task(&project, "release-generate-checksums-a");
    assert_eq!(task["dependencies"], json!([gate]));
    assert_eq!(task["extra"]["staging"]["from"], json!([publish]));
}
