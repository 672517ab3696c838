//! Messages when the project's Python fails or is missing.

use super::world::{World, flat, python};

const BUILD: &str = "taskcluster/hail_taskgraph/transforms/build.py";

fn world() -> Option<World> {
    python().map(World::new)
}

fn says(world: &World, expected: &[&str]) -> String {
    says_of(world, &["full", "-p", "params/push.yml"], expected)
}

/// What a command says, which has to fail.
fn says_of(world: &World, arguments: &[&str], expected: &[&str]) -> String {
    let error = world.failure(arguments);
    for text in expected {
        assert!(flat(&error).contains(&flat(text)), "{text}\n{error}");
    }
    error
}

#[test]
fn an_exception_is_reported_with_task_and_transform() {
    let Some(world) = world() else { return };
    let world = world.with(
        BUILD,
        "attributes[\"size\"] =",
        "raise KeyError(\"hail\")\n        attributes[\"size\"] =",
    );
    says(
        &world,
        &[
            "kind `build`, task `one`: the transform `hail_taskgraph.transforms.build` failed in `size`",
            "KeyError: 'hail'",
            "transforms/build.py\", line",
            "taskcluster/kinds/build/kind.yml",
        ],
    );
}

#[test]
fn secrets_are_masked_in_tracebacks_and_output() {
    let Some(world) = world() else { return };
    let secret = "correct horse battery staple";
    let world = world.variable("DEPLOY_PASSWORD", secret).with(
        BUILD,
        "attributes[\"size\"] =",
        "import logging, os\n        print(\"printed\", dict(os.environ))\n        \
         logging.getLogger(__name__).warning(\"logged %s\", os.environ[\"DEPLOY_PASSWORD\"])\n        \
         raise KeyError(os.environ[\"DEPLOY_PASSWORD\"] * 9)\n        attributes[\"size\"] =",
    );
    let error = world.failure(&["full", "-p", "params/push.yml"]);
    for message in [
        "printed",
        "'DEPLOY_PASSWORD': '[masked]'",
        "logged [masked]",
        "KeyError: '[masked]",
    ] {
        assert!(flat(&error).contains(message), "{message}\n{error}");
    }
    for word in secret.split(' ') {
        assert!(!error.contains(word), "{error}");
    }
}

#[test]
fn a_missing_module_is_reported_at_its_line() {
    let Some(world) = world() else { return };
    let kind = "taskcluster/kinds/late/kind.yml";
    let world = world.with(
        kind,
        "hail_taskgraph.transforms.late:",
        "hail_taskgraph.transforms.latte:",
    );
    says(
        &world,
        &[
            "kind `late`: the import of `hail_taskgraph.transforms.latte:transforms` failed",
            "No module named 'hail_taskgraph.transforms.latte'",
            "taskcluster/kinds/late/kind.yml:2",
        ],
    );
}

#[test]
fn a_missing_module_names_what_to_install() {
    let Some(world) = world() else { return };
    let world = world.with(BUILD, "import os\n", "import no_such_package.of_ours\n");
    let error = flat(&world.failure(&["full", "-p", "params/push.yml"]));
    assert!(
        error.contains("No module named 'no_such_package'"),
        "{error}"
    );
    assert!(
        error.contains("help: install the package that provides `no_such_package` (`"),
        "{error}"
    );
    assert!(error.contains("-m pip install …`)"), "{error}");
    let world = world.file("taskcluster/requirements.txt", "no-such-package==1\n");
    says(
        &world,
        &["-m pip install --requirement taskcluster/requirements.txt`)"],
    );
    let world = world.with(
        BUILD,
        "import no_such_package.of_ours",
        "import taskgraph.no_such",
    );
    says(
        &world,
        &["the installed `taskgraph` has no `taskgraph.no_such`"],
    );
}

#[test]
fn no_install_hint_for_a_module_of_the_project() {
    let Some(world) = world() else { return };
    let world = world.with(BUILD, "import os\n", "import hail_taskgraph.melted\n");
    let error = flat(&world.failure(&["full", "-p", "params/push.yml"]));
    assert!(
        error.contains("No module named 'hail_taskgraph.melted'"),
        "{error}"
    );
    assert!(!error.contains("help:"), "{error}");
}

#[test]
fn another_required_version_of_taskgraph_is_reported() {
    let places = [
        (
            "taskcluster/requirements.txt",
            "taskcluster-taskgraph[load-image]==9.2.1 \\\n",
            "9.2.1",
        ),
        (
            "pyproject.toml",
            "dependencies = [\n  \"taskcluster-taskgraph==8.0\",\n]\n",
            "8.0",
        ),
        (
            "uv.lock",
            "[[package]]\nname = \"taskcluster-taskgraph\"\nversion = \"14.2.1\"\n",
            "14.2.1",
        ),
        (
            ".taskcluster.yml",
            "image: mozillareleases/taskgraph:decision-v11.2.4@sha256:0\n",
            "11.2.4",
        ),
    ];
    for (file, text, version) in places {
        let Some(world) = world() else { return };
        let world = world
            .with(BUILD, "import os\n", "import no_such_package\n")
            .file(file, text);
        says(
            &world,
            &[&format!(
                "help: {file} requires taskgraph {version}, but 24.5.1 is installed"
            )],
        );
    }
    let Some(world) = world() else { return };
    let world = world
        .with(BUILD, "import os\n", "import no_such_package\n")
        .file(
            "taskcluster/requirements.txt",
            "taskcluster-taskgraph==24.0.0\n",
        );
    says(
        &world,
        &["help: install the package that provides `no_such_package`"],
    );
}

