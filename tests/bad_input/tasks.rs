//! What is wrong with the tasks of kinds.

use super::common::Project;
use insta::assert_snapshot;

#[test]
fn a_key_is_unknown() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks:
    linux:
        descripton: Build it
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
    exit code 1
    stderr:
      × kind `build`, task `linux`: `description` is missing
       ╭─[taskcluster/kinds/build/kind.yml:3:9]
     2 │     linux:
     3 │         descripton: Build it
       ·         ──────────
     4 │         worker-type: linux
       ╰────
      help: is `descripton` meant to be `description`?

    1 mistake
    ");
}

#[test]
fn several_tasks_of_several_kinds_are_wrong() {
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
            comand: x
            command: make
    mac:
        description: [Build it]
        worker-type: linux
        worker: {docker-image: debian:12, max-run-time: 10 minutes}
        run: {using: run-task, command: make}
        treeherdr: {}
",
        )
        .kind(
            "test",
            "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
tasks:
    unit:
        description: 5
        worker-type: succeed
        run-on-projects: all
        priority: hihg
        dependency: {}
    lint:
        worker-type: succeed
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `mac`: `description` is a list, where a string is expected
        ╭─[taskcluster/kinds/build/kind.yml:13:9]
     12 │     mac:
     13 │         description: [Build it]
        ·         ───────────
     14 │         worker-type: linux
        ╰────

      × kind `test`, task `unit`: `description` is 5, where a string is expected
       ╭─[taskcluster/kinds/test/kind.yml:5:9]
     4 │     unit:
     5 │         description: 5
       ·         ───────────
     6 │         worker-type: succeed
       ╰────

      × kind `test`, task `unit`: `priority` is "hihg", which is not one of `highest`, `very-high`,
      │ `high`, `medium`, `low`, `very-low`, `lowest`
       ╭─[taskcluster/kinds/test/kind.yml:8:9]
     7 │         run-on-projects: all
     8 │         priority: hihg
       ·         ────────
     9 │         dependency: {}
       ╰────
      help: did you mean `high`?

      × kind `test`, task `unit`: unknown key `dependency`
        ╭─[taskcluster/kinds/test/kind.yml:9:9]
      8 │         priority: hihg
      9 │         dependency: {}
        ·         ──────────
     10 │     lint:
        ╰────
      help: did you mean `dependencies`?

      × kind `test`, task `lint`: `description` is missing
        ╭─[taskcluster/kinds/test/kind.yml:10:5]
      9 │         dependency: {}
     10 │     lint:
        ·     ────
     11 │         worker-type: succeed
        ╰────
      help: add it: what the task does, in words

    5 mistakes
    "#);
}

#[test]
fn a_mistake_stands_in_the_defaults() {
    let ran = Project::new()
        .plain(
            "\
task-defaults:
    worker-type: succeed
    run-on-project: []
tasks:
    a: {description: A}
    b: {description: B}
    c: {description: C}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `a` and 2 more: unknown key `run-on-project`
       ╭─[taskcluster/kinds/build/kind.yml:5:5]
     4 │     worker-type: succeed
     5 │     run-on-project: []
       ·     ──────────────
     6 │ tasks:
       ╰────
      help: did you mean `run-on-projects`?

    1 mistake
    ");
}

#[test]
fn values_are_mistyped() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a:
        description: A
        worker-type: succeed
        attributes: []
        always-target: 'yes'
        run-on-tasks-for: github-push
        routes: {a: b}
        treeherder:
            symbol: [B]
            tier: one
            kind: build
            platform: linux
        index:
            product: 5
            job-name: a
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `a`: `always-target` is the string "yes", where a boolean is expected
       ╭─[taskcluster/kinds/build/kind.yml:8:9]
     7 │         attributes: []
     8 │         always-target: 'yes'
       ·         ─────────────
     9 │         run-on-tasks-for: github-push
       ╰────

      × kind `build`, task `a`: `attributes` is a list, where a mapping of names to values is expected
       ╭─[taskcluster/kinds/build/kind.yml:7:9]
     6 │         worker-type: succeed
     7 │         attributes: []
       ·         ──────────
     8 │         always-target: 'yes'
       ╰────

      × kind `build`, task `a`: `routes` is a mapping, where a list of strings is expected
        ╭─[taskcluster/kinds/build/kind.yml:10:9]
      9 │         run-on-tasks-for: github-push
     10 │         routes: {a: b}
        ·         ──────
     11 │         treeherder:
        ╰────

      × kind `build`, task `a`: `treeherder.symbol` is a list, where a string is expected
        ╭─[taskcluster/kinds/build/kind.yml:12:13]
     11 │         treeherder:
     12 │             symbol: [B]
        ·             ──────
     13 │             tier: one
        ╰────

      × kind `build`, task `a`: `treeherder.tier` is the string "one", where an integer is expected
        ╭─[taskcluster/kinds/build/kind.yml:13:13]
     12 │             symbol: [B]
     13 │             tier: one
        ·             ────
     14 │             kind: build
        ╰────

      × kind `build`, task `a`: `index.product` is 5, where a string is expected
        ╭─[taskcluster/kinds/build/kind.yml:17:13]
     16 │         index:
     17 │             product: 5
        ·             ───────
     18 │             job-name: a
        ╰────

      × kind `build`, task `a`: `run-on-tasks-for` is the string "github-push", where a list of strings
      │ is expected
        ╭─[taskcluster/kinds/build/kind.yml:9:9]
      8 │         always-target: 'yes'
      9 │         run-on-tasks-for: github-push
        ·         ────────────────
     10 │         routes: {a: b}
        ╰────

    7 mistakes
    "#);
}

