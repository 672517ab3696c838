"""The transform `snowman.transforms.publish`, as its documentation describes it."""

from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def publish(config, tasks):
    for task in tasks:
        wanted = task.pop("publish", None)
        if wanted:
            add_files(config, task, wanted)
        yield task


def add_files(config, task, wanted):
    kinds = {
        name: config.kind_dependencies_tasks[label].kind
        for name, label in task["dependencies"].items()
        if label in config.kind_dependencies_tasks
    }
    published = {}
    for file in wanted["files"]:
        names = [name for name in task["dependencies"] if file["from"] in (name, kinds.get(name))]
        if not names:
            continue
        (name,) = names
        to = [file["to"]] if isinstance(file["to"], str) else file["to"]
        place = {
            "destinations": [wanted["folder"].rstrip("/") + "/" + path for path in to],
            "checksums_path": file.get("checksums-path", to[0]),
        }
        if file.get("update"):
            place["update_balrog_manifest"] = True
        if "from-build-id" in file:
            place["from_buildid"] = file["from-build-id"]
        published.setdefault(name, {})[file["artifact"]] = place
    locale = wanted.get("locale", "en-US")
    worker = task.setdefault("worker", {})
    worker["upstream-artifacts"] = [
        {
            "taskId": {"task-reference": "<%s>" % name},
            "taskType": name,
            "paths": list(paths),
            "locale": locale,
        }
        for name, paths in published.items()
    ]
    worker["artifact-map"] = [
        {"taskId": {"task-reference": "<%s>" % name}, "locale": locale, "paths": paths}
        for name, paths in published.items()
    ]
