"""Random kinds: images, fetches, tools, builds, tests, releases and others that the schemas allow."""

import workers
from workers import DOCKER, GENERIC, some

SHA = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
REVISION = "0123456789abcdef0123456789abcdef01234567"
TRANSFORM = "taskgraph.loader.transform:loader"


def named(rng, transforms):
    """Returns the transforms with one of the possible spellings of their names."""
    prefix = "taskgraph.transforms."
    return [f"{prefix}{name}{rng.choice(['', ':transforms'])}" for name in transforms]


def no_images():
    return {"kind.yml": {"loader": TRANSFORM, "transforms": ["taskgraph.transforms.task"], "tasks": {}}}


def add_kinds(rng, project, shown, several):
    """Adds kinds. With `shown`, all tasks are shown in Treeherder, otherwise only those that others need."""
    project = Draft(project, shown, several)
    for make, share in [
        (images, 0.6), (fetches, 0.35), (tools, 0.35), (builds, 0.9), (parts, 0.4), (tests, 0.6), (plain, 0.6),
        (cached, 0.25), (releases, 0.35), (reviews, 0.2), (searches, 0.15),
    ]:
        # Images for fetches and tools check out no named repository.
        if rng.random() < share and not (several and make in (fetches, tools, searches)):
            name, files = make(rng, project)
            project["kinds"][name] = files


class Draft(dict):
    """A project that kinds are added to."""

    def __init__(self, project, shown, several):
        super().__init__(project)
        self.shown, self.several = shown, several


def spread(rng, kind, tasks, defaults=True):
    """Moves some of the tasks to a separate file."""
    files = {"kind.yml": kind}
    if len(tasks) > 1 and rng.random() < 0.2:
        *names, last = tasks
        more = {last: tasks[last]}
        if defaults and rng.random() < 0.5:
            more = {"task-defaults": {"attributes": {"of-file": ["more"]}, "tags": {"file": "more"}}, **more}
        kind["tasks-from"] = ["more.yml"]
        files["more.yml"] = more
        tasks = {name: tasks[name] for name in names}
    kind["tasks"] = tasks
    return files


def images(rng, project):
    tasks = {"base": {"args": {"FLAVOUR": rng.choice(["plain", "salty"])}}}
    tasks["fetch"] = {}
    tasks["toolchain-build"] = {}
    if rng.random() < 0.6:
        tasks["build"] = {"parent": "base"}
    if rng.random() < 0.3:
        tasks["again"] = {"definition": "fetch", "cache": rng.random() < 0.5}
    for name, task in tasks.items():
        if project.shown or name in ("base", "fetch"):
            task["symbol"] = rng.choice([f"I({name})", f"{name}"])
        if rng.random() < 0.2 and "index" in project["config"]:
            task["index"] = workers.index(rng, f"image-{name}")
    kind = {"loader": TRANSFORM, "transforms": named(rng, ["docker_image", "cached_tasks", "task"])}
    return "docker-image", spread(rng, kind, tasks, defaults=False)


def fetches(rng, project):
    tasks = {}
    for name in rng.sample(["source", "tool-git", "secret", "data"], rng.randint(1, 3)):
        if name.endswith("git"):
            fetch = {"type": "git", "repo": rng.choice(["https://github.com/snow/tool.git", "git@github.com:snow/tool"]),
                     "revision": REVISION, **some(rng, {"include-dot-git": True, "path-prefix": "the-tool", "artifact-name": "t.tar.zst", "ssh-key": "project/snow/key"})}
        else:
            fetch = {"type": "static-url", "url": f"https://example.com/{name}-1.0.tar.{rng.choice(['gz', 'xz', 'zst'])}",
                     "sha256": SHA, "size": rng.randint(1, 9),
                     **some(rng, {"artifact-name": f"{name}.tar.zst", "strip-components": 1, "add-prefix": f"{name}/", "headers": {"Accept": "text/plain"}})}
        tasks[name] = {
            "description": f"Fetch {name}", "fetch": fetch,
            **some(rng, {"fetch-alias": f"the-{name}", "artifact-prefix": rng.choice(["public/x", "private"]),
                         "expires-after": "14 days", "attributes": {"of": name}}),
        }
    kind = {"loader": TRANSFORM, "transforms": named(rng, ["fetch", "run", "cached_tasks", "task"])}
    if "docker-image" in project["kinds"]:
        kind["kind-dependencies"] = ["docker-image"]
    else:
        for task in tasks.values():
            task["docker-image"] = "debian:12"
    return "fetch", spread(rng, kind, tasks, defaults=False)


