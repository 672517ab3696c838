"""Answers calls until the pipe is closed."""

import faulthandler
import importlib
import logging
import os
import sys

from snowman_worker import lazy_modules, originals, processes, quick_json, wire

PROTOCOL = 1


class PipeHandler(logging.Handler):
    """Sends the project's log messages to snowman, each with its level."""

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

    project.parameters(head["graph"], head["values"], head["strict"])
    return {}


# For each call, the module that answers it, and whether it has blobs.
CALLS = {
    "load": ("project", False),
    "import_modules": ("project", False),
    "registered": ("project", False),
    "state": ("project", False),
    "fill_parameters": ("project", False),
    "base_revision": ("project", False),
    "decision_parameters": ("project", False),
    "entry_parameters": ("decision_entry", False),
    "entry_artifacts": ("decision_entry", True),
    "watch_decision": ("decision_state", False),
    "parse_version": ("project", False),
    "known_labels": ("kinds", False),
    "receive_tasks": ("kinds", True),
    "begin_kind": ("kinds", True),
    "load_kind": ("kinds", False),
    "run_transforms": ("kinds", True),
    "end_kind": ("kinds", False),
    "generate_kind": ("kinds", True),
    "trace_kind": ("kinds", True),
    "hot_lines": ("hot_lines", False),
    "all_reads": ("watch", False),
    "full_graph": ("graphs", True),
    "filter_tasks": ("graphs", False),
    "verify": ("graphs", True),
    "strategies": ("graphs", False),
    "should_remove": ("graphs", False),
    "should_replace": ("graphs", False),
    "list_actions": ("actions", False),
    "list_callbacks": ("actions", False),
    "run_action": ("callbacks", False),
    "morph": ("graphs", True),
    "phase_finished": ("graphs", False),
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

    hello = {"protocol": PROTOCOL, "python": sys.version.split()[0], "executable": sys.executable}
    if hasattr(os, "uname"):
        hello["machine"] = list(os.uname())
    if find_spec("taskgraph"):
        import taskgraph

        hello["taskgraph"] = taskgraph_version()
        hello["package"] = os.path.dirname(taskgraph.__file__)
    return hello


def taskgraph_version():
    import taskgraph

    return getattr(taskgraph, "__version__", None) or _installed("taskcluster-taskgraph")


def _installed(name):
    try:
        from importlib.metadata import version

        return version(name)
    except Exception:
        return "0"


def serve(requests, answers, lifeline):
    sys.argv = ["taskgraph"]
    # A crash prints where it happens.
    faulthandler.enable(2)
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))
    pipe = wire.Pipe(requests, answers)
    processes.begin(pipe, lifeline)
    lazy_modules.install()
    originals.install()
    quick_json.install()
    pipe.write({"hello": _hello()})
    logging.root.addHandler(PipeHandler(pipe))
    logging.root.setLevel(logging.INFO)
    answer_calls(pipe)


def answer_calls(pipe, last=None):
    """Answers calls until the pipe is closed, or until the call `last`, which is left to the caller to answer."""
    while True:
        try:
            head, blobs = pipe.read()
        except EOFError:
            if pipe.forked or last:
                # What is to be done at the end is done by the first process, unless it is interrupted.
                os._exit(0)
            return
        if head["call"] == last:
            return
        try:
            if head["call"] == "divide":
                # The kind is complete already.
                continue
            if head["call"] == "fork":
                answer = processes.fork(head["socket"])
                if answer is None:
                    continue
            else:
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
