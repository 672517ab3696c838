"""Actions of the project: what is offered, and their callbacks.

A callback creates, cancels and reruns tasks through the queue's client. What it would send is noted
instead and handed back, so that it is sent in the way in which everything is. Questions go through,
and their answers tell of what is noted as if it had been done.
"""

import copy

from snowman_worker import project, sessions


class Noted:
    """What a callback wants done, in its order, and how things would stand then."""

    def __init__(self):
        self.wanted = []
        self.definitions = {}
        self.changes = {}

    def createTask(self, task_id, definition):
        known = self.definitions.get(task_id)
        if known is not None and known != definition:
            raise _failure(409, "the task %s is to be created already, and not like this" % task_id)
        if known is None:
            self.definitions[task_id] = copy.deepcopy(definition)
            self.wanted.append({"create": task_id, "definition": self.definitions[task_id]})
        return {"status": self.status_of(task_id)}

    def cancelTask(self, task_id):
        return self._change("cancel", task_id)

    def rerunTask(self, task_id):
        return self._change("rerun", task_id)

    def _change(self, change, task_id):
        self.wanted.append({change: task_id})
        self.changes.setdefault(task_id, []).append(change)
        if task_id in self.definitions:
            return {"status": self.status_of(task_id)}
        return {"status": {"taskId": task_id}}

    def definition_of(self, task_id):
        """A definition as the queue would tell it: with what may be left out."""
        told = {
            "priority": "lowest",
            "requires": "all-completed",
            "retries": 5,
            "schedulerId": "-",
            "taskGroupId": task_id,
        }
        for name in ("dependencies", "routes", "scopes"):
            told[name] = []
        for name in ("tags", "extra"):
            told[name] = {}
        told.update(copy.deepcopy(self.definitions[task_id]))
        return told

    def status_of(self, task_id):
        definition = self.definition_of(task_id)
        names = ("taskGroupId", "schedulerId", "provisionerId", "workerType", "taskQueueId")
        status = {name: definition[name] for name in names if name in definition}
        for name in ("deadline", "expires"):
            if name in definition:
                status[name] = definition[name]
        status.update(
            taskId=task_id, state="unscheduled", runs=[], retriesLeft=definition["retries"]
        )
        return self.changed(status)

    def changed(self, status):
        """A status with what is to be cancelled and run once more."""
        status = copy.deepcopy(status)
        for change in self.changes.get(status["taskId"], ()):
            runs = status.setdefault("runs", [])
            if change == "rerun":
                status["state"] = "pending"
                runs.append({"runId": len(runs), "state": "pending", "reasonCreated": "rerun"})
            elif status["state"] in ("unscheduled", "pending", "running"):
                if not runs:
                    runs.append({"runId": 0, "reasonCreated": "exception"})
                status["state"] = "exception"
                runs[-1].update(state="exception", reasonResolved="canceled")
        return status


def _failure(status, message):
    from taskcluster.exceptions import TaskclusterRestFailure

    return TaskclusterRestFailure(message, None, status_code=status, body={"message": message})


def _known(noted, name, routed, payload):
    """The answer to a question about nothing but what is noted, if it is one."""
    task_id = routed.get("taskId")
    if task_id in noted.definitions:
        if name == "task":
            return noted.definition_of(task_id)
        if name == "status":
            return {"status": noted.status_of(task_id)}
    if name in ("tasks", "statuses") and not payload["taskIds"]:
        return {name: []}
    return None


def _of_noted(noted, name, task_id):
    if name == "tasks":
        return {"taskId": task_id, "task": noted.definition_of(task_id)}
    status = noted.status_of(task_id)
    if name == "statuses":
        return {"taskId": task_id, "status": status}
    return {"status": status, "task": noted.definition_of(task_id)}


def _task_id(entry):
    return entry["taskId"] if "taskId" in entry else entry["status"]["taskId"]


def _with_changes(noted, name, answer):
    """An answer of the queue with what is to be cancelled and run once more."""
    if name == "status":
        answer["status"] = noted.changed(answer["status"])
    for entry in answer.get("statuses" if name == "statuses" else "tasks", ()):
        if "status" in entry:
            entry["status"] = noted.changed(entry["status"])
    return answer


