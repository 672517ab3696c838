"""Finds what a project's own entry brings in place of taskgraph's.

A project may have a program of its own in place of taskgraph's command: a package whose modules `actions`
and `decision` have the functions that taskgraph's modules of these names have. It is the package that
config.yml or the environment names. Otherwise, it is the one whose function `taskgraph.register` names, or
another one of the repository that this one has imported.
"""

import importlib
import os
import sys
from importlib.util import find_spec

from snowman_worker import project
from snowman_worker.registered import is_foreign, package_folders

# The folders of packages that are installed, even inside of the repository.
INSTALLED = {"site-packages", "dist-packages"}


class Refused(Exception):
    """The entry lacks what is needed in place of taskgraph's."""


def _packages():
    """Yields the package of the entry, and those around it."""
    name = project.entry or ""
    while name:
        yield name
        name = name.rpartition(".")[0]


def _import(name):
    """Imports a module. Returns None if it does not exist."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            return None
        raise


def find(module, function):
    """Returns a function of one of the entry's modules, or None if taskgraph's own is used."""
    folders = tuple(package_folders())
    for package in _packages():
        if _import(package) is None:
            continue
        found = getattr(_import("%s.%s" % (package, module)), function, None)
        if _belongs(found, folders):
            return found
    return None if project.entry_is_named else _find_imported(module, function, folders)


def _belongs(found, folders):
    """Returns whether something is the project's, and not what config.yml names for another purpose."""
    if found is None or not is_foreign(found, folders):
        return False
    section = project.graph_config.get("taskgraph") or {}
    name = "%s:%s" % (getattr(found, "__module__", None), getattr(found, "__qualname__", None))
    return name != section.get("decision-parameters")


def _find_imported(module, function, folders):
    """Finds a function in the packages that the project has imported: its own package may extend another one,
    which has the program."""
    found = {}
    for package in sorted(repository_packages()):
        if find_spec("%s.%s" % (package, module)) is None:
            continue
        one = getattr(_import("%s.%s" % (package, module)), function, None)
        defined_in = getattr(one, "__module__", None) or ""
        if _belongs(one, folders) and defined_in.partition(".")[0] == package:
            found[package] = one
    if len(found) > 1:
        raise Refused(
            "the packages %s have a function `%s` in their modules `%s`; name the one to use with "
            "`snowman.entry` in config.yml" % (" and ".join(found), function, module)
        )
    return next(iter(found.values()), None)


def repository_packages():
    """Returns the names of the imported packages that are files of the repository."""
    names = set()
    for name, module in list(sys.modules.items()):
        if "." in name or module is None:
            continue
        # Other attributes would execute modules that are not executed until they are used.
        spec = object.__getattribute__(module, "__dict__").get("__spec__")
        if not getattr(spec, "submodule_search_locations", None) or not spec.origin:
            continue
        file = os.path.realpath(spec.origin)
        if file.startswith(project.top + os.sep) and not INSTALLED.intersection(file.split(os.sep)):
            names.add(name)
    return names


def action_registry():
    """Returns the entry's own registry of actions, or None if taskgraph's is used."""
    render = find("actions", "render_actions_json")
    return OwnRegistry(render) if render else None


class OwnRegistry:
    """A registry of actions that an entry uses in place of taskgraph's."""

    def __init__(self, render):
        self.render = render
        self.module = sys.modules[render.__module__]
        for name in ("_get_actions", "_get_callbacks"):
            if not callable(getattr(self.module, name, None)):
                raise Refused(
                    "the module %s renders actions.json, but has no function `%s`, as "
                    "taskgraph.actions.registry has" % (self.module.__name__, name)
                )

    def actions(self):
        return self.module._get_actions(project.graph_config)

    def callbacks(self):
        return self.module._get_callbacks(project.graph_config)
