"""Lists the project's actions and runs their callbacks.

A callback creates, cancels and reruns tasks through the queue's client. Its changes are recorded instead
of sent, and returned, so that snowman sends them in the same way as its own. Queries reach the queue, and
their answers show the recorded changes as if they had been made.
"""

import contextlib
import copy
import sys

from snowman_worker import direct_requests, project


class RecordedChanges:
    """The changes that a callback requests, in order, and the state of tasks after them."""

    def __init__(self):
        self.requests = []
        self.definitions = {}
        self.changes = {}

    def createTask(self, task_id, definition):
        earlier = self.definitions.get(task_id)
        if earlier is not None and earlier != definition:
            raise _failure(409, "the callback already created the task %s with another definition" % task_id)
        if earlier is None:
            self.definitions[task_id] = copy.deepcopy(definition)
            self.requests.append({"create": task_id, "definition": self.definitions[task_id]})
        return {"status": self.status_of(task_id)}

    def cancelTask(self, task_id):
        return self._change("cancel", task_id)

    def rerunTask(self, task_id):
        return self._change("rerun", task_id)

    def _change(self, change, task_id):
        self.requests.append({change: task_id})
        self.changes.setdefault(task_id, []).append(change)
        if task_id in self.definitions:
            return {"status": self.status_of(task_id)}
        return {"status": {"taskId": task_id}}

    def definition_of(self, task_id):
        """A definition as the queue returns it, with the defaults of omitted fields."""
        definition = {
            "priority": "lowest",
            "requires": "all-completed",
            "retries": 5,
            "schedulerId": "-",
            "taskGroupId": task_id,
        }
        for name in ("dependencies", "routes", "scopes"):
            definition[name] = []
        for name in ("tags", "extra"):
            definition[name] = {}
        definition.update(copy.deepcopy(self.definitions[task_id]))
        return definition

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
        return self.with_changes(status)

    def with_changes(self, status):
        """Applies the recorded cancellations and reruns to a status."""
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


def _answer_from_recorded(recorded, name, routed, payload):
    """Answers a query that only concerns recorded tasks; None if it concerns others."""
    task_id = routed.get("taskId")
    if task_id in recorded.definitions:
        if name == "task":
            return recorded.definition_of(task_id)
        if name == "status":
            return {"status": recorded.status_of(task_id)}
    if name in ("tasks", "statuses") and not payload["taskIds"]:
        return {name: []}
    return None


def _recorded_entry(recorded, name, task_id):
    if name == "tasks":
        return {"taskId": task_id, "task": recorded.definition_of(task_id)}
    status = recorded.status_of(task_id)
    if name == "statuses":
        return {"taskId": task_id, "status": status}
    return {"status": status, "task": recorded.definition_of(task_id)}


def _task_id(entry):
    return entry["taskId"] if "taskId" in entry else entry["status"]["taskId"]


def _with_changes(recorded, name, answer):
    """Applies the recorded cancellations and reruns to an answer of the queue."""
    if name == "status":
        answer["status"] = recorded.with_changes(answer["status"])
    for entry in answer.get("statuses" if name == "statuses" else "tasks", ()):
        if "status" in entry:
            entry["status"] = recorded.with_changes(entry["status"])
    return answer


def _query(recorded, client, given, entry, arguments, named):
    """Queries the queue, and adds the recorded tasks to its answer."""
    name = entry["name"]
    routed, payload, query, handler, limit = client._processArgs(entry, *arguments, **named)
    more = []
    if name in ("tasks", "statuses"):
        wanted = payload["taskIds"]
        more = [task_id for task_id in wanted if task_id in recorded.definitions]
        others = [task_id for task_id in wanted if task_id not in recorded.definitions]
        payload = {**payload, "taskIds": others}
    elif name == "listTaskGroup" and not query.get("continuationToken"):
        group = routed["taskGroupId"]
        more = [
            task_id
            for task_id in recorded.definitions
            if recorded.definition_of(task_id)["taskGroupId"] == group
        ]
    answer = _answer_from_recorded(recorded, name, routed, payload)
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
            # A group does not exist on the queue before its first task is created.
            answer = {"taskGroupId": routed.get("taskGroupId"), "tasks": []}
        pages = pages or [answer]
    pages = [_with_changes(recorded, name, page) for page in pages]
    key = "statuses" if name == "statuses" else "tasks"
    if more:
        for page in pages:
            # An earlier run of this action task may have created some of them.
            page[key] = [entry for entry in page.get(key, ()) if _task_id(entry) not in more]
        pages[0][key].extend(_recorded_entry(recorded, name, task_id) for task_id in more)
    if not handler:
        return pages[0]
    for page in pages:
        handler(page)
    return None


