"""Runs kinds: the project's part of their pipelines, or whole kinds."""

import inspect

from snowman_worker import project, watch
from snowman_worker.division import Division
from snowman_worker.edge_trail import EdgeTrail, traced_kind
from snowman_worker.oddities import Oddities, name_of
from snowman_worker.registered import registered_later
from snowman_worker.tasks import ReceivedTasks
from snowman_worker.wire import NotPlain, dumps, loads, where

# The number of items or tasks in one blob.
BLOB_SIZE = 32

_received = {}
_running = {}


def received(graph):
    return _received.setdefault(graph, ReceivedTasks())


class RunningKind:
    """A kind whose pipeline is running."""

    def __init__(self, head):
        graph = head["graph"]
        self.name = head["kind"]
        self.path = head["path"]
        self.config = head["config"]
        self.parameters = project.parameters(graph)
        self.dependencies = received(graph).make_all(head["dependencies"])
        self.write_artifacts = head["write_artifacts"]
        self.items = None
        self.oddities = None
        self.trail = EdgeTrail() if head.get("traced") else None
        self._transform_config = None

    def transform_config(self):
        if self._transform_config is None:
            from taskgraph.transforms.base import TransformConfig

            self._transform_config = TransformConfig(
                self.name,
                self.path,
                self.config,
                self.parameters,
                self.dependencies,
                project.graph_config,
                write_artifacts=self.write_artifacts,
            )
        return self._transform_config

    def load(self, reference):
        loader = project.find(reference)
        arguments = [
            self.name,
            self.path,
            self.config,
            self.parameters,
            list(self.dependencies.values()),
        ]
        if "write_artifacts" in inspect.signature(loader).parameters:
            arguments.append(self.write_artifacts)
        return loader(*arguments)


def receive_tasks(head, blobs):
    """Receives tasks for later calls."""
    received(head["graph"]).add(head["sent"], blobs)
    return {}


def known_labels(head):
    """Returns the labels of the tasks that were sent before."""
    return {"labels": list(received(head["graph"]).parts)}


def begin_kind(head, blobs):
    received(head["graph"]).add(head["sent"], blobs)
    _running[head["graph"], head["kind"]] = RunningKind(head)
    return {}


def end_kind(head):
    _running.pop((head["graph"], head["kind"]), None)
    return {}


def load_kind(head):
    """Runs a loader. Its items are only read when a transform asks for them."""
    kind = _running[head["graph"], head["kind"]]
    kind.items = kind.load(head["loader"])
    if kind.trail:
        kind.items = kind.trail.loaded(kind.items, head["loader"])
    return {"transforms": kind.config["transforms"]}


def run_transforms(head, blobs):
    """Runs transforms on the items that are sent, or on those that are still in this process."""
    kind = _running[head["graph"], head["kind"]]
    sent_items = [item for blob in blobs for item in loads(blob)]
    items = kind.items if head["in_worker"] else list(sent_items)
    kind.items = None
    origins = {id(item): index for index, item in enumerate(sent_items)}
    config = kind.transform_config()
    oddities = kind.oddities if head["in_worker"] else None
    for item in sent_items if kind.trail else ():
        # What has changed it before is known.
        kind.trail.enter(item)
    for reference in head["transforms"]:
        transform = project.find(reference)
        if kind.trail:
            transform = kind.trail.step(transform, reference)
        items = transform(config, items)
        if items is None:
            raise Exception("the transform %s returns None instead of a sequence of tasks" % reference)
        oddities = Oddities(reference, oddities)
        items = oddities.passed(items)
    items = list(items)
    source = kind.trail.source if kind.trail else lambda item: item
    numbers = [origins.get(id(source(item))) for item in items]
    try:
        # Blobs are read in parallel.
        data = [dumps(items[start : start + BLOB_SIZE]) for start in range(0, len(items), BLOB_SIZE)]
    except NotPlain as error:
        reason = str(error)
        for item in items:
            if where(item):
                reason = "task `%s`: %s" % (name_of(item), where(item))
                break
        kind.items, kind.oddities = items, oddities
        return {"reason": reason}
    answer = {"origins": numbers, "odd": oddities.found if oddities else []}
    if kind.trail:
        answer["changes"] = [kind.trail.changes(item) for item in items]
        answer["roots"] = [kind.trail.root(item) for item in items]
    return answer, data


def generate_kind(head, blobs):
    """Generates all tasks of a kind with taskgraph's own code."""
    from taskgraph import generator

    if watch.is_installed:
        # What has been noted since the last kind concerns the modules that were imported.
        watch.report()
        before = registered_later()
    graph = head["graph"]
    received(graph).add(head["sent"], blobs)
    division = Division()
    kind = division.kind(generator, head["config"].get("transforms", []))
    kind = kind(head["kind"], head["path"], head["config"], project.graph_config)
    dependencies = received(graph).make_all(head["dependencies"])
    names = list(inspect.signature(kind.load_tasks).parameters)
    if "kind_dependencies_tasks" not in names:
        dependencies = list(dependencies.values())
    tasks = kind.load_tasks(project.parameters(graph), dependencies, head["write_artifacts"])
    division.end()
    answer = {"count": len(tasks)}
    blobs = list(_taken_blobs(tasks))
    if watch.is_installed:
        if registered_later() != before:
            watch.note_registration()
        answer.update(watch.report())
    return answer, blobs


def trace_kind(head, blobs):
    """Generates a kind with taskgraph's own code once more, and returns what has changed the dependencies of its
    tasks."""
    from taskgraph import generator

    graph = head["graph"]
    received(graph).add(head["sent"], blobs)
    trail = EdgeTrail()
    items = []
    kind = traced_kind(generator, trail, head["config"], items)
    kind = kind(head["kind"], head["path"], head["config"], project.graph_config)
    dependencies = received(graph).make_all(head["dependencies"])
    names = list(inspect.signature(kind.load_tasks).parameters)
    if "kind_dependencies_tasks" not in names:
        dependencies = list(dependencies.values())
    kind.load_tasks(project.parameters(graph), dependencies, False)
    traced = [
        {"label": item.get("label"), "root": trail.root(item), "changes": trail.changes(item)}
        for item in items
    ]
    return {"traced": traced}


def _taken_blobs(tasks):
    """Serializes tasks, each of which is freed then."""
    tasks.reverse()
    while tasks:
        taken = [tasks.pop().to_json() for _ in range(min(BLOB_SIZE, len(tasks)))]
        yield dumps(taken)