def tools(rng, project):
    tasks = {}
    for name in rng.sample(["linux-clang", "linux-rust", "mac-sdk", "win-vs"], rng.randint(1, 3)):
        system = name.split("-")[0]
        task = {
            "description": f"Tool {name}",
            "worker-type": {"linux": "b-linux", "mac": "g-mac", "win": "g-win"}[system],
            "worker": {"max-run-time": 60, "env": {}},
            "run": {
                "using": "toolchain-script",
                "script": "tool.ps1" if system == "win" else "tool.sh",
                "toolchain-artifact": f"{rng.choice(['public/build', 'private'])}/{name}.tar.zst",
                **some(rng, {"arguments": ["--with", "two words", "it's"], "resources": ["src/*", "docs/**"],
                             "toolchain-alias": f"any-{name}", "toolchain-env": {"TOOL_HOME": f"/{name}"}}),
            },
        }
        if system == "linux" and "docker-image" not in project["kinds"]:
            task["worker"]["docker-image"] = rng.choice([{"indexed": "snow.images.tool"}] * 9 + ["debian:12"])
        elif system == "linux" and rng.random() < 0.5:
            task["worker"]["docker-image"] = {"in-tree": workers.image(rng, project)}
        if project.shown:
            task["treeherder"] = {"symbol": f"TL({name})", "platform": f"{name}/opt", "kind": "build", "tier": 1}
        if "fetch" in project["kinds"] and rng.random() < 0.4:
            task["fetches"] = {"fetch": [fetch_name(rng, project)]}
        tasks[name] = task
    kind = {"loader": TRANSFORM, "transforms": named(rng, ["run", "cached_tasks", "task"])}
    kind["kind-dependencies"] = [k for k in ["docker-image", "fetch"] if k in project["kinds"]]
    return "toolchain", spread(rng, kind, tasks)


def fetch_name(rng, project):
    name = rng.choice(sorted(workers.tasks_of(project, "fetch")))
    entry = {"artifact": name, **some(rng, {"dest": "there", "extract": False, "verify-hash": True})}
    return rng.choice([name, entry])


def builds(rng, project):
    tasks = {}
    for system in rng.sample(["linux", "linux-debug", "mac", "win", "phone"], rng.randint(1, 4)):
        task = build(rng, project, system)
        tasks[f"{system}-{{this_chunk}}" if "chunk" in task else system] = task
    before = [k for k in ["docker-image", "fetch", "toolchain"] if k in project["kinds"]]
    transforms = named(rng, ["matrix", "chunking", "task_context"])
    if rng.random() < 0.3:
        kind = {"loader": TRANSFORM, "transforms": transforms + named(rng, ["run", "task"])}
    else:
        kind = {"transforms": transforms}
    kind["kind-dependencies"] = before
    if rng.random() < 0.5:
        kind["task-defaults"] = {
            "attributes": {"build-type": "opt", "list": ["a"]}, "worker": {"env": {"COMMON": "1"}},
            **some(rng, {"run-on-projects": {"by-project": {"snow": ["all"], "default": []}} if rng.random() < 0.1 else ["snow", "try"],
                         **({"treeherder": {"kind": "build"}} if project.shown else {})}),
        }
        if rng.random() < 0.2:
            # Keyed defaults are replaced as a whole.
            kind["task-defaults"]["run-on-projects"] = {"by-build-platform": {"linux.*": ["all"], "default": ["snow"]}}
    return "build", spread(rng, kind, tasks)