CHANGES = ("createTask", "cancelTask", "rerunTask")
QUERIES = ("task", "tasks", "status", "statuses", "listTaskGroup")


def _recording(recorded, given):
    """Wraps a call of the queue's client, and records changes instead of sending them."""

    def call(client, entry, *arguments, **named):
        name = entry["name"]
        if name in CHANGES:
            routed, payload, *_ = client._processArgs(entry, *arguments, **named)
            definition = [payload] if payload is not None else []
            return getattr(recorded, name)(routed["taskId"], *definition)
        if name in QUERIES and (recorded.definitions or recorded.changes):
            return _query(recorded, client, given, entry, arguments, named)
        return given(client, entry, *arguments, **named)

    return call


def _own_callbacks():
    """Returns the callbacks of the project: all of its own registry, or its own in taskgraph's."""
    from snowman_worker import entry
    from snowman_worker.registered import is_foreign, package_folders

    own_registry = entry.action_registry()
    if own_registry:
        return own_registry.callbacks()
    from taskgraph.actions import registry

    folders = tuple(package_folders())
    return {
        name: callback
        for name, callback in registry.callbacks.items()
        if is_foreign(callback, folders)
    }


def list_callbacks(head):
    """Returns the names of the project's callbacks, and whether they replace the built-in ones. Unlike
    `list_actions`, this runs no code that describes an action."""
    from snowman_worker import entry

    exclusive = entry.action_registry() is not None
    if not exclusive and "taskgraph.actions.registry" not in sys.modules:
        return {"callbacks": [], "exclusive": False}
    return {"callbacks": list(_own_callbacks()), "exclusive": exclusive}


def list_actions(head):
    """Returns the project's actions in the format of actions.json. If it has a registry of its own, these
    are all actions, in order."""
    from snowman_worker import entry

    own_registry = entry.action_registry()
    if not own_registry and "taskgraph.actions.registry" not in sys.modules:
        return {"actions": [], "document": None}
    if own_registry:
        listed = sorted(own_registry.actions(), key=lambda action: action.order)
    else:
        from taskgraph.actions import registry

        listed = registry.actions
    own = _own_callbacks()
    parameters = project.parameters(head["graph"])
    actions = []
    for action in listed:
        if action.cb_name not in own:
            continue
        rendered = action.action_builder(parameters, project.graph_config, head["decision"])
        if rendered:
            actions.append([action.order, action.cb_name, _permission(action), rendered])
    document = None
    if own_registry:
        document = own_registry.render(parameters, project.graph_config, head["decision"])
    return {"actions": actions, "document": document}


def _permission(action):
    """The permission that an action needs. Older versions only store whether it is generic."""
    if hasattr(action, "permission"):
        return action.permission
    return "generic" if action.generic else action.cb_name


def list_files(folder):
    """Returns the names and contents of the files below a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in found]
    return names, [path.read_bytes() for path in found]


def run_action(head):
    """Runs the callback of an action. Returns the changes that it requests and, if `collect` is set, the
    artifacts that it has written."""
    if not head["collect"]:
        return {"changes": _run_callback(head), "artifacts": []}
    import pathlib
    import tempfile

    from taskgraph import decision
    from taskgraph.transforms import docker_image

    given = decision.ARTIFACTS_DIR, docker_image.CONTEXTS_DIR
    with tempfile.TemporaryDirectory() as folder:
        decision.ARTIFACTS_DIR = pathlib.Path(folder)
        docker_image.CONTEXTS_DIR = "%s/%s" % (folder, given[1])
        try:
            recorded = _run_callback(head)
        finally:
            decision.ARTIFACTS_DIR, docker_image.CONTEXTS_DIR = given
        names, blobs = list_files(pathlib.Path(folder))
    return {"changes": recorded, "artifacts": names}, blobs


@contextlib.contextmanager
def requests_recorded(recorded):
    """Records the changes of tasks that are requested, by the queue's client or directly."""
    import requests
    import taskcluster

    queue, session = taskcluster.Queue, requests.Session
    given = queue._makeApiCall, session.request
    queue._makeApiCall = _recording(recorded, given[0])
    session.request = direct_requests.recording(recorded, given[1])
    try:
        yield
    finally:
        queue._makeApiCall, session.request = given


def _run_callback(head):
    from snowman_worker import decision_entry, entry

    callback = _own_callbacks()[head["callback"]]
    parameters = project.parameters(head["graph"])
    recorded = RecordedChanges()
    decide = entry.find("decision", "taskgraph_decision")
    # A release promotion ends with a decision.
    pairs = [(decide, decision_entry.Decisions(recorded))] if decide else []
    with requests_recorded(recorded), decision_entry.replaced(*pairs):
        callback(parameters, project.graph_config, head["input"], head["group"], head["task"])
    return recorded.requests