#[test]
fn unknown_filters_and_methods_are_compared_with_those_of_the_project() {
    let Some(world) = world() else { return };
    let params = "params/push.yml";
    for (from, to, expected) in [
        (
            "target_tasks_method: hail",
            "target_tasks_method: hai",
            "unknown target-tasks method `hai` help: did you mean `hail`?",
        ),
        (
            "filters: [no_odd_tasks,",
            "filters: [no_odd_task,",
            "unknown filter `no_odd_task` help: did you mean `no_odd_tasks`?",
        ),
    ] {
        let path = world.root().join(params);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, before.replace(from, to)).unwrap();
        let error = flat(&world.failure(&["target", "-p", params]));
        assert!(error.contains(expected), "{error}");
        std::fs::write(&path, before).unwrap();
    }
}

#[test]
fn a_worker_that_dies_is_reported_with_its_output() {
    let Some(world) = world() else { return };
    let world = world.with(
        BUILD,
        "    for number, task in enumerate(tasks):",
        "    import sys\n    print(\"so cold\")\n    sys.stdout.flush()\n    os._exit(7)\n    for number, task in enumerate(tasks):",
    );
    says(
        &world,
        &[
            "the Python worker ended unexpectedly (exit status: 7)",
            "so cold",
            "run again with `--verbose`",
        ],
    );
}

#[test]
fn a_worker_that_hangs_times_out() {
    let Some(world) = world() else { return };
    let world = world
        .with(
            BUILD,
            "    for number, task in enumerate(tasks):",
            "    import time\n    time.sleep(600)\n    for number, task in enumerate(tasks):",
        )
        .variable("SNOWMAN_PYTHON_TIMEOUT", "5");
    says(
        &world,
        &["the Python worker did not answer within 5 seconds"],
    );
}

#[test]
fn a_worker_with_much_output_does_not_block() {
    let Some(world) = world() else { return };
    let world = world.with(
        BUILD,
        "    for number, task in enumerate(tasks):",
        "    for _ in range(200000):\n        print(\"hail\" * 10)\n    for number, task in enumerate(tasks):",
    );
    let done = world.ours(&["full", "-p", "params/push.yml"]);
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success());
    assert!(stderr.contains("python: hailhail"));
    assert!(stderr.len() < 4_000_000, "{}", stderr.len());
    assert!(!String::from_utf8_lossy(&done.stdout).contains("hailhail"));
}

#[test]
fn a_failing_verification_is_reported() {
    let Some(world) = world() else { return };
    let world = world.with(
        "params/push.yml",
        "hail_reason: push",
        "hail_reason: too many",
    );
    says(
        &world,
        &[
            "the verification `verify_sizes` of the full task graph failed",
            "and that is too many",
        ],
    );
}

#[test]
fn a_verification_may_be_a_plain_function() {
    let Some(world) = world() else { return };
    // As in the oldest versions of taskgraph.
    let older = "def older(task, graph, scratch_pad, graph_config):\n    \
                 scratch_pad[\"seen\"] = scratch_pad.get(\"seen\", 0) + 1\n    \
                 if task is None:\n        \
                 raise Exception(\"%d, none of them liked\" % (scratch_pad[\"seen\"] - len(graph.tasks)))\n\n\n\
                 verifications._verifications.setdefault(\"full_task_graph\", []).append(older)\n\n\n";
    let world = world.with(
        "taskcluster/hail_taskgraph/verifications.py",
        "@verifications.add(\"initial\")",
        &format!("{older}@verifications.add(\"initial\")"),
    );
    says(
        &world,
        &[
            "the verification `older` of the full task graph failed",
            "1, none of them liked",
        ],
    );
}

#[test]
fn parameters_must_match_the_schema_of_the_project() {
    let Some(world) = world() else { return };
    let world = world.with("params/push.yml", "hail_reason: push", "hail_size: large");
    says(&world, &["parameters:", "hail_size"]);
}

#[test]
fn an_interpreter_without_taskgraph_is_an_error() {
    let Some(world) = world() else { return };
    let world = world
        .file("bare", "#!/bin/sh\nexit 3\n")
        .variable("SNOWMAN_PYTHON", "/no/such/python");
    says(
        &world,
        &[
            "no Python with the package taskgraph was found",
            "/no/such/python",
            "set SNOWMAN_PYTHON to an interpreter",
        ],
    );
}

/// A line of the transform `build`, and what makes it yield a null after each task.
const YIELD: &str = "        yield task\n        if again";
const YIELD_NULL_TOO: &str = "        yield task\n        yield None\n        if again";

