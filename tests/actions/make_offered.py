"""Writes offered.json: the actions that taskcluster-taskgraph offers for the project in `offered`.

    python make_offered.py

It needs taskcluster-taskgraph 24.5.1 and mozilla-taskgraph 5.0.1. Each entry has parameters and the
`actions.json` that is rendered for them. The Rust tests render the same and compare.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.dont_write_bytecode = True

from mozilla_taskgraph.actions import enable_action  # noqa: E402
from taskgraph.actions import render_actions_json  # noqa: E402
from taskgraph.config import load_graph_config  # noqa: E402
from taskgraph.parameters import Parameters  # noqa: E402

DECISION = "fN1SbArXTPSVFUUvaOlinQ"
PUSH = {
    "base_repository": "https://github.com/example/ci",
    "base_ref": "main",
    "base_rev": "babe",
    "build_date": 1_700_000_000,
    "build_number": 1,
    "do_not_optimize": [],
    "enable_always_target": True,
    "existing_tasks": {},
    "files_changed": [],
    "filters": ["target_tasks_method"],
    "head_ref": "refs/heads/topic",
    "head_repository": "https://github.com/example/ci",
    "head_rev": "cafe",
    "head_tag": "",
    "level": "1",
    "moz_build_date": "20231114221320",
    "next_version": None,
    "optimize_strategies": None,
    "optimize_target_tasks": True,
    "owner": "someone@example.com",
    "project": "ci",
    "pushdate": 1_700_000_000,
    "pushlog_id": "0",
    "repository_type": "git",
    "target_tasks_method": "default",
    "tasks_for": "github-push",
    "version": "1.0",
}
VARIANTS = {
    "push": {},
    "pull request": {
        "tasks_for": "github-pull-request",
        "head_repository": "https://github.com/someone/ci",
        "head_ref": "fix",
    },
    "untrusted pull request": {"tasks_for": "github-pull-request-untrusted"},
    "cron": {"tasks_for": "cron", "level": "3", "head_ref": "main"},
    "no refs": {"head_ref": "", "base_ref": ""},
    "no head ref": {"head_ref": ""},
    "mercurial": {
        "repository_type": "hg",
        "head_repository": "https://hg.mozilla.org/try",
        "base_repository": "https://hg.mozilla.org/mozilla-unified",
        "head_ref": "default",
        "base_ref": "",
        "pushlog_id": "123",
        "project": "try",
        "tasks_for": "hg-push",
    },
}


def main():
    # A separate repository, because .taskcluster.yml is searched for at its top.
    folder = Path(tempfile.mkdtemp()) / "ci"
    shutil.copytree(HERE / "offered", folder)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    os.chdir(folder)
    graph_config = load_graph_config("taskcluster")
    enable_action("release-promotion")
    cases = []
    for name, over in VARIANTS.items():
        parameters = {**PUSH, **over}
        rendered = render_actions_json(Parameters(strict=True, **parameters), graph_config, DECISION)
        cases.append({"name": name, "parameters": parameters, "actions": rendered})
    text = json.dumps({"decision": DECISION, "cases": cases}, indent=1, sort_keys=True)
    (HERE / "offered.json").write_text(text + "\n")


main()
