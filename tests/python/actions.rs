//! Actions that a project defines in Python.

use std::process::Output;

use serde_json::{Value, json};

use super::services::{ACTION, DECISION, Services, TASK};
use super::world::{World, flat, python};

const GROUP: &str = DECISION;

const MELT: &[&str] = &[
    "test-action-callback",
    "melt",
    "-p",
    "params/push.yml",
    "--task-group-id",
    GROUP,
    "--task-id",
    TASK,
];

fn read(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap()
}

#[test]
fn actions_of_the_project_are_in_actions_json() {
    let Some(python) = python() else { return };
    let world = World::new(python);
    let arguments = ["actions", "-p", "params/push.yml"];
    let ours = read(&world.ours(&arguments).stdout);
    assert_eq!(ours, read(&world.peer(&arguments).stdout));
    let actions = ours["actions"].as_array().unwrap();
    let melt = actions
        .iter()
        .find(|action| action["name"] == "melt")
        .unwrap();
    assert_eq!(melt["extra"]["actionPerm"], "melting");
    // The project makes this one unavailable.
    assert!(actions.iter().all(|action| action["name"] != "freeze"));
}

#[test]
fn release_promotion_needs_a_registered_action() {
    let Some(python) = python() else { return };
    let section = format!("trust-domain: hail\n{PROMOTION}");
    let world = World::new(python);
    let world = world.with("taskcluster/config.yml", "trust-domain: hail\n", &section);
    let arguments = ["actions", "-p", "params/push.yml"];
    // The schema of the input differs intentionally.
    let names = |done: &Output| -> Vec<Value> {
        let actions = read(&done.stdout)["actions"].take();
        let actions = actions.as_array().unwrap().iter();
        actions.map(|action| action["name"].clone()).collect()
    };
    let offered = |world: &World| {
        let ours = names(&world.ours(&arguments));
        assert_eq!(ours, names(&world.peer(&arguments)));
        ours.contains(&json!("release-promotion"))
    };
    assert!(!offered(&world));
    let services = sown();
    let message = world
        .variable("ACTION_INPUT", "{}")
        .variable("ACTION_TASK_GROUP_ID", DECISION);
    let message = services
        .inside(message, ACTION)
        .variable("ACTION_CALLBACK", "release-promotion");
    let error = flat(&message.failure(&["action-callback"]));
    assert!(error.contains("call `enable_action"), "{error}");
    assert!(offered(&bringing_promotion(message)));
}