def build(rng, project, system):
    platform = system.split("-")[0]
    task = {
        "description": f"Build for {system}",
        "worker-type": {"linux": rng.choice(["b-linux", "g-linux", "t-linux"]), "mac": "g-mac",
                        "win": "g-win", "phone": "g-phone"}[platform],
        "attributes": {"platform": platform, "build_platform": system, **some(rng, {"code-review": True}, 0.2)},
        "run": {"using": "run-task", "command": rng.choice(["make all", ["make", "all"], ["make", 'a "b"', "c d"]])},
    }
    docker = task["worker-type"] in DOCKER
    task["worker"] = workers.docker(rng, project) if docker else workers.generic(rng, platform)
    run = task["run"]
    if platform == "phone":
        run["checkout"] = False
        run["use-caches"] = False
        run["workdir"] = "/home/test"
    else:
        if project.several:
            run["checkout"] = rng.choice([{"snow": {}}, {"ice": {}}, {"snow": {"path": "a"}, "ice": {"path": "a/b"}}])
        run.update(some(rng, {"cwd": "{checkout}/src", "use-caches": rng.choice([True, False, ["checkout"], ["pip", "npm"], []]),
                              "checkout": rng.choice([True, False, {"snow": {}}, {"snow": {"path": "there"}}])}, 0.25 if not project.several else 0))
        if run.get("checkout") is False:
            run.pop("cwd", None)
    if docker and rng.random() < 0.2:
        run["run-as-root"] = True
    if docker and rng.random() < 0.2:
        run["command"] = {rng.choice(["task-reference", "artifact-reference"]): "echo <decision/public/x>"}
        if "task-reference" in run["command"]:
            run["command"] = {"task-reference": "echo <decision> <self>"}
    if isinstance(run["command"], str) and rng.random() < 0.2:
        run["exec-with"] = "powershell" if platform == "win" else "bash"
    fetches = {}
    if "fetch" in project["kinds"] and rng.random() < 0.4:
        fetches["fetch"] = [fetch_name(rng, project)]
    if "toolchain" in project["kinds"] and rng.random() < 0.4:
        fetches["toolchain"] = [rng.choice(sorted(workers.tasks_of(project, "toolchain")))]
    if fetches:
        task["fetches"] = fetches
    task.update(workers.common(rng, project, f"build-{system}", tier=1))
    if docker and rng.random() < 0.1:
        task["needs-sccache"] = True
    share = rng.random()
    if share < 0.15:
        task["matrix"] = {
            "os": ["one", "two"], "size": rng.choice([["x", "y"], ["1"]]),
            **some(rng, {"set-name": f"{system}-{{matrix[size]}}-on-{{matrix[os]}}", "exclude": [{"os": "two", "size": "y"}],
                         "substitution-fields": ["description", "worker.env"]}, 0.5),
        }
        task["description"] += " with {matrix[os]}"
        task["worker"].setdefault("env", {})["SIZE"] = "{matrix[size]:>3}"
        fixed_only(task)
        if project.shown:
            task["treeherder"] = {"symbol": "B({matrix[os]}-{matrix[size]})", "platform": f"{system}/grid"}
            task["matrix"].pop("substitution-fields", None)
    elif share < 0.3:
        task["chunk"] = {"total-chunks": rng.randint(1, 3), "substitution-fields": ["name", "description"]}
        task["description"] += " {this_chunk} of {total_chunks}"
        fixed_only(task)
        if project.shown:
            task["treeherder"] = {"symbol": "B(c{this_chunk})", "platform": f"{system}/chunks"}
            task["chunk"]["substitution-fields"].append("treeherder.symbol")
    elif share < 0.5:
        task["task-context"] = {
            "substitution-fields": ["description", "worker.env"],
            **some(rng, {"from-parameters": {"level": "level", "who": ["nobody", "owner"], "tag": "head_tag"},
                         "from-file": "taskcluster/context.yml", "from-object": {"mood": "wild", "list": [1, 2], "inner": {"a": "b"}}}, 0.7),
        }
        known = task["task-context"]
        words = ["{name}"]
        words += ["{level}", "{who!r}"] if "from-parameters" in known else []
        words += ["{count:03d}", "{items[first]}"] if "from-file" in known else []
        words += ["{mood}", "{list[0]}", "{inner}"] if "from-object" in known else []
        task["description"] += " " + rng.choice(words)
        task["worker"]["env"] = rng.choice(
            [{"WORD": rng.choice(words)}, {"by-level": {"3": {"TRUSTED": "yes"}, "default": {rng.choice(["A", "{name}"]): "no"}}}]
        )
        if "by-level" in task["worker"]["env"]:
            known.setdefault("from-parameters", {})["level"] = "level"
    return task


