# The values of which a table of what is written is made.

import random

import scalar_list

WORD = "word "
LONG = [
    "x" * 79, "x" * 80, "x" * 81, "x" * 200, WORD * 15, WORD * 15 + "w", WORD * 16 + "w", WORD * 17 + "w",
    WORD * 40 + "w", (WORD * 40).strip(), "a: " + WORD * 20 + "w", "#" + WORD * 20 + "w",
    "it's " + WORD * 20 + "w", 'say "' + WORD * 20 + '" w', "tab\t" + WORD * 20 + "w",
    "nul\0" + WORD * 20 + "w", WORD * 20 + "\n" + WORD * 20 + "w", (WORD * 20 + "\n") * 3,
    "two  " * 20 + "w", "x" * 78 + " y z", "x" * 79 + " y z", "x" * 80 + " y z", "x" * 81 + " y z",
    "x" * 77 + "  y z", "x" * 80 + "  y z", "x" * 90 + " " + "y" * 90 + " " + "z" * 90,
    "'" + "x" * 78 + " y z", "'" + "x" * 79 + " y z", "'" + "x" * 80 + " y z", "\t" + "x" * 75 + " y z",
    "\t" + "x" * 76 + " y z", "\t" + "x" * 77 + " y z", "\t" + "x" * 78 + " y z", "\t" + "x" * 79 + " y z",
    "\t" + "x" * 75 + "  y", "\t" + "x" * 77 + "   y", "\t" * 50, "\t" * 39 + "a", "\x07" * 30, "\u00fc " * 60 + "x",
    "\u263a " * 60 + "x", "\U0001f600 " * 60 + "x", "\U0001f600" * 90, "\t\U0001f600" * 40, "\t\u00fc" * 60,
    "\\" * 90, "\t" + "\\ " * 50 + "x", "\t" + '" ' * 50 + "x", " " * 90, " " * 90 + "x", "x" + " " * 90,
    "x" + " " * 90 + "y", "a" * 122, "a" * 123, "a" * 124, "a b " * 31, "'" * 90, "' " * 50 + "x",
    "\u2028" + WORD * 20 + "w", "\u00a0" * 90, "\u00a0 " * 50 + "x", "\x85 " + WORD * 20 + "w",
]

LINES = [
    "\n", "\n\n", "\n\n\n", "a\n", "a\n\n", "a\n\n\n", "\na", "\n\na", "a\nb", "a\nb\n", "a\n\nb", "a\n\n\nb\n",
    " a\nb", "a \nb", "a\n b", "a\nb ", "a \n b", "  a\n  b\n", "a\n\n b", "a\n \nb", "a\tb\nc", "a\r\nb",
    "a\rb", "\r", "a\r", "- a\n- b\n", "a: b\nc: d\n", "# a\nb", "a\n# b\n", "a\n---\nb", "---\na", "...\na",
    "a\n'b'\nc", 'a\n"b"\nc', "a\\\nb", "#!/bin/sh\nset -e\necho hi\n", "a\x85b", "a\u2028b", "a\u2029b",
    "a\x85", "\u2028", "a\u2028\nb", "a\n\u2029b", "a\u2028 b", "a \u2029b", "a\x85\x85b\n\n\nc",
]

ODD = [
    "\ufeff", "\ufeffa", "a\ufeff", "\u200b", "a\u200bb", "\u00a0", "\u00ad", "\ue000", "\uffff", "\ufffd",
    "\ufffe", "\U00010000", "\U0001f600", "\U0001f468\u200d\U0001f469", "\U000e0001", "\U0010fffd", "\U0010ffff", "\x00",
    "\x01", "\x1b[0m", "\x7f", "\x80", "\x9f", "\x85", "\t", "a\tb", "\u0300", "e\u0301", "\u202e", "\u2028",
    "\u3000", "\u4e2d\u6587 \u6587\u5b57", "\u05d0\u05d1", "\U0001f1e9\U0001f1ea", "caf\u00e9: ol\u00e9", "\u00e9 #\u00e9", "\u00e9\u00a0#", "a\u2028#b",
    "a:\u2028", "a:\x85b", "a:\u00a0b", "a:\tb", "?\u00a0", "-\u2028a", "a\u3000#b", "\u263a:", "a: \u263a",
]

