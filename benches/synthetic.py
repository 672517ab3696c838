#!/usr/bin/env python3
"""Writes a project with any number of tasks, structured like large projects.

For each platform and build type there are 50 tasks: a build, its signing, four notices of the
signing, and 44 chunks of test suites. All but the builds are made by `from_deps` and `matrix`.

With `--custom`, the project has Python code, as nearly all projects do: a registration function, and
a transform in the pipeline of each kind.
"""

import argparse
import os
import pathlib
import subprocess

UNIT = 50
BUILD_TYPES = ["opt", "debug", "asan", "shippable"]
SYSTEMS = ["linux", "macosx", "win"]

CONFIG = """\
trust-domain: floe
task-priority:
    by-project:
        floe: medium
        default: low
taskgraph:
    register: mozilla_taskgraph:register
    repositories:
        floe:
            name: Floe
            project-regex: floe.*
            default-repository: https://github.com/floe/floe
            default-ref: main
            type: git
workers:
    aliases:
        b-linux:
            provisioner: '{trust-domain}-{level}'
            implementation: docker-worker
            os: linux
            worker-type:
                by-level:
                    '3': linux-trusted
                    default: linux
        t-linux:
            provisioner: '{trust-domain}-t'
            implementation: docker-worker
            os: linux
            worker-type: 't-linux-{level}'
        signing:
            provisioner: scriptworker
            implementation: scriptworker-signing
            os: scriptworker
            worker-type:
                by-level:
                    '3': signing
                    default: signing-dep
        succeed:
            provisioner: built-in
            implementation: succeed
            os: linux
            worker-type: succeed
index:
    products: [floe]
treeherder:
    group-names:
        B: Builds
        S: Signing
        N: Notices
        T: Tests
scriptworker:
    scope-prefix: project:floe:releng
"""

BUILD_DEFAULTS = """\
transforms:
    - taskgraph.transforms.task_context

task-defaults:
    worker-type: b-linux
    worker:
        docker-image: 'floe/build:1.0'
        max-run-time: 7200
        chain-of-trust: true
        env:
            MACH_BUILD_LOG: /builds/worker/artifacts/build.log
            MOZ_AUTOMATION: '1'
            PERFHERDER_EXTRA_OPTIONS: none
        artifacts:
            - type: directory
              name: public/build
              path: /builds/worker/artifacts
    treeherder:
        kind: build
        tier: 1
        symbol: B
    run-on-tasks-for: [github-push, github-pull-request]
    index:
        product: floe
        type: generic
    run:
        using: run-task
        use-caches: [checkout]
        cwd: '{checkout}'
    task-context:
        from-parameters: {level: level, project: project}
        substitution-fields: [description, worker.env.BUILD_ORIGIN]

"""

TEST = """\
kind-dependencies:
    - build

transforms:
    - taskgraph.transforms.from_deps
    - taskgraph.transforms.matrix
    - taskgraph.transforms.task_context

tasks:
    test:
        description: Run the {matrix[suite]} tests, part {matrix[part]} of 11
        from-deps:
            copy-attributes: true
            fetches:
                build:
                    - artifact: target.tar.gz
                    - artifact: target.tests.tar.gz
        matrix:
            suite: [unit, browser, layout, network]
            part: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
            substitution-fields: [description, run.command, treeherder.symbol, worker.env]
        worker-type: t-linux
        worker:
            docker-image: 'floe/test:1.0'
            max-run-time: 3600
            env:
                TEST_SUITE: '{matrix[suite]}'
                TEST_SETTINGS: |
                    {{"timeout": 370, "retries": 2, "headless": true, "mode": "default", "variant": "none",
                      "preferences": ["floe.telemetry=off", "floe.updates=off", "floe.network=local"]}}
                MOZ_HIDE_RESULTS_TABLE: '1'
                NO_FAIL_ON_TEST_ERRORS: '0'
            artifacts:
                - type: directory
                  name: public/test_info
                  path: /builds/worker/workspace/build/blobber_upload_dir
                - type: directory
                  name: public/logs
                  path: /builds/worker/workspace/logs
                - type: file
                  name: public/test/report.json
                  path: /builds/worker/workspace/report.json
            retry-exit-status: [4, 72]
        task-context:
            substitution-fields: [treeherder.platform]
        treeherder:
            platform: '{name}/opt'
            symbol: T({matrix[suite]}-{matrix[part]})
            kind: test
            tier: 1
        optimization:
            skip-unless-changed: ['src/**', 'tests/{suite}/**']
        attributes:
            test_variant: none
        run-on-tasks-for: [github-push]
        run:
            using: run-task
            checkout: true
            use-caches: [checkout]
            command: >-
                ./tests/run --suite={matrix[suite]} --this-chunk={matrix[part]}
                --total-chunks=11 --settings "$TEST_SETTINGS" --log-raw=- --log-report=report.json
                --installer "$MOZ_FETCHES_DIR/target.tar.gz" --tests "$MOZ_FETCHES_DIR/target.tests.tar.gz"
"""

