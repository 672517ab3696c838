"""Lists the extensions that a project registers in taskgraph's tables, and its patches of taskgraph."""

import functools
import inspect
import os
import sys
import types

from snowman_worker import originals, private_values

PACKAGES = ("taskgraph", "mozilla_taskgraph")

# The tables that the phases after the kinds look up. The order of morphs and verifications matters.
LATER = ("actions", "filters", "strategies", "target_methods")


@functools.lru_cache(maxsize=None)
def _real(file):
    """Resolves links, once for each file."""
    return os.path.realpath(file)


def _file_of(thing):
    thing = getattr(thing, "func", thing)
    code = getattr(thing, "__code__", None)
    if isinstance(code, types.CodeType):
        # Code that is generated at run time, such as that of dataclasses, has no file.
        return "" if code.co_filename.startswith("<") else code.co_filename
    kind = thing if inspect.isclass(thing) else type(thing)
    module = sys.modules.get(getattr(kind, "__module__", None) or "")
    return getattr(module, "__file__", None) or ""


def package_folders():
    for name in PACKAGES:
        module = sys.modules.get(name)
        if module is not None and getattr(module, "__file__", None):
            yield os.path.dirname(os.path.realpath(module.__file__)) + os.sep


def is_foreign(thing, folders):
    file = _file_of(thing)
    return bool(file) and not _real(file).startswith(folders)


def table(module, name):
    return getattr(sys.modules.get("taskgraph." + module), name, None) or {}


def name_of(function):
    return getattr(function, "__name__", None) or type(function).__name__


def list_registered(top, patched):
    """Lists the entries of taskgraph's tables, each with whether it is the project's own. Patches are only
    searched for if `patched` is set: that takes a while, and is only needed to run kinds."""
    folders = tuple(package_folders())

    def entries(table, function=lambda entry: entry):
        return [[name, is_foreign(function(entry), folders)] for name, entry in table.items()]

    run = table("transforms.run", "registry") or table("transforms.job", "registry")
    return {
        "run_using": [
            [using, worker, is_foreign(entry[0], folders)]
            for using, workers in run.items()
            for worker, entry in workers.items()
        ],
        "payloads": entries(table("transforms.task", "payload_builders"), lambda one: one.builder),
        "index_types": entries(table("transforms.task", "index_builders")),
        "fetch_types": entries(
            table("transforms.fetch", "fetch_builders"), lambda one: getattr(one, "builder", one)
        ),
        "contexts": entries(table("util.task_context", "CUSTOM_CONTEXT_MAP")),
        "group_by": entries(table("util.dependencies", "GROUP_BY_MAP")),
        "set_name": entries(table("util.set_name", "SET_NAME_MAP")),
        "target_methods": entries(table("target_tasks", "_target_task_methods")),
        "filters": entries(table("filter_tasks", "filter_task_functions")),
        "strategies": entries(table("optimize.base", "registry")),
        "morphs": _morphs(folders),
        "verifications": _verifications(folders),
        "actions": _actions(folders),
        "patched": _patched(top, folders) if patched else [],
        "phase_finished": _has_phase_finished(folders),
    }


def registered_later():
    """Returns the project's own entries of the tables that the phases after the kinds look up."""
    listed = list_registered(None, False)
    found = {name: [one for one in listed[name] if one[-1]] for name in LATER}
    for name in ("morphs", "verifications"):
        # Whether taskgraph's own have been imported does not matter.
        found[name] = listed[name] if any(one[-1] for one in listed[name] or ()) else None
    return found, listed["phase_finished"]


def function_of(verification):
    """Returns the function of a verification. In old versions of taskgraph, that is all there is."""
    return getattr(verification, "func", verification)


def verifications_in_use():
    """Returns the verifications of each phase: those that the generator uses. None if no module with
    them has been imported, so that they are taskgraph's own."""
    for name in ("taskgraph.generator", "taskgraph.util.verify"):
        module = sys.modules.get(name)
        found = getattr(module, "verifications", None) if module else None
        if found is not None:
            return getattr(found, "_verifications", {})
    return None


def _verifications(folders):
    """Lists the verifications of each phase, each with whether it is the project's own."""
    table = verifications_in_use()
    if table is None:
        return None
    return [
        [phase, name_of(function), is_foreign(function, folders)]
        for phase, listed in table.items()
        for function in map(function_of, listed)
    ]


def _morphs(folders):
    """Lists the morphs in order, each with whether it is the project's own. None if the module with them
    has not been imported, so that they are taskgraph's own."""
    module = sys.modules.get("taskgraph.morph")
    if module is None:
        return None
    return [[name_of(one), is_foreign(one, folders)] for one in module.registered_morphs]


def _actions(folders):
    callbacks = table("actions.registry", "callbacks")
    return [[name, is_foreign(function, folders)] for name, function in callbacks.items()]


def _has_phase_finished(folders):
    function = getattr(sys.modules.get("taskgraph.generator"), "phase_finished", None)
    return function is not None and is_foreign(function, folders)


def _is_in_project(thing, top):
    file = _file_of(thing)
    file = _real(file) if file else ""
    return file.startswith(top + os.sep) and "site-packages" not in file


SUPPORTED_PATCHES = {"taskgraph.generator.phase_finished"}


def _patched(top, folders):
    """Lists the names in taskgraph's modules to which the project has assigned functions, classes,
    transforms or values of its own."""
    found = list(originals.changed(lambda value: is_foreign(value, folders)))
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in PACKAGES or module is None:
            continue
        for key, value in list(private_values.names(module).items()):
            if not callable(value) or key.startswith("__"):
                continue
            # Reading a module that has not been executed would execute it.
            if inspect.ismodule(value) or isinstance(value, private_values.PrivateValue):
                continue
            if _is_in_project(value, top):
                found.append("%s.%s" % (name, key))
            elif inspect.isclass(value) and getattr(value, "__module__", "") == name:
                for attribute, member in list(vars(value).items()):
                    member = getattr(member, "fget", None) or getattr(member, "__func__", member)
                    if callable(member) and _is_in_project(member, top):
                        found.append("%s.%s.%s" % (name, key, attribute))
    return sorted(set(found) - SUPPORTED_PATCHES)
