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


class Later:
    """A field that is read when it is first asked for; from then on the task has it itself."""

    def __init__(self, name):
        self.name = name

    def __get__(self, task, owner=None):
        if task is None:
            return self
        held = task.__dict__
        part = "_definition" if self.name == "task" else "_outer"
        if part not in held:
            raise AttributeError(self.name)
        read = loads(held.pop(part))
        if self.name == "task":
            held["task"] = read
        else:
            for name in FIELDS:
                # What somebody has set meanwhile stays.
                held.setdefault(name, read[name])
        return held[self.name]


class SentTask(Task):
    """A task that is read when it is first looked at, its definition apart from all the rest."""

    def __eq__(self, other):
        if not isinstance(other, Task):
            return NotImplemented
        names = ("task_id", "task") + FIELDS
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None

    # `task.__class__` is `Task`, as for every other task.
    __class__ = property(lambda self: Task)

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


for _name in FIELDS + ("task",):
    setattr(SentTask, _name, Later(_name))


def _again(values):
    return Task.from_json(values)


class Sent:
    """The tasks that were sent for one graph, by label. Each reader gets objects of its own."""

    def __init__(self):
        self.parts = {}

    def take(self, labels, blobs):
        for index, label in enumerate(labels):
            self.parts[label] = (blobs[2 * index], blobs[2 * index + 1])

    def make(self, label):
        task = object.__new__(SentTask)
        outer, definition = self.parts[label]
        task.__dict__.update(label=label, _outer=outer, _definition=definition)
        return task

    def of(self, labels):
        return {label: self.make(label) for label in labels}
