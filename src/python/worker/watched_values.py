"""Watches what has no audit event: paths that are looked up, the clock, and random numbers."""

import datetime
import gc
import os
import random
import sys
import time
import uuid

from snowman_worker import moments

_note = None
_is_plumbing = None


class _LookUp:
    """A function of `os` that looks a path up. No function, so that a class can have it as an attribute."""

    def __init__(self, function, looked_up, reads):
        self._function = function
        self._looked_up = looked_up
        self._reads = reads
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def __call__(self, path, *arguments, **named):
        if named or type(path) is not str or path not in self._reads:
            self._looked_up(path, named.get("dir_fd") is not None)
        return self._function(path, *arguments, **named)


def install(note, is_plumbing, looked_up, reads):
    """Replaces functions with ones that call `note` before, or `looked_up` if a path is not among `reads`."""
    global _note, _is_plumbing
    _note = note
    _is_plumbing = is_plumbing
    moments.install(note)
    for name in ("access", "lstat", "readlink", "stat"):
        function = getattr(os, name)
        watched = _LookUp(function, looked_up, reads)
        setattr(os, name, watched)
        for table in (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks):
            if function in table:
                table.add(watched)
    _watch_clock()
    _watch_random()


def _reading(function, what, given=None):
    """Returns a function that notes what it reads; with `given`, only if it has no argument at that place."""

    def read(*arguments, **named):
        if given is None or len(arguments) <= given or arguments[given] is None:
            _note(what)
        return function(*arguments, **named)

    read.__name__ = function.__name__
    read.__doc__ = function.__doc__
    return read


def _watch_clock():
    clock = "reads the clock"
    for name in ("clock_gettime", "clock_gettime_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time", "time_ns"):
        if hasattr(time, name):
            setattr(time, name, _reading(getattr(time, name), clock))
    for name, given in (("asctime", 0), ("ctime", 0), ("gmtime", 0), ("localtime", 0), ("strftime", 1)):
        setattr(time, name, _reading(getattr(time, name), clock, given))
    for kind, names in ((datetime.datetime, ("utcnow", "today", "now")), (datetime.date, ("today",))):
        # The class is part of the interpreter, so that its attributes cannot be set; its dictionary is found among
        # the objects that its read-only view refers to.
        members = [one for one in gc.get_referents(kind.__dict__) if type(one) is dict]
        for name in names:
            if members:
                members[0][name] = _class_method(members[0], name, clock)
    uuid.uuid1 = _reading(uuid.uuid1, clock)


def _class_method(members, name, what):
    """Returns the method of a class of moments that notes what it reads. `now` does not call the functions above."""
    original = members["now" if name == "today" and "now" in members else name]

    def read(cls, *arguments, **named):
        def present():
            return original.__get__(None, cls)(*arguments, **named)

        frame = sys._getframe(1)
        if cls is not datetime.datetime or _is_plumbing(frame):
            _note(what)
            return present()
        found, is_noted = moments.read(present, frame, name == "utcnow")
        if is_noted:
            _note(what)
        return found

    return classmethod(read)


def _watch_random():
    numbers = "uses random numbers"
    for name in ("getrandom", "urandom"):
        if hasattr(os, name):
            setattr(os, name, _reading(getattr(os, name), numbers))
    random._urandom = os.urandom
    kind = random.Random
    seeded = "_snowman_seeded"

    def drawing(original):
        def draw(self, *arguments):
            # Others that draw from the common generator change what it yields.
            if self is random._inst or not self.__dict__.get(seeded):
                _note(numbers)
            return original(self, *arguments)

        return draw

    def seed(self, a=None, *arguments, **named):
        self.__dict__[seeded] = a is not None
        return plain_seed(self, a, *arguments, **named)

    plain_seed = kind.seed
    kind.seed = seed
    for name in ("getrandbits", "random"):
        setattr(kind, name, drawing(getattr(kind, name)))
        setattr(random, name, getattr(random._inst, name))
    random.seed = random._inst.seed


def are_watched(count, reads, listed):
    """Tries everything. `count` returns how often something was noted."""
    import pathlib

    def is_noted(function):
        before = count()
        function()
        return count() > before

    clocks = (time.time, datetime.datetime.now, datetime.datetime.utcnow, datetime.datetime.today, datetime.date.today)
    draws = (lambda: os.urandom(1), random.random, lambda: random.choice("ab"), lambda: random.Random().random(), uuid.uuid4)
    if not all(is_noted(one) for one in (*clocks, *draws)):
        return False
    missing = os.path.join(os.getcwd(), ".snowman-watched-%d")
    look_ups = (os.path.exists, os.path.isfile, os.path.isdir, os.path.islink, os.path.lexists, lambda path: pathlib.Path(path).exists(), _open)
    for number, look_up in enumerate(look_ups):
        look_up(missing % number)
        if missing % number not in reads:
            return False
        reads.remove(missing % number)
    with os.scandir(os.curdir):
        pass
    found = os.curdir in listed
    listed.discard(os.curdir)
    return found


def _open(path):
    try:
        open(path).close()
    except OSError:
        pass
