//! Decisions that the callback of an action makes, in the process and the environment of the callback.

use serde_json::{Value, json};

use super::services::{ACTION, DECISION, Services, TASK};
use super::tables::{TEST_PROMOTION, artifact, with_entry};
use super::world::{World, flat, python};

const REGISTRY: &str = "taskcluster/ice/actions.py";
const DECIDE: &str = "taskcluster/ice/decision.py";
const PACKAGE: &str = "taskcluster/hail_taskgraph/__init__.py";
const PARAMS: &str = "params/push.yml";

/// What a callback changes, and a strategy that depends on it.
const STATE: &str = "
import os
import sys

from taskgraph.optimize.base import OptimizationStrategy

SEEN = {}


def state():
    return [os.environ.get(\"HAIL_SEED\"), sys.argv[1:], SEEN.get(\"seed\")]


class Thawed(OptimizationStrategy):
    def should_remove_task(self, task, params, arg):
        return state() == [\"frost\", [\"--seed=sleet\"], \"hail\"]


STRATEGIES = {\"hail-found\": Thawed()}
";

/// A verification that depends on it.
const VERIFY: &str = "

@verifications.add(\"full_task_graph\")
def verify_state(task, taskgraph, scratch_pad, graph_config, parameters):
    from ice.state import state

    if task is None:
        assert state() == [\"frost\", [\"--seed=sleet\"], \"hail\"], state()
";

/// Changes it only for the decision, and uses what the decision leaves behind.
const CHANGE: &str = "    import os
    import sys
    from unittest import mock

    from ice.state import SEEN

    variables = {\"HAIL_SEED\": \"frost\", \"TASKGRAPH_OPTIMIZE_STRATEGIES\": \"ice.state:STRATEGIES\"}
    with mock.patch.dict(os.environ, variables), mock.patch.dict(SEEN, seed=\"hail\"), \\
            mock.patch.object(sys, \"argv\", [\"hail\", \"--seed=sleet\"]):
        taskgraph_decision({\"root\": graph_config.root_dir}, parameters=Parameters(**values))
    assert os.path.exists(\"artifacts/state.json\")
";

/// Runs the callback as the peer's command does.
const PEER: &str = "import os, sys; sys.path.insert(0, 'taskcluster')
from taskgraph import create
from taskgraph.config import load_graph_config
from taskgraph.parameters import load_parameters_file
from taskgraph.util import taskcluster
graph_config = load_graph_config('taskcluster')
graph_config.register()
parameters = load_parameters_file('params/push.yml', strict=False)
create.testing = taskcluster.testing = True
os.environ['TASK_ID'] = 'dSvO-TqoQvyZ1IQRkLyqxw'
os.mkdir('artifacts')
from ice import actions
actions.promote(parameters, graph_config, {'reason': 'thaw'}, 'GROUP', 'ASgBd5tqSjiJduQLymhVQw')
";

/// A project whose promotion decides with changed state. Its decision publishes what it has found.
fn project(world: World) -> World {
    let write = "    write_artifact(\"full-task-graph.json\"";
    let publish = "    write_artifact(\"state.json\", {
        \"kinds\": {label: task.attributes[\"state\"] for label, task in graphs.full_task_graph.tasks.items()
                  if task.kind in (\"odd\", \"test\")},
        \"created\": sorted(task.label for task in graphs.morphed_task_graph.tasks.values()),
    })
    write_artifact(\"processes.json\", {label: task.attributes[\"process\"]
                   for label, task in graphs.full_task_graph.tasks.items() if task.kind in (\"odd\", \"test\")})
";
    let call = "    taskgraph_decision({\"root\": graph_config.root_dir}, parameters=Parameters(**values))\n";
    let verifications = "taskcluster/hail_taskgraph/verifications.py";
    let world = with_entry(world)
        .file("taskcluster/ice/state.py", STATE)
        .with(DECIDE, write, &format!("{publish}{write}"))
        .with(REGISTRY, call, CHANGE)
        // taskgraph registers once, and changes only the graph config of the action then.
        .with(
            verifications,
            "    assert graph_config[\"hail\"][\"registered\"]\n",
            "    pass\n",
        )
        .with(
            verifications,
            "\n\n@verifications.add(\"target_task_set\")",
            &format!("{VERIFY}\n\n@verifications.add(\"target_task_set\")"),
        );
    let kinds = [
        ("odd", "        primary = task.pop(\"primary\")\n", "task"),
        (
            "test",
            "            copied[\"optimization\"] = {\"hail-found\": None}\n",
            "copied",
        ),
    ];
    kinds.into_iter().fold(world, |world, (kind, line, task)| {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let file = format!("taskcluster/hail_taskgraph/transforms/{kind}.py");
        let new = format!(
            "{line}{indent}import os; from ice.state import state\n\
             {indent}{task}.setdefault(\"attributes\", {{}})\n\
             {indent}{task}[\"attributes\"][\"state\"] = state()\n\
             {indent}{task}[\"attributes\"][\"process\"] = os.getpid()\n"
        );
        world.with(&file, line, &new)
    })
}

/// Runs the promotion as the peer does. Returns what its decision has found.
fn theirs(world: &World) -> Value {
    let done = world.script(PEER);
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    artifact(world, "state.json")
}

/// Runs the promotion. Returns what its decision has found.
fn ours(world: World, python: &str) -> (World, Value) {
    let services = Services::start(&[]);
    services.running(ACTION, &[]);
    services.running(TASK, &[]);
    let world = services
        .inside(world, ACTION)
        .file("input.yml", "reason: thaw\n");
    let done = world.ours(&[TEST_PROMOTION, &[python]].concat());
    let stderr = flat(&String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{stderr}");
    let found = artifact(&world, "state.json");
    (world, found)
}

/// Whether the two kinds were generated in one process.
fn in_one_process(world: &World) -> bool {
    let processes = artifact(world, "processes.json");
    let processes = processes.as_object().unwrap();
    let mut processes: Vec<_> = processes.values().map(Value::to_string).collect();
    processes.sort();
    processes.dedup();
    processes.len() == 1
}

#[test]
fn kinds_strategies_and_verifications_find_the_state_of_the_callback() {
    let Some(python) = python() else { return };
    let theirs = theirs(&project(World::new(python.clone())));
    let state = json!(["frost", ["--seed=sleet"], "hail"]);
    let kinds = theirs["kinds"].as_object().unwrap();
    assert!(kinds.len() > 1 && kinds.values().all(|found| *found == state));
    for mode in ["--python=mixed", "--python=whole"] {
        let (_, ours) = ours(project(World::new(python.clone())), mode);
        assert_eq!(ours, theirs, "{mode}");
    }
    // Without the change, the strategy removes less.
    let unchanged = project(World::new(python)).with(
        "taskcluster/ice/state.py",
        "return state() ==",
        "return state() !=",
    );
    assert_ne!(self::ours(unchanged, "--python=mixed").1, theirs);
}

#[test]
fn a_decision_of_the_entry_is_made_in_the_process_of_the_callback() {
    let Some(python) = python() else { return };
    let theirs = theirs(&project(World::new(python.clone())));
    // A second worker would be started meanwhile.
    let slow = "    for number, task in enumerate(tasks):\n";
    let world = project(World::new(python)).with(
        "taskcluster/hail_taskgraph/transforms/build.py",
        slow,
        &format!("    import time\n    time.sleep(1)\n{slow}"),
    );
    let (world, found) = ours(world, "--python=whole");
    assert_eq!(found, theirs);
    assert!(in_one_process(&world));
}

#[test]
fn a_process_that_cannot_be_copied_makes_the_decision_alone() {
    let Some(python) = python() else { return };
    let theirs = theirs(&project(World::new(python.clone())));
    let thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n";
    let import = "from importlib import import_module\n";
    let slow = "    for number, task in enumerate(tasks):\n";
    let world = project(World::new(python))
        .with(PACKAGE, import, &format!("{thread}{import}"))
        // A second worker would be started meanwhile.
        .with(
            "taskcluster/hail_taskgraph/transforms/build.py",
            slow,
            &format!("    import time\n    time.sleep(1)\n{slow}"),
        );
    let (world, found) = ours(world, "--python=whole");
    assert_eq!(found, theirs);
    assert!(in_one_process(&world));
}

#[test]
fn a_callback_that_fails_after_its_decision_creates_nothing() {
    let Some(python) = python() else { return };
    let services = Services::start(&[]);
    let role = "assume:repo:github.com/hail/hail:action:generic";
    services.running(
        ACTION,
        &["queue:*", "hail:*", "docker-worker:*", "index:*", role],
    );
    services.running(TASK, &[]);
    let parameters = std::fs::read_to_string(format!(
        "{}/tests/python/project/{PARAMS}",
        env!("CARGO_MANIFEST_DIR")
    ));
    services.leave(
        "public/parameters.yml",
        parameters.unwrap() + "hail_size: 3\n",
    );
    let run = |world: World| {
        let world = services
            .inside(world, ACTION)
            .variable("ACTION_CALLBACK", "promote")
            .variable("ACTION_TASK_GROUP_ID", DECISION)
            .variable("ACTION_TASK_ID", &format!("\"{TASK}\""))
            .variable("ACTION_INPUT", "{\"reason\": \"thaw\"}");
        let done = world.ours(&["action-callback"]);
        (
            done.status.success(),
            flat(&String::from_utf8_lossy(&done.stderr)),
        )
    };
    let exists = "    assert os.path.exists(\"artifacts/state.json\")\n";
    let fails = format!("{exists}    raise Exception(\"the hail has melted\")\n");
    let world = || project(World::new(python.clone()));
    let (succeeds, stderr) = run(world().with(REGISTRY, exists, &fails));
    assert!(!succeeds);
    assert!(
        stderr.contains("Exception: the hail has melted"),
        "{stderr}"
    );
    assert!(stderr.ends_with("1 error; nothing was done"), "{stderr}");
    assert!(services.created_in(ACTION).is_empty());
    let (succeeds, stderr) = run(world());
    assert!(succeeds, "{stderr}");
    assert!(!services.created_in(ACTION).is_empty());
}
