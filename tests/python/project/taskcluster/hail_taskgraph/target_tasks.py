from taskgraph.target_tasks import register_target_task


@register_target_task("hail")
def hail(full_task_graph, parameters, graph_config):
    return [
        label
        for label, task in full_task_graph.tasks.items()
        if task.attributes.get("hail") or "hail" in task.task["extra"]
    ]
