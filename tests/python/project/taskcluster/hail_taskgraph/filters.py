from taskgraph.filter_tasks import filter_task


@filter_task("no_odd_tasks")
def no_odd_tasks(graph, parameters, graph_config):
    return [label for label, task in graph.tasks.items() if task.kind != "odd"]
