"""Loads the project: its graph config, its extensions, and its parameters."""

import importlib
import logging
import os
import sys

from snowman_worker.wire import NotPlain, dumps, loads

# The parameters that were added after the first versions of taskgraph.
ADDED_PARAMETERS = (
    "base_ref",
    "base_rev",
    "build_number",
    "enable_always_target",
    "files_changed",
    "next_version",
    "optimize_strategies",
    "version",
)

graph_config = None
root = None
top = None
original = None
_parameters = {}


def load(head):
    """Loads the graph config and runs the project's registration function."""
    global graph_config, root, top, original
    from taskgraph.config import GraphConfig, load_graph_config

    # snowman logs the same messages as these.
    for name in ("taskgraph.generator", "taskgraph.parameters"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.root.setLevel(head["level"])
    _make_ids_deterministic()
    if head["fast"]:
        import taskgraph

        taskgraph.fast = True
    root, top = head["root"], os.path.realpath(head["top"])
    if head["native"]:
        config = head["config"]
        graph_config = GraphConfig(config, root_dir=root)
    else:
        graph_config = load_graph_config(root)
    original = dumps(_config())
    graph_config.register()
    return {"config": _changed_config(), "promotes": _promotes()}


def _promotes():
    """Returns whether the project registers an action `release-promotion`."""
    registry = sys.modules.get("taskgraph.actions.registry")
    known = registry.callbacks if registry else {}
    return "release-promotion" in known


def _make_ids_deterministic():
    """Makes slugid yield the same taskIds in each run of a task."""
    import base64
    import hashlib
    import itertools

    try:
        import slugid
    except ImportError:
        return
    start = os.environ.get("TASK_ID", "")
    numbers = itertools.count()

    def nice():
        text = "%s/%d" % (start, next(numbers))
        digest = bytearray(hashlib.sha256(text.encode("utf-8")).digest()[:16])
        digest[0] &= 0x7F
        digest[6] = digest[6] & 0x0F | 0x40
        digest[8] = digest[8] & 0x3F | 0x80
        return base64.urlsafe_b64encode(bytes(digest)).decode("ascii")[:22]

    # The package imports the function from its module.
    for module in (slugid, sys.modules.get("slugid.slugid")):
        if module is not None:
            module.nice = nice


def _config():
    return getattr(graph_config, "_config", None)


def _changed_config():
    try:
        now = dumps(_config())
    except NotPlain:
        return None
    return loads(now) if now != original else None


def import_modules(head):
    """Imports modules that register extensions."""
    failed = []
    for reference in head["references"]:
        try:
            find(reference)
        except Exception as error:
            from snowman_worker.errors import describe

            failed.append([reference, describe(error)])
    from snowman_worker.registered import list_registered

    return {"failed": failed, "registered": list_registered(top, True)}


def registered(head):
    """Returns the extensions that are registered."""
    from snowman_worker.registered import list_registered

    return {"registered": list_registered(top, False)}


def find(reference):
    """Returns the object that a reference in a kind names."""
    if ":" not in reference:
        reference += ":transforms"
    module, _, path = reference.partition(":")
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def parameters(name, values=None):
    """Returns the parameters of a graph, which are sent once."""
    if values is not None:
        from taskgraph.parameters import Parameters

        _parameters[name] = Parameters(strict=True, **values)
    return _parameters[name]


def fill_parameters(head):
    """Adds the project's defaults to parameters, and checks them with the project's schema."""
    from taskgraph.parameters import Parameters, defaults_functions

    values = head["values"]
    if not head["strict"]:
        for function in defaults_functions[1:]:
            for name, value in function(head["repository"]).items():
                if name not in head["given"]:
                    values[name] = value() if callable(value) else value
    # An older taskgraph would refuse parameters that were added after it.
    unknown = {name: values.pop(name) for name in _unknown_parameters() if name in values}
    # Without `strict`, it would read its defaults from version control again.
    checked = Parameters(strict=True, **values)
    checked.strict = head["strict"]
    checked.check()
    return {"values": {**checked, **unknown}}


def _unknown_parameters():
    """Returns the parameters that the installed taskgraph does not know yet."""
    from taskgraph.parameters import base_schema

    known = getattr(base_schema, "schema", None)
    if not isinstance(known, dict):
        return []
    known = {str(name) for name in known}
    return [name for name in ADDED_PARAMETERS if name not in known]


def base_revision(head):
    """Computes the base of a push as the installed taskgraph does. Later versions use the given one."""
    from taskgraph import decision

    values = head["values"]
    if not hasattr(decision, "_determine_more_accurate_base_rev"):
        return {"values": values}
    repository = decision.get_repository(os.getcwd())
    base_ref = decision._determine_more_accurate_base_ref(
        repository,
        candidate_base_ref=values["base_ref"],
        head_ref=values["head_ref"],
        base_rev=values["base_rev"],
    )
    base_rev = decision._determine_more_accurate_base_rev(
        repository,
        base_ref=base_ref,
        candidate_base_rev=values["base_rev"],
        head_rev=values["head_rev"],
        env_prefix=decision._get_env_prefix(graph_config),
    )
    return {"values": {**values, "base_ref": base_ref, "base_rev": base_rev}}


def decision_parameters(head):
    """Runs the project's function that changes the parameters of a decision."""
    values = head["values"]
    find(head["function"])(graph_config, values)
    return {"values": values}


def parse_version(head):
    """Runs the project's `version-parser`."""
    return {"version": find(head["function"])(head["values"])}