def _ask(noted, client, given, entry, arguments, named):
    """Asks the queue, and answers with what is noted besides."""
    name = entry["name"]
    routed, payload, query, handler, limit = client._processArgs(entry, *arguments, **named)
    more = []
    if name in ("tasks", "statuses"):
        wanted = payload["taskIds"]
        more = [task_id for task_id in wanted if task_id in noted.definitions]
        payload = {**payload, "taskIds": [one for one in wanted if one not in noted.definitions]}
    elif name == "listTaskGroup" and not query.get("continuationToken"):
        group = routed["taskGroupId"]
        more = [one for one in noted.definitions if noted.definition_of(one)["taskGroupId"] == group]
    answer = _known(noted, name, routed, payload)
    pages = [answer]
    if answer is None:
        pages = []
        options = {"params": routed, "query": query}
        if payload is not None:
            options["payload"] = payload
        if handler:
            options.update(paginationHandler=pages.append, paginationLimit=limit)
        try:
            answer = given(client, entry, **options)
        except Exception as error:
            if not more or getattr(error, "status_code", None) != 404:
                raise
            # The queue does not know of a group before its first task is created.
            answer = {"taskGroupId": routed.get("taskGroupId"), "tasks": []}
        pages = pages or [answer]
    pages = [_with_changes(noted, name, page) for page in pages]
    told = "statuses" if name == "statuses" else "tasks"
    if more:
        for page in pages:
            # In a task that is run again, some of them may stand already.
            page[told] = [one for one in page.get(told, ()) if _task_id(one) not in more]
        pages[0][told].extend(_of_noted(noted, name, one) for one in more)
    if not handler:
        return pages[0]
    for page in pages:
        handler(page)
    return None


CHANGES = ("createTask", "cancelTask", "rerunTask")
QUESTIONS = ("task", "tasks", "status", "statuses", "listTaskGroup")


def _watched(noted, given):
    """A call of the queue's client, which notes what would change something."""

    def call(client, entry, *arguments, **named):
        name = entry["name"]
        if name in CHANGES:
            routed, payload, *_ = client._processArgs(entry, *arguments, **named)
            return getattr(noted, name)(routed["taskId"], *([payload] if payload is not None else []))
        if name in QUESTIONS and (noted.definitions or noted.changes):
            return _ask(noted, client, given, entry, arguments, named)
        return given(client, entry, *arguments, **named)

    return call


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
            offered.append([action.order, action.cb_name, _permission(action), entry])
    return {"offered": offered, "known": list(own)}


def _permission(action):
    """What an action takes; older versions only know whether it has a permission of its own."""
    if hasattr(action, "permission"):
        return action.permission
    return "generic" if action.generic else action.cb_name


def _files(folder):
    """The files below a folder: their names, and what they hold."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in found]
    return names, [path.read_bytes() for path in found]


def act(head):
    """Runs the callback of an action and tells what it wants done, and which artifacts it has
    written where these are asked for."""
    if not head["collect"]:
        return {"noted": _act(head), "artifacts": []}
    import pathlib
    import tempfile

    from taskgraph import decision
    from taskgraph.transforms import docker_image

    given = decision.ARTIFACTS_DIR, docker_image.CONTEXTS_DIR
    with tempfile.TemporaryDirectory() as folder:
        decision.ARTIFACTS_DIR = pathlib.Path(folder)
        docker_image.CONTEXTS_DIR = "%s/%s" % (folder, given[1])
        try:
            noted = _act(head)
        finally:
            decision.ARTIFACTS_DIR, docker_image.CONTEXTS_DIR = given
        names, blobs = _files(pathlib.Path(folder))
    return {"noted": noted, "artifacts": names}, blobs


def _act(head):
    callback = _foreign_callbacks()[head["callback"]]
    parameters = project.parameters(head["graph"])
    noted = Noted()
    import requests
    import taskcluster

    queue, session = taskcluster.Queue, requests.Session
    given = queue._makeApiCall, session.request
    queue._makeApiCall = _watched(noted, given[0])
    session.request = sessions.watched(noted, given[1])
    try:
        callback(parameters, project.graph_config, head["input"], head["group"], head["task"])
        return noted.wanted
    finally:
        queue._makeApiCall, session.request = given