#[test]
fn treeherder_is_incomplete() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a:
        description: A
        worker-type: succeed
        treeherder: {symbol: B}
    b:
        description: B
        worker-type: succeed
        treeherder: {symbol: 'B(x', kind: build, platform: linux, tier: 1}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `b`: the platform "linux" has no collection
        ╭─[taskcluster/kinds/build/kind.yml:11:50]
     10 │         worker-type: succeed
     11 │         treeherder: {symbol: 'B(x', kind: build, platform: linux, tier: 1}
        ·                                                  ────────
        ╰────
      help: add one after a slash, e.g. `linux/opt`

    1 mistake
    "#);
}

#[test]
fn run_using_is_unknown() {
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
            using: run-taks
            command: make
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `build-linux`: unknown `run.using` "run-taks"
        ╭─[taskcluster/kinds/build/kind.yml:9:13]
      8 │         run:
      9 │             using: run-taks
        ·             ─────
     10 │             command: make
        ╰────
      help: did you mean `run-task`?

    1 mistake
    "#);
}

#[test]
fn run_using_is_missing() {
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
            command: make
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: `run.using` is missing
       ╭─[taskcluster/kinds/build/kind.yml:8:9]
     7 │             max-run-time: 600
     8 │         run:
       ·         ───
     9 │             command: make
       ╰────
      help: add it: how the task is run, e.g. `run-task`

    1 mistake
    ");
}

#[test]
fn a_worker_alias_is_unknown() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks:
    linux:
        description: Build it
        worker-type: linx
        worker:
            docker-image: debian:12
            max-run-time: 600
        run:
            using: run-task
            command: make
",
        )
        .kind(
            "test",
            "\
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
tasks:
    a: {description: A, worker-type: frobnicator}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `linux`: there is no worker alias `linx`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │         description: Build it
     4 │         worker-type: linx
       ·         ───────────
     5 │         worker:
       ╰────
      help: did you mean `linux`? (`workers.aliases` in taskcluster/config.yml)

      × kind `test`, task `a`: there is no worker alias `frobnicator`
       ╭─[taskcluster/kinds/test/kind.yml:4:25]
     3 │ tasks:
     4 │     a: {description: A, worker-type: frobnicator}
       ·                         ───────────
       ╰────
      help: there are: linux (`workers.aliases` in taskcluster/config.yml)

    2 mistakes
    ");
}

