"""Cases of the transform replicate."""

from shared import DROP, lay

DECISION = "fN1SbArXTPSVFUUvaOlinQ"
OTHER = "d4ZN2HKwQ0SNDXGaMlFLHw"
PLAIN = "Ox8x7uQYSPKFqFyLCXBHSw"
PATH = "far.v2.trunk.latest.taskgraph.decision"


DEFINITION = {
    "provisionerId": "far-3",
    "workerType": "b-linux3",
    "taskQueueId": "far-3/b-linux3",
    "schedulerId": "far-level-3",
    "taskGroupId": OTHER,
    "dependencies": ["AAAAAAAAQAAAAAAAAAAAAA"],
    "priority": "high",
    "requires": "all-completed",
    "routes": ["index.far.x", "tc-treeherder.v2.trunk.a.0"],
    "created": "2024-01-01T00:00:00.000Z",
    "deadline": "2024-01-02T00:00:00.000Z",
    "expires": "2025-01-01T00:00:00.000Z",
    "scopes": ["docker-worker:cache:far-level-3-checkouts", "secrets:get:far-level-2", "queue:x"],
    "metadata": {"name": "build-linux", "description": "builds", "owner": "o", "source": "s"},
    "extra": {"treeherder": {"symbol": "B"}, "parent": OTHER},
    "tags": {"kind": "build"},
    "payload": {
        "image": "debian",
        "cache": {"far-level-3-checkouts": "/checkouts", "plain": "/plain"},
        "mounts": [{"cacheName": "far-level-3-pip", "directory": "d"}, {"content": {}, "file": "f"}],
        "artifacts": {"public": {"path": "/p", "expires": "2025-01-01T00:00:00.000Z"}, "x": {"path": "/x"}},
        "env": {"FAR_HEAD_REV": "aa", "FAR_HEAD_REF": "main", "REVISION": "b", "_REV": "c"},
        "features": {"taskclusterProxy": True},
    },
}

NODE = {
    "label": "build-linux",
    "kind": "build",
    "attributes": {"kind": "build", "build_platform": "linux64", "tier": 1, "run_on_projects": ["all"]},
    "dependencies": {},
    "task": DEFINITION,
}


def node(name, attributes=None, over=None):
    task = lay(DEFINITION, over or {})
    if isinstance(task.get("metadata"), dict) and "name" in task["metadata"]:
        task["metadata"]["name"] = name
    return {"label": name, "attributes": {"kind": "build", **(attributes or {})}, "task": task}


GRAPH = {
    f"task{i}": one
    for i, one in enumerate(
        [
            node("build-a", {"platform": "linux"}),
            node("build-b", {"platform": "linux-asan"}),
            node("test-c", {"kind": "test", "platform": "macosx", "build": "build-a"}),
            node("test-d", {"kind": "test", "platform": "android-hw", "tier": 2}),
            node("other-e", {"kind": "other"}),
        ]
    )
}


def rep(name, replicate, graph=None, remote=None, item=None, **rest):
    if remote is None:
        graph = {"a": NODE} if graph is None else graph
        remote = {"index": {PATH: OTHER}, "graphs": {OTHER: graph}}
    if isinstance(replicate, dict):
        replicate = lay({"target": [PATH]}, replicate)
    return {
        "name": f"replicate: {name}",
        "transforms": ["mozilla_taskgraph.transforms.replicate"],
        "items": [{"name": "far", "replicate": replicate, **(item or {})}],
        "remote": remote,
        **rest,
    }


def one(name, over, **rest):
    """A graph of one task that differs."""
    return rep(name, {}, graph={"a": lay(NODE, {"task": over})}, **rest)


def include(name, **attrs):
    return rep(f"include {name}", {"include-attrs": attrs}, graph=GRAPH)


def exclude(name, attrs, **rest):
    return rep(f"exclude {name}", {"exclude-attrs": attrs}, graph=GRAPH, **rest)


def labels(*names):
    """That ours makes tasks with these names."""
    return {**{f"/{i}/label": f"far-{name}" for i, name in enumerate(names)}, f"/{len(names)}": None}


