"""Divides the items of a running kind over processes.

snowman says when processors are free (`divide`). Between two items of the loader, this process then forks others in
its state. Each runs the first transforms on one part of the remaining items, and sends what comes out; this process
takes the first part, appends what the others send, and goes on alone from there. Only transforms that treat each
item by itself (`per_item`) are run this way, up to the first of which that is not known.

What cannot be seen in their code is found by comparing: this process also runs these transforms on the first items
after its part. If other items come out there than in the process that the items belong to, or if that process
fails, this process runs the transforms on all items itself, as if nothing had been divided.
"""

import functools
import io
import logging
import os
import sys
import types

from snowman_worker import decision_state, per_item, processes, watch

# How many items after its part this process compares.
COMPARED = 2

# The items before a division: with these, transforms fill what they keep in memory, which processes that are
# forked later need not fill again.
FIRST = 64

# A part of fewer items is not worth a process.
SMALLEST = 8


def _with_globals(function, **replaced):
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
            load_tasks = _with_globals(generator.Kind.load_tasks, find_object=find_object)

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
            for other in self._others:
                yield from other.items(self._run(number))

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
        """Forks other processes for parts of the items. Yields the first part."""
        count = min(count, len(items) // SMALLEST - 1)
        if count < 1:
            logging.debug("The other processors are not used: there are only %d items left", len(items))
            return items
        number, reason = per_item.steps(sys._getframe(1))
        reason = processes.obstacle() or reason
        if number < 1 or processes.obstacle():
            logging.debug("The other processors are not used: %s", reason)
            return items
        bounds = [len(items) * part // (count + 1) for part in range(count + 2)]
        others = []
        for start, end in zip(bounds[1:], bounds[2:]):
            others.append(_Other(self._run(number), items[start:end]))
        self._end, self._others = number, others
        logging.debug(
            "%d items are divided over %d processes up to the transform %r%s",
            len(items),
            count + 1,
            self.steps[number - 1],
            "; " + reason if reason else "",
        )
        return items[: bounds[1]]


class _Other:
    """Another process, and the items that it runs transforms on."""

    def __init__(self, run, items):
        self._items = items
        self._reading, writing = os.pipe()
        self._process = processes.fork_helper(self._reading, writing)
        if self._process == 0:
            # Nothing else of this process may run to its end.
            try:
                _send(run, items, writing)
            except BaseException:
                os._exit(1)
            os._exit(0)

    def items(self, run):
        """Returns what comes out of the transforms."""
        first = run(self._items[:COMPARED])
        received = self._receive()
        if received is None or repr(received[0]) != repr(first):
            return first + run(self._items[COMPARED:])
        for level, text in received[2]:
            logging.log(level, "%s", text)
        watch.add(received[3])
        return received[0] + received[1]

    def _receive(self):
        """Returns what the process has sent: what came out of its first items and of the others, what it logged,
        and what was watched; None if it failed."""
        data = processes.read_helper(self._reading)
        if os.waitpid(self._process, 0)[1] != 0:
            return None
        return _plain(data)


def _plain(data):
    """Reads what another process has sent; None if there is something else than plain data in it: other
    objects have an identity, which is lost on the way."""
    import pickle

    class Plain(pickle.Unpickler):
        def find_class(self, module, name):
            raise pickle.UnpicklingError("%s.%s is not plain data" % (module, name))

    try:
        return Plain(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError):
        return None


def _send(run, items, writing):
    """Runs transforms in a new process, and sends what comes out."""
    import pickle

    logged = processes.keep_log()
    watch.start_helper()
    sent = (run(items[:COMPARED]), run(items[COMPARED:]), logged, watch.helper_report())
    with open(writing, "wb") as file:
        pickle.dump(sent, file, protocol=pickle.HIGHEST_PROTOCOL)
