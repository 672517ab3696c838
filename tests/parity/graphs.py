"""Generates small random graphs, and the peer's results for them.

`make` writes graphs, one JSON document a line; it needs no peer and yields the same graphs for the
same seed. `answer` reads them and writes what the peer answers, from the choice of target tasks to
the morphed graph; it is run by the peer's Python, once for each hash seed, since the peer's walks
follow the order of Python's hashes.
"""

import datetime
import json
import random
import sys
import types

NOW = "2026-03-01T12:00:00.000Z"
ROOT_URL = "https://taskcluster.example.com"
KINDS = ["build", "image", "test"]
SPANS = ["1 hour", "1 day", "14 days", "3 months"]
STAMPS = ["2026-03-02T00:00:00.000Z", "2026-04-01T00:00:00.000Z"]
PATTERNS = ["src/**", "docs/*.md", "**/*.rs", "README", "other/**"]
FILES = ["src/main.rs", "docs/a.md", "docs/deep/b.md", "README", "tests/x.py"]


def task_id(number):
    return f"existing{number:014d}"


def make_reference(rng, names):
    name = rng.choice([*names, *names, "self", "decision", "<"])
    if rng.random() < 0.01:
        name = "nobody"
    return f"to <{name}>, whole"


def make_artifact(rng, names):
    name = rng.choice([*names, "decision"])
    path = rng.choice(["public/build/target.zip", "private/secret.txt"])
    return f"<{name}/{path}>"


def make_optimization(rng, paths):
    kind = rng.choice(
        ["none", "never", "always", "always", "skip", "skip", "index", "index", "index"]
    )
    if kind == "none":
        return None
    if kind == "skip":
        return {"skip-unless-changed": rng.sample(PATTERNS, rng.randint(1, 2))}
    if kind == "index":
        return {"index-search": rng.sample(paths, rng.randint(0, 3))}
    return {kind: None}


def make_attributes(rng, kind):
    attributes = {"kind": kind}
    draw = rng.random()
    if draw < 0.6:
        attributes["run_on_projects"] = rng.choice([["all"], ["snow", "rain"], ["snow"]])
    elif draw < 0.8:
        attributes["run_on_projects"] = rng.choice([[], ["rain"]])
    if rng.random() < 0.2:
        attributes["run_on_tasks_for"] = rng.choice(
            [["all"], ["github-push"], ["github-pull-request", "cron"], []]
        )
    if rng.random() < 0.2:
        attributes["run_on_git_branches"] = rng.choice(
            [["all"], ["main"], ["release_\\d+"], ["ma"], ["(main|other)$"], []]
        )
    if rng.random() < 0.1:
        attributes["shipping_phase"] = rng.choice([None, "build", "promote", "ship"])
    if rng.random() < 0.05:
        attributes["cron"] = rng.choice([True, False])
    if rng.random() < 0.15:
        attributes["always_target"] = rng.choice([True, True, False])
    if rng.random() < 0.3:
        attributes["code-review"] = rng.choice([True, True, False])
    return attributes


def make_graph(rng):
    count = rng.randint(1, 16)
    density = rng.choice([0.1, 0.2, 0.35])
    with_conditions = rng.choice([0, 0, 0.3, 0.7])
    paths = [f"snow.v1.path-{i}" for i in range(rng.randint(3, 8))]
    # The order of labels is independent of that of dependencies.
    labels = [f"t{i:02d}" for i in range(count)]
    rng.shuffle(labels)
    tasks = []
    for i, label in enumerate(labels):
        kind = rng.choice(KINDS)
        dependencies = {}
        for before in labels[:i]:
            if rng.random() < density:
                dependencies[rng.choice([f"on-{before}", f"edge-{before}", before])] = before
        if dependencies and rng.random() < 0.1:
            dependencies["twice"] = rng.choice(sorted(dependencies.values()))
        conditions = []
        if dependencies and rng.random() < with_conditions:
            known = sorted(set(dependencies.values()))
            conditions = rng.sample(known, rng.randint(1, len(known)))
        soft = []
        if rng.random() < 0.2:
            soft = rng.sample([*labels, "ghost"], rng.randint(1, min(3, count)))
            soft = [other for other in soft if other != label]
        names = sorted(dependencies)
        definition = {
            "deadline": {"relative-datestamp": rng.choice(SPANS)}
            if rng.random() < 0.8
            else rng.choice(STAMPS),
            "payload": {},
        }
        if rng.random() < 0.4:
            definition["payload"]["env"] = {
                "TASK": {"task-reference": make_reference(rng, names)},
                "URL": {"artifact-reference": make_artifact(rng, names)},
            }
        if rng.random() < 0.05:
            definition["payload"]["by"] = {
                "task-reference": {make_reference(rng, names): "value"}
            }
        if rng.random() < 0.1:
            definition["dependencies"] = [task_id(900 + rng.randint(0, 9))]
        tasks.append(
            {
                "kind": kind,
                "label": label,
                "description": "",
                "attributes": make_attributes(rng, kind),
                "dependencies": dependencies,
                "soft_dependencies": soft,
                "if_dependencies": conditions,
                "optimization": make_optimization(rng, paths),
                "task": definition,
            }
        )
    index, statuses = {}, {}
    for i, path in enumerate(paths):
        if rng.random() < 0.75:
            found = task_id(rng.randint(0, i))
            index[path] = found
            if rng.random() < 0.95:
                statuses[found] = {
                    "state": rng.choice(
                        ["completed"] * 6 + ["failed", "exception", "running", "pending"]
                    ),
                    "expires": rng.choice(
                        [
                            "2026-03-01T12:30:00.000Z",
                            "2026-03-02T12:00:00.000Z",
                            "2026-03-10T00:00:00.000Z",
                            "2027-03-01T00:00:00.000Z",
                            "2027-03-01T00:00:00.000Z",
                        ]
                    ),
                }
    some = lambda share: sorted(label for label in labels if rng.random() < share)
    head = "b" * 40
    params = {
        "base_rev": rng.choice(["a" * 40, "a" * 40, "a" * 40, head, ""]),
        "do_not_optimize": some(0.1) if rng.random() < 0.3 else [],
        "enable_always_target": rng.choice([True, True, False, ["build"], ["image", "test"], []]),
        "existing_tasks": {
            label: task_id(500 + i)
            for i, label in enumerate(some(0.4) if rng.random() < 0.3 else [])
        },
        "files_changed": rng.sample(FILES, rng.randint(0, 2)),
        "filters": rng.choice([["target_tasks_method"], []]),
        "head_ref": rng.choice(["main", "refs/heads/main", "release_12", "refs/heads/try"]),
        "head_rev": head,
        "optimize_target_tasks": rng.random() < 0.85,
        "project": rng.choice(["snow", "snow", "snow", "rain"]),
        "repository_type": rng.choice(["git", "git", "git", "hg"]),
        "target_tasks_method": rng.choice(["default"] * 8 + ["codereview", "nothing"]),
        "tasks_for": rng.choice(["github-push", "github-push", "github-pull-request", "cron"]),
    }
    return {"tasks": tasks, "params": params, "index": index, "statuses": statuses}


