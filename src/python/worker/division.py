"""Divides the items of a running kind over processes.

snowman says when processors are free (`divide`). Between two items of the loader, this process then forks others in
its state, and divides the remaining items into parts. It runs the first transforms on one part after the other from the
start, and the other processes from the end, until all parts are taken. Then it appends what the others send, and goes
on alone from there. Only transforms that treat each item by itself (`per_item`) are run this way, up to the first of
which that is not known.

What cannot be seen in their code is found by comparing: this process also runs these transforms on the first items
of the first part of each other process. If other items come out there, or if that process fails, this process runs the
transforms on its parts itself, as if nothing had been divided.
"""

import functools
import io
import logging
import os
import sys
import types

from snowman_worker import decision_state, per_item, processes, watch

# How many items of another process are compared.
COMPARED = 2

# The items before a division: with these, transforms fill what they keep in memory, which processes that are
# forked later need not fill again.
FIRST = 64

# A part of fewer items is not worth the effort.
SMALLEST = 8

# There are no more parts, each of which is a byte in a pipe.
PARTS = 128


def with_globals(function, **replaced):
    """Returns a function with other global variables."""
    names = {**function.__globals__, **replaced}
    copied = types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    return functools.update_wrapper(copied, function)


class _Step:
    """A transform of a kind that may be divided."""

    def __init__(self, division, transform):
        self.division = division
        self.transform = transform

    def __call__(self, config, items):
        passed_on = self.transform(config, items)
        self.division.steps.append(self.transform)
        self.division.config = config
        if not isinstance(passed_on, types.GeneratorType):
            return passed_on
        return self.division.pass_on(len(self.division.steps), passed_on)

    def __repr__(self):
        return repr(self.transform)