def fixed_only(task):
    """Fields that only one task may have if several are made of it."""
    for key in ("index", "routes", "scopes"):
        task.pop(key, None)
    task["run"].pop("cwd", None)
    task.pop("treeherder", None)
    run = task["run"]
    if isinstance(run["command"], dict):
        run["command"] = "make"
    task["worker"].pop("caches", None)


def parts(rng, project):
    """Tasks to group: the peer keeps their order only if they have no `run`."""
    tasks = {
        name: {
            "description": f"Part {name}", "worker-type": "succeed",
            "attributes": some(rng, {"platform": rng.choice(["linux", "mac"]), "build_platform": name, "build-type": "opt", "n": rng.randint(0, 2)}, 0.8),
            **workers.common(rng, project, f"part-{name}", tier=1),
        }
        for name in rng.sample(["one", "two", "three", "four"], rng.randint(1, 4))
    }
    kind = {"loader": TRANSFORM, "transforms": named(rng, ["task"])}
    return "part", spread(rng, kind, tasks)


def tests(rng, project):
    kinds = [k for k in ["part", "build", "toolchain", "fetch"] if k in project["kinds"]] or ["cached"]
    project["kinds"].setdefault("docker-image", no_images())
    project["kinds"].setdefault(*cached(rng, project)) if kinds == ["cached"] else None
    tasks = {}
    for at, name in enumerate(rng.sample(["each", "all", "attribute", "two"] if kinds[0] == "part" else ["each", "two"], rng.randint(1, 2))):
        # Two `group-by` functions may yield the same dependency name.
        from_deps = {"set-name": "retain-kind"} if at else {}
        if name == "all":
            from_deps.update({"group-by": "all", "unique-kinds": False, "kinds": kinds[:1]})
            from_deps.setdefault("set-name", rng.choice([None, False]))
        elif name == "attribute":
            from_deps.update({"group-by": {"attribute": rng.choice(["platform", "build_platform", "kind", "n"])},
                              "unique-kinds": False, "kinds": kinds[:1]})
        elif name == "two":
            from_deps["group-by"] = "single"
            from_deps.setdefault("set-name", "strip-kind")
            from_deps["kinds"] = kinds
        else:
            from_deps["kinds"] = kinds[: rng.randint(1, len(kinds))]
        from_deps.update(some(rng, {"copy-attributes": True, "with-attributes": rng.choice(
            [{"platform": ["linux", "mac"]}, {"platform": "linux"}, {"build-type": ["opt"], "platform": "win"}])}, 0.3))
        if from_deps.get("unique-kinds", True) and rng.random() < 0.4:
            from_deps["fetches"] = {kinds[0]: [{"artifact": rng.choice(["target.zip", "{kind}.zip"]), **some(rng, {"dest": "{kind}", "extract": False})}]}
        task = {
            "description": f"Test {name}", "from-deps": from_deps, "worker-type": "b-linux",
            "worker": workers.docker(rng, project),
            "run": {"using": "run-task", "command": "test", **({"checkout": False} if project.several else {})},
            **workers.common(rng, project, f"test-{name}", tier=2, alone=False),
        }
        if rng.random() < 0.5:
            task.update(notify(rng))
        tasks[name] = task
    kind = {
        "loader": TRANSFORM, "kind-dependencies": ["docker-image", *[k for k in kinds if k != "docker-image"]],
        "transforms": named(rng, ["from_deps", "notify", "run", "task"]),
    }
    return "test", spread(rng, kind, tasks)


