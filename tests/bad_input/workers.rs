//! Errors in how tasks are run, and on which workers.

use crate::common::Project;
use insta::assert_snapshot;

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

    1 error
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
      help: add it: how to run the task, e.g. `run-task`

    1 error
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
      × kind `build`, task `linux`: unknown worker alias `linx`
       ╭─[taskcluster/kinds/build/kind.yml:4:9]
     3 │         description: Build it
     4 │         worker-type: linx
       ·         ───────────
     5 │         worker:
       ╰────
      help: did you mean `linux`? (`workers.aliases` in taskcluster/config.yml)

      × kind `test`, task `a`: unknown worker alias `frobnicator`
       ╭─[taskcluster/kinds/test/kind.yml:4:25]
     3 │ tasks:
     4 │     a: {description: A, worker-type: frobnicator}
       ·                         ───────────
       ╰────
      help: available: linux (`workers.aliases` in taskcluster/config.yml)

    2 errors
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
      help: did you mean `docker-worker`? (`workers.aliases` in config.yml sets the implementation of
            each `worker-type`)

    1 error
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
      × kind `build`, task `build-linux`: cannot read the kind of the docker images
      │   cause: "taskcluster/kinds/docker-image/kind.yml" does not exist
       ╭─[taskcluster/kinds/build/kind.yml:6:28]
     5 │         worker:
     6 │             docker-image: {in-tree: debian}
       ·                            ───────
     7 │             max-run-time: 600
       ╰────
      help: set `docker-image-kind` in config.yml to the kind of the in-tree images

    1 error
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
       ╭─[taskcluster/kinds/build/kind.yml:7:24]
     6 │         worker-type: succeed
     7 │         optimization: {skip-unless-change: [src]}
       ·                        ──────────────────
     8 │     b:
       ╰────
      help: did you mean `skip-unless-changed`?

      × kind `build`, task `build-b`: unknown optimization strategy `push-interval`
        ╭─[taskcluster/kinds/build/kind.yml:11:24]
     10 │         worker-type: succeed
     11 │         optimization: {push-interval: 5, index-search: []}
        ·                        ─────────────
        ╰────
      help: register it with `taskgraph.optimize.base.register_strategy`, in a module that the function
            of `taskgraph.register` in config.yml imports; available: always, index-search, never,
            skip-unless-changed

    2 errors
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
        .variable("SNOWMAN_PYTHON", "/no/python")
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

    2 errors
    ");
}
