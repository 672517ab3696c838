"""The worker's processes: how they end with snowman, and how a second worker is forked from the first."""

import logging
import os
import sys

from snowman_worker import executors, hot_lines

# The descriptors that were open before the project was loaded, and the lifeline's.
_own = {}
_lifeline = None

# The descriptors from which the output of helpers is read.
_helpers = set()

# The pipe to snowman.
pipe = None


def end_with_program(lifeline):
    """Has this process group killed when the other end of the lifeline is closed."""
    import fcntl
    import signal

    os.set_inheritable(lifeline, False)
    # The group is not in the foreground: a process that asks something on the terminal gets an error
    # instead of being stopped.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_NONBLOCK
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags |= os.O_ASYNC
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags)
    try:
        os.read(lifeline, 1)
    except BlockingIOError:
        return
    # It was closed before.
    os._exit(1)


def _open_files():
    """Returns the open files of this process, by descriptor."""
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[int(number)] = os.readlink("/proc/self/fd/" + number)
        except OSError:
            # It belongs to the list itself.
            pass
    return found


def begin(pipe_to_program, lifeline):
    """Binds a new process to its lifeline, and remembers what is open."""
    global pipe, _own, _lifeline
    pipe = pipe_to_program
    if lifeline is not None:
        end_with_program(lifeline)
    _lifeline = lifeline
    if sys.platform == "linux":
        _own = _open_files()


def memory():
    """Returns the size of the memory of this process, in pages; None if the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None


def _obstacle(pools):
    """Returns why this process cannot be forked, or None. What threads and files of the project are used for
    is not known, so there must be none, apart from the pipes of unused pools of processes."""
    if sys.platform != "linux":
        return "the system is not Linux"
    if len(os.listdir("/proc/self/task")) > 1:
        return "threads are running"
    renewed = executors.descriptors(pools)
    for number, file in _open_files().items():
        if number in renewed or number in _helpers:
            continue
        if _own.get(number) != file and file not in ("/dev/null", "/dev/random", "/dev/urandom"):
            return "%s is open" % file
    return None


def fork(address):
    """Forks a worker in the same state, which is connected to the socket at an address. Returns its process,
    or the reason why there is none; in the new process, returns None."""
    import socket

    pools = executors.unused()
    reason = _obstacle(pools)
    if reason:
        return {"reason": reason}
    connected = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    try:
        for one in connected:
            one.connect(address)
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
    except OSError as error:
        for one in connected:
            one.close()
        return {"reason": str(error)}
    if process:
        try:
            # The new process does the same; whoever is first.
            os.setpgid(process, process)
        except OSError:
            # It has ended already, which is found out later.
            pass
        for one in connected:
            one.close()
        return {"process": process}
    os.setpgid(0, 0)
    messages, printed, lifeline = [one.detach() for one in connected]
    if _lifeline is not None:
        os.close(_lifeline)
    pipe.requests.close()
    pipe.answers.close()
    pipe.requests = os.fdopen(messages, "rb", buffering=0)
    pipe.answers = os.fdopen(os.dup(messages), "wb")
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    os.close(printed)
    executors.renew(pools)
    begin(pipe, lifeline)
    hot_lines.start_process()
    pipe.forked = True
    return None


def obstacle():
    """Returns why this process cannot be forked, or None; and its unused pools of processes."""
    pools = executors.unused()
    return _obstacle(pools), pools


def fork_helper(reading, writing, pools):
    """Forks a process that belongs to this one, writes to a pipe and ends. Returns its process, and 0 in the
    new process. `pools` are those that are unused: to find them takes a while."""
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        os.close(writing)
        _helpers.add(reading)
        return process
    os.close(reading)
    executors.renew(pools)
    return 0


def read_helper(reading):
    """Returns everything that a helper writes."""
    with open(reading, "rb") as file:
        data = file.read()
    _helpers.discard(reading)
    return data


class _KeptLog(logging.Handler):
    """Keeps what would be sent to snowman."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def emit(self, record):
        self.messages.append((record.levelno, self.format(record)))


def keep_log():
    """Keeps messages in place of sending them, in a helper. Returns the list of messages."""
    kept = _KeptLog()
    logging.root.handlers[:] = [kept]
    return kept.messages
