"""Tasks as taskgraph has them, made of what was sent when somebody looks at them."""

from taskgraph.task import Task
from snowman_worker.wire import loads

FIELDS = (
    "kind",
    "label",
    "description",
    "attributes",
    "optimization",
    "dependencies",
    "soft_dependencies",
    "if_dependencies",
)


class SentTask(Task):
    """A task whose definition is read when it is first asked for."""

    @property
    def task(self):
        if "_definition" not in self.__dict__:
            self.__dict__["_definition"] = loads(self.__dict__.pop("_unread"))
        return self.__dict__["_definition"]

    @task.setter
    def task(self, definition):
        self.__dict__["_definition"] = definition

    def __reduce__(self):
        return (_again, (self.to_json(),))

    def __deepcopy__(self, memo):
        import copy

        other = object.__new__(SentTask)
        for key, value in self.__dict__.items():
            other.__dict__[key] = copy.deepcopy(value, memo)
        return other

    def __repr__(self):
        return "Task(kind=%r, label=%r)" % (self.kind, self.label)


def _again(values):
    return Task.from_json(values)


class Sent:
    """The tasks that were sent for one graph, by label. Each reader gets objects of its own."""

    def __init__(self):
        self.parts = {}

    def take(self, blobs):
        for index in range(0, len(blobs), 2):
            outer = blobs[index]
            self.parts[loads(outer)["label"]] = (outer, blobs[index + 1])

    def make(self, label):
        outer, definition = self.parts[label]
        fields = loads(outer)
        task = object.__new__(SentTask)
        values = task.__dict__
        values["task_id"] = fields.pop("task_id", None)
        for name in FIELDS:
            values[name] = fields[name]
        values["_unread"] = definition
        return task

    def of(self, labels):
        return {label: self.make(label) for label in labels}
