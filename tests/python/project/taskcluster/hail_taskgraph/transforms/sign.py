from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def named(config, tasks):
    for task in tasks:
        task["name"] += "-" + task["worker-type"]
        task.setdefault("attributes", {})["hail"] = task["worker-type"] == "stones"
        yield task