#[test]
fn a_worker_implementation_is_unknown() {
    let ran = Project::new()
        .config(
            "implementation: docker-worker",
            "implementation: docker-wroker",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-linux`: unknown worker implementation `docker-wroker`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │         description: Build it
     4 │         worker-type: linux
       ·         ───────────
     5 │         worker:
       ╰────
      help: did you mean `docker-worker`? (`workers.aliases` in config.yml says which one a
            `worker-type` has)

    1 mistake
    ");
}

#[test]
fn a_docker_image_is_unknown() {
    let ran = Project::new()
        .kind(
            "build",
            "\
tasks:
    linux:
        description: Build it
        worker-type: linux
        worker:
            docker-image: {in-tree: debian}
            max-run-time: 600
        run:
            using: run-task
            command: make
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `build-linux`: the kind of docker images cannot be read
      │   cause: "taskcluster/kinds/docker-image/kind.yml" does not exist
       ╭─[taskcluster/kinds/build/kind.yml:6:28]
     5 │         worker:
     6 │             docker-image: {in-tree: debian}
       ·                            ───────
     7 │             max-run-time: 600
       ╰────
      help: images in the tree are tasks of that kind; `docker-image-kind` in config.yml names it

    1 mistake
    "#);
}

#[test]
fn an_optimization_strategy_is_unknown() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a:
        description: A
        worker-type: succeed
        optimization: {skip-unless-change: [src]}
    b:
        description: B
        worker-type: succeed
        optimization: {push-interval: 5, index-search: []}
",
        )
        .run(&["optimized"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`, task `build-a`: unknown optimization strategy `skip-unless-change`
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a:
       ·     ─
     5 │         description: A
       ╰────
      help: did you mean `skip-unless-changed`?

      × kind `build`, task `build-b`: unknown optimization strategy `push-interval`
       ╭─[taskcluster/kinds/build/kind.yml:8:5]
     7 │         optimization: {skip-unless-change: [src]}
     8 │     b:
       ·     ─
     9 │         description: B
       ╰────
      help: those written in Python cannot be run yet; there are: always, index-search, never,
            skip-unless-changed

    2 mistakes
    ");
}

#[test]
fn transforms_are_unknown() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms:
    - taskgraph.transforms.matirx:transforms
    - taskgraph.transforms.chunking
    - taskgraph.transforms.chunking:transform
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
    exit code 1
    stderr:
      × kind `build`: unknown transform `taskgraph.transforms.matirx:transforms`
       ╭─[taskcluster/kinds/build/kind.yml:2:7]
     1 │ transforms:
     2 │     - taskgraph.transforms.matirx:transforms
       ·       ──────────────────────────────────────
     3 │     - taskgraph.transforms.chunking
       ╰────
      help: did you mean `taskgraph.transforms.matrix`?

      × kind `build`: unknown transform `taskgraph.transforms.chunking:transform`
       ╭─[taskcluster/kinds/build/kind.yml:4:7]
     3 │     - taskgraph.transforms.chunking
     4 │     - taskgraph.transforms.chunking:transform
       ·       ───────────────────────────────────────
     5 │ tasks:
       ╰────
      help: did you mean `taskgraph.transforms.chunking`?

    2 mistakes
    ");
}

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
      help: give one of them another name

    1 mistake
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
      × kind `build`, task `x\ny`: label "x\ny" has a character that is not allowed: '\n'
       ╭─[taskcluster/kinds/build/kind.yml:4:5]
     3 │ tasks:
     4 │     a: {description: A, label: "x\ny", worker-type: succeed}
       ·     ─
       ╰────
      help: labels have no line breaks and no control characters

    1 mistake
    "#);
}

#[test]
fn a_deadline_is_none() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed, deadline-after: soon, expires-after: 3 moons}
",
        )
        .run(&["morphed"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 1
    stderr:
      × kind `build`, task `a`: `expires-after`: "3 moons" has the unit "moons"; units are second,
      │ minute, hour, day, month, year (also plural, or s, min, h, d, mo, y)
       ╭─[taskcluster/kinds/build/kind.yml:4:69]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, deadline-after: soon, expires-after: 3 moons}
       ·                                                                     ─────────────
       ╰────

    1 mistake
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
      × kind `build`, task `linux`: "{matrix[os]}-{matrix[pyton]}": there is no `[pyton]` in a mapping
      │ (os: a, python: 3.11)
        ╭─[taskcluster/kinds/build/kind.yml:13:13]
     12 │         matrix:
     13 │             set-name: '{matrix[os]}-{matrix[pyton]}'
        ·             ────────
     14 │             os: [a, b]
        ╰────
      help: `{matrix[…]}` names a dimension; double the braces that shall stay

    1 mistake
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
      × kind `build`, task `linux`: the matrices of this kind make more than 100000 tasks
        ╭─[taskcluster/kinds/build/kind.yml:12:9]
     11 │             command: make
     12 │         matrix:
        ·         ──────
     13 │             d0: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        ╰────
      help: leave out a dimension, or exclude combinations

    1 mistake
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
      × kind `build`, task `linux`: the chunks of this kind make more than 100000 tasks
        ╭─[taskcluster/kinds/build/kind.yml:12:17]
     11 │             command: make
     12 │         chunk: {total-chunks: 10000000, substitution-fields: [name]}
        ·                 ────────────
        ╰────
      help: ask for fewer chunks

    1 mistake
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
      × kind `test`, task `a`: `from-deps.kinds` names `biuld`, which is not in `kind-dependencies`
       ╭─[taskcluster/kinds/test/kind.yml:7:21]
     6 │         worker-type: linux
     7 │         from-deps: {kinds: [biuld], group-by: platfrom}
       ·                     ─────
       ╰────
      help: did you mean `build`?

    1 mistake
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
      × kind `test`, task `a`: there is no way to set a name `strip-kinds`
       ╭─[taskcluster/kinds/test/kind.yml:7:41]
     6 │         worker-type: linux
     7 │         from-deps: {group-by: platfrom, set-name: strip-kinds}
       ·                                         ────────
       ╰────
      help: did you mean `strip-kind`?

    1 mistake
    ");
}

#[test]
fn the_address_of_the_repository_is_not_known() {
    let project = Project::new().plain(
        "\
tasks:
    a: {description: A, worker-type: succeed}
    b: {description: B, worker-type: succeed}
",
    );
    project.git(&["remote", "remove", "origin"]);
    assert_snapshot!(project.run(&["full"]).shown(), @"
    exit code 1
    stderr:
      × the parameter `head_repository` is empty, so tasks cannot name their source
      help: it is the address of the repository's remote: add one on GitHub, or give parameters with
            `-p`

    1 mistake
    ");
}
