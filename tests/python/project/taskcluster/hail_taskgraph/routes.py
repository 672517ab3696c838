from taskgraph.transforms.task import index_builder


@index_builder("hail")
def hail_routes(config, task):
    index = task["index"]
    task.setdefault("routes", []).append(
        "index.hail.v2.{}.latest.{}".format(config.params["project"], index["job-name"])
    )
    return task
