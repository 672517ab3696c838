//! Errors in the form of a `kind.yml`.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn a_kind_is_malformed() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks:
    linux: {description: Build
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: did not find expected ',' or '}'
      │   cause: while parsing a flow mapping that starts on line 2
       ╭─[taskcluster/kinds/build/kind.yml:3:1]
     2 │     linux: {description: Build
       ╰────

    1 error
    ");
}

#[test]
fn a_kind_has_a_tab() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks:
	linux: {}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: found character that cannot start any token
      │   cause: while scanning for the next token
       ╭─[taskcluster/kinds/build/kind.yml:2:1]
     1 │ tasks:
     2 │     linux: {}
       · ─────────────
       ╰────
      help: indent with spaces; YAML does not allow tabs there

    1 error
    ");
}

#[test]
fn a_kind_is_empty() {
    let ran = Project::new()
        .kind(
            "build", "\
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: taskcluster/kinds/build/kind.yml is empty
      help: write a mapping with at least one task under `tasks`

    1 error
    ");
}

#[test]
fn a_kind_is_not_a_mapping() {
    let ran = Project::new()
        .kind(
            "build",
            "\
- linux
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: taskcluster/kinds/build/kind.yml is a list, not a mapping
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ - linux
       · ─
       ╰────
      help: write a mapping with at least one task under `tasks`

    1 error
    ");
}

#[test]
fn a_kind_has_mistyped_keys() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: taskgraph.transforms.matrix
kind-dependencies: [5, toolchain/x]
task-defaults: []
tasks: [linux]
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`: `transforms`: expected a list of strings, found the string
      │ "taskgraph.transforms.matrix"
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ transforms: taskgraph.transforms.matrix
       · ──────────
     2 │ kind-dependencies: [5, toolchain/x]
       ╰────

      × kind `build`: `kind-dependencies[0]`: expected a string, found 5
       ╭─[taskcluster/kinds/build/kind.yml:2:21]
     1 │ transforms: taskgraph.transforms.matrix
     2 │ kind-dependencies: [5, toolchain/x]
       ·                     ─
     3 │ task-defaults: []
       ╰────

      × kind `build`: `task-defaults`: expected a mapping of names to values, found a list
       ╭─[taskcluster/kinds/build/kind.yml:3:1]
     2 │ kind-dependencies: [5, toolchain/x]
     3 │ task-defaults: []
       · ─────────────
     4 │ tasks: [linux]
       ╰────

      × kind `build`: `tasks`: expected a mapping of names to values, found a list
       ╭─[taskcluster/kinds/build/kind.yml:4:1]
     3 │ task-defaults: []
     4 │ tasks: [linux]
       · ─────
       ╰────

      × kind `build`: kind "toolchain/x" contains an invalid character: '/'
       ╭─[taskcluster/kinds/build/kind.yml:2:24]
     1 │ transforms: taskgraph.transforms.matrix
     2 │ kind-dependencies: [5, toolchain/x]
       ·                        ───────────
     3 │ task-defaults: []
       ╰────

    5 errors
    "#);
}

#[test]
fn keys_of_a_kind_are_similar_to_known_keys() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transform: []
kind-dependency: []
tasks:
    linux:
        description: Build it
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stdout:
    build-linux
    stderr:
    WARN taskcluster/kinds/build/kind.yml:1:1: kind `build` has the unknown key `transform`; did you mean `transforms`?
    WARN taskcluster/kinds/build/kind.yml:2:1: kind `build` has the unknown key `kind-dependency`; did you mean `kind-dependencies`?
    ");
}

#[test]
fn a_key_has_the_name_of_an_early_version() {
    let ran = Project::new()
        .kind(
            "build",
            "transforms: [taskgraph.transforms.run]\njobs: {linux: {}}\n",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    WARN taskcluster/kinds/build/kind.yml:2:1: kind `build` has the unknown key `jobs`; did you mean `tasks`?
    ");
}

#[test]
fn keys_are_written_twice() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks:
    linux:
        description: Build it
        worker-type: linux
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
    linux:
        description: Again
        worker-type: linux
        worker: {docker-image: debian:12, max-run-time: 600}
        run: {using: run-task, command: make}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stdout:
    build-linux
    stderr:
    WARN taskcluster/kinds/build/kind.yml:11:5: duplicate key `linux`
      help: remove one of the two; the value on line 2 has no effect
    ");
}

#[test]
fn a_kind_has_no_tasks() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: []
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stderr:
    WARN taskcluster/kinds/build/kind.yml: the kind `build` has no tasks; write them under `tasks`, or list their files in `tasks-from`
    ");
}

#[test]
fn a_task_is_not_a_mapping() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: [1]
    b: null
    c: text
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `a`: expected a mapping, found a list
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: [1]
       ·     ─
     5 │     b: null
       ╰────
      help: write a mapping; `{}` is a task with only default values

      × kind `build`, task `b`: expected a mapping, found null
       ╭─[taskcluster/kinds/build/kind.yml:5:5]
     4 │     a: [1]
     5 │     b: null
       ·     ─
     6 │     c: text
       ╰────
      help: write a mapping; `{}` is a task with only default values

      × kind `build`, task `c`: expected a mapping, found a string
       ╭─[taskcluster/kinds/build/kind.yml:6:5]
     5 │     b: null
     6 │     c: text
       ·     ─
       ╰────
      help: write a mapping; `{}` is a task with only default values

    3 errors
    ");
}

#[test]
fn several_files_are_malformed() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks: [
",
        )
        .kind(
            "test",
            "\
tasks: {a: }}
",
        )
        .kind(
            "lint",
            "\
kind-dependencies: 1
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: did not find expected node content
      │   cause: while parsing a flow node
       ╭─[taskcluster/kinds/build/kind.yml:2:1]
     1 │ tasks: [
       ╰────

      × kind `lint`: `kind-dependencies`: expected a list of strings, found 1
       ╭─[taskcluster/kinds/lint/kind.yml:1:1]
     1 │ kind-dependencies: 1
       · ─────────────────
       ╰────

      × kind `test`: did not find expected key
      │   cause: while parsing a block mapping
       ╭─[taskcluster/kinds/test/kind.yml:1:13]
     1 │ tasks: {a: }}
       ·             ─
       ╰────
      help: this bracket closes nothing: remove it

    3 errors
    ");
}
