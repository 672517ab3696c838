"""Generates small random projects from the schemas, some with a mistake.

`make_project` yields a project as plain data: config.yml, the files of its kinds, parameters, what
the index holds, and the name of the mistake that was made in it, if one was. The files around them
(sources, docker images, scripts) are those of `base`. The same seed yields the same projects.
"""

import random

import kinds
import mistakes

HEAD = "9e4b7a2f6d3c8e1b0f5a7c9d2e4b6a8c0d1f3e52"
BASE = "5f1c1c2c0a9d4e55a3c3d7f4f0b6f6f1b3a90d11"


def alias(rng, implementation, os):
    by_level = lambda one, other: {"by-level": {"3": one, "default": other}}
    return {
        "provisioner": rng.choice(
            ["{trust-domain}-{level}", "plain", by_level("trusted-{level}", "{alias}")]
        ),
        "implementation": implementation,
        "os": os,
        "worker-type": rng.choice(
            ["{alias}", "w-{level}", by_level("w-trusted", "w-{level}"),
             {"by-level": {"[12]": "low", "3": "high", "default": "none"}}]
        ),
    }


ALIASES = {
    "b-linux": ("docker-worker", "linux"),
    "images": ("docker-worker", "linux"),
    "misc": ("docker-worker", "linux"),
    "t-(linux|other)": ("docker-worker", "linux"),
    "g-linux": ("generic-worker", "linux"),
    "g-mac": ("generic-worker", "macosx"),
    "g-win": ("generic-worker", "windows"),
    "g-phone": ("generic-worker", "linux-bitbar"),
    "beetmover": ("beetmover", "scriptworker"),
    "signing": ("scriptworker-signing", "scriptworker"),
    "shipit": ("scriptworker-shipit", "scriptworker"),
    "bitrise": ("scriptworker-bitrise", "scriptworker"),
    "lando": ("scriptworker-lando", "scriptworker"),
    "data": ("scriptworker-beetmover-data", "scriptworker"),
    "succeed": ("succeed", "linux"),
    "always-optimized": ("always-optimized", "linux"),
}


def make_config(rng, several):
    priorities = ["highest", "very-high", "high", "medium", "low", "very-low", "lowest"]
    config = {
        "trust-domain": rng.choice(["snow", "rain-fall"]),
        "task-priority": rng.choice(
            [
                rng.choice(priorities),
                {"by-project": {"snow(-beta)?": "high", "default": "low"}},
                {"by-level": {"3": "medium", "default": {"by-project": {"snow": "very-low", "default": "lowest"}}}},
                {"by-project": {"beta|snow": "high", "default": "lowest"}},
            ]
        ),
        "workers": {"aliases": {name: alias(rng, *what) for name, what in ALIASES.items()}},
        "taskgraph": {"register": "mozilla_taskgraph:register", "repositories": {}},
        "scriptworker": {"scope-prefix": rng.choice(["project:snow:releng", "project:releng"])},
    }
    repositories = config["taskgraph"]["repositories"]
    repositories["snow"] = {
        "name": "Snow",
        "project-regex": rng.choice(["snow.*", "snow", "(snow|try)(-.*)?$"]),
        "default-repository": "https://github.com/snow/snow",
        "default-ref": "main",
        "type": "git",
    }
    if rng.random() < 0.3:
        repositories["snow"]["ssh-secret-name"] = "project/snow/ssh"
    if several:
        repositories["ice"] = {
            "name": "Ice",
            "project-regex": "ice.*",
            "default-repository": "https://hg.example.com/ice",
            "default-ref": "default",
            "type": "hg",
            "path-prefix": "ice",
        }
    graph = config["taskgraph"]
    if rng.random() < 0.3:
        graph["cached-task-prefix"] = "snow.cached"
    if rng.random() < 0.4:
        graph["cache-pull-requests"] = rng.random() < 0.5
    if rng.random() < 0.3:
        graph["run"] = {"use-caches": rng.choice([True, False, ["checkout"], ["checkout", "pip", "cargo"]])}
    if rng.random() < 0.3:
        config["task-deadline-after"] = rng.choice(
            ["1 day", "3 hours", {"by-project": {"snow": "2 days", "default": "5 hours"}}]
        )
    if rng.random() < 0.3:
        config["task-expires-after"] = rng.choice(["14 days", "1 year", "2 months"])
    if rng.random() < 0.8:
        config["index"] = {"products": ["snow", "ice"]}
    names = ["B", "T", "I", "TL", "Fetch", "P"]
    config["treeherder"] = {"group-names": {name: f"Group {name}" for name in names}}
    if rng.random() < 0.5:
        config["shipit"] = {"product": "snow"}
        if rng.random() < 0.5:
            config["shipit"]["release-format"] = "{product}-{version}-build{build_number}-x"
        if rng.random() < 0.5:
            config["shipit"]["scope-prefix"] = "project:snow:ship-it"
    return config


