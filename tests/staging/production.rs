//! What a decision makes of the release tasks of production, beside those that it stages.

use serde_json::{Value, json};

use super::decision::{ALIASES, KIND, STAGING, morphed, project, said, tasks};
use crate::common::taskcluster::{DECISION, Taskcluster};
use crate::common::{CANDIDATES, CONFIG, Project};

const LOADER: &str = "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task_context, taskgraph.transforms.task]
";

const BRANCHES: &str = "release-branches: {other: false, hail: [release]}\n";

/// A project whose release task differs in production.
fn differing(kind: &str, branches: &str) -> Project {
    let config = CONFIG.replacen("taskgraph:\n", ALIASES, 1);
    Project::new()
        .file(
            "taskcluster/config.yml",
            format!("{config}{branches}{STAGING}"),
        )
        .kind("publish", &format!("{LOADER}{kind}"))
}

/// The kind with scopes by level, and more in the payload.
fn by_level(production: &str) -> String {
    let scopes = format!(
        "        scopes:
            by-level:
                '3':
                    - project:test:releng:beetmover:bucket:{production}
                    - project:test:releng:beetmover:action:push-to-candidates
                default:
                    - project:test:releng:beetmover:bucket:dep
                    - project:test:releng:beetmover:action:push-to-candidates
        task-context:
            from-parameters: {{project: project, level: level}}
            substitution-fields: [scopes, worker]
"
    );
    let worker = CANDIDATES.find("        worker:").unwrap();
    format!("{KIND}{scopes}{}", &CANDIDATES[worker..])
        .replace("branch: main", "branch: '{project}'")
        .replace("platform: linux64", "platform: linux-{level}")
}

