"""Cases of the transforms code_review, release_artifacts and mark_as_shipped."""

CODE_REVIEW = "taskgraph.transforms.code_review"
RELEASE_ARTIFACTS = "mozilla_taskgraph.transforms.scriptworker.release_artifacts"
MARK_AS_SHIPPED = "mozilla_taskgraph.transforms.scriptworker.shipit.mark_as_shipped"
SHIPIT = "shipitscript/mark_as_shipped_task_schema.json"
TASK = "taskgraph.transforms.task"


def upstream(label, **attributes):
    return {"kind": label.split("-")[0], "label": label, "description": "", "attributes": attributes, "task": {}}


REVIEWED = [
    upstream("lint-a", **{"code-review": True}),
    upstream("lint-b", **{"code-review": False}),
    upstream("test-c", **{"code-review": "true"}),
    upstream("test-d", **{"code-review": True, "x": 1}),
    upstream("test-e", **{"code-review": 1}),
    upstream("test-f"),
]


def review(name, item, **rest):
    return {
        "name": f"code_review: {name}",
        "transforms": [CODE_REVIEW],
        "items": [item],
        "dependencies": REVIEWED,
        **rest,
    }


def artifacts(name, item, transforms=(), **rest):
    item = {"name": "a", "worker-type": "linux", **item}
    items = [{key: value for key, value in item.items() if value != "absent"}]
    return {
        "name": f"release_artifacts: {name}",
        "transforms": [RELEASE_ARTIFACTS, *transforms],
        "items": items,
        **rest,
    }


def shipped(name, item=None, transforms=(), **rest):
    return {
        "name": f"mark_as_shipped: {name}",
        "transforms": [MARK_AS_SHIPPED, *transforms],
        "items": [{"name": "m", **(item or {})}],
        **rest,
    }


BY_TYPE = {"by-build-type": {"release": "app", "beta.*": "app-beta", "default": "app-other"}}

