"""What went wrong, told once: the exception, where, and for which task."""

import traceback


def _frames(error):
    frames = []
    step = error.__traceback__
    while step is not None:
        frames.append(step)
        step = step.tb_next
    return frames


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
    from snowman_worker import main, needed, project

    if project.top is None:
        return None
    try:
        return needed.help_for(error, project.root, project.top, main.taskgraph_version())
    except Exception:
        # It is about another mistake, which is told all the same.
        return None


def describe(error):
    """An exception as a message, with a traceback that leaves the worker out."""
    frames = _frames(error)
    task = None
    for step in frames:
        try:
            task = _task_in(step.tb_frame.f_locals) or task
        except Exception:
            pass
    while frames and frames[0].tb_frame.f_code.co_filename.startswith("<snowman/"):
        frames.pop(0)
    told = traceback.TracebackException.from_exception(error)
    told.stack = traceback.StackSummary.from_list(
        [frame for frame in told.stack if not frame.filename.startswith(("<snowman/", "<frozen"))]
    )
    kind = type(error)
    help = _help(error)
    last = frames[-1] if frames else None
    return {
        "type": kind.__qualname__,
        "message": str(error),
        "task": task,
        "help": help,
        "traceback": "".join(told.format(chain=True)).rstrip(),
        "file": last.tb_frame.f_code.co_filename if last else None,
        "line": last.tb_lineno if last else None,
        "function": last.tb_frame.f_code.co_name if last else None,
    }