def notify(rng):
    states = ["on-completed", "on-failed", "on-exception", "on-resolved", "on-defined", "on-pending", "on-running"]
    if rng.random() < 0.3:
        return {"notifications": {
            "emails": rng.choice([["a@b.c", "d@e.f"], {"by-project": {"snow": ["a@b.c"], "default": ["x@y.z"]}}, {"by-level": {"3": ["a@b.c"], "default": []}}]),
            "subject": "A subject", **some(rng, {"message": "A message", "status-types": rng.sample(states, 2)}),
        }}
    recipients = [
        {"type": "email", "address": rng.choice(["a@b.c", {"by-level": {"3": "r@b.c", "default": "n@b.c"}}])},
        {"type": "matrix-room", "room-id": "!a:b"}, {"type": "pulse", "routing-key": "k"},
        {"type": "slack-channel", "channel-id": "C1"},
    ]
    recipients = rng.sample(recipients, rng.randint(1, 4))
    for recipient in recipients:
        if rng.random() < 0.5:
            recipient["status-type"] = rng.choice(states)
    content = some(rng, {
        "email": {"subject": "s", **some(rng, {"content": "c", "link": {"text": "t", "href": "https://h"}})},
        "matrix": {"body": "b", **some(rng, {"formatted-body": "<b>", "format": "f", "msg-type": "m"})},
        "slack": {"text": "t", **some(rng, {"blocks": [1], "attachments": [{"a": 1}]})},
    }, 0.5)
    return {"notify": {"recipients": recipients, **({"content": content} if content else {})}}


def plain(rng, project):
    """Tasks without `run`, on workers of every kind."""
    before = [k for k in ["docker-image", "build", "test", "fetch"] if k in project["kinds"]]
    known = [f"{k}-{name}" for k in before for name in workers.plain_tasks_of(project, k)]
    tasks = {}
    made = rng.sample(sorted(workers.OF_ALIAS), rng.randint(1, 4))
    for i, alias in enumerate(made):
        task = {
            "description": f"Plain {alias}", "worker-type": alias,
            "worker": workers.OF_ALIAS[alias](rng, project),
            "attributes": some(rng, {"code-review": rng.choice([True, True, False]), "release": 1}, 0.2),
            **workers.common(rng, project, f"plain-{alias}", tier=3),
        }
        if not task["worker"]:
            task.pop("worker")
        dependencies = {}
        for n, other in enumerate(rng.sample(known, min(len(known), rng.randint(0, 2)))):
            dependencies[f"on-{n}"] = other
        if i and rng.random() < 0.5:
            dependencies["before"] = tasks[made[i - 1]].get("label", f"plain-{made[i - 1]}")
        if dependencies:
            task["dependencies"] = dependencies
            if rng.random() < 0.3:
                task["if-dependencies"] = [rng.choice(sorted(dependencies))]
            if rng.random() < 0.3:
                task.setdefault("extra", {})["refers"] = {
                    "id": {"task-reference": f"<{sorted(dependencies)[0]}> of <self>"},
                    "url": {"artifact-reference": f"<{sorted(dependencies)[-1]}/public/x.zip>"},
                }
        if rng.random() < 0.2:
            task["soft-dependencies"] = sorted(rng.sample([*known, "no-such-task"], 1))
        if rng.random() < 0.2:
            task["requires"] = rng.choice(["all-completed", "all-resolved"])
        if rng.random() < 0.1:
            task["label"] = f"own-label-of-{alias}"
        tasks[alias] = task
    kind = {"loader": TRANSFORM, "kind-dependencies": before, "transforms": named(rng, ["task"])}
    return "plain", spread(rng, kind, tasks)


