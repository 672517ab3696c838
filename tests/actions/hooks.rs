//! From `actions.json` by way of a hook to an action task that runs.
//!
//! Each hookPayload is rendered as an interface does it, and this project's `.taskcluster.yml` with
//! the result as the hooks service does it. The task is created, and the program is run in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use snowman::base::name::TaskId;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::ports::files::Disk;
use snowman::rehearse::push::{Push, Service};
use snowman::rehearse::template;

use super::bench::{Bench, REPOSITORY};
use super::project::Project;
use super::ran::{CommandOutput, Ran};

/// The release fixture with this project's `.taskcluster.yml`, under its own trust domain.
fn project() -> Project {
    under_hooks(Project::with_machines())
}

fn under_hooks(project: Project) -> Project {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".taskcluster.yml");
    let own = std::fs::read_to_string(own).unwrap();
    assert!(own.contains("trustDomain: snowman"));
    let own = own.replace("trustDomain: snowman", "trustDomain: snow");
    project.write(".taskcluster.yml", &own);
    project
}

/// Runs an action as Treeherder, the hooks service and a worker do together.
async fn trigger(
    bench: &Bench,
    push: &Ran,
    cb_name: &str,
    task: Option<&str>,
    input: Value,
) -> (TaskId, Value, CommandOutput) {
    let offered = push.json("actions.json");
    let called =
        |action: &&Value| action["hookPayload"]["decision"]["action"]["cb_name"] == cb_name;
    let action = offered["actions"]
        .as_array()
        .unwrap()
        .iter()
        .find(called)
        .unwrap();
    let files = Disk::new(bench.project.root()).unwrap();
    let pushed = Push {
        service: Service::GitHub,
        repository: REPOSITORY.to_owned(),
        project: "ci".to_owned(),
        head_ref: "refs/heads/main".to_owned(),
        head_rev: "r1".to_owned(),
        owner: "dev@example.com".to_owned(),
    };
    let own = bench.new_id();
    let user = json!({"input": input, "taskId": task, "taskGroupId": push.task_id.as_str()});
    let now = SystemClock.now();
    let definition: Value = template::action_task(
        &files,
        &pushed,
        &action.clone().into(),
        &user.into(),
        &own,
        now,
    )
    .unwrap()
    .into();
    let mut environment = bench.begin(&own, &definition);
    for (name, value) in definition["payload"]["env"].as_object().unwrap() {
        environment = environment.with(name, value.as_str().unwrap());
    }
    let output = bench.command(&environment, &["action-callback"]).await;
    (own, definition, output)
}

