"""What comes after the kinds: choice of tasks, verifications, optimization, morphs."""

import time

from snowman_worker import project
from snowman_worker.kinds import sent
from snowman_worker.tasks import SentTask
from snowman_worker.wire import dumps, loads

_full = {}
_strategies = {}


def _graph(tasks, edges):
    from taskgraph.graph import Graph
    from taskgraph.taskgraph import TaskGraph

    return TaskGraph(tasks, Graph(frozenset(tasks), frozenset(edges)))


def full_graph(head, blobs):
    """Takes the tasks of the full graph that are not there yet."""
    store = sent(head["graph"])
    store.take(head["sent"], blobs)
    known = _full.get(head["graph"])
    if known is None or list(known) != head["labels"]:
        _full[head["graph"]] = store.of(head["labels"])
    return {}


def _of_labels(head):
    """The tasks of a phase up to the target graph, as a graph with or without edges."""
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


def target(head):
    """The labels that a filter keeps, or the target-tasks method if it is of that name."""
    from taskgraph.filter_tasks import filter_task_functions

    graph = _of_labels(head)
    parameters = project.parameters(head["graph"])
    kept = filter_task_functions[head["filter"]](graph, parameters, project.graph_config)
    return {"labels": list(dict.fromkeys(kept))}


def _own_verifications(phase):
    from snowman_worker.registered import _folders, _foreign
    from taskgraph.util.verify import verifications

    folders = tuple(_folders())
    listed = verifications._verifications.get(phase, [])
    return [one for one in listed if _foreign(getattr(one, "func", one), folders)]


def _verify(verification, arguments):
    """Runs a verification; in the oldest versions it is a plain function."""
    if hasattr(verification, "verify"):
        verification.verify(*arguments)
        return
    graph, graph_config = arguments[:2]
    scratch_pad = {}
    for task in [*graph.tasks.values(), None]:
        verification(task, graph, scratch_pad, graph_config)


def verify(head, blobs):
    """Runs the project's verifications of a phase; tells of each that fails."""
    from snowman_worker.errors import describe

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
        arguments = (_of_labels(head), project.graph_config, parameters)
    else:
        arguments = (_by_id(blobs), project.graph_config, parameters)
    wrong = []
    for one in _own_verifications(phase):
        try:
            _verify(one, arguments)
        except Exception as error:
            wrong.append([getattr(getattr(one, "func", one), "__name__", "verification"), describe(error)])
    return {"wrong": wrong}


def strategies(head):
    """Takes strategies that a parameter names in place of the registered ones."""
    from taskgraph.optimize.base import registry

    override = dict(project.find(head["override"])) if head["override"] else {}
    table = {**registry, **override}
    _strategies[head["graph"]] = table
    told = [
        [name, name in override, getattr(strategy, "description", None)]
        for name, strategy in table.items()
    ]
    return {"strategies": told}


def remove(head):
    strategy = _strategies[head["graph"]][head["strategy"]]
    task = _full[head["graph"]][head["label"]]
    parameters = project.parameters(head["graph"])
    return {"remove": bool(strategy.should_remove_task(task, parameters, head["argument"]))}


def replace(head):
    strategy = _strategies[head["graph"]][head["strategy"]]
    task = _full[head["graph"]][head["label"]]
    parameters = project.parameters(head["graph"])
    argument = head["argument"]
    if type(strategy).__name__ == "IndexSearch":
        argument = (argument, head["index"], head["statuses"])
    result = strategy.should_replace_task(task, parameters, head["deadline"], argument)
    return {"replace": result or False}


def _task_by_id(fields):
    task = SentTask.from_json(fields)
    task.task_id = fields.get("task_id")
    return task


def _by_id(blobs):
    tasks = {task_id: _task_by_id(fields) for task_id, fields in loads(blobs[0]).items()}
    # Edges lead to tasks of older graphs too.
    edges = [
        (task_id, other, name)
        for task_id, task in tasks.items()
        for name, other in task.dependencies.items()
    ]
    return _graph(tasks, edges)


def morph(head, blobs):
    """Runs the project's morphs, one after another."""
    from snowman_worker.registered import _folders, _foreign
    from taskgraph import morph as module

    folders = tuple(_folders())
    graph = _by_id(blobs)
    before = set(graph.tasks)
    labels = head["label_to_taskid"]
    parameters = project.parameters(head["graph"])
    for function in module.registered_morphs:
        if _foreign(function, folders):
            graph, labels = function(graph, labels, parameters, project.graph_config)
    # Graphs are written with their edges, whatever their tasks say.
    links = {}
    for left, right, name in sorted(graph.graph.edges):
        links.setdefault(left, {})[name] = right
    tasks = {}
    for task_id, task in graph.tasks.items():
        fields = task.to_json()
        fields["task_id"] = task_id
        fields["dependencies"] = links.get(task_id, {})
        tasks[task_id] = fields
    added = [[task_id, task["label"]] for task_id, task in tasks.items() if task_id not in before]
    return {"label_to_taskid": labels, "added": added}, [dumps(tasks)]


def phase(head):
    """Tells the project that a phase is over, or that one has failed."""
    from taskgraph import generator

    end = time.monotonic()
    generator.phase_finished(head["name"], end - head["seconds"], end)
    return {}
