"""What taskgraph finds out again and again, found out once.

`taskgraph.util.hash` keeps the files that version control tracks by the object that asks version
control, and makes such an object for each pattern. So it lists all files for each pattern. It gets
the same object for the same folder here, and what it keeps is found again.
"""

import functools

MODULE = "taskgraph.util.hash"


def spare(module):
    """Has a module ask for the repository of a folder once, if it is the one that keeps it."""
    ask = getattr(module, "get_repository", None)
    if module.__name__ == MODULE and ask is not None:
        module.get_repository = functools.lru_cache(maxsize=None)(lambda path: ask(path))