STRUCTURES = [
    None, True, False, 0, 1, -1, 9223372036854775807, -9223372036854775808, 18446744073709551615,
    0.0, -0.0, 0.1, 1.0, -1.5, 1e15, 1e16, 1e17, 1.5e17, 1e-4, 1e-5, 1.5e-7, 1e300, 5e-324, 1.7976931348623157e308,
    123456789.123456789, 1e22, 1e21, 100.0, 0.30000000000000004, "", [], {}, [[]], [{}], [[], []],
    [[[]]], {"a": []}, {"a": {}}, {"a": [[]]}, {"a": [{}]}, {"a": None}, [None], [[None]], [["a"]], [["a", "b"], ["c"]],
    [[["a"]], [[["b"]]]], [{"a": 1}], [{"a": 1, "b": 2}, {"c": 3}], [{"a": [1, 2]}], [{"a": {"b": 1}}],
    {"a": [1, 2], "b": [[3]], "c": [{"d": 4}]}, {"a": {"b": {"c": {"d": []}}}}, {"a": [{"b": [{"c": [1]}]}]},
    {"b": 1, "a": 2, "C": 3, "_": 4, "1": 5, "10": 6, "2": 7, "\u00fc": 8, "\U0001f600": 9, "\uffff": 10, "a b": 11, "": 12},
    {"": 1}, {"": {}}, {" ": 1}, {"\n": 1}, {"a\nb": 1}, {"a\nb": [1]}, {"a\nb": {"c": 1}}, {"a\nb": []},
    {"x" * 121: 1}, {"x" * 122: 1}, {"x" * 123: 1}, {"x" * 124: 1}, {"x" * 127: 1}, {"x" * 128: [1]}, {"x" * 200: {"a": 1}},
    {"x" * 200: []}, {"x" * 200: "a"}, [{"x" * 200: [1]}], {"a " * 70: "b"}, {"a " * 62 + "b": "c"}, {"\t" * 70: 1}, {"\u263a" * 122: 1},
    {"\u263a" * 123: 1}, {"'" * 122: 1}, {"'" * 123: 1}, {"yes": "no", "1": "1", "~": "~", "null": None},
    {"a": "yes", "b": True, "c": "1", "d": 1, "e": "1.5", "f": 1.5, "g": "null", "h": None},
    {"<<": 1, "=": 2, "!": 3, "&": 4, "*": 5, "?": 6, "-": 7, ":": 8, "#": 9}, {"on": ["push"], "off": {"n": "y"}},
    {"a\u2028b": 1}, {"a\x85b": 1}, {"a\tb": 1}, {"a\x00b": {"c": []}}, {"a": "x" * 100, "x" * 100: "a"},
    [1, "1", 1.0, "1.0", None, "null", True, "true", [], {}, "", " "],
]


def nested(value, depth):
    for level in range(depth):
        value = {"k": value} if level % 2 else [value]
    return value


LETTERS = (
    list("aaabc   \n\t'\"\\:#-?,[]{}&*!|>%@`~=<.0123") + ["\u00fc", "\u263a", "\U0001f600", "\u2028", "\x85", "\u00a0", "\ufeff", "\r", "\x07"]
    + ["word "] * 12 + [": ", " #", "\n\n", "\n ", " \n", "longer words ", "'s "]
)


def text(chance, most):
    return "".join(chance.choice(LETTERS) for _ in range(chance.randint(0, most)))


def anything(chance, depth):
    kind = chance.randint(0, 9 if depth else 5)
    if kind < 4:
        return text(chance, chance.choice([3, 8, 30, 60]))
    if kind < 6:
        return chance.choice([None, True, False, 0, -17, 10**12, 1.5, 1e20, -2.5e-9, "", [], {}])
    if kind < 8:
        return [anything(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    return {text(chance, chance.choice([3, 6, 20, 40])): anything(chance, depth - 1) for _ in range(chance.randint(0, 4))}


def values():
    texts = scalar_list.SCALARS + LONG + LINES + ODD
    # As the item of a list, as a key, as a value below one, and deep down.
    for one in dict.fromkeys(texts):
        yield [one, {one: one}, [[one]]]
    for one in LONG + LINES + ODD + ["a", "", "yes"]:
        yield one
        yield {"key": {one: [one]}}
    for one in LONG[:30]:
        yield nested(one, 7)
        yield {"x" * 60: one}
    yield from STRUCTURES
    for one in STRUCTURES:
        yield {"a": one, "b": [one]}
    chance = random.Random(20240602)
    for _ in range(600):
        yield anything(chance, 4)
