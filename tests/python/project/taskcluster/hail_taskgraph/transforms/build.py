import os

from taskgraph.transforms.base import TransformSequence
from taskgraph.util.copy import deepcopy

transforms = TransformSequence()


@transforms.add
def double(config, tasks):
    for task in tasks:
        again = None
        if task.pop("twice", False):
            # What follows changes a task once it has it.
            again = {**deepcopy(task), "name": task["name"] + "-again"}
        yield task
        if again:
            yield again


@transforms.add
def size(config, tasks):
    for number, task in enumerate(tasks):
        attributes = task.setdefault("attributes", {})
        attributes["size"] = number + config.params["hail_size"]
        attributes["build-name"] = task["name"]
        attributes["writes"] = config.write_artifacts
        attributes["where"] = [os.path.basename(os.getcwd()) != "", config.path]
        yield task
