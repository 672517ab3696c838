//! Projects that put tables of their own in place of taskgraph's, and are run by a program of their own:
//! a package that is imported before config.yml is read.

use std::process::Output;

use serde_json::Value;

use super::services::{ACTION, DECISION, Services, TASK};
use super::world::{World, document, flat, python};

const PACKAGE: &str = "taskcluster/hail_taskgraph/__init__.py";
const CONFIG: &str = "taskcluster/config.yml";
const PARAMS: &str = "params/push.yml";

/// The project, with `imported` added to what its package does when it is imported, and `registered` to
/// what it does when it is registered.
fn world(imported: &str, registered: &str) -> Option<World> {
    let start = "from importlib import import_module\n";
    let end = "    # What register changes";
    let world = World::new(python()?);
    let world = world.with(PACKAGE, start, &format!("{start}{imported}"));
    Some(world.with(PACKAGE, end, &format!("{registered}{end}")))
}

/// Compares all graphs with those of the peer, which the project's package starts.
fn compare(world: &World) -> Vec<Value> {
    let commands = ["full", "target-graph", "optimized", "morphed"];
    commands
        .map(|command| {
            let arguments = [command, "--json", "-p", PARAMS];
            let theirs = document(&world.peer_with_entry("hail_taskgraph", &arguments));
            for mode in ["mixed", "whole"] {
                let python = format!("--python={mode}");
                let ours = document(&world.ours(&[&arguments[..], &[&python]].concat()));
                assert!(ours == theirs, "{command} {mode} differs");
            }
            theirs
        })
        .into()
}

fn stderr(done: &Output) -> String {
    flat(&String::from_utf8_lossy(&done.stderr))
}

