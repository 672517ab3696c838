#!/usr/bin/env python3
"""Makes a table of the kinds with a shipping phase in Firefox's tree: for each flavor, which system stages their tasks,
or why none does.

usage: $VENV/bin/python kinds.py OUT > TABLE

OUT is the folder of rehearsal.py. Environment: see programs.py. Fails if a task for a release worker is not staged, or
if a flavor was not rehearsed.
"""

import collections
import gzip
import hashlib
import json
import pathlib
import re
import sys

import orjson
import yaml

from programs import TREE
from releases import RELEASES

# Why a task is not created, from what says most about a flavor to what says least.
REASONS = ["before$", "in the index$", "phase |not chosen$|not needed$", "of (?!no product)", "of no product$"]
# Why a kind has no task in any of the flavors.
NIGHTLY = "nightly builds only"
NO_TASKS = {
    "bouncer-locations": NIGHTLY,
    "partials": "no partial updates",
    "partials-signing": "no partial updates",
    "partials-zucchini": "no partial updates",
    "release-eme-free-repack-mac-notarization": "level 3 only",
    "release-partner-repack-bouncer-sub": "no published partners",
    "release-partner-repack-mac-notarization": "level 3 only",
    "release-update-product-channel-version": NIGHTLY,
}
LEGEND = [
    "# Firefox's kinds in staged releases",
    "",
    "Made by `tests/firefox/kinds.py` of rehearsals of the releases in `tests/firefox/releases.py`. For each kind with a",
    "shipping phase and each flavor, the system that stages its tasks, or",
    "",
    "- *ordinary*: the task of an ordinary worker, which makes or tests files, and does the same in every branch",
    "- *waits only*: a task without a worker, which holds others together",
    "- *before*: the tasks of an earlier phase are used; *in the index*: those that the index has",
    "- *not needed*: the flavor asks for the tasks, and optimization has left them out",
    "- *of* a product, or *phase*: the flavor is for another product or phase; *not chosen*: it leaves them out itself",
    "- *no task*, or the reason: the kind makes none with these parameters; *no partners*: the release has none",
    "",
]
# Workers of release tasks. What runs on others makes files, or tests them.
RELEASE_WORKER = re.compile(r"^scriptworker-|-signing|signing-mac")


def tasks_by_group(sandbox):
    """The definitions of all tasks in the folder of a sandbox, by group and taskId."""
    groups = collections.defaultdict(dict)
    for path in (sandbox / "tasks").glob("*.json"):
        task = orjson.loads(path.read_bytes())
        definition = {"tags": {}, "extra": {}, **task["definition"]}
        groups[definition["taskGroupId"]][task["taskId"]] = definition
    return groups


def system(task):
    """The system that stages a task, if one does."""
    return task["extra"].get("staging", {}).get("system")


def artifact(sandbox, task, name):
    """A document that a decision has made, from the folder of a sandbox."""
    key = hashlib.sha256(f"{task}/0/{name}".encode()).hexdigest()
    content = (sandbox / "content" / key).read_bytes()
    about = json.loads((sandbox / "content" / f"{key}.json").read_bytes())
    return gzip.decompress(content) if about["contentEncoding"] == "gzip" else content


def why_not(task):
    """Why a task that was created is not staged."""
    pool = f"{task['provisionerId']}/{task['workerType']}"
    if RELEASE_WORKER.search(pool):
        return f"NOT STAGED: {pool}"
    return "waits only" if pool == "built-in/succeed" else "ordinary"


def cell(label, attributes, phase):
    """What becomes of a task in a phase."""
    task_id = phase["ids"].get(label)
    if task_id in phase["tasks"]:
        task = phase["tasks"][task_id]
        return system(task) or why_not(task)
    if task_id in phase["earlier"]:
        return "before"
    if task_id is not None:
        return "in the index"
    if label in phase["target"]:
        return "not needed"
    product = attributes.get("shipping_product")
    if phase["product"] and product != phase["product"]:
        return f"of {product or 'no product'}"
    return f"phase {attributes['shipping_phase']}" if attributes["shipping_phase"] != phase["phase"] else "not chosen"