def make_params(rng, several):
    params = {
        "base_ref": rng.choice(["refs/heads/main", "main", ""]),
        "base_repository": "https://github.com/snow/snow",
        "base_rev": BASE,
        "build_date": rng.choice([1757930400, 0, 1700000001]),
        "build_number": rng.randint(1, 3),
        "do_not_optimize": [],
        "enable_always_target": rng.choice([True, True, False, ["build"], ["test", "misc"]]),
        "existing_tasks": {},
        "files_changed": rng.sample(["src/main.rs", "src/main.py", "docs/readme.md", "other.txt"], rng.randint(0, 2)),
        "filters": rng.choice([["target_tasks_method"], []]),
        "head_ref": rng.choice(["refs/heads/main", "main", "topic", "refs/heads/release_3"]),
        "head_repository": rng.choice(["https://github.com/snow/snow", "https://github.com/someone/snow"]),
        "head_rev": HEAD,
        "head_tag": "",
        "level": rng.choice(["1", "3"]),
        "moz_build_date": "20250915100000",
        "next_version": None,
        "optimize_strategies": None,
        "optimize_target_tasks": rng.random() < 0.8,
        "owner": "someone@example.com",
        "project": rng.choice(["snow", "snow", "snow-beta", "try"]),
        "pushdate": rng.choice([1757930400, 0]),
        "pushlog_id": "7",
        "repository_type": "git",
        "target_tasks_method": rng.choice(["default"] * 7 + ["codereview", "nothing"]),
        "tasks_for": rng.choice(
            ["github-push", "github-push", "github-pull-request", "github-pull-request-untrusted",
             "github-release", "github-issue-comment", "cron", "action"]
        ),
        "version": rng.choice(["1.2.3", "20.0b4", None]),
    }
    if several:
        params["project"] = rng.choice(["snow", "ice-central"])
        if params["project"] == "ice-central":
            params["repository_type"] = "hg"
    if params["tasks_for"] == "github-release":
        params["head_tag"] = "v1.2.3"
        params["next_version"] = "1.2.4"
        params["app_version"] = "1.2.3"
    if rng.random() < 0.2:
        params["code-review"] = {"phabricator-build-target": "PHID-1"}
    if rng.random() < 0.1:
        params["commit_message"] = "A message"
        params["pull_request_number"] = 12
    return params


def add_choices(rng, project):
    """Parameters and an index that name tasks of the project."""
    names = [
        f"{kind}-{name}"
        for kind, files in project["kinds"].items()
        for name in files["kind.yml"].get("tasks", {})
    ]
    params = project["params"]
    if names and rng.random() < 0.3:
        params["do_not_optimize"] = sorted(rng.sample(names, min(2, len(names))))
    if names and rng.random() < 0.25:
        chosen = sorted(rng.sample(names, min(2, len(names))))
        params["existing_tasks"] = {
            label: f"AAAAAAAAQAaAAAAAAAAA{i:02d}" for i, label in enumerate(chosen)
        }
    if rng.random() < 0.1:
        project["kinds"].setdefault("docker-image", kinds.no_images())
        params["target-kinds"] = rng.sample(sorted(project["kinds"]), 1)
    patterns = [
        "*.cache.level-3.docker-images.v2.base.hash.*", "*.cache.level-*.toolchains.v3.*", "*.content.v1.*",
        "found.good", "found.failed", "found.expired", "*.cache.*.thing.v1.*",
    ]
    for pattern in rng.sample(patterns, rng.randint(0, 4)):
        project["index"][pattern] = {
            "state": "failed" if pattern == "found.failed" else rng.choice(["completed", "completed", "running", "exception"]),
            "expires": "2001-01-01T00:00:00.000Z" if pattern == "found.expired" else "2999-01-01T00:00:00.000Z",
        }


def make_project(seed):
    rng = random.Random(seed)
    several = rng.random() < 0.2
    project = {
        "mistake": None,
        "config": make_config(rng, several),
        "kinds": {},
        "params": make_params(rng, several),
        "index": {},
    }
    shown = rng.random() < 0.5
    kinds.add_kinds(rng, project, shown, several)
    add_choices(rng, project)
    # The peer ignores kinds that it does not generate.
    if rng.random() < 0.4 and "target-kinds" not in project["params"]:
        project["mistake"] = mistakes.make_mistake(rng, project)
    return project
