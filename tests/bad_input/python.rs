//! Projects with Python where Python is not allowed or cannot run.

use crate::common::Project;
use insta::assert_snapshot;

#[test]
fn a_project_registers_extensions() {
    let ran = Project::new()
        .config("taskgraph:\n", "taskgraph:\n    register: project_taskgraph:register\n    decision-parameters: project_taskgraph.parameters:decision\n")
        .run(&["full", "--python=never"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × `taskgraph.register` is set to the Python function `project_taskgraph:register`, which cannot be
      │ used without Python
        ╭─[taskcluster/config.yml:11:5]
     10 │ taskgraph:
     11 │     register: project_taskgraph:register
        ·     ────────
     12 │     decision-parameters: project_taskgraph.parameters:decision
        ╰────
      help: the project needs Python, so remove `--python=never`

      × `taskgraph.decision-parameters` is set to the Python function
      │ `project_taskgraph.parameters:decision`, which cannot be used without Python
        ╭─[taskcluster/config.yml:12:5]
     11 │     register: project_taskgraph:register
     12 │     decision-parameters: project_taskgraph.parameters:decision
        ·     ───────────────────
     13 │     repositories:
        ╰────
      help: the project needs Python, so remove `--python=never`

    2 errors
    ");
}

#[test]
fn a_near_name_of_a_native_registration() {
    let ran = Project::new()
        .config(
            "taskgraph:\n",
            "taskgraph:\n    register: mozilla_taskgraph:registre\n",
        )
        .run(&["full", "--python=never"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × `taskgraph.register` is set to the Python function `mozilla_taskgraph:registre`, which cannot be
      │ used without Python
        ╭─[taskcluster/config.yml:11:5]
     10 │ taskgraph:
     11 │     register: mozilla_taskgraph:registre
        ·     ────────
     12 │     repositories:
        ╰────
      help: did you mean `mozilla_taskgraph:register`?

    1 error
    ");
}

#[test]
fn a_transform_is_the_projects_own() {
    let ran = Project::new()
        .kind(
            "build",
            "\
transforms: [project_taskgraph.transforms.build:transforms]
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
    exit code 3
    stderr:
      × kind `build`: unknown transform `project_taskgraph.transforms.build:transforms`
       ╭─[taskcluster/kinds/build/kind.yml:1:14]
     1 │ transforms: [project_taskgraph.transforms.build:transforms]
       ·              ─────────────────────────────────────────────
     2 │ tasks:
       ╰────
      help: use a built-in transform, or a name that the project's Python can import; built in:
            mozilla_taskgraph.transforms.replicate,
            mozilla_taskgraph.transforms.scriptworker.release_artifacts,
            mozilla_taskgraph.transforms.scriptworker.shipit.mark_as_shipped,
            snowman.transforms.partial_updates, snowman.transforms.publish,
            snowman.transforms.run_on_releases, taskgraph.transforms.cached_tasks,
            taskgraph.transforms.chunking, taskgraph.transforms.code_review,
            taskgraph.transforms.docker_image, taskgraph.transforms.fetch,
            taskgraph.transforms.from_deps, taskgraph.transforms.matrix, taskgraph.transforms.notify,
            taskgraph.transforms.run, taskgraph.transforms.task, taskgraph.transforms.task_context

      × no Python with the package taskgraph was found
      │   cause: /no/python: No such file or directory (os error 2)
      help: set SNOWMAN_PYTHON to an interpreter in which taskcluster-taskgraph is installed

    1 error, 1 failure
    ");
}

#[test]
fn strategies_are_the_projects_own() {
    let ran = Project::new()
        .file(
            "params.yml",
            "\
optimize_strategies: project_taskgraph.optimize:strategies
",
        )
        .run(&["optimized", "--python=never", "-p", "params.yml"]);
    assert_snapshot!(ran.shown(), @"
    exit code 1
    stderr:
      × the parameter `optimize_strategies` is set to the Python object
      │ `project_taskgraph.optimize:strategies`, which cannot be used without Python
      help: the project needs Python, so remove `--python=never`

    1 error
    ");
}

#[test]
fn a_version_parser_is_the_projects_own() {
    let ran = Project::new()
        .config(
            "task-priority: low",
            "task-priority: low\nversion-parser: project_taskgraph.version:parse",
        )
        .run(&["full"]);
    assert_snapshot!(ran.shown(), @"
    exit code 0
    stdout:
    build-linux
    ");
}