def phase_cells(sandbox, phase, created, earlier):
    """What becomes of each kind with a shipping phase: the numbers of tasks by outcome."""
    decision = phase["taskId"]
    parameters = yaml.load(artifact(sandbox, decision, "public/parameters.yml"), Loader=yaml.CSafeLoader)
    facts = {
        "ids": orjson.loads(artifact(sandbox, decision, "public/label-to-taskid.json")),
        "target": {*orjson.loads(artifact(sandbox, decision, "public/target-tasks.json"))},
        "tasks": created,
        "earlier": earlier,
        "product": parameters.get("release_product"),
        # A push makes the builds that are promoted later.
        "phase": "build" if phase["name"] == "push" else phase["name"].partition("_")[0],
    }
    counts = collections.defaultdict(collections.Counter)
    for label, task in orjson.loads(artifact(sandbox, decision, "public/full-task-graph.json")).items():
        attributes = task["attributes"]
        if attributes.get("shipping_phase"):
            counts[attributes["kind"]][cell(label, attributes, facts)] += 1
    return counts


def cells(sandbox, phases, tasks):
    """The outcomes of each kind in each phase of a release, from the tasks of each group."""
    found, earlier = {}, set()
    for phase in phases:
        created = tasks[phase["taskGroup"]]
        found[phase["name"]] = phase_cells(sandbox, phase, created, earlier)
        earlier.update(created)
    return found


def kinds_that_ship():
    """The kinds whose files name a shipping phase."""
    files = sorted((TREE / "taskcluster/kinds").glob("*/kind.yml"))
    phase = re.compile(r"shipping[-_]phase: *(?!null)\w")
    return {path.parent.name for path in files if phase.search(path.read_text())}


def joined(kind, outcomes):
    """The text of a cell: what is done, or else what says most about why nothing is."""
    for reason in [None, *REASONS]:
        is_it = re.compile(reason or "(?!" + "|".join(REASONS) + ")").match
        found = sorted(filter(is_it, outcomes))
        if found:
            return ", ".join(found)
    if kind in NO_TASKS:
        return NO_TASKS[kind]
    return "no partners" if re.search("partner|eme-free", kind) else "no task"


def main():
    out = pathlib.Path(sys.argv[1])
    made = [out / release / "kinds.json" for release in RELEASES]
    rehearsed = [json.loads(path.read_text()) for path in made if path.exists()]
    columns = list(dict.fromkeys(flavor for release in rehearsed for flavor in release))
    table = collections.defaultdict(lambda: collections.defaultdict(set))
    for kind in kinds_that_ship():
        table[kind] = collections.defaultdict(set)
    for release in rehearsed:
        for flavor, kinds in release.items():
            for kind, outcomes in kinds.items():
                table[kind][flavor].update(outcomes)
    missing = {flavor for release in RELEASES.values() for flavor in release.flavors} - {*columns}
    print("\n".join(LEGEND))
    print(f"| Kind | {' | '.join(f'`{column}`' for column in columns)} |\n| --- |{' --- |' * len(columns)}")
    for kind in sorted(table):
        print(f"| {kind} | {' | '.join(joined(kind, table[kind][column]) for column in columns)} |")
    unstaged = [kind for kind in sorted(table) if any("NOT STAGED" in joined(kind, table[kind][flavor]) for flavor in columns)]
    without = {kind for kind in table if not any(table[kind].values())}
    for kind in sorted(without ^ {*NO_TASKS}):
        print(f"{kind}: NO_TASKS does not fit", file=sys.stderr)
    for flavor in sorted(missing):
        print(f"{flavor} was not rehearsed", file=sys.stderr)
    for kind in unstaged:
        print(f"{kind} has tasks for release workers that are not staged", file=sys.stderr)
    return 1 if missing or unstaged or without != {*NO_TASKS} else 0


if __name__ == "__main__":
    sys.exit(main())
