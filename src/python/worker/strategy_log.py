"""Collects what strategies log: it belongs in `optimizations.log`, whatever the level of the project's log."""

import contextlib
import logging
import sys

from snowman_worker import code_places


class _Lines(logging.Handler):
    """Keeps messages as text. Those above the level debug are also logged as they would be without it."""

    def __init__(self, passed_on):
        super().__init__(logging.DEBUG)
        self.passed_on = max(passed_on, logging.DEBUG + 1)
        self.lines = []

    def emit(self, record):
        try:
            self.lines.append(record.getMessage())
        except Exception:
            self.handleError(record)
        if record.levelno >= self.passed_on:
            logging.root.handle(record)


_ASKED = ("should_remove_task", "should_replace_task")


def _said(result):
    if isinstance(result, str):
        return "replace with %s" % result
    return "remove" if result else "keep"


def _notes(lines):
    """Returns a profile function that notes what each strategy says, and which files match patterns."""

    def note(frame, event, result):
        if event != "return":
            return
        code = frame.f_code
        # Reading the values of variables takes time, and this is called for every function.
        if code.co_name in _ASKED:
            strategy = frame.f_locals.get("self")
            if strategy is None:
                return
            name = getattr(strategy, "description", None) or type(strategy).__name__
            place = code_places.place(type(strategy))
            at = " (%s at %s:%d)" % (type(strategy).__name__, *place) if place else ""
            lines.append("%s%s says: %s" % (name, at, _said(result)))
        elif result is True and code.co_varnames[:2] == ("path", "pattern"):
            values = frame.f_locals
            lines.append("%s matches the pattern %s" % (values["path"], values["pattern"]))

    return note


@contextlib.contextmanager
def strategy_log(traced=False):
    """Yields a list that receives the messages which are logged in the block. If it is `traced`, it also receives
    what the strategies in a strategy say."""
    logger = logging.getLogger("optimization")
    handler = _Lines(logger.getEffectiveLevel())
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    profile = sys.getprofile()
    if traced:
        sys.setprofile(_notes(handler.lines))
    try:
        yield handler.lines
    finally:
        sys.setprofile(profile)
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
