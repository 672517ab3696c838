"""Runs actions of one graph in taskgraph and in snowman, and compares their artifacts.

Both only test the actions: nothing is created. taskIds stand for the labels of their tasks, since
taskgraph draws them at random; lists whose order means nothing are sorted.
"""

import json
import os
import shutil
import subprocess

# The action task that both run in. snowman checks that dependencies exist, so it gets no taskId and uses a
# placeholder.
OWN, NAME = "AbCdEfGhQJKLmnopqrStuA", "ACTION-TASK"


def cases(labels):
    """Returns callbacks with their inputs and the labels that they are triggered on."""
    build, signed = "build-snowfox-linux64-shippable", "build-signing-snowfox-linux64-shippable"
    lint = next(label for label in labels if label.startswith("lint"))
    requests = [{"tasks": [build, signed], "times": 2}, {"tasks": [signed]}]
    return [
        ("retrigger", {"times": 2}, signed),
        ("retrigger-disabled", {"force": True, "downstream": True}, build),
        ("retrigger-disabled", {"force": True}, lint),
        ("add-new-jobs", {"tasks": ["release-early-tagging-snowfox", "l10n-snowfox-linux64-shippable-de"],
                          "times": 2}, None),
        ("rebuild-cached-tasks", None, None),
        ("retrigger-multiple", {"requests": requests}, None),
        ("retrigger-multiple", {"requests": []}, None),
    ]


def compare(taskgraph, snowman, checkout, decision, labels):
    """Returns the differences as texts, and the number of compared artifacts."""
    wrong, count = [], 0
    for callback, given, label in cases(labels):
        arguments = ["test-action-callback", "-p", f"task-id={decision}", "--task-group-id", decision]
        if given is not None:
            (checkout / "input.json").write_text(json.dumps(given))
            arguments += ["--input", "input.json"]
        if label:
            arguments += ["--task-id", labels[label]]
        theirs = run([taskgraph, *arguments, callback], checkout, {"TASK_ID": OWN})
        ours = run([snowman, *arguments, callback], checkout, {})
        for name in sorted(theirs.keys() | ours.keys()):
            count += 1
            if theirs.get(name) != ours.get(name):
                wrong.append(f"{callback} {given}: {name} differs from taskgraph's")
    return wrong, count


def run(command, checkout, environment):
    """Returns the artifacts of a tested action, without those on the creation of tasks, which taskgraph does
    not write."""
    folder = checkout / "artifacts"
    shutil.rmtree(folder, ignore_errors=True)
    inherited = {name: value for name, value in os.environ.items() if name != "TASK_ID"}
    ran = subprocess.run(command, cwd=checkout, env=inherited | environment,
                         capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{command} failed\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    left = {path.name: json.loads(path.read_text().replace(NAME, OWN)) for path in folder.glob("*.json")
            if not path.name.startswith("submission")}
    names = {task_id: task["label"]
             for name, graph in left.items() if name.startswith("task-graph")
             for task_id, task in graph.items()}
    return {name: neutral(name, value, names) for name, value in left.items()}


def neutral(name, value, names):
    if name.startswith("to-run"):
        return sorted(value)
    value = named(value, names)
    if not name.startswith("task-graph"):
        return value
    tasks = [{key: field for key, field in task.items() if key != "task_id"} for task in value]
    for task in tasks:
        task["soft_dependencies"].sort()
        task["task"]["dependencies"].sort()
    return sorted(tasks, key=lambda task: json.dumps(task, sort_keys=True))


def named(value, names):
    """Replaces taskIds by labels; mappings by taskId become lists."""
    match value:
        case str():
            for task_id in names.keys() & set_of_ids(value):
                value = value.replace(task_id, f"<{names[task_id]}>")
            return value
        case list():
            return [named(item, names) for item in value]
        case dict() if value.keys() and value.keys() <= names.keys():
            return [named(item, names) for item in value.values()]
        case dict():
            return {key: named(item, names) for key, item in value.items()}
    return value


def set_of_ids(text):
    """Finds every sequence of 22 characters in a text that can be a taskId."""
    return {text[i:i + 22] for i in range(len(text) - 21)}
