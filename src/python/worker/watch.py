"""Watches what the tasks of a kind depend on besides what snowman sends, so that they can be kept for the next run.

Files that are opened, folders that are listed and paths that are looked up are remembered from the start: snowman
checks whether they are as they were. What it cannot check (`REASONS`) is noted with its place; the tasks of the
kind are not kept then, nor are those of later kinds in this process, which may use what the first has read.
"""

import logging
import os
import sys

from snowman_worker import watched_programs

# Modules that read the clock and random numbers for purposes that no task can depend on.
PLUMBING = (
    "concurrent",
    "logging",
    "multiprocessing",
    "queue",
    "selectors",
    "snowman_worker",
    "subprocess",
    "tempfile",
    "threading",
)

# Modules that hand on what they read: what matters is who calls them.
THROUGH = (
    "_pydatetime",
    "_strptime",
    "datetime",
    "genericpath",
    "io",
    "os",
    "pathlib",
    "posixpath",
    "random",
    "secrets",
    "shutil",
    "uuid",
    "snowman_worker.moments",
    "snowman_worker.project",
    "snowman_worker.watch",
    "snowman_worker.watched_values",
)

# No more than this many reasons are reported for a kind.
MOST = 3

# The state of the machine.
_MACHINE = ("/dev/", "/proc/", "/sys/")

# The bits of `open` that change a file.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# Whether code is watched, and whether this Python shows everything.
is_installed = False
is_complete = False

reads = set()
listed = set()
_written = set()
# The files that a kind is writing, each with its content before and the place; and those that have kept theirs.
_rewriting = {}
_rewritten = set()
_reasons = {}
_lasting = []
_messages = []
_count = 0
_top = None
_temporary = ()


def install(top):
    """Starts watching, for a project in this folder."""
    global is_installed, is_complete, _top, _temporary
    if is_installed or sys.platform == "win32" or not hasattr(sys, "addaudithook"):
        return
    import tempfile

    global moments
    from snowman_worker import moments, watched_values

    _top = top
    folder = tempfile.gettempdir()
    _temporary = (os.path.join(folder, ""), os.path.join(os.path.realpath(folder), ""))
    # What was read before.
    reads.update(["/etc/localtime", os.path.join(sys.prefix, "pyvenv.cfg")])
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            reads.add(file)
    for folder in sys.path:
        listed.add(folder)
        if os.path.isdir(folder):
            names = [name for name in os.listdir(folder) if name.endswith(".pth")]
            reads.update(os.path.join(folder, name) for name in names)
    logging.root.addHandler(_KeptMessages())
    watched_values.install(note, _is_plumbing, looked_up, reads)
    sys.addaudithook(_hook)
    sys.stdout = _Printed(sys.stdout)
    sys.stderr = _Printed(sys.stderr)
    is_installed = True
    is_complete = watched_values.are_watched(lambda: _count, reads, listed)
    _reset()


def _reset():
    """Forgets what has been noted for a kind so far."""
    _reasons.clear()
    _rewriting.clear()
    del _messages[:]


def start_helper():
    """Starts over in a process that has just been forked from this one and reports to it."""
    _reset()
    reads.clear()
    listed.clear()
    del _lasting[:]


def helper_report():
    """Returns what a helper has noted; None if it is not watched."""
    if not is_installed:
        return None
    _finish_writing()
    programs = watched_programs.read_whole_tree, watched_programs.read_tracked_files
    return sorted(reads), sorted(listed), list(_reasons.items()), list(_messages), moments.until, _rewritten, programs


def add(report):
    """Adds what a helper has noted."""
    if report is None:
        return
    more_reads, more_listed, reasons, messages, until, rewritten, (whole_tree, tracked_files) = report
    watched_programs.read_whole_tree |= whole_tree
    watched_programs.read_tracked_files |= tracked_files
    _rewritten.update(rewritten)
    reads.update(more_reads)
    listed.update(more_listed)
    for reason, lasts in reasons:
        _reason(reason, lasts)
    _messages.extend(messages)
    moments.reached(until)


def report():
    """Returns why the tasks of the last kind must not be kept, and what it has logged or printed since the last
    report."""
    _finish_writing()
    reasons = [] if is_complete else ["this Python does not show what code reads"]
    reasons += list(_reasons)[:MOST]
    reasons += ["earlier in the same process: %s" % one for one in _lasting if one not in _reasons][:1]
    messages = list(_messages)
    _lasting.extend(reason for reason, lasts in _reasons.items() if lasts and reason not in _lasting)
    _reset()
    return {"reasons": reasons, "messages": messages, "until": moments.until}


