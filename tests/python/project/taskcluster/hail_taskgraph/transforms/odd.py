from taskgraph.transforms.base import TransformSequence

wrap = TransformSequence()
unwrap = TransformSequence()


@wrap.add
def with_tasks(config, tasks):
    for task in tasks:
        task["primary"] = list(config.kind_dependencies_tasks.values())[0]
        task["worker"]["env"] = {"SEEN": {"b", "a"}}
        yield task


@unwrap.add
def without_tasks(config, tasks):
    for task in tasks:
        primary = task.pop("primary")
        task["dependencies"] = {"primary": primary.label}
        task["extra"] = {"image": primary.task["payload"]["image"]}
        task["worker"]["env"]["SEEN"] = ",".join(sorted(task["worker"]["env"]["SEEN"]))
        yield task
