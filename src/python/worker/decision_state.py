"""Tells which objects that the entry's decision uses have changed in this process.

A decision may write what kinds have left in objects: caches, counters. Kinds run in several processes, so
snowman asks each of them, and makes the decision where the changes are.
"""

import collections
import functools
import hashlib
import itertools
import logging
import sys
import types

from snowman_worker import entry

# How many objects are visited below one.
LIMIT = 20_000

# What holds no state of its own.
STATELESS = (
    types.ModuleType,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    logging.Logger,
)
SCALARS = (str, bytes, int, float, complex, bool, type(None), type(Ellipsis))

_before = {}

# Whether a decision will be made that may depend on what kinds leave in this process.
is_watched = False


def watch_decision(head):
    """Remembers the objects before kinds are generated."""
    global _before, is_watched
    _before = _digests()
    is_watched = _decide() is not None
    return {}


def changed_objects(head):
    """Returns a digest of each object that has changed since, by name; null if the entry has no decision."""
    if _decide() is None:
        return {"objects": None}
    now = _digests()
    return {"objects": {name: found for name, found in now.items() if _before.get(name) != found}}


def _decide():
    return entry.find("decision", "taskgraph_decision")


def _digests():
    decide = _decide()
    if decide is None:
        return {}
    module = vars(sys.modules[decide.__module__])
    return {
        name: digest(value)
        for name, value in list(module.items())
        if not name.startswith("__") and not isinstance(value, STATELESS)
    }


def digest(value):
    """Returns a digest of an object and of what it holds: the sizes of all containers, and the values, of at
    most LIMIT objects. It is the same in other processes with equal objects."""
    found = hashlib.blake2b(digest_size=16)
    numbers, waiting = {}, collections.deque([value])
    for _ in range(LIMIT):
        if not waiting:
            break
        item = waiting.popleft()
        if isinstance(item, SCALARS):
            text = repr(item)
        elif isinstance(item, STATELESS):
            text = getattr(item, "__qualname__", None) or getattr(item, "__name__", "")
        elif id(item) in numbers:
            text = "@%d" % numbers[id(item)]
        else:
            numbers[id(item)] = len(numbers)
            text = "%s %s" % (type(item).__qualname__, _size_and_parts(item, waiting))
        found.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return found.hexdigest()


def _size_and_parts(item, waiting):
    """Appends what an object holds, and returns its size. Methods of its own do not run."""
    size = ""
    kind = next((kind for kind in (list, tuple, collections.deque) if isinstance(item, kind)), None)
    if isinstance(item, dict):
        size = dict.__len__(item)
        waiting.extend(itertools.chain.from_iterable(itertools.islice(dict.items(item), LIMIT)))
    elif kind is not None:
        size = kind.__len__(item)
        waiting.extend(itertools.islice(kind.__iter__(item), LIMIT))
    elif isinstance(item, (set, frozenset)):
        # Only the order of plain members can be known.
        members = itertools.islice(item, LIMIT)
        size = (len(item), sorted(repr(one) for one in members if isinstance(one, SCALARS)))
    elif isinstance(item, functools._lru_cache_wrapper):
        size = item.cache_info().currsize
    attributes = getattr(item, "__dict__", None)
    if isinstance(attributes, dict):
        waiting.append(attributes)
    return size
