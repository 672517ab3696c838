//! Rehearsals whose release tasks are staged.

use std::fs;

use serde_json::Value;

use super::command::{CONFIG, json_of, project, rehearse};

const ALIASES: &str = "workers:
    aliases:
        misc: {provisioner: snow-1, implementation: docker-worker, os: linux, worker-type: misc}
        shipit:
            provisioner: scriptworker-k8s
            implementation: shipit-shipped
            os: scriptworker
            worker-type: snow-1-shipit
snowman: {release-branches: {ci: [release]}, staging: {worker-type: misc, image: example/snowman:1}}
";

/// The kind that marks a release as shipped.
fn ship(name: &str) -> String {
    format!(
        "loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
kind-dependencies: [push]
tasks:
    a:
        description: Ship it
        worker-type: shipit
        worker: {{release-name: {name}}}
        scopes:
            - project:snow:releng:ship-it:server:staging
            - project:snow:releng:ship-it:action:mark-as-shipped
        shipping-phase: ship
        attributes: {{shipping_product: fox}}
        dependencies: {{push: push-a}}
"
    )
}

/// What the rehearsal of a release that is shipped under this name says, and whether it passes.
fn shipped(name: &str) -> (Value, bool) {
    shipped_with(ALIASES, name)
}

/// The same with other settings.
fn shipped_with(settings: &str, name: &str) -> (Value, bool) {
    let folder = project();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    let config = CONFIG.replace("workers: {aliases: {}}\n", settings);
    write("taskcluster/config.yml", &config);
    write("taskcluster/kinds/ship/kind.yml", &ship(name));
    let output = rehearse(folder.path(), &["--json"]);
    (json_of(&output), output.status.success())
}

#[test]
fn a_staged_task_that_is_red_fails_the_rehearsal_and_is_named() {
    let phase = |report: &Value| {
        let phases = report["phases"].as_array().unwrap();
        phases.last().unwrap().to_string()
    };
    let (report, passes) = shipped("Fox-1.5-build1");
    assert!(passes, "{report}");
    assert!(phase(&report).contains("\"shipit\":1"), "{report}");
    let (report, passes) = shipped("Fox-1.6-build1");
    assert!(!passes, "{report}");
    let why = "ship-a: Fox-1.6-build1 is not this release, which is fox-1.5-build1";
    assert!(phase(&report).contains(why), "{report}");
}

#[test]
fn kinds_that_the_project_names_do_their_work_at_every_level() {
    let named = "staging: {kinds: {push: checksums}, ";
    for branch in ["release", "main"] {
        let settings = ALIASES.replace("staging: {", named);
        let settings = settings.replace("[release]", &format!("[{branch}]"));
        let (report, passes) = shipped_with(&settings, "Fox-1.5-build1");
        assert!(!passes, "{branch}: {report}");
        let phases = report["phases"].to_string();
        assert!(phases.contains("push-a: "), "{branch}: {phases}");
    }
}
