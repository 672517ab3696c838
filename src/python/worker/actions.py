"""Lists the project's actions and runs their callbacks.

A callback creates, cancels and reruns tasks through the queue. Its changes are recorded instead of sent, and
returned, so that snowman sends them in the same way as its own. Queries reach the queue, and their answers show
the recorded changes as if they had been made.
"""

import contextlib
import sys

from snowman_worker import project, queue_requests
from snowman_worker.recorded import RecordedChanges


def _own_callbacks():
    """Returns the callbacks of the project: all of its own registry, or its own in taskgraph's."""
    from snowman_worker import entry
    from snowman_worker.registered import is_foreign, package_folders

    own_registry = entry.action_registry()
    if own_registry:
        return own_registry.callbacks()
    from taskgraph.actions import registry

    folders = tuple(package_folders())
    return {
        name: callback
        for name, callback in registry.callbacks.items()
        if is_foreign(callback, folders)
    }


def list_callbacks(head):
    """Returns the names of the project's callbacks, and whether they replace the built-in ones. Unlike
    `list_actions`, this runs no code that describes an action."""
    from snowman_worker import entry

    exclusive = entry.action_registry() is not None
    if not exclusive and "taskgraph.actions.registry" not in sys.modules:
        return {"callbacks": [], "exclusive": False}
    return {"callbacks": list(_own_callbacks()), "exclusive": exclusive}


def list_actions(head):
    """Returns the project's actions in the format of actions.json. If it has a registry of its own, these
    are all actions, in order."""
    from snowman_worker import entry

    own_registry = entry.action_registry()
    if not own_registry and "taskgraph.actions.registry" not in sys.modules:
        return {"actions": [], "document": None}
    if own_registry:
        listed = sorted(own_registry.actions(), key=lambda action: action.order)
    else:
        from taskgraph.actions import registry

        listed = registry.actions
    own = _own_callbacks()
    parameters = project.parameters(head["graph"])
    actions = []
    for action in listed:
        if action.cb_name not in own:
            continue
        rendered = action.action_builder(parameters, project.graph_config, head["decision"])
        if rendered:
            actions.append([action.order, action.cb_name, _permission(action), rendered])
    document = None
    if own_registry:
        document = own_registry.render(parameters, project.graph_config, head["decision"])
    return {"actions": actions, "document": document}


def _permission(action):
    """The permission that an action needs. Older versions only store whether it is generic."""
    if hasattr(action, "permission"):
        return action.permission
    return "generic" if action.generic else action.cb_name


def list_files(folder):
    """Returns the names and contents of the files below a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in found]
    return names, [path.read_bytes() for path in found]


def run_action(head):
    """Runs the callback of an action. Returns the changes that it requests and, if `collect` is set, the
    artifacts that it has written."""
    if not head["collect"]:
        return {"changes": _run_callback(head), "artifacts": []}
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        with _artifacts_in(folder):
            recorded = _run_callback(head)
        names, blobs = list_files(pathlib.Path(folder))
    return {"changes": recorded, "artifacts": names}, blobs


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


def _run_callback(head):
    from snowman_worker import decision_entry, entry, testing

    callback = _own_callbacks()[head["callback"]]
    parameters = project.parameters(head["graph"])
    recorded = RecordedChanges()
    decide = entry.find("decision", "taskgraph_decision")
    with contextlib.ExitStack() as stack:
        if head["testing"]:
            stack.enter_context(testing.enabled())
        stack.enter_context(requests_recorded(recorded, head["testing"]))
        stack.enter_context(_tasks_created_in_order())
        if decide:
            # A release promotion ends with a decision.
            decisions = decision_entry.Decisions(recorded)
            stack.enter_context(decision_entry.replaced((decide, decisions)))
        callback(parameters, project.graph_config, head["input"], head["group"], head["task"])
    return recorded.requests
