"""Answers what is asked, until the pipe is closed."""

import importlib
import logging
import os
import sys

from snowman_worker import kept, late, wire

PROTOCOL = 1


class ToPipe(logging.Handler):
    """Hands what the project logs over, each line with its level."""

    def __init__(self, pipe):
        super().__init__()
        self.pipe = pipe

    def emit(self, record):
        try:
            text = self.format(record)
            self.pipe.write({"log": {"level": record.levelno, "text": text}})
        except Exception:
            self.handleError(record)


def _parameters(head):
    from snowman_worker import project

    project.parameters(head["graph"], head["values"])
    return {}


# Each call: the module that answers it, and whether it takes blobs.
CALLS = {
    "load": ("project", False),
    "bring_in": ("project", False),
    "found": ("project", False),
    "fill_parameters": ("project", False),
    "base": ("project", False),
    "decision_parameters": ("project", False),
    "version": ("project", False),
    "known": ("kinds", False),
    "begin": ("kinds", True),
    "load_kind": ("kinds", False),
    "run": ("kinds", True),
    "end": ("kinds", False),
    "whole": ("kinds", True),
    "full_graph": ("graphs", True),
    "target": ("graphs", False),
    "verify": ("graphs", True),
    "strategies": ("graphs", False),
    "remove": ("graphs", False),
    "replace": ("graphs", False),
    "offer": ("actions", False),
    "act": ("actions", False),
    "morph": ("graphs", True),
    "phase": ("graphs", False),
}


def _answer(head, blobs):
    call = head["call"]
    if call == "parameters":
        return _parameters(head)
    module, takes_blobs = CALLS[call]
    module = importlib.import_module("snowman_worker." + module)
    return getattr(module, call)(*([head, blobs] if takes_blobs else [head]))


def _hello():
    from importlib.util import find_spec

    told = {"protocol": PROTOCOL, "python": sys.version.split()[0], "executable": sys.executable}
    if find_spec("taskgraph"):
        import taskgraph

        told["taskgraph"] = taskgraph_version()
        told["package"] = os.path.dirname(taskgraph.__file__)
    return told


def taskgraph_version():
    import taskgraph

    return getattr(taskgraph, "__version__", None) or _installed("taskcluster-taskgraph")


def _installed(name):
    try:
        from importlib.metadata import version

        return version(name)
    except Exception:
        return "0"


def serve(requests, answers):
    sys.argv = ["taskgraph"]
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))
    pipe = wire.Pipe(requests, answers)
    late.install()
    kept.watch()
    pipe.write({"hello": _hello()})
    logging.root.addHandler(ToPipe(pipe))
    logging.root.setLevel(logging.INFO)
    while True:
        try:
            head, blobs = pipe.read()
        except EOFError:
            return
        try:
            answer = _answer(head, blobs)
            answer, blobs = answer if isinstance(answer, tuple) else (answer, [])
        except wire.NotPlain as error:
            pipe.write({"error": {"type": "NotPlain", "message": str(error)}})
            continue
        except (Exception, SystemExit) as error:
            from snowman_worker.errors import describe

            pipe.write({"error": describe(error)})
            continue
        sys.stdout.flush()
        pipe.write({"answer": answer}, blobs)
