from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()


@transforms.add
def add_to_payload(config, tasks):
    """Adds what the attribute `payload` has."""
    for task in tasks:
        task["task"]["payload"].update(task["attributes"].get("payload", {}))
        yield task
