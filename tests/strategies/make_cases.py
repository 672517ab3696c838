"""Writes cases.json: the results of taskcluster-taskgraph's composite strategies.

    python make_cases.py

It needs taskcluster-taskgraph 24.5.1. A case is a composition of the leaves below and an argument,
with the peer's results for a task: whether it is removed, what replaces it, and the description of
the composition. The unit tests of the module `optimize` compare.
"""

import itertools
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from taskgraph.optimize import base  # noqa: E402


class Leaf(base.OptimizationStrategy):
    def __init__(self, description, remove, replace):
        self.description = description
        self.remove = remove
        self.replace = replace

    def should_remove_task(self, task, params, arg):
        return arg == "remove" if self.remove is None else self.remove

    def should_replace_task(self, task, params, deadline, arg):
        return arg if self.replace is None else self.replace


LEAVES = {
    "keep": Leaf("keep", False, False),
    "remove": Leaf("remove", True, False),
    "drop": Leaf("drop", False, True),
    "one": Leaf("one", False, "one"),
    "two": Leaf("two", True, "two"),
    # Returns its argument.
    "argument": Leaf("argument", None, None),
}

CLASSES = {"any": base.Any, "all": base.All, "not": base.Not, "alias": base.Alias}


def compose(rule):
    if isinstance(rule, str):
        return LEAVES[rule]
    [(name, inner)] = rule.items()
    inner = inner if isinstance(inner, list) else [inner]
    return CLASSES[name](*[compose(one) for one in inner])


def rules():
    yield from LEAVES
    for name in ["not", "alias"]:
        for leaf in LEAVES:
            yield {name: leaf}
    for name in ["any", "all"]:
        yield {name: []}
        for leaf in LEAVES:
            yield {name: [leaf]}
        for pair in itertools.product(LEAVES, repeat=2):
            yield {name: list(pair)}
        for pair in [["one", "two"], ["keep", "drop"], ["remove", "argument"]]:
            for wrap in ["not", "alias"]:
                yield {wrap: {name: pair}}
                yield {name: [{wrap: one} for one in pair]}
            for other in ["any", "all"]:
                yield {name: [{other: pair}, "two"]}
                yield {name: ["keep", {other: pair}]}
    yield {"not": {"not": "one"}}
    yield {"alias": {"alias": "one"}}
    yield {"not": {"alias": {"any": ["keep", {"not": "argument"}]}}}


def main():
    cases = []
    for rule in rules():
        for argument in [False, "remove"]:
            if argument and "argument" not in json.dumps(rule):
                continue
            strategy = compose(rule)
            replace = strategy.should_replace_task(None, {}, None, argument)
            cases.append(
                {
                    "rule": rule,
                    "argument": argument,
                    "description": strategy.description,
                    "remove": bool(strategy.should_remove_task(None, {}, argument)),
                    "replace": replace,
                }
            )
    lines = ",\n".join(json.dumps(case) for case in cases)
    Path(__file__).with_name("cases.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
