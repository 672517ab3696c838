"""What taskgraph finds out again and again, found out once.

`taskgraph.util.hash` keeps the files that version control tracks by the object that asks version
control, and makes such an object for each pattern. So it lists all files for each pattern. It gets
the same object for the same folder here, and what it keeps is found again.
"""

import functools

from snowman_worker import inside

MODULE = "taskgraph.util.hash"


class Once(inside.Inside):
    """A function that is called once for each path."""

    def __init__(self, ask):
        self.ask = ask
        self.answered = functools.lru_cache(maxsize=None)(lambda path: ask(path))

    def __call__(self, path):
        return self.answered(path)

    def outside(self):
        return self.ask.outside() if isinstance(self.ask, inside.Inside) else self.ask

    def known(self):
        return self.ask.known() if isinstance(self.ask, inside.Inside) else self.ask


def spare(module):
    """Has a module ask for the repository of a folder once, if it is the one that keeps it."""
    names = inside.names(module)
    if module.__name__ == MODULE and "get_repository" in names:
        names["get_repository"] = Once(names["get_repository"])
        inside.hide(names)
