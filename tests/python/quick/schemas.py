"""Compares how schemas are validated: random ones, and those of the installed taskgraph."""

import copy
import importlib
import pkgutil
import re

import voluptuous
from compare import outcome, same, typed

WORDS = ("name", "kind", "run-on", "worker", "by-level", "by-project", "env", "x")
JUNK = (None, True, False, 0, 1, 1.0, 7, -3, "", "name", "7", [], ["name"], [1, "x"], {}, {"name": 1}, ("x",))
FIELDS = ("level", "project")


class Table(dict):
    """A mapping that is not a plain dict."""


class Listing(list):
    """A list that is not a plain list."""


def refuse(value):
    if value == "x":
        raise voluptuous.Invalid("it is x")
    return value


def refuse_inside(value):
    if value == ["name"]:
        raise voluptuous.Invalid("it has a name", path=[0])
    return value


def number(value):
    return int(value)


def lookup(value):
    return {"name": 1, 7: 2, None: 3, True: 4}[value]


def shorten(value):
    if isinstance(value, list) and len(value) > 1:
        value.pop()
    return value


FUNCTIONS = (refuse, refuse_inside, number, lookup, shorten, str)


class Maker:
    """Makes random schemas. Some of their parts are shared, as in taskgraph's."""

    def __init__(self, random):
        from taskgraph.util import schema

        self.random = random
        self.module = schema
        self.kind = getattr(schema, "LegacySchema", schema.Schema)
        self.shared = []

    def literal(self):
        return self.random.choice(["name", "kind", "x", 1, 7, 0, True, None, 1.0, "7"])

    def key(self):
        random = self.random
        name = random.choice(WORDS)
        make = random.choice(["plain", "required", "optional", "optional", "default", "other"])
        if make == "required":
            message = random.choice([None, "it is required"])
            return voluptuous.Required(name, msg=message)
        if make == "optional":
            return voluptuous.Optional(name)
        if make == "default":
            default = random.choice([None, 1, "x", list, dict, []])
            return random.choice([voluptuous.Optional, voluptuous.Required])(name, default=default)
        if make == "other":
            return random.choice(
                [
                    str,
                    int,
                    voluptuous.Extra,
                    voluptuous.Optional(str),
                    voluptuous.Any("name", "kind"),
                    voluptuous.Optional(voluptuous.Any("env", int)),
                    voluptuous.Required(str),
                    voluptuous.NotIn(["name", "x"]),
                    voluptuous.Match("^n"),
                    voluptuous.Exclusive("env", "first"),
                    voluptuous.Exclusive("x", "first"),
                    voluptuous.Inclusive("name", "second"),
                    voluptuous.Inclusive("kind", "second"),
                    voluptuous.Remove("name"),
                    voluptuous.Remove(int),
                    refuse,
                ]
            )
        return name

    def part(self, depth):
        random = self.random
        if self.shared and random.random() < 0.15:
            return random.choice(self.shared)
        made = self.new_part(depth)
        if random.random() < 0.3:
            self.shared.append(made)
        return made

    def new_part(self, depth):
        random = self.random
        make = random.choice(["type", "type", "literal", "special"])
        if depth > 0:
            make = random.choice(
                ["type", "literal", "special", "dict", "dict", "list", "any", "all", "keyed", "nested"]
            )
        if make == "type":
            return random.choice([str, str, int, bool, dict, list, object, float, type(None), (int,)])
        if make == "literal":
            return self.literal()
        if make == "special":
            return random.choice(
                [
                    voluptuous.In(["name", "x", 7]),
                    voluptuous.NotIn(["name", "x"]),
                    voluptuous.Match("^[a-n]"),
                    voluptuous.Match(re.compile("7")),
                    voluptuous.Length(max=1),
                    voluptuous.Length(min=1, msg="too short"),
                    voluptuous.Range(min=1, max=6),
                    voluptuous.Coerce(int),
                    voluptuous.Msg(["name"], "not a list of names"),
                    voluptuous.Maybe(str),
                    voluptuous.Boolean(),
                    voluptuous.Extra,
                    voluptuous.Datetime(),
                    voluptuous.Unique(),
                    random.choice(FUNCTIONS),
                    frozenset(["name"]),
                    [],
                    {},
                ]
            )
        parts = [self.part(depth - 1) for _ in range(random.choice([1, 1, 2, 3]))]
        if make == "dict":
            return {self.key(): self.part(depth - 1) for _ in range(random.choice([1, 2, 3, 5]))}
        if make == "list":
            return parts if random.random() < 0.9 else tuple(parts)
        if make == "any":
            named = {"msg": "none of them"} if random.random() < 0.1 else {}
            if random.random() < 0.1:
                named["required"] = True
            return voluptuous.Any(*parts, **named)
        if make == "all":
            return voluptuous.All(*parts, msg=random.choice([None, None, "not all of them"]))
        if make == "keyed":
            return self.module.optionally_keyed_by(*FIELDS[: random.choice([1, 2])], parts[0])
        kind = random.choice([self.kind, voluptuous.Schema])
        return self.schema(parts[0], kind)

    def schema(self, part, kind):
        named = {} if kind is voluptuous.Schema else {"check": False}
        random = self.random
        if random.random() < 0.15:
            named["extra"] = random.choice([voluptuous.ALLOW_EXTRA, voluptuous.REMOVE_EXTRA])
        if random.random() < 0.1:
            named["required"] = True
        return kind(part, **named)


