from taskgraph.filter_tasks import filter_task
from taskgraph.morph import registered_morphs


@filter_task("aged-no-notes")
def no_notes(graph, parameters, graph_config):
    return [label for label in graph.tasks if label != "aged-notes"]


def record_dependencies(taskgraph, label_to_taskid, parameters, graph_config):
    """Writes into a task what a morph sees of its dependencies."""
    labels = {task_id: label for label, task_id in label_to_taskid.items()}
    for task in taskgraph.tasks.values():
        if task.label == "aged-watch":
            found = {name: to for name, to in task.dependencies.items()}
            edges = [name for left, _, name in taskgraph.graph.edges if left == task.task_id]
            task.task["extra"] = {
                "dependencies": {name: [to in labels, labels.get(to, to)] for name, to in found.items()},
                "edges": sorted(edges),
            }
    return taskgraph, label_to_taskid


def register(graph_config):
    registered_morphs.append(record_dependencies)
