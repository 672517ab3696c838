"""Actions of the project: what is offered, and their callbacks.

A callback creates, cancels and reruns tasks through the queue's client. What it would send is noted
instead and handed back, so that it is sent in the way in which everything is. Questions go through.
"""

from snowman_worker import project

_noted = None


class Queue:
    """A client of the queue that notes what would change something."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real(), name)

    def createTask(self, task_id, definition, *rest, **named):
        _noted.append({"create": task_id, "definition": definition})
        return {"status": {"taskId": task_id, "state": "unscheduled", "runs": []}}

    def cancelTask(self, task_id, *rest, **named):
        _noted.append({"cancel": task_id})
        return {"status": {"taskId": task_id}}

    def rerunTask(self, task_id, *rest, **named):
        _noted.append({"rerun": task_id})
        return {"status": {"taskId": task_id}}


def watch():
    """Puts the client that notes in the place of the queue's, before others import it."""
    from taskgraph.util import taskcluster

    for name in ("get_taskcluster_client",):
        given = getattr(taskcluster, name, None)
        if given is None:
            continue

        def client(service, given=given):
            if service == "queue" and _noted is not None:
                return Queue(lambda: given(service))
            return given(service)

        # taskgraph empties the caches of such functions in places.
        client.cache_clear = getattr(given, "cache_clear", lambda: None)
        setattr(taskcluster, name, client)


def _foreign_callbacks():
    from snowman_worker.registered import _folders, _foreign
    from taskgraph.actions import registry

    folders = tuple(_folders())
    return {
        name: callback
        for name, callback in registry.callbacks.items()
        if _foreign(callback, folders)
    }


def offer(head):
    """The project's actions as actions.json has them."""
    from taskgraph.actions import registry

    own = _foreign_callbacks()
    parameters = project.parameters(head["graph"])
    offered = []
    for action in registry.actions:
        if action.cb_name not in own:
            continue
        entry = action.action_builder(parameters, project.graph_config, head["decision"])
        if entry is not None:
            offered.append([action.order, action.cb_name, action.permission, entry])
    return {"offered": offered, "known": list(own)}


def act(head):
    """Runs the callback of an action and tells what it wants done."""
    global _noted

    callback = _foreign_callbacks()[head["callback"]]
    parameters = project.parameters(head["graph"])
    _noted = []
    try:
        callback(
            parameters, project.graph_config, head["input"], head["group"], head["task"]
        )
        return {"noted": _noted}
    finally:
        _noted = None