class Division:
    """How a running kind is divided."""

    def __init__(self):
        # The transforms that have been started.
        self.steps = []
        self.config = None
        # The number of steps that the other processes run, and what they are.
        self._end = None
        self._others = []
        self._parts = None

    def end(self):
        """Forgets the kind and its tasks: classes that refer to this division live until garbage is collected."""
        self.steps.clear()
        self.config = None
        self._others = []
        self._parts = None

    def loaded(self, items):
        """Passes the items of a loader on."""
        if sys.platform != "linux" or decision_state.is_watched:
            return items
        if not isinstance(items, types.GeneratorType):
            return items
        return self._source(items)

    def step(self, transform):
        """Returns a transform, or a sequence of them, that takes part in a division."""
        if type(transform).__name__ != "TransformSequence":
            return _Step(self, transform) if callable(transform) else transform
        steps = type(transform)()
        for one in transform._transforms:
            steps.add(self.step(one))
        return steps

    def kind(self, generator, transforms):
        """Returns taskgraph's class of kinds, whose loader and transforms take part in a division."""
        division = self
        paths = {path if ":" in path else path + ":transforms" for path in transforms}

        def find_object(path):
            found = generator.find_object(path)
            return division.step(found) if path in paths else found

        class DivisibleKind(generator.Kind):
            # The function looks the transforms up here.
            load_tasks = with_globals(generator.Kind.load_tasks, find_object=find_object)

            def _get_loader(self):
                loader = super()._get_loader()

                @functools.wraps(loader)
                def load(*arguments, **named):
                    return division.loaded(loader(*arguments, **named))

                return load

        return DivisibleKind

    def pass_on(self, number, items):
        """Passes on what comes out of a step, and then what the other processes send."""
        yield from items
        if number == self._end:
            self._end = None
            yield from _joined(self._parts, self._others, self._run(number))

    def _run(self, number):
        """Returns a function that runs the first transforms."""

        def run(items):
            for step in self.steps[:number]:
                items = step(self.config, items)
            return list(items)

        return run

    def _source(self, items):
        import select

        asked = select.poll()
        asked.register(processes.pipe.requests, select.POLLIN)
        for number, item in enumerate(items):
            if number >= FIRST and asked.poll(0):
                head, _ = processes.pipe.read()
                yield from self._divided([item, *items], head["processes"])
                return
            yield item

    def _divided(self, items, count):
        """Forks other processes for parts of the items. Returns the items of this process."""
        count = min(count, len(items) // SMALLEST - 1)
        if count < 1:
            logging.debug("The other processors are not used: there are only %d items left", len(items))
            return items
        number, reason = per_item.steps(sys._getframe(1))
        obstacle, pools = processes.obstacle() if number else (reason or "there is no transform", [])
        if obstacle:
            logging.debug("The other processors are not used: %s", obstacle)
            return items
        self._parts = parts = _Parts(items)
        others = [_Other(self._run(number), parts, pools) for _ in range(count)]
        self._end, self._others = number, others
        logging.debug(
            "%d items are divided over %d processes up to the transform %r%s",
            len(items),
            count + 1,
            self.steps[number - 1],
            "; " + reason if reason else "",
        )
        return parts.from_start()


class _Parts:
    """Parts of the items, each of which is taken by one of several processes."""

    def __init__(self, items):
        size = max(SMALLEST, -(-len(items) // PARTS))
        self.items = [items[start : start + size] for start in range(0, len(items), size)]
        # Who reads a byte may take a part: this process the first of those that are left, others the last.
        self._permits = _filled_pipe(bytes(len(self.items)))
        self._last = _filled_pipe(bytes(range(len(self.items)))[::-1])
        # The number of parts that this process has taken.
        self.taken = 0

    def from_start(self):
        """Yields the items of the parts that this process takes."""
        while os.read(self._permits, 1):
            self.taken += 1
            yield from self.items[self.taken - 1]
        os.close(self._permits)
        os.close(self._last)

    def from_end(self):
        """Yields the numbers of the parts that another process takes."""
        while os.read(self._permits, 1):
            yield os.read(self._last, 1)[0]


def _filled_pipe(content):
    """Returns the end of a pipe from which this can be read, and nothing else."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def _joined(parts, others, run):
    """Yields what comes out of the transforms for the parts that this process has not taken."""
    owners = {}
    for other in others:
        owners.update(dict.fromkeys(other.receive(), other))
    for number in range(parts.taken, len(parts.items)):
        items = parts.items[number]
        other = owners.get(number)
        if other is not None and other.is_confirmed:
            yield from other.found[number]
            continue
        first = run(items[:COMPARED])
        if other is not None and other.confirm(number, first):
            yield from other.found[number]
            continue
        owners = {part: one for part, one in owners.items() if one is not other}
        yield from first
        if items[COMPARED:]:
            yield from run(items[COMPARED:])


class _Other:
    """Another process, which runs transforms on some of the parts."""

    def __init__(self, run, parts, pools):
        self.found = {}
        self.is_confirmed = False
        self._received = None
        self._reading, writing = os.pipe()
        self._process = processes.fork_helper(self._reading, writing, pools)
        if self._process == 0:
            # Nothing else of this process may run to its end.
            try:
                _send(run, parts, writing)
            except BaseException:
                os._exit(1)
            os._exit(0)

    def receive(self):
        """Receives what the process sends: for each part, what came out of its first items and of the others; what it
        logged, and what was watched. Returns the numbers of the parts; none if it failed."""
        data = processes.read_helper(self._reading)
        if os.waitpid(self._process, 0)[1] == 0:
            self._received = _plain(data)
        return self._received[0] if self._received else {}

    def confirm(self, number, first):
        """Compares what came out of the first items of a part. Returns whether it is the same; then everything counts."""
        found, logged, watched = self._received
        if repr(found[number][0]) != repr(first):
            return False
        self.is_confirmed = True
        self.found = {part: one + more for part, (one, more) in found.items()}
        for level, text in logged:
            logging.log(level, "%s", text)
        watch.add(watched)
        return True


def _plain(data):
    """Reads what another process has sent; None if there is something else than plain data in it: other
    objects have an identity, which is lost on the way. A dictionary may be taskgraph's read-only one."""
    import pickle

    from taskgraph.util.readonlydict import ReadOnlyDict

    class Plain(pickle.Unpickler):
        def find_class(self, module, name):
            if (module, name) == (ReadOnlyDict.__module__, ReadOnlyDict.__name__):
                return ReadOnlyDict
            raise pickle.UnpicklingError("%s.%s is not plain data" % (module, name))

    try:
        return Plain(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError):
        return None


def _send(run, parts, writing):
    """Runs transforms in a new process, and sends what comes out."""
    import pickle

    logged = processes.keep_log()
    watch.start_helper()
    found = {}
    for number in parts.from_end():
        items = parts.items[number]
        found[number] = tuple(run(some) if some else [] for some in (items[:COMPARED], items[COMPARED:]))
    with open(writing, "wb") as file:
        pickle.dump((found, logged, watch.helper_report()), file, protocol=pickle.HIGHEST_PROTOCOL)
