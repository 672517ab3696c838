"""Writes rendered.json: the tasks that JSON-e for Python renders from mercurial.yml.

    python make_rendered.py

It needs the peer's packages. Each entry has a template and either the context of a decision task, or an action
and what a user gives to it. The Rust tests render the same and compare.
"""

import json
import pathlib

import services

HERE = pathlib.Path(__file__).resolve().parent
PUSH = {
    "owner": "jane",
    "pushlog_id": "17",
    "pushdate": 1_780_000_000,
    "revision": "cafe" * 10,
    "base_revision": "babe" * 10,
}
CRON = {
    "task_id": "CcCcCcCcQcCcCcCcCcCcCQ",
    "job_name": "nightly",
    "job_symbol": "N",
    "quoted_args": "--target-tasks-method=nightly '--rebuild-kind=a b'",
    "input": {"é": [1, None, 2.5]},
}


def repository(project="hail", level="3", slash=""):
    return {"url": f"https://hg.example.com/{project}{slash}", "project": project, "level": level, "type": "hg"}


def offered(parameters=None):
    """An action as it stands in actions.json."""
    named = {
        "name": "retrigger",
        "title": "Retrigger ${1 + 1}",
        "description": "Runs the task again",
        "taskGroupId": services.OWN,
        "cb_name": "retrigger-decision",
        "symbol": "rt${input.times}",
    }
    decision = {"action": named, "push": {**PUSH, "owner": "jane@example.com"}, "repository": repository()}
    if parameters is not None:
        decision["parameters"] = parameters
    user = {name: {"$eval": name} for name in ("input", "taskId", "taskGroupId")}
    return {
        "name": "retrigger",
        "hookId": "in-tree-action-3-generic/0123456789",
        "hookPayload": {"decision": decision, "user": user},
        "extra": {"actionPerm": "generic"},
    }


def main():
    text = (HERE / "mercurial.yml").read_text()
    event = {"push": PUSH, "repository": repository(), "taskcluster_root_url": "https://tc.example.com"}
    decisions = [
        {**event, "tasks_for": "hg-push"},
        {**event, "tasks_for": "hg-push", "repository": repository("try", "1", "/")},
        {**event, "tasks_for": "cron", "cron": CRON},
    ]
    user = {"input": {"times": 3, "note": "a 'quoted' ${note}"}, "taskId": services.OWN, "taskGroupId": services.OWN}
    cases = [services.decision(text, context) for context in decisions]
    for given in (user, {**user, "taskId": None}):
        cases.append(services.action(text, offered(), given))
    cases.append(services.action(text, offered({"level": "3", "files": []}), user))
    (HERE / "rendered.json").write_text(json.dumps(cases, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