/// A promotion of the project's own is not offered for forks, and nothing takes its place there.
#[test]
fn an_action_that_is_not_offered_is_not_replaced() {
    let Some(python) = python() else { return };
    let section = format!("trust-domain: hail\n{PROMOTION}");
    let own = "
@register_callback_action(
    name=\"release-promotion\", title=\"Promote\", symbol=\"pr\", description=\"Promotes a release\", order=500,
    available=lambda parameters: parameters[\"head_repository\"] == OWN,
)
def promote(parameters, graph_config, input, task_group_id, task_id):
    raise AssertionError

";
    let before = "\n@register_callback_action(\n    name=\"freeze\",";
    let offered = |repository: &str| {
        let world = World::new(python.clone())
            .with("taskcluster/config.yml", "trust-domain: hail\n", &section)
            .with(
                "taskcluster/hail_taskgraph/actions.py",
                before,
                &format!("\nOWN = \"{repository}\"\n{own}{before}"),
            );
        let arguments = ["actions", "-p", "params/push.yml"];
        let ours = read(&world.ours(&arguments).stdout);
        assert_eq!(ours, read(&world.peer(&arguments).stdout));
        ours.to_string().contains("release-promotion")
    };
    assert!(offered("https://github.com/hail/hail"));
    assert!(!offered("https://github.com/hail/other"));
}

/// The project also registers the action of mozilla-taskgraph.
fn bringing_promotion(world: World) -> World {
    world.with(
        "taskcluster/hail_taskgraph/__init__.py",
        "    for name in MODULES:\n",
        "    import_module(\"mozilla_taskgraph.actions\").enable_action(\"release-promotion\")\n    for name in MODULES:\n",
    )
}

#[test]
fn requests_of_a_callback_are_executed_once() {
    let Some(python) = python() else { return };
    let world = World::new(python);
    let first = world.ours(MELT);
    let stderr = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(first.status.success(), "{stderr}");
    assert!(
        stderr.contains(&format!("Would have cancelled {TASK}")),
        "{stderr}"
    );
    let ours = read(&first.stdout);
    assert_eq!(ours[1]["metadata"]["description"], format!("melts {TASK}"));
    assert_eq!(ours[1]["taskGroupId"], GROUP);
    // The peer has another random id and a later time.
    let mut theirs = read(&world.peer(MELT).stdout);
    for date in ["created", "deadline", "expires"] {
        assert!(ours[1][date].is_string());
        theirs[1][date] = ours[1][date].clone();
    }
    assert_eq!(ours[1], theirs[1]);
    let again = read(&world.ours(MELT).stdout);
    assert_eq!(again[0], ours[0]);
}

#[test]
fn requests_without_a_client_are_executed() {
    let Some(python) = python() else { return };
    let script = "    import requests

    queue = \"http://taskcluster/queue/v1/task/\"
    cancelled = requests.post(queue + task_id + \"/cancel\", json={})
    assert cancelled.json()[\"status\"][\"taskId\"] == task_id
    requests.post(queue + task_id + \"/rerun\", json={}).raise_for_status()
    from taskgraph.util.time import current_json_time
    from taskgraph.create import resolve_timestamps

    definition[\"schedulerId\"] = \"hail-level-3\"
    definition = resolve_timestamps(current_json_time(datetime_format=True), definition)
    created = requests.Session().put(queue + slugid(), json=definition)
    assert created.json()[\"status\"][\"state\"] == \"unscheduled\"
";
    let world = World::new(python).with(
        "taskcluster/hail_taskgraph/actions.py",
        "    create_task_from_def(slugid(), definition, parameters[\"level\"], graph_config[\"trust-domain\"])\n    cancel_task(task_id)\n",
        script,
    );
    let done = world.ours(MELT);
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{stderr}");
    for what in ["cancelled", "rerun"] {
        assert!(
            stderr.contains(&format!("Would have {what} {TASK}")),
            "{stderr}"
        );
    }
    assert_eq!(
        read(&done.stdout)[1]["metadata"]["description"],
        format!("melts {TASK}")
    );
}

#[test]
fn a_failing_callback_changes_nothing() {
    let Some(python) = python() else { return };
    let world = World::new(python).file("input.json", "{\"warm\": false}");
    let arguments = [MELT, &["--input", "input.json"]].concat();
    let error = flat(&world.failure(&arguments));
    let expected = format!("Exception: it is too cold to melt {TASK}");
    assert!(error.contains(&expected), "{error}");
}

/// The decision task and the task that the action is triggered on are running; the action task has
/// the scopes that the action needs.
fn sown() -> Services {
    let services = Services::start(&[]);
    services.running(TASK, &[]);
    services.running(
        ACTION,
        &[
            "queue:create-task:*",
            "queue:scheduler-id:hail-level-3",
            "queue:cancel-task:*",
            "queue:route:*",
            "docker-worker:*",
            "hail:*",
            "assume:repo:github.com/hail/hail:action:melting",
            "assume:repo:github.com/hail/hail:action:release-promotion",
        ],
    );
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/project");
    let parameters = std::fs::read_to_string(format!("{project}/params/push.yml")).unwrap();
    // A decision writes them with the project's defaults.
    let parameters = parameters + "hail_size: 3\n";
    services.leave("public/parameters.yml", parameters);
    services
}

fn sowing(services: &Services, python: std::path::PathBuf, input: &str) -> World {
    services
        .inside(World::new(python), ACTION)
        .variable("ACTION_CALLBACK", "sow")
        .variable("ACTION_TASK_GROUP_ID", DECISION)
        .variable("ACTION_TASK_ID", &format!("\"{TASK}\""))
        .variable("ACTION_INPUT", input)
}

#[test]
fn a_callback_sees_its_requests_and_a_rerun_does_not_repeat_them() {
    let Some(python) = python() else { return };
    let services = sown();
    let world = sowing(&services, python, "null");
    for _ in 0..2 {
        let done = world.ours(&["action-callback"]);
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{stderr}");
        let created = services.created();
        assert_eq!(created.len(), 2, "{created:?}");
        let of = |name: &str| created.iter().find(|task| task.label == name).unwrap();
        let (seed, seen) = (of("seed"), of("seen"));
        assert_eq!(seen.definition["dependencies"], json!([seed.task_id]));
        // The queue's status of a new task, and of a cancelled one.
        let expected = json!({
            "name": "seed", "requires": "all-completed", "state": "unscheduled", "runs": [],
            "listed": ["seed"], "cancelled": "exception", "untouched": "running",
            "states": {seed.task_id.as_str(): "unscheduled", TASK: "exception"},
        });
        assert_eq!(seen.definition["payload"], expected);
        assert_eq!(services.state(TASK), "exception");
    }
}

#[test]
fn tasks_of_a_callback_are_checked_against_scopes() {
    let Some(python) = python() else { return };
    let services = sown();
    let world = sowing(&services, python, "{\"scopes\": [\"secrets:get:ice\"]}");
    let error = flat(&world.failure(&["action-callback"]));
    assert!(error.contains("secrets:get:ice"), "{error}");
    assert!(error.contains("nothing was"), "{error}");
    assert_eq!(services.created(), []);
    // The task was not cancelled either.
    assert_eq!(services.state(TASK), "running");
}

const PROMOTION: &str = "\
release-promotion:
  flavors:
    ship: {target-tasks-method: hail, product: hail, notes: [our, own], rebuild-kinds: []}
version-parser: hail_taskgraph.parameters:version
";

/// A world in the action task of a release promotion.
fn promoting(services: &Services, python: std::path::PathBuf) -> World {
    services.leave("public/full-task-graph.json", "{}".to_owned());
    services.leave("public/label-to-taskid.json", "{}".to_owned());
    let input = json!({
        "release_promotion_flavor": "ship", "build_number": 2, "previous_graph_ids": [DECISION],
    });
    let world = World::new(python).with(
        "taskcluster/config.yml",
        "trust-domain: hail\n",
        &format!("trust-domain: hail\n{PROMOTION}"),
    );
    services
        .inside(bringing_promotion(world), ACTION)
        .variable("ACTION_CALLBACK", "release-promotion")
        .variable("ACTION_TASK_GROUP_ID", DECISION)
        .variable("ACTION_INPUT", &input.to_string())
}

#[test]
fn a_version_parser_of_the_project_is_used() {
    let Some(python) = python() else { return };
    let services = sown();
    let world = promoting(&services, python);
    let done = world.ours(&["action-callback"]);
    let stderr = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{stderr}");
    let parameters = world.root().join("artifacts/parameters.yml");
    let parameters = std::fs::read_to_string(parameters).unwrap();
    // The push has version 1.2.3 and the default size, which is 3; the build is the second.
    assert!(parameters.contains("version: 1.2.3.5\n"), "{parameters}");
}

/// A target-tasks method in Python may select tasks of any phase, but selecting none is an error.
#[test]
fn targets_of_a_python_method_are_checked() {
    let Some(python) = python() else { return };
    let services = sown();
    let world = promoting(&services, python);
    let methods = "taskcluster/hail_taskgraph/target_tasks.py";
    let nothing = world.with(methods, "    return [\n", "    return []\n    return [\n");
    let error = flat(&nothing.failure(&["action-callback"]));
    for text in [
        "the flavor `ship` selects no task",
        "its target-tasks method `hail` selects none",
        "config.yml:",
    ] {
        assert!(error.contains(text), "{text}\n{error}");
    }
    // It selects tasks of an earlier phase and of another product.
    let other = nothing.with(methods, "    return []\n", "").with(
        "taskcluster/kinds/build/kind.yml",
        "    extra: {hail: stones}\n",
        "    extra: {hail: stones}\n    shipping-phase: promote\n    attributes: {shipping_product: sleet}\n",
    );
    let done = other.ours(&["action-callback"]);
    let error = flat(&String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{error}");
    for text in [
        "WARN the flavor `ship` selects no tasks of its own phase, `ship`",
        "WARN the flavor `ship` selects no tasks of its own product, `hail`",
        "WARN no flavor has the product `sleet`; no release would include these tasks: build-three",
    ] {
        assert!(error.contains(text), "{text}\n{error}");
    }
}

/// A plan is that of the built-in action, even if the project has its own.
#[test]
fn a_plan_for_a_python_action_refuses_nothing() {
    let Some(python) = python() else { return };
    let services = sown();
    let own = "
@register_callback_action(
    name=\"release-promotion\", title=\"Ours\", symbol=\"o\", description=\"Promotes\", order=500,
    context=[], permission=\"release-promotion\",
)
def release_promotion(parameters, graph_config, input, task_group_id, task_id):
    raise AssertionError


@register_callback_action(
    name=\"freeze\",";
    let world = promoting(&services, python)
        .with(
            "taskcluster/kinds/build/kind.yml",
            "    extra: {hail: stones}\n",
            "    extra: {hail: stones}\n    shipping-phase: promote\n",
        )
        .with(
            "taskcluster/config.yml",
            "  flavors:\n",
            "  flavors:\n    promote: {target-tasks-method: hail}\n",
        );
    let plan = ["promote", "--plan", "--previous", DECISION, "ship"];
    let unexpected = "unexpected  1: new, and no previous graph has tasks of the phase promote";
    let built_in = world.ours(&plan);
    let stdout = String::from_utf8_lossy(&built_in.stdout).into_owned();
    assert!(stdout.contains(unexpected), "{stdout}");
    assert_eq!(built_in.status.code(), Some(1));
    let brought =
        "    import_module(\"mozilla_taskgraph.actions\").enable_action(\"release-promotion\")\n";
    let world = world.with("taskcluster/hail_taskgraph/__init__.py", brought, "");
    let world = world.with(
        "taskcluster/hail_taskgraph/actions.py",
        "\n@register_callback_action(\n    name=\"freeze\",",
        own,
    );
    let done = world.ours(&plan);
    let (stdout, stderr) = (
        String::from_utf8_lossy(&done.stdout).into_owned(),
        String::from_utf8_lossy(&done.stderr).into_owned(),
    );
    assert!(stdout.contains(unexpected), "{stdout}{stderr}");
    assert!(
        stderr.contains("its own release-promotion action in Python"),
        "{stderr}"
    );
    assert_eq!(done.status.code(), Some(0), "{stderr}");
}

#[test]
fn a_failing_version_parser_is_reported() {
    let Some(python) = python() else { return };
    let services = sown();
    let world = promoting(&services, python).with(
        "taskcluster/hail_taskgraph/parameters.py",
        "    return \"%s.%d\"",
        "    raise Exception(\"it is thawing\")\n    return \"%s.%d\"",
    );
    let message = flat(&world.failure(&["action-callback"]));
    for text in [
        "the `version-parser` `hail_taskgraph.parameters:version` failed in `version`",
        "Exception: it is thawing",
        "config.yml:",
    ] {
        assert!(message.contains(text), "{text}\n{message}");
    }
    let message = flat(&world.failure(&["action-callback", "--python=never"]));
    assert!(
        message.contains("is set to the Python function"),
        "{message}"
    );
}

#[test]
fn an_action_that_cannot_be_described_does_not_affect_others() {
    let Some(python) = python() else { return };
    let world = World::new(python).with(
        "taskcluster/hail_taskgraph/actions.py",
        "    available=lambda parameters: False,",
        "    available=lambda parameters: 1 / 0,",
    );
    let cancel = [&["test-action-callback", "cancel"], &MELT[2..]].concat();
    let done = world.ours(&cancel);
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{stderr}");
    assert!(
        stderr.contains(&format!("Would have cancelled {TASK}")),
        "{stderr}"
    );
}
