//! Errors in what kinds name: each other, loaders, transforms.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn a_kind_depends_on_an_unknown_kind() {
    let ran = Project::new()
        .kind(
            "test",
            "\
kind-dependencies: [biuld, toolchain]
loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task:transforms]
tasks:
    a: {description: A, worker-type: succeed}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `test`: unknown kind `biuld` in `kind-dependencies`
       ╭─[taskcluster/kinds/test/kind.yml:1:21]
     1 │ kind-dependencies: [biuld, toolchain]
       ·                     ─────
     2 │ loader: taskgraph.loader.transform:loader
       ╰────
      help: did you mean `build`?

      × kind `test`: unknown kind `toolchain` in `kind-dependencies`
       ╭─[taskcluster/kinds/test/kind.yml:1:28]
     1 │ kind-dependencies: [biuld, toolchain]
       ·                            ─────────
     2 │ loader: taskgraph.loader.transform:loader
       ╰────
      help: available: build, test

    2 errors
    ");
}

#[test]
fn kinds_depend_on_each_other() {
    let ran = Project::new()
        .kind(
            "a",
            "\
kind-dependencies: [b]
",
        )
        .kind(
            "b",
            "\
kind-dependencies: [c]
",
        )
        .kind(
            "c",
            "\
kind-dependencies: [a]
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `a`: kinds depend on each other: a -> b -> c -> a
       ╭─[taskcluster/kinds/a/kind.yml:1:1]
     1 │ kind-dependencies: [b]
       · ─────────────────
       ╰────
      help: remove one of these `kind-dependencies`

    1 error
    ");
}

#[test]
fn a_kind_depends_on_itself() {
    let ran = Project::new()
        .kind(
            "build",
            "\
kind-dependencies: [build]
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: kinds depend on each other: build -> build
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ kind-dependencies: [build]
       · ─────────────────
       ╰────
      help: remove one of these `kind-dependencies`

    1 error
    ");
}

#[test]
fn a_requested_kind_does_not_exist() {
    let ran = Project::new().run(&["full", "-k", "biuld", "-k", "frobnicate"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × unknown kind `biuld`
      help: did you mean `build`?

      × unknown kind `frobnicate`
      help: available: build

    2 errors
    ");
}

#[test]
fn a_loader_is_unknown() {
    let ran = Project::new()
        .kind(
            "build",
            "\
loader: taskgraph.loader.defualt:loader
tasks: {}
",
        )
        .variable("SNOWMAN_PYTHON", "/no/python")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: unknown loader `taskgraph.loader.defualt:loader`
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ loader: taskgraph.loader.defualt:loader
       · ──────
     2 │ tasks: {}
       ╰────
      help: did you mean `taskgraph.loader.default:loader`?

    1 error
    ");
}

#[test]
fn a_loader_is_written_in_python() {
    let ran = Project::new()
        .kind(
            "build",
            "\
loader: project_taskgraph.loader.single:loader
tasks: {}
",
        )
        .variable("SNOWMAN_PYTHON", "/no/python")
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 3
    stderr:
      × kind `build`: unknown loader `project_taskgraph.loader.single:loader`
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ loader: project_taskgraph.loader.single:loader
       · ──────
     2 │ tasks: {}
       ╰────
      help: register it if the project defines it in Python; available: taskgraph.loader.default:loader,
            taskgraph.loader.transform:loader

      × no Python with the package taskgraph was found
      │   cause: /no/python: No such file or directory (os error 2)
      help: set SNOWMAN_PYTHON to an interpreter in which taskcluster-taskgraph is installed

    1 error, 1 failure
    ");
}

#[test]
fn a_kind_names_no_transforms() {
    let ran = Project::new()
        .kind(
            "build",
            "\
loader: taskgraph.loader.transform:loader
tasks: {}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: `transforms` is missing
       ╭─[taskcluster/kinds/build/kind.yml:1:1]
     1 │ loader: taskgraph.loader.transform:loader
       · ──────
     2 │ tasks: {}
       ╰────
      help: list the transforms; the loader `taskgraph.loader.transform:loader` adds none

    1 error
    ");
}

#[test]
fn a_kind_names_a_transform_of_its_loader() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [taskgraph.transforms.task:transforms]
tasks: {}
",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × kind `build`: `taskgraph.transforms.task:transforms` is already added by the default loader
       ╭─[taskcluster/kinds/build/kind.yml:1:14]
     1 │ transforms: [taskgraph.transforms.task:transforms]
       ·              ────────────────────────────────────
     2 │ tasks: {}
       ╰────
      help: remove it, or set `loader: taskgraph.loader.transform:loader`

    1 error
    ");
}
