"""Names whose values differ for a module's own code and for everyone else.

taskgraph's own code gets faster replacements for some functions, and promises for what is not imported
yet. They are in the namespaces of its modules, where its functions find them. Code that reads the names
from outside gets taskgraph's own values.
"""

import sys
import types

_plain = types.ModuleType.__getattribute__

# Modules that read a namespace only to resolve the names in annotations.
READERS = ("dataclasses", "typing", "annotationlib", "msgspec", "taskgraph", "mozilla_taskgraph", "snowman_worker")


class Inside:
    """What the code of a module sees."""

    def outside(self):
        """What everyone else sees."""
        raise NotImplementedError

    def known(self):
        """The same if that needs no import, and otherwise this object itself."""
        return self.outside()


class Shown(types.ModuleType):
    """A module with such names."""

    def __getattribute__(self, name):
        value = _plain(self, name)
        if isinstance(value, Inside):
            return value.outside()
        if name == "__dict__" and not _reader():
            for promise in [one for one in value.values() if isinstance(one, Inside)]:
                promise.outside()
        elif type(value) is types.FunctionType:
            for one in _promised(value):
                one.outside()
        return value


def _reader():
    name = sys._getframe(2).f_globals.get("__name__") or ""
    return name.startswith("importlib._bootstrap") or name.split(".")[0] in READERS


def _promised(function):
    if sys.version_info >= (3, 14):
        # Annotations are evaluated on access.
        return []
    return [one for one in function.__annotations__.values() if isinstance(one, Inside)]


def names(module):
    """The namespace of a module as its code sees it."""
    return _plain(module, "__dict__")


def module_of(globals):
    """The module whose names these are."""
    module = sys.modules.get(globals.get("__name__"))
    if isinstance(module, types.ModuleType) and names(module) is globals:
        return module
    return None


def hide(globals):
    """Hides from others what only the code of the module with these names should see."""
    module = module_of(globals)
    if type(module) is types.ModuleType:
        module.__class__ = Shown


def settle(globals):
    """Makes a module an ordinary one unless its code sees something that others do not."""
    module = module_of(globals)
    if type(module) not in (types.ModuleType, Shown):
        return
    left = any(
        isinstance(value, Inside) or type(value) is types.FunctionType and _promised(value)
        for value in globals.values()
    )
    module.__class__ = Shown if left else types.ModuleType


def replace(old, new, globals):
    """Replaces a promise with what was promised."""
    for key, value in list(globals.items()):
        if value is old:
            globals[key] = new
        elif type(value) is types.FunctionType and any(one is old for one in _promised(value)):
            for name, one in list(value.__annotations__.items()):
                if one is old:
                    value.__annotations__[name] = new
    settle(globals)
