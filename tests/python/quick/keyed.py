"""Compares how values that are keyed are resolved."""

import contextlib
import copy

from compare import outcome, same, typed

KEYS = ("linux", "win.*", "default", "(", "linux64", "win32|linux", "a-b", "mac/opt", "", "linux\n", "li+nux")
TARGETS = ("linux", "win32", "linux64", "mac/opt", "a-b", "linux\n", "", None, 7, "other", True)
FIELDS = (
    "name",
    "worker",
    "worker.image",
    "worker.env.x",
    "items[].name",
    "items[].worker.image",
    "items",
    "a[]",
    ".",
    "worker.",
    "none",
)


class Table(dict):
    """A mapping that is not a plain dict."""


def keyed(random, depth):
    if depth and random.random() < 0.5:
        field = random.choice(["level", "project", "platform"])
        count = random.choice([1, 2, 3])
        alternatives = {random.choice(KEYS): keyed(random, depth - 1) for _ in range(count)}
        if random.random() < 0.05:
            alternatives = random.choice([None, [], "x", {7: 1, "x": 2}])
        found = {"by-" + field: alternatives}
        if random.random() < 0.1:
            found[random.choice(["x", 7])] = 1
        return found
    return copy.deepcopy(random.choice([None, 1, "x", [], {}, {"x": 1}, {7: 1}, {"by": 1}, {"x": 1, "y": 2}]))


def random_item(random):
    item = {"level": random.choice(TARGETS), "project": random.choice(TARGETS)}
    for name in ("name", "worker", "items", "a[]", "image", ""):
        if random.random() < 0.6:
            item[name] = keyed(random, 3)
    if random.random() < 0.7:
        item["worker"] = {"image": keyed(random, 2), "env": {"x": keyed(random, 2)}, "": keyed(random, 1)}
        if random.random() < 0.2:
            item["worker"]["env"] = random.choice([None, "x", [], Table(x=keyed(random, 1))])
    if random.random() < 0.7:
        inner = random_item(random) if random.random() < 0.5 else {}
        item["items"] = [inner, {"name": keyed(random, 2)}]
    return Table(item) if random.random() < 0.05 else item


@contextlib.contextmanager
def originals(places):
    """Puts the originals back."""
    kept = [(module, name, getattr(module, name)) for module, name in places]
    for module, name, replaced in kept:
        setattr(module, name, replaced.__wrapped__)
    try:
        yield
    finally:
        for module, name, replaced in kept:
            setattr(module, name, replaced)


def compare(random, rounds):
    from taskgraph.util import attributes, keyed_by, schema

    places = [(attributes, "keymatch"), (keyed_by, "keymatch"), (schema, "resolve_keyed_by")]
    for _ in range(rounds * 10):
        table = {random.choice(KEYS): number for number in range(random.choice([0, 1, 2, 4]))}
        if random.random() < 0.1:
            table[random.choice([7, None, "["])] = 9
        if random.random() < 0.05:
            table = random.choice([Table(table), None, list(table)])
        target = random.choice(TARGETS)
        before = outcome(attributes.keymatch.__wrapped__, table, target)
        for _ in range(2):
            same("keymatch", (table, target), before, outcome(attributes.keymatch, table, target))

        item = random_item(random)
        field = random.choice(FIELDS)
        defer = random.choice([None, None, ["level"], ["project", "level"]])
        named = {"platform": random.choice(TARGETS)} if random.random() < 0.7 else {}
        if random.random() < 0.3:
            named["enforce_single_match"] = False
        arguments = (field, random.choice(["task", "task", None]), defer)

        def resolve(given):
            result = outcome(lambda: schema.resolve_keyed_by(given, *arguments, **named) is given)
            return result, typed(given)

        with originals(places):
            before = resolve(copy.deepcopy(item))
        same("resolve_keyed_by", (item, arguments, named), before, resolve(copy.deepcopy(item)))
    return rounds * 10
