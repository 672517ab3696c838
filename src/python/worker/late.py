"""Modules that taskgraph imports and graphs seldom need, imported when somebody uses them.

Half of the time in which taskgraph is imported goes into a client of the web, one of Taskcluster and
a library for tests. Each gets a stand-in here. The first that asks it for anything but the few names
that taskgraph takes from it at its import has the real module imported, and from then on the
stand-in passes everything on.
"""

import importlib
import importlib.machinery
import os
import sys
import types

# The names that are promised, by module.
PROMISED = {
    "importlib.metadata": (),
    "requests": ("Response",),
    "requests.packages": (),
    "requests.packages.urllib3": (),
    "requests.packages.urllib3.util": (),
    "requests.packages.urllib3.util.retry": ("Retry",),
    "taskcluster": (),
    "unittest": (),
    "unittest.mock": ("Mock",),
    "urllib.request": ("urlopen",),
}


# Modules of those packages that need nothing of them, and are there without them.
ALONE = ("taskcluster.exceptions",)


class Promise:
    """A name of a module that is not imported yet."""

    def __init__(self, module, name):
        self.__dict__.update(_module=module, _name=name)

    def _real(self):
        return getattr(real(self._module), self._name)

    def __call__(self, *arguments, **named):
        return self._real()(*arguments, **named)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)

    def __mro_entries__(self, bases):
        return (self._real(),)

    def __instancecheck__(self, thing):
        return isinstance(thing, self._real())

    def __or__(self, other):
        return self._real() | other

    def __ror__(self, other):
        return other | self._real()


class StandIn(types.ModuleType):
    """A module that is not imported yet."""

    def __getattr__(self, name):
        # The machinery of imports asks for these of every module.
        if name in ("__file__", "__cached__", "__wrapped__"):
            raise AttributeError(name)
        if name == "version" and self.__name__ == "importlib.metadata":
            return version
        if name in PROMISED[self.__name__] and sys.modules.get(self.__name__) is self:
            return Promise(self.__name__, name)
        return getattr(real(self.__name__), name)

    def __setattr__(self, name, value):
        if name.startswith("__") or "%s.%s" % (self.__name__, name) in ALONE:
            super().__setattr__(name, value)
        else:
            setattr(real(self.__name__), name, value)

    def __dir__(self):
        return dir(real(self.__name__))


def version(name):
    """The version of an installed package, told from the name of the folder that says it."""
    start = name.lower().replace("-", "_") + "-"
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            if entry.lower().startswith(start) and entry.endswith(".dist-info"):
                return entry[len(start) : -len(".dist-info")]
    return real("importlib.metadata").version(name)


def _group(name):
    """The stand-ins that go when one of them does."""
    top = name.split(".")[0]
    if top in ("requests", "unittest"):
        return [other for other in PROMISED if other.split(".")[0] == top]
    return [name]


def real(name):
    """The module itself."""
    standing = [other for other in _group(name) if isinstance(sys.modules.get(other), StandIn)]
    for other in standing:
        stand_in = sys.modules.pop(other)
        parent, _, last = other.rpartition(".")
        parent = sys.modules.get(parent)
        if parent is not None and vars(parent).get(last) is stand_in:
            delattr(parent, last)
    module = importlib.import_module(name)
    for other in ALONE:
        parent, _, last = other.rpartition(".")
        if parent == name and other in sys.modules:
            # What is there already is not put into its package again.
            setattr(module, last, sys.modules[other])
    return module


class There:
    """Loads a module that is there already."""

    def __init__(self, module):
        self.module = module

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        pass


class Finder:
    """Puts the real package in place before one of its other modules is imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        parent = name.rpartition(".")[0]
        if parent and isinstance(sys.modules.get(parent), StandIn):
            if name in ALONE:
                package = importlib.machinery.PathFinder.find_spec(parent)
                return importlib.machinery.PathFinder.find_spec(
                    name, package.submodule_search_locations
                )
            real(parent)
            if name in sys.modules:
                return importlib.machinery.ModuleSpec(name, There(sys.modules[name]))
            package = sys.modules[parent]
            return importlib.machinery.PathFinder.find_spec(name, package.__path__)
        return None


def install():
    from importlib.util import find_spec

    for name in PROMISED:
        top = name.split(".")[0]
        if top in sys.modules and not isinstance(sys.modules[top], StandIn) and top == name:
            continue
        if name in sys.modules:
            continue
        if "." not in name and find_spec(name) is None:
            continue
        parent = name.rpartition(".")[0]
        if parent in PROMISED and parent not in sys.modules:
            continue
        stand_in = StandIn(name)
        stand_in.__path__ = []
        if parent:
            vars(importlib.import_module(parent))[name.rpartition(".")[2]] = stand_in
        sys.modules[name] = stand_in
    sys.meta_path.insert(0, Finder)
