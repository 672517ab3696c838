#!/usr/bin/env python3
"""Rehearses staging releases on Try of all products in Firefox's tree with all release tasks staged, and prints how
many tasks of each kind each system stages in each phase.

usage: $VENV/bin/python rehearsal.py [--all-locales] OUT [RELEASE...]

OUT is a folder for the sandbox, the log and the report of each release; kinds.py makes a table of them. Without
releases, all in releases.py are rehearsed. The decision is that of `mach try release --tasks staging`, which has few
locales unless all are asked for; no other host is asked (decision_cases.py). The tree is a git checkout that nothing
else uses meanwhile: files are changed in it, and restored in the end. Environment: see programs.py.
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
import kinds
from programs import PYTHON, SNOWMAN, TREE
from releases import RELEASES

HERE = pathlib.Path(__file__).resolve().parent
STAGING = """staging:
    worker-type: b-linux-gcp
    image: example/snowman:1
release-branches:
    mozilla-release: [default]
"""


def changed_files(release, all_locales):
    """The files that are changed, with what `mach try release` writes and the settings of staging; `None` deletes."""
    parameters = {
        "optimize_target_tasks": True,
        "release_type": release.release_type,
        "target_tasks_method": "staging_release_builds",
        # So that Firefox does not expect tests of every build.
        "try_task_config": {"env": {"MOZHARNESS_TEST_TAG": "none"}},
    }
    files = {
        "taskcluster/snowman.yml": STAGING,
        "try_task_config.json": json.dumps(decision_cases.version_2(**parameters)),
        "browser/config/version.txt": release.app_version + "\n",
        "browser/config/version_display.txt": release.version + "\n",
        "config/milestone.txt": release.app_version + "\n",
        "mobile/android/version.txt": release.version + "\n",
        # No other kind needs the tests, which take most of the time of a decision.
        "taskcluster/kinds/test/kind.yml": None,
    }
    if not all_locales:
        folder = TREE / "browser/locales"
        locales = (folder / "onchange-locales").read_text()
        files["browser/locales/shipped-locales"] = "en-US\n" + locales
        # The tool takes the whole file, which has locales more, that bouncer then has no links for.
        changesets = json.loads((folder / "l10n-onchange-changesets.json").read_text())
        changesets = {locale: changesets[locale] for locale in locales.split()}
        files["browser/locales/l10n-changesets.json"] = json.dumps(changesets, indent=4)
    return files


def rehearse(out, release):
    """Rehearses the flavors of a release in the changed tree. Returns the report."""
    revision = ["git", "-C", TREE, "rev-parse", "HEAD"]
    revision = subprocess.run(revision, check=True, capture_output=True, text=True).stdout.strip()
    answers, given = out / "answers.json", out / "input.json"
    answers.write_text(json.dumps(decision_cases.answers(revision)))
    given.write_text(json.dumps(release.input))
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
    command += ["--input", given, "--folder", out / "sandbox", *release.flavors]
    shutil.rmtree(out / "sandbox", ignore_errors=True)
    with open(out / "report.json", "w") as report, open(out / "log", "w") as log:
        subprocess.run(command, cwd=TREE, env=environment, stdout=report, stderr=log)
    return json.loads((out / "report.json").read_text() or "{}")


def write(path, content):
    """Writes a file, or deletes it if there is to be none."""
    path.unlink(missing_ok=True) if content is None else path.write_bytes(content)


def rehearse_changed(out, release, all_locales):
    """Changes the tree for a release, and rehearses it. Returns the report."""
    files = changed_files(release, all_locales)
    paths = [TREE / path for path in files]
    before = [path.read_bytes() if path.exists() else None for path in paths]
    out.mkdir(parents=True, exist_ok=True)
    try:
        for path, text in zip(paths, files.values()):
            write(path, text and text.encode())
        return rehearse(out, release)
    finally:
        for path, content in zip(paths, before):
            write(path, content)


def counted(tasks):
    """Counts tasks by kind and the system that stages them."""
    return collections.Counter((task["tags"].get("kind", ""), kinds.system(task) or "") for task in tasks.values())


def print_report(name, report, tasks):
    """Prints what staged each kind, and on the error stream what is wrong."""
    print(f"\n## {name}\n\n| Phase | Kind | Tasks | Staged as |\n| --- | --- | ---: | --- |")
    for phase in report["phases"]:
        for (kind, system), count in sorted(counted(tasks[phase["taskGroup"]]).items()):
            print(f"| {phase['name']} | {kind} | {count} | {system} |")
        for check in phase["checks"]:
            for breach in check["breaches"]:
                print(f"{name}: {phase['name']}: {check['rule']}: {breach}", file=sys.stderr)
    for flavor in report["notRehearsed"]:
        print(f"{name}: {flavor} was not rehearsed", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all-locales", action="store_true")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("releases", nargs="*", metavar="RELEASE", default=[*RELEASES])
    options = parser.parse_args()
    unknown = sorted({*options.releases} - {*RELEASES})
    if unknown:
        parser.error(f"no releases: {', '.join(unknown)} (there are {', '.join(RELEASES)})")
    failed = False
    for name in options.releases:
        out = options.out.resolve() / name
        report = rehearse_changed(out, RELEASES[name], options.all_locales)
        if not report:
            sys.exit(f"nothing was rehearsed, see {out / 'log'}")
        tasks = kinds.tasks_by_group(out / "sandbox")
        print_report(name, report, tasks)
        cells = kinds.cells(out / "sandbox", report["phases"], tasks)
        (out / "kinds.json").write_text(json.dumps(cells, indent=1))
        failed |= not report["holds"]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