def make(count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        print(json.dumps(make_graph(rng), sort_keys=True, separators=(",", ":")))


def plain(value, names):
    """Replaces new taskIds in a value by `@` and the label."""
    if isinstance(value, dict):
        return {plain(k, names): plain(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v, names) for v in value]
    if isinstance(value, str):
        for made, label in names.items():
            value = value.replace(made, f"@{label}")
    return value


def answer_one(case, peer):
    base, generator, config, task, parameters = peer
    base.find_task_id_batched = lambda paths: {
        path: case["index"][path] for path in paths if path in case["index"]
    }
    base.status_task_batched = lambda ids: {
        found: case["statuses"][found] for found in ids if found in case["statuses"]
    }
    made = []

    def slugid():
        made.append(f"new-{len(made):018d}")
        return made[-1]

    base.slugid = slugid

    class Kind:
        path = ""
        config = {}

        def __init__(self, name):
            self.name = name

        def load_tasks(self, *_):
            return [
                task.Task.from_json(json.loads(json.dumps(each)))
                for each in case["tasks"]
                if each["kind"] == self.name
            ]

    class Generator(generator.TaskGraphGenerator):
        def _load_kinds(self, *_):
            return [Kind(name) for name in KINDS]

    generator.load_graph_config = lambda _: config.GraphConfig(
        {"trust-domain": "snow", "taskgraph": {}}, ""
    )
    made_from = Generator(
        "", parameters.Parameters(strict=True, **case["params"]), enable_verifications=False
    )
    answer = {}
    try:
        answer["targets"] = sorted(made_from.target_task_set.tasks)
        answer["graph"] = sorted(made_from.target_task_graph.tasks)
        optimized = made_from.optimized_task_graph
        ids = made_from.label_to_taskid
    except Exception as error:
        if isinstance(error, KeyError) and "no dependency named" in str(error):
            return {**answer, "refused": "reference"}
        if str(error).startswith("Optimization error"):
            return {**answer, "refused": "removed"}
        raise
    names = {made_id: label for label, made_id in ids.items() if made_id in made}
    kept = {}
    for made_task in optimized.tasks.values():
        definition = plain(made_task.task, names)
        definition["dependencies"].sort()
        kept[made_task.label] = {
            "dependencies": plain(made_task.dependencies, names),
            "task": definition,
        }
    answer["kept"] = kept
    answer["ids"] = plain(ids, names)
    return answer


def answer():
    import logging
    import os

    os.environ["TASKCLUSTER_ROOT_URL"] = ROOT_URL
    os.environ["TASKGRAPH_SERIAL"] = "1"
    os.environ.pop("TASKCLUSTER_PROXY_URL", None)
    import taskgraph.config
    import taskgraph.generator
    import taskgraph.optimize.base
    import taskgraph.parameters
    import taskgraph.task

    logging.disable(logging.CRITICAL)

    class Frozen(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            stamp = datetime.datetime.strptime(NOW, "%Y-%m-%dT%H:%M:%S.%fZ")
            return stamp.replace(tzinfo=tz)

    taskgraph.optimize.base.datetime = types.SimpleNamespace(
        datetime=Frozen, timezone=datetime.timezone, timedelta=datetime.timedelta
    )
    peer = (
        taskgraph.optimize.base,
        taskgraph.generator,
        taskgraph.config,
        taskgraph.task,
        taskgraph.parameters,
    )
    for line in sys.stdin:
        result = answer_one(json.loads(line), peer)
        print(json.dumps(result, sort_keys=True, separators=(",", ":")))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), int(sys.argv[3]))
    else:
        answer()
