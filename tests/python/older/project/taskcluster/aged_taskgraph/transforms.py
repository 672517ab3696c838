from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()
list_dependencies = TransformSequence()


@transforms.add
def add_to_payload(config, tasks):
    """Adds what the attribute `payload` has."""
    for task in tasks:
        task["task"]["payload"].update(task["attributes"].get("payload", {}))
        yield task


@list_dependencies.add
def add_order(config, tasks):
    """Lists the tasks of other kinds in their order."""
    for task in tasks:
        task["attributes"] = {"order": list(config.kind_dependencies_tasks)}
        yield task
