"""Compares the promotion of a Firefox ESR release, as Firefox's own program and snowman run it: the flavors
promote, push and ship, one after another, each on the graphs that the same program has published before.

usage: promotion.py [--cached] OUT [FLAVOR...]

What stands in for the push is the parameter file of a real promotion, `me-promote-firefox.yml`, whose
`existing_tasks` are what the push has built. The tasks that a flavor creates get the taskIds that the real
release had, so the `existing_tasks` of the next flavor can be compared with the real ones. What has been done
in OUT is not done again. With `--cached`, the index has every docker image and toolchain, so that they replace the
tasks that would build them; without, it is empty. Environment: see programs.py.
"""

import json
import os
import pathlib
import shutil
import sys
import time

import programs
import yaml
from fake_taskcluster import EXPIRES, FakeTaskcluster, FullIndex, task_id
from outcome import first_difference, named, read_artifact, relative_dates
from programs import PROGRAMS, TREE

FLAVORS = ("promote", "push", "ship")
REBUILT = ["docker-image", "fetch", "packages", "toolchain"]
CREATED = "2026-01-06T18:00:00.000Z"
CACHE = "gecko.cache.level-3."
PREVIOUS_VERSION = "140.6.0esr"
# The platforms of the updates, as Balrog names them.
PLATFORMS = {
    "linux": "Linux_x86-gcc3",
    "linux64": "Linux_x86_64-gcc3",
    "linux64-aarch64": "Linux_aarch64-gcc3",
    "macosx64": "Darwin_x86_64-gcc3-u-i386-x86_64",
    "win32": "WINNT_x86-msvc",
    "win64": "WINNT_x86_64-msvc",
    "win64-aarch64": "WINNT_aarch64-msvc-aarch64",
}


DECISION, *ACTIONS = map(task_id, ("push", *FLAVORS))


def load(path):
    return yaml.load(path.read_text(), yaml.CSafeLoader)


def real_parameters(flavor):
    return load(TREE / ("taskcluster/test/params/me-%s-firefox.yml" % flavor))


class Release:
    """A real release: the artifacts of its push, and the taskIds of all its tasks."""

    def __init__(self):
        self.real = {flavor: real_parameters(flavor) for flavor in FLAVORS}
        self.ids = self.real["ship"]["existing_tasks"]
        built = dict(self.real["promote"]["existing_tasks"])
        kinds = sorted(os.listdir(TREE / "taskcluster/kinds"), key=len, reverse=True)
        self.kind = lambda label: next((kind for kind in kinds if label.startswith(kind + "-")), "other")
        # Tasks that are built again although they are there.
        for label in ("toolchain-linux64-clang", "docker-image-debian12-amd64-build"):
            built.setdefault(label, task_id(label))
        empty = {"description": "", "task": {}, "optimization": None, "dependencies": {}}
        empty.update(soft_dependencies=[], if_dependencies=[])
        full = {}
        for label in built:
            kind = self.kind(label)
            full[label] = {**empty, "label": label, "kind": kind, "attributes": {"kind": kind}}
        push = {**self.real["promote"], "existing_tasks": {}, "target_tasks_method": "mozilla_esr140_tasks"}
        push.update(release_product=None, next_version=None, release_eta="", release_enable_partner_repack=False)
        push.update(release_partners=[], release_partner_config={})
        # Decisions set this since a version of taskgraph that the real release did not have yet.
        push.setdefault("enable_always_target", ["docker-image"])
        self.push = {
            (DECISION, "public/parameters.yml"): yaml.safe_dump(push).encode(),
            (DECISION, "public/full-task-graph.json"): json.dumps(full).encode(),
            (DECISION, "public/label-to-taskid.json"): json.dumps(built).encode(),
        }

    def request(self, flavor):
        """The input of the action."""
        real = self.real["ship"]
        return {
            "release_promotion_flavor": flavor + "_firefox",
            "build_number": real["build_number"],
            "version": real["version"],
            "next_version": real["next_version"],
            "previous_graph_ids": [DECISION, *ACTIONS[: FLAVORS.index(flavor)]],
            "rebuild_kinds": REBUILT,
            "partial_updates": {PREVIOUS_VERSION: {"buildNumber": 1, "locales": ["de", "en-US"]}},
            "release_eta": real["release_eta"],
            "release_enable_partner_repack": True,
            "release_enable_partner_attribution": False,
            "release_enable_emefree": False,
            "release_partner_config": real["release_partner_config"],
        }

    def previous_release(self):
        """The previous release in Balrog: the locales for which the real one has updates."""
        platforms = {}
        for platform, name in PLATFORMS.items():
            end = "-%s-shippable/opt" % platform
            updates = [label for label in self.ids if label.startswith("partials-") and label.endswith(end)]
            locales = [label[len("partials-") : -len(end)] for label in updates] + ["en-US"]
            platforms[name] = {"locales": {locale: {"buildID": "20251201000000"} for locale in locales}}
        urls = {"completes": {"*": "https://archive.invalid/%OS_FTP%/%LOCALE%.mar"}}
        return {"platforms": platforms, "fileUrls": {"esr-localtest": urls}}

    def published(self, flavor, folder):
        """The artifacts of a flavor, with the real taskIds."""
        ids = json.loads((folder / "label-to-taskid.json").read_bytes())
        ids = {label: self.ids.get(label) or task_id(label) for label in ids}
        action = ACTIONS[FLAVORS.index(flavor)]
        return {
            (action, "public/parameters.yml"): folder / "parameters.yml",
            (action, "public/full-task-graph.json"): folder / "full-task-graph.json",
            (action, "public/label-to-taskid.json"): json.dumps(ids).encode(),
        }


