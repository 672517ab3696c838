"""The actions that are compared: for each callback an input, the task that it is triggered on, and what
Taskcluster and other services answer. Tasks are chosen by what they are, so the cases suit other pushes."""

import collections
import hashlib
import json
import urllib.parse

from fake_taskcluster import FakeTaskcluster, task_id

CENTRAL = "https://hg.mozilla.org/mozilla-central"
EARLIER_PUSHES = 3

Case = collections.namedtuple("Case", "name callback input task taskcluster")
DECISION, ACTION, EARLIER_ACTION, CRON = map(task_id, ("decision", "action", "earlier action", "cron"))

HOOK = {
    "kind": "hook",
    "context": [],
    "hookGroupId": "project-gecko",
    "hookPayload": {"user": {name: {"$eval": name} for name in ("input", "taskId", "taskGroupId")}},
}
ACTIONS_JSON = {
    "version": 1,
    "variables": {},
    "actions": [
        {**HOOK, "name": name, "hookId": "in-tree-action-3-" + name}
        for name in ("add-all-browsertime", "backfill-task")
    ],
}


# The log of a task with failing tests.
ERRORS = """
{"action": "test_groups", "groups": []}
{"test": "dir/test_a.html", "group": "dir/a.toml", "status": "FAIL", "expected": "PASS"}
{"test": "dir/test_b.html", "group": "dir/a.toml", "status": "OK", "expected": "OK"}
{"test": "dir/test_c.html", "group": "dir/c.toml", "signature": "crash"}
""".encode()


def task_of_the_group(kind, created):
    """The definition of a decision, cron or action task."""
    return {
        "created": created.strftime("%Y-%m-%dT%H:%M:%S.123Z"),
        "deadline": "2026-11-02T00:00:00.123Z",
        "expires": "2027-11-01T00:00:00.123Z",
        "taskQueueId": "gecko-3/decision",
        "provisionerId": "gecko-3",
        "workerType": "decision",
        "schedulerId": "gecko-level-3",
        "taskGroupId": DECISION,
        "priority": "lowest",
        "requires": "all-completed",
        "retries": 5,
        "dependencies": [],
        "routes": [],
        "scopes": [],
        "tags": {"kind": kind},
        "extra": {"treeherder": {"symbol": "D"}},
        "payload": {"env": {"REVISION": "1"}, "maxRunTime": 1800, "image": "decision"},
        "metadata": {"name": kind, "description": "A task", "owner": "a@b.cd", "source": CENTRAL},
    }


def pushlog(push):
    """Answers for the pushes in a range of a repository's pushlog."""

    def answer(query):
        given = urllib.parse.parse_qs(query)
        numbers = range(int(given["startID"][0]) + 1, int(given["endID"][0]) + 1)
        return {"pushes": {str(number): {"changesets": [revision(push, number)]} for number in numbers}}

    return answer


def revision(push, number):
    if number == int(push.parameters["pushlog_id"]):
        return push.parameters["head_rev"]
    return hashlib.sha1(b"%d" % number).hexdigest()


def services(push, states=(), artifacts=(), permission="generic"):
    """The services of the push, of earlier pushes with the same tasks, and of an earlier action."""
    tasks = {one: task_of_the_group(kind, push.created) for one, kind in KINDS.items()}
    index, stored = {}, {(EARLIER_ACTION, "public/label-to-taskid.json"): json.dumps(retriggered(push)).encode()}
    current = int(push.parameters["pushlog_id"])
    for number in range(current, current - EARLIER_PUSHES - 1, -1):
        decision = DECISION if number == current else task_id("push %d" % number)
        tasks.setdefault(decision, {**task_of_the_group("decision-task", push.created), "taskGroupId": decision})
        head = revision(push, number)
        index["gecko.v2.mozilla-central.pushlog-id.%d.decision" % number] = decision
        index["gecko.v2.mozilla-central.revision.%s.taskgraph.decision" % head] = decision
        stored.update(push.artifacts(decision, head_rev=head, pushlog_id=str(number)))
        stored[decision, "public/actions.json"] = json.dumps(ACTIONS_JSON).encode()
    head = "gecko.v2.mozilla-central.revision.%s." % push.parameters["head_rev"]
    index[head + "taskgraph.actions.earlier"] = EARLIER_ACTION
    index[head + "cron.nightly"] = CRON
    return FakeTaskcluster(
        {**push.tasks, **tasks},
        states={ACTION: "running", **dict(states)},
        artifacts={**stored, **dict(artifacts)},
        index=index,
        pages={"hg.mozilla.org/mozilla-central/json-pushes": pushlog(push)},
        scopes=["*", "assume:repo:hg.mozilla.org/mozilla-central:action:" + permission],
    )


KINDS = {DECISION: "decision-task", ACTION: "action-callback", EARLIER_ACTION: "action-callback", CRON: "cron-task"}


def retriggered(push):
    """A task that an earlier action has created again."""
    label = push.label(lambda task: task["kind"] == "test")
    return {label: task_id("retriggered")}


def tagged(**tags):
    tags = {name.replace("_", "-"): value for name, value in tags.items()}
    return lambda task: tags.items() <= task["task"].get("tags", {}).items()


