"""Compares the actions of Firefox, as its own program and snowman run them.

usage: actions.py [--whole] GRAPHS OUT [CASE...]

GRAPHS is a folder with `mc-onpush.full.json` and `mc-onpush.morphed.json`, the graphs of the push that the
actions are triggered on; each case of each program leaves what it has done in a folder of OUT. Without
`--whole`, the full graph is reduced to some tasks of each kind and those that were created. The case `actions`
compares the documents `actions.json`. Environment: see programs.py.
"""

import collections
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys

import programs
import yaml
from action_cases import ACTION, CENTRAL, DECISION, cases
from fake_taskcluster import FakeTaskcluster, resolve_timestamps
from outcome import first_difference, outcome
from programs import PROGRAMS, PYTHON, SNOWMAN, TREE

PARAMS = "taskcluster/test/params/"
SAMPLE, LARGE = 10, 200
LISTED = ("mc-onpush", "autoland-onpush", "me-promote-firefox", "try-config", "mb-onpush")
# Firefox's command `actions` shows those of taskgraph; this is what its decision publishes.
RENDER = """
import json, sys
from gecko_taskgraph.actions import render_actions_json
from taskgraph.generator import TaskGraphGenerator
from taskgraph.parameters import parameters_loader

made = TaskGraphGenerator("taskcluster", parameters_loader(sys.argv[1], strict=False))
json.dump(render_actions_json(made.parameters, made.graph_config, "DECISION-TASK"), sys.stdout)
"""


class Push:
    """A push whose decision task has created its tasks."""

    def __init__(self, graphs, out, whole):
        self.full = json.loads((graphs / "mc-onpush.full.json").read_bytes())
        morphed = json.loads((graphs / "mc-onpush.morphed.json").read_bytes())
        self.parameters = yaml.load((TREE / PARAMS / "mc-onpush.yml").read_text(), yaml.CSafeLoader)
        self.ids = {task["label"]: task_id for task_id, task in morphed.items()}
        if not whole:
            self.full = sample(self.full, self.ids)
        self.full_path = out / "full-task-graph.json"
        self.full_path.write_text(json.dumps(self.full))
        self.created = datetime.datetime(2026, 11, 1)
        shared = {"taskGroupId": DECISION, "schedulerId": "gecko-level-3"}
        self.tasks = {
            task_id: {**resolve_timestamps(task["task"], self.created), **shared}
            for task_id, task in morphed.items()
        }

    def label(self, matches):
        """The first task that the decision has created and that matches."""
        return next(label for label in sorted(self.ids) if label in self.full and matches(self.full[label]))

    def artifacts(self, decision, **parameters):
        """Those of a decision that has made the same graph."""
        parameters = yaml.safe_dump({**self.parameters, **parameters})
        contents = {
            "full-task-graph.json": self.full_path,
            "label-to-taskid.json": json.dumps(self.ids).encode(),
            "parameters.yml": parameters.encode(),
            "target-tasks.json": json.dumps(self.target_labels()).encode(),
        }
        return {(decision, "public/" + name): content for name, content in contents.items()}

    def target_labels(self):
        """The created tasks, and tests that were optimized away."""
        tests = [label for label, task in self.full.items() if task["kind"] == "test"]
        missing = [label for label in tests if label not in self.ids]
        return sorted({*self.ids} & {*self.full}) + missing[:5]


def sample(full, created):
    """Returns the graph of the created tasks, some of each kind, and their dependencies."""

    def closure(label):
        found, todo = set(), [label]
        while todo:
            label = todo.pop()
            if label not in found:
                found.add(label)
                todo.extend(full[label]["dependencies"].values())
        return found

    counts = collections.Counter()
    kept = {label for label in full if label in created}
    for label, task in full.items():
        is_copy = label.endswith("-cf") and label[:-3] in created
        compares = "side-by-side" in label
        sort = (task["kind"], task["task"].get("tags", {}).get("test-type"), is_copy, compares)
        if counts[sort] < SAMPLE and len(more := closure(label)) < LARGE:
            counts[sort] += 1
            kept |= more
    return {label: task for label, task in full.items() if label in kept}