SIGNING = """\
loader: taskgraph.loader.transform:loader

kind-dependencies:
    - build

transforms:
    - taskgraph.transforms.from_deps
    - taskgraph.transforms.task_context
    - taskgraph.transforms.task

tasks:
    sign:
        description: Sign a build
        from-deps:
            copy-attributes: true
        worker-type: signing
        worker:
            signing-type: release-signing
            upstream-artifacts:
                - taskId: {task-reference: <build>}
                  taskType: build
                  formats: [autograph_gpg, autograph_authenticode]
                  paths:
                      - public/build/target.tar.gz
                      - public/build/target.tests.tar.gz
                      - public/build/target.installer.exe
        task-context:
            substitution-fields: [treeherder.platform]
        treeherder:
            platform: '{name}/opt'
            symbol: S(s)
            kind: build
            tier: 1
        run-on-tasks-for: [github-push]
        attributes:
            shipping_phase: promote
"""

NOTIFY = """\
loader: taskgraph.loader.transform:loader

kind-dependencies:
    - signing

transforms:
    - taskgraph.transforms.from_deps
    - taskgraph.transforms.matrix
    - taskgraph.transforms.task_context
    - taskgraph.transforms.notify
    - taskgraph.transforms.task

tasks:
    notify:
        description: Tell {matrix[team]} that a build has been signed
        from-deps:
            copy-attributes: true
        matrix:
            team: [release, quality, mobile, desktop]
            substitution-fields: [description, treeherder.symbol, notify]
        worker-type: succeed
        task-context:
            substitution-fields: [treeherder.platform]
        treeherder:
            platform: '{name}/opt'
            symbol: N({matrix[team]})
            kind: other
            tier: 2
        run-on-tasks-for: [github-push]
        notify:
            recipients:
                - type: email
                  address: '{matrix[team]}@floe.example'
                  status-type: on-completed
            content:
                email:
                    subject: A build is ready
                    content: A build has been signed
"""


REGISTER = """\
import mozilla_taskgraph


def register(graph_config):
    mozilla_taskgraph.register(graph_config)
"""

TRANSFORM = """\
from taskgraph.transforms.base import TransformSequence

transforms = TransformSequence()

"""

# The Python of each kind, and the transform before which it runs.
OWN = {
    "build": (TRANSFORM + """\
@transforms.add
def add_sizes(config, tasks):
    for number, task in enumerate(tasks):
        task["attributes"]["number"] = number
        task["worker"]["env"]["PROJECT"] = config.params["project"]
        yield task
""", "task_context"),
    "test": (TRANSFORM + """\
@transforms.add
def name_builds(config, tasks):
    for task in tasks:
        build = config.kind_dependencies_tasks[task["dependencies"]["build"]]
        task["worker"]["env"]["BUILD_NUMBER"] = str(build.attributes["number"])
        yield task


@transforms.add
def run_asan_seldom(config, tasks):
    for task in tasks:
        if task["attributes"].get("build_type") == "asan":
            task["run-on-projects"] = ["floe"]
        yield task
""", "task_context"),
    "signing": (TRANSFORM + """\
@transforms.add
def count_paths(config, tasks):
    for task in tasks:
        artifacts = task["worker"]["upstream-artifacts"]
        task["attributes"]["paths"] = sum(len(one["paths"]) for one in artifacts)
        yield task
""", "task_context"),
    "notify": (TRANSFORM + """\
@transforms.add
def add_level(config, tasks):
    for task in tasks:
        task["description"] += " at level " + config.params["level"]
        yield task
""", "task_context"),
}


