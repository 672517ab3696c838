"""Makes taskgraph's tasks out of those that were sent, and parses each when it is first read."""

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

# The fields that others than taskgraph may change.
COMPARED = tuple(name for name in FIELDS if name not in ("label", "dependencies"))


class LazyField:
    """A field that is parsed on first access, and from then on is an ordinary attribute of the task.

    So are all others then, apart from the definition: a project may read the kind, and the task's `__dict__` after
    that. Firefox does.
    """

    def __init__(self, name):
        self.name = name

    def __get__(self, task, owner=None):
        if task is None:
            return self
        values = task.__dict__
        part = "_definition" if self.name == "task" else "_fields"
        if part not in values:
            raise AttributeError(self.name)
        read = loads(values.pop(part))
        if self.name == "task":
            values["task"] = read
        else:
            for name in FIELDS:
                # A value that has been set in the meantime is kept.
                values.setdefault(name, read[name])
        return values[self.name]


class ReceivedTask(Task):
    """A task that is parsed on first access; its definition separately from its other fields."""

    def __eq__(self, other):
        if not isinstance(other, Task):
            return NotImplemented
        names = ("task_id", "task") + FIELDS
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None

    # `task.__class__` is `Task`, as for every other task.
    __class__ = property(lambda self: Task)

    def __reduce__(self):
        return (_from_json, (self.to_json(),))

    def __deepcopy__(self, memo):
        import copy

        other = object.__new__(ReceivedTask)
        for key, value in self.__dict__.items():
            other.__dict__[key] = copy.deepcopy(value, memo)
        return other

    def as_task(self):
        """Returns an equal task of taskgraph's own class, with the same values."""
        task = object.__new__(Task)
        names = ("task_id", "task") + FIELDS
        task.__dict__.update((name, getattr(self, name)) for name in names)
        return task

    def __repr__(self):
        return "Task(kind=%r, label=%r)" % (self.kind, self.label)


for _name in FIELDS + ("task",):
    setattr(ReceivedTask, _name, LazyField(_name))


def _from_json(fields):
    return Task.from_json(fields)


class ReceivedTasks:
    """The tasks that were sent for one graph, by label. Each call returns new objects."""

    def __init__(self):
        self.parts = {}

    def add(self, labels, blobs):
        for index, label in enumerate(labels):
            self.parts[label] = (blobs[2 * index], blobs[2 * index + 1])

    def make(self, label):
        task = object.__new__(ReceivedTask)
        fields, definition = self.parts[label]
        task.__dict__.update(label=label, _fields=fields, _definition=definition)
        return task

    def make_all(self, labels):
        return {label: self.make(label) for label in labels}

    def is_changed(self, label, task):
        """Returns whether a task that was made here has been changed since, apart from its dependencies: they
        are the edges of a graph."""
        values = task.__dict__
        fields, definition = self.parts[label]
        if "task" in values and values["task"] != loads(definition):
            return True
        names = [name for name in COMPARED if name in values]
        before = loads(fields) if names else {}
        return any(values[name] != before[name] for name in names)