#[test]
fn schema_of_the_graph_config() {
    let schema = "
from taskgraph import config as taskgraph_config
from taskgraph.util.schema import LegacySchema
from voluptuous import Any, Extra, Required

Keyed = Any(str, {\"by-project\": {str: str}})
taskgraph_config.graph_config_schema = LegacySchema({
    Required(\"stones\"): Any(1, 2),
    \"workers\": {\"aliases\": {str: {\"worker-type\": Keyed, Extra: object}}},
    Extra: object,
})
";
    let Some(world) = world(schema, "") else {
        return;
    };
    let by_project = "worker-type: {by-project: {hail: linux}}";
    let world = world
        .with(CONFIG, "worker-type: linux", by_project)
        .with(CONFIG, "trust-domain: hail\n", "trust-domain: hail\nstones: 2\n")
        // The peer's transforms cannot evaluate a worker type that is keyed by project.
        .with(PACKAGE, "    # What register changes", "    graph_config._config[\"workers\"][\"aliases\"][\"linux\"][\"worker-type\"] = \"linux\"\n    # What register changes");
    compare(&world);
    // What the project's schema refuses is refused, and nothing else.
    let world = world.with(CONFIG, "stones: 2", "stones: 3");
    let refused = flat(&world.failure(&["full", "-p", PARAMS]));
    assert!(
        refused.contains("own schema refuses taskcluster/config.yml"),
        "{refused}"
    );
    assert!(refused.contains("stones"), "{refused}");
    assert!(!refused.contains("worker-type"), "{refused}");
    // Without the project's code, only the built-in schema is known.
    let refused = flat(&world.failure(&["full", "-p", PARAMS, "--python=never"]));
    assert!(refused.contains("worker-type"), "{refused}");
}

#[test]
fn schema_of_the_graph_config_that_allows_no_other_keys() {
    let closed = "
from taskgraph import config as taskgraph_config
from taskgraph.util.schema import LegacySchema
from voluptuous import Extra, Optional, Required

taskgraph_config.graph_config_schema = LegacySchema({
    Required(\"trust-domain\"): str,
    Required(\"task-priority\"): str,
    Required(\"workers\"): {Extra: object},
    Required(\"taskgraph\"): {Extra: object},
    Optional(\"treeherder\"): {Extra: object},
})
";
    let seen = "    assert \"snowman\" not in graph_config\n    taskgraph_config.load_graph_config(graph_config.root_dir)\n";
    let Some(world) = world(closed, seen) else {
        return;
    };
    let settings = "actions: [purge-caches]\n";
    let own = "taskcluster/snowman.yml";
    let world = world.file(own, settings);
    compare(&world);
    let done = world.ours(&["actions", "-p", PARAMS]);
    let actions = flat(&String::from_utf8_lossy(&done.stdout));
    assert!(actions.contains("purge-caches"), "{}", stderr(&done));
    // No schema of the project knows these settings, so snowman's own applies.
    let world = world.file(own, "actions: [purge-caches]\nentrance: hail_taskgraph\n");
    let refused = flat(&world.failure(&["actions", "-p", PARAMS]));
    assert!(refused.contains("entrance"), "{refused}");
    assert!(refused.contains("snowman.yml:2"), "{refused}");
    // The section in config.yml is refused by the project's schema, and by taskgraph.
    std::fs::remove_file(world.root().join(own)).unwrap();
    let section = "trust-domain: hail\nsnowman: {actions: [purge-caches]}\n";
    let world = world.with(CONFIG, "trust-domain: hail\n", section);
    let refused = flat(&world.failure(&["actions", "-p", PARAMS]));
    assert!(refused.contains("own schema refuses"), "{refused}");
    assert!(refused.contains(own), "{refused}");
    let both = world.file(own, settings);
    let refused = flat(&both.failure(&["actions", "-p", PARAMS]));
    assert!(refused.contains("config.yml:2"), "{refused}");
}

#[test]
fn schema_of_the_graph_config_that_is_extended_in_place() {
    let extended = "
from taskgraph import config as taskgraph_config
taskgraph_config.validate_graph_config = lambda config: None
";
    let Some(world) = world(extended, "") else {
        return;
    };
    let world = world.with(
        CONFIG,
        "task-priority: low",
        "task-priority: low\ntask-expires-after: [1]",
    );
    let done = world.ours(&["actions", "-p", PARAMS]);
    assert!(done.status.success(), "{}", stderr(&done));
    // A schema that agrees with the built-in one has its mistakes reported with places.
    let world = world.with(PACKAGE, extended, "");
    let refused = flat(&world.failure(&["actions", "-p", PARAMS]));
    assert!(refused.contains("task-expires-after"), "{refused}");
    assert!(refused.contains("config.yml:3"), "{refused}");
}

#[test]
fn verifications() {
    let replaced = "
    from taskgraph import generator
    from taskgraph.util import verify

    table = verify.VerificationSequence()
    table.add(\"full_task_graph\")(verify.verify_toolchain_alias)

    @table.add(\"full_task_graph\")
    def verify_few(task, taskgraph, scratch_pad, graph_config, parameters):
        if task is None and parameters[\"hail_reason\"] == \"few\":
            raise Exception(\"there are %d tasks\" % len(taskgraph.tasks))

    generator.verifications = table
";
    let Some(world) = world("", replaced) else {
        return;
    };
    // Two tasks with one symbol violate a verification that is not in the project's table.
    let symbol = "treeherder: {symbol: B(two), kind: build, tier: 1, platform: linux/opt}";
    let three = "  three:\n    index:";
    let twice = format!("  three:\n    {symbol}\n    index:");
    let kind = "taskcluster/kinds/build/kind.yml";
    let world = world.with(kind, three, &twice);
    compare(&world);
    let few = world.with(PARAMS, "hail_reason: push", "hail_reason: few");
    let refused = flat(&few.failure(&["full", "-p", PARAMS]));
    assert!(refused.contains("verify_few"), "{refused}");
    // One that is still in it finds what it is for.
    let alias = "    attributes: {toolchain-alias: same}\n    index:";
    let world = few
        .with(PARAMS, "hail_reason: few", "hail_reason: push")
        .with(kind, "    index:", alias)
        .with(
            kind,
            "    twice: true\n",
            "    twice: true\n    attributes: {toolchain-alias: same}\n",
        );
    let refused = flat(&world.failure(&["full", "-p", PARAMS]));
    assert!(refused.contains("same"), "{refused}");
    // Without the project's table, the symbols are refused.
    let world = world.with(PACKAGE, "generator.verifications = table", "pass");
    let refused = flat(&world.failure(&["full", "-p", PARAMS]));
    assert!(refused.contains("B(two)"), "{refused}");
}

#[test]
fn morphs() {
    let none = "
from taskgraph import morph as taskgraph_morph
taskgraph_morph.registered_morphs = []
";
    let Some(world) = world(none, "") else {
        return;
    };
    // A task with many routes is split only by the built-in morph.
    let routes: Vec<String> = (0..70).map(|n| format!("index.hail.n{n}")).collect();
    let routes = format!("  three:\n    routes: [{}]\n", routes.join(", "));
    let misc = "    misc: {provisioner: hail, implementation: docker-worker, os: linux, worker-type: misc}\n    images:\n";
    let world = world
        .with("taskcluster/kinds/build/kind.yml", "  three:\n", &routes)
        .with(CONFIG, "    images:\n", misc);
    let has_index_task = |graph: &Value| {
        let tasks = graph.as_object().unwrap();
        tasks.keys().any(|label| label.contains("index-task"))
    };
    let graphs = compare(&world);
    assert!(!has_index_task(graphs.last().unwrap()));
    let world = world.with(PACKAGE, "taskgraph_morph.registered_morphs = []", "");
    let graphs = compare(&world);
    assert!(has_index_task(graphs.last().unwrap()));
}

const REGISTRY: &str = "
import json
from collections import namedtuple

Action = namedtuple(\"Action\", [\"order\", \"cb_name\", \"permission\", \"action_builder\"])


def dig(parameters, graph_config, input, task_group_id, task_id):
    from taskgraph.util.taskcluster import cancel_task
    cancel_task(task_id)


def build(parameters, graph_config, decision_task_id):
    return {\"name\": \"dig\", \"context\": [{}], \"group\": decision_task_id, \"level\": parameters[\"level\"]}


def _get_callbacks(graph_config):
    return {\"dig\": dig}


def _get_actions(graph_config):
    return [Action(1, \"dig\", \"generic\", build)]


def render_actions_json(parameters, graph_config, decision_task_id):
    actions = [one.action_builder(parameters, graph_config, decision_task_id) for one in _get_actions(graph_config)]
    return {\"version\": 1, \"variables\": {\"own\": True}, \"actions\": actions}
";

#[test]
fn registry_of_actions() {
    let Some(world) = world("", "") else { return };
    let world = world
        .file("taskcluster/ice/__init__.py", "")
        .file("taskcluster/ice/actions.py", REGISTRY);
    let render = "import sys; sys.path.insert(0, 'taskcluster')
import json, ice.actions, os
from taskgraph.config import load_graph_config
from taskgraph.parameters import load_parameters_file
parameters = load_parameters_file('params/push.yml', strict=False)
graph_config = load_graph_config('taskcluster')
graph_config.register()
print(json.dumps(ice.actions.render_actions_json(parameters, graph_config, 'DECISION-TASK')))
";
    let read = |done: &Output| -> Value {
        assert!(done.status.success(), "{}", stderr(done));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let theirs = read(&world.script(render));
    let named = "trust-domain: hail\nsnowman: {entry: ice}\n";
    let world = world.variable("SNOWMAN_ENTRY", "ice");
    let by_variable = read(&world.ours(&["actions", "-p", PARAMS]));
    let world = world
        .without("SNOWMAN_ENTRY")
        .with(CONFIG, "trust-domain: hail\n", named);
    let by_config = read(&world.ours(&["actions", "-p", PARAMS]));
    assert_eq!(by_config, by_variable);
    let mut ours = by_config;
    // Each program has its own stand-in for the decision task's id.
    ours["actions"][0]["group"] = theirs["actions"][0]["group"].clone();
    assert_eq!(ours, theirs);

    let call = |name: &'static str| {
        let group = ["--task-group-id", DECISION, "--task-id", TASK];
        [&["test-action-callback", name, "-p", PARAMS][..], &group].concat()
    };
    let done = world.ours(&call("dig"));
    let text = stderr(&done);
    assert!(done.status.success(), "{text}");
    assert!(
        text.contains(&format!("Would have cancelled {TASK}")),
        "{text}"
    );
    // The built-in actions and those in taskgraph's registry are not offered.
    for name in ["cancel", "melt"] {
        let refused = flat(&world.failure(&call(name)));
        assert!(
            refused.contains(&format!("unknown action `{name}`")),
            "{refused}"
        );
        assert!(refused.contains("dig"), "{refused}");
    }
    // A registry that can only be rendered is refused, instead of offering half of it.
    let lacking = world.with(
        "taskcluster/ice/actions.py",
        "def _get_callbacks(",
        "def callbacks(",
    );
    let refused = flat(&lacking.failure(&["actions", "-p", PARAMS]));
    assert!(refused.contains("_get_callbacks"), "{refused}");
    // So is one that must not run.
    let refused = flat(&lacking.failure(&["actions", "-p", PARAMS, "--python=never"]));
    assert!(
        refused.contains("cannot be used without Python"),
        "{refused}"
    );
    assert!(
        refused.contains("`snowman.entry` is set to the Python package `ice`"),
        "{refused}"
    );
}

const DECISION_OF_ENTRY: &str = "
import json
import os

from taskgraph import create
from taskgraph.create import create_tasks
from taskgraph.generator import TaskGraphGenerator
from taskgraph.parameters import Parameters

ARTIFACTS_DIR = \"artifacts\"


def write_artifact(name, data):
    with open(os.path.join(ARTIFACTS_DIR, name), \"w\") as file:
        json.dump(data, file)


def taskgraph_decision(options, parameters=None):
    parameters = parameters or (lambda graph_config: get_decision_parameters(graph_config, options))
    graphs = TaskGraphGenerator(options[\"root\"], parameters, decision_task_id=os.environ[\"TASK_ID\"])
    write_artifact(\"full-task-graph.json\", \"this is written by snowman\")
    write_artifact(\"counts.json\", {
        \"testing\": bool(create.testing),
        \"full\": len(graphs.full_task_graph.graph.edges),
        \"targets\": sorted(graphs.target_task_set.tasks),
        \"ids\": sorted(graphs.label_to_taskid[task.label] for task in graphs.morphed_task_graph.tasks.values()),
        \"warm\": graphs.parameters[\"hail_reason\"],
    })
    create_tasks(graphs.graph_config, graphs.morphed_task_graph, graphs.label_to_taskid, graphs.parameters, os.environ[\"TASK_ID\"])


def get_decision_parameters(graph_config, options):
    names = [\"base_repository\", \"base_ref\", \"base_rev\", \"head_repository\", \"head_rev\", \"head_ref\", \"head_tag\",
             \"project\", \"pushlog_id\", \"pushdate\", \"owner\", \"level\", \"repository_type\", \"target_tasks_method\",
             \"tasks_for\"]
    values = {name: options[name] for name in names}
    values.update(
        build_date=1, moz_build_date=\"1\", build_number=1, do_not_optimize=[], enable_always_target=True,
        existing_tasks={}, files_changed=[], filters=[\"target_tasks_method\"], next_version=None,
        optimize_strategies=None, optimize_target_tasks=True, version=\"1\", hail_size=5,
        hail_reason=options.get(\"reason\", \"none\"),
    )
    return Parameters(**values)
";

const PROMOTE: &str = "

def promote(parameters, graph_config, input, task_group_id, task_id):
    from ice.decision import taskgraph_decision
    from taskgraph.parameters import Parameters

    values = dict(parameters, hail_reason=input[\"reason\"], existing_tasks={\"build-one\": task_id})
    taskgraph_decision({\"root\": graph_config.root_dir}, parameters=Parameters(**values))
";

/// The project with a package of its own in place of taskgraph's command.
pub fn with_entry(world: World) -> World {
    let registry = format!("{REGISTRY}{PROMOTE}")
        .replace("{\"dig\": dig}", "{\"dig\": dig, \"promote\": promote}");
    world
        .file("taskcluster/ice/__init__.py", "")
        .file("taskcluster/ice/actions.py", &registry)
        .file("taskcluster/ice/decision.py", DECISION_OF_ENTRY)
        .with(
            CONFIG,
            "trust-domain: hail\n",
            "trust-domain: hail\nsnowman: {entry: ice}\n",
        )
}

/// The command of a decision of the push that is checked out.
pub fn decision_arguments(world: &World) -> Vec<String> {
    let revision = format!("--head-rev={}", world.head());
    [
        "decision",
        "--project=hail",
        "--pushlog-id=1",
        "--pushdate=1757930400",
        "--owner=someone@example.com",
        "--level=3",
        "--repository-type=git",
        "--base-repository=https://github.com/hail/hail",
        "--head-repository=https://github.com/hail/hail",
        "--head-ref=main",
        &revision,
        "--tasks-for=github-push",
        "--target-tasks-method=hail",
    ]
    .map(str::to_owned)
    .into()
}

/// Reads an artifact.
pub fn artifact(world: &World, name: &str) -> Value {
    let path = world.root().join("artifacts").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn decision_of_the_entry() {
    let Some(world) = world("", "") else { return };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    let world = services.inside(with_entry(world), DECISION);
    let arguments = decision_arguments(&world);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let arguments = [&arguments[..], &["--option=reason=frost"]].concat();
    let done = world.ours(&[&arguments[..], &["--preflight-only"]].concat());
    assert!(done.status.success(), "{}", stderr(&done));
    assert_eq!(artifact(&world, "counts.json")["testing"], true);
    let done = world.ours(&arguments);
    assert!(done.status.success(), "{}", stderr(&done));
    let counts = artifact(&world, "counts.json");
    assert_eq!(counts["testing"], false);
    assert_eq!(counts["warm"], "frost");
    assert_eq!(counts["targets"], artifact(&world, "target-tasks.json"));
    let full = artifact(&world, "full-task-graph.json");
    let edges = full.as_object().unwrap().values();
    let edges = edges.map(|task| task["dependencies"].as_object().unwrap().len());
    assert_eq!(counts["full"], edges.sum::<usize>());
    let mut created: Vec<_> = services
        .created()
        .iter()
        .map(|task| task.task_id.clone())
        .collect();
    created.sort();
    let ids: Vec<_> = counts["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(created, ids);
    let wrong = world.failure(&[&arguments[..], &["--option=warm"]].concat());
    assert!(
        flat(&wrong).contains("`--option warm` has no value"),
        "{wrong}"
    );
    // Without Python, the decision would lack what the entry does.
    let refused = flat(&world.failure(&[&arguments[..], &["--python=never"]].concat()));
    assert!(
        refused.contains("`snowman.entry` is set to the Python package `ice`"),
        "{refused}"
    );
}

/// The arguments of a test of the entry's promotion.
pub const TEST_PROMOTION: &[&str] = &[
    "test-action-callback",
    "promote",
    "-p",
    PARAMS,
    "--task-group-id",
    DECISION,
    "--task-id",
    TASK,
    "--input",
    "input.yml",
];

#[test]
fn decision_that_an_action_of_the_entry_makes() {
    let Some(world) = world("", "") else { return };
    let services = Services::start(&[]);
    services.running(ACTION, &[]);
    services.running(TASK, &[]);
    let world = services.inside(with_entry(world), ACTION);
    let world = world.file("input.yml", "reason: thaw\n");
    let done = world.ours(TEST_PROMOTION);
    assert!(done.status.success(), "{}", stderr(&done));
    let counts = artifact(&world, "counts.json");
    assert_eq!(counts["testing"], true);
    assert_eq!(counts["warm"], "thaw");
    // The existing task is replaced by its id.
    let ids = artifact(&world, "label-to-taskid.json");
    assert_eq!(ids["build-one"], TASK);
    let graph = artifact(&world, "task-graph.json");
    let graph = graph.as_object().unwrap();
    assert!(graph.values().all(|task| task["label"] != "build-one"));
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    for id in graph.keys() {
        assert!(printed.contains(id.as_str()), "{id} was not created");
    }
}
