from taskgraph.util.verify import verifications


@verifications.add("initial")
def verify_nothing():
    pass


@verifications.add("graph_config")
def verify_registered(graph_config):
    assert graph_config["hail"]["registered"]


@verifications.add("parameters")
def verify_size(parameters):
    if parameters["hail_size"] > 100:
        raise Exception("hail_size is over 100")


@verifications.add("kinds")
def verify_kinds(kinds):
    build = kinds.get("build")
    assert build is None or build.config["kind-dependencies"] == []


@verifications.add("full_task_graph")
def verify_sizes(task, taskgraph, scratch_pad, graph_config, parameters):
    if task is not None:
        scratch_pad[task.label] = len(task.dependencies)
        return
    if parameters["hail_reason"] == "too many":
        raise Exception("there are %d tasks, and that is too many" % len(scratch_pad))
    assert len(taskgraph.graph.edges) == sum(scratch_pad.values())


@verifications.add("target_task_set")
def verify_targets(task, taskgraph, scratch_pad, graph_config, parameters):
    assert not taskgraph.graph.edges


@verifications.add("optimized_task_graph")
def verify_ids(task, taskgraph, scratch_pad, graph_config, parameters):
    if task is not None:
        assert task.task_id in taskgraph.tasks
