"""Notes which transform of a kind has yielded an item that is no task.

A later transform may well leave it out, so it is not refused where it is yielded.
"""

import inspect
from collections.abc import Collection


def name_of(item):
    return (item.get("label") or item.get("name")) if isinstance(item, dict) else None


class Oddities:
    """The items of a transform that are no tasks."""

    def __init__(self, transform, earlier):
        self.transform = transform
        # Those of the transform before it.
        self.earlier = earlier
        # Each with its position, and with the transform that has yielded it first.
        self.found = []
        self._by_identity = {}
        self._last = None
        self._ended = False

    def passed(self, items):
        """Returns the items as what they are, a list as a list: the next transform may not only iterate over them."""
        if isinstance(items, Collection):
            for _ in self._passing(items):
                pass
            return items
        return self._passing(items) if inspect.isgenerator(items) else items

    def _passing(self, items):
        before = None
        for position, item in enumerate(items):
            if isinstance(item, dict):
                before = name_of(item)
            elif item is None or isinstance(item, (str, int, float, list, tuple)):
                self._note(position, item, before)
            self._last = item
            yield item
        self._ended = True

    def _note(self, position, item, before):
        origin = self.earlier and self.earlier._passed_on(item)
        origin = origin or {"transform": self.transform, "before": before}
        self.found.append({"position": position, **origin})
        # It keeps the item, whose identity would otherwise pass to another.
        self._by_identity.setdefault(id(item), (item, []))[1].append(origin)

    def _passed_on(self, item):
        """Returns the origin of an item that the next transform yields, if it has taken it from here.

        All nulls are one object. So one is passed on if it is what was taken last: a transform that has taken another
        item since then has left it out. Only one that takes all items before it yields any may yield them later.
        """
        _, origins = self._by_identity.get(id(item), (None, None))
        if not origins:
            return None
        if not self._ended:
            return origins[-1] if self._last is item else None
        return origins.pop(0) if len(origins) > 1 else origins[0]
