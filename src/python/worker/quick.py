"""Replaces functions of taskgraph with equal and faster ones.

A replacement does what the original does for plain and valid input: same result, same order, same
effects. For everything else it runs the original on the same input, so all messages are the original's.
A function is only replaced if its source is one of those that the replacement was written for, and if it
has not been replaced already. `SNOWMAN_PYTHON_QUICK=0` leaves all of them as they are.
"""

import functools
import importlib
import os
import re
import zlib

from snowman_worker import private_values

VARIABLE = "SNOWMAN_PYTHON_QUICK"

# The modules with replacements for functions of a module of taskgraph. They are imported with it.
MODULES = {
    "jsone.render": ("quick_jsone",),
    "taskgraph.graph": ("quick_graph",),
    "taskgraph.util.attributes": ("quick_keyed_by",),
    "taskgraph.util.copy": ("quick_copy",),
    "taskgraph.util.dependencies": ("quick_dependencies",),
    "taskgraph.util.schema": ("quick_schema", "quick_keyed_by"),
}

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


def replace_any(names, name, make):
    """Replaces a function in the namespace of a module with what `make` returns for it."""
    original = names[name]
    names[name] = functools.wraps(original)(make(original))


def replace(names, name, known, make):
    """Does the same if the digest of the function is `known`."""
    original = names.get(name)
    code = getattr(original, "__code__", None)
    if code is None or names.get("__name__") != getattr(original, "__module__", None):
        return
    if digest(original) in known:
        replace_any(names, name, make)


def replace_method(kind, name, known, make):
    """Does the same for a method of a class."""
    original = vars(kind).get(name)
    if getattr(original, "__code__", None) is not None and digest(original) in known:
        setattr(kind, name, functools.wraps(original)(make(original)))


def speed_up(module):
    """Replaces the functions of a module that has just been imported."""
    found = MODULES.get(module.__name__)
    if found and os.environ.get(VARIABLE) != "0":
        for name in found:
            maker = importlib.import_module("snowman_worker." + name)
            try:
                maker.speed_up(private_values.names(module))
            except (AttributeError, KeyError):
                # A module that does not have what is expected keeps what it has.
                pass