#[test]
fn an_item_that_is_no_task_is_reported_with_its_transform() {
    let Some(world) = world() else { return };
    // `size` comes later, and lets null through.
    let world = world.with(BUILD, YIELD, YIELD_NULL_TOO).with(
        BUILD,
        "    for number, task in enumerate(tasks):\n",
        "    for number, task in enumerate(tasks):\n        if task is None:\n            \
             yield task\n            continue\n",
    );
    says(
        &world,
        &[
            "kind `build`: the transform `hail_taskgraph.transforms.build` yielded null instead of a task",
            "after the task `one`",
        ],
    );
}

#[test]
fn the_transform_that_is_named_has_yielded_this_item_itself() {
    let Some(python) = python() else { return };
    let passing = "if task is None:\n            yield task\n            continue\n        ";
    // What `later` does with the tasks and the nulls that `build` yields, and who yields the first wrong item in the
    // end.
    let cases = [
        // It leaves out the others' nulls, and yields one of its own.
        (
            "    for task in tasks:\n        if task:\n            yield task\n            \
             if task['name'] == 'two':\n                yield None\n",
            "later` yielded null",
            "after the task `two`",
        ),
        // Its own item is of another type.
        (
            "    tasks = [task for task in tasks if task]\n    return tasks[:1] + ['odd'] + tasks[1:]\n",
            "later` yielded a string",
            "after the task `one`",
        ),
        // It yields both, but the other's one is first.
        (
            "    for task in tasks:\n        yield task\n    yield 'odd'\n",
            "build` yielded null",
            "after the task `one`",
        ),
        // Its own is first.
        (
            "    yield 'odd'\n    yield from list(tasks)\n",
            "later` yielded a string",
            "before any task",
        ),
        // It takes all of them before it passes any on.
        (
            "    tasks = list(tasks)\n    yield tasks[0]\n    yield from tasks[1:]\n",
            "build` yielded null",
            "after the task `one`",
        ),
        // The first one of the other is left out.
        (
            "    seen = []\n    for task in tasks:\n        seen.append(task)\n        \
             if task or len(seen) > 4:\n            yield task\n",
            "build` yielded null",
            "after the task `two`",
        ),
    ];
    for (later, culprit, place) in cases {
        let world = World::new(python.clone())
            .file(
                "taskcluster/hail_taskgraph/transforms/later.py",
                &format!("def later(config, tasks):\n{later}"),
            )
            .with(
                "taskcluster/kinds/build/kind.yml",
                "  - hail_taskgraph.transforms.build\n",
                "  - hail_taskgraph.transforms.build\n  - hail_taskgraph.transforms.later:later\n",
            )
            .with(BUILD, YIELD, YIELD_NULL_TOO)
            .with(
                BUILD,
                "        attributes = task",
                &format!("        {passing}attributes = task"),
            );
        says(&world, &[culprit, place]);
    }
}

#[test]
fn a_later_transform_may_leave_out_what_is_no_task() {
    let Some(world) = world() else { return };
    let world = world.with(BUILD, YIELD, YIELD_NULL_TOO).with(
        BUILD,
        "    for number, task in enumerate(tasks):\n",
        "    for number, task in enumerate(task for task in tasks if task):\n",
    );
    let done = world.ours(&["full", "-p", "params/push.yml"]);
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[test]
fn modules_that_do_not_exist_are_reported_without_a_traceback() {
    let Some(world) = world() else { return };
    let world = world
        .with(
            "taskcluster/kinds/build/kind.yml",
            "hail_taskgraph.transforms.build",
            "taskgraph.transforms.task_contxt",
        )
        .with(
            "taskcluster/kinds/listed/kind.yml",
            "hail_taskgraph.loaders.lines:loader",
            "nowhere.at_all:loader",
        );
    let error = says(
        &world,
        &[
            "kind `build`: unknown transform `taskgraph.transforms.task_contxt`",
            "did you mean `taskgraph.transforms.task_context`?",
            "No module named 'nowhere'",
        ],
    );
    assert!(
        !error.contains("Traceback") && !error.contains("importlib"),
        "{error}"
    );
}

#[test]
fn strategies_of_the_project_count() {
    let Some(world) = world() else { return };
    let world = world.with("taskcluster/kinds/build/kind.yml", "hail-any:", "hail-ayn:");
    says(
        &world,
        &[
            "task `build-two`: unknown optimization strategy `hail-ayn`",
            "did you mean `hail-any`?",
        ],
    );
    let world = world.with("taskcluster/kinds/build/kind.yml", "hail-ayn:", "thunder:");
    says(
        &world,
        &[
            "unknown optimization strategy `thunder`",
            "register it with `taskgraph.optimize.base.register_strategy`",
            "hail-skip",
        ],
    );
    // A table that the parameters name is only known when the graph is optimized.
    let world = world
        .with("taskcluster/kinds/build/kind.yml", "thunder:", "hail-any:")
        .with(
            "taskcluster/kinds/build/kind.yml",
            "hail-skip:",
            "hail-skpi:",
        );
    says_of(
        &world,
        &["optimized", "-p", "params/others.yml"],
        &[
            "unknown optimization strategy `hail-skpi`",
            "did you mean `hail-skip`?",
        ],
    );
}
