from slugid import nice as slugid
from taskgraph.actions.registry import register_callback_action
from taskgraph.actions.util import create_task_from_def
from taskgraph.util.taskcluster import (
    cancel_task,
    get_task_definition,
    get_taskcluster_client,
    status_task,
)


def define(name, description, parameters, group):
    return {
        "provisionerId": "hail",
        "workerType": "linux",
        "created": {"relative-datestamp": "0 seconds"},
        "deadline": {"relative-datestamp": "1 day"},
        "expires": {"relative-datestamp": "2 days"},
        "payload": {},
        "metadata": {
            "name": name,
            "description": description,
            "owner": parameters["owner"],
            "source": parameters["head_repository"],
        },
        "dependencies": [],
        "tags": {"kind": "melt"},
        "taskGroupId": group,
    }


@register_callback_action(
    name="melt",
    title="Melt",
    symbol="me",
    description="Cancels a task and creates one that melts it",
    order=150,
    context=[{}],
    permission="melting",
    available=lambda parameters: parameters["level"] == "3",
    schema={"type": "object", "properties": {"warm": {"type": "boolean", "default": True}}},
)
def melt(parameters, graph_config, input, task_group_id, task_id):
    if input and not input["warm"]:
        raise Exception("it is too cold to melt " + task_id)
    definition = define("melt", "melts " + task_id, parameters, task_group_id)
    definition["payload"] = {"size": parameters["hail_size"]}
    create_task_from_def(slugid(), definition, parameters["level"], graph_config["trust-domain"])
    cancel_task(task_id)


@register_callback_action(
    name="freeze", title="Freeze", symbol="fr", description="Is never offered", order=1,
    available=lambda parameters: False,
)
def freeze(parameters, graph_config, input, task_group_id, task_id):
    raise AssertionError


@register_callback_action(
    name="sow", title="Sow", symbol="so", order=160, context=[{}], permission="melting",
    description="Creates a task, looks at it, and creates one that tells what was seen",
)
def sow(parameters, graph_config, input, task_group_id, task_id):
    queue = get_taskcluster_client("queue")
    arguments = parameters["level"], graph_config["trust-domain"]
    seed = slugid()
    definition = define("seed", "is sown", parameters, task_group_id)
    definition["scopes"] = (input or {}).get("scopes", [])
    create_task_from_def(seed, definition, *arguments)
    cancel_task(task_id)
    listed = []
    queue.listTaskGroup(task_group_id, paginationHandler=lambda page: listed.extend(page["tasks"]))
    names = [one["task"]["metadata"]["name"] for one in listed if one["status"]["taskId"] == seed]
    statuses = queue.statuses({"taskIds": [task_id, seed]})["statuses"]
    seen = define("seen", "was seen", parameters, task_group_id)
    seen["dependencies"] = [seed]
    seen["payload"] = {
        "name": get_task_definition(seed)["metadata"]["name"],
        "requires": get_task_definition(seed)["requires"],
        "state": status_task(seed)["state"],
        "runs": status_task(seed)["runs"],
        "listed": names,
        "cancelled": status_task(task_id)["state"],
        "states": {one["taskId"]: one["status"]["state"] for one in statuses},
        "untouched": status_task(task_group_id)["state"],
    }
    create_task_from_def(slugid(), seen, *arguments)
