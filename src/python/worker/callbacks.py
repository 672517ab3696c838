"""Runs the callbacks of the project's actions.

A callback creates, cancels and reruns tasks through the queue. Its changes are recorded instead of sent, and
returned, so that snowman sends them in the same way as its own. Queries reach the queue, and their answers show
the recorded changes as if they had been made. If a callback makes a decision, snowman makes it while the callback
waits: this process answers the calls of the decision meanwhile, with what the callback has changed in it.
"""

import contextlib
import os
import sys

from snowman_worker import project, queue_requests
from snowman_worker.recorded import RecordedChanges


def list_files(folder):
    """Returns the names and contents of the files below a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in found]
    return names, [path.read_bytes() for path in found]


def run_action(head):
    """Runs the callback of an action. Returns the changes that it requests and, if `collect` is set, the
    artifacts that it has written; or what it raises. In either case, returns the requests that it has sent."""
    import pathlib
    import tempfile

    from snowman_worker.errors import describe

    recorded = RecordedChanges()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory()) if head["collect"] else None
        try:
            _run_callback(head, recorded, folder)
        except (Exception, SystemExit) as error:
            return {"failed": describe(error), "sent": recorded.sent}
        names, blobs = list_files(pathlib.Path(folder)) if folder else ([], [])
    return {"changes": recorded.requests, "artifacts": names, "sent": recorded.sent}, blobs


@contextlib.contextmanager
def _artifacts_in(folder):
    """Redirects artifacts to a folder: taskgraph's, and those that the entry's decision writes itself."""
    from snowman_worker import entry
    from taskgraph import decision
    from taskgraph.transforms import docker_image

    decide = entry.find("decision", "taskgraph_decision")
    modules = [decision] + ([sys.modules[decide.__module__]] if decide else [])
    given = [(module, module.ARTIFACTS_DIR) for module in modules if hasattr(module, "ARTIFACTS_DIR")]
    contexts = docker_image.CONTEXTS_DIR
    for module, name in given:
        module.ARTIFACTS_DIR = type(name)(folder)
    docker_image.CONTEXTS_DIR = "%s/%s" % (folder, contexts)
    try:
        yield
    finally:
        for module, name in given:
            module.ARTIFACTS_DIR = name
        docker_image.CONTEXTS_DIR = contexts


@contextlib.contextmanager
def requests_recorded(recorded, testing):
    """Records the changes of tasks that are requested."""
    import requests

    session = requests.Session
    given = session.request
    session.request = queue_requests.recording(recorded, given, testing)
    try:
        yield
    finally:
        session.request = given


class _ImmediateFutures:
    """`concurrent.futures`, with an executor that runs everything at once.

    Changes are only recorded, so threads would not save time, but make the order depend on chance. That order
    determines the taskIds of duplicates, which must be the same if the action runs again.
    """

    def __getattr__(self, name):
        from concurrent import futures

        return getattr(futures, name)

    class ThreadPoolExecutor:
        def __init__(self, *arguments, **named):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def submit(self, function, *arguments, **named):
            from concurrent import futures

            future = futures.Future()
            try:
                future.set_result(function(*arguments, **named))
            except Exception as error:
                future.set_exception(error)
            return future


@contextlib.contextmanager
def _tasks_created_in_order():
    from taskgraph import create

    given = create.futures
    create.futures = _ImmediateFutures()
    try:
        yield
    finally:
        create.futures = given


class _Suspendable:
    """Contexts that can be left for a while."""

    def __init__(self):
        self.makers = []
        self.stack = None

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        for make in self.makers:
            self.stack.enter_context(make())

    def __exit__(self, *_):
        self.stack.close()

    @contextlib.contextmanager
    def suspended(self):
        self.stack.close()
        yield
        self.__enter__()


class _Decisions:
    """The function that makes a decision, while a callback runs: snowman makes the decision."""

    def __init__(self, recorded, replacements, checks):
        self.recorded = recorded
        self.checks = checks
        self.replacements = replacements
        self.environment = dict(os.environ)

    def _changed_variables(self):
        names = sorted({*self.environment, *os.environ})
        now = {name: os.environ.get(name) for name in names}
        return {name: value for name, value in now.items() if value != self.environment.get(name)}

    def __call__(self, options, parameters=None):
        from snowman_worker import entry, main, processes

        if callable(parameters):
            parameters = parameters(project.graph_config)
        if parameters is None:
            from taskgraph import decision

            find = entry.find("decision", "get_decision_parameters") or decision.get_decision_parameters
            parameters = find(project.graph_config, options)
        # taskgraph's own function decides with parameters that its schema does not know, too.
        if self.checks:
            parameters.check()
        request = {"decide": dict(parameters), "environment": self._changed_variables()}
        sys.stdout.flush()
        # Sessions open connections again when they need them; a copy of this process cannot share them.
        for session in list(self.recorded.sessions.values()):
            session.close()
        with self.replacements.suspended():
            processes.pipe.write({"answer": {**request, "sent": self.recorded.sent}})
            main.answer_calls(processes.pipe, "resume_action")


def _run_callback(head, recorded, folder):
    from snowman_worker import entry, testing
    from snowman_worker.actions import own_callbacks
    from snowman_worker.decision_entry import replaced
    from taskgraph import decision

    callback = own_callbacks()[head["callback"]]
    parameters = project.parameters(head["graph"])
    decide = entry.find("decision", "taskgraph_decision")
    is_own = decide is not None
    if not is_own and head["decides"]:
        decide = decision.taskgraph_decision
    # These concern the callback, not what snowman does while it waits.
    replacements = _Suspendable()
    if folder:
        replacements.makers.append(lambda: _artifacts_in(folder))
    if decide:
        decisions = _Decisions(recorded, replacements, checks=is_own)
        replacements.makers.append(lambda: replaced((decide, decisions)))
    with contextlib.ExitStack() as stack:
        if head["testing"]:
            stack.enter_context(testing.enabled())
        stack.enter_context(requests_recorded(recorded, head["testing"]))
        stack.enter_context(_tasks_created_in_order())
        stack.enter_context(replacements)
        callback(parameters, project.graph_config, head["input"], head["group"], head["task"])
