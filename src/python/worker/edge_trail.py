"""Notes which transform of a kind has added each dependency of its items."""

import functools
from collections.abc import Collection

from snowman_worker import code_places
from snowman_worker.division import with_globals
from snowman_worker.oddities import name_of

_LISTS = ("soft-dependencies", "if-dependencies")


def _edges(item):
    """Returns what an item depends on: by list and name, what each dependency leads to."""
    if not isinstance(item, dict):
        return {}
    found = {}
    named = item.get("dependencies")
    named = named if isinstance(named, dict) else {}
    for name, to in named.items():
        found["dependencies", str(name)] = str(to)
    for key in _LISTS:
        listed = item.get(key)
        for label in listed if isinstance(listed, (list, tuple)) else ():
            # Kinds name dependencies in `if-dependencies`; tasks have their labels there.
            label = str(named.get(label, label)) if key == "if-dependencies" else str(label)
            found[key, label] = label
    return found


class _Notes:
    """What was noted about an item. It keeps the item, whose identity would otherwise pass to another."""

    def __init__(self, item, parent):
        self.item = item
        self.now = parent.now if parent else {}
        self.changes = list(parent.changes) if parent else []
        self.source = parent.source if parent else item
        self.root = parent.root if parent else name_of(item)


class _Taken:
    """The items that a transform takes, as it takes them."""

    def __init__(self, trail, items):
        self.trail = trail
        self.items = items
        self.by_name = {}
        self.last = None

    def take(self, item):
        self.last = self.trail.notes_of(item)
        if self.last is not None:
            self.by_name.setdefault(name_of(item), self.last)

    def taking(self, items):
        for item in items:
            self.take(item)
            yield item

    def given(self):
        """Returns the items as the transform gets them: a list as a list, as it may not only iterate over them."""
        if not isinstance(self.items, Collection):
            return self.taking(self.items)
        for item in self.items:
            self.take(item)
        # Others are not known to be iterated over one by one.
        return _TakenList(self) if isinstance(self.items, list) else self.items

    def parent(self, item):
        """Returns the notes about the item that another one was made of: that of the same name, or else the one
        that was taken last."""
        return self.by_name.get(name_of(item)) or self.last


class _TakenList(list):
    """A list of which is known, too, which item was taken last."""

    def __init__(self, taken):
        super().__init__(taken.items)
        self.taken = taken

    def __iter__(self):
        return self.taken.taking(super().__iter__())

    def __reduce__(self):
        # A copy is a plain list.
        return list, (list(self),)


def _passed(items, note):
    """Returns the items, each of which is noted: a list as a list, those of an iterator when they are taken."""
    if not isinstance(items, Collection):
        return _passing(items, note)
    for item in items:
        note(item)
    return items


def _passing(items, note):
    for item in items:
        note(item)
        yield item


class EdgeTrail:
    """What was noted about the items of a kind."""

    def __init__(self):
        self._notes = {}

    def notes_of(self, item):
        notes = self._notes.get(id(item))
        return notes if notes is not None and notes.item is item else None

    def changes(self, item):
        notes = self.notes_of(item)
        return notes.changes if notes else []

    def source(self, item):
        """Returns the item that one was made of, as it came in."""
        notes = self.notes_of(item)
        return notes.source if notes else item

    def root(self, item):
        notes = self.notes_of(item)
        return notes.root if notes else None

    def enter(self, item, by=None):
        """Notes an item that comes in; `by` is the loader, if the project has it."""
        if by is None:
            # What was noted the last time is known to the caller.
            self._notes.pop(id(item), None)
        self._note(item, None, {"by": by, "loader": True} if by else None)

    def _note(self, item, parent, by):
        notes = self.notes_of(item)
        if notes is None:
            notes = self._notes[id(item)] = _Notes(item, parent)
        now = _edges(item)
        if by is not None and now != notes.now:
            for key in sorted(set(now) | set(notes.now)):
                if now.get(key) != notes.now.get(key):
                    change = {"list": key[0], "name": key[1], "to": now.get(key)}
                    notes.changes.append({**change, **by})
        notes.now = now

    def loaded(self, items, by):
        """Passes the items of a loader on."""
        return _passed(items, lambda item: self.enter(item, by))

    def step(self, transform, reference):
        """Returns a transform, or a sequence of them, whose changes are noted."""
        if type(transform).__name__ == "TransformSequence":
            steps = type(transform)()
            for one in transform._transforms:
                steps.add(self.step(one, reference))
            return steps
        if not callable(transform):
            return transform
        by = {"by": reference, "function": code_places.described(transform)}

        def traced(config, items):
            taken = _Taken(self, items)
            found = transform(config, taken.given())
            return None if found is None else _passed(found, lambda item: self._note(item, taken.parent(item), by))

        return traced


def traced_kind(generator, trail, config, items):
    """Returns taskgraph's class of kinds, whose changes are noted. The items that come out of the last transform
    are appended to `items`."""

    def find_object(path):
        return trail.step(generator.find_object(path), path)

    class TracedSequence(generator.TransformSequence):
        def __call__(self, transform_config, given):
            for item in super().__call__(transform_config, given):
                items.append(item)
                yield item

    class TracedKind(generator.Kind):
        # The function looks the transforms up here.
        load_tasks = with_globals(
            generator.Kind.load_tasks, find_object=find_object, TransformSequence=TracedSequence
        )

        def _get_loader(self):
            loader = super()._get_loader()

            @functools.wraps(loader)
            def load(*arguments, **named):
                return trail.loaded(loader(*arguments, **named), config.get("loader") or "the default loader")

            return load

    return TracedKind