TRANSFORMS = [
    review("nothing there", {"name": "x"}),
    review("some there", {"name": "x", "soft-dependencies": ["z"]}),
    review("one there already", {"name": "x", "soft-dependencies": ["lint-a"]}),
    review("no dependencies", {"name": "x"}, dependencies=[]),
    review("null there", {"name": "x", "soft-dependencies": None}),
    review("a string there", {"name": "x", "soft-dependencies": "z"}),
    review("a mapping there", {"name": "x", "soft-dependencies": {}}),
    review("several", {"name": "x"}, items=[{"name": "x"}, {"label": "y"}]),
    # release_artifacts
    artifacts("none", {}),
    artifacts("docker-worker", {"release-artifacts": ["a.zip", "deep/b.zip"]}),
    artifacts("generic-worker", {"worker-type": "mac", "release-artifacts": ["a.zip", "deep/b.zip"]}),
    artifacts("scriptworker", {"worker-type": "signing", "release-artifacts": ["a.zip"]}),
    artifacts("braces", {"release-artifacts": ["{a}.zip"]}),
    artifacts("empty", {"release-artifacts": []}),
    artifacts("null", {"release-artifacts": None}),
    artifacts("a string", {"release-artifacts": "a.zip"}),
    artifacts("numbers", {"release-artifacts": [1]}),
    artifacts("absolute", {"release-artifacts": ["/a.zip"]}),
    artifacts("an unknown worker type", {"worker-type": "x", "release-artifacts": ["a.zip"]}),
    artifacts("an unknown worker type, nothing to do", {"worker-type": "x"}),
    artifacts("no worker type", {"worker-type": "absent", "release-artifacts": ["a.zip"]}),
    artifacts("a worker type that needs no alias", {"worker-type": "succeed", "release-artifacts": ["a"]}),
    artifacts(
        "others there",
        {
            "release-artifacts": ["a.zip"],
            "attributes": {"x": 1, "release-artifacts": [{"name": "n", "path": "p", "type": "directory"}]},
            "worker": {"artifacts": [{"name": "m", "path": "q"}], "max-run-time": 1},
            "description": "d",
        },
    ),
    artifacts("attributes null", {"release-artifacts": ["a.zip"], "attributes": None}),
    artifacts("worker null", {"release-artifacts": ["a.zip"], "worker": None}),
    artifacts("artifacts null", {"release-artifacts": ["a.zip"], "worker": {"artifacts": None}}),
    artifacts("artifacts a mapping", {"release-artifacts": ["a.zip"], "worker": {"artifacts": {}}}),
    artifacts("attribute a string", {"release-artifacts": ["a.zip"], "attributes": {"release-artifacts": "x"}}),
    artifacts(
        "and task",
        {
            "description": "d",
            "release-artifacts": ["a.zip"],
            "worker": {"docker-image": "debian:12", "max-run-time": 60, "command": ["true"]},
        },
        transforms=[TASK],
    ),
    artifacts(
        "and task on a Mac",
        {
            "worker-type": "mac",
            "description": "d",
            "release-artifacts": ["a.zip"],
            "worker": {"max-run-time": 60, "command": [["true"]]},
        },
        transforms=[TASK],
    ),
    # mark_as_shipped
    shipped("as config.yml has it"),
    shipped("no name", items=[{}]),
    shipped("a label", items=[{"name": "n", "label": "l"}]),
    shipped("label only", items=[{"label": "l"}]),
    shipped("name null", items=[{"name": None}]),
    shipped("name a number", items=[{"name": 1}]),
    shipped("own product", {"shipit-product": "lib"}),
    shipped("a number for a product", {"shipit-product": 5}),
    shipped("an empty product", {"shipit-product": ""}),
    shipped("product null", {"shipit-product": None}),
    shipped("by build type", {"shipit-product": BY_TYPE, "attributes": {"build-type": "release"}}),
    shipped("by build type, a pattern", {"shipit-product": BY_TYPE, "attributes": {"build-type": "beta-x"}}),
    shipped("by build type, another", {"shipit-product": BY_TYPE, "attributes": {"build-type": "nightly"}}),
    shipped("by build type, none", {"shipit-product": BY_TYPE, "attributes": {}}),
    shipped("by build type of the task itself", {"shipit-product": BY_TYPE, "build-type": "release"}),
    shipped(
        "by build type without a match",
        {"shipit-product": {"by-build-type": {"release": "app"}}, "attributes": {"build-type": "x"}},
    ),
    shipped("by build type, default alone", {"shipit-product": {"by-build-type": {"default": "app"}}}),
    shipped("by something else", {"shipit-product": {"by-kind": {"a": "b", "default": "c"}}}),
    shipped("attributes null", {"attributes": None}),
    shipped("no product", graph_config={"shipit": {}}),
    shipped("no product, no section", graph_config={"shipit": "absent"}),
    shipped("own product, no section", {"shipit-product": "lib"}, graph_config={"shipit": "absent"}),
    shipped(
        "section null",
        {"shipit-product": "lib"},
        graph_config={"shipit": None},
        on_purpose="the peer's schema takes null and its code does not; ours reads it as nothing",
        ours={"/0/worker/release-name": "lib-1.2.3-build3"},
    ),
    shipped("no scriptworkers", graph_config={"scriptworker": "absent"}),
    shipped("no prefix", graph_config={"scriptworker": {}}),
    shipped("own prefix", graph_config={"shipit": {"product": "app", "scope-prefix": "project:x:ship-it"}}),
    shipped("own format", graph_config={"shipit": {"product": "app", "release-format": "{version}/{product}"}}),
    shipped("format with a spec", graph_config={"shipit": {"product": "app", "release-format": "{build_number:03d}"}}),
    shipped("format with an unknown name", graph_config={"shipit": {"product": "app", "release-format": "{x}"}}),
    shipped("format with a single brace", graph_config={"shipit": {"product": "app", "release-format": "{"}}),
    shipped("level 3", params={"level": "3"}),
    shipped("no version", params={"version": None}),
    shipped("description and scopes there", {"description": "x", "scopes": ["y"]}),
    shipped("worker there", {"worker": {"max-run-time": 1, "release-name": "z"}}),
    shipped("worker null", {"worker": None}),
    shipped("worker a list", {"worker": []}),
    shipped("several", items=[{"name": "a"}, {"name": "b", "shipit-product": "lib"}]),
    shipped("and task", {"worker-type": "shipit"}, transforms=[TASK], kind="mark-as-shipped", schema=SHIPIT),
    shipped(
        "and task at level 3",
        {"worker-type": "shipit", "shipping-phase": "ship"},
        transforms=[TASK],
        params={"level": "3"},
        schema=SHIPIT,
    ),
]
