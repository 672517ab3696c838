"""Runs the project's part of the phases after the kinds: filters, verifications, strategies and morphs."""

import time

from snowman_worker import code_places, project, registered
from snowman_worker.kinds import received
from snowman_worker.strategy_log import strategy_log
from snowman_worker.tasks import ReceivedTask
from snowman_worker.wire import dumps, loads

_full = {}
_strategies = {}


def _graph(tasks, edges):
    from taskgraph.graph import Graph
    from taskgraph.taskgraph import TaskGraph

    return TaskGraph(tasks, Graph(frozenset(tasks), frozenset(edges)))


def full_graph(head, blobs):
    """Receives the tasks of the full graph that were not sent before."""
    store = received(head["graph"])
    store.add(head["sent"], blobs)
    known = _full.get(head["graph"])
    if known is None or list(known) != head["labels"]:
        _full[head["graph"]] = store.make_all(head["labels"])
    return {}


def graph_by_label(head):
    """Builds the graph of a phase up to the target task graph, with or without edges."""
    full = _full[head["graph"]]
    tasks = {label: full[label] for label in head["labels"]}
    edges = ()
    if head["edges"]:
        edges = [
            (label, other, name)
            for label, task in tasks.items()
            for name, other in task.dependencies.items()
            if other in tasks
        ]
    return _graph(tasks, edges)


def filter_tasks(head):
    """Returns the labels that a filter keeps, and the tasks that it has changed. The target-tasks method is
    one of the filters."""
    from taskgraph.filter_tasks import filter_task_functions

    graph = graph_by_label(head)
    parameters = project.parameters(head["graph"])
    function = filter_task_functions[head["filter"]]
    kept = function(graph, parameters, project.graph_config)
    if head["filter"] == "target_tasks_method":
        function = registered.table("target_tasks", "_target_task_methods").get(
            parameters["target_tasks_method"], function
        )
    store = received(head["graph"])
    changed = [
        {**task.to_json(), "label": label}
        for label, task in graph.tasks.items()
        if store.is_changed(label, task)
    ]
    answer = {"labels": list(dict.fromkeys(kept)), "function": code_places.described(function)}
    return answer, [dumps(changed)]


def _verifications(phase, skipped):
    """Returns the verifications of a phase, except those of taskgraph with the skipped names."""
    from snowman_worker.registered import (
        function_of,
        is_foreign,
        name_of,
        package_folders,
        verifications_in_use,
    )

    folders = tuple(package_folders())
    return [
        one
        for one in (verifications_in_use() or {}).get(phase, ())
        if is_foreign(function_of(one), folders) or name_of(function_of(one)) not in skipped
    ]


def _verify(verification, arguments):
    """Runs a verification. In the oldest versions of taskgraph it is a plain function."""
    if hasattr(verification, "verify"):
        verification.verify(*arguments)
        return
    graph, graph_config = arguments[:2]
    scratch_pad = {}
    for task in [*graph.tasks.values(), None]:
        verification(task, graph, scratch_pad, graph_config)


def verify(head, blobs):
    """Runs the verifications of a phase, except the built-in ones. Returns those that fail."""
    from snowman_worker.errors import describe
    from snowman_worker.registered import function_of, name_of

    phase = head["phase"]
    parameters = project.parameters(head["graph"])
    if phase == "initial":
        arguments = ()
    elif phase == "graph_config":
        arguments = (project.graph_config,)
    elif phase == "parameters":
        arguments = (parameters,)
    elif phase == "kinds":
        from taskgraph.generator import Kind

        kinds = {
            name: Kind(name, path, config, project.graph_config)
            for name, path, config in head["kinds"]
        }
        arguments = (kinds,)
    elif "labels" in head:
        arguments = (graph_by_label(head), project.graph_config, parameters)
    else:
        arguments = (graph_by_id(blobs), project.graph_config, parameters)
    failed = []
    for verification in _verifications(phase, head["skip"]):
        try:
            _verify(verification, arguments)
        except Exception as error:
            failed.append([name_of(function_of(verification)), describe(error)])
    return {"failed": failed}


def strategies(head):
    """Replaces registered strategies by those that a parameter names."""
    from taskgraph.optimize.base import registry

    override = dict(project.find(head["override"])) if head["override"] else {}
    table = {**registry, **override}
    _strategies[head["graph"]] = table
    listed = [
        [name, name in override, getattr(strategy, "description", None)]
        for name, strategy in table.items()
    ]
    return {"strategies": listed}


def should_remove(head):
    strategy = _strategies[head["graph"]][head["strategy"]]
    task = _full[head["graph"]][head["label"]]
    parameters = project.parameters(head["graph"])
    with strategy_log(head.get("traced")) as lines:
        removed = strategy.should_remove_task(task, parameters, head["argument"])
    return {"should_remove": bool(removed), "log": lines}


def should_replace(head):
    strategy = _strategies[head["graph"]][head["strategy"]]
    task = _full[head["graph"]][head["label"]]
    parameters = project.parameters(head["graph"])
    argument = head["argument"]
    if type(strategy).__name__ == "IndexSearch":
        argument = (argument, head["index"], head["statuses"])
    with strategy_log(head.get("traced")) as lines:
        result = strategy.should_replace_task(task, parameters, head["deadline"], argument)
    return {"should_replace": result or False, "log": lines}


def graph_by_id(blobs):
    """Builds the graph of a phase from the optimized task graph on. The dependencies of its tasks are those
    that the installed taskgraph gives them. Replaced tasks and soft dependencies are no edges."""
    tasks, edges = {}, []
    for task_id, fields in loads(blobs[0]).items():
        task = tasks[task_id] = ReceivedTask.from_json(fields)
        task.task_id = task_id
        links = fields.get("edges", task.dependencies)
        edges.extend((task_id, other, name) for name, other in links.items())
    return _graph(tasks, edges)


def _write_rank_as_text(task):
    """Makes the rank of an index task a string. Before 24.2 it is a number, which no worker accepts."""
    environment = (task.task.get("payload") or {}).get("env") or {}
    rank = environment.get("INDEX_RANK")
    if isinstance(rank, int):
        environment["INDEX_RANK"] = str(rank)


def morph(head, blobs):
    """Runs the morphs in order, from the first that has not been applied yet."""
    from taskgraph import morph as module

    graph = graph_by_id(blobs)
    before = set(graph.tasks)
    labels = head["label_to_taskid"]
    parameters = project.parameters(head["graph"])
    for function in module.registered_morphs[head["skip"] :]:
        graph, labels = function(graph, labels, parameters, project.graph_config)
    links = {}
    for left, right, name in sorted(graph.graph.edges):
        links.setdefault(left, {})[name] = right
    tasks = {}
    for task_id, task in graph.tasks.items():
        if task_id not in before:
            _write_rank_as_text(task)
        fields = task.to_json()
        fields["task_id"] = task_id
        fields["edges"] = links.get(task_id, {})
        tasks[task_id] = fields
    added = [[task_id, task["label"]] for task_id, task in tasks.items() if task_id not in before]
    return {"label_to_taskid": labels, "added": added}, [dumps(tasks)]


def phase_finished(head):
    """Calls the project's `phase_finished` when a phase has ended or failed."""
    from taskgraph import generator

    end = time.monotonic()
    generator.phase_finished(head["name"], end - head["seconds"], end)
    return {}