/// Moves the artifacts of an action out of the way of the next one.
fn keep_artifacts(bench: &Bench, keep_folder: &Option<PathBuf>, own: &TaskId) {
    let left = bench.project.root().join("artifacts");
    if let Some(keep_folder) = keep_folder {
        let to = keep_folder.join("artifacts").join(own.as_str());
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(&left).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    let _ = fs::remove_dir_all(left);
}

/// Keeps the definitions of all tasks, and the artifacts of the push.
fn keep(bench: &Bench, push: &Ran, keep_folder: &Option<PathBuf>) {
    let Some(keep_folder) = keep_folder else {
        return;
    };
    let (tasks, own) = (
        keep_folder.join("tasks"),
        keep_folder.join("artifacts").join(push.task_id.as_str()),
    );
    fs::create_dir_all(&tasks).unwrap();
    fs::create_dir_all(&own).unwrap();
    for task in bench.everything() {
        let path = tasks.join(format!("{}.json", task.task_id));
        fs::write(path, task.definition.to_string()).unwrap();
    }
    for (name, content) in &push.artifacts {
        fs::write(own.join(name), content).unwrap();
    }
    let template = bench.project.root().join(".taskcluster.yml");
    fs::copy(template, keep_folder.join(".taskcluster.yml")).unwrap();
}

#[tokio::test]
async fn every_action_that_is_offered_runs() {
    let bench = Bench::new(project()).await;
    let push = bench.push(json!({})).await.fine();
    // `tests/chain_of_trust/run` reads the remaining files.
    let keep_folder = std::env::var_os("SNOWMAN_KEEP_ACTIONS").map(PathBuf::from);
    let offered = push.json("actions.json");
    let mut names: Vec<&str> = offered["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| {
            action["hookPayload"]["decision"]["action"]["cb_name"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(names.len(), snowman::actions::ACTIONS.len());
    // Nothing is promoted on top of tasks that were cancelled.
    names.sort_by_key(|name| *name == "cancel-all");
    let build = push.ids()["build-a"].clone();
    let test = push.ids()["test-a"].clone();
    let shell = push.ids()["shell-linux"].clone();
    for name in names {
        let (task, input) = match name {
            "retrigger-decision" => (Some(push.task_id.as_str()), Value::Null),
            "retrigger" => (
                Some(build.as_str()),
                json!({"downstream": true, "times": 2}),
            ),
            "retrigger-disabled" => (Some(test.as_str()), json!({"force": true})),
            "add-new-jobs" => (None, json!({"tasks": ["lint-a"]})),
            "rerun" => (Some(build.as_str()), json!({})),
            "cancel" => (Some(test.as_str()), Value::Null),
            "release-promotion" => (
                None,
                json!({"release_promotion_flavor": "promote_fox", "build_number": 1}),
            ),
            "retrigger-multiple" => (None, json!({"requests": [{"tasks": ["build-a"]}]})),
            "create-interactive" => (Some(shell.as_str()), json!({"notify": "dev@example.com"})),
            "backfill" => (Some(build.as_str()), json!({"depth": 2})),
            "purge-caches" => (Some(shell.as_str()), Value::Null),
            "cancel-all" | "rebuild-cached-tasks" => (None, Value::Null),
            other => unreachable!("{other} is not tried"),
        };
        let (own, definition, output) = trigger(&bench, &push, name, task, input).await;
        assert_eq!(output.code, Some(0), "{name}: {}", output.err);
        assert_eq!(definition["extra"]["action"]["cb_name"], name);
        keep_artifacts(&bench, &keep_folder, &own);
    }
    keep(&bench, &push, &keep_folder);
}

#[tokio::test]
async fn an_action_does_not_run_through_the_hook_of_another() {
    let bench = Bench::new(project()).await;
    let push = bench.push(json!({})).await.fine();
    let (_, definition, output) = trigger(&bench, &push, "cancel-all", None, Value::Null).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    // Somebody puts another callback into the payload of the generic hook.
    let own = bench.new_id();
    let mut environment = bench.begin(&own, &definition);
    for (name, value) in definition["payload"]["env"].as_object().unwrap() {
        environment = environment.with(name, value.as_str().unwrap());
    }
    let environment = environment
        .with("ACTION_CALLBACK", "release-promotion")
        .with(
            "ACTION_INPUT",
            "{\"release_promotion_flavor\": \"promote_fox\", \"build_number\": 1}",
        );
    let output = bench.command(&environment, &["action-callback"]).await;
    assert_eq!(output.code, Some(1), "{}", output.err);
    let scope = "assume:repo:github.com/example/ci:action:release-promotion";
    assert!(output.err.contains(scope), "{}", output.err);
}

#[tokio::test]
async fn actions_of_a_pull_request_use_its_hook() {
    let bench = Bench::new(project()).await;
    let fork = json!({
        "tasks_for": "github-pull-request", "level": "1",
        "head_repository": "https://github.com/somebody/ci",
    });
    let push = bench.push(fork).await.fine();
    let build = push.ids()["build-a"].clone();
    let added = json!({"tasks": ["lint-a"]});
    let actions: [(_, _, _, &[&str]); 3] = [
        ("cancel-all", None, Value::Null, &[]),
        ("retrigger", Some(build.as_str()), json!({}), &["build-a"]),
        ("add-new-jobs", None, added, &["lint-a"]),
    ];
    for (name, task, input, labels) in actions {
        let (own, definition, output) = trigger(&bench, &push, name, task, input).await;
        // Its scopes are those of the repository that the request is for, and not of the fork.
        let scope = "assume:repo:github.com/example/ci:pr-action:generic";
        assert_eq!(definition["scopes"], json!([scope]));
        assert_eq!(definition["schedulerId"], "snow-level-1");
        assert_eq!(definition["taskGroupId"], push.task_id.as_str());
        assert_eq!(output.code, Some(0), "{name}: {}", output.err);
        // Tasks are created in the group of the decision, and name the action that created them.
        let created: Vec<String> = bench
            .tasks(&push.task_id)
            .into_iter()
            .filter(|task| task.definition["extra"]["parent"] == own.as_str())
            .map(|task| task.label)
            .collect();
        assert_eq!(created, labels, "{name}: {}", output.err);
        let _ = fs::remove_dir_all(bench.project.root().join("artifacts"));
    }
}

#[tokio::test]
async fn a_chain_of_flavors_is_triggered_as_one_action() {
    let bench = Bench::new(under_hooks(Project::with_chains())).await;
    let push = bench.push(json!({})).await.fine();
    let input = json!({
        "release_promotion_flavor": ["promote_fox", "push_fox"], "build_number": 1,
        "previous_graph_ids": [push.task_id.as_str()],
    });
    let (own, definition, output) = trigger(&bench, &push, "release-promotion", None, input).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert_eq!(
        definition["extra"]["treeherder"]["symbol"],
        "promote_fox+push_fox"
    );
    let expected = ["l10n-a", "partials-a", "push-a", "release-gate-promote_fox"];
    assert_eq!(bench.labels(&own), expected);
    // A single flavor is reported as before.
    let input = json!({
        "release_promotion_flavor": "promote_fox", "build_number": 1,
        "previous_graph_ids": [push.task_id.as_str()],
    });
    let (_, definition, output) = trigger(&bench, &push, "release-promotion", None, input).await;
    assert_eq!(output.code, Some(0), "{}", output.err);
    assert_eq!(definition["extra"]["treeherder"]["symbol"], "promote_fox");
}
