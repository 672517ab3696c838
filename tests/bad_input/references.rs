//! Errors in references and dependencies.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn a_reference_names_no_dependency() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed}
",
        )
        .kind(
            "test",
            "\
kind-dependencies: [build]
tasks:
    other:
        description: Test it
        worker-type: linux
        dependencies: {build: build-a}
        worker:
            docker-image: debian:12
            max-run-time: 600
            env:
                ONE: {task-reference: '<biuld>'}
                TWO: {artifact-reference: '<frobnicate/public/x>'}
                THREE: {artifact-reference: '<self/public/x>'}
        run:
            using: run-task
            command: make
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
        .run(&["morphed"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `test`, task `test-other`: the reference "<biuld>" uses `biuld`, but the task has no such
      │ dependency
       ╭─[taskcluster/kinds/test/kind.yml:3:5]
     2 │ tasks:
     3 │     other:
       ·     ─────
     4 │         description: Test it
       ╰────
      help: did you mean `build`?

      × kind `test`, task `test-other`: the reference "<frobnicate/public/x>" uses `frobnicate`, but the
      │ task has no such dependency
       ╭─[taskcluster/kinds/test/kind.yml:3:5]
     2 │ tasks:
     3 │     other:
       ·     ─────
     4 │         description: Test it
       ╰────
      help: available: build

      × kind `test`, task `test-other`: the reference "<self/public/x>" refers to an artifact of the
      │ task itself
       ╭─[taskcluster/kinds/test/kind.yml:3:5]
     2 │ tasks:
     3 │     other:
       ·     ─────
     4 │         description: Test it
       ╰────
      help: refer to an artifact of a dependency; a task's own taskId is not known before it is created

    3 errors
    "#);
}

#[test]
fn dependencies_do_not_exist() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed}
    b: {description: B, worker-type: succeed, dependencies: {a: biuld-a, other: frobnicate}}
    c: {description: C, worker-type: succeed, dependencies: {d: build-e}}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-b`: the dependency `a` is `biuld-a`, which does not exist
       ╭─[taskcluster/kinds/build/kind.yml:5:62]
     4 │     a: {description: A, worker-type: succeed}
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: biuld-a, other: frobnicate}}
       ·                                                              ─
     6 │     c: {description: C, worker-type: succeed, dependencies: {d: build-e}}
       ╰────
      help: did you mean `build-a`?

      × kind `build`, task `build-b`: the dependency `other` is `frobnicate`, which does not exist
       ╭─[taskcluster/kinds/build/kind.yml:5:74]
     4 │     a: {description: A, worker-type: succeed}
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: biuld-a, other: frobnicate}}
       ·                                                                          ─────
     6 │     c: {description: C, worker-type: succeed, dependencies: {d: build-e}}
       ╰────
      help: use the label of an existing task, or remove the dependency

      × kind `build`, task `build-c`: the dependency `d` is `build-e`, which does not exist
       ╭─[taskcluster/kinds/build/kind.yml:6:62]
     5 │     b: {description: B, worker-type: succeed, dependencies: {a: biuld-a, other: frobnicate}}
     6 │     c: {description: C, worker-type: succeed, dependencies: {d: build-e}}
       ·                                                              ─
       ╰────
      help: did you mean `build-a`?

    3 errors
    ");
}

#[test]
fn soft_dependencies_do_not_exist() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed, soft-dependencies: [build-x], if-dependencies: [b]}
",
        )
        .run(&["optimized"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `a`: `if-dependencies` lists `b`, which is not a dependency
       ╭─[taskcluster/kinds/build/kind.yml:4:77]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, soft-dependencies: [build-x], if-dependencies: [b]}
       ·                                                                             ───────────────
       ╰────
      help: none are available

    1 error
    ");
}

#[test]
fn tasks_depend_on_each_other() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed, dependencies: {x: build-b}}
    b: {description: B, worker-type: succeed, dependencies: {x: build-c}}
    c: {description: C, worker-type: succeed, dependencies: {x: build-a}}
    d: {description: D, worker-type: succeed, dependencies: {x: build-a}}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: tasks depend on each other: build-a -> build-b -> build-c ->
      │ build-a
       ╭─[taskcluster/kinds/build/kind.yml:4:62]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, dependencies: {x: build-b}}
       ·                                                              ─
     5 │     b: {description: B, worker-type: succeed, dependencies: {x: build-c}}
       ╰────
      help: remove one of these dependencies

    1 error
    ");
}

#[test]
fn a_task_depends_on_itself() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed, dependencies: {x: build-a}}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: the task depends on itself: build-a
       ╭─[taskcluster/kinds/build/kind.yml:4:62]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, dependencies: {x: build-a}}
       ·                                                              ─
       ╰────
      help: remove this dependency

    1 error
    ");
}

#[test]
fn a_name_of_a_dependency_is_used_twice() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed, dependencies: {self: build-b, decision: build-b}}
    b: {description: B, worker-type: succeed}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `a`: a dependency is named `self`
       ╭─[taskcluster/kinds/build/kind.yml:4:47]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, dependencies: {self: build-b, decision: build-b}}
       ·                                               ────────────
     5 │     b: {description: B, worker-type: succeed}
       ╰────
      help: rename it; references use this name for the task itself or the decision task

      × kind `build`, task `a`: a dependency is named `decision`
       ╭─[taskcluster/kinds/build/kind.yml:4:47]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, dependencies: {self: build-b, decision: build-b}}
       ·                                               ────────────
     5 │     b: {description: B, worker-type: succeed}
       ╰────
      help: rename it; references use this name for the task itself or the decision task

    2 errors
    ");
}

#[test]
fn fetches_do_not_exist() {
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
        fetches: {toolchain: [clang], fetch: [source]}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-linux`: unknown fetch task `source`
        ╭─[taskcluster/kinds/build/kind.yml:11:39]
     10 │             command: make
     11 │         fetches: {toolchain: [clang], fetch: [source]}
        ·                                       ─────
        ╰────
      help: add `fetch` to `kind-dependencies`, and define the task in that kind

      × kind `build`, task `build-linux`: unknown toolchain task `clang`
        ╭─[taskcluster/kinds/build/kind.yml:11:19]
     10 │             command: make
     11 │         fetches: {toolchain: [clang], fetch: [source]}
        ·                   ─────────
        ╰────
      help: add `toolchain` to `kind-dependencies`, and define the task in that kind

    2 errors
    ");
}
