from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def describe(config, tasks):
    for task in tasks:
        after = task.pop("after", [])
        task.setdefault("description", "after %d tasks" % len(after))
        task["dependencies"] = {"d%d" % number: label for number, label in enumerate(after)}
        task["worker-type"] = "linux"
        task["worker"] = {"docker-image": "hail:1", "max-run-time": 60}
        task.setdefault("run", {"using": "run-task", "command": "true", "checkout": False})
        yield task
