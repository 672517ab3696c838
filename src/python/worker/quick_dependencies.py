"""Finds the dependencies of a task by their labels.

taskgraph looks through all tasks of the kinds before, for each task. They are looked up here, and sorted
by their place among these tasks, because that is the order in which taskgraph finds them.
"""

import itertools

from snowman_worker import quick

KNOWN = ("5d43919b-217",)

# Values of these types are never equal to a label.
OTHER = frozenset((type(None), bool, int, float, dict, list, tuple, bytes))


class Places:
    """The place of each label in a mapping, as long as the mapping does not change."""

    def __init__(self):
        self.tasks = None
        self.places = {}
        self.last = None

    def of(self, tasks):
        """Returns the places, or nothing if some label is not a plain string."""
        last = next(reversed(tasks), None)
        if self.tasks is not tasks or len(self.places) != len(tasks) or self.last is not last:
            self.places = {label: place for place, label in enumerate(tasks)}
            self.tasks = tasks
            self.last = last
            if any(type(label) is not str for label in tasks):
                self.tasks = None
                return None
        return self.places


def found_labels(values, places):
    """Returns the labels among the values in the order of the tasks, or nothing if only a comparison can
    tell which they are."""
    found = set()
    for value in values:
        if type(value) is str:
            if value in places:
                found.add(value)
        elif type(value) not in OTHER:
            return None
    return sorted(found, key=places.__getitem__)


def make(original, _names):
    if quick.digest(original) not in KNOWN:
        return None
    kept = Places()

    def get_dependencies(config, task):
        tasks = config.kind_dependencies_tasks
        labels = None
        if type(task) is dict and type(tasks) is dict and type(task.get("dependencies")) is dict:
            places = kept.of(tasks)
            if places is not None:
                values = list(task["dependencies"].values())
                labels = found_labels(values, places)
        if labels is None:
            yield from original(config, task)
            return
        count = len(tasks)
        place = -1
        for label in labels + [None]:
            # The caller may have changed what is looked for.
            if place >= 0 and len(tasks) != count:
                raise RuntimeError("dictionary changed size during iteration")
            now = task.get("dependencies")
            if type(now) is not dict or list(now.values()) != values:
                for other, found in itertools.islice(tasks.items(), place + 1, None):
                    if other in task["dependencies"].values():
                        yield found
                return
            if label is not None:
                place = places[label]
                yield tasks[label]

    return get_dependencies
