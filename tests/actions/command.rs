//! The commands `actions`, `action-callback` and `test-action-callback`.

use serde_json::{Value, json};
use snowman::config::graph_config::ON_DEMAND;
use snowman::ports::environment::Environment;

use super::bench::{Bench, REPOSITORY};
use super::ran::{CommandOutput, Ran};

/// The values that follow each other on standard output.
fn values(output: &CommandOutput) -> Vec<Value> {
    let stream = serde_json::Deserializer::from_str(&output.out).into_iter();
    stream.collect::<Result<_, _>>().unwrap()
}

/// The environment of a user outside Taskcluster, with permission to read everything.
pub fn local_environment(bench: &Bench) -> Environment {
    let root = bench.sandbox.root_credentials();
    Environment::default()
        .with("TASKCLUSTER_ROOT_URL", &bench.sandbox.root_url())
        .with("TASKCLUSTER_CLIENT_ID", &root.client_id)
        .with("TASKCLUSTER_ACCESS_TOKEN", &root.access_token)
}

async fn tested(bench: &Bench, push: &Ran, args: &[&str]) -> CommandOutput {
    let params = format!("task-id={}", push.task_id);
    let mut all = vec![
        "test-action-callback",
        "-p",
        &params,
        "--task-group-id",
        push.task_id.as_str(),
    ];
    all.extend(args);
    bench.command(&local_environment(bench), &all).await
}

