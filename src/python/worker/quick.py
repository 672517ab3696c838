"""Replaces functions of taskgraph with equal and faster ones.

A replacement does what the original does for plain and valid input: same result, same order, same
effects. For everything else it runs the original on the same input, so all messages are the original's.
A function is only replaced if its source is one of those that the replacement was written for.
`SNOWMAN_PYTHON_QUICK=0` leaves all functions as they are.
"""

import functools
import importlib
import os
import re
import types
import zlib

from snowman_worker import private_values

VARIABLE = "SNOWMAN_PYTHON_QUICK"

# The functions with replacements: the worker's module that makes the replacement, and how many calls the
# original answers before. A small graph does not pay for replacements.
FUNCTIONS = {
    "jsone.render": {
        "parse": ("quick_jsone", 30),
        "parse_until_terminator": ("quick_jsone", 30),
    },
    "manifestparser.filters": {"_match": ("quick_conditions", 0)},
    "taskgraph.graph": {"Graph._visit": ("quick_graph", 1)},
    "taskgraph.util.attributes": {"keymatch": ("quick_keyed_by", 100)},
    "taskgraph.util.copy": {"deepcopy": ("quick_copy", 0)},
    "taskgraph.util.dependencies": {"get_dependencies": ("quick_dependencies", 30)},
    "taskgraph.util.schema": {
        "resolve_keyed_by": ("quick_keyed_by", 100),
        "validate_schema": ("quick_schema", 30),
    },
}

# The modules whose originals do not know the worker's own objects.
NEEDED = ("taskgraph.util.copy",)

_DOCUMENTATION = re.compile(r'^\s*"""(?:.|\n)*?"""', re.MULTILINE)


def _body(lines, first):
    """Returns the lines of a function that follow its signature, without their common indentation."""
    indent = len(lines[first]) - len(lines[first].lstrip())
    start = first
    while start < len(lines) and not lines[start].rstrip().endswith(":"):
        start += 1
    end = start + 1
    while end < len(lines) and not lines[end][: indent + 1].strip():
        end += 1
    return [line[indent:] for line in lines[start + 1 : end]]


def digest(function):
    """Returns a short digest of a function: its parameters, defaults and code, but neither its annotations
    nor its documentation and comments. It is empty if there is no source."""
    code = function.__code__
    try:
        with open(code.co_filename, encoding="utf-8") as file:
            lines = file.read().split("\n")
    except (OSError, ValueError):
        return ""
    first = code.co_firstlineno - 1
    while first < len(lines) and not lines[first].lstrip().startswith("def "):
        first += 1
    text = _DOCUMENTATION.sub("", "\n".join(_body(lines, first)), count=1)
    kept = [line.rstrip() for line in text.split("\n")]
    kept = [line for line in kept if line and not line.lstrip().startswith("#")]
    count = code.co_argcount + code.co_kwonlyargcount
    signature = repr((code.co_varnames[:count], function.__defaults__, code.co_flags & 0x0C))
    text = "\n".join([signature] + kept)
    return "%08x-%d" % (zlib.crc32(text.encode("utf-8")), len(text))


def is_off():
    """Returns whether the originals are kept."""
    return os.environ.get(VARIABLE) == "0"


def sums(files):
    """Returns the sums of files, or nothing if one cannot be read."""
    found = []
    try:
        for name in files:
            with open(name, "rb") as file:
                found.append(zlib.crc32(file.read()))
    except (OSError, TypeError):
        return ()
    return tuple(found)


def _replacement(maker, original, names):
    """Returns the replacement of a function, or the original if its source is not known."""
    made = None
    try:
        made = importlib.import_module("snowman_worker." + maker).make(original, names)
    except (AttributeError, KeyError):
        # Something else in the module is not what is expected.
        pass
    return functools.wraps(original)(made) if made is not None else original


def replaced(original, names, maker, calls):
    """Returns a function that calls the original so many times, and then its replacement."""
    current = original

    @functools.wraps(original)
    def function(*arguments, **named):
        nonlocal current, calls
        if calls >= 0:
            if calls == 0:
                current = _replacement(maker, original, names)
            calls -= 1
        return current(*arguments, **named)

    return function


def speed_up(module):
    """Replaces the functions of a module that has just been imported."""
    functions = FUNCTIONS.get(module.__name__)
    if not functions or is_off() and module.__name__ not in NEEDED:
        return
    names = private_values.names(module)
    for name, (maker, calls) in functions.items():
        kind, _, short = name.rpartition(".")
        holder = names.get(kind) if kind else None
        original = vars(holder).get(short) if kind and holder is not None else names.get(short)
        if not isinstance(original, types.FunctionType) or original.__module__ != module.__name__:
            continue
        # A wrapper around the replacement would cost more than it saves.
        function = replaced(original, names, maker, calls) if calls else _replacement(maker, original, names)
        if kind:
            setattr(holder, short, function)
        else:
            names[short] = function
