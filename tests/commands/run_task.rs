//! Where the scripts of tasks are found, and where they are copied.

use serde_json::Value;

use super::test_repository::{IMAGES, TestRepository};

/// The hash that the peer gives the context below, with the stand-in scripts below.
const HASH: &str = "4237db9ff7f61e6c0d046e1ba74d7a20c579f6f24bbee0bc593b653150234ef3";

fn repository() -> TestRepository {
    TestRepository::new()
        .file("taskcluster/kinds/docker-image/kind.yml", IMAGES)
        .file(
            "taskcluster/docker/hello/Dockerfile",
            "FROM debian:12\n# %include-run-task\nRUN true\n",
        )
        // An interpreter that knows of nothing.
        .program("python3", "echo\n")
}

fn with_scripts(repository: TestRepository, folder: &str) -> TestRepository {
    repository
        .beside(
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

fn hash(repository: &TestRepository) -> String {
    let graph = repository.run(&["tasks", "--json", "--quiet"]).ok();
    let graph: Value = serde_json::from_str(&graph).unwrap();
    let env = &graph["docker-image-hello"]["task"]["payload"]["env"];
    env["HASH"].as_str().unwrap().to_owned()
}

#[test]
fn contexts_have_the_same_hash_as_in_taskgraph() {
    let repository =
        with_scripts(repository(), "scripts").variable("SNOWMAN_RUN_TASK_DIR", "../scripts");
    assert_eq!(hash(&repository), HASH);
}

#[test]
fn the_config_can_name_the_folder() {
    let config = format!(
        "{}snowman:\n    run-task: ci/scripts\n",
        super::test_repository::CONFIG
    );
    let repository = repository().file("taskcluster/config.yml", &config);
    let wrong = repository.run(&["tasks"]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.err.contains("cannot read the run-task files"),
        "{}",
        wrong.err
    );
    assert!(
        wrong.err.contains("taskcluster/config.yml:"),
        "{}",
        wrong.err
    );
    assert_eq!(
        hash(&with_scripts(repository, "repository/ci/scripts")),
        HASH
    );
}

#[test]
fn an_installed_package_is_found() {
    let repository = with_scripts(repository(), "site/taskgraph/run-task");
    let answer = format!("echo {}\n", repository.path("site/taskgraph").display());
    let repository = repository.beside("venv/bin/python", &format!("#!/bin/sh\n{answer}"), 0o755);
    let venv = repository.path("venv").display().to_string();
    let repository = repository.variable("VIRTUAL_ENV", &venv);
    assert_eq!(hash(&repository), HASH);
    let python = repository.path("venv/bin/python").display().to_string();
    let repository = repository
        .variable("VIRTUAL_ENV", "/nowhere")
        .variable("SNOWMAN_PYTHON", &python);
    assert_eq!(hash(&repository), HASH);
    let repository = repository
        .variable("SNOWMAN_PYTHON", "/nowhere")
        .program("python3", &answer);
    assert_eq!(hash(&repository), HASH);
}

#[test]
fn a_docker_context_without_the_scripts_is_an_error() {
    let ran = repository().run(&["tasks", "--quiet"]);
    assert_eq!(ran.code, 1);
    let message = ran.message();
    let part = "cannot find the files for `# %include-run-task`: run-task, fetch-content";
    assert!(message.contains(part), "{message}");
    assert!(ran.err.contains("taskcluster/docker/hello/Dockerfile:2:1"));
    assert!(ran.err.contains("SNOWMAN_RUN_TASK_DIR"));
}

#[test]
fn named_folders_must_exist() {
    let ran = repository()
        .variable("SNOWMAN_RUN_TASK_DIR", "nowhere")
        .run(&["tasks", "--quiet"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err
            .contains("cannot read the folder with the run-task files")
    );
    assert!(ran.err.contains("it is set to nowhere"));
}