class Values:
    """Makes values that are mostly valid for a schema."""

    def __init__(self, random):
        self.random = random

    def of(self, part, depth=6):
        random = self.random
        if depth < 0 or random.random() < 0.02:
            return copy.deepcopy(random.choice(JUNK))
        if isinstance(part, voluptuous.Schema):
            return self.of(part.schema, depth)
        if isinstance(part, voluptuous.Marker):
            return self.of(part.schema, depth)
        if isinstance(part, dict):
            return self.mapping(part, depth)
        if isinstance(part, (list, tuple)):
            count = random.choice([0, 1, 1, 2, 3]) if part else 0
            return type(part)(self.of(random.choice(part), depth - 1) for _ in range(count))
        if isinstance(part, voluptuous.Any):
            return self.of(random.choice(part.validators), depth - 1)
        if isinstance(part, voluptuous.All):
            return self.of(part.validators[0], depth - 1)
        if isinstance(part, voluptuous.In):
            return random.choice(list(part.container))
        fields = getattr(part, "__closure__", None) and "fields" in part.__code__.co_freevars
        if fields:
            return self.keyed(part, depth)
        if isinstance(part, type):
            samples = {
                str: ["name", "x", "kind", "other"],
                int: [0, 1, 7],
                bool: [True, False],
                float: [1.0],
                dict: [{}, {"x": 1}],
                list: [[], ["x"]],
                type(None): [None],
            }
            return copy.deepcopy(random.choice(samples.get(part, JUNK)))
        if part is None or isinstance(part, (str, int, float)):
            return part
        return copy.deepcopy(random.choice(JUNK))

    def mapping(self, part, depth):
        made = {}
        for key, value in part.items():
            optional = isinstance(key, voluptuous.Optional) or not isinstance(key, voluptuous.Marker)
            if self.random.random() < (0.5 if optional else 0.98):
                name = "extra" if key is voluptuous.Extra else self.of(key, depth - 1)
                if isinstance(name, (str, int, float, type(None))):
                    made[name] = self.of(value, depth - 1)
        return made

    def keyed(self, part, depth):
        variables = {
            name: cell.cell_contents for name, cell in zip(part.__code__.co_freevars, part.__closure__)
        }
        if self.random.random() < 0.6:
            return self.of(variables["schema"], depth - 1)
        names = list(variables["fields"]) + ["unknown"]
        alternatives = {key: self.of(part, depth - 2) for key in ("1", "default")}
        return {"by-" + self.random.choice(names): alternatives}

    def mutate(self, value):
        """Changes a value in one place."""
        random = self.random
        if isinstance(value, dict) and value and random.random() < 0.8:
            key = random.choice(list(value))
            kind = random.random()
            if kind < 0.15:
                del value[key]
            elif kind < 0.25:
                value[random.choice(WORDS + (7, None))] = copy.deepcopy(random.choice(JUNK))
            else:
                value[key] = self.mutate(value[key])
            return value
        if isinstance(value, list) and value and random.random() < 0.8:
            index = random.randrange(len(value))
            value[index] = self.mutate(value[index])
            return value
        if random.random() < 0.1:
            if type(value) is dict:
                return Table(value)
            if type(value) is list:
                return Listing(value)
        return copy.deepcopy(random.choice(JUNK))


