# What the cases share: a project in several variants, parameters, and items to start from.

import copy
import json

DROP = ...


def lay(base, over):
    """`over` laid on a copy of `base`: mappings merge, all else replaces, DROP takes away."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return copy.deepcopy(over)
    merged = copy.deepcopy(base)
    for key, value in over.items():
        if value is DROP:
            merged.pop(key, None)
        else:
            merged[key] = lay(merged[key] if key in merged else {}, value)
    return merged


FILES = {
    "taskcluster/kinds/docker-image/kind.yml": json.dumps(
        {"tasks": {"plain": {}, "volumes": {"definition": "other"}, "listed": {}, "gone": {}}}
    ),
    "taskcluster/docker/plain/Dockerfile": "FROM debian\nVOLUMES /x\n",
    "taskcluster/docker/other/Dockerfile": "FROM debian\n VOLUME /b /a\nVOLUME /a\n# VOLUME /c\n",
    "taskcluster/docker/listed/Dockerfile": 'FROM debian\nVOLUME ["/a"]\n',
    "taskcluster/docker/stray/Dockerfile": "FROM debian\nVOLUME /stray\n",
    "taskcluster/docker/toolchain-build/Dockerfile": "FROM debian\n",
    "taskcluster/scripts/toolchain/build.sh": "#!/bin/sh\nmake\n",
    "taskcluster/scripts/toolchain/build.ps1": "make\n",
    "tools/a.txt": "a\n",
    "tools/sub/b.txt": "b\n",
    "tools/sub/é.txt": "é\n",
}


def alias(implementation, os="linux", worker_type="{alias}", provisioner="{trust-domain}-{level}"):
    return {
        "provisioner": provisioner,
        "implementation": implementation,
        "os": os,
        "worker-type": worker_type,
    }


PLAIN = {
    "trust-domain": "test",
    "task-priority": "low",
    "workers": {
        "aliases": {
            "b-linux": alias("docker-worker"),
            "b-docker-windows": alias("docker-worker", "windows"),
            "g-linux": alias("generic-worker"),
            "g-mac": alias("generic-worker", "macosx"),
            "g-win": alias("generic-worker", "windows"),
            "g-bitbar": alias("generic-worker", "linux-bitbar"),
            "t-.*": alias("docker-worker"),
            "by-level": alias(
                "docker-worker",
                worker_type={"by-level": {"3": "trusted-{level}", "default": "other"}},
                provisioner={"by-level": {"1": "one", "3": "three"}},
            ),
            "d.*": alias("docker-worker"),
            "do.*": alias("docker-worker"),
            "beetmover": alias("beetmover", "scriptworker"),
            "invalid": alias("invalid", "none"),
            "shipit": alias("shipit", "scriptworker"),
        }
    },
    "taskgraph": {"repositories": {"ci": {"name": "Example CI"}}},
    "treeherder": {"group-names": {"G": "The group", "L10n": "Localization"}},
    "index": {"products": ["app", "lib"]},
}

REPOSITORIES = {
    "ci": {
        "name": "Example CI",
        "project-regex": "ci$",
        "default-repository": "https://github.com/example/ci",
        "default-ref": "main",
        "type": "git",
    },
    "mobile": {
        "name": "Mobile",
        "project-regex": "mobile",
        "default-repository": "https://hg.example.com/mobile",
        "default-ref": "default",
        "type": "hg",
        "ssh-secret-name": "secrets/mobile",
    },
}

LIBS = {
    "name": "Libraries",
    "project-regex": "libs",
    "default-repository": "https://github.com/example/libs",
    "default-ref": "trunk",
    "type": "git",
}

PROJECTS = {
    "plain": PLAIN,
    "secret": lay(
        PLAIN,
        {"taskgraph": {"repositories": {"ci": {"ssh-secret-name": "project/ssh"}}}},
    ),
    "several": lay(PLAIN, {"taskgraph": {"repositories": REPOSITORIES}}),
    "three": lay(PLAIN, {"taskgraph": {"repositories": dict(REPOSITORIES, libs=LIBS)}}),
    "unmatched": lay(
        PLAIN,
        {"taskgraph": {"repositories": {k: dict(v, **{"project-regex": "x"}) for k, v in REPOSITORIES.items()}}},
    ),
    "caches": lay(PLAIN, {"taskgraph": {"run": {"use-caches": ["checkout", "pip"]}}}),
    "all-caches": lay(PLAIN, {"taskgraph": {"run": {"use-caches": True}}}),
    "no-caches": lay(PLAIN, {"taskgraph": {"run": {"use-caches": False}}}),
    "keyed": lay(
        PLAIN,
        {
            "task-priority": {"by-project": {"ci": "high", "default": "lowest"}},
            "task-deadline-after": {"by-project": {"c.": "3 days", "default": "5 days"}},
            "task-expires-after": "7 days",
        },
    ),
    "keyed-by-level": lay(
        PLAIN, {"task-priority": {"by-level": {"3": "high", "default": "lowest"}}}
    ),
    "no-index": lay(PLAIN, {"index": DROP, "treeherder": DROP}),
}

PUSH = {
    "base_repository": "https://github.com/example/ci",
    "base_ref": "main",
    "base_rev": "b" * 40,
    "build_date": 1700000000,
    "build_number": 1,
    "do_not_optimize": [],
    "enable_always_target": True,
    "existing_tasks": {},
    "files_changed": [],
    "filters": ["target_tasks_method"],
    "head_ref": "refs/heads/main",
    "head_repository": "https://github.com/example/ci",
    "head_rev": "a" * 40,
    "head_tag": "",
    "level": "3",
    "moz_build_date": "20231114221320",
    "next_version": None,
    "optimize_strategies": None,
    "optimize_target_tasks": True,
    "owner": "someone@example.com",
    "project": "ci",
    "pushdate": 1700000000,
    "pushlog_id": "12",
    "repository_type": "git",
    "target_tasks_method": "default",
    "tasks_for": "github-push",
    "version": None,
}

PARAMETERS = {
    "push": PUSH,
    "level-1": dict(PUSH, level="1"),
    "odd-level": dict(PUSH, level="x"),
    "pull-request": dict(
        PUSH,
        level="1",
        tasks_for="github-pull-request",
        project="fork",
        base_repository="https://github.com/example/upstream.git",
        head_repository="git@github.com:someone/fork.git",
    ),
    "untrusted-pull-request": dict(PUSH, level="1", tasks_for="github-pull-request-untrusted"),
    "hg": dict(
        PUSH,
        repository_type="hg",
        tasks_for="hg-push",
        head_repository="https://hg.example.com/ci",
        base_repository="https://hg.example.com/ci",
    ),
    "elsewhere": dict(PUSH, head_repository="https://git.example.com/ci"),
    "slash": dict(PUSH, head_repository="https://github.com/example/ci/"),
    "other-type": dict(PUSH, repository_type="svn"),
    "mobile": dict(PUSH, project="mobile-app"),
    "nobody": dict(PUSH, project="nobody"),
}

ENVIRONMENTS = {
    "decision": {
        "TASK_ID": "abcDEFghRJOLrYvYpwWZGA",
        "TASKCLUSTER_ROOT_URL": "https://tc.example.com/",
        "TASKCLUSTER_PROXY_URL": "http://taskcluster",
        "MOZ_AUTOMATION": "1",
    },
    "desk": {"TASKCLUSTER_ROOT_URL": "https://tc.example.com"},
    "bare": {},
    "no-task-id": {"TASKCLUSTER_ROOT_URL": "https://tc.example.com", "MOZ_AUTOMATION": "1"},
    "no-root-url": {"TASK_ID": "abcDEFghRJOLrYvYpwWZGA"},
}

RUN = {
    "name": "t",
    "description": "does something",
    "worker-type": "b-linux",
    "run": {"using": "run-task", "command": "make"},
    "worker": {"docker-image": "debian:12", "max-run-time": 600},
}


def generic(worker_type, **over):
    return lay(
        lay(RUN, {"worker-type": worker_type, "worker": {"docker-image": DROP}}), over
    )


TASK = {
    "name": "t",
    "description": "does something",
    "worker-type": "b-linux",
    "worker": {"docker-image": "debian:12", "max-run-time": 600, "command": ["make"]},
}

EMPTY = {"name": "t", "description": "does nothing", "worker-type": "always-optimized"}

GENERIC_TASK = lay(
    TASK, {"worker-type": "g-linux", "worker": {"docker-image": DROP, "command": [["make"]]}}
)

BEETMOVER = {
    "name": "t",
    "description": "moves something",
    "worker-type": "beetmover",
    "worker": {
        "release-properties": {
            "app-name": "app",
            "app-version": "1.0",
            "branch": "main",
            "build-id": "20231114221320",
            "hash-type": "sha512",
            "platform": "linux",
        },
        "upstream-artifacts": [
            {
                "taskId": {"task-reference": "<build>"},
                "taskType": "build",
                "paths": ["public/build/target.zip"],
                "locale": "en-US",
            }
        ],
    },
}


def dependency(kind, name, attributes=None):
    return {
        "kind": kind,
        "label": f"{kind}-{name}",
        "description": "",
        "attributes": dict(attributes or {}, kind=kind),
        "task": {},
        "optimization": None,
        "dependencies": {},
        "soft_dependencies": [],
        "if_dependencies": [],
    }


UPSTREAM = [
    dependency("fetch", "zlib", {"fetch-artifact": "public/zlib.tar.zst"}),
    dependency(
        "fetch",
        "secret-sauce",
        {"fetch-artifact": "private/deep/sauce.tar.zst", "fetch-alias": "sauce"},
    ),
    dependency(
        "toolchain",
        "linux-clang",
        {
            "toolchain-artifact": "public/build/clang.tar.zst",
            "toolchain-alias": "clang",
            "toolchain-env": {"CLANG": "1", "PATH_TO": {"task-reference": "<toolchain-linux-clang>"}},
        },
    ),
    dependency(
        "toolchain",
        "many",
        {"toolchain-artifact": "public/build/many.tar.zst", "toolchain-alias": ["one", "two"]},
    ),
    dependency("toolchain", "no-artifact"),
    dependency("build", "app"),
    dependency("signing", "app", {"artifact_prefix": "releng/app"}),
]

# --- the cases ------------------------------------------------------------------------------------

CASES = []


def case(name, *items, **options):
    """Adds a case; see the defaults for what can be said about it."""
    defaults = {
        "transforms": ["run", "task"],
        "project": "plain",
        "params": "push",
        "environment": "decision",
        "kind": "build",
        "upstream": False,
    }
    unknown = set(options) - set(defaults) - {"differs"}
    assert not unknown and name not in {c["name"] for c in CASES}, (name, unknown)
    CASES.append(dict(defaults, name=name, items=list(items), **options))


def run(name, over=None, **options):
    case(f"run: {name}", lay(RUN, over or {}), **options)


def task(name, over=None, **options):
    case(f"task: {name}", lay(TASK, over or {}), transforms=["task"], **options)
