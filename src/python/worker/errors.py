"""Describes an exception: its message, its place, and the task that it concerns."""

import importlib
import traceback


def _frames(error):
    frames = []
    step = error.__traceback__
    while step is not None:
        frames.append(step)
        step = step.tb_next
    return frames


def _is_of_imports(file):
    """Returns whether a file is of Python's own machinery of imports."""
    return file.startswith("<frozen importlib") or file == importlib.__file__


def _task_in(values):
    for name in ("task", "job", "item", "test", "taskdesc", "dep_task"):
        value = values.get(name)
        if isinstance(value, dict):
            found = value.get("label") or value.get("name")
        else:
            found = getattr(value, "label", None)
        if isinstance(found, str):
            return found
    return None


def _help(error):
    from snowman_worker import install_hints, main, project

    if project.top is None:
        return None
    try:
        return install_hints.help_for(error, project.root, project.top, main.taskgraph_version())
    except Exception:
        # The original exception is reported in any case.
        return None


def describe(error):
    """Describes an exception, with a traceback that omits the worker's own frames."""
    frames = _frames(error)
    task = None
    for step in frames:
        try:
            task = _task_in(step.tb_frame.f_locals) or task
        except Exception:
            pass
    while frames and frames[0].tb_frame.f_code.co_filename.startswith("<snowman/"):
        frames.pop(0)
    while frames and _is_of_imports(frames[-1].tb_frame.f_code.co_filename):
        frames.pop()
    summary = traceback.TracebackException.from_exception(error)
    summary.stack = traceback.StackSummary.from_list(
        [frame for frame in summary.stack if not frame.filename.startswith(("<snowman/", "<frozen"))]
    )
    # If a module does not exist, nothing of the project has run.
    is_missing = isinstance(error, ImportError) and not frames
    kind = type(error)
    help = _help(error)
    last = frames[-1] if frames else None
    return {
        "type": kind.__qualname__,
        "message": str(error),
        "task": task,
        "help": help,
        "traceback": "" if is_missing else "".join(summary.format(chain=True)).rstrip(),
        "file": last.tb_frame.f_code.co_filename if last else None,
        "line": last.tb_lineno if last else None,
        "function": last.tb_frame.f_code.co_name if last else None,
    }
