"""Parses each expression of JSON-e once.

Evaluating an expression does not change its tree. Expressions that cannot be parsed go to the original.
"""

import sys

from snowman_worker import quick

# The releases whose expressions are known: the sums of `render.py`, `parser.py` and `interpreter.py`.
RELEASES = {
    (0xE2C58CE6, 0x9B694C1C, 0xAEC49D07): "4.4.3",
    (0x29D6C3CC, 0x4AA84A7D, 0xAEC49D07): "4.5.3",
    (0xE24C2682, 0x289DCAF1, 0x9D802B24): "4.6.0",
    (0x49D2DB29, 0xA278CBC9, 0x0976213C): "4.7.0 and 4.7.1",
    (0x2CD8B6DD, 0xA278CBC9, 0x0976213C): "4.8.0 to 4.8.4",
}

# How many expressions are kept.
MOST = 10000


def _until_terminator(original, names):
    kept = {}

    def parse_until_terminator(source, context, terminator):
        known = kept.get((source, terminator))
        if known is None:
            try:
                parser = names["Parser"](source, names["tokenizer"])
                tree = parser.parse()
                last = parser.current_token
                end = last.start if last.kind == terminator else None
            except Exception:
                end = None
            if end is None:
                return original(source, context, terminator)
            if len(kept) >= MOST:
                kept.clear()
            known = kept[source, terminator] = (tree, end)
        tree, end = known
        return names["Interpreter"](context).interpret(tree), end

    return parse_until_terminator


def _to_the_end(original, names):
    kept = {}

    def parse(source, context):
        tree = kept.get(source)
        if tree is None:
            try:
                parser = names["Parser"](source, names["tokenizer"])
                tree = parser.parse()
                ended = parser.current_token is None
            except Exception:
                ended = False
            if not ended:
                return original(source, context)
            if len(kept) >= MOST:
                kept.clear()
            kept[source] = tree
        return names["Interpreter"](context).interpret(tree)

    return parse


def make(original, names):
    parts = [names["__name__"], names["Parser"].__module__, names["Interpreter"].__module__]
    if quick.sums(sys.modules[part].__file__ for part in parts) not in RELEASES:
        return None
    made = {"parse": _to_the_end, "parse_until_terminator": _until_terminator}
    return made[original.__name__](original, names)
