"""Modules that are executed on first use.

Importing taskgraph spends most of its time on a web client, the Taskcluster client, a testing library
and other modules that few of its functions need. An import of one of these yields the
module itself at once, found but not executed: the very object that `sys.modules` holds and that every
other import yields, before and after. The first access to anything beyond its specification executes
the module into that object. So a module is one object however it is imported, and patches to it are
seen everywhere.

taskgraph takes a few functions and classes from these modules by name when it is imported. Its own code
gets a promise in their place. When the module has been executed, each promise is replaced by what was
promised; reading the name from taskgraph's module earlier triggers that (`inside`).
"""

import importlib
import importlib.machinery
import os
import sys
import threading
import types

from snowman_worker import inside

# The modules, each with the names that are promised to taskgraph.
LATE = {
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

# Modules that do not exist under these names before `requests` has been executed: it gives these names to
# modules of `urllib3`. taskgraph takes one name out of the last.
PASSAGES = {
    "requests.packages": (),
    "requests.packages.urllib3": (),
    "requests.packages.urllib3.util": (),
    "requests.packages.urllib3.util.retry": ("Retry",),
}

# Modules that are executed at once and do not need their package to be.
ALONE = ("taskcluster.exceptions",)

# Modules that register what is built in here in the tables of another: who imports that one finds them
# filled.
REGISTERING = {"mozilla_taskgraph.worker_types": "taskgraph.transforms.task"}

# The version of mozilla-taskgraph that is fully built in.
BUILT_IN = "5."

TASKGRAPH = ("taskgraph", "mozilla_taskgraph")

# What a module has before it is executed, or what only introspection asks for.
QUIET = (
    "__cached__",
    "__file__",
    "__loader__",
    "__name__",
    "__package__",
    "__spec__",
    "__warningregistry__",
    "__wrapped__",
)

_STATE = "__snowman_late__"

# The modules that have been found once. A module that is removed and imported again is executed.
_found = set()

# The promises that have not been kept, by module.
_promises = {}

_plain = types.ModuleType.__getattribute__


class Promise(inside.Inside):
    """A name of a module that has not been executed."""

    def __init__(self, module, name):
        self.__dict__.update(_module=module, _name=name)

    def outside(self):
        if "_value" not in self.__dict__:
            # Executing the module keeps the promise.
            value = getattr(importlib.import_module(self._module), self._name)
            self.__dict__.setdefault("_value", value)
        return self._value

    def known(self):
        return self.__dict__.get("_value", self)

    def __call__(self, *arguments, **named):
        return self.outside()(*arguments, **named)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(self.outside(), name)

    def __mro_entries__(self, bases):
        return (self.outside(),)

    def __instancecheck__(self, thing):
        return isinstance(thing, self.outside())

    def __or__(self, other):
        return self.outside() | other

    def __ror__(self, other):
        return other | self.outside()


class State:
    """What is needed to execute a module."""

    def __init__(self, loader):
        self.loader = loader
        self.lock = threading.RLock()
        # The thread that is executing it.
        self.thread = None


class Late(types.ModuleType):
    """A module that has not been executed."""

    def __getattribute__(self, name):
        if name in QUIET:
            return _plain(self, name)
        if name == "__class__":
            return types.ModuleType
        state = _plain(self, "__dict__").get(_STATE)
        # The module's own code sees what is defined so far.
        if state is not None and state.thread != threading.get_ident():
            own_name = _plain(self, "__name__")
            if name == "__path__" and not _executes(self):
                return _plain(self, name)
            asking = _asking()
            if asking["__name__"].split(".")[0] in TASKGRAPH:
                if name in LATE[own_name]:
                    return _promise(own_name, name, asking)
                if name == "version" and own_name == "importlib.metadata":
                    return version
            execute(self)
        return _plain(self, name)

    def __setattr__(self, name, value):
        full = "%s.%s" % (_plain(self, "__name__"), name)
        if type(value) is Passage:
            return
        if not (name in QUIET or name == "__class__" or sys.modules.get(full, self) is value):
            execute(self)
        types.ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name):
        execute(self)
        types.ModuleType.__delattr__(self, name)


class Passage(types.ModuleType):
    """A module on the path to a promised name, until that has been imported."""

    def __getattr__(self, name):
        if name in QUIET or name == "__path__":
            raise AttributeError(name)
        asking = _asking()
        promised = PASSAGES[self.__name__]
        if name in promised and asking["__name__"].split(".")[0] in TASKGRAPH:
            if asking is sys._getframe(1).f_globals:
                _leave()
            return _promise(self.__name__, name, asking)
        _leave()
        return getattr(importlib.import_module(self.__name__), name)


class Package(types.ModuleType):
    """A package with modules that have not been executed. When they are, they import others of the
    package, such as `urllib.error`, which are its attributes from then on."""

    def __getattr__(self, name):
        if not (name.startswith("__") or _importing(sys._getframe(1))):
            for child in _children(self):
                execute(child)
            if name in vars(self):
                return vars(self)[name]
        raise AttributeError("module %r has no attribute %r" % (self.__name__, name))