def customized(files):
    """The files of a project that has Python of its own besides."""
    config = files["taskcluster/config.yml"]
    files["taskcluster/config.yml"] = config.replace("mozilla_taskgraph:", "floe_taskgraph:")
    files["taskcluster/floe_taskgraph/__init__.py"] = REGISTER
    files["taskcluster/floe_taskgraph/transforms/__init__.py"] = ""
    for kind, (text, before) in OWN.items():
        files[f"taskcluster/floe_taskgraph/transforms/{kind}.py"] = text
        name = f"taskcluster/kinds/{kind}/kind.yml"
        line = f"    - taskgraph.transforms.{before}\n"
        assert line in files[name]
        own = f"    - floe_taskgraph.transforms.{kind}\n"
        files[name] = files[name].replace(line, own + line)
    return files


def units(tasks):
    """The names, platforms and build types that make about that many tasks."""
    for number in range(max(1, tasks // UNIT)):
        system = SYSTEMS[number % len(SYSTEMS)]
        build_type = BUILD_TYPES[number // len(SYSTEMS) % len(BUILD_TYPES)]
        platform = f"{system}{number // (len(SYSTEMS) * len(BUILD_TYPES))}"
        yield f"{platform}-{build_type}", platform, build_type


def build_kind(tasks):
    parts = [BUILD_DEFAULTS, "tasks:\n"]
    for name, platform, build_type in units(tasks):
        parts.append(f"""\
    {name}:
        description: Build {platform} {build_type} for {{project}} at level {{level}}
        attributes:
            build_platform: {platform}
            build_type: {build_type}
        index:
            job-name: {name}
        treeherder:
            platform: {platform}/{build_type}
        worker:
            env:
                BUILD_ORIGIN: '{{project}}-{{level}}'
                BUILD_TARGET: {platform}
                BUILD_TYPE: {build_type}
        run:
            command: ./build --target {platform} --type {build_type} --upload /builds/worker/artifacts
""")
    return "".join(parts)


def write(folder, tasks, custom=False):
    """Writes and commits a project; returns the file of its parameters."""
    files = {
        "taskcluster/config.yml": CONFIG,
        "taskcluster/kinds/build/kind.yml": build_kind(tasks),
        "taskcluster/kinds/test/kind.yml": TEST,
        "taskcluster/kinds/signing/kind.yml": SIGNING,
        "taskcluster/kinds/notify/kind.yml": NOTIFY,
        ".taskcluster.yml": "version: 1\ntasks: []\n",
        "params.yml": PARAMETERS,
    }
    for name, text in (customized(files) if custom else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    who = {
        "GIT_AUTHOR_NAME": "floe", "GIT_AUTHOR_EMAIL": "floe@example.com",
        "GIT_COMMITTER_NAME": "floe", "GIT_COMMITTER_EMAIL": "floe@example.com",
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
    }
    for command in [
        ["init", "--quiet", "--initial-branch", "main"],
        ["remote", "add", "origin", "https://github.com/floe/floe"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "all"],
    ]:
        subprocess.run(["git", *command], cwd=folder, check=True, env={**os.environ, **who})
    return folder / "params.yml"


PARAMETERS = """\
base_ref: refs/heads/main
base_repository: https://github.com/floe/floe
base_rev: 5f1c1c2c0a9d4e55a3c3d7f4f0b6f6f1b3a90d11
build_date: 1757930400
build_number: 1
do_not_optimize: []
enable_always_target: true
existing_tasks: {}
files_changed: [src/main.c]
filters: [target_tasks_method]
head_ref: refs/heads/main
head_repository: https://github.com/floe/floe
head_rev: 9e4b7a2f6d3c8e1b0f5a7c9d2e4b6a8c0d1f3e52
head_tag: ''
level: '3'
moz_build_date: '20250915100000'
next_version: null
optimize_strategies: null
optimize_target_tasks: true
owner: frost@floe.example
project: floe
pushdate: 1757930400
pushlog_id: '0'
repository_type: git
target_tasks_method: default
tasks_for: github-push
version: 1.0.1
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path, help="a folder that is not there yet")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--custom", action="store_true", help="with Python of its own")
    options = parser.parse_args()
    print(write(options.folder, options.tasks, options.custom))
