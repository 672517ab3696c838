"""The decisions that are compared: events, and what Mercurial's and other services answer.

Each event is the context with which the services render `.taskcluster.yml`:
https://github.com/mozilla-releng/fxci-config, `build-decision/src/build_decision`.
"""

import dataclasses
import typing

CENTRAL = "https://hg.mozilla.org/mozilla-central"
AUTOLAND = "https://hg.mozilla.org/integration/autoland"
TRY = "https://hg.mozilla.org/try"
COMM = "https://hg.mozilla.org/comm-central"
COMM_TRY = "https://hg.mozilla.org/try-comm-central"
REPOSITORIES = (CENTRAL, AUTOLAND, TRY, COMM, COMM_TRY)
PUSHDATE = 1780000000
BALROG = "https://aus5.mozilla.org/api/v1/releases"
NIGHTLY = "Firefox-mozilla-central-nightly-20260501093000"
FILES = ["browser/base/content/browser.js", "dom/html/HTMLDetailsElement.cpp", "taskcluster/config.yml"]


def event(tasks_for, url, level, revision, base, number=45000, **more):
    """The context of a decision task, without its taskId."""
    return {
        "tasks_for": tasks_for,
        "taskcluster_root_url": "https://tc.example.com",
        "repository": {"url": url, "project": url.rpartition("/")[2], "level": level, "type": "hg"},
        "push": {
            "owner": "someone@example.com" if tasks_for == "hg-push" else "cron",
            "pushlog_id": str(number),
            "pushdate": PUSHDATE,
            "revision": revision,
            "base_revision": base,
        },
        **more,
    }


def push(url, level="3", **more):
    return lambda *revisions: event("hg-push", url, level, *revisions, **more)


def cron(url, name, arguments):
    job = {
        "task_id": "CronTaskQtaAAAAAAAAAAA",
        "job_name": name,
        "job_symbol": "N",
        "quoted_args": " ".join(arguments),
        "input": {},
    }
    return lambda *revisions: event("cron", url, "3", *revisions, cron=job)


@dataclasses.dataclass
class Case:
    """An event, what the push to Try contains, and the case whose graph is there before."""

    event: typing.Callable
    # `try_task_config.json`: a mapping, or a function of the taskIds of the tasks in the earlier graph.
    config: typing.Union[dict, typing.Callable, None] = None
    message: str = "A change"
    after: typing.Optional[str] = None
    # The folder with `.taskcluster.yml` and `try_task_config.json`.
    folder: str = "."


def version_2(**parameters):
    return {"version": 2, "parameters": parameters}


TRY_PUSH = push(TRY, "1")
TASKS = [
    "build-linux64/opt",
    "build-win64/debug",
    "test-linux1804-64-qr/opt-mochitest-plain-*",
    "test-linux1804-64-qr/opt-talos-chrome",
    "source-test-python-talos-py3",
    "missing-task",
    "missing-task-*",
]
OVERRIDES = {
    "rebuild": 3,
    "env": {"TRY_SELECTOR": "fuzzy", "FOO": "bar"},
    "use-artifact-builds": True,
    "disable-pgo": True,
    "gecko-profile": True,
    "gecko-profile-entries": 1000,
    "gecko-profile-threads": "GeckoMain,DOM Worker",
    "routes": ["notify.email.someone@example.com.on-any"],
    "worker-overrides": {"b-linux-gcp": "gecko-1/b-linux-other", "t-linux-talos": "releng-hardware/other"},
}
SYNTAX = "try: -b o -p linux64,win64 -u mochitest-plain-1,xpcshell -t none --rebuild 2 -e --setenv FOO=bar --no-retry"


def existing_tasks(earlier):
    names = ("build-linux64/opt", "build-win64/debug", "docker-image-", "fetch-", "toolchain-")
    existing = {label: task_id for label, task_id in earlier.items() if label.startswith(names)}
    return version_2(try_mode="try_task_config", try_task_config={"tasks": TASKS[2:5]}, existing_tasks=existing)