def all_reads(head):
    """Returns everything that this process has read, apart from what it has written itself."""
    folder = os.getcwd()
    paths = {os.path.join(folder, one) for one in reads}
    folders = {os.path.join(folder, one) for one in listed}
    if _written:
        paths = {one for one in paths if not _is_own(one)}
        folders = {one for one in folders if not _is_own(one)}
    paths.difference_update(_rewritten)
    strange = [one for one in [*paths, *folders, *_rewritten] if not _is_text(one)]
    return {
        "read": sorted(paths.difference(strange)),
        "listed": sorted(folders.difference(strange)),
        "rewritten": sorted(_rewritten.difference(strange)),
        "strange": [repr(one) for one in strange[:1]],
        "whole_tree": watched_programs.read_whole_tree,
        "tracked_files": watched_programs.read_tracked_files,
    }


def _is_text(path):
    try:
        return bool(path.encode("utf-8"))
    except UnicodeEncodeError:
        return False


def _is_own(path):
    while len(path) > 1:
        if path in _written:
            return True
        path = os.path.dirname(path)
    return False


def message(level, text):
    """Keeps a message of the log; without a level, one that was printed."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    if level is None and _messages and _messages[-1][0] is None:
        text = _messages.pop()[1] + text
    _messages.append([level, text])


def note(what, lasts=True, through=THROUGH, plumbing=PLUMBING):
    """Notes that a kind does something that cannot be checked. It matters to later kinds too if it `lasts`."""
    global _count
    _count += 1
    frame = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        if module not in through and module.split(".")[0] not in through:
            break
        frame = frame.f_back
    if frame is None or _is_plumbing(frame, plumbing):
        return
    file = frame.f_code.co_filename
    if _top and file.startswith(_top + os.sep):
        file = file[len(_top) + 1 :]
    _reason("%s (%s:%d)" % (what, file, frame.f_lineno), lasts)


def _is_plumbing(frame, plumbing=PLUMBING):
    return (frame.f_globals.get("__name__") or "").split(".")[0] in plumbing


def _reason(reason, lasts):
    if len(_reasons) < 100:
        _reasons.setdefault(reason, lasts)


def note_registration():
    """Notes that a kind has registered something that later phases use."""
    _reason("registers something that later phases use", False)


def looked_up(path, by_descriptor=False):
    """Remembers a path that is looked up."""
    if type(path) is not str:
        path = _text(path)
    if by_descriptor:
        _by_descriptor()
    elif path is not None:
        if path.startswith(_MACHINE):
            if _is_plumbing(sys._getframe(2)):
                return
            # Whether there are files about this process can be seen in any other one.
            path = path.replace("/proc/%d/" % os.getpid(), "/proc/self/")
        reads.add(path)


def _text(path):
    """Returns a path as text; None if it is the number of a descriptor."""
    try:
        return os.fsdecode(path)
    except TypeError:
        return None


def _by_descriptor():
    # `shutil` removes folders this way.
    note("uses a path below an open folder", True, ("snowman_worker",), ("shutil",))


def _hook(event, arguments):
    handler = _HANDLERS.get(event)
    if handler is not None:
        handler(*arguments)


def _opened(path, mode=None, flags=0, *_):
    path = _text(path)
    if path is None or path == os.devnull:
        return
    if flags & _WRITING:
        _wrote(path, True)
    elif not path.startswith(_MACHINE):
        reads.add(path)
    elif not _is_imported(sys._getframe(2)):
        note("reads %s" % path)


def _is_imported(frame):
    """Returns whether a frame belongs to an installed package that is being imported: such packages look at the
    machine that they run on."""
    package = None
    while frame is not None:
        module = frame.f_globals.get("__name__") or ""
        if module not in THROUGH:
            package = package or module.split(".")[0]
            file = frame.f_code.co_filename
            if module.split(".")[0] != package or (_top and file.startswith(_top + os.sep)):
                return False
            if frame.f_code.co_name == "<module>" and package not in ("__main__", ""):
                return True
        frame = frame.f_back
    return False


def _changed(path, *_):
    _wrote(path)


def _wrote(path, is_file=False):
    path = _text(path)
    if path is None or "__pycache__" in path or path == os.devnull:
        return
    path = os.path.normpath(os.path.join(os.getcwd(), path))
    in_tree = _top is not None and path.startswith(_top + os.sep)
    if not in_tree and path.startswith(_temporary):
        _written.add(path)
        return
    what = "writes %s" % (path[len(_top) + 1 :] if in_tree else path)
    content = _content(path) if is_file else None
    if content is None:
        note(what, False)
    elif path not in _rewriting:
        _rewriting[path] = (content, what)


def _content(path):
    """Returns a digest of the content of a file; None if there is none that can be read."""
    import hashlib

    was_read = path in reads
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).digest()
    except OSError:
        return None
    finally:
        if not was_read:
            reads.discard(path)


def _finish_writing():
    """Notes what has been written, apart from files whose content is as it was before."""
    for path, (content, what) in _rewriting.items():
        if _content(path) == content:
            _rewritten.add(path)
        else:
            _reason(what, False)
    _rewriting.clear()


def _removed(path, descriptor=-1, *_):
    if descriptor == -1:
        _wrote(path)
    else:
        _by_descriptor()


def _moved(start, end, *_):
    _wrote(start)
    _wrote(end)


def _listed(path=None, *_):
    if path is None:
        path = "."
    path = _text(path)
    if path is None:
        _by_descriptor()
    elif path.startswith(_MACHINE):
        note("lists %s" % path)
    else:
        listed.add(path)


def _imported(module, file=None, *_):
    # Only extension modules have a file here.
    if isinstance(file, str):
        reads.add(file)


def _started(program, arguments, folder, variables):
    if not isinstance(arguments, (list, tuple)):
        arguments = [arguments]
    words = [_text(word) or "" for word in arguments]
    folder = os.path.realpath(os.path.join(os.getcwd(), _text(folder or ".") or "."))
    name = os.path.basename(_text(program) or "")
    in_tree = _top is not None and os.path.join(folder, "").startswith(os.path.join(_top, ""))
    if not watched_programs.only_reads(name, words[1:], folder, in_tree, reads, listed):
        _note_process("starts the program `%s`" % " ".join([name, *words[1:2]]))


def _note_process(what):
    note(what, True, THROUGH + ("subprocess", "multiprocessing", "concurrent", "threading"), ("snowman_worker",))


def _forked(*_):
    _note_process("forks a process")


def _spawned(*_):
    # `subprocess` has reported its programs.
    if sys._getframe(2).f_globals.get("__name__") != "subprocess":
        _note_process("starts a program")


def _noted(what, lasts=True):
    return lambda *_: note(what, lasts)


_HANDLERS = {
    "open": _opened,
    "os.listdir": _listed,
    "os.scandir": _listed,
    "import": _imported,
    "ctypes.dlopen": lambda name, *_: isinstance(name, str) and reads.add(name),
    "subprocess.Popen": _started,
    "os.exec": _spawned,
    "os.fork": _forked,
    "os.forkpty": _forked,
    "os.posix_spawn": _spawned,
    "os.spawn": _spawned,
    "os.system": _spawned,
    "pty.spawn": _spawned,
    "os.mkdir": _changed,
    "os.remove": _removed,
    "os.rmdir": _removed,
    "os.rename": _moved,
    "os.link": _moved,
    "os.symlink": lambda target, path, *_: _wrote(path),
    "os.truncate": _changed,
    "os.chmod": _changed,
    "os.chown": _changed,
    "os.utime": _changed,
    "sqlite3.connect": _changed,
    "os.chdir": _noted("changes the working folder", False),
    "os.putenv": _noted("changes the environment", False),
    "os.unsetenv": _noted("changes the environment", False),
    "socket.connect": _noted("uses the network"),
    "socket.getaddrinfo": _noted("uses the network"),
    "socket.gethostbyaddr": _noted("uses the network"),
    "socket.gethostbyname": _noted("uses the network"),
    "socket.sendmsg": _noted("uses the network"),
    "socket.sendto": _noted("uses the network"),
    "urllib.Request": _noted("uses the network"),
}


class _KeptMessages(logging.Handler):
    """Keeps what is logged."""

    def emit(self, record):
        message(record.levelno, self.format(record))


class _Printed:
    """A standard stream, of which what is printed is kept as well."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        if text:
            message(None, text)
        return self._stream.write(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __getattr__(self, name):
        return getattr(self._stream, name)
