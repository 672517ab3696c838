"""Who calls, told without looking anything up.

taskgraph asks `inspect.stack` for the module that calls it, a few times while it is imported. That
reads the sources of all callers and goes through all modules, which takes longer than all else that
its modules do. The code of two of its modules sees an `inspect` that answers its queries quickly.
"""

import inspect
import sys

from snowman_worker import inside

# The modules that ask, and for nothing but the frame or the module of who calls.
ASKING = ("taskgraph.util.python_path", "taskgraph.util.schema")


class Quick(inside.Inside):
    """`inspect`, but for the two functions below."""

    def outside(self):
        return inspect

    def __getattr__(self, name):
        return getattr(inspect, name)

    @staticmethod
    def stack(context=1):
        """The callers, without the lines of their sources."""
        frame = sys._getframe(1)
        found = []
        while frame is not None:
            code = frame.f_code
            found.append(
                inspect.FrameInfo(frame, code.co_filename, frame.f_lineno, code.co_name, None, None)
            )
            frame = frame.f_back
        return found

    @staticmethod
    def getmodule(thing, _filename=None):
        """The module whose code a frame runs."""
        values = getattr(thing, "f_globals", None)
        module = inside.module_of(values) if values is not None else None
        if module is not None:
            return module
        return inspect.getmodule(thing, _filename)


def hasten(module):
    """Gives a module the quick `inspect`, if it is one of those that ask."""
    names = inside.names(module)
    if module.__name__ in ASKING and names.get("inspect") is inspect:
        names["inspect"] = Quick()
        inside.hide(names)
