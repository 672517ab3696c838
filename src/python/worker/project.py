"""Loads the project: its graph config, its extensions, and its parameters."""

import gc
import importlib
import logging
import os
import sys

from snowman_worker import hot_lines, originals, watch
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
entry = None
entry_is_named = False
root = None
top = None
original = None
_parameters = {}


def load(head):
    """Loads the graph config and runs the project's registration function.

    A program that is built on taskgraph is imported before it reads config.yml, so the module of that
    function is imported first: it may bring another schema. If the graph config violates the built-in
    schema, the schema in use decides; nothing is registered if it agrees.
    """
    global entry, entry_is_named, graph_config, root, top, original
    if head["watch"]:
        watch.install(os.path.realpath(head["top"]))
    if head["timed"]:
        hot_lines.start(head["root"], os.path.realpath(head["top"]))
    from taskgraph import config as module

    # snowman logs the same messages as these.
    for name in ("taskgraph.generator", "taskgraph.parameters"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.root.setLevel(head["level"])
    _make_ids_deterministic()
    if head["fast"]:
        import taskgraph

        taskgraph.fast = True
    root, top = head["root"], os.path.realpath(head["top"])
    _import_registration(head["config"])
    own_schema = originals.is_replaced(module, "graph_config_schema")
    if head["violates_schema"] and not own_schema:
        try:
            module.validate_graph_config(head["config"])
        except Exception:
            return {"own_schema": False}
        own_schema = True
    if originals.is_replaced(module, "graph_config_schema"):
        try:
            module.validate_graph_config(head["config"])
        except Exception as error:
            return {"own_schema": True, "violations": _violations(error)}
    if not head["native"]:
        graph_config = module.load_graph_config(root)
    else:
        graph_config = module.GraphConfig(head["config"], root_dir=root)
    original = dumps(_config())
    graph_config.register()
    entry_is_named = bool(head["entry"])
    entry = head["entry"] or _module_of(_registration(head["config"].get("taskgraph")))
    _collect_garbage()
    return {"config": _changed_config(), "own_schema": own_schema, "promotes": _promotes()}


def _violations(error):
    """Returns the lines of a schema's error, without the value that taskgraph adds to them."""
    lines = str(error).splitlines()
    ends = [index for index, line in enumerate(lines) if line.startswith("{")]
    return lines[: ends[0]] if ends else lines


def _registration(section):
    """Returns the reference to the project's registration function in the section `taskgraph`."""
    reference = section.get("register") if isinstance(section, dict) else None
    return reference if isinstance(reference, str) else None


def _module_of(reference):
    return reference.partition(":")[0] if reference else None


def _import_registration(config):
    """Imports the module of the registration function with the path that the function will have."""
    reference = _registration(config.get("taskgraph"))
    if not reference:
        return
    folder = os.path.abspath(root)
    sys.path.insert(0, folder)
    try:
        importlib.import_module(_module_of(reference))
    except Exception:
        # The registration itself fails in the same way.
        pass
    finally:
        sys.path.remove(folder)


def _collect_garbage():
    """Starts collecting garbage, apart from what has been loaded so far."""
    gc.freeze()
    # Generating tasks makes many objects, of which few are garbage. Those of this number do not need much memory.
    gc.set_threshold(200_000, 10, 10)
    gc.enable()


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
        watch.note("draws a taskId", False)
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
    gc.disable()
    failed = []
    for reference in head["references"]:
        try:
            find(reference)
        except Exception as error:
            from snowman_worker.errors import describe

            failed.append([reference, describe(error)])
    from snowman_worker.registered import list_registered

    _collect_garbage()
    return {"failed": failed, "registered": list_registered(top, True)}


def registered(head):
    """Returns the extensions that are registered."""
    from snowman_worker.registered import list_registered

    return {"registered": list_registered(top, False)}


def state(head):
    """Returns what is registered, how much memory this process takes, and whether what kinds have left in it
    may be needed."""
    from snowman_worker import processes

    return {"memory": processes.memory(), **registered(head)}


def find(reference):
    """Returns the object that a reference in a kind names."""
    if ":" not in reference:
        reference += ":transforms"
    module, _, path = reference.partition(":")
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found


def parameters(name, values=None, strict=True):
    """Returns the parameters of a graph, which are sent once."""
    if values is not None:
        from taskgraph.parameters import Parameters

        # Without `strict`, it would add defaults.
        _parameters[name] = Parameters(strict=True, **values)
        _parameters[name].strict = strict
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
    set_arguments(head["arguments"])
    find(head["function"])(graph_config, values)
    return {"values": values}


def set_arguments(arguments):
    """Makes the flags of a decision known where a program would have them."""
    sys.argv = ["taskgraph", *arguments]


def parse_version(head):
    """Runs the project's `version-parser`."""
    return {"version": find(head["function"])(head["values"])}