/// The artifact about production.
fn report(project: &Project) -> Value {
    let written = project.root().join("artifacts/staging/production.json");
    serde_json::from_slice(&std::fs::read(written).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_reported_with_their_reasons() {
    let taskcluster = Taskcluster::new().await;
    let project = taskcluster.inside(differing(&by_level("release"), BRANCHES), DECISION);
    let decided = tokio::task::block_in_place(|| project.decide(&[]));
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
    let report = report(&project);
    let parameters = report["parameters"].as_object().unwrap();
    assert_eq!(
        parameters["level"],
        json!({"staging": "1", "production": "3"})
    );
    assert_eq!(parameters["project"]["production"], "hail");
    assert_eq!(parameters["head_ref"]["production"], "refs/heads/release");
    assert_eq!(report["compared"], 1);
    let fields = report["differing"][0]["fields"].as_array().unwrap();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|one| {
            (
                one["field"].as_str().unwrap(),
                one["because"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        fields,
        [
            ("scopes[0]", "a scope"),
            (
                "payload.releaseProperties.branch",
                "the parameter `project`"
            ),
            (
                "payload.releaseProperties.platform",
                "the parameter `level`"
            ),
        ]
    );
    // Nothing of production is created.
    let tasks = tasks(&taskcluster.sandbox.state());
    let scopes = &tasks["publish-candidates"].1["extra"]["staging"]["scopes"];
    assert_eq!(scopes[0], "project:test:releng:beetmover:bucket:dep");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_production_only_is_a_mistake_of_the_decision() {
    let two = by_level("release\n                    - project:test:releng:beetmover:bucket:other");
    let taskcluster = Taskcluster::new().await;
    let decided = taskcluster.decide(differing(&two, BRANCHES), &[]);
    assert_eq!(decided.code, Some(1), "{}", decided.shown());
    let text = said(&decided);
    for part in [
        "kind `publish`",
        "task `publish-candidates`",
        "the release worker of beetmover would refuse the task: the worker asks for one scope for the bucket",
        "this happens with the parameters of production: level `3`, project `hail`, head_ref `refs/heads/release`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(taskcluster.created().is_empty());
    // A project can do without.
    let without = STAGING.replace("image:", "compare-production: false\n        image:");
    let config = CONFIG.replacen("taskgraph:\n", ALIASES, 1);
    let project = differing(&two, BRANCHES).file(
        "taskcluster/config.yml",
        format!("{config}{BRANCHES}{without}"),
    );
    let decided = taskcluster.decide(project, &[]);
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
}

/// A project that publishes to a store, with these scopes at release level and none below.
fn to_store(production: &str) -> Project {
    let alias = ALIASES
        .replace("beetmover", "pushmsix")
        .replace("implementation: pushmsix", "implementation: push-msix");
    let config = CONFIG.replacen("taskgraph:\n", &alias, 1);
    let kind = format!(
        "kind-dependencies: [build]
tasks:
    windows:
        description: Push it
        dependencies: {{build: build-linux}}
        worker-type: pushmsix
        attributes: {{shipping_product: hail}}
        scopes:
            by-level:
                '3': [{production}]
                default: []
        worker:
            channel: beta
            publish-mode: Manual
            upstream-artifacts:
                - taskId: {{task-reference: <build>}}
                  taskType: build
                  paths: [public/build/target.store.msix]
        task-context:
            from-parameters: {{level: level}}
            substitution-fields: [scopes]
"
    );
    Project::new()
        .file(
            "taskcluster/config.yml",
            format!("{config}{BRANCHES}{STAGING}"),
        )
        .kind("push", &format!("{LOADER}{kind}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_for_a_channel_may_be_missing_below_release_level_only() {
    let taskcluster = Taskcluster::new().await;
    let decided = taskcluster.decide(to_store("'project:test:releng:microsoftstore:beta'"), &[]);
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
    let tasks = tasks(&taskcluster.sandbox.state());
    let staging = &tasks["push-windows"].1["extra"]["staging"];
    assert_eq!(staging["system"], "pushmsix");
    assert_eq!(staging["scopes"], json!([]));
    for wrong in ["", "'project:test:releng:microsoftstore:release'"] {
        let taskcluster = Taskcluster::new().await;
        let decided = taskcluster.decide(to_store(wrong), &[]);
        assert_eq!(decided.code, Some(1), "{wrong}: {}", decided.shown());
        let text = said(&decided);
        assert!(
            text.contains("the release worker of pushmsix would refuse the task"),
            "{text}"
        );
        assert!(
            text.contains("this happens with the parameters of production"),
            "{text}"
        );
        assert!(taskcluster.created().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_staging_in_production_are_a_mistake() {
    let taskcluster = Taskcluster::new().await;
    // One that the staged task names, too.
    let kind =
        by_level("release").replace("platform: linux-{level}", "platform: ftp.stage.mozaws.net");
    let refused = |project: Project| {
        let decided = taskcluster.decide(project, &[]);
        assert_eq!(decided.code, Some(1), "{}", decided.shown());
        let text = said(&decided);
        assert!(
            text.contains("`payload.releaseProperties.platform` names ftp.stage.mozaws.net, which is a host of staging"),
            "{text}"
        );
        assert!(taskcluster.created().is_empty());
    };
    refused(differing(&kind, BRANCHES));
    // One that only production names.
    let kind = by_level("release").replace(
        "platform: linux-{level}",
        "platform: ftp.stag{project}.mozaws.net",
    );
    refused(differing(&kind, &BRANCHES.replace("hail", "e")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_released_branch_nothing_is_compared_and_the_decision_says_so() {
    // What is wrong in production does not count where there is none.
    let two = by_level("release\n                    - project:test:releng:beetmover:bucket:other");
    for branches in ["", "release-branches: {hail: false, sleet: []}\n"] {
        let taskcluster = Taskcluster::new().await;
        let project = taskcluster.inside(differing(&two, branches), DECISION);
        let decided = tokio::task::block_in_place(|| project.decide(&[]));
        assert_eq!(decided.code, Some(0), "{}", decided.shown());
        let reason = "`release-branches` in config.yml names no branch that is released";
        assert!(said(&decided).contains(reason), "{}", decided.shown());
        assert_eq!(report(&project), json!({"notCompared": reason}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staged_tasks_have_the_image_of_the_decision_task() {
    let staging = STAGING.replace("        image: example/snowman:1\n", "");
    let taskcluster = Taskcluster::new().await;
    // The decision task of these tests has none.
    let decided = taskcluster.decide(project(&staging), &[]);
    assert_eq!(decided.code, Some(1), "{}", decided.shown());
    let text = said(&decided);
    assert!(
        text.contains("`snowman.staging.image` is missing, and the task [TASK-ID], which stages release tasks, has no image"),
        "{text}"
    );
    // An action task has one.
    let other = "dSvO-TqoQvyZ1IQRkLyqxw";
    let mut definition =
        taskcluster.definition("Decision Task", crate::common::taskcluster::SCOPES);
    definition["taskGroupId"] = json!(other);
    definition["payload"] =
        json!({"image": {"type": "indexed-image", "namespace": "a.b", "path": "public/i"}});
    taskcluster.create(other, &definition);
    taskcluster.sandbox.state().claim(other).unwrap();
    let inside = taskcluster.inside(project(&staging), other);
    let decided = tokio::task::block_in_place(|| inside.decide(&[]));
    assert_eq!(decided.code, Some(0), "{}", decided.shown());
    let tasks = tasks(&taskcluster.sandbox.state());
    assert_eq!(
        tasks["publish-candidates"].1["payload"]["image"],
        definition["payload"]["image"]
    );
    // Where nothing is created, it is not known.
    let project = project(&staging).file("params.yml", "project: project\nlevel: '1'\n");
    assert_eq!(
        morphed(&project)["payload"]["image"],
        "image of the decision task"
    );
}
