"""Handles the requests that a callback sends to Taskcluster, through its client or directly.

Requests that change tasks are recorded instead of sent, and the answers to queries show what is recorded. taskgraph
before version 18 only knows the old host name of the task's proxy, so its requests are redirected to the address
in the environment.
"""

import json
import logging
import os
import re
from urllib.parse import parse_qs, urlsplit, urlunsplit

from snowman_worker.recorded import Conflict, Missing, query

QUEUE, ID = r" (?:/api)?/queue/v1/", "([A-Za-z0-9_-]{22})"
CREATE = re.compile("PUT" + QUEUE + "task/" + ID)
CHANGE = re.compile("POST" + QUEUE + "task/" + ID + "/(cancel|rerun)")
QUERIES = {
    "task": re.compile("GET" + QUEUE + "task/" + ID),
    "status": re.compile("GET" + QUEUE + "task/" + ID + "/status"),
    "tasks": re.compile("POST" + QUEUE + "(tasks)"),
    "statuses": re.compile("POST" + QUEUE + "(tasks/status)"),
    "listTaskGroup": re.compile("GET" + QUEUE + "task-group/" + ID + "/list"),
}
# The requests that change nothing although they have a body.
HARMLESS = re.compile(
    r"(?:GET|HEAD|OPTIONS) .*|"
    r"POST (?:/api)?/(?:queue/v1/tasks(?:/status)?|index/v1/(?:tasks|namespaces)/.+|auth/v1/scopes/expand)"
)
OLD_HOST = "taskcluster"

logger = logging.getLogger(__name__)


def _current_address(url):
    """Replaces the proxy's old host name in an address."""
    parts = urlsplit(url)
    proxy = os.environ.get("TASKCLUSTER_PROXY_URL", "").rstrip("/")
    if parts.hostname != OLD_HOST or not proxy or urlsplit(proxy).hostname == OLD_HOST:
        return url
    path = parts.path[len("/api") :] if parts.path.startswith("/api/") else parts.path
    query = "?" + parts.query if parts.query else ""
    return "%s/api%s%s" % (proxy, path, query)


def _path(url):
    """Returns the path of a request to Taskcluster, below the address of the proxy or the deployment; None if
    the request is sent to another host."""
    names = ("TASKCLUSTER_PROXY_URL", "TASKCLUSTER_ROOT_URL")
    addresses = [os.environ[name] for name in names if os.environ.get(name)] + ["http://" + OLD_HOST]
    parts = urlsplit(url)
    found = None
    for address in addresses:
        base = urlsplit(address)
        folder = base.path.rstrip("/")
        if base.netloc == parts.netloc and parts.path.startswith(folder + "/"):
            rest = parts.path[len(folder) :]
            found = rest if found is None or len(rest) < len(found) else found
    return found


def _answer(url, value, status=200):
    from requests import Response

    response = Response()
    response.status_code = status
    response.url = url
    response._content = json.dumps(value).encode("utf-8")
    response.headers["Content-Type"] = "application/json"
    return response


class _Failed(Exception):
    """The queue has answered a query with a failure."""


def _body(named):
    body = named.get("json")
    if body is None and named.get("data"):
        body = json.loads(named["data"])
    return body


def _query(recorded, name, subject, url, named, send):
    def ask(payload):
        options = dict(named, json=payload, data=None) if payload is not None else named
        response = send(**options)
        if response.status_code == 404:
            raise Missing(response)
        if response.status_code >= 300:
            raise _Failed(response)
        return response.json()

    parameters = {**parse_qs(urlsplit(url).query), **(named.get("params") or {})}
    payload = _body(named) if name in ("tasks", "statuses") else None
    first_page = not parameters.get("continuationToken")
    try:
        return _answer(url, query(recorded, name, subject, payload, first_page, ask))
    except (Missing, _Failed) as error:
        return error.args[0]


def _change(recorded, call, url, named):
    """Records the change that a request makes. Returns None if it makes none."""
    changed = CHANGE.fullmatch(call)
    if changed:
        task_id, change = changed.groups()
        return _answer(url, recorded.change(change, task_id))
    created = CREATE.fullmatch(call)
    if not created:
        return None
    try:
        return _answer(url, recorded.create(created.group(1), _body(named)))
    except Conflict as conflict:
        return _answer(url, {"code": "RequestConflict", "message": str(conflict)}, 409)


def _without_secrets(url):
    """An address without what may be secret: the user and the query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _send_and_note(recorded, method, path, url, send):
    """Sends a request. Notes it if it may have changed something: it is not undone if the callback fails."""
    if HARMLESS.fullmatch("%s %s" % (method.upper(), path or "")):
        return send()
    note = "%s %s" % (method.upper(), _without_secrets(url))
    try:
        response = send()
    except Exception:
        recorded.note(note + " (no response)")
        raise
    if response.status_code >= 500:
        note += " (response %d)" % response.status_code
    if not 400 <= response.status_code < 500:
        recorded.note(note)
    return response


def recording(recorded, given, testing):
    """Wraps `Session.request`. In a test, nothing that changes something in Taskcluster is sent."""

    def request(session, method, url, *arguments, **named):
        def send(*more, **options):
            return given(session, method, _current_address(url), *more, **options)

        recorded.sessions[id(session)] = session
        path = _path(url)

        def send_and_note():
            return _send_and_note(recorded, method, path, url, lambda: send(*arguments, **named))

        if path is None or arguments:
            return send_and_note()
        call = "%s %s" % (method.upper(), path)
        answer = _change(recorded, call, url, named)
        if answer is not None:
            return answer
        if recorded:
            for name, pattern in QUERIES.items():
                found = pattern.fullmatch(call)
                if found:
                    return _query(recorded, name, found.group(1), url, named, send)
        if testing and not HARMLESS.fullmatch(call):
            logger.info("Would have sent %s %s", method.upper(), _without_secrets(url))
            return _answer(url, {})
        return send_and_note()

    return request