REPLICATE = [
    rep("a decision by index", {}),
    rep("a decision by taskId", {"target": [OTHER]}),
    rep("several targets", {"target": [OTHER, PATH]}),
    rep("no target", {"target": []}),
    rep("an empty graph", {}, graph={}),
    rep("no section", {}, items=[{"name": "far"}]),
    rep("null", None),
    rep("a list", []),
    rep("target missing", {"target": DROP}),
    rep("target a string", {"target": PATH}),
    rep("an unknown key", {"targets": [PATH]}),
    rep("no name", {}, items=[{"replicate": {"target": [PATH]}}]),
    rep("name a number", {}, item={"name": 5}),
    rep("an index path with nothing", {"target": ["far.nothing"]}),
    rep("a taskId with nothing", {"target": [PLAIN]}),
    rep(
        "an artifact that cannot be had",
        {"target": [OTHER]},
        remote={"failing": [OTHER], "tasks": {OTHER: DEFINITION}},
    ),
    rep("other fields", {}, item={"description": "d", "worker-type": "x", "attributes": {"y": 1}}),
    rep("level 3", {}, params={"level": "3"}),
    rep("level 2", {}, params={"level": "2"}),
    rep("an odd trust domain", {}, graph_config={"trust-domain": "my-snow"}),
    rep("no TASK_ID", {}, environment={}),
    rep("an empty TASK_ID", {}, environment={"TASK_ID": ""}),
    rep("several items", {}, items=[
        {"name": "far", "replicate": {"target": [PATH]}},
        {"name": "near", "replicate": {"target": [PATH, OTHER], "include-attrs": {"kind": "build"}}},
    ]),
    rep(
        "a plain task by taskId",
        {"target": [PLAIN]},
        remote={"tasks": {PLAIN: DEFINITION}},
        on_purpose="the peer looks for `task` in the definition of a task that is no decision task",
        ours=labels("build-linux"),
    ),
    rep(
        "a plain task by index",
        {},
        remote={"index": {PATH: PLAIN}, "tasks": {PLAIN: DEFINITION}},
        on_purpose="the peer asks the queue for the index path",
        ours=labels("build-linux"),
    ),
    rep(
        "a plain task and attributes that it cannot have",
        {"include-attrs": {"kind": "build"}},
        remote={"index": {PATH: PLAIN}, "tasks": {PLAIN: DEFINITION}},
        on_purpose="the peer asks the queue for the index path",
        ours=labels(),
    ),
    # What is passed over
    one("releng-hardware", {"provisionerId": "releng-hardware"}),
    one("no provisioner", {"provisionerId": DROP}),
    one("as administrator", {"payload": {"features": {"runAsAdministrator": True}}}),
    one("not as administrator", {"payload": {"features": {"runAsAdministrator": False}}}),
    one("no features", {"payload": {"features": DROP}}),
    one("features null", {"payload": {"features": None}}),
    # Attributes
    include("a value", kind="build"),
    include("a list", kind=["build", "other"]),
    include("several", kind=["build", "test"], platform="linux"),
    include("what nobody has", nothing="x"),
    include("nothing"),
    include("an empty list", kind=[]),
    include("a beginning", platform="lin"),
    include("of another type", tier="2"),
    rep("include null", {"include-attrs": None}),
    rep("include a number", {"include-attrs": {"tier": 2}}, graph=GRAPH),
    rep("include a list of numbers", {"include-attrs": {"tier": [2]}}, graph=GRAPH),
    rep("exclude null", {"exclude-attrs": None}, graph=GRAPH),
    exclude("a list", {"kind": ["test"]}),
    exclude("beginnings", {"platform": ["linux", "android"]}),
    exclude("what nobody has", {"nothing": ["x"]}),
    exclude("nothing", {}),
    exclude("an empty list", {"kind": []}),
    exclude("everything", {"kind": [""]}),
    exclude(
        "a value",
        {"kind": "best"},
        on_purpose="the peer takes each letter of the value for one that is unwanted",
        ours=labels("build-a", "build-b", "test-c", "test-d", "other-e"),
    ),
    exclude("a value of one letter", {"platform": "l"}),
    exclude(
        "several",
        {"kind": ["test"], "platform": ["linux"]},
        on_purpose="the peer holds each attribute against the values of the last one, and wants all of them unwanted",
        ours=labels("other-e"),
    ),
    exclude(
        "an attribute that is no string",
        {"tier": ["2"]},
        on_purpose="the peer asks a number what it begins with",
        ours=labels("build-a", "build-b", "test-c", "test-d", "other-e"),
    ),
    rep("include and exclude", {"include-attrs": {"kind": ["build", "test"]}, "exclude-attrs": {"platform": ["mac"]}},
        graph=GRAPH),
    rep("a node without attributes", {}, graph={"a": {"task": DEFINITION}}),
    rep("a node without attributes, some wanted", {"include-attrs": {"kind": "x"}}, graph={"a": {"task": DEFINITION}}),
    rep("a node without a task", {}, graph={"a": {"label": "x", "attributes": {}}}),
    # Definitions
    one("no extra", {"extra": DROP}),
    one("no treeherder", {"extra": {"treeherder": DROP}}),
    one("no payload", {"payload": DROP}),
    one("an empty payload", {"payload": {k: DROP for k in DEFINITION["payload"]}}),
    one("no scopes", {"scopes": DROP}),
    one("no task queue", {"taskQueueId": DROP}),
    one("a provisioner full of threes", {"provisionerId": "3far3-3", "worker-type": "w33"}),
    one("no metadata", {"metadata": DROP}),
    one("no description", {"metadata": {"description": DROP}}),
    one("no name in the metadata", {"metadata": {"name": DROP}}),
    one("no routes or scheduler", {"routes": DROP, "schedulerId": DROP, "taskGroupId": DROP, "priority": DROP}),
    one("no dates", {"created": DROP, "deadline": DROP, "expires": DROP}),
    one("artifacts a list", {"payload": {"artifacts": [{"name": "a", "expires": "x"}, {"name": "b"}]}}),
    one("artifacts an empty list", {"payload": {"artifacts": []}}),
    one("artifacts null", {"payload": {"artifacts": None}}),
    one("caches that become one", {"payload": {"cache": {"near-level-1-x": "/a", "far-level-3-x": "/b", "z": "/c"}}}),
    one("cache null", {"payload": {"cache": None}}),
    one("a cache with two levels", {"payload": {"cache": {"a-level-1-b-level-2-c-level-4": "/a"}}}),
    one("upper case", {"scopes": ["FAR-level-3", "farFar-level-3", "x1-level-3", "-level-3", "far-level-33"]}),
    one("env null", {"payload": {"env": None}}),
]