CASES = {
    "push": Case(push(CENTRAL)),
    "cron": Case(
        cron(CENTRAL, "nightly-desktop", ["--target-tasks-method=nightly_desktop", "--include-push-tasks"]),
        after="push",
    ),
    "autoland": Case(push(AUTOLAND)),
    "autoland-next": Case(push(AUTOLAND, number=45001), after="autoland"),
    "dontbuild": Case(push(CENTRAL), message="A change DONTBUILD"),
    "try-labels": Case(TRY_PUSH, {"version": 1, "tasks": TASKS, **OVERRIDES}),
    "try-version-2": Case(
        TRY_PUSH,
        version_2(
            try_task_config={
                "tasks": TASKS,
                "env": {"MOZHARNESS_TEST_PATHS": '{"mochitest-plain": ["dom/html/test"]}'},
                "new-test-config": True,
                "browsertime": True,
                "pernosco": True,
            },
            optimize_target_tasks=False,
        ),
    ),
    "try-auto": Case(
        TRY_PUSH,
        version_2(
            filters=["try_auto"],
            optimize_strategies="gecko_taskgraph.optimize:tryselect.bugbug_reduced_manifests_config_selection_medium",
            optimize_target_tasks=True,
            test_manifest_loader="bugbug",
            try_mode="try_auto",
            try_task_config={"tasks-regex": {"include": ["linux.*mochitest", "^build-"], "exclude": ["asan"]}},
        ),
    ),
    "try-release": Case(
        TRY_PUSH,
        version_2(optimize_target_tasks=True, release_type="beta", target_tasks_method="staging_release_builds"),
    ),
    "try-existing": Case(TRY_PUSH, existing_tasks, after="try-labels"),
    "try-syntax": Case(TRY_PUSH, message=SYNTAX),
    "try-empty": Case(TRY_PUSH),
    "comm-push": Case(push(COMM), folder="comm"),
    "comm-cron": Case(
        cron(COMM, "nightly-desktop", ["--target-tasks-method=nightly_desktop"]), after="comm-push", folder="comm"
    ),
    "comm-try": Case(
        push(COMM_TRY, "1"),
        version_2(
            try_mode="try_task_config",
            try_task_config={"tasks": ["build-linux64/opt", "build-win64/debug"], "env": {"FOO": "bar"}},
        ),
        folder="comm",
    ),
}


def answers(revision):
    """What the services answer to a decision: the beginnings of URLs with the responses."""
    changes = {"files": FILES}
    user = {"user": "someone@example.com", "date": PUSHDATE - 600, "changesets": [revision]}
    pushes = {"pushes": {str(number): dict(user) for number in range(44900, 45001)}, "lastpushid": 45000}
    schedules = {
        "tasks": {"build-linux64/opt": 0.95, "test-linux2404-64/opt-xpcshell-1": 0.9},
        "reduced_tasks": {"build-linux64/opt": 0.95},
        "reduced_tasks_higher": {},
        "groups": {
            "dom/html/test/mochitest.toml": 0.95,
            "browser/base/content/test/general/browser.toml": 0.8,
            "testing/web-platform/tests/html/semantics": 0.9,
        },
        "config_groups": {"dom/html/test/mochitest.toml": ["test-linux2404-64/opt-*"]},
        "known_tasks": ["build-linux64/opt"],
    }
    complete = {"buildID": "20260501093000", "completes": [{"fileUrl": "https://example.com/complete.mar"}]}
    released = {
        "platforms": {
            "Linux_x86_64-gcc3": {"locales": {"en-US": complete, "de": complete}},
            "WINNT_x86_64-msvc": {"locales": {"en-US": complete}},
            "Darwin_aarch64-gcc3": {"alias": "Darwin_x86_64-gcc3-u-i386-x86_64"},
        }
    }
    return [
        *({"url": f"{url}/json-pushchangedfiles/", "json": changes} for url in REPOSITORIES),
        *({"url": f"{url}/json-pushes", "json": pushes} for url in REPOSITORIES),
        {"url": "https://bugbug.moz.tools/push/", "json": schedules},
        {"url": "https://hub.docker.com/", "json": {"digest": "sha256:" + "0" * 64}},
        {"url": f"{BALROG}/{NIGHTLY}", "json": released},
        {"url": BALROG, "json": {"names": [NIGHTLY]}},
    ]