# Schemas with values for which the order of steps or what they return matters.
NAMED = (
    (
        {voluptuous.Exclusive("a", "g"): int, voluptuous.Exclusive("b", "g"): int},
        [{"a": 1}, {"a": 1, "b": 2}, {}],
    ),
    (voluptuous.All(voluptuous.Coerce(int), voluptuous.In([3, "7"])), ["3", "7", 3, "x", None]),
    (voluptuous.All({voluptuous.Optional("a", default=1): int}, voluptuous.Length(max=1)), [{}, {"a": 1}]),
    (voluptuous.All([str], shorten), [["a", "b"], ["a"], [1]]),
    (voluptuous.All([str], voluptuous.Length(max=2), shorten), [["a", "b"], ["a"], ["a", "b", "c"]]),
    (voluptuous.All([{"a": shorten}], [{"a": ["x"]}]), [[{"a": ["x", "y"]}], [{"a": ["y"]}]]),
    ([refuse_inside, list], [[["name"]], [["x"]], ["x"]]),
    ([{"a": int}, {"b": int}], [[{"a": 1}], [{"b": 1}], [{"a": "x"}], [{"b": 1}, 7]]),
    ({refuse_inside: int, str: str}, [{"name": 1}, {"name": "x"}, {7: 1}]),
    (voluptuous.Any(lookup, None), [None, "name", "x", [], 7]),
    (voluptuous.Any(number, "x", {"a": lookup}), ["x", "7", {"a": "name"}, {"a": "x"}, None]),
    # The rest of an invalid value is still validated, and may raise another exception.
    (voluptuous.Any({"a": int, "b": lookup}, dict), [{"a": "x", "b": "x"}, {"a": 1, "b": "x"}, {"a": "x"}]),
    (voluptuous.Any({"a": int, "b": voluptuous.In(["x", 7])}, dict), [{"a": "x", "b": "y"}, {"a": "x"}]),
    (voluptuous.Any([voluptuous.All(str, voluptuous.In(["x", 7]))], list), [[7, "y"], ["x"], ["y"], [7]]),
    (voluptuous.Any([lookup, str], list), [["name", "y"], ["y"], [[], 1]]),
    ({"a": voluptuous.Any(1, 2)}, [{"a": True}, {"a": 1.0}, {"a": 2}, {"a": "1"}]),
)


def check(schema, text, value):
    from taskgraph.util.schema import validate_schema

    first, second = copy.deepcopy(value), copy.deepcopy(value)
    before = outcome(validate_schema.__wrapped__, schema, first, "In task:")
    after = outcome(validate_schema, schema, second, "In task:")
    same("validate_schema", (text, value), before, after)
    same("validate_schema changes", (text, value), typed(first), typed(second))


def compare_named(maker):
    for part, listed in NAMED:
        for kind in (voluptuous.Schema, lambda part: maker.kind(part, check=False)):
            schema = kind(part)
            for _ in range(3):
                for value in listed:
                    check(schema, repr(part), value)
    return len(NAMED)


def compare_shared(maker):
    """Schemas with a common part, each of which decides about it when it is made."""
    for extras in ((0, 1), (1, 0), (0, 2), (2, 1)):
        shared = voluptuous.Any({"a": int}, voluptuous.All({"b": int}, dict))
        made = []
        for extra in extras + extras:
            made.append(maker.kind({"x": shared, "y": [shared]}, extra=extra))
            for schema in made * 3:
                for inner in ({"a": 1}, {"a": 1, "c": 2}, {"b": 1}, {"b": 1, "c": 2}):
                    check(schema, "shared %s" % extra, {"x": inner, "y": [inner]})
    return 4


def compare_one(values, schema, text, count):
    for _ in range(count):
        value = values.of(schema)
        for _ in range(values.random.choice([0, 0, 1, 1, 2])):
            value = values.mutate(value)
        check(schema, text, value)
    return count


def own_schemas():
    """Yields the schemas in the modules of the installed packages."""
    import taskgraph

    packages = [taskgraph]
    try:
        packages.append(importlib.import_module("mozilla_taskgraph"))
    except ImportError:
        pass
    for package in packages:
        for found in sorted(
                pkgutil.walk_packages(package.__path__, package.__name__ + "."), key=lambda one: one.name
            ):
            try:
                module = importlib.import_module(found.name)
            except Exception:
                continue
            for name, value in sorted(vars(module).items(), key=lambda one: one[0]):
                if isinstance(value, voluptuous.Schema):
                    yield "%s.%s" % (found.name, name), value


def compare(random, rounds):
    values, maker = Values(random), Maker(random)
    count = compare_named(maker) + compare_shared(maker)
    for name, schema in own_schemas():
        count += compare_one(values, schema, name, 20 + rounds // 10)
    for _ in range(rounds * 5):
        try:
            schema = maker.schema(maker.part(4), random.choice([maker.kind, maker.kind, voluptuous.Schema]))
        except (voluptuous.SchemaError, TypeError):
            continue
        count += compare_one(values, schema, repr(schema.schema), 12)
        if len(maker.shared) > 30:
            maker.shared.clear()
    return count
