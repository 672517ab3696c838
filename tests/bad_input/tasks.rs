//! Errors in the tasks of kinds.

use crate::common::Project;
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
      help: did you mean `description` instead of `descripton`?

    1 error
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
      × kind `build`, task `mac`: `description`: expected a string, found a list
        ╭─[taskcluster/kinds/build/kind.yml:13:9]
     12 │     mac:
     13 │         description: [Build it]
        ·         ───────────
     14 │         worker-type: linux
        ╰────

      × kind `build`, task `mac`: unknown key `treeherdr`
        ╭─[taskcluster/kinds/build/kind.yml:17:9]
     16 │         run: {using: run-task, command: make}
     17 │         treeherdr: {}
        ·         ─────────
        ╰────
      help: did you mean `treeherder`?

      × kind `build`, task `mac`: in `worker`: `max-run-time`: expected an integer, found the string "10
      │ minutes"
        ╭─[taskcluster/kinds/build/kind.yml:15:43]
     14 │         worker-type: linux
     15 │         worker: {docker-image: debian:12, max-run-time: 10 minutes}
        ·                                           ────────────
     16 │         run: {using: run-task, command: make}
        ╰────

      × kind `test`, task `unit`: `description`: expected a string, found 5
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
      help: add it: a description of the task

    7 errors
    "#);
}

#[test]
fn an_error_is_in_the_defaults() {
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

    1 error
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
      × kind `build`, task `a`: `always-target`: expected a boolean, found the string "yes"
       ╭─[taskcluster/kinds/build/kind.yml:8:9]
     7 │         attributes: []
     8 │         always-target: 'yes'
       ·         ─────────────
     9 │         run-on-tasks-for: github-push
       ╰────

      × kind `build`, task `a`: `attributes`: expected a mapping of names to values, found a list
       ╭─[taskcluster/kinds/build/kind.yml:7:9]
     6 │         worker-type: succeed
     7 │         attributes: []
       ·         ──────────
     8 │         always-target: 'yes'
       ╰────

      × kind `build`, task `a`: `routes`: expected a list of strings, found a mapping
        ╭─[taskcluster/kinds/build/kind.yml:10:9]
      9 │         run-on-tasks-for: github-push
     10 │         routes: {a: b}
        ·         ──────
     11 │         treeherder:
        ╰────

      × kind `build`, task `a`: `treeherder.symbol`: expected a string, found a list
        ╭─[taskcluster/kinds/build/kind.yml:12:13]
     11 │         treeherder:
     12 │             symbol: [B]
        ·             ──────
     13 │             tier: one
        ╰────

      × kind `build`, task `a`: `treeherder.tier`: expected an integer, found the string "one"
        ╭─[taskcluster/kinds/build/kind.yml:13:13]
     12 │             symbol: [B]
     13 │             tier: one
        ·             ────
     14 │             kind: build
        ╰────

      × kind `build`, task `a`: `index.product`: expected a string, found 5
        ╭─[taskcluster/kinds/build/kind.yml:17:13]
     16 │         index:
     17 │             product: 5
        ·             ───────
     18 │             job-name: a
        ╰────

      × kind `build`, task `a`: `run-on-tasks-for`: expected a list of strings, found the string
      │ "github-push"
        ╭─[taskcluster/kinds/build/kind.yml:9:9]
      8 │         always-target: 'yes'
      9 │         run-on-tasks-for: github-push
        ·         ────────────────
     10 │         routes: {a: b}
        ╰────

    7 errors
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
      help: append a collection, e.g. `linux/opt`

    1 error
    "#);
}

#[test]
fn a_deadline_is_invalid() {
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
      × kind `build`, task `a`: `expires-after`: unknown unit "moons" in "3 moons"; units are second,
      │ minute, hour, day, week, month, year (also plural, or s, min, h, d, w, mo, y)
       ╭─[taskcluster/kinds/build/kind.yml:4:69]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, deadline-after: soon, expires-after: 3 moons}
       ·                                                                     ─────────────
       ╰────

      × kind `build`, task `a`: `deadline-after`: "soon" is not a time span; write a number and a unit,
      │ e.g. `14 days`
       ╭─[taskcluster/kinds/build/kind.yml:4:47]
     3 │ tasks:
     4 │     a: {description: A, worker-type: succeed, deadline-after: soon, expires-after: 3 moons}
       ·                                               ──────────────
       ╰────

    2 errors
    "#);
}

#[test]
fn the_url_of_the_repository_is_unknown() {
    let tasks = "\
tasks:
    a: {description: A, worker-type: succeed}
    b: {description: B, worker-type: succeed}
";
    let own = "            default-repository: https://github.com/org/project\n";
    let project = Project::new().config(own, "").plain(tasks);
    project.git(&["remote", "remove", "origin"]);
    assert_snapshot!(project.run(&["full"]).shown(), @"
    exit code 1
    stderr:
      × kind `build`: the parameter `head_repository` is empty, so the source of tasks cannot be
      │ determined
      help: add a remote on GitHub to the repository, pass parameters with `-p`, or set
            `default-repository` in config.yml

    1 error
    ");
}

#[test]
fn a_string_is_given_instead_of_a_list_of_names() {
    let ran = Project::new()
        .plain(
            "\
tasks:
    a: {description: A, worker-type: succeed, run-on-projects: all}
    b: {description: B, worker-type: succeed, run-on-projects: all}
    c: {description: C, worker-type: succeed}
",
        )
        .run(&["target"]);
    assert_snapshot!(ran.shown(), @r#"
    exit code 0
    stdout:
    build-c
    stderr:
    WARN taskcluster/kinds/build/kind.yml:4:5: kind `build`, task `build-a`: the attribute `run_on_projects` is the string "all", so each letter counts as a name (also in 1 more task)
      help: write ["all"]
    "#);
}