def run(release, program, flavor, out, cached):
    """Runs a flavor on what the program has published before, unless it has been run."""
    folder = out / flavor / program
    if (folder / "changes.json").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    artifacts = dict(release.push)
    for earlier in FLAVORS[: FLAVORS.index(flavor)]:
        artifacts.update(release.published(earlier, out / earlier / program / "artifacts"))
    action = ACTIONS[FLAVORS.index(flavor)]
    groups = {DECISION: DECISION, action: DECISION}
    for (_, name), content in artifacts.items():
        if name == "public/label-to-taskid.json":
            groups.update(dict.fromkeys(json.loads(content).values(), DECISION))
    definition = {"created": CREATED, "expires": EXPIRES, "schedulerId": "gecko-level-3", "metadata": {"name": "task"}}
    balrog = "aus5.mozilla.org/api/v1/releases/Firefox-%s-build1" % PREVIOUS_VERSION
    role = "assume:repo:hg.mozilla.org/releases/mozilla-esr140:action:release-promotion"
    tasks = {one: {**definition, "taskGroupId": group} for one, group in groups.items()}
    taskcluster = FakeTaskcluster(
        tasks,
        states={action: "running"},
        artifacts=artifacts,
        index=FullIndex(CACHE, tasks) if cached else {},
        pages={balrog: release.previous_release()},
        scopes=["*", role],
    )
    start = time.monotonic()
    with taskcluster:
        environment = taskcluster.environment(folder / "python")
        environment.update(
            TASK_ID=action,
            ACTION_CALLBACK="release-promotion",
            ACTION_INPUT=json.dumps(release.request(flavor)),
            ACTION_TASK_GROUP_ID=DECISION,
            ACTION_TASK_ID="null",
        )
        succeeds = programs.run(program, ["action-callback", "-r", "taskcluster"], environment, folder)
    print("%-8s %-8s took %d s" % (flavor, program, time.monotonic() - start), flush=True)
    (folder / "unknown").write_text("\n".join(taskcluster.unknown))
    if not succeeds:
        sys.exit("see %s" % (folder / "stderr"))
    (folder / "changes.json").write_text(json.dumps(taskcluster.changes))


def names(folder):
    """The labels of the tasks that a program has created, by taskId."""
    return {one: label for label, one in json.loads((folder / "artifacts/label-to-taskid.json").read_bytes()).items()}


def read(path):
    """Reads an artifact. The list of targets is in the order of a set, and the decisions of actions contain the path of
    the tree."""
    content = read_artifact(path)
    if path.name == "target-tasks.json":
        return sorted(content)
    if path.suffix == ".json":
        return json.loads(json.dumps(content).replace("%s/" % TREE, ""))
    return content


def created(folder):
    """The created tasks by name, and everything else that was changed."""
    done = read(folder / "changes.json")
    labels = names(folder)
    new = {}
    for change in done:
        if "create" in change:
            definition = named(relative_dates(change["definition"]), labels)
            new.setdefault(labels[change["create"]], []).append(definition)
    return {"created": new, "other": [change for change in done if "create" not in change]}


def compare(release, flavor, out):
    """Prints a line for each artifact, for the created tasks, and for `existing_tasks` beside the real ones."""
    folders = [out / flavor / program for program in PROGRAMS]
    files = sorted({path.relative_to(one / "artifacts") for one in folders for path in (one / "artifacts").rglob("*")})
    for name in files:
        paths = [one / "artifacts" / name for one in folders]
        if not all(path.exists() for path in paths):
            verdict = "only of " + next(one.name for one, path in zip(folders, paths) if path.exists())
        elif any(path.is_dir() for path in paths):
            continue
        else:
            contents = [read(path) for path in paths]
            verdict = "identical"
            if contents[0] != contents[1]:
                contents = [named(content, names(one)) for content, one in zip(contents, folders)]
                verdict = first_difference(*contents) or "identical apart from new taskIds"
            if isinstance(contents[0], (dict, list)):
                verdict = "%d entries, %s" % (len(contents[0]), verdict)
        print("%-8s %s: %s" % (flavor, name, verdict), flush=True)
    theirs, ours = map(created, folders)
    verdict = first_difference(theirs, ours) or "identical"
    print("%-8s %d tasks created: %s" % (flavor, len(theirs["created"]), verdict), flush=True)
    existing = [load(one / "artifacts/parameters.yml")["existing_tasks"] for one in folders]
    verdict = first_difference(*existing) or "identical"
    real = {label: one for label, one in release.real[flavor]["existing_tasks"].items() if label in existing[0]}
    other = [label for label, one in real.items() if existing[0][label] != one]
    print(
        "%-8s existing_tasks: %d, %s; %d of them in the real release, %d with another taskId"
        % (flavor, len(existing[0]), verdict, len(real), len(other))
    )


def main():
    cached = "--cached" in sys.argv
    out, *flavors = [one for one in sys.argv[1:] if one != "--cached"]
    out = pathlib.Path(out).resolve()
    release = Release()
    for flavor in flavors or FLAVORS:
        for program in PROGRAMS:
            run(release, program, flavor, out, cached)
        compare(release, flavor, out)


if __name__ == "__main__":
    main()
