"""Random workers and common task fields."""

DOCKER = {"b-linux", "t-linux", "misc"}
GENERIC = {"g-linux", "g-mac", "g-win", "g-phone"}


def some(rng, choices, share=0.3):
    """Returns some of the entries."""
    return {key: value for key, value in choices.items() if rng.random() < share}


def tasks_of(project, kind):
    """Returns the names of a kind's tasks in all its files."""
    files = project["kinds"].get(kind, {})
    names = list(files.get("kind.yml", {}).get("tasks", {}))
    return names + [name for name in files.get("more.yml", {}) if name != "task-defaults"]


def plain_tasks_of(project, kind):
    """Returns those from which a single task is made."""
    files = project["kinds"].get(kind, {})
    tasks = dict(files.get("kind.yml", {}).get("tasks", {}))
    tasks.update(files.get("more.yml", {}))
    tasks.pop("task-defaults", None)
    many = ("matrix", "chunk", "from-deps", "label")
    return [name for name, task in tasks.items() if not any(key in task for key in many)]


def image(rng, project):
    names = tasks_of(project, "docker-image")
    return rng.choice(names) if names else "base"


def index(rng, name):
    return {
        "product": rng.choice(["snow", "ice"]), "job-name": name,
        **some(rng, {"type": "generic", "rank": rng.choice(["by-tier", "build_date", 7, 0])}),
    }


def common(rng, project, name, tier, alone=True):
    """Random fields of a task description; `alone` is whether it makes a single task."""
    made = some(rng, {
        "run-on-projects": rng.choice([["all"], ["snow"], [], ["try", "snow-beta"], ["integration"]]),
        "run-on-tasks-for": rng.choice([["github-push"], ["github-pull-request"], ["all"], ["cron", "github-release"]]),
        "run-on-git-branches": rng.choice([["main"], ["release_\\d+"], ["all"], ["ma"]]),
        "shipping-phase": rng.choice(["build", "promote", "push", "ship"]),
        "always-target": rng.choice([True, False]),
        "priority": rng.choice(["highest", "low", "very-low"]),
        "deadline-after": rng.choice(["1 day", "30 minutes", "1 month"]),
        "expires-after": rng.choice(["14 days", "1 year", "3 months"]),
        "tags": {"colour": "white", "kind": "mine"},
        "extra": {"deep": [1, 2.5, None, True, {"a": "ü"}]},
        "scopes": ["secrets:get:{level}", "project:{project}:x"],
        "optimization": rng.choice([{"skip-unless-changed": ["src/**"]}, {"always": None}, {"never": None},
                                    {"index-search": ["found.good", "found.failed"]}, None,
                                    {"skip-unless-changed": ["docs/*.md", "**/*.py"]}]),
    }, 0.18)
    if project.shown and alone:
        symbol = name.replace("-", "")[:12]
        made["treeherder"] = rng.choice([
            {"symbol": f"B({symbol})", "platform": f"{name}/opt", "tier": tier, **some(rng, {"kind": "test"})},
            {"symbol": symbol, "platform": "linux/debug", "tier": tier},
            {"symbol": f"?({symbol})", "tier": tier},
        ])
    elif rng.random() < 0.1:
        made["treeherder"] = False
    if alone and rng.random() < 0.25 and "index" in project["config"]:
        made["index"] = index(rng, name)
    if alone and rng.random() < 0.25:
        made["routes"] = [f"index.snow.other.{name}", *rng.choice([[], ["notify.email.a@b.c.on-failed"], ["project.{level}.x"]])]
        if rng.random() < 0.1:
            made["routes"] += [f"index.many.{name}.r{i}" for i in range(64)]
    return made


def artifacts(rng, folder):
    return rng.choice([
        [{"type": "file", "name": "public/log.txt", "path": f"{folder}log.txt"}],
        [{"type": "directory", "name": "public/build", "path": f"{folder}artifacts"},
         {"type": "file", "name": "private/x", "path": f"{folder}x"}],
    ])


def docker(rng, project):
    names = tasks_of(project, "docker-image")
    images = ["debian:12", "debian:12@sha256:aa", {"indexed": "snow.images.x"}]
    images += [{"in-tree": name} for name in names] * 2
    return {
        "docker-image": rng.choice(images),
        "max-run-time": rng.randint(10, 9000),
        **some(rng, {
            "chain-of-trust": True, "taskcluster-proxy": True, "allow-ptrace": True, "loopback-video": True,
            "env": {"A": "b", "REF": {"task-reference": "<decision>"}, "URL": {"artifact-reference": "<decision/public/x>"}},
            "volumes": ["/builds/worker/more"],
            "caches": [{"type": "persistent", "name": "objects", "mount-point": "/objects", **some(rng, {"skip-untrusted": True})}],
            "artifacts": artifacts(rng, "/builds/worker/"),
            "retry-exit-status": [4, 5], "purge-caches-exit-status": [9],
        }, 0.25),
    }


