//! Where the scripts come from that tasks are run with, and where they go.

use serde_json::Value;

use super::desk::{Desk, IMAGES};

/// The hash that the peer gives the context below, with the stand-in scripts below.
const HASH: &str = "4237db9ff7f61e6c0d046e1ba74d7a20c579f6f24bbee0bc593b653150234ef3";

fn desk() -> Desk {
    Desk::new()
        .file("taskcluster/kinds/docker-image/kind.yml", IMAGES)
        .file(
            "taskcluster/docker/hello/Dockerfile",
            "FROM debian:12\n# %include-run-task\nRUN true\n",
        )
        // An interpreter that knows of nothing.
        .program("python3", "echo\n")
}

fn with_scripts(desk: Desk, folder: &str) -> Desk {
    desk.beside(
        &format!("{folder}/run-task"),
        "#!/usr/bin/env python3\nprint(\"run\")\n",
        0o755,
    )
    .beside(
        &format!("{folder}/fetch-content"),
        "#!/usr/bin/env python3\nprint(\"fetch\")\n",
        0o755,
    )
    .beside(&format!("{folder}/hgrc"), "[ui]\n", 0o644)
    .beside(&format!("{folder}/robustcheckout.py"), "# robust\n", 0o644)
}

fn hash(desk: &Desk) -> String {
    let graph = desk.run(&["tasks", "--json", "--quiet"]).ok();
    let graph: Value = serde_json::from_str(&graph).unwrap();
    let env = &graph["docker-image-hello"]["task"]["payload"]["env"];
    env["HASH"].as_str().unwrap().to_owned()
}

#[test]
fn contexts_have_the_hash_of_the_peers() {
    let desk = with_scripts(desk(), "scripts").variable("SNOWMAN_RUN_TASK_DIR", "../scripts");
    assert_eq!(hash(&desk), HASH);
}

#[test]
fn the_config_can_name_the_folder() {
    let config = format!(
        "{}snowman:\n    run-task: ci/scripts\n",
        super::desk::CONFIG
    );
    let desk = desk().file("taskcluster/config.yml", &config);
    let wrong = desk.run(&["tasks"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.contains("has no `run-task`"), "{}", wrong.err);
    assert!(
        wrong.err.contains("taskcluster/config.yml:"),
        "{}",
        wrong.err
    );
    assert_eq!(hash(&with_scripts(desk, "repository/ci/scripts")), HASH);
}

#[test]
fn an_installed_package_is_asked_for() {
    let desk = with_scripts(desk(), "site/taskgraph/run-task");
    let answer = format!("echo {}\n", desk.path("site/taskgraph").display());
    let desk = desk.beside("venv/bin/python", &format!("#!/bin/sh\n{answer}"), 0o755);
    let venv = desk.path("venv").display().to_string();
    let desk = desk.variable("VIRTUAL_ENV", &venv);
    assert_eq!(hash(&desk), HASH);
    let python = desk.path("venv/bin/python").display().to_string();
    let desk = desk
        .variable("VIRTUAL_ENV", "/nowhere")
        .variable("SNOWMAN_PYTHON", &python);
    assert_eq!(hash(&desk), HASH);
    let desk = desk
        .variable("SNOWMAN_PYTHON", "/nowhere")
        .program("python3", &answer);
    assert_eq!(hash(&desk), HASH);
}

#[test]
fn a_context_that_needs_them_says_so() {
    let ran = desk().run(&["tasks", "--quiet"]);
    assert_eq!(ran.code, 1);
    let said = ran.said();
    let part = "`# %include-run-task` needs files that do not exist: run-task, fetch-content";
    assert!(said.contains(part), "{said}");
    assert!(ran.err.contains("taskcluster/docker/hello/Dockerfile:2:1"));
    assert!(ran.err.contains("SNOWMAN_RUN_TASK_DIR"));
}

#[test]
fn folders_that_are_named_have_to_be_there() {
    let ran = desk()
        .variable("SNOWMAN_RUN_TASK_DIR", "nowhere")
        .run(&["tasks", "--quiet"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("cannot read the folder of run-task files"));
    assert!(ran.err.contains("SNOWMAN_RUN_TASK_DIR is nowhere"));
}