class Settled(types.ModuleType):
    """A package that has been executed while one of its modules was being imported. The import system
    makes that module an attribute of the package once more, though the package itself may have given
    the name to something else since."""

    def __setattr__(self, name, value):
        full = "%s.%s" % (self.__name__, name)
        if isinstance(value, types.ModuleType) and sys.modules.get(full) is value:
            self.__class__ = types.ModuleType
            if name in vars(self):
                return
        types.ModuleType.__setattr__(self, name, value)


def _asking():
    """The globals of the calling code, skipping the import system."""
    frame = sys._getframe(2)
    while frame.f_back is not None and _importing(frame):
        frame = frame.f_back
    known = isinstance(frame.f_globals.get("__name__"), str)
    return frame.f_globals if known else {"__name__": ""}


def _importing(frame):
    return (frame.f_globals.get("__name__") or "").startswith("importlib._bootstrap")


def _executes(package):
    """Whether a package has to be executed for a caller that reads its path."""
    frame = sys._getframe(2)
    if _importing(frame):
        # One of its modules is being imported.
        name = frame.f_locals.get("name")
        if name in LATE or name in ALONE:
            return False
        if name in PASSAGES:
            return not _by_taskgraph()
        return True
    # `from package import name` asks whether it is one.
    return not _by_taskgraph()


def _by_taskgraph():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__") or ""
        if not name.startswith(("importlib._bootstrap", "snowman_worker.")):
            return name.split(".")[0] in TASKGRAPH
        frame = frame.f_back
    return False


def _promise(module, name, asking):
    promise = Promise(module, name)
    _promises.setdefault(module, []).append((promise, asking))
    inside.hide(asking)
    return promise


def _leave():
    for name in PASSAGES:
        if type(sys.modules.get(name)) is Passage:
            del sys.modules[name]


def execute(module):
    """Executes a module, once."""
    if type(module) is not Late:
        return
    parent = sys.modules.get(_plain(module, "__name__").rpartition(".")[0])
    if type(parent) is Late:
        execute(parent)
    state = _plain(module, "__dict__").get(_STATE)
    if state is None:
        return
    with state.lock:
        if type(module) is not Late or state.thread is not None:
            return
        state.thread = threading.get_ident()
        try:
            _leave()
            state.loader.exec_module(module)
        finally:
            state.thread = None
        del _plain(module, "__dict__")[_STATE]
        module.__class__ = types.ModuleType
        inside.settle(_plain(module, "__dict__"))
        _keep_promises(module.__name__)
    # What they import must be found in their package.
    for child in _children(module):
        execute(child)


def _children(package):
    """The modules of a package that have been imported but not executed."""
    start = _plain(package, "__name__") + "."
    names = [name for name in LATE if name.startswith(start)]
    return [sys.modules[name] for name in names if type(sys.modules.get(name)) is Late]


def _keep_promises(name):
    names = [name] + [passage for passage in PASSAGES if passage.split(".")[0] == name]
    for one in names:
        for promise, globals in _promises.pop(one, ()):
            inside.replace(promise, promise.outside(), globals)


class Loader:
    """Loads a module without executing it."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        vars(module)[_STATE] = State(self.loader)
        module.__class__ = Late
        package = sys.modules.get(module.__name__.rpartition(".")[0])
        if type(package) is types.ModuleType and not hasattr(package, "__getattr__"):
            package.__class__ = Package


class There:
    """Loads a module that is there already."""

    def __init__(self, module):
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        module.__spec__ = self.spec


class Finder:
    """Finds the modules that are executed later."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if target is not None:
            return None
        there = sys.modules.get(name)
        if there is not None and getattr(there, "__spec__", None) is not None:
            # Its package was executed during this import.
            package = sys.modules.get(name.rpartition(".")[0])
            if type(package) in (types.ModuleType, Package):
                package.__class__ = Settled
            return importlib.machinery.ModuleSpec(name, There(there))
        if name in PASSAGES and _by_taskgraph() and _on_the_way(name):
            return importlib.machinery.ModuleSpec(name, Passages, is_package=not PASSAGES[name])
        if name not in LATE or name in _found:
            return None
        if name in REGISTERING:
            filled = REGISTERING[name] in sys.modules
            if filled or not version("mozilla-taskgraph").startswith(BUILT_IN):
                return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return None
        _found.add(name)
        spec.loader = Loader(spec.loader)
        return spec


def _on_the_way(name):
    return type(sys.modules.get(name.rpartition(".")[0])) in (Late, Passage)


class Passages:
    @staticmethod
    def create_module(spec):
        return Passage(spec.name)

    @staticmethod
    def exec_module(module):
        pass


def version(name):
    """The version of an installed package, from the name of its metadata folder."""
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


def follow(name):
    """Has registered what waits for a module that has just been imported."""
    for other, tables in REGISTERING.items():
        if tables == name and type(sys.modules.get(other)) is Late:
            execute(sys.modules[other])


def install():
    sys.meta_path.insert(0, Finder)
