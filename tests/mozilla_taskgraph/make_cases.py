"""Writes cases.json: what mozilla-taskgraph makes of the items of every case.

    python make_cases.py

It needs taskcluster-taskgraph 24.5.1 and mozilla-taskgraph 5.0.1. Each case is an input (transforms,
their items, what lies around them) with the items that come out, or with the first line of the
error. The Rust test `mozilla_taskgraph` gives the same inputs to ours and compares. `on_purpose` says why
ours makes something else, and `ours` holds some of what it makes then, by JSON pointer. `schema` is
the release worker's own schema that a definition has to meet, where the worker takes what the peer makes.

Nothing is asked over the network: `remote` of a case says what the index and the queue would answer.
"""

import copy
import importlib
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import mozilla_taskgraph  # noqa: E402
import mozilla_taskgraph.transforms.replicate as replicate  # noqa: E402
from taskcluster.exceptions import TaskclusterRestFailure  # noqa: E402
from taskgraph.config import GraphConfig  # noqa: E402
from taskgraph.parameters import Parameters  # noqa: E402
from taskgraph.task import Task  # noqa: E402
from taskgraph.transforms.base import TransformConfig  # noqa: E402

from cases_replicate import REPLICATE  # noqa: E402
from cases_transforms import TRANSFORMS  # noqa: E402
from cases_workers import WORKERS  # noqa: E402

PARAMS = {
    "base_repository": "https://github.com/example/ci",
    "base_ref": "main",
    "base_rev": "aaaa" * 10,
    "build_date": 1700000000,
    "build_number": 3,
    "do_not_optimize": [],
    "enable_always_target": True,
    "existing_tasks": {},
    "files_changed": ["README.md"],
    "filters": ["target_tasks_method"],
    "head_ref": "refs/heads/topic",
    "head_repository": "https://github.com/someone/ci",
    "head_rev": "bbbb" * 10,
    "head_tag": "",
    "level": "1",
    "moz_build_date": "20231114221320",
    "next_version": "1.2.4",
    "optimize_strategies": None,
    "optimize_target_tasks": True,
    "owner": "someone@example.com",
    "project": "ci",
    "pushdate": 1700000000,
    "pushlog_id": "0",
    "repository_type": "git",
    "target_tasks_method": "default",
    "tasks_for": "github-push",
    "version": "1.2.3",
    "app_version": "1.2.3",
}

ENVIRONMENT = {"TASK_ID": "fN1SbArXTPSVFUUvaOlinQ"}


def alias(implementation, os="scriptworker"):
    return {"provisioner": "p-{level}", "implementation": implementation, "os": os, "worker-type": "w"}


GRAPH_CONFIG = {
    "trust-domain": "snow",
    "task-priority": "low",
    "workers": {
        "aliases": {
            "linux": alias("docker-worker", "linux"),
            "mac": alias("generic-worker", "macosx"),
            "beetmover-data": alias("scriptworker-beetmover-data"),
            "bitrise": alias("scriptworker-bitrise"),
            "lando": alias("scriptworker-lando"),
            "shipit": alias("scriptworker-shipit"),
            "signing": alias("scriptworker-signing"),
        }
    },
    "taskgraph": {"repositories": {"ci": {"name": "ci"}}},
    "scriptworker": {"scope-prefix": "project:snow:releng"},
    "shipit": {"product": "app"},
}


def answer_from(remote):
    """Puts the answers of a case in the place of calls."""

    def missing(what):
        raise TaskclusterRestFailure(f"no {what}", None, status_code=404)

    def find_task_id(path):
        return remote.get("index", {}).get(path) or missing(path)

    def get_artifact(task_id, path):
        assert path == "public/task-graph.json"
        if task_id in remote.get("failing", []):
            raise TaskclusterRestFailure("no luck", None, status_code=424)
        graphs = remote.get("graphs", {})
        return copy.deepcopy(graphs[task_id]) if task_id in graphs else missing(task_id)

    def get_task_definition(task_id):
        return copy.deepcopy(remote.get("tasks", {}).get(task_id)) or missing(task_id)

    replicate.find_task_id = find_task_id
    replicate.get_artifact = get_artifact
    replicate.get_task_definition = get_task_definition


def run(case):
    given = {**copy.deepcopy(GRAPH_CONFIG), **copy.deepcopy(case.get("graph_config", {}))}
    graph_config = GraphConfig({k: v for k, v in given.items() if v != "absent"}, "/project/taskcluster")
    params = {**PARAMS, **case.get("params", {})}
    kind = case.get("kind", "thing")
    tasks = {t["label"]: Task(**copy.deepcopy(t)) for t in case.get("dependencies", [])}
    config = TransformConfig(
        kind,
        f"taskcluster/kinds/{kind}",
        {},
        Parameters(strict=True, **{k: v for k, v in params.items() if v != "absent"}),
        tasks,
        graph_config,
        write_artifacts=False,
    )
    os.environ.pop("TASK_ID", None)
    os.environ.update(case.get("environment", ENVIRONMENT))
    answer_from(case.get("remote", {}))
    items = copy.deepcopy(case["items"])
    for name in case["transforms"]:
        items = importlib.import_module(name).transforms(config, items)
    # Each item is dumped as it comes, since the peer's may share parts with those that follow.
    return [json.loads(json.dumps(item)) for item in items]


def main():
    mozilla_taskgraph.register(GraphConfig(copy.deepcopy(GRAPH_CONFIG), "/project/taskcluster"))
    written = []
    for case in TRANSFORMS + REPLICATE + WORKERS:
        result = dict(case)
        try:
            result["expected"] = run(case)
        except Exception as error:
            result["error"] = f"{type(error).__name__}: {str(error).strip()}".splitlines()[0]
        written.append(result)
    names = [case["name"] for case in written]
    assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1]
    head = {"params": PARAMS, "graph_config": GRAPH_CONFIG, "environment": ENVIRONMENT}
    head = "".join(f'"{key}": {json.dumps(value)},\n' for key, value in head.items())
    # A line for each case.
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in written)
    (HERE / "cases.json").write_text(f'{{{head}"cases": [\n{lines}\n]}}\n', encoding="utf-8")
    refused = [case for case in written if "error" in case]
    print(f"{len(written)} cases, of which the peer refuses {len(refused)}")
    for case in refused:
        print(f"  {case['name']}: {case['error']}")


if __name__ == "__main__":
    main()
