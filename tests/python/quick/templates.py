"""Compares how JSON-e templates are rendered."""

import copy
import sys

from compare import outcome, same

PARTS = ("a", "b.c", "1 + 2", "a + 'x'", "b['c']", "[1, a]", "{x: 1}", "b", "f(a)", "missing", "1 +", "(")
ENDS = ("}", "}", "}", "} and ${a}", "}$${a}", "", "} ]", " a}")
CONDITIONS = ("a == 'x'", "b.c in [1]", "missing", "f(1)", "1 1", "")


def random_text(random):
    if random.random() < 0.3:
        return random.choice(["", "x", "$", "$$", "${", "$a"])
    return random.choice(["", "x "]) + "${" + random.choice(PARTS) + random.choice(ENDS)


def random_template(random, depth):
    kind = random.random()
    if depth and kind < 0.25:
        return [random_template(random, depth - 1) for _ in range(random.choice([1, 2]))]
    if depth and kind < 0.5:
        return {random_text(random): random_template(random, depth - 1) for _ in range(random.choice([1, 2]))}
    if depth and kind < 0.6:
        return {
            "$if": random.choice(CONDITIONS),
            "then": random_template(random, depth - 1),
            "else": random_template(random, depth - 1),
        }
    if kind < 0.7:
        return {"$eval": random.choice(PARTS)}
    return random_text(random)


def compare(random, rounds):
    import jsone

    render = sys.modules["jsone.render"]
    for _ in range(rounds * 10):
        template = random_template(random, 3)
        context = {"a": random.choice(["x", 1, None]), "b": {"c": random.choice([1, "y", [2]])}}
        context["f"] = lambda value: [value]
        replaced = render.parse, render.parse_until_terminator
        render.parse, render.parse_until_terminator = (one.__wrapped__ for one in replaced)
        before = outcome(jsone.render, copy.deepcopy(template), context)
        render.parse, render.parse_until_terminator = replaced
        for _ in range(2):
            same("jsone", (template, context), before, outcome(jsone.render, template, context))
    return rounds * 10