def cached(rng, project):
    tasks = {}
    names = ["a", "b", "c"][: rng.randint(1, 3)]
    for i, name in enumerate(names):
        task = {
            "label": f"cached-{name}", "description": "Cached", "worker-type": "succeed", "attributes": {},
            "cache": {"type": "thing.v1", "name": name, "digest-data": [name, str(rng.randint(0, 9))]},
        }
        if i and rng.random() < 0.6:
            task["dependencies"] = {"before": f"cached-{names[i - 1]}"}
        if rng.random() < 0.2:
            task["attributes"]["cached_task"] = False
        tasks[name] = task
    tasks = dict(rng.sample(sorted(tasks.items()), len(tasks)))
    kind = {"loader": TRANSFORM, "transforms": named(rng, ["cached_tasks", "task"]), "tasks": tasks}
    return "cached", {"kind.yml": kind}


def releases(rng, project):
    tasks = {}
    for name in rng.sample(["files", "more"], rng.randint(1, 2)):
        worker_type = rng.choice(["b-linux", "g-linux", "g-win"])
        tasks[name] = {
            "description": f"Release {name}", "worker-type": worker_type,
            "worker": workers.docker(rng, project) if worker_type in DOCKER else {**workers.generic(rng, "win"), "command": ["a"] if worker_type == "g-win" else [["a", "b"]]},
            **some(rng, {"release-artifacts": ["a.zip", "deep/b.zip"], "attributes": {"release-artifacts": []} if rng.random() < 0.1 else {"x": 1},
                         "shipping-phase": "promote"}, 0.6),
        }
    if rng.random() < 0.3:
        kind = {"loader": TRANSFORM, "transforms": ["mozilla_taskgraph.transforms.scriptworker.shipit.mark_as_shipped", *named(rng, ["task"])]}
        task = {"worker-type": "shipit", **some(rng, {"shipping-phase": "ship", "attributes": {"build-type": "opt"}, "dependencies": {}})}
        if rng.random() < 0.9:
            task["shipit-product"] = rng.choice(["ice", {"by-build-type": {"opt": "ice", "default": "snow"}}])
        kind["tasks"] = {"mark": task}
        return "mark", {"kind.yml": kind}
    kind = {"loader": TRANSFORM, "transforms": ["mozilla_taskgraph.transforms.scriptworker.release_artifacts:transforms", *named(rng, ["task"])]}
    if "docker-image" in project["kinds"]:
        kind["kind-dependencies"] = ["docker-image"]
    return "release", spread(rng, kind, tasks)


def reviews(rng, project):
    before = [k for k in ["build", "plain", "test"] if k in project["kinds"]]
    kind = {
        "loader": TRANSFORM, "kind-dependencies": before, "transforms": named(rng, ["code_review", "task"]),
        "tasks": {"issues": {"description": "Review", "worker-type": "succeed", **workers.common(rng, project, "review-issues", 3), **some(rng, {"dependencies": {}, "attributes": {"code-review": True}})}},
    }
    return "review", {"kind.yml": kind}


def searches(rng, project):
    tasks = {
        "elsewhere": {
            "description": "Elsewhere", "worker-type": "always-optimized",
            "run": {"using": "index-search", "index-search": rng.choice([["other.{project}.latest", "found.good"], ["found.failed"], ["found.expired", "found.good"]])},
            "run-on-projects": rng.choice([[], ["all"]]),
        },
        "never": {"description": "Never", "worker-type": "always-optimized", "run": {"using": "always-optimized"}, "run-on-projects": [],
                  "optimization": {"always": None}},
    }
    chosen = dict(rng.sample(sorted(tasks.items()), rng.randint(1, 2)))
    return "search", {"kind.yml": {"transforms": [], "tasks": chosen}}
