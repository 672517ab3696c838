"""The project: its graph config, what it registers, and what it has changed of taskgraph."""

import importlib
import logging
import os
import sys

from snowman_worker.wire import NotPlain, dumps, loads

# The parameters that came after the first versions of taskgraph.
LATER = (
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
    """Makes the graph config and has the project register what it adds."""
    global graph_config, root, top, original
    from taskgraph.config import GraphConfig, load_graph_config

    # These say what this program says too.
    for name in ("taskgraph.generator", "taskgraph.parameters"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.root.setLevel(head["level"])
    _fix_ids()
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
    """Whether what the project registers brings the action that promotes releases."""
    registry = sys.modules.get("taskgraph.actions.registry")
    known = registry.callbacks if registry else {}
    return "release-promotion" in known


def _fix_ids():
    """Has taskIds drawn in an order that is the same in each run of one task."""
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

    # The package gets it from its module.
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


def bring_in(head):
    """Imports modules, so that what they register on import is there."""
    failed = []
    for reference in head["references"]:
        try:
            find(reference)
        except Exception as error:
            from snowman_worker.errors import describe

            failed.append([reference, describe(error)])
    from snowman_worker.registered import registered

    return {"failed": failed, "found": registered(top, True)}


def found(head):
    """What is registered by now."""
    from snowman_worker.registered import registered

    return {"found": registered(top, False)}


def find(reference):
    """The object of a reference in a kind."""
    if ":" not in reference:
        reference += ":transforms"
    module, _, path = reference.partition(":")
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def parameters(name, values=None):
    """The parameters of a graph; they are sent once."""
    if values is not None:
        from taskgraph.parameters import Parameters

        _parameters[name] = Parameters(strict=True, **values)
    return _parameters[name]


def fill_parameters(head):
    """Lays the defaults of the project under parameters, and checks them as it wants them."""
    from taskgraph.parameters import Parameters, defaults_functions

    values = head["values"]
    if not head["strict"]:
        for function in defaults_functions[1:]:
            for name, value in function(head["repository"]).items():
                if name not in head["given"]:
                    values[name] = value() if callable(value) else value
    # What is made of them here and an older taskgraph does not know is none of its business.
    unknown = {name: values.pop(name) for name in _unknown() if name in values}
    # One that is not strict would look its defaults up in version control again.
    made = Parameters(strict=True, **values)
    made.strict = head["strict"]
    made.check()
    return {"values": {**made, **unknown}}


def _unknown():
    """The parameters that every graph has and that the installed taskgraph does not know yet."""
    from taskgraph.parameters import base_schema

    known = getattr(base_schema, "schema", None)
    if not isinstance(known, dict):
        return []
    known = {str(name) for name in known}
    return [name for name in LATER if name not in known]


def base(head):
    """The base of a push as the installed taskgraph computes it. Later versions use the given one."""
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
    """Has the project change the parameters of a decision."""
    values = head["values"]
    find(head["function"])(graph_config, values)
    return {"values": values}


def version(head):
    """Has the project find the version of a release."""
    return {"version": find(head["function"])(head["values"])}
