"""Creates a graph with taskgraph: `submission_peer.py GRAPH DECISION`, and prints seconds and KiB.

GRAPH holds [[taskId, label, definition, [taskIds that come before]], ...]. The Taskcluster is the one that
TASKCLUSTER_PROXY_URL names.
"""

import json
import resource
import sys
import time

from taskgraph.create import create_tasks
from taskgraph.graph import Graph
from taskgraph.task import Task
from taskgraph.taskgraph import TaskGraph


def main(path, decision):
    with open(path) as file:
        rows = json.load(file)
    tasks = {
        task_id: Task(kind="bench", label=label, attributes={}, task=definition)
        for task_id, label, definition, _ in rows
    }
    edges = {(row[0], before, before) for row in rows for before in row[3]}
    graph = TaskGraph(tasks, Graph(frozenset(tasks), frozenset(edges)))
    label_to_taskid = {label: task_id for task_id, label, _, _ in rows}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    create_tasks({"trust-domain": "bench"}, graph, label_to_taskid, {"level": "1"}, decision)
    seconds = time.monotonic() - begun
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    print(f"{seconds} {grown}")


if __name__ == "__main__":
    main(*sys.argv[1:])
