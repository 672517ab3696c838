"""Transforms of the project. They use a package that is there only if its requirements are installed."""

import sys

import inflection
from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def greet(config, tasks):
    for task in tasks:
        for whom in task.pop("whom"):
            words = "%s, %s" % (config.params["greeting"], inflection.titleize(whom))
            yield {**task, "label": "greet-" + whom, "description": "%s, in %s" % (words, sys.prefix)}
