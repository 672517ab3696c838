from taskgraph.transforms.base import TransformSequence
from taskgraph.util.copy import deepcopy

transforms = TransformSequence()


@transforms.add
def per_build(config, tasks):
    for task in tasks:
        for label, build in config.kind_dependencies_tasks.items():
            # Each kind has objects of its own to spoil.
            assert "spoilt" not in build.attributes
            build.attributes["spoilt"] = True
            copied = deepcopy(task)
            copied["name"] = "%s-%s" % (build.attributes["build-name"], task["name"])
            copied["dependencies"] = {"build": label}
            copied["attributes"] = {
                "build-name": build.attributes["build-name"],
                "hail": True,
                "of": sorted(config.repo_configs),
                "priority": build.task["priority"],
            }
            copied["optimization"] = {"hail-found": None}
            yield copied
