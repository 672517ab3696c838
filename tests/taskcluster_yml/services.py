"""Renders `.taskcluster.yml` as the services of a deployment do, with JSON-e for Python.

The contexts are those of https://github.com/mozilla-releng/fxci-config: `build-decision` renders decision tasks
of pushes and cron jobs, and `ciadmin/generate/in_tree_actions.py` makes the hooks of actions.
"""

import jsone
import yaml

NOW = "2026-06-01T12:00:00.000Z"
OWN = "AbCdEfGhQJKLmnopqrStuA"


def decision(text, context):
    """The case of a decision task: its template and context, with the rendered task."""
    context = {**context, "ownTaskId": OWN, "now": NOW}
    [task] = jsone.render(yaml.safe_load(text), context)["tasks"]
    return {"template": text, "context": context, "expected": task}


def action(text, entry, user):
    """The case of an action task: an action in actions.json, and what a user gives to it."""
    payload = jsone.render(entry["hookPayload"], {"input": None, "taskId": None, **user})
    context = {"payload": payload, "taskId": OWN, "clientId": "rehearsal", "now": NOW}
    hook = hook_of_action(yaml.safe_load(text)["tasks"][0], entry["extra"]["actionPerm"])
    task = jsone.render(hook, context)
    task.pop("taskId", None)
    return {"template": text, "action": entry, "user": user, "expected": task}


def hook_of_action(template, permission):
    """The template of the hook of an action."""
    of_action = ("name", "title", "description", "taskGroupId", "symbol", "cb_name")
    named = {name: "${payload.decision.action.%s}" % name for name in of_action}
    scope = "assume:repo:${payload.decision.repository.url[8:]}:action:" + permission
    return {
        "$let": {
            "tasks_for": "action",
            "action": {**named, "repo_scope": scope, "action_perm": permission},
            "push": {"$eval": "payload.decision.push"},
            "repository": {"$eval": "payload.decision.repository"},
            "input": {"$eval": "payload.user.input"},
            "parameters": {"$eval": "payload.decision['parameters']"},
            "taskId": {"$eval": "payload.user.taskId"},
            "taskGroupId": {"$eval": "payload.user.taskGroupId"},
            "ownTaskId": {"$eval": "taskId"},
        },
        "in": template,
    }
