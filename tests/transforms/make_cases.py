"""Writes cases.json: what taskcluster-taskgraph makes of the items of every case.

    python make_cases.py

It needs taskcluster-taskgraph 24.5.1 with its orjson extra. Each case is an input (a transform, its
items, what lies around them) with the items that come out of the transform, or with the first line
of the error. The Rust test `transforms` gives the same inputs to ours and compares.

Each case runs in a fresh copy of the folder `project` with the files of the case laid over it. All
modes are set, so that neither the checkout nor the umask of this machine has a say.
"""

import copy
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import taskgraph  # noqa: E402
from taskgraph.config import GraphConfig, validate_graph_config  # noqa: E402
from taskgraph.parameters import Parameters  # noqa: E402
from taskgraph.task import Task  # noqa: E402
from taskgraph.transforms.base import TransformConfig  # noqa: E402
from taskgraph.util import json as peer_json  # noqa: E402

PARAMS = {
    "base_repository": "https://github.com/example/ci",
    "base_ref": "main",
    "base_rev": "aaaa" * 10,
    "build_date": 1700000000,
    "build_number": 1,
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
    "next_version": None,
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
}

GRAPH_CONFIG = {
    "trust-domain": "snow",
    "task-priority": "low",
    "workers": {
        "aliases": {
            "images": {
                "provisioner": "p",
                "implementation": "docker-worker",
                "os": "linux",
                "worker-type": "w",
            }
        }
    },
    "taskgraph": {"repositories": {"ci": {"name": "ci"}}},
}


def lay_out(root, files):
    """Makes the project of a case in `root`."""
    shutil.copytree(HERE / "project", root, dirs_exist_ok=True)
    for path in sorted(root.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.suffix == ".sh" else 0o644)
    for name, file in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "link" in file:
            path.symlink_to(file["link"])
            continue
        if "content" in file or not path.exists():
            path.write_bytes(file.get("content", "").encode("utf-8"))
        path.chmod(file.get("mode", 0o644))


def run(case, root):
    graph_config = {**copy.deepcopy(GRAPH_CONFIG), **case.get("graph_config", {})}
    validate_graph_config(graph_config)
    tasks = {}
    for dependency in copy.deepcopy(case.get("dependencies", [])):
        tasks[dependency["label"]] = Task(**dependency)
    config = TransformConfig(
        case.get("kind", "thing"),
        "taskcluster/kinds/" + case.get("kind", "thing"),
        copy.deepcopy(case.get("kind_config", {})),
        Parameters(strict=True, **{**PARAMS, **case.get("params", {})}),
        tasks,
        GraphConfig(graph_config, root_dir=str(root / "taskcluster")),
        write_artifacts=case.get("write_artifacts", False),
    )
    name = case["transform"]
    transforms = importlib.import_module(f"taskgraph.transforms.{name}").transforms
    made = [peer_json.dumps(i) for i in transforms(config, copy.deepcopy(case["items"]))]
    return [json.loads(item) for item in made]


def contexts_of(root):
    """What the peer has kept of docker contexts."""
    kept = {}
    for path in sorted((root / "docker-contexts").glob("*.tar.gz")):
        data = path.read_bytes()
        with tarfile.open(path) as tar:
            members = [[m.name, f"{m.mode:o}", m.size] for m in tar.getmembers()]
            dockerfile = tar.extractfile("Dockerfile").read().decode("utf-8")
        zipped = subprocess.run(["gzip", "-dc", path], check=True, capture_output=True)
        kept[path.name] = {
            "header": data[: 10 + data[10:].index(0) + 1].hex(),
            "sha256": hashlib.sha256(zipped.stdout).hexdigest(),
            "members": members,
            "dockerfile": dockerfile,
        }
    return kept


def main():
    if os.environ.get("PYTHONHASHSEED") != "0":
        # Where the peer follows hash order, at least the file does not change from run to run.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.argv])
    from cases_caching import CACHING
    from cases_fields import FIELDS
    from cases_from_deps import FROM_DEPS
    from cases_notify import NOTIFY

    written = []
    for case in FROM_DEPS + FIELDS + NOTIFY + CACHING:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            lay_out(root, case.get("files", {}))
            os.chdir(root)
            # Named by the transform `fetch`, and set by no code in the package.
            taskgraph.GECKO = str(root)
            result = dict(case)
            try:
                made = run(case, root)
                if case["transform"] == "cached_tasks":
                    made.sort(key=lambda item: item["label"])
                result["expected"] = made
                if case.get("write_artifacts"):
                    result["contexts"] = contexts_of(root)
            except Exception as error:
                text = str(error).replace(folder, "<root>").strip()
                result["error"] = f"{type(error).__name__}: {text}".splitlines()[0]
            os.chdir("/")
            written.append(result)
    names = [case["name"] for case in written]
    assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1]
    # A line for each case.
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in written)
    params, graph_config = json.dumps(PARAMS), json.dumps(GRAPH_CONFIG)
    text = f'{{"params": {params},\n"graph_config": {graph_config},\n"cases": [\n{lines}\n]}}\n'
    (HERE / "cases.json").write_text(text, encoding="utf-8")
    refused = sum("error" in case for case in written)
    print(f"{len(written)} cases, of which the peer refuses {refused}")


if __name__ == "__main__":
    main()
