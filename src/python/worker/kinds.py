"""Kinds: the parts of their pipelines that are the project's own, or all of them."""

import inspect

from snowman_worker import project
from snowman_worker.tasks import Sent
from snowman_worker.wire import NotPlain, dumps, loads, where

# How many items or tasks go into one blob.
PART = 32

_sent = {}
_open = {}


def sent(graph):
    return _sent.setdefault(graph, Sent())


class Work:
    """A kind on its way through its pipeline."""

    def __init__(self, head):
        graph = head["graph"]
        self.name = head["kind"]
        self.path = head["path"]
        self.config = head["config"]
        self.parameters = project.parameters(graph)
        self.dependencies = sent(graph).of(head["dependencies"])
        self.write_artifacts = head["write_artifacts"]
        self.held = None
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


def known(head):
    """The labels of the tasks that were sent."""
    return {"labels": list(sent(head["graph"]).parts)}


def begin(head, blobs):
    sent(head["graph"]).take(head["sent"], blobs)
    _open[head["graph"], head["kind"]] = Work(head)
    return {}


def end(head):
    _open.pop((head["graph"], head["kind"]), None)
    return {}


def load_kind(head):
    """Runs a loader. What it yields is not looked at before somebody asks for it."""
    work = _open[head["graph"], head["kind"]]
    work.held = work.load(head["loader"])
    return {"transforms": work.config["transforms"]}


def run(head, blobs):
    """Runs transforms over items that are sent, or over those that are held."""
    work = _open[head["graph"], head["kind"]]
    sent = [item for blob in blobs for item in loads(blob)]
    items = work.held if head["held"] else list(sent)
    work.held = None
    origins = {id(item): index for index, item in enumerate(sent)}
    config = work.transform_config()
    for reference in head["transforms"]:
        items = project.find(reference)(config, items)
        if items is None:
            raise Exception("the transform %s yields nothing that can be gone through" % reference)
    items = list(items)
    numbers = [origins.get(id(item)) for item in items]
    try:
        # Parts are read in parallel.
        data = [dumps(items[start : start + PART]) for start in range(0, len(items), PART)]
    except NotPlain as error:
        why = str(error)
        for item in items:
            if where(item):
                why = "task `%s`: %s" % (_name(item), where(item))
                break
        work.held = items
        return {"why": why}
    return {"origins": numbers}, data


def _name(item):
    if isinstance(item, dict):
        return item.get("label") or item.get("name")
    return None


def whole(head, blobs):
    """Runs a whole kind through taskgraph's own code."""
    from taskgraph.generator import Kind

    graph = head["graph"]
    sent(graph).take(head["sent"], blobs)
    kind = Kind(head["kind"], head["path"], head["config"], project.graph_config)
    dependencies = sent(graph).of(head["dependencies"])
    names = list(inspect.signature(kind.load_tasks).parameters)
    if "kind_dependencies_tasks" not in names:
        dependencies = list(dependencies.values())
    tasks = kind.load_tasks(project.parameters(graph), dependencies, head["write_artifacts"])
    made = [task.to_json() for task in tasks]
    parts = [dumps(made[start : start + PART]) for start in range(0, len(made), PART)]
    return {"count": len(tasks)}, parts