#[tokio::test]
async fn a_test_prints_what_would_be_created_and_changes_nothing() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.everything();
    bench
        .project
        .write("input.yml", "downstream: yes\n")
        .write("input.json", "{\"downstream\": true}");
    let task = push.id("build-a");
    let mut outputs = Vec::new();
    for file in ["input.yml", "input.json"] {
        let args = ["--task-id", task.as_str(), "--input", file, "retrigger"];
        let output = tested(&bench, &push, &args).await;
        assert_eq!(output.code, Some(0), "{}", output.err);
        outputs.push(values(&output));
        for date in ["created", "deadline", "expires"] {
            for pair in outputs.last_mut().unwrap() {
                // Dates are those of creation.
                assert!(pair[1][date].take().is_string());
            }
        }
    }
    assert_eq!(outputs[0], outputs[1]);
    let args = [
        "--task-id",
        task.as_str(),
        "--input",
        "input.yml",
        "retrigger",
    ];
    let summary = tested(&bench, &push, &args).await.err;
    assert!(
        summary.contains(
            "The action would create 3 tasks (1 build, 1 sign, 1 test); nothing was done"
        ),
        "{summary}"
    );
    let labels: Vec<&str> = outputs[0]
        .iter()
        .map(|pair| pair[1]["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(labels[0], "build-a");
    assert_eq!(labels.len(), 3);
    for pair in &outputs[0] {
        assert_eq!(pair.as_array().unwrap().len(), 2);
        assert_eq!(pair[1]["taskGroupId"], push.task_id.as_str());
    }
    assert_eq!(bench.everything(), before);
    // The artifacts are those that the action would leave.
    let left = |name: &str| -> Value {
        let path = bench.project.root().join("artifacts").join(name);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    for pair in &outputs[0] {
        let task = &left("task-graph.json")[pair[0].as_str().unwrap()];
        assert_eq!(task["label"], pair[1]["metadata"]["name"]);
        assert_eq!(
            left("label-to-taskid.json")[task["label"].as_str().unwrap()],
            pair[0]
        );
    }
    assert_eq!(left("to-run.json"), json!(["build-a", "sign-a", "test-a"]));
}

#[tokio::test]
async fn a_promotion_can_be_tested() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.everything();
    bench.project.write(
        "input.yml",
        "release_promotion_flavor: promote_fox\nbuild_number: 2\n",
    );
    let output = tested(
        &bench,
        &push,
        &["--input", "input.yml", "release-promotion"],
    )
    .await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let mut labels: Vec<String> = values(&output)
        .iter()
        .map(|pair| pair[1]["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    labels.sort_unstable();
    assert_eq!(labels, ["l10n-a", "partials-a"]);
    assert_eq!(bench.everything(), before);
}

#[tokio::test]
async fn a_tested_cancellation_cancels_nothing() {
    let (bench, push) = Bench::with_push().await;
    let before = bench.everything();
    let task = push.id("build-a");
    let output = tested(&bench, &push, &["--task-id", task.as_str(), "cancel"]).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(output.out.is_empty(), "{}", output.out);
    assert!(
        output.err.contains(&format!("Would have cancelled {task}")),
        "{}",
        output.err
    );
    assert_eq!(bench.everything(), before);
}

#[tokio::test]
async fn mistakes_in_a_test_are_reported() {
    let (bench, push) = Bench::with_push().await;
    bench
        .project
        .write("input.txt", "{}")
        .write("broken.json", "{")
        .write("wrong.yml", "times: 0\n");
    let task = push.id("build-a");
    for (args, code, part) in [
        (
            vec!["--input", "input.txt", "retrigger"],
            2,
            "neither a .yml nor a .json file",
        ),
        (vec!["--input", "none.yml", "retrigger"], 1, "none.yml"),
        (
            vec!["--input", "broken.json", "retrigger"],
            1,
            "is not valid JSON",
        ),
        (
            vec![
                "--task-id",
                task.as_str(),
                "--input",
                "wrong.yml",
                "retrigger",
            ],
            1,
            "times",
        ),
        (vec!["--task-id", "a b", "cancel"], 2, "--task-id"),
        (
            vec!["nothing-like-it"],
            1,
            "unknown action `nothing-like-it`",
        ),
    ] {
        let output = tested(&bench, &push, &args).await;
        assert_eq!(output.code, Some(code), "{args:?}: {}", output.err);
        assert!(output.err.contains(part), "{args:?}: {}", output.err);
        assert!(output.out.is_empty(), "{args:?}");
    }
}

/// Begins an action task that retriggers a build twice; yields its environment.
fn retrigger(bench: &Bench, push: &Ran) -> Environment {
    let task_id = bench.new_id();
    let mut definition = bench.definition(&push.task_id, "Action", "action:generic");
    definition["extra"]["action"] = json!({
        "cb_name": "retrigger",
        "context": {
            "taskGroupId": push.task_id.as_str(),
            "taskId": push.id("build-a").as_str(),
            "input": {"times": 2},
        },
    });
    bench.begin(&task_id, &definition)
}

/// A folder beside the project, which `artifacts` is linked to as tasks do it.
fn linked(bench: &Bench) -> tempfile::TempDir {
    let outside = tempfile::tempdir().unwrap();
    let link = bench.project.root().join("artifacts");
    std::os::unix::fs::symlink(outside.path(), link).unwrap();
    outside
}

#[tokio::test]
async fn artifacts_of_actions_may_be_linked_to_another_folder() {
    let (bench, push) = Bench::with_push().await;
    let outside = linked(&bench);
    let environment = retrigger(&bench, &push);
    let output = bench.command(&environment, &["action-callback"]).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(outside.path().join("to-run.json").is_file());
    std::fs::remove_file(outside.path().join("to-run.json")).unwrap();
    let task = push.id("build-a");
    let output = tested(&bench, &push, &["--task-id", task.as_str(), "retrigger"]).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert!(outside.path().join("to-run.json").is_file());
}

#[tokio::test]
async fn an_action_does_not_write_through_a_link_of_the_checkout() {
    let (bench, push) = Bench::with_push().await;
    let outside = linked(&bench);
    bench.project.git(&["init", "--quiet"]);
    bench.project.git(&["add", "--force", "artifacts"]);
    let before = bench.labels(&push.task_id);
    let environment = retrigger(&bench, &push);
    let output = bench.command(&environment, &["action-callback"]).await;
    assert_eq!(output.code, Some(1), "{}", output.err);
    assert!(output.err.contains("remove `artifacts`"), "{}", output.err);
    assert_eq!(outside.path().read_dir().unwrap().count(), 0);
    assert_eq!(bench.labels(&push.task_id), before);
}

#[tokio::test]
async fn an_action_task_runs_its_action() {
    let (bench, push) = Bench::with_push().await;
    let environment = retrigger(&bench, &push);
    let output = bench.command(&environment, &["action-callback"]).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let copies = bench
        .labels(&push.task_id)
        .into_iter()
        .filter(|l| l == "build-a")
        .count();
    assert_eq!(copies, 3);
    let folder = bench.project.root().join("artifacts");
    for name in [
        "task-graph.json",
        "task-graph-0.json",
        "task-graph-1.json",
        "label-to-taskid.json",
        "to-run.json",
    ] {
        assert!(folder.join(name).is_file(), "{name}");
    }
}

#[tokio::test]
async fn an_action_outside_of_a_task_is_reported() {
    let (bench, _) = Bench::with_push().await;
    let output = bench
        .command(&local_environment(&bench), &["action-callback"])
        .await;
    assert_eq!(output.code, Some(3), "{}", output.err);
    assert!(output.err.contains("TASK_ID is not set"), "{}", output.err);
}

#[tokio::test]
async fn offered_actions_can_be_printed() {
    let (bench, push) = Bench::with_push().await;
    let params = format!("task-id={}", push.task_id);
    let output = bench
        .command(&local_environment(&bench), &["actions", "-p", &params])
        .await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    let printed = values(&output);
    assert_eq!(printed.len(), 1);
    let actions = printed[0]["actions"].as_array().unwrap();
    let usual = snowman::actions::ACTIONS.len() - ON_DEMAND.len();
    assert_eq!(actions.len(), usual);
    for action in actions {
        let decision = &action["hookPayload"]["decision"];
        assert_eq!(decision["action"]["taskGroupId"], "DECISION-TASK");
        assert_eq!(decision["repository"]["url"], REPOSITORY);
        assert_eq!(decision["push"]["revision"], "r1");
    }
}