def cases(push):
    """Yields all cases. Those whose decision takes minutes are the last."""

    def case(name, callback, input=None, label=None, task=None, permission="generic", **answers):
        return Case(
            name,
            callback,
            input,
            push.ids[label] if label else task,
            lambda push: services(push, permission=permission, **answers),
        )

    test = push.label(lambda task: task["attributes"].get("test_manifests"))
    mochitest = push.label(tagged(test_type="mochitest", worker_implementation="docker-worker"))
    gtest = push.label(tagged(test_type="gtest", worker_implementation="docker-worker"))
    raptor = push.label(lambda task: "browsertime-tp6-" in task["label"])
    perftest = push.label(lambda task: task["kind"] == "perftest")
    talos = push.label(tagged(test_type="talos"))
    build = push.label(lambda task: task["kind"] == "build" and not task["attributes"].get("retrigger"))
    cached = push.label(lambda task: task["task"]["payload"].get("cache"))
    # The copy that confirms failures.
    confirmed = next(label[:-3] for label in push.full if label.endswith("-cf") and label[:-3] in push.ids)
    new = next(label for label in push.target_labels() if label not in push.ids)
    later = [label for label in push.full if label not in push.ids and "openh264" in label][:2]

    yield case("retrigger-decision", "retrigger-decision", task=CRON)
    yield case("retrigger", "retrigger", {"times": 2}, test)
    yield case("retrigger-downstream", "retrigger-disabled", {"downstream": True, "force": True}, build)
    yield case("retrigger-refused", "retrigger", {}, build)
    requests = [{"tasks": [test, mochitest], "times": 2}, {"tasks": [build, talos]}]
    failed = {push.ids[build]: "failed"}
    yield case("retrigger-multiple", "retrigger-multiple", {"requests": requests}, states=failed)
    custom = {"path": "dir", "repeat": 3, "environment": {"A": "b"}}
    yield case("retrigger-custom", "retrigger-custom", custom, mochitest)
    yield case("retrigger-custom-gtest", "retrigger-custom (gtest)", {"path": "dir", "logLevel": "info"}, gtest)
    yield case("rerun", "rerun", {}, build, states={push.ids[build]: "exception"})
    yield case("rerun-completed", "rerun", {}, build)
    yield case("cancel", "cancel", None, build, states={push.ids[build]: "running"})
    states = ((build, "running"), (test, "unscheduled"), (talos, "pending"))
    running = {push.ids[label]: state for label, state in states}
    yield case("cancel-all", "cancel-all", states=running)
    yield case("add-new-jobs", "add-new-jobs", {"tasks": [new, *later], "times": 2})
    yield case("add-new-jobs-unknown", "add-new-jobs", {"tasks": ["no-such-task"]})
    yield case("run-all-talos", "run-all-talos", {"times": 1})
    yield case("run-missing-tests", "run-missing-tests")
    yield case("backfill", "backfill", {"depth": 2, "times": 3, "inclusive": True}, test, permission="backfill")
    backfilled = {"label": test, "revision": "0123456789abcdef", "times": 3, "retrigger": True, "symbol": "x"}
    manifests = {"test_manifests": ["dir/a.toml"]}
    yield case("backfill-task", "backfill-task", {**backfilled, **manifests}, permission="backfill")
    chunk = {**backfilled, "label": test.rpartition("-")[0] + "-99", "times": 1}
    yield case("backfill-task-chunk", "backfill-task", chunk, permission="backfill")
    yield case("backfill-task-kept", "backfill-task", {**backfilled, "retrigger": False}, permission="backfill")
    yield case("backfill-all-browsertime", "backfill-all-browsertime", permission="backfill")
    yield case("add-all-browsertime", "add-all-browsertime", permission="backfill")
    yield case("create-interactive", "create-interactive", {"notify": "someone@example.com"}, mochitest)
    yield case("side-by-side", "side-by-side", {"revision": "0123456789abcdef", "project": "autoland"}, raptor)
    yield case("side-by-side-earlier", "side-by-side", {"project": "autoland"}, raptor)
    yield case("geckoprofile", "geckoprofile", {"depth": 2}, raptor)
    yield case("geckoprofile-perftest", "geckoprofile", {"depth": 1}, perftest)
    log = {(push.ids[confirmed], "public/test_info/errorsummary.log"): ERRORS}
    yield case("confirm-failures", "confirm-failures", {}, confirmed, artifacts=log)
    yield case("confirm-failures-none", "confirm-failures", {}, confirmed)
    yield case("purge-cache", "purge-cache", None, cached)
    yield case("raptor-extra-options", "raptor-extra-options", {"extra_options": "verbose"}, raptor)
    yield case("rebuild-cached-tasks", "rebuild-cached-tasks")
    yield case("openh264", "openh264")
    yield case("googleplay", "googleplay", {}, permission="googleplay")
    yield case("unknown", "no-such-callback")
    yield case("unscoped", "googleplay", {})
    workers = {"scriptworkers": ["signing", "beetmover"]}
    yield case("scriptworker-canary", "scriptworker-canary", workers, permission="scriptworker-canary")
    merge = {"behavior": "main-to-beta", "force-dry-run": True}
    yield case("merge-automation", "merge-automation", merge, permission="merge-automation")
