"""Runs what a project's own entry does in a decision: its parameters, and the artifacts that it writes in
addition to taskgraph's."""

import contextlib
import os
import pathlib
import sys
import tempfile
import types

from snowman_worker import entry, project

# The artifacts that snowman writes itself, with the same content.
STANDARD = (
    "actions.json",
    "full-task-graph.json",
    "label-to-taskid.json",
    "parameters.yml",
    "target-tasks.json",
    "task-graph.json",
)


def entry_parameters(head):
    """Computes the parameters of a decision from the options of the command line, if the entry has a
    function for that."""
    function = entry.find("decision", "get_decision_parameters")
    if function is None:
        return {"values": None}
    project.set_arguments(head["arguments"])
    return {"values": dict(function(project.graph_config, dict(head["options"])))}


class GeneratedGraphs:
    """What a decision reads of taskgraph's generator, when the graphs have been generated."""

    def __init__(self, graphs):
        self.__dict__.update(graphs)

    def __getattr__(self, name):
        raise AttributeError("snowman does not offer `%s` of the generator to a decision" % name)


def _replace_everywhere(old, new):
    """Replaces an object in all modules that have it by a name. Returns what undoes it."""
    found = []
    for module in list(sys.modules.values()):
        if not isinstance(module, types.ModuleType):
            continue
        # This does not execute a module that has only been found so far.
        for key, value in list(object.__getattribute__(module, "__dict__").items()):
            if value is old:
                setattr(module, key, new)
                found.append((module, key))

    def undo():
        for module, key in found:
            setattr(module, key, old)

    return undo


@contextlib.contextmanager
def replaced(*pairs):
    """Replaces objects for a while."""
    with contextlib.ExitStack() as stack:
        for old, new in pairs:
            stack.callback(_replace_everywhere(old, new))
        yield


def _without_standard(write):
    """Wraps the entry's `write_artifact`: what snowman writes is left out."""

    def write_artifact(filename, *arguments, **named):
        if filename not in STANDARD:
            return write(filename, *arguments, **named)
        return None

    return write_artifact


def entry_artifacts(head, blobs):
    """Runs the entry's decision on the generated graphs, without creating tasks. Returns the artifacts
    that it writes."""
    from snowman_worker import graphs
    from snowman_worker.callbacks import list_files, requests_recorded
    from snowman_worker.recorded import RecordedChanges
    from taskgraph import create, generator

    decide = entry.find("decision", "taskgraph_decision")
    module = sys.modules[decide.__module__]
    parameters = project.parameters(head["graph"])
    full = graphs.graph_by_label({"graph": head["graph"], "labels": head["full"], "edges": True})
    target = {"graph": head["graph"], "labels": head["targets"], "edges": False}
    generated = GeneratedGraphs(
        {
            "parameters": parameters,
            "graph_config": project.graph_config,
            "full_task_set": graphs.graph_by_label({**target, "labels": head["full"]}),
            "full_task_graph": full,
            "target_task_set": graphs.graph_by_label(target),
            "morphed_task_graph": graphs.graph_by_id(blobs),
            "label_to_taskid": head["label_to_taskid"],
        }
    )
    pairs = [
        (generator.TaskGraphGenerator, lambda *arguments, **named: generated),
        (create.create_tasks, lambda *arguments, **named: None),
    ]
    write = getattr(module, "write_artifact", None)
    if write is not None:
        pairs.append((write, _without_standard(write)))
    testing, folder_name = create.testing, getattr(module, "ARTIFACTS_DIR", None)
    # A dry run need not be in a task.
    task_id = os.environ.get("TASK_ID")
    os.environ.setdefault("TASK_ID", head["decision"])
    with tempfile.TemporaryDirectory() as folder:
        # In testing mode, entries do not index their decision task.
        create.testing = head["testing"]
        if folder_name is not None:
            module.ARTIFACTS_DIR = type(folder_name)(folder)
        try:
            with replaced(*pairs), requests_recorded(RecordedChanges(), head["testing"]):
                decide({"root": project.root}, parameters=parameters)
        finally:
            create.testing = testing
            if task_id is None:
                del os.environ["TASK_ID"]
            if folder_name is not None:
                module.ARTIFACTS_DIR = folder_name
        names, contents = list_files(pathlib.Path(folder))
    kept = [index for index, name in enumerate(names) if name not in STANDARD]
    return {"artifacts": [names[index] for index in kept]}, [contents[index] for index in kept]
