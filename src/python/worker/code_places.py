"""Says where functions and classes of the project are written."""

import inspect
import os

from snowman_worker import project


def _code(thing):
    """Returns the code of a function."""
    thing = getattr(thing, "func", thing)
    try:
        thing = inspect.unwrap(thing)
    except ValueError:
        pass
    return getattr(thing, "__code__", None) or getattr(getattr(thing, "__func__", None), "__code__", None)


def _relative(file):
    file = os.path.realpath(file)
    top = project.top
    if top and file.startswith(top + os.sep):
        return file[len(top) + 1 :]
    # Of an installed package, the path from the folder of packages on says enough.
    return file.rpartition(os.sep + "site-packages" + os.sep)[2]


def place(thing):
    """Returns the file and the line of a function or class, or None."""
    if inspect.isclass(thing):
        try:
            return [_relative(inspect.getsourcefile(thing)), inspect.findsource(thing)[1] + 1]
        except (OSError, TypeError):
            return None
    code = _code(thing)
    if code is None or code.co_filename.startswith("<"):
        return None
    return [_relative(code.co_filename), code.co_firstlineno]


def described(thing):
    """Returns the name of a function with its place, as text."""
    name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    found = place(thing)
    return "%s at %s:%d" % (name, *found) if found else name
