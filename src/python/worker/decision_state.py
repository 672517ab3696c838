"""Tells whether the entry's decision is made in this process.

A decision may write what kinds have left in objects: caches, counters. So all kinds run in its process then, none is
divided over others, and none is taken from the cache.
"""

from snowman_worker import entry

# Whether a decision will be made that may depend on what kinds leave in this process.
is_watched = False


def watch_decision(head):
    """Returns whether the entry has a decision, before kinds are generated."""
    global is_watched
    is_watched = entry.find("decision", "taskgraph_decision") is not None
    return {"watched": is_watched}
