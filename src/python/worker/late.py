"""Modules that taskgraph imports and graphs seldom need, imported when somebody uses them.

Most of the time in which taskgraph is imported goes into a client of the web, one of Taskcluster, a
library for tests and what else only few of its functions need. Each gets a stand-in here. The first
that asks it for anything but the few names that taskgraph takes from it at its import has the real
module imported, and from then on the stand-in passes everything on.
"""

import importlib
import importlib.machinery
import os
import sys
import types

# The names that are promised to taskgraph, by module.
PROMISED = {
    "gzip": (),
    "hashlib": (),
    "importlib.metadata": (),
    "mozilla_repo_urls": ("parse",),
    "mozilla_taskgraph.actions": (),
    "mozilla_taskgraph.worker_types": (),
    "multiprocessing": (),
    "multiprocessing.connection": (),
    "pickle": (),
    "requests": ("Response",),
    "requests.packages": (),
    "requests.packages.urllib3": (),
    "requests.packages.urllib3.util": (),
    "requests.packages.urllib3.util.retry": ("Retry",),
    "taskcluster": (),
    "taskgraph.util.vcs": ("get_repository",),
    "taskgraph.util.yaml": ("load_yaml",),
    "unittest": (),
    "unittest.mock": ("Mock",),
    "urllib.request": ("urlopen",),
    "yaml": (),
}

# Modules of those packages that need nothing of them, and are there without them.
ALONE = ("taskcluster.exceptions",)

# Modules that register what is built in here in the tables of another: who imports that one finds them
# filled.
REGISTERING = {"mozilla_taskgraph.worker_types": "taskgraph.transforms.task"}

# The version of which all that is built in.
BUILT_IN = "5."

TASKGRAPH = ("taskgraph", "mozilla_taskgraph", "importlib")

# The modules that somebody has asked for.
_asked = set()

# What the promised names were when their modules had been imported.
_given = {}


class Promise:
    """A name of a module that is not imported yet."""

    def __init__(self, module, name):
        self.__dict__.update(_module=module, _name=name)

    def _real(self):
        module = real(self._module)
        # What somebody puts in its place later is not what was imported.
        return _given.get(self._module, {}).get(self._name) or getattr(module, self._name)

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
            asking = sys._getframe(1).f_globals.get("__name__") or ""
            if asking.split(".")[0] in TASKGRAPH:
                return Promise(self.__name__, name)
        return getattr(real(self.__name__), name)

    def __setattr__(self, name, value):
        if (
            name.startswith("__")
            or isinstance(value, StandIn)
            or "%s.%s" % (self.__name__, name) in ALONE
        ):
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
    if top in ("multiprocessing", "requests", "unittest"):
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
    _asked.update(standing)
    module = importlib.import_module(name)
    for other in standing:
        there = sys.modules.get(other)
        _given[other] = {key: getattr(there, key, None) for key in PROMISED[other]}
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
    """Finds stand-ins, and puts the real package in place before one of its other modules is
    imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        find = importlib.machinery.PathFinder.find_spec
        parent = name.rpartition(".")[0]
        standing = bool(parent) and isinstance(sys.modules.get(parent), StandIn)
        if name in PROMISED and name not in _asked and (standing or _there(name, path)):
            stand_in = StandIn(name)
            stand_in.__path__ = []
            return importlib.machinery.ModuleSpec(name, There(stand_in))
        if standing:
            if name in ALONE:
                return find(name, find(parent).submodule_search_locations)
            real(parent)
            if name in sys.modules:
                return importlib.machinery.ModuleSpec(name, There(sys.modules[name]))
            return find(name, sys.modules[parent].__path__)
        return None


def _there(name, path):
    """Whether a module can be imported, and somebody may be kept waiting for it."""
    if name in REGISTERING:
        if REGISTERING[name] in sys.modules or not version("mozilla-taskgraph").startswith(BUILT_IN):
            return False
    return importlib.machinery.PathFinder.find_spec(name, path) is not None


def follow(name):
    """Has registered what waits for a module that has just been imported."""
    for other, tables in REGISTERING.items():
        if tables == name and isinstance(sys.modules.get(other), StandIn):
            real(other)


def install():
    sys.meta_path.insert(0, Finder)
