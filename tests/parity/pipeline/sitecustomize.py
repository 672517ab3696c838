"""Gives the peer what this repository's own pipeline uses and the peer does not have.

The peer's command runs with this folder on its path. It gets the workers of mozilla-taskgraph, which a project would
register, the worker `beetmover-push-to-release`, the version and build number in payloads of `beetmover`, and the value
`release.app_version`. Other workers are in `snowman/workers.py`, and transforms in `snowman/transforms`.
"""

import re

try:
    import mozilla_taskgraph.worker_types  # noqa: F401
    from taskgraph.transforms import task as tasks
    from taskgraph.transforms import task_context
    from voluptuous import Extra, Required
except ImportError:
    # Another interpreter, such as that of a tool.
    tasks = None


def add_release_workers():
    beetmover = tasks.payload_builders["beetmover"]

    def build_beetmover(config, task, task_def):
        beetmover.builder(config, task, task_def)
        worker, payload = task["worker"], task_def["payload"]
        if worker.get("version"):
            payload["version"] = worker["version"]
        if "build-number" in worker:
            payload["build_number"] = int(worker["build-number"])

    tasks.payload_builders["beetmover"] = type(beetmover)(beetmover.schema, build_beetmover)

    schema = {Required("product"): str, Required("max-run-time"): int, Extra: object}

    @tasks.payload_builder("beetmover-push-to-release", schema=schema)
    def build_push_to_release(config, task, task_def):
        worker = task["worker"]
        task_def["payload"] = {
            "maxRunTime": worker["max-run-time"],
            "product": worker["product"],
            "version": config.params["version"],
            "build_number": config.params["build_number"],
        }
        task_def["tags"]["worker-implementation"] = "scriptworker"


def add_release_values():
    """The value `release.app_version` of `from-parameters`: the version that the program reports."""
    deep_get = task_context.deep_get

    def with_release(values, path, *rest):
        if path != "release.app_version":
            return deep_get(values, path, *rest)
        return values.get("app_version") or re.sub(r"(b\d+|esr)$", "", values.get("version") or "") or None

    task_context.deep_get = with_release


if tasks:
    add_release_workers()
    add_release_values()
    import snowman.workers  # noqa: F401