def generic(rng, system):
    made = {
        "max-run-time": rng.randint(10, 9000),
        **some(rng, {
            "chain-of-trust": True, "taskcluster-proxy": True, "os-groups": ["docker"],
            "run-task-as-current-user": True, "artifacts": artifacts(rng, ""),
            "mounts": [{"cache-name": "things", "directory": "things"},
                       {"content": {"url": "https://example.com/y"}, "file": "y"},
                       {"content": {"artifact": "public/x.zip", "task-id": {"task-reference": "<decision>"}}, "directory": "x", "format": "zip"}],
            "retry-exit-status": [1], "purge-caches-exit-status": [2],
            "env": {"A": "b", "REF": {"task-reference": "<decision>"}},
        }, 0.25),
    }
    if system == "win":
        made.update(some(rng, {"run-as-administrator": True, "hide-cmd-window": True}))
    return made


def plain_docker(rng, project):
    return {**docker(rng, project), **some(rng, {"command": ["/bin/true", {"task-reference": "<decision>"}]}, 0.7)}


def plain_generic(rng, project):
    return {**generic(rng, "linux"), "command": [["/bin/true"], ["echo", {"task-reference": "<decision>"}]]}


def beetmover(rng, project):
    return {
        "release-properties": {"app-name": "snow", "app-version": "1", "branch": "main", "build-id": "2",
                               "hash-type": "sha512", "platform": "linux"},
        "upstream-artifacts": [{"taskId": {"task-reference": "<decision>"}, "taskType": "build",
                                "paths": ["public/x"], "locale": "en-US"}],
        **some(rng, {"max-run-time": 60, "locale": "de", "partner-public": True, "artifact-map": [{"a": "b"}]}),
    }


def signing(rng, project):
    formats = ["autograph_gpg", "autograph_authenticode", "gcp_prod_autograph_gpg"]
    return {
        "signing-type": rng.choice(["release-signing", "dep-signing"]),
        "upstream-artifacts": [
            {"taskId": {"task-reference": "<decision>"}, "taskType": "build",
             "paths": rng.sample(["public/build/a.zip", "public/build/deep/b.tar.gz", "private/c"], 2),
             "formats": rng.sample(formats, rng.randint(0, 2))}
            for _ in range(rng.randint(1, 2))
        ],
        **some(rng, {"max-run-time": 60}),
    }


def shipit(rng, project):
    return {"release-name": "snow-1-build1"}


def bitrise(rng, project):
    workflows = ["test", {"build": [{"A": "b"}, {"C": {"task-reference": "<decision>"}, "D": "e"}]}, {"build": [{"F": "g"}], "other": []}]
    return {"bitrise": {"app": "snow", "workflows": rng.sample(workflows, rng.randint(1, 3)),
                        **some(rng, {"artifact_prefix": "public"})}}


def lando(rng, project):
    files = [{"filename": "version.txt", "version-bump": "major", **some(rng, {"new-suffix": "a1"})}]
    bump = {"name": "l10n", "path": "l10n.json", "l10n-repo-url": "https://github.com/snow/l10n",
            "l10n-repo-target-branch": "main", "platform-configs": [{"platforms": ["linux"], "path": "all", **some(rng, {"format": "json"})}],
            **some(rng, {"ignore-config": {"ja": ["mac"]}})}
    actions = [
        {"android-l10n-sync": {"from-branch": "main", "toml-info": [{"toml-path": "a.toml"}]}},
        {"android-l10n-import": {"from-repo-url": "https://x", "toml-info": [{"toml-path": "a.toml", "dest-path": "b"}]}},
        {"l10n-bump": [bump]},
        {"version-bump": {"bump-files": ["version.txt"]}},
        {"esr-bump": {"to-branch": "esr", "fetch-version-from": "version.txt", "version-files": files, **some(rng, {"to-revision": "abc"})}},
        {"main-bump": {"to-branch": "main", "fetch-version-from": "version.txt", "version-files": files,
                       **some(rng, {"replacements": [["a", "b", "c"]], "regex-replacements": [["a", "b.*", "c"]], "end-tag": "END_{major_version}"})}},
        {"early-to-late-beta": {"to-branch": "beta", "fetch-version-from": "version.txt"}},
        {"uplift": {"fetch-version-from": "version.txt", "version-files": files, "from-branch": "main", "to-branch": "beta",
                    **some(rng, {"base-tag": "B", "l10n-bump-info": [bump]})}},
    ]
    # For these, the peer needs a parameter that only releases have.
    project["params"].setdefault("app_version", "1.2.3")
    return {"lando-repo": "snow-main", "actions": rng.sample(actions, rng.randint(1, 2)),
            **some(rng, {"ignore-closed-tree": False, "dontbuild": True, "force-dry-run": True, "matrix-rooms": ["!room:x"]})}


def data(rng, project):
    return {"app-name": "snow", "bucket": "bucket", "project": "snow",
            "data-map": [{"data": "eyJhIjogMX0=", "content-type": "application/json",
                          "destinations": ["a/b.json", {"task-reference": "<decision>/x"}][: rng.randint(1, 2)]}],
            **some(rng, {"dry-run": True})}


OF_ALIAS = {
    "b-linux": plain_docker,
    "t-other": plain_docker,
    "g-linux": plain_generic,
    "beetmover": beetmover,
    "signing": signing,
    "shipit": shipit,
    "bitrise": bitrise,
    "lando": lando,
    "data": data,
    "succeed": lambda rng, project: {},
}
