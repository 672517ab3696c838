"""Measures the time, CPU time and memory of a program with all processes that it starts."""

import ctypes
import os
import pathlib
import subprocess
import sys
import threading
import time

# The seconds between two looks at the memory.
INTERVAL = 0.5


def adopt():
    """Makes this process the parent of orphaned processes, if the system supports that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def left_behind():
    """Returns the CPU time of processes that a program has started and not waited for."""
    taken = 0
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return taken
        taken += usage.ru_utime + usage.ru_stime


def descendants():
    """Returns the processes below this one."""
    children = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of the program, in parentheses, may contain anything.
            parent = path.read_text().rpartition(") ")[2].split()[1]
        except OSError:
            continue
        children.setdefault(int(parent), []).append(int(path.parent.name))
    found, todo = [], [os.getpid()]
    while todo:
        more = children.get(todo.pop(), [])
        found += more
        todo += more
    return found


def memory():
    """Returns the memory of all processes below this one in MiB; what they share counts once."""
    total = 0
    for process in descendants():
        try:
            text = pathlib.Path("/proc/%d/smaps_rollup" % process).read_text()
        except OSError:
            # It has ended.
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


class TreeRun:
    """What one run of a program has used, with all processes that it has started. This process must have no others,
    and must have been made the parent of orphaned ones."""

    def __init__(self, command, **options):
        self.memory = 0
        ended = threading.Event()
        watching = threading.Thread(target=self._watch, args=[ended])
        began = time.perf_counter()
        process = subprocess.Popen(command, **options)
        watching.start()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall = time.perf_counter() - began
        ended.set()
        watching.join()
        process.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime + usage.ru_stime + left_behind()

    def _watch(self, ended):
        while not ended.wait(INTERVAL):
            self.memory = max(self.memory, memory())
