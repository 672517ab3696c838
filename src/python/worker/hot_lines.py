"""Samples which lines of the project take the time of this process, for `--timings`.

A timer counts the processor time of the process and interrupts it regularly. The innermost line of the project's own
folder that is running then gets the time since the last interruption, also for what it calls elsewhere. Functions that
are not written in Python are not interrupted, so this may be much longer than the interval.
"""

import os
import signal
import time

# The seconds between two samples.
INTERVAL = 0.01

# The number of lines that are reported.
MOST = 20

_folder = None
_top = None
_samples = {}
_all = _last = 0.0


def start(folder, top):
    """Starts sampling, for a project whose code is in this folder of a repository."""
    global _folder, _top
    if not hasattr(signal, "setitimer"):
        return
    _folder = os.path.join(os.path.abspath(folder), "")
    _top = os.path.join(top, "")
    signal.signal(signal.SIGPROF, _sample)
    start_process()


def start_process():
    """Starts over, as in a process that has just been forked, which has no timer."""
    global _all, _last
    if _folder is None:
        return
    _all, _last = 0.0, time.process_time()
    _samples.clear()
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)


def _sample(number, frame):
    global _all, _last
    now = time.process_time()
    took, _last = now - _last, now
    _all += took
    while frame is not None and not frame.f_code.co_filename.startswith(_folder):
        frame = frame.f_back
    if frame is None:
        return
    # Some instructions belong to no line.
    line = (frame.f_code.co_filename, frame.f_lineno or frame.f_code.co_firstlineno)
    # A comprehension or lambda has no name of its own.
    while frame.f_back is not None and frame.f_code.co_name.startswith("<"):
        frame = frame.f_back
    line += (frame.f_code.co_name,)
    _samples[line] = _samples.get(line, 0.0) + took


def hot_lines(head):
    """Returns the lines that took the most time since the last call, with function and milliseconds, and that of all code."""
    if _folder is not None:
        signal.setitimer(signal.ITIMER_PROF, 0)
    lines = sorted(_samples.items(), key=lambda one: (-one[1], one[0]))[:MOST]
    found = []
    for (file, line, function), took in lines:
        file = file[len(_top) :] if file.startswith(_top) else file
        found.append(["%s:%d" % (file, line), function, took * 1000])
    answer = {"lines": found, "all": _all * 1000}
    # A worker may generate several graphs.
    start_process()
    return answer
