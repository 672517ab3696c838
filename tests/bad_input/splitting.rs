//! Errors in transforms that make several tasks from one, and in labels.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn labels_are_used_twice() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, label: same, worker-type: succeed}
",
        )
        .kind(
            "test",
            "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
tasks:
    b: {description: B, label: same, worker-type: succeed}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `test`, task `same`: another task has the label `same`: one of kind `build` at
      │ taskcluster/kinds/build/kind.yml:4:5
       ╭─[taskcluster/kinds/test/kind.yml:4:5]
     3 │ tasks:
     4 │     b: {description: B, label: same, worker-type: succeed}
       ·     ─
       ╰────
      help: rename one of them

    1 error
    ");
}

#[test]
fn a_label_has_a_line_break() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, label: \"x\\ny\", worker-type: succeed}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `x\ny`: label "x\ny" contains an invalid character: '\n'
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, label: "x\ny", worker-type: succeed}
       ·     ─
       ╰────
      help: remove line breaks and control characters from the label

    1 error
    "#);
}

#[test]
fn a_matrix_is_wrong() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.matrix]
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
        matrix:
            set-name: '{matrix[os]}-{matrix[pyton]}'
            os: [a, b]
            python: [\"3.11\", \"3.12\"]
            exclude: [{oss: a}]
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `linux`: "{matrix[os]}-{matrix[pyton]}": a mapping has no item `[pyton]` (os:
      │ a, python: 3.11)
        ╭─[taskcluster/kinds/build/kind.yml:13:13]
     12 │         matrix:
     13 │             set-name: '{matrix[os]}-{matrix[pyton]}'
        ·             ────────
     14 │             os: [a, b]
        ╰────
      help: use a dimension in `{matrix[…]}`; write literal braces twice

    1 error
    "#);
}

#[test]
fn a_matrix_is_too_large() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.matrix]
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
        matrix:
            d0: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            d1: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            d2: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            d3: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            d4: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            d5: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            d6: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            d7: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: the matrices of this kind would create more than 100000 tasks
        ╭─[taskcluster/kinds/build/kind.yml:12:9]
     11 │             command: make
     12 │         matrix:
        ·         ──────
     13 │             d0: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        ╰────
      help: remove a dimension, or exclude combinations

    1 error
    ");
}

#[test]
fn there_are_too_many_chunks() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.chunking]
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
        chunk: {total-chunks: 10000000, substitution-fields: [name]}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: chunking would create more than 100000 tasks in this kind
        ╭─[taskcluster/kinds/build/kind.yml:12:17]
     11 │             command: make
     12 │         chunk: {total-chunks: 10000000, substitution-fields: [name]}
        ·                 ────────────
        ╰────
      help: reduce `total-chunks`

    1 error
    ");
}

#[test]
fn from_deps_finds_nothing() {
    let ran = Project::new()
        .kind(
            "test",
            "\
transforms: [taskgraph.transforms.from_deps, taskgraph.transforms.task_context]
kind-dependencies: [build]
tasks:
    a:
        description: A
        worker-type: linux
        from-deps: {kinds: [biuld], group-by: platfrom}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `test`, task `a`: `from-deps.kinds` lists `biuld`, which is not in `kind-dependencies`
       ╭─[taskcluster/kinds/test/kind.yml:7:21]
     6 │         worker-type: linux
     7 │         from-deps: {kinds: [biuld], group-by: platfrom}
       ·                     ─────
       ╰────
      help: did you mean `build`?

    1 error
    ");
}

#[test]
fn from_deps_groups_in_an_unknown_way() {
    let kind = "\
transforms: [taskgraph.transforms.from_deps]
kind-dependencies: [build]
tasks:
    a:
        description: A
        worker-type: linux
        from-deps: {group-by: platfrom, set-name: strip-kinds}
";
    let ran = Project::new().kind("test", kind).run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `test`, task `a`: unknown `set-name` `strip-kinds`
       ╭─[taskcluster/kinds/test/kind.yml:7:41]
     6 │         worker-type: linux
     7 │         from-deps: {group-by: platfrom, set-name: strip-kinds}
       ·                                         ────────
       ╰────
      help: did you mean `strip-kind`?

    1 error
    ");
}
