from taskgraph.transforms.task import payload_builder
from taskgraph.util.schema import Schema


class StonesPayload(Schema, kw_only=True):
    implementation: str
    os: str
    stones: int


@payload_builder("hail-stones", schema=StonesPayload)
def build_stones(config, task, task_def):
    task_def["payload"] = {"stones": task["worker"]["stones"], "of": config.params["hail_size"]}
    task_def["scopes"].append("hail:stones:" + config.graph_config["trust-domain"])
