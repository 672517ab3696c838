#!/usr/bin/env python3
"""Rehearses a staging release of Firefox on Try with all release tasks staged, and prints which system stages each
kind in each phase.

usage: $VENV/bin/python rehearsal.py OUT [FLAVOR...]

OUT is a folder for the sandbox, the log and the report. Without flavors, a release is promoted, pushed and shipped.
The decision is that of `mach try release --tasks staging`; no other host is asked (decision_cases.py). The tree is a
git checkout that nothing else uses meanwhile: files are changed in it, and restored in the end. Environment: see
programs.py.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

import decision_cases
from programs import PYTHON, SNOWMAN, TREE

HERE = pathlib.Path(__file__).resolve().parent
FLAVORS = ["promote_firefox", "push_firefox", "ship_firefox"]
STAGING = """staging:
    worker-type: b-linux-gcp
    image: example/snowman:1
release-branches:
    mozilla-release: [default]
"""
LOCALES = ["en-US", "de", "ja"]
DESKTOP = ["linux64-shippable", "macosx64-shippable", "win32-shippable", "win64-shippable"]
REPACK = {"locales": LOCALES, "platforms": DESKTOP, "upload_to_candidates": True}
# What Ship It says in each phase, and what GitHub says about partners.
INPUT = {
    "release_partner_config": {
        "release-partner-repack": {"acme": {"acme-001": REPACK}},
        "release-eme-free-repack": {"mozilla-EME-free": {"mozilla-EME-free": {**REPACK, "platforms": DESKTOP[1:]}}},
        "release-partner-attribution": {
            "defaults": {"medium": "distribution", "source": "mozilla"},
            "configs": [
                {
                    "campaign": "sample",
                    "content": "sample-001",
                    "locales": LOCALES,
                    "platforms": DESKTOP[1:],
                    "upload_to_candidates": True,
                }
            ],
        },
    },
    "required_signoffs": [],
    "partial_updates": {},
    "release_eta": "",
    "release_enable_partner_repack": True,
    "release_enable_partner_attribution": True,
    "release_enable_emefree": True,
    "version": "",
}
# What `mach try release --version` changes.
VERSION = "140.0"
FILES = {
    "taskcluster/snowman.yml": STAGING,
    "try_task_config.json": json.dumps(
        decision_cases.version_2(
            optimize_target_tasks=True, release_type="release", target_tasks_method="staging_release_builds"
        )
    ),
    "browser/config/version.txt": VERSION + "\n",
    "browser/config/version_display.txt": VERSION + "\n",
    "config/milestone.txt": VERSION + "\n",
    "mobile/android/version.txt": VERSION + "\n",
}


def rehearse(out, flavors, more):
    """Rehearses the flavors. Returns the report."""
    revision = ["git", "-C", TREE, "rev-parse", "HEAD"]
    revision = subprocess.run(revision, check=True, capture_output=True, text=True).stdout.strip()
    answers, given = out / "answers.json", out / "input.json"
    answers.write_text(json.dumps(decision_cases.answers(revision)))
    given.write_text(json.dumps({**INPUT, **more}))
    environment = {
        **os.environ,
        "PATH": f"{HERE / 'services'}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE / "services"),
        "PYTHONHASHSEED": "0",
        "SNOWMAN_PYTHON": str(PYTHON),
        "SERVICES_ANSWERS": str(answers),
        "SERVICES_LOG": str(out / "requests.log"),
        "SERVICES_MESSAGE": "staging release",
    }
    command = [SNOWMAN, "rehearse", "--json", "--repository", decision_cases.TRY]
    command += ["--input", given, "--folder", out / "sandbox", *flavors]
    shutil.rmtree(out / "sandbox", ignore_errors=True)
    with open(out / "report.json", "w") as report, open(out / "log", "w") as log:
        subprocess.run(command, cwd=TREE, env=environment, stdout=report, stderr=log)
    return json.loads((out / "report.json").read_text() or "{}")


def release_kinds(out, phase):
    """Counts the tasks of a phase by kind, shipping phase and the system that stages them."""
    counts = collections.Counter()
    for path in (out / "sandbox/tasks").glob("*.json"):
        definition = json.loads(path.read_text())["definition"]
        if definition.get("taskGroupId") != phase["taskGroup"]:
            continue
        extra = definition.get("extra", {})
        kind = definition.get("tags", {}).get("kind", "")
        staged = extra.get("staging", {}).get("system", "")
        counts[kind, staged] += 1
    return counts


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("flavors", nargs="*", default=FLAVORS)
    parser.add_argument("--input", type=json.loads, default={}, help="more input of the actions, as JSON")
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    paths = [TREE / path for path in FILES]
    before = [path.read_bytes() if path.exists() else None for path in paths]
    for path, text in zip(paths, FILES.values()):
        path.write_text(text)
    try:
        report = rehearse(out, options.flavors, options.input)
    finally:
        for path, content in zip(paths, before):
            path.unlink() if content is None else path.write_bytes(content)
    if not report:
        sys.exit(f"nothing was rehearsed, see {out / 'log'}")
    print("| Phase | Kind | Tasks | Staged as |\n| --- | --- | ---: | --- |")
    for phase in report["phases"]:
        for (kind, system), count in sorted(release_kinds(out, phase).items()):
            print(f"| {phase['name']} | {kind} | {count} | {system} |")
        for check in phase["checks"]:
            for breach in check["breaches"]:
                print(f"{phase['name']}: {check['rule']}: {breach}", file=sys.stderr)
    return 0 if report["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
