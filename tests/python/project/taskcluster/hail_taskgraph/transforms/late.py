from taskgraph.transforms.base import TransformSequence
from taskgraph.transforms.run import configure_taskdesc_for_run, run_task_using
from taskgraph.util.schema import Schema

transforms = TransformSequence()


class HailRun(Schema, kw_only=True):
    using: str
    stones: int
    workdir: str
    loud: bool


# Nothing but the import of this module says that there is such a way to run.
@run_task_using("docker-worker", "hail", schema=HailRun, defaults={"loud": True})
def hail_run(config, task, taskdesc):
    run = task["run"]
    taskdesc["worker"].setdefault("env", {})["STONES"] = str(run.pop("stones"))
    run["using"] = "run-task"
    run["command"] = "echo loud" if run.pop("loud") else "true"
    configure_taskdesc_for_run(config, task, taskdesc, "docker-worker")


@transforms.add
def nothing(config, tasks):
    yield from tasks
