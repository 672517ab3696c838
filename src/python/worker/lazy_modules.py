"""Executes modules on first use.

Importing taskgraph spends most of its time on a web client, the Taskcluster client, a testing library
and other modules that few of its functions need. An import of one of these returns the
module itself at once, found but not executed: the object that is in `sys.modules` and that every other
import returns, before and after. The first access to anything beyond its specification executes
the module into that object. So a module is one object however it is imported, and patches to it are
seen everywhere.

taskgraph takes a few functions and classes from these modules by name when it is imported. Its own code
gets promises instead. When the module has been executed, each promise is replaced by its value; reading
the name from taskgraph's module before executes the module (`private_values`).
"""

import importlib
import importlib.machinery
import os
import sys
import threading
import types

from snowman_worker import private_values

# The modules, each with the names that are promised to taskgraph.
LAZY = {
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
    "taskcluster": (),
    "taskgraph.util.vcs": ("get_repository",),
    "taskgraph.util.yaml": ("load_yaml",),
    "unittest": (),
    "unittest.mock": ("Mock",),
    "urllib.request": ("urlopen",),
    "yaml": (),
}

# Modules that do not exist before `requests` has been executed, which makes them aliases of modules of
# `urllib3`. taskgraph imports one name from the last.
ALIASES = {
    "requests.packages": (),
    "requests.packages.urllib3": (),
    "requests.packages.urllib3.util": (),
    "requests.packages.urllib3.util.retry": ("Retry",),
}

# Modules that are executed on import, without executing their package.
INDEPENDENT = ("taskcluster.exceptions",)

# Modules whose registrations are built into snowman, each with the module that has the tables. Importing
# the latter executes the former.
REGISTRATIONS = {"mozilla_taskgraph.worker_types": "taskgraph.transforms.task"}

# The version of mozilla-taskgraph that is built in completely.
BUILT_IN_VERSION = "5."

TASKGRAPH = ("taskgraph", "mozilla_taskgraph")

# Attributes that exist before a module is executed, or that only introspection reads.
METADATA = (
    "__cached__",
    "__file__",
    "__loader__",
    "__name__",
    "__package__",
    "__spec__",
    "__warningregistry__",
    "__wrapped__",
)

_STATE_KEY = "__snowman_late__"

# The modules that have been found before. One that is removed and imported again is executed at once.
_found = set()

# The unresolved promises, by module.
_promises = {}

_plain = types.ModuleType.__getattribute__


class Promise(private_values.PrivateValue):
    """A name of a module that has not been executed."""

    def __init__(self, module, name):
        self.__dict__.update(_module=module, _name=name)

    def public(self):
        if "_value" not in self.__dict__:
            # Executing the module resolves the promise.
            value = getattr(importlib.import_module(self._module), self._name)
            self.__dict__.setdefault("_value", value)
        return self._value

    def known(self):
        return self.__dict__.get("_value", self)

    def __call__(self, *arguments, **named):
        return self.public()(*arguments, **named)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(self.public(), name)

    def __mro_entries__(self, bases):
        return (self.public(),)

    def __instancecheck__(self, thing):
        return isinstance(thing, self.public())

    def __or__(self, other):
        return self.public() | other

    def __ror__(self, other):
        return other | self.public()


class State:
    """The state of a module until it has been executed."""

    def __init__(self, loader):
        self.loader = loader
        self.lock = threading.RLock()
        # The thread that is executing it.
        self.thread = None


class LazyModule(types.ModuleType):
    """A module that has not been executed."""

    def __getattribute__(self, name):
        if name in METADATA:
            return _plain(self, name)
        if name == "__class__":
            return types.ModuleType
        state = _plain(self, "__dict__").get(_STATE_KEY)
        # The module's own code sees the names that are defined so far.
        if state is not None and state.thread != threading.get_ident():
            own_name = _plain(self, "__name__")
            if name == "__path__" and not _executes(self):
                return _plain(self, name)
            caller = _caller()
            if caller["__name__"].split(".")[0] in TASKGRAPH:
                if name in LAZY[own_name]:
                    return _promise(own_name, name, caller)
                if name == "version" and own_name == "importlib.metadata":
                    return version
            execute(self)
        return _plain(self, name)

    def __setattr__(self, name, value):
        full = "%s.%s" % (_plain(self, "__name__"), name)
        if type(value) is AliasModule:
            return
        if not (name in METADATA or name == "__class__" or sys.modules.get(full, self) is value):
            execute(self)
        types.ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name):
        execute(self)
        types.ModuleType.__delattr__(self, name)


class AliasModule(types.ModuleType):
    """One of `ALIASES`, until `requests` has been executed."""

    def __getattr__(self, name):
        if name in METADATA or name == "__path__":
            raise AttributeError(name)
        caller = _caller()
        promised = ALIASES[self.__name__]
        if name in promised and caller["__name__"].split(".")[0] in TASKGRAPH:
            if caller is sys._getframe(1).f_globals:
                _remove_aliases()
            return _promise(self.__name__, name, caller)
        _remove_aliases()
        return getattr(importlib.import_module(self.__name__), name)


class Package(types.ModuleType):
    """A package with modules that have not been executed. Executing them imports other modules of the
    package, such as `urllib.error`, which then become its attributes."""

    def __getattr__(self, name):
        if not (name.startswith("__") or _importing(sys._getframe(1))):
            for child in _children(self):
                execute(child)
            if name in vars(self):
                return vars(self)[name]
        raise AttributeError("module %r has no attribute %r" % (self.__name__, name))


