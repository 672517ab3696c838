//! The parameters of a decision, and what overrides them.

use serde_json::json;

use super::bench::REPOSITORY;
use super::checkout::Checkout;
use super::ran::moment;

#[tokio::test]
async fn parameters_are_those_of_the_push() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&[]).await;
    let parameters = checkout.parameters();
    let task = checkout
        .bench
        .sandbox
        .state()
        .task(checkout.task_id.as_str())
        .unwrap();
    let created = moment(&task.definition, "created");
    // The push date is not known, so the date of the decision task stands in for it.
    assert_eq!(parameters["build_date"], created.unix());
    assert_eq!(
        parameters["moz_build_date"],
        created.strftime("%Y%m%d%H%M%S")
    );
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
        assert_eq!(parameters[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_known_push_date_is_used() {
    let checkout = Checkout::new("change").await;
    checkout.decided(&["--pushdate=1700000000"]).await;
    let parameters = checkout.parameters();
    assert_eq!(parameters["pushdate"], 1_700_000_000);
    assert_eq!(parameters["build_date"], 1_700_000_000);
    assert_eq!(parameters["moz_build_date"], "20231114221320");
}

#[tokio::test]
async fn dontbuild_builds_nothing() {
    let checkout = Checkout::new("docs only DONTBUILD").await;
    checkout.decided(&["--target-tasks-method=default"]).await;
    assert_eq!(checkout.parameters()["target_tasks_method"], "nothing");
    assert_eq!(checkout.json("target-tasks.json"), json!([]));
    let images = ["docker-image-image_builder", "docker-image-plain"];
    assert_eq!(checkout.bench.labels(&checkout.task_id), images);
    // The full graph is still published, for actions.
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
        ("{", "is not valid JSON"),
        ("[]", "is a list, not a mapping"),
        ("{}", "has no `version`"),
        ("{\"version\": 1, \"tasks\": []}", "unknown version 1"),
        ("{\"version\": 2, \"tasks\": []}", "unknown key `tasks`"),
        (
            "{\"version\": 2, \"parameters\": []}",
            "expected a mapping, found a list",
        ),
        (
            "{\"version\": 2, \"parameters\": {\"onwer\": \"x\"}}",
            "did you mean `owner`?",
        ),
    ] {
        checkout.bench.project.write("try_task_config.json", text);
        let output = checkout.decide(&["--allow-parameter-override"]).await;
        assert_eq!(output.code, Some(1), "{text}: {}", output.err);
        assert!(output.err.contains(part), "{text}: {}", output.err);
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
