"""Compares copies of data."""

import json
import types

from compare import outcome, same


def random_value(random, depth, special):
    if depth and random.random() < 0.5:
        count = random.choice([0, 1, 3])
        if random.random() < 0.5:
            return [random_value(random, depth - 1, special) for _ in range(count)]
        keys = [random.choice(["a", "b", 7, None]) for _ in range(count)]
        return {key: random_value(random, depth - 1, special) for key in keys}
    return random.choice(special) if random.random() < 0.1 else random.choice([None, 1, "x", 2.5, True])


def parts(value):
    """Yields all containers in a value."""
    if isinstance(value, (dict, list)):
        yield id(value)
        for one in value.values() if isinstance(value, dict) else value:
            yield from parts(one)


def compare_received():
    """A task that is parsed on first access is copied as another task is."""
    from snowman_worker.tasks import ReceivedTasks
    from taskgraph.task import Task
    from taskgraph.util import copy

    task = Task("kind", "label", {"a": ["x"]}, {"b": {}}, optimization={"c": []}, dependencies={"e": "f"})
    fields = task.to_json()
    definition = fields.pop("task")
    received = ReceivedTasks()
    received.add(["label"], [json.dumps(fields).encode(), json.dumps(definition).encode()])
    looked_at = received.make("label")
    same("fields", task, ["kind", "label"], [looked_at.kind, looked_at.label])
    # Firefox's `use_fetches` reads the kind, and then the `__dict__` of the task.
    same("other fields in `__dict__`", task, True, set(fields) <= set(vars(looked_at)))
    for kind, is_changed in (("kind", False), ("other", True)):
        looked_at.kind = kind
        same("change of the kind", task, is_changed, received.is_changed("label", looked_at))
    for changed in (False, True):
        lazy = received.make("label")
        if changed:
            task.description = lazy.description = "changed"
        found = copy.deepcopy(lazy)
        same("deepcopy of a task", task, [Task, task.to_json()], [type(found), found.to_json()])
        same("deepcopy shares", task, False, found.task is lazy.task or found.attributes is lazy.attributes)


def compare(random, rounds):
    compare_received()
    from taskgraph.task import Task
    from taskgraph.util import copy
    from taskgraph.util.readonlydict import ReadOnlyDict

    replaced = copy.deepcopy
    original = replaced.__wrapped__
    task = Task("kind", "label", {"a": ["x"]}, {"b": {}}, optimization={"c": []})
    special = [(1,), {1}, ReadOnlyDict(a=[1]), task, Task, types.SimpleNamespace(), b"x"]

    for _ in range(rounds * 10):
        value = random_value(random, 4, special)
        copy.deepcopy = original
        before = outcome(lambda: original(value))
        copy.deepcopy = replaced
        same("deepcopy", value, before, outcome(lambda: replaced(value)))
        if before[0] == "returned":
            kept = {id(one) for one in special}
            shared = set(parts(value)) & set(parts(replaced(value))) - kept
            inside = {part for one in special for part in parts(one)}
            same("deepcopy shares", value, set(), shared - inside)
    return rounds * 10
