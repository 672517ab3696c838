"""Replaces functions of taskgraph with equal and faster ones.

A replacement does what the original does for plain and valid input: same result, same order, same
effects. For everything else it runs the original on the same input, so all messages are the original's.
A function is only replaced if its source is one of those that the replacement was written for, and if it
has not been replaced already. `SNOWMAN_PYTHON_QUICK=0` leaves all of them as they are.
"""

import functools
import os
import re
import zlib

from snowman_worker import private_values

VARIABLE = "SNOWMAN_PYTHON_QUICK"

# The modules with replacements for functions of a module of taskgraph. They are imported with it.
MODULES = {
    "taskgraph.util.dependencies": "quick_dependencies",
    "taskgraph.util.schema": "quick_schema",
}

_DOCUMENTATION = re.compile(r'^\s*"""(?:.|\n)*?"""', re.MULTILINE)


def _body(lines, first):
    """Returns the lines of a function at the top of a module that follow its signature."""
    start = first
    while start < len(lines) and not lines[start].rstrip().endswith(":"):
        start += 1
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0].isspace()):
        end += 1
    return lines[start + 1 : end]


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


def replace(module, name, known, make):
    """Replaces a function of a module with what `make` returns for it, if its digest is `known`."""
    names = private_values.names(module)
    original = names.get(name)
    code = getattr(original, "__code__", None)
    if code is None or names.get("__name__") != getattr(original, "__module__", None):
        return
    if digest(original) in known:
        names[name] = functools.wraps(original)(make(original))


def speed_up(module):
    """Replaces the functions of a module that has just been imported."""
    found = MODULES.get(module.__name__)
    if found and os.environ.get(VARIABLE) != "0":
        __import__("snowman_worker." + found, fromlist=["speed_up"]).speed_up(module)