def printed_changes(text):
    """The tasks that a dry run prints, one document for each."""
    decoder, changes, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        (task_id, definition), at = decoder.raw_decode(text, at)
        changes.append({"create": task_id, "definition": definition})
    return changes


def run_case(program, case, taskcluster, folder, test):
    """Runs the callback of a case. Returns what was done."""
    environment = taskcluster.environment(folder / "python")
    environment.update(TASK_ID=ACTION, GECKO_HEAD_REPOSITORY=CENTRAL)
    if test:
        (folder / "input.json").write_text(json.dumps(case.input))
        arguments = ["test-action-callback", "-r", "taskcluster", "-p", PARAMS + "mc-onpush.yml"]
        arguments += ["--task-group-id", DECISION, "--input", str(folder / "input.json")]
        arguments += ["--task-id", case.task] if case.task else []
        arguments.append(case.callback)
    else:
        arguments = ["action-callback", "-r", "taskcluster"]
        environment.update(
            ACTION_CALLBACK=case.callback,
            ACTION_INPUT=json.dumps(case.input),
            ACTION_TASK_GROUP_ID=DECISION,
            ACTION_TASK_ID=json.dumps(case.task),
        )
    succeeds = programs.run(program, arguments, environment, folder)
    changes = taskcluster.changes
    if test:
        changes = changes + printed_changes((folder / "stdout").read_text())
    result = outcome(changes, folder / "artifacts")
    return {**result, "succeeds": succeeds}


def compare_case(push, case, out, test):
    results = {}
    for program in PROGRAMS:
        folder = out / case.name / ("test" if test else "real") / program
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with case.taskcluster(push) as taskcluster:
            results[program] = run_case(program, case, taskcluster, folder, test)
            unknown = "\n".join(taskcluster.unknown)
        (folder / "unknown").write_text(unknown)
        (folder / "outcome.json").write_text(json.dumps(results[program], indent=1, sort_keys=True))
    done = results["gecko"]
    counts = ["%d %s" % (len(done[kind]), kind) for kind in ("create", "cancel", "rerun", "call") if done[kind]]
    counts += [] if done["succeeds"] else ["fails"]
    verdict = first_difference(done, results["snowman"]) or "identical"
    print("%-28s %-4s %s: %s" % (case.name, "test" if test else "real", ", ".join(counts), verdict), flush=True)


def compare_documents():
    for name in LISTED:
        path = "%s%s.yml" % (PARAMS, name)
        environment = {**os.environ, "PYTHONHASHSEED": "0", "SNOWMAN_PYTHON": str(PYTHON)}
        environment.setdefault("TASKCLUSTER_ROOT_URL", "https://tc.invalid")
        commands = [
            [PYTHON, "-c", RENDER, path],
            [SNOWMAN, "actions", "-r", "taskcluster", "-p", path],
        ]
        printed = [
            subprocess.run(one, cwd=TREE, env=environment, check=True, capture_output=True).stdout
            for one in commands
        ]
        theirs, ours = map(json.loads, printed)
        verdict = first_difference(theirs, ours) or "identical"
        print("%-28s %d actions: %s" % (name, len(theirs["actions"]), verdict), flush=True)


def main():
    whole = "--whole" in sys.argv
    graphs, out, *wanted = [one for one in sys.argv[1:] if one != "--whole"]
    out = pathlib.Path(out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    if not wanted or "actions" in wanted:
        compare_documents()
    if wanted == ["actions"]:
        return
    push = Push(pathlib.Path(graphs), out, whole)
    for case in cases(push):
        if wanted and case.name not in wanted:
            continue
        for test in (False, True):
            compare_case(push, case, out, test)


if __name__ == "__main__":
    main()
