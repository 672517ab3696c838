from slugid import nice as slugid
from taskgraph.graph import Graph
from taskgraph.morph import register_morph
from taskgraph.task import Task
from taskgraph.taskgraph import TaskGraph


@register_morph
def count_tasks(taskgraph, label_to_taskid, parameters, graph_config):
    if not parameters["hail_size"]:
        return taskgraph, label_to_taskid
    first = [label_to_taskid[min(task.label for task in taskgraph.tasks.values())]]
    task = Task(
        kind="morph",
        label="hail-count",
        description="counts what is built",
        attributes={},
        task={
            "provisionerId": "built-in",
            "workerType": "succeed",
            "dependencies": list(first),
            "created": {"relative-datestamp": "0 seconds"},
            "deadline": {"relative-datestamp": "1 day"},
            "payload": {},
            "metadata": {
                "name": "hail-count",
                "description": str(len(taskgraph.tasks)),
                "owner": parameters["owner"],
                "source": parameters["head_repository"],
            },
        },
    )
    task.task_id = slugid()
    tasks = dict(taskgraph.tasks)
    tasks[task.task_id] = task
    edges = set(taskgraph.graph.edges)
    edges.add((task.task_id, first[0], "first"))
    task.dependencies["first"] = first[0]
    label_to_taskid[task.label] = task.task_id
    return TaskGraph(tasks, Graph(frozenset(tasks), frozenset(edges))), label_to_taskid
