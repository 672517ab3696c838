"""The changes that a callback requests, and what the queue answers after them."""

import copy
import weakref


class Conflict(Exception):
    """The callback has already created the task with another definition."""


class Missing(Exception):
    """The queue does not have what is asked for."""


class RecordedChanges:
    """The changes that a callback requests, in order, and the state of tasks after them."""

    def __init__(self):
        self.requests = []
        self.definitions = {}
        self.changes = {}
        # Other requests, which were sent immediately.
        self.sent = []
        # The sessions with which requests were sent, by id.
        self.sessions = weakref.WeakValueDictionary()

    def __bool__(self):
        return bool(self.definitions or self.changes)

    def note(self, request):
        """Notes a request that was sent. A client may send the same one several times."""
        if request not in self.sent:
            self.sent.append(request)

    def create(self, task_id, definition):
        earlier = self.definitions.get(task_id)
        if earlier is not None and earlier != definition:
            raise Conflict("the callback already created the task %s with another definition" % task_id)
        if earlier is None:
            self.definitions[task_id] = copy.deepcopy(definition)
            self.requests.append({"create": task_id, "definition": self.definitions[task_id]})
        return {"status": self.status_of(task_id)}

    def change(self, change, task_id):
        """Cancels or reruns a task."""
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

    def members_of(self, group):
        """The recorded tasks of a group."""
        found = self.definitions
        return [one for one in found if self.definition_of(one)["taskGroupId"] == group]


def query(recorded, name, subject, payload, first_page, ask):
    """Returns the queue's answer to a query, with the recorded changes.

    `subject` is the task or the group in the path, and `ask` sends the query with a payload to the queue: it
    returns the answer, or raises `Missing`.
    """
    more = []
    if name in ("tasks", "statuses"):
        more = [task_id for task_id in payload["taskIds"] if task_id in recorded.definitions]
        others = [task_id for task_id in payload["taskIds"] if task_id not in recorded.definitions]
        payload = {**payload, "taskIds": others}
    elif name == "listTaskGroup" and first_page:
        more = recorded.members_of(subject)
    answer = _from_recorded(recorded, name, subject, payload)
    if answer is None:
        try:
            answer = ask(payload)
        except Missing:
            if not more:
                raise
            # A group does not exist on the queue before its first task is created.
            answer = {"taskGroupId": subject, "tasks": []}
    if name == "status":
        answer["status"] = recorded.with_changes(answer["status"])
    key = "statuses" if name == "statuses" else "tasks"
    for entry in answer.get(key, ()):
        if "status" in entry:
            entry["status"] = recorded.with_changes(entry["status"])
    if more:
        # An earlier run of this action task may have created some of them.
        answer[key] = [entry for entry in answer.get(key, ()) if _task_id(entry) not in more]
        answer[key].extend(_entry(recorded, name, task_id) for task_id in more)
    return answer


def _from_recorded(recorded, name, subject, payload):
    """Answers a query that only concerns recorded tasks; None if it concerns others."""
    if subject in recorded.definitions:
        if name == "task":
            return recorded.definition_of(subject)
        if name == "status":
            return {"status": recorded.status_of(subject)}
    if name in ("tasks", "statuses") and not payload["taskIds"]:
        return {name: []}
    return None


def _entry(recorded, name, task_id):
    if name == "tasks":
        return {"taskId": task_id, "task": recorded.definition_of(task_id)}
    status = recorded.status_of(task_id)
    if name == "statuses":
        return {"taskId": task_id, "status": status}
    return {"status": status, "task": recorded.definition_of(task_id)}


def _task_id(entry):
    return entry["taskId"] if "taskId" in entry else entry["status"]["taskId"]
