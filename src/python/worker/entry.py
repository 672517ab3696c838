"""Finds what a project's own entry brings in place of taskgraph's.

A project may have a program of its own in place of taskgraph's command: a package whose modules `actions`
and `decision` have the functions that taskgraph's modules of these names have. It is the package that
config.yml or the environment names, or the one whose function `taskgraph.register` names.
"""

import importlib
import sys

from snowman_worker import project
from snowman_worker.registered import is_foreign, package_folders


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
        if found is not None and is_foreign(found, folders):
            return found
    return None


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
