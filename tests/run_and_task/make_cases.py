# Writes cases.json: what taskcluster-taskgraph 24.5.1 makes of many small items with its `run` and
# `task` transforms. Run it with a Python that has that version and orjson installed.
#
# A case holds its input, and either the `tasks` that came out, sorted by label, or the `error` that
# it was refused with. `differs` says why we do something else on purpose.

import copy
import itertools
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
LINES = [["\tci", "\tmobile"], ["\tci", "\tlibs", "\tmobile"]]


def sets_are_sorted():
    """Whether Python walks these sets in order, however they were filled."""
    return all(
        list(set(filled)) == lines for lines in LINES for filled in itertools.permutations(lines)
    )


def with_sorted_sets():
    """Starts anew under a hash seed with which the peer hashes the paths of several repositories in
    the order that we have fixed."""
    seed = int(os.environ.get("SEED", "-1"))
    if os.environ.get("PYTHONHASHSEED") == str(seed) and sets_are_sorted():
        return
    if seed > 1000:
        raise SystemExit("no hash seed sorts the sets")
    env = dict(os.environ, SEED=str(seed + 1), PYTHONHASHSEED=str(seed + 1))
    os.execve(sys.executable, [sys.executable, *sys.argv], env)


with_sorted_sets()

import taskgraph.transforms.run  # noqa: E402
import taskgraph.transforms.task  # noqa: E402
import taskgraph.util.taskcluster  # noqa: E402
from taskgraph.config import GraphConfig  # noqa: E402
from taskgraph.parameters import Parameters  # noqa: E402
from taskgraph.task import Task  # noqa: E402
from taskgraph.transforms.base import TransformConfig  # noqa: E402

import case_list  # noqa: E402, F401
from shared import CASES, ENVIRONMENTS, FILES, PARAMETERS, PROJECTS, UPSTREAM  # noqa: E402

TRANSFORMS = {
    "run": taskgraph.transforms.run.transforms,
    "task": taskgraph.transforms.task.transforms,
}


def transform(root, case):
    for variable in ("TASK_ID", "TASKCLUSTER_ROOT_URL", "TASKCLUSTER_PROXY_URL", "MOZ_AUTOMATION"):
        os.environ.pop(variable, None)
    os.environ.update(ENVIRONMENTS[case["environment"]])
    taskgraph.util.taskcluster.get_root_url.cache_clear()
    graph_config = GraphConfig(
        copy.deepcopy(PROJECTS[case["project"]]), os.path.join(root, "taskcluster")
    )
    tasks = [Task.from_json(copy.deepcopy(t)) for t in UPSTREAM] if case["upstream"] else []
    config = TransformConfig(
        case["kind"],
        f"taskcluster/kinds/{case['kind']}",
        {},
        Parameters(strict=True, **copy.deepcopy(PARAMETERS[case["params"]])),
        {t.label: t for t in tasks},
        graph_config,
        write_artifacts=False,
    )
    items = copy.deepcopy(case["items"])
    for name in case["transforms"]:
        items = TRANSFORMS[name](config, items)
    return sorted(items, key=lambda item: item["label"])


def main():
    with tempfile.TemporaryDirectory() as root:
        for path, text in FILES.items():
            path = os.path.join(root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "core.quotePath=false"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            subprocess.run([*git, *command], cwd=root, check=True)
        subprocess.run(["git", "config", "core.quotePath", "false"], cwd=root, check=True)
        os.chdir(root)
        for one in CASES:
            try:
                one["tasks"] = json.loads(json.dumps(transform(root, one)))
            except Exception as error:  # whatever the peer refuses with
                one["error"] = type(error).__name__
        os.chdir("/")
    document = {
        "files": FILES,
        "projects": PROJECTS,
        "parameters": PARAMETERS,
        "environments": ENVIRONMENTS,
        "upstream": UPSTREAM,
        "cases": CASES,
    }
    with open(os.path.join(HERE, "cases.json"), "w") as file:
        json.dump(document, file, indent=1, sort_keys=False, ensure_ascii=False)
        file.write("\n")
    refused = sum("error" in one for one in CASES)
    print(f"{len(CASES)} cases, {refused} of them refused")
    for one in CASES:
        if "error" in one:
            print("  refused", one["error"], one["name"])


main()
