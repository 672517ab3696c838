from slugid import nice as slugid
from taskgraph.actions.registry import register_callback_action
from taskgraph.actions.util import create_task_from_def
from taskgraph.util.taskcluster import cancel_task


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
    definition = {
        "provisionerId": "hail",
        "workerType": "linux",
        "created": {"relative-datestamp": "0 seconds"},
        "deadline": {"relative-datestamp": "1 day"},
        "expires": {"relative-datestamp": "2 days"},
        "payload": {"size": parameters["hail_size"]},
        "metadata": {
            "name": "melt",
            "description": "melts " + task_id,
            "owner": parameters["owner"],
            "source": parameters["head_repository"],
        },
        "dependencies": [],
        "tags": {"kind": "melt"},
        "taskGroupId": task_group_id,
    }
    create_task_from_def(slugid(), definition, parameters["level"], graph_config["trust-domain"])
    cancel_task(task_id)


@register_callback_action(
    name="freeze", title="Freeze", symbol="fr", description="Is never offered", order=1,
    available=lambda parameters: False,
)
def freeze(parameters, graph_config, input, task_group_id, task_id):
    raise AssertionError
