"""What the payload builders of Firefox make of the workers in tests/builders/cases.py.

usage: TREE=... $VENV/bin/python builders.py [--update]

Without `--update`, it fails if tests/builders/cases.json differs. TREE is a tree of Firefox (140), VENV a virtual
environment with the packages of its `mach`. Each case is the `worker` of a task, with the payload and the scopes
that come out, or with the first line of the error. The Rust test `builders` gives the same to ours and compares.
`on_purpose` says why ours makes something else.
"""

import copy
import json
import os
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "builders" / "cases.json"
sys.dont_write_bytecode = True
sys.path[:0] = [str(TABLE.parent), os.path.join(os.environ["TREE"], "taskcluster")]
os.chdir(os.environ["TREE"])

import gecko_taskgraph.transforms.job  # noqa: E402, F401, I001
import android_taskgraph.worker_types  # noqa: E402, F401
from gecko_taskgraph.transforms import task as tasks  # noqa: E402
from taskgraph.util.schema import validate_schema  # noqa: E402

from cases import CASES, GRAPH_CONFIG, PARAMS  # noqa: E402


class Config:
    """The part of a TransformConfig that builders read."""

    def __init__(self, case):
        self.params = {**PARAMS, **case.get("params", {})}
        self.params["app_version"] = case.get("app_version", self.params["version"])
        self.params.setdefault("release_type", case.get("release_type", ""))
        self.graph_config = GRAPH_CONFIG
        self.kind = case.get("kind", "release-balrog-submit-toplevel")


def run(case):
    history = {**PARAMS, **case.get("params", {})}.get("release_history")
    os.environ["PARTIAL_UPDATES"] = json.dumps(history) if history else ""
    config = Config(case)
    worker = {"implementation": case["implementation"], "os": "linux", **copy.deepcopy(case["worker"])}
    builder = tasks.payload_builders[case["implementation"]]
    task = {
        "description": "d",
        "worker": worker,
        "attributes": copy.deepcopy(case.get("attributes", {})),
        "shipping-product": case.get("attributes", {}).get("shipping_product"),
    }
    definition = {"tags": {}, "scopes": list(case.get("scopes", []))}
    validate_schema(builder.schema, worker, "worker:")
    builder.builder(config, task, definition)
    return {"payload": definition["payload"], "scopes": definition["scopes"]}


def main():
    answers = []
    for case in CASES:
        answer = dict(case)
        try:
            answer["expected"] = run(case)
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
        answers.append(answer)
    document = {"params": PARAMS, "graph_config": GRAPH_CONFIG, "cases": answers}
    text = json.dumps(document, ensure_ascii=False).replace('{"name": ', '\n{"name": ') + "\n"
    refused = sum("error" in answer for answer in answers)
    print(f"{len(answers)} cases, {refused} refused")
    if sys.argv[1:] == ["--update"]:
        TABLE.write_text(text)
    elif TABLE.read_text() != text:
        sys.exit(f"{TABLE} differs from what Firefox's program makes; `--update` writes it anew")


main()
