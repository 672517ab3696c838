"""Gives names one value for a module's own code and another for everything else.

taskgraph's own code gets faster replacements for some functions, and promises for what is not imported
yet. They are in the namespaces of its modules, where its functions find them. Other code that reads these
names gets taskgraph's own values.
"""

import sys
import types

_plain = types.ModuleType.__getattribute__

# Modules that read a namespace only to resolve the names in annotations.
READERS = (
    "annotationlib",
    "dataclasses",
    "mozilla_taskgraph",
    "msgspec",
    "snowman_worker",
    "taskgraph",
    "typing",
)


class PrivateValue:
    """A value that only the code of its module sees."""

    def public(self):
        """Returns the value that other code sees."""
        raise NotImplementedError

    def known(self):
        """Returns the same value if that needs no import, and this object itself if it does."""
        return self.public()


class Guarded(types.ModuleType):
    """A module with values that only its own code sees."""

    def __getattribute__(self, name):
        value = _plain(self, name)
        if isinstance(value, PrivateValue):
            return value.public()
        if name == "__dict__" and not _reader():
            for promise in [one for one in value.values() if isinstance(one, PrivateValue)]:
                promise.public()
        elif type(value) is types.FunctionType:
            for promise in _promised(value):
                promise.public()
        return value


def _reader():
    name = sys._getframe(2).f_globals.get("__name__") or ""
    return name.startswith("importlib._bootstrap") or name.split(".")[0] in READERS


def _promised(function):
    if sys.version_info >= (3, 14):
        # Annotations are evaluated on access.
        return []
    return [one for one in function.__annotations__.values() if isinstance(one, PrivateValue)]


def names(module):
    """Returns the namespace of a module as its own code sees it."""
    return _plain(module, "__dict__")


def module_of(globals):
    """Returns the module whose namespace this is."""
    module = sys.modules.get(globals.get("__name__"))
    if isinstance(module, types.ModuleType) and names(module) is globals:
        return module
    return None


def hide(globals):
    """Hides the values that only the code of the module with this namespace should see."""
    module = module_of(globals)
    if type(module) is types.ModuleType:
        module.__class__ = Guarded


def update_class(globals):
    """Makes a module ordinary again, unless it still has values that only its own code sees."""
    module = module_of(globals)
    if type(module) not in (types.ModuleType, Guarded):
        return
    remaining = any(
        isinstance(value, PrivateValue) or type(value) is types.FunctionType and _promised(value)
        for value in globals.values()
    )
    module.__class__ = Guarded if remaining else types.ModuleType


def replace(old, new, globals):
    """Replaces a promise with what was promised."""
    for key, value in list(globals.items()):
        if value is old:
            globals[key] = new
        elif type(value) is types.FunctionType and any(one is old for one in _promised(value)):
            for name, one in list(value.__annotations__.items()):
                if one is old:
                    value.__annotations__[name] = new
    update_class(globals)
