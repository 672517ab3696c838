"""What the project has added to taskgraph's tables, and what it has changed of taskgraph."""

import functools
import inspect
import os
import sys
import types

from snowman_worker import inside, kept

PACKAGES = ("taskgraph", "mozilla_taskgraph")


@functools.lru_cache(maxsize=None)
def _real(file):
    """The file itself; there are few, and many things in each."""
    return os.path.realpath(file)


def _file_of(thing):
    thing = getattr(thing, "func", thing)
    code = getattr(thing, "__code__", None)
    if isinstance(code, types.CodeType):
        # What is made of text while a program runs, as dataclasses are, has no file.
        return "" if code.co_filename.startswith("<") else code.co_filename
    kind = thing if inspect.isclass(thing) else type(thing)
    module = sys.modules.get(getattr(kind, "__module__", None) or "")
    return getattr(module, "__file__", None) or ""


def _folders():
    for name in PACKAGES:
        module = sys.modules.get(name)
        if module is not None and getattr(module, "__file__", None):
            yield os.path.dirname(os.path.realpath(module.__file__)) + os.sep


def _foreign(thing, folders):
    file = _file_of(thing)
    return bool(file) and not _real(file).startswith(folders)


def _table(module, name):
    return getattr(sys.modules.get("taskgraph." + module), name, None) or {}


def _name_of(function):
    return getattr(function, "__name__", None) or type(function).__name__


def registered(top, patched):
    """Each entry of taskgraph's tables: its name, and whether the project has made it. What is patched
    is looked for where it is asked for: it takes a while, and only says how kinds have to run."""
    folders = tuple(_folders())

    def entries(table, function=lambda entry: entry):
        return [[name, _foreign(function(entry), folders)] for name, entry in table.items()]

    run = _table("transforms.run", "registry") or _table("transforms.job", "registry")
    checks = []
    verifications = getattr(sys.modules.get("taskgraph.util.verify"), "verifications", None)
    for phase, listed in (getattr(verifications, "_verifications", None) or {}).items():
        if any(_foreign(getattr(one, "func", one), folders) for one in listed):
            checks.append(phase)
    morphs = _table("morph", "registered_morphs")
    return {
        "run_using": [
            [using, worker, _foreign(entry[0], folders)]
            for using, workers in run.items()
            for worker, entry in workers.items()
        ],
        "payloads": entries(_table("transforms.task", "payload_builders"), lambda one: one.builder),
        "index_types": entries(_table("transforms.task", "index_builders")),
        "fetch_types": entries(
            _table("transforms.fetch", "fetch_builders"), lambda one: getattr(one, "builder", one)
        ),
        "contexts": entries(_table("util.task_context", "CUSTOM_CONTEXT_MAP")),
        "group_by": entries(_table("util.dependencies", "GROUP_BY_MAP")),
        "set_name": entries(_table("util.set_name", "SET_NAME_MAP")),
        "target_methods": entries(_table("target_tasks", "_target_task_methods")),
        "filters": entries(_table("filter_tasks", "filter_task_functions")),
        "strategies": entries(_table("optimize.base", "registry")),
        "morphs": [_name_of(one) for one in morphs if _foreign(one, folders)],
        "verified": checks,
        "actions": _actions(folders),
        "patched": _patched(top, folders) if patched else [],
        "hears_phases": _hears_phases(folders),
    }


def _actions(folders):
    callbacks = _table("actions.registry", "callbacks")
    return [[name, _foreign(function, folders)] for name, function in callbacks.items()]


def _hears_phases(folders):
    function = getattr(sys.modules.get("taskgraph.generator"), "phase_finished", None)
    return function is not None and _foreign(function, folders)


def _of_project(thing, top):
    file = _file_of(thing)
    file = _real(file) if file else ""
    return file.startswith(top + os.sep) and "site-packages" not in file


HARMLESS = {"taskgraph.generator.phase_finished"}


def _patched(top, folders):
    """Names in taskgraph's modules that the project has put functions, classes, transforms or values
    of its own in."""
    found = list(kept.changed(lambda value: _foreign(value, folders)))
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in PACKAGES or module is None:
            continue
        for key, value in list(inside.names(module).items()):
            if not callable(value) or key.startswith("__"):
                continue
            # Looking at what has not been executed yet would execute it.
            if inspect.ismodule(value) or isinstance(value, inside.Inside):
                continue
            if _of_project(value, top):
                found.append("%s.%s" % (name, key))
            elif inspect.isclass(value) and getattr(value, "__module__", "") == name:
                for attribute, member in list(vars(value).items()):
                    member = getattr(member, "fget", None) or getattr(member, "__func__", member)
                    if callable(member) and _of_project(member, top):
                        found.append("%s.%s.%s" % (name, key, attribute))
    return sorted(set(found) - HARMLESS)
