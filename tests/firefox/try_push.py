"""Compares pushes to try, as the functions of Firefox's `mach try` and snowman make them.

usage: try_push.py OUT

Both change copies of the files that they need: those of the tree as it is, and as they were before the migrations.
Environment: see programs.py.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import yaml
from fake_taskcluster import FakeTaskcluster, task_id
from programs import PYTHON, SNOWMAN, TREE

HERE = pathlib.Path(__file__).resolve().parent
LOCALES = "browser/locales/"
# What the function of `mach try release` has in its code.
SETTINGS = {
    "try": {
        "limited-locales": {
            LOCALES + "l10n-changesets.json": {"from": LOCALES + "l10n-onchange-changesets.json"},
            LOCALES + "shipped-locales": {"from": LOCALES + "onchange-locales", "begin": "en-US\n"},
        }
    }
}
VERSIONS = ["94.0b1", "142.0b9", "142.0", "142.0.3", "140.4.0esr", "141.0"]
# The system of each type, in the words of snowman.
SYSTEMS = {
    "linux-signing": "signing",
    "linux-signing-partial": "signing",
    "mac-signing": "mac-signing",
    "beetmover-candidates": "beetmover",
    "bouncer-submit": "bouncer",
    "balrog-submit": "balrog",
    "tree": "tree",
}
WORKERS = ["--worker-override=balrog=scriptworker-k8s/gecko-1-balrog-dev", "--worker-suffix=beetmover=-dev"]
POOLS = {
    "signing": "gecko-3-signing",
    "mac-signing": "gecko-signing-mac14m2",
    "beetmover": "gecko-3-beetmover",
    "bouncer": "gecko-3-bouncer",
    "balrog": "gecko-3-balrog",
    "tree": "gecko-3-tree",
}


def behaviors():
    config = yaml.load((TREE / "taskcluster/config.yml").read_text(), yaml.CSafeLoader)
    return config["merge-automation"]["behaviors"]


def copy_of_tree(folder, before_migrations):
    """Copies the files that either program reads; returns the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    names = {"taskcluster/config.yml", ".taskcluster.yml", *SETTINGS["try"]["limited-locales"]}
    names.update(limited["from"] for limited in SETTINGS["try"]["limited-locales"].values())
    changes = []
    for behavior in behaviors().values():
        names.update(file["filename"] for file in behavior["version-files"])
        changes += behavior["replacements"]
        names.update(change[0] for change in behavior.get("regex-replacements", []))
    names.update(change[0] for change in changes)
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TREE / name, target)
    if before_migrations:
        for name, old, new in reversed(changes):
            text = (folder / name).read_text()
            if "{" not in old and old not in text:
                (folder / name).write_text(f"{text.rstrip()}\n{old}\n")
        for name in ("browser/config/version.txt", "browser/config/version_display.txt", "mobile/android/version.txt"):
            (folder / name).write_text("141.0a1\n")
        weave = folder / "services/sync/modules/constants.sys.mjs"
        weave.write_text(re.sub(r'WEAVE_VERSION = "1\.\d+\.0"', 'WEAVE_VERSION = "1.143.0"', weave.read_text()))
    (folder / "taskcluster/snowman.yml").write_text(yaml.safe_dump(SETTINGS))
    for command in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "tree"]):
        git(folder, *command)
    git(folder, "remote", "add", "origin", "https://github.com/mozilla-firefox/firefox")
    return folder


def git(folder, *arguments):
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def peer(selector, folder, environment, inputs=(), **arguments):
    command = [PYTHON, HERE / "peer_try.py", selector, folder]
    given = json.dumps(inputs or arguments)
    done = subprocess.run(command, input=given, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{selector} {arguments}:\n{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("{") :])


def snowman(folder, environment, *arguments):
    """What it has shown, and the files that it has written."""
    command = [SNOWMAN, *arguments, "--json", "--apply", "--python=never"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments}:\n{done.stderr}")
    names = git(folder, "ls-files", "--modified", "--others").split()
    written = {name: (folder / name).read_text() for name in names}
    git(folder, "checkout", "-q", "--", ".")
    git(folder, "clean", "-q", "-f", "-d")
    return json.loads(done.stdout), written


def differences(folder, expected, shown, written):
    """Compares what is pushed."""
    found = []
    config = json.loads(written.pop("try_task_config.json"))
    if config != expected["config"] or config != shown["tryTaskConfig"]:
        found.append(f"try_task_config.json: {expected['config']} {config}")
    if shown["commands"][1] != f"git commit --message '{expected['message']}'":
        found.append(f"message: {expected['message']} {shown['commands'][1]}")
    files = {name: text for name, text in expected["files"].items() if (folder / name).read_text() != text}
    for name in sorted(files.keys() | written.keys()):
        if files.get(name) != written.get(name):
            found.append(f"{name}: {files.get(name)!r} {written.get(name)!r}")
    return found


def release_cases(names):
    for version in VERSIONS:
        yield version, [], True, "staging", []
    for name in names:
        yield "142.0b1", [name], True, "release-sim", []
    yield "142.0", ["main-to-beta", "beta-to-release"], False, "staging", []
    yield "140.1.0esr", ["main-to-beta", "early-to-late-beta", "beta-to-release", "release-to-esr"], True, "staging", []
    yield "142.0", [], True, "staging", ["--disable-pgo", *WORKERS]


