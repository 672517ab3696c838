"""Caches repository objects of taskgraph.

`taskgraph.util.hash` caches the list of tracked files by repository object, but makes a new object for each
pattern, so it lists all files once for each pattern. Here it gets the same object for the same folder, and
its cache works.
"""

import functools

from snowman_worker import private_values

MODULE = "taskgraph.util.hash"


class CachedFunction(private_values.PrivateValue):
    """Calls a function once for each path."""

    def __init__(self, function):
        self.function = function
        self.cached = functools.lru_cache(maxsize=None)(lambda path: function(path))

    def __call__(self, path):
        return self.cached(path)

    def public(self):
        return self.function.public() if isinstance(self.function, private_values.PrivateValue) else self.function

    def known(self):
        return self.function.known() if isinstance(self.function, private_values.PrivateValue) else self.function


def cache(module):
    """Caches `get_repository` in `taskgraph.util.hash`."""
    names = private_values.names(module)
    if module.__name__ == MODULE and "get_repository" in names:
        names["get_repository"] = CachedFunction(names["get_repository"])
        private_values.hide(names)
