"""Finds calling modules without reading their sources.

While it is imported, taskgraph calls `inspect.stack` a few times to find the calling module. That reads
the sources of all callers and searches all modules, which takes longer than everything else that its
modules do. Two of its modules therefore see an `inspect` with faster versions of these functions.
"""

import inspect
import sys

from snowman_worker import private_values

# The modules that look for their callers, and only use the frame or the module of each.
MODULES = ("taskgraph.util.python_path", "taskgraph.util.schema")


class FastInspect(private_values.PrivateValue):
    """`inspect` with two faster functions."""

    def public(self):
        return inspect

    def __getattr__(self, name):
        return getattr(inspect, name)

    @staticmethod
    def stack(context=1):
        """Returns the callers without their source lines."""
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
        """Returns the module whose code a frame runs."""
        values = getattr(thing, "f_globals", None)
        module = private_values.module_of(values) if values is not None else None
        if module is not None:
            return module
        return inspect.getmodule(thing, _filename)


def speed_up(module):
    """Gives one of `MODULES` the faster `inspect`."""
    names = private_values.names(module)
    if module.__name__ in MODULES and names.get("inspect") is inspect:
        names["inspect"] = FastInspect()
        private_values.hide(names)
