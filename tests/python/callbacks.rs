//! What callbacks of actions find: taskgraph's testing mode, their own changes, and the same taskIds in
//! each run.

use std::process::Output;

use serde_json::{Value, json};

use super::services::{ACTION, DECISION, Services, TASK};
use super::world::{World, flat, python};

const ACTIONS: &str = "taskcluster/hail_taskgraph/actions.py";
const BEFORE: &str = "\n@register_callback_action(\n    name=\"freeze\",";

/// The project with another action `thaw`, whose callback has this body.
fn world(body: &str) -> Option<World> {
    let action = format!(
        "
@register_callback_action(
    name=\"thaw\", title=\"Thaw\", symbol=\"th\", order=170, context=[{{}}], permission=\"melting\",
    description=\"Thaws a task\",
)
def thaw(parameters, graph_config, input, task_group_id, task_id):
    arguments = parameters[\"level\"], graph_config[\"trust-domain\"]
{body}

{BEFORE}"
    );
    Some(World::new(python()?).with(ACTIONS, BEFORE, &action))
}

const TEST: &[&str] = &[
    "test-action-callback",
    "thaw",
    "-p",
    "params/push.yml",
    "--task-group-id",
    DECISION,
    "--task-id",
    TASK,
];

fn services() -> Services {
    let services = Services::start(&[]);
    services.running(TASK, &[]);
    let role = "assume:repo:github.com/hail/hail:action:melting";
    services.running(
        ACTION,
        &["queue:*", "hail:*", "docker-worker:*", "index:*", role],
    );
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/project");
    let parameters = std::fs::read_to_string(format!("{project}/params/push.yml")).unwrap();
    services.leave("public/parameters.yml", parameters + "hail_size: 3\n");
    services
}

fn in_action_task(services: &Services, world: World) -> World {
    services
        .inside(world, ACTION)
        .variable("ACTION_CALLBACK", "thaw")
        .variable("ACTION_TASK_GROUP_ID", DECISION)
        .variable("ACTION_TASK_ID", &format!("\"{TASK}\""))
        .variable("ACTION_INPUT", "null")
}

fn succeed(done: &Output) -> String {
    let stderr = flat(&String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{stderr}");
    stderr
}

/// Projects ask taskgraph whether they are tested; what they change unasked is not sent.
#[test]
fn a_test_changes_nothing() {
    let body = "
    from taskgraph import create
    from taskgraph.util import taskcluster
    from taskgraph.util.taskcluster import purge_cache, rerun_task, state_task

    definition = define(\"thaw\", \"thaws\", parameters, task_group_id)
    definition[\"payload\"] = {\"create\": create.testing, \"taskcluster\": taskcluster.testing}
    create_task_from_def(slugid(), definition, *arguments)
    if not create.testing:
        raise AssertionError
    rerun_task(task_id)
    purge_cache(\"hail\", \"linux\", \"ice\")
";
    let Some(world) = world(body) else { return };
    let services = services();
    let world = services.inside(world, ACTION);
    // The peer changes nothing, but does not show everything either.
    let peer = world.peer(TEST);
    succeed(&peer);
    let theirs: Value = serde_json::from_slice(&peer.stdout).unwrap();
    let done = world.ours(TEST);
    let stderr = succeed(&done);
    let ours: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(ours[1]["payload"], theirs[1]["payload"]);
    assert_eq!(ours[1]["payload"]["create"], true);
    for shown in [
        &format!("Would have rerun {TASK}"),
        "Would have purged hail/linux/ice",
        "The action would create 1 task (1 melt), rerun 1 task; nothing was done",
    ] {
        assert!(stderr.contains(shown), "{shown}: {stderr}");
    }
    let unasked = "
    from taskgraph.util.taskcluster import state_task

    hooks = get_taskcluster_client(\"hooks\")
    hooks.triggerHook(\"hail\", \"thaw\", {\"state\": state_task(task_id)})
    queue = get_taskcluster_client(\"queue\")
    queue.scheduleTask(task_id)
    queue.statuses({\"taskIds\": [task_id]})
    raise Exception(\"it was \" + state_task(task_id))
";
    let Some(world) = self::world(unasked) else {
        return;
    };
    let stderr = flat(&services.inside(world, ACTION).failure(TEST));
    let url = services.proxy_url(ACTION);
    for shown in [
        &format!("Would have sent POST {url}api/hooks/v1/hooks/hail/thaw/trigger"),
        &format!("Would have sent POST {url}api/queue/v1/task/{TASK}/schedule"),
        // This is what the action would find.
        "Exception: it was running",
    ] {
        assert!(stderr.contains(shown), "{shown}: {stderr}");
    }
    assert_eq!(stderr.matches("Would have sent").count(), 2, "{stderr}");
    assert_eq!(services.created(), []);
    assert_eq!(services.state(TASK), "running");
}

/// A test outside of tasks has no proxy; versions before 18 do without only if `use_proxy` is not set.
#[test]
fn a_test_needs_no_proxy() {
    let body = "
    from taskgraph.util.taskcluster import get_root_url

    assert get_root_url(True) == get_root_url(use_proxy=True) == get_root_url(False)
";
    let older = "
import os
from taskgraph.util import taskcluster


def get_root_url(use_proxy):
    return os.environ[\"TASKCLUSTER_PROXY_URL\" if use_proxy else \"TASKCLUSTER_ROOT_URL\"]


taskcluster.get_root_url = get_root_url
";
    let Some(world) = world(body) else { return };
    let world = world.with(
        ACTIONS,
        "\n\ndef define(",
        &format!("{older}\n\ndef define("),
    );
    succeed(&world.ours(TEST));
}

/// Requests that a callback sends without the queue's client.
#[test]
fn direct_queries_show_recorded_changes() {
    let body = "
    import requests
    from taskgraph.create import resolve_timestamps
    from taskgraph.util.time import current_json_time

    queue = \"http://taskcluster/queue/v1/\"
    get = lambda path: requests.get(queue + path).json()
    definition = define(\"seed\", \"is sown\", parameters, task_group_id)
    definition[\"schedulerId\"] = \"hail-level-3\"
    definition = resolve_timestamps(current_json_time(datetime_format=True), definition)
    seed = slugid()
    requests.put(queue + \"task/\" + seed, json=definition).raise_for_status()
    requests.post(queue + \"task/\" + task_id + \"/cancel\", json={}).raise_for_status()
    again = requests.put(queue + \"task/\" + seed, json={**definition, \"retries\": 1})
    listed = get(\"task-group/\" + task_group_id + \"/list\")[\"tasks\"]
    names = {one[\"status\"][\"taskId\"]: one[\"task\"][\"metadata\"][\"name\"] for one in listed}
    ids = {\"taskIds\": [task_id, seed]}
    statuses = requests.post(queue + \"tasks/status\", json=ids).json()[\"statuses\"]
    tasks = requests.post(queue + \"tasks\", json=ids).json()[\"tasks\"]
    seen = {
        \"again\": [again.status_code, again.json()[\"code\"]],
        \"defined\": get(\"task/\" + seed)[\"requires\"],
        \"state\": get(\"task/\" + seed + \"/status\")[\"status\"][\"state\"],
        \"cancelled\": get(\"task/\" + task_id + \"/status\")[\"status\"][\"state\"],
        \"listed\": names[seed],
        \"statuses\": {names[one[\"taskId\"]]: one[\"status\"][\"state\"] for one in statuses},
        \"tasks\": sorted(one[\"task\"][\"metadata\"][\"name\"] for one in tasks),
        \"missing\": requests.get(queue + \"task/\" + slugid()).status_code,
        \"no group\": requests.get(queue + \"task-group/\" + slugid() + \"/list\").status_code,
    }
    definition = {**definition, \"payload\": seen}
    requests.put(queue + \"task/\" + slugid(), json=definition).raise_for_status()
";
    let Some(world) = world(body) else { return };
    let services = services();
    let world = in_action_task(&services, world);
    // A rerun of the action finds its task on the queue.
    for _ in 0..2 {
        succeed(&world.ours(&["action-callback"]));
        let created = services.created();
        assert_eq!(created.len(), 2, "{created:?}");
        let seen = created
            .iter()
            .find(|one| one.definition["payload"] != json!({}));
        let expected = json!({
            "again": [409, "RequestConflict"], "defined": "all-completed", "state": "unscheduled",
            "cancelled": "exception", "listed": "seed", "tasks": ["runs", "seed"],
            "statuses": {"runs": "exception", "seed": "unscheduled"}, "missing": 404, "no group": 404,
        });
        assert_eq!(seen.unwrap().definition["payload"], expected);
    }
}

/// taskgraph creates tasks in threads, and takes the taskIds of duplicates as they come.
#[test]
fn duplicates_have_the_same_ids_in_each_run() {
    let body = "
    import os
    import time

    from taskgraph import create
    from taskgraph.graph import Graph
    from taskgraph.task import Task
    from taskgraph.taskgraph import TaskGraph

    given = create.create_task
    # Which tasks take long differs from run to run.
    slow = (\"a\", \"d\", \"e\") if os.path.exists(\"second\") else (\"b\", \"c\", \"f\")

    def create_task(session, task_id, label, definition):
        if label in slow:
            time.sleep(0.2)
        given(session, task_id, label, definition)

    create.create_task = create_task
    ids = {label: slugid() for label in \"abcdef\"}
    edges = {(ids[task], ids[root], \"root\") for task, root in (\"ca\", \"db\", \"ea\", \"fb\")}
    tasks = {}
    for label, task_id in ids.items():
        definition = define(label, \"thaws\", parameters, task_group_id)
        definition[\"dependencies\"] = [root for task, root, _ in edges if task == task_id]
        tasks[task_id] = Task(\"melt\", label, {\"task_duplicates\": 3}, definition)
    graph = TaskGraph(tasks, Graph(set(tasks), edges))
    create.create_tasks(graph_config, graph, ids, parameters, task_group_id)
";
    let Some(world) = world(body) else { return };
    let services = services();
    let world = in_action_task(&services, world);
    succeed(&world.ours(&["action-callback"]));
    assert_eq!(services.created().len(), 18);
    let world = world.file("second", "");
    succeed(&world.ours(&["action-callback"]));
    assert_eq!(services.created().len(), 18);
}

/// Requests that change something else than tasks are sent while the callback runs.
#[test]
fn a_failure_names_what_was_sent_before() {
    let body = "
    import requests

    services = \"http://taskcluster/\"
    entry = {\"taskId\": task_id, \"rank\": 1, \"data\": {}, \"expires\": \"2099-01-01T00:00:00.000Z\"}
    place = services + \"index/v1/task/hail.thaw\"
    requests.put(place, json=entry).raise_for_status()
    assert requests.get(services + \"queue/v1/task/\" + task_id).ok
    assert not requests.put(services + \"index/v1/task/hail.hail\", json={}).ok
    try:
        requests.post(\"http://hail:hush@127.0.0.1:9/hail?key=hush\")
        raise AssertionError
    except requests.ConnectionError:
        pass
    if input == \"fail\":
        raise Exception(\"it is too cold\")
    definition = define(\"thaw\", \"thaws\", parameters, task_group_id)
    definition[\"scopes\"] = [\"ice:break\"]
    create_task_from_def(slugid(), definition, *arguments)
";
    let Some(world) = world(body) else { return };
    let services = services();
    let mut world = in_action_task(&services, world);
    let sent = "the action `thaw` had already sent 2 requests, which are not undone: \
                PUT http://taskcluster/index/v1/task/hail.thaw \
                POST http://127.0.0.1:9/hail (no response)";
    // The callback raises, or the queue refuses its task.
    for (input, reason) in [
        ("fail", "Exception: it is too cold"),
        ("refuse", "ice:break"),
    ] {
        world = world.variable("ACTION_INPUT", &format!("\"{input}\""));
        let stderr = flat(&world.failure(&["action-callback"]));
        assert!(stderr.contains(reason), "{stderr}");
        assert!(stderr.contains(sent), "{stderr}");
        assert!(!stderr.contains("hush"), "{stderr}");
        assert!(services.created().is_empty());
    }
}

/// Where release tasks are staged, none may reach a release worker; which tasks come before one is only known in a
/// decision.
#[test]
fn release_tasks_of_a_callback_are_refused_where_they_would_be_staged() {
    let body = "
    definition = define(\"thaw\", \"thaws\", parameters, task_group_id)
    definition[\"workerType\"] = \"hail-1-signing\"
    create_task_from_def(slugid(), definition, *arguments)
";
    let Some(world) = world(body) else { return };
    let services = services();
    let world = services.inside(world, ACTION);
    succeed(&world.ours(TEST));
    let world = world.file(
        "taskcluster/snowman.yml",
        "staging: {worker-type: linux, image: \"hail:1\"}\n",
    );
    // Otherwise, production releases would be staged, too.
    let refused = flat(&world.failure(TEST));
    assert!(refused.contains("needs `release-branches`"), "{refused}");
    let world = world.file(
        "taskcluster/snowman.yml",
        "release-branches: {hail: [release]}\nstaging: {worker-type: linux, image: \"hail:1\"}\n",
    );
    let refused = flat(&world.failure(TEST));
    assert!(
        refused.contains("a release task of signing, which would not be staged"),
        "{refused}"
    );
    assert!(refused.contains("thaw"), "{refused}");
    // A mark alone does not keep it from a release worker.
    let create = "    create_task_from_def";
    let marked = format!("    definition[\"extra\"] = {{\"staging\": {{}}}}\n{create}");
    let world = world.with(ACTIONS, create, &marked);
    let refused = flat(&world.failure(TEST));
    assert!(refused.contains("which would not be staged"), "{refused}");
    // One that is staged is a copy of a task of a decision.
    let worker = "    definition[\"workerType\"] = \"hail-1-signing\"\n";
    let kind = "    definition[\"provisionerId\"] = \"hail-3\"
    definition[\"tags\"] = {\"kind\": \"release-generate-checksums\"}
";
    let world = world.with(ACTIONS, worker, kind);
    succeed(&world.ours(TEST));
    let world = world.with(ACTIONS, &marked, create);
    let refused = flat(&world.failure(TEST));
    assert!(refused.contains("a release task of checksums"), "{refused}");
}

/// A callback that decides with taskgraph's own function, as most promotions do: its release tasks are staged like
/// those of any other decision.
#[test]
fn decisions_of_a_callback_stage_release_tasks() {
    let body = "
    from taskgraph.decision import taskgraph_decision
    from taskgraph.parameters import Parameters

    values = dict(parameters, head_tag=\"thawed\")
    taskgraph_decision({\"root\": graph_config.root_dir}, parameters=Parameters(strict=False, **values))
";
    let Some(world) = world(body) else { return };
    let worker = "taskcluster/hail_taskgraph/workers.py";
    let world = world
        .with(
            worker,
            "{\"stones\": task[\"worker\"][\"stones\"], \"of\": config.params[\"hail_size\"]}",
            "{\"release_name\": \"Hail-1.2.3-build1\"}",
        )
        .with(
            worker,
            "\"hail:stones:\" + config.graph_config[\"trust-domain\"]",
            "\"project:hail:releng:ship-it:server:staging\")
    task_def[\"scopes\"].append(\"project:hail:releng:ship-it:action:mark-as-shipped\"",
        )
        .with(
            "taskcluster/config.yml",
            "worker-type: stones",
            "worker-type: hail-3-shipit",
        )
        .file(
            "taskcluster/snowman.yml",
            "release-branches: {hail: [release]}\nstaging: {worker-type: linux, image: \"hail:1\"}\n",
        );
    let services = services();
    let world = in_action_task(&services, world);
    succeed(&world.ours(&["action-callback"]));
    let created = services.created_in(ACTION);
    let pools: Vec<Value> = created
        .iter()
        .map(|task| json!(task.definition))
        .filter(|definition| definition["tags"]["kind"] == "sign")
        .filter(|definition| {
            definition["metadata"]["name"]
                .as_str()
                .unwrap()
                .contains("stones")
        })
        .map(|definition| {
            json!([
                definition["workerType"],
                definition["extra"]["staging"]["system"]
            ])
        })
        .collect();
    assert!(!pools.is_empty());
    assert!(
        pools.iter().all(|pool| *pool == json!(["linux", "shipit"])),
        "{pools:?}"
    );
}

/// An action needs its own permission also where it is not offered.
#[test]
fn the_permission_of_an_action_does_not_depend_on_the_push() {
    let Some(world) = world("    cancel_task(task_id)") else {
        return;
    };
    let hidden = "    name=\"thaw\", available=lambda parameters: False,";
    let world = world.with(ACTIONS, "    name=\"thaw\",", hidden);
    let services = services();
    let world = in_action_task(&services, world);
    succeed(&world.ours(&["action-callback"]));
    assert_eq!(services.state(TASK), "exception");
}