class ExecutedPackage(types.ModuleType):
    """A package that was executed while one of its modules was being imported. The import system then
    sets that module as an attribute of the package, which may have given the name to something else."""

    def __setattr__(self, name, value):
        full = "%s.%s" % (self.__name__, name)
        if isinstance(value, types.ModuleType) and sys.modules.get(full) is value:
            self.__class__ = types.ModuleType
            if name in vars(self):
                return
        types.ModuleType.__setattr__(self, name, value)


def _caller():
    """Returns the globals of the calling code, skipping the import system."""
    frame = sys._getframe(2)
    while frame.f_back is not None and _importing(frame):
        frame = frame.f_back
    known = isinstance(frame.f_globals.get("__name__"), str)
    return frame.f_globals if known else {"__name__": ""}


def _importing(frame):
    return (frame.f_globals.get("__name__") or "").startswith("importlib._bootstrap")


def _executes(package):
    """Returns whether a package has to be executed for a caller that reads its path."""
    frame = sys._getframe(2)
    if _importing(frame):
        # One of its modules is being imported.
        name = frame.f_locals.get("name")
        if name in LAZY or name in INDEPENDENT:
            return False
        if name in ALIASES:
            return not _by_taskgraph()
        return True
    # `from package import name` reads the path to check for a package.
    return not _by_taskgraph()


def _by_taskgraph():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if not name.startswith(("importlib._bootstrap", "snowman_worker.")):
            return name.split(".")[0] in TASKGRAPH
        frame = frame.f_back
    return False


def _promise(module, name, caller):
    promise = Promise(module, name)
    _promises.setdefault(module, []).append((promise, caller))
    private_values.hide(caller)
    return promise


def _remove_aliases():
    for name in ALIASES:
        if type(sys.modules.get(name)) is AliasModule:
            del sys.modules[name]


def execute(module):
    """Executes a module, once."""
    if type(module) is not LazyModule:
        return
    parent = sys.modules.get(_plain(module, "__name__").rpartition(".")[0])
    if type(parent) is LazyModule:
        execute(parent)
    state = _plain(module, "__dict__").get(_STATE_KEY)
    if state is None:
        return
    with state.lock:
        if type(module) is not LazyModule or state.thread is not None:
            return
        state.thread = threading.get_ident()
        try:
            _remove_aliases()
            state.loader.exec_module(module)
        finally:
            state.thread = None
        del _plain(module, "__dict__")[_STATE_KEY]
        module.__class__ = types.ModuleType
        private_values.update_class(_plain(module, "__dict__"))
        _resolve_promises(module.__name__)
    # The modules that they import must be attributes of their package.
    for child in _children(module):
        execute(child)


def _children(package):
    """Returns the modules of a package that have been imported but not executed."""
    start = _plain(package, "__name__") + "."
    names = [name for name in LAZY if name.startswith(start)]
    return [sys.modules[name] for name in names if type(sys.modules.get(name)) is LazyModule]


def _resolve_promises(name):
    names = [name] + [alias for alias in ALIASES if alias.split(".")[0] == name]
    for module in names:
        for promise, globals in _promises.pop(module, ()):
            private_values.replace(promise, promise.public(), globals)


class LazyLoader:
    """Loads a module without executing it."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        vars(module)[_STATE_KEY] = State(self.loader)
        module.__class__ = LazyModule
        package = sys.modules.get(module.__name__.rpartition(".")[0])
        if type(package) is types.ModuleType and not hasattr(package, "__getattr__"):
            package.__class__ = Package


class ExistingLoader:
    """Returns a module that exists already."""

    def __init__(self, module):
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        module.__spec__ = self.spec


class Finder:
    """Finds the modules that are executed on first use."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if target is not None:
            return None
        existing = sys.modules.get(name)
        if existing is not None and getattr(existing, "__spec__", None) is not None:
            # Its package was executed during this import.
            package = sys.modules.get(name.rpartition(".")[0])
            if type(package) in (types.ModuleType, Package):
                package.__class__ = ExecutedPackage
            return importlib.machinery.ModuleSpec(name, ExistingLoader(existing))
        if name in ALIASES and _by_taskgraph() and _is_in_lazy_package(name):
            return importlib.machinery.ModuleSpec(name, AliasLoader, is_package=not ALIASES[name])
        if name not in LAZY or name in _found:
            return None
        if name in REGISTRATIONS:
            filled = REGISTRATIONS[name] in sys.modules
            if filled or not version("mozilla-taskgraph").startswith(BUILT_IN_VERSION):
                return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return None
        _found.add(name)
        spec.loader = LazyLoader(spec.loader)
        return spec


def _is_in_lazy_package(name):
    return type(sys.modules.get(name.rpartition(".")[0])) in (LazyModule, AliasModule)


class AliasLoader:
    @staticmethod
    def create_module(spec):
        return AliasModule(spec.name)

    @staticmethod
    def exec_module(module):
        pass


def version(name):
    """Returns the version of an installed package, read from the name of its metadata folder."""
    start = name.lower().replace("-", "_") + "-"
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            if entry.lower().startswith(start) and entry.endswith(".dist-info"):
                return entry[len(start) : -len(".dist-info")]
    from importlib import metadata

    return metadata.version(name)


def run_registrations(name):
    """Executes the modules that register in tables of a module that has just been imported."""
    for other, owner in REGISTRATIONS.items():
        if owner == name and type(sys.modules.get(other)) is LazyModule:
            execute(sys.modules[other])


def install():
    sys.meta_path.insert(0, Finder)