def compare_releases(folder, environment, found):
    count = changed = 0
    for version, migrations, limits, tasks, shared in release_cases(behaviors()):
        arguments = {"version": version, "migrations": list(migrations), "limit_locales": limits, "tasks": tasks}
        expected = peer("release", folder, environment, flags=shared, **arguments)
        flags = [*shared, *(f"--migration={name}" for name in migrations)]
        flags += [] if limits else ["--no-limit-locales"]
        shown, written = snowman(folder, environment, "try-release", f"--version={version}", f"--tasks={tasks}", *flags)
        changed += len(written) - 1
        count += 1
        for difference in differences(folder, expected, shown, written):
            found.append(f"{folder.name} {version} {migrations}: {difference}")
    print(f"try release, files {folder.name:6} {count:3} pushes, {changed:3} changed files")


def check_inputs(folder, environment, found):
    """Checks the promotions that are shown against the schema of Firefox's own action."""
    inputs = []
    for product in ("firefox", "devedition", "firefox-android"):
        flags = ["--version=142.0", f"--product={product}", "--update-from=141.0"]
        inputs += snowman(folder, environment, "try-release", *flags)[0]["promotions"]
    wrong = peer("inputs", TREE, environment, inputs=[*inputs, {"build_number": "1"}])["wrong"]
    if not wrong.pop():
        found.append("an invalid input is not refused")
    found += [f"{value}: {text}" for value, texts in zip(inputs, wrong) for text in texts]
    print(f"inputs of promotions      {len(inputs):4} inputs")


def compare_types(folder, out, found):
    sys.path.insert(0, str(TREE / "tools"))
    source = (TREE / "tools/tryselect/selectors/scriptworker.py").read_text()
    listed = re.search(r"^TASK_TYPES = (\{.*?^\})", source, re.DOTALL | re.MULTILINE)
    types = yaml.safe_load(listed[1])
    graph, ids = {}, {}
    for name, labels in types.items():
        for label in ["build-linux64-shippable/opt", *labels]:
            is_build = label.startswith("build-linux64-ship")
            pool = "b-linux" if is_build else POOLS[SYSTEMS[name]]
            graph[label] = {
                "kind": label.rsplit("-", 2)[0],
                "label": label,
                "attributes": {},
                "dependencies": {} if is_build else {"build": "build-linux64-shippable/opt"},
                "optimization": None,
                "soft_dependencies": [],
                "if_dependencies": [],
                "task": {"provisionerId": "p", "workerType": pool, "payload": {}, "scopes": []},
            }
            ids[label] = task_id(label)
    parameters = yaml.load((TREE / "taskcluster/test/params/mb-ship-firefox.yml").read_text(), yaml.CSafeLoader)
    parameters["head_rev"] = git(folder, "rev-parse", "HEAD").strip()
    previous = task_id("ship")
    artifacts = {
        (previous, "public/label-to-taskid.json"): json.dumps(ids).encode(),
        (previous, "public/full-task-graph.json"): json.dumps(graph).encode(),
        (previous, "public/parameters.yml"): yaml.safe_dump(parameters).encode(),
    }
    count = 0
    with FakeTaskcluster({}, artifacts=artifacts) as taskcluster:
        environment = {**os.environ, **taskcluster.environment(out)}
        for name, labels in types.items():
            shared = [*WORKERS, "--route=index.a"] if name == "tree" else []
            expected = peer("scriptworker", folder, environment, task_type=name, previous=previous, flags=shared)
            pattern = f"--tasks-regex=^({'|'.join(map(re.escape, labels))})$"
            arguments = ["try-scriptworker", SYSTEMS[name], f"--from={previous}", pattern, *shared]
            shown, written = snowman(folder, environment, *arguments)
            # The names of types are not those of Firefox, and the order of its tasks is that of its list.
            expected["message"] = f"scriptworker tests: {SYSTEMS[name]}"
            expected["config"]["parameters"]["try_task_config"]["tasks"].sort()
            count += 1
            for difference in differences(folder, expected, shown, written):
                found.append(f"{name}: {difference}")
        compare_existing(folder, environment, previous, found)
    print(f"try scriptworker           {count:3} pushes")


def compare_existing(folder, environment, previous, found):
    """Compares a release whose push uses the tasks of an earlier one."""
    arguments = {"version": "142.0", "migrations": [], "limit_locales": True, "tasks": "staging"}
    expected = peer("release", folder, environment, flags=["-E", f"task-id={previous}"], **arguments)
    flags = ["--version=142.0", f"--existing-tasks={previous}"]
    shown, written = snowman(folder, environment, "try-release", *flags)
    found += [f"--existing-tasks: {text}" for text in differences(folder, expected, shown, written)]


def main():
    out = pathlib.Path(sys.argv[1]).resolve()
    out.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "MOZBUILD_STATE_PATH": str(out / "state"), "PYTHONDONTWRITEBYTECODE": "1"}
    os.environ.update(environment)
    found = []
    for name, before in (("as-is", False), ("before", True)):
        compare_releases(copy_of_tree(out / name, before), environment, found)
    check_inputs(out / "as-is", environment, found)
    compare_types(out / "as-is", out, found)
    print("\n".join(found) or "no differences")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
