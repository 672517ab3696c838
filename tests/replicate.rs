//! Replicates tasks of another graph that is on an embedded Taskcluster, as a decision does.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may end where it finds something wrong, and needs new ids and the time of day"
)]

use snowman::base::value::{Value, json};
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use snowman::base::diagnostic::Outcome;
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::decision::{Context, Phases};
use snowman::ports::clock::SystemClock;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::ports::taskcluster::Taskcluster;
use snowman::sandbox::{Options, Sandbox, WorkerOptions};
use snowman::task_scripts::TaskScripts;
use snowman::taskcluster::Client;

const CONFIG: &str = "
trust-domain: snow
task-priority: low
workers: {aliases: {}}
taskgraph: {repositories: {ci: {name: ci}}}
";

fn day(days: i64) -> DateTime<Utc> {
    Utc::now() + chrono::Duration::days(days)
}

fn definition(name: &str) -> Value {
    let date = |days| day(days).to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({
        "provisionerId": "far-3", "workerType": "b-linux", "schedulerId": "far-level-3",
        "created": date(0), "deadline": date(1), "expires": date(30),
        "scopes": ["far:cache:far-level-3-x"], "payload": {"cache": {"far-level-3-x": "/x"}}, "extra": {},
        "metadata": {
            "name": name, "description": "d", "owner": "dev@example.com", "source": "https://example.com/source",
        },
    })
}

async fn sandbox() -> Sandbox {
    let options = Options {
        address: "127.0.0.1:0".parse().unwrap(),
        folder: None,
        workers: WorkerOptions::default(),
        clock: Arc::new(Utc::now),
    };
    Sandbox::start(options).await.unwrap()
}

/// The full task set of a project with one kind, which replicates `targets`.
fn full_set(taskcluster: Option<&dyn Taskcluster>, targets: &[&str]) -> Outcome<Value> {
    let folder = tempfile::tempdir().unwrap();
    let kind = folder.path().join("taskcluster/kinds/far");
    std::fs::create_dir_all(&kind).unwrap();
    let kind_yml = format!(
        "loader: taskgraph.loader.transform:loader\n\
         transforms: [mozilla_taskgraph.transforms.replicate]\n\
         tasks:\n  far:\n    replicate:\n      target: {}\n",
        json!(targets)
    );
    std::fs::write(kind.join("kind.yml"), kind_yml).unwrap();
    let cases: Value = serde_json::from_str(include_str!("mozilla_taskgraph/cases.json")).unwrap();
    let params = &cases["params"];
    let variables = [("TASK_ID".to_owned(), slugid::nice())];
    let phases = Phases {
        context: Context {
            files: &Disk::new(folder.path()).unwrap(),
            vcs: None,
            environment: &Environment::new(variables),
            clock: &SystemClock,
            taskcluster,
            task_scripts: &TaskScripts::default(),
            python: None,
            cache: None,
            fast: false,
            stop: &snowman::ports::stop::NEVER,
        },
        graph_config: &GraphConfig::read(
            "taskcluster",
            "taskcluster/config.yml",
            CONFIG.as_bytes(),
        )?,
        params: &Parameters::new(params.as_object().unwrap().clone(), Strictness::Lenient)?,
        verify: true,
        artifacts: None,
    };
    Ok(phases.full_set()?.0.to_json())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_other_graphs_come_from_the_queue() {
    let sandbox = sandbox().await;
    let (decision, plain) = (slugid::nice(), slugid::nice());
    let state = sandbox.state();
    state
        .create_task(&decision, &definition("decision").into())
        .unwrap();
    state
        .create_task(&plain, &definition("plain").into())
        .unwrap();
    state.claim(&decision).unwrap();
    let graph = json!({"x": {"label": "build", "attributes": {}, "task": definition("build")}});
    let name = "public/task-graph.json";
    state
        .put_artifact(&decision, None, name, "application/json", graph.to_string())
        .unwrap();
    state.report_completed(&decision).unwrap();
    state
        .insert_index("far.latest", &decision, 1.0, day(1))
        .unwrap();

    let root = sandbox.root_credentials();
    let variables = [
        ("TASKCLUSTER_ROOT_URL", sandbox.root_url()),
        ("TASKCLUSTER_CLIENT_ID", root.client_id),
        ("TASKCLUSTER_ACCESS_TOKEN", root.access_token),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    let client = Client::connect(&Environment::new(variables)).unwrap();

    let created = full_set(Some(&client), &["far.latest", &plain]).unwrap();
    let labels: Vec<_> = created.as_object().unwrap().keys().collect();
    assert_eq!(labels, ["far-build", "far-plain"]);
    let task = &created["far-build"]["task"];
    assert_eq!(task["provisionerId"], "far-1");
    assert_eq!(task["scopes"], json!(["far:cache:snow-level-1-x"]));

    // Everything that cannot be found is reported with its place.
    let wrong = full_set(Some(&client), &["far.oldest", &slugid::nice()]).unwrap_err();
    assert_eq!(wrong.len(), 2, "{wrong}");
    assert!(wrong.to_string().starts_with(
        "taskcluster/kinds/far/kind.yml:6:16: kind `far`, task `far`: no task is indexed at `far.oldest`"
    ), "{wrong}");
    sandbox.stop().await;
}

#[test]
fn without_taskcluster_the_error_names_the_missing_setting() {
    let wrong = full_set(None, &["far.latest"]).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "taskcluster/kinds/far/kind.yml:6:16: kind `far`, task `far`: cannot look up the target `far.latest`: \
         no Taskcluster deployment is configured\n  \
         help: set TASKCLUSTER_ROOT_URL, e.g. to https://firefox-ci-tc.services.mozilla.com"
    );
}
