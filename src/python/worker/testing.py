"""Runs a callback in taskgraph's testing mode, as a test of an action does.

In this mode, taskgraph and projects change nothing, and taskgraph does not ask for the state of tasks either. Here,
they do what is recorded or harmless as they would otherwise, so a test shows what the action would do.
"""

import contextlib
import functools
import os
import types

from snowman_worker.decision_entry import replaced

# The functions of taskgraph that do not heed the mode, by module.
UNAFFECTED = {
    "create": ("create_task",),
    "util.taskcluster": (
        "cancel_task",
        "rerun_task",
        "state_task",
        "status_task",
        "status_task_batched",
    ),
}


@contextlib.contextmanager
def enabled():
    """Enables the mode for a while."""
    from taskgraph import create
    from taskgraph.util import taskcluster

    modules = {"create": create, "util.taskcluster": taskcluster}
    with contextlib.ExitStack() as stack:
        if "TASKCLUSTER_PROXY_URL" not in os.environ:
            stack.enter_context(replaced((taskcluster.get_root_url, _without_proxy(taskcluster))))
        pairs = []
        for name, module in modules.items():
            pairs += _not_testing(module, UNAFFECTED[name])
            stack.callback(setattr, module, "testing", module.testing)
            module.testing = True
        stack.enter_context(replaced(*pairs))
        yield


def _without_proxy(module):
    """Returns `get_root_url` for a test outside a task, which has no proxy."""
    given = module.get_root_url

    @functools.wraps(given)
    def get_root_url(*arguments, **named):
        # Versions before 18 insist on the proxy if their argument `use_proxy` is set.
        arguments = [False if argument is True else argument for argument in arguments]
        return given(*arguments, **{**named, **({"use_proxy": False} if "use_proxy" in named else {})})

    return get_root_url


def _not_testing(module, names):
    """Yields functions of a module, each with a copy that reads `testing` as false."""
    namespace = {**vars(module), "testing": False}
    for name in names:
        function = getattr(module, name, None)
        if isinstance(function, types.FunctionType) and function.__globals__ is vars(module):
            copied = types.FunctionType(
                function.__code__,
                namespace,
                function.__name__,
                function.__defaults__,
                function.__closure__,
            )
            copied.__kwdefaults__ = function.__kwdefaults__
            namespace[name] = functools.wraps(function)(copied)
            yield function, copied
