//! Errors in `config.yml` and its folder.

use crate::common::{CONFIG, Project};
use insta::assert_snapshot;

#[test]
fn a_valid_project_has_no_errors() {
    let ran = Project::new().run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stdout:
    build-linux
    ");
}

#[test]
fn config_is_missing() {
    let ran = Project::new()
        .without("taskcluster/config.yml")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × `taskcluster/config.yml` does not exist
      help: run `snowman init` to create a project in this repository, or pass the folder of config.yml
            with --root

    1 error
    ");
}

#[test]
fn config_is_malformed() {
    let ran = Project::new()
        .config("trust-domain: test", "trust-domain: [test")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × did not find expected ',' or ']'
      │   cause: while parsing a flow sequence that starts on line 1
       ╭─[taskcluster/config.yml:2:14]
     1 │ trust-domain: [test
     2 │ task-priority: low
       ·              ─
     3 │ workers:
       ╰────

    1 error
    ");
}

#[test]
fn config_has_wrong_keys() {
    let ran = Project::new()
        .config("task-priority: low", "task-priority: urgent")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × `task-priority` is "urgent", which is not one of `highest`, `very-high`, `high`, `medium`,
      │ `low`, `very-low`, `lowest`
       ╭─[taskcluster/config.yml:2:1]
     1 │ trust-domain: test
     2 │ task-priority: urgent
       · ─────────────
     3 │ workers:
       ╰────

    1 error
    "#);
}

#[test]
fn config_has_several_errors() {
    let config = "\
trust-domain: 5
worker: {}
workers:
    aliases:
        linux:
            provisioner: test
            implementaton: docker-worker
            os: [linux]
            worker-type: linux-gcp
taskgraph:
    repository:
        ci: {name: project}
    cache-pull-requests: 'no'
";
    let ran = Project::new()
        .file("taskcluster/config.yml", config)
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × `trust-domain`: expected a string, found 5
       ╭─[taskcluster/config.yml:1:1]
     1 │ trust-domain: 5
       · ────────────
     2 │ worker: {}
       ╰────

      × `task-priority` is missing
       ╭─[taskcluster/config.yml:1:1]
     1 │ trust-domain: 5
       · ────────────
     2 │ worker: {}
       ╰────
      help: add it: the default priority of tasks

      × `workers.aliases.linux.os`: expected a string, found a list
       ╭─[taskcluster/config.yml:8:13]
     7 │             implementaton: docker-worker
     8 │             os: [linux]
       ·             ──
     9 │             worker-type: linux-gcp
       ╰────

      × unknown key `workers.aliases.linux.implementaton`
       ╭─[taskcluster/config.yml:7:13]
     6 │             provisioner: test
     7 │             implementaton: docker-worker
       ·             ─────────────
     8 │             os: [linux]
       ╰────
      help: did you mean `implementation`?

      × `taskgraph.cache-pull-requests`: expected a boolean, found the string "no"
        ╭─[taskcluster/config.yml:13:5]
     12 │         ci: {name: project}
     13 │     cache-pull-requests: 'no'
        ·     ───────────────────
        ╰────

      × unknown key `taskgraph.repository`
        ╭─[taskcluster/config.yml:11:5]
     10 │ taskgraph:
     11 │     repository:
        ·     ──────────
     12 │         ci: {name: project}
        ╰────
      help: did you mean `repositories`?

    6 errors
    "#);
}

#[test]
fn config_is_not_a_mapping() {
    let ran = Project::new()
        .file("taskcluster/config.yml", "- trust-domain: test\n")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × taskcluster/config.yml is a list, not a mapping
       ╭─[taskcluster/config.yml:1:1]
     1 │ - trust-domain: test
       · ─
       ╰────
      help: write a mapping with at least `trust-domain`, `task-priority`, `workers` and `taskgraph`

    1 error
    ");
}

#[test]
fn config_is_empty() {
    let ran = Project::new()
        .file("taskcluster/config.yml", "")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × taskcluster/config.yml is empty
      help: write a mapping with at least `trust-domain`, `task-priority`, `workers` and `taskgraph`

    1 error
    ");
}

#[test]
fn there_are_no_repositories() {
    let start = CONFIG.find("\n        ci:").unwrap();
    let ran = Project::new()
        .config(&CONFIG[start..], " {}\n")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × `taskgraph.repositories` is empty
        ╭─[taskcluster/config.yml:11:5]
     10 │ taskgraph:
     11 │     repositories: {}
        ·     ────────────
        ╰────
      help: add the repository that is built, e.g. `ci: {name: my-project}`

    1 error
    ");
}

#[test]
fn the_folder_of_kinds_is_missing() {
    let ran = Project::new().without("taskcluster/kinds").run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the folder `taskcluster/kinds` does not exist
      help: create it, with a `<kind>/kind.yml` for each kind, or set `snowman.kinds` in config.yml to
            another folder

    1 error
    ");
}

#[test]
fn keys_are_written_twice() {
    let ran = Project::new()
        .config(
            "trust-domain: test\n",
            "trust-domain: one\ntrust-domain: test\n",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stdout:
    build-linux
    stderr:
    WARN taskcluster/config.yml:2:1: duplicate key `trust-domain`
      help: remove one of the two; the value on line 1 has no effect
    ");
}
