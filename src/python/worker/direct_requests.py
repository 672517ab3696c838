"""Handles the requests of taskgraph before version 18, which does not use the queue's client but sends
requests to the task's proxy.

Requests that change tasks are recorded, as `actions` does for the client. Those versions only know the
proxy's old host name, so their requests are redirected to the address in the environment.
"""

import json
import os
import re
from urllib.parse import urlsplit

CHANGE = re.compile(r"^(?:/api)?/queue/v1/task/([A-Za-z0-9_-]{22})(?:/(cancel|rerun))?$")
OLD_HOST = "taskcluster"


def _current_address(url):
    """Replaces the proxy's old host name in an address."""
    parts = urlsplit(url)
    proxy = os.environ.get("TASKCLUSTER_PROXY_URL", "").rstrip("/")
    if parts.hostname != OLD_HOST or not proxy or urlsplit(proxy).hostname == OLD_HOST:
        return url
    path = parts.path[len("/api") :] if parts.path.startswith("/api/") else parts.path
    query = "?" + parts.query if parts.query else ""
    return "%s/api%s%s" % (proxy, path, query)


def _is_taskcluster(url):
    host = urlsplit(url).netloc
    addresses = [os.environ.get(name, "") for name in ("TASKCLUSTER_PROXY_URL", "TASKCLUSTER_ROOT_URL")]
    return host == OLD_HOST or host in [urlsplit(address).netloc for address in addresses if address]


def _answer(url, value):
    from requests import Response

    response = Response()
    response.status_code = 200
    response.url = url
    response._content = json.dumps(value).encode("utf-8")
    response.headers["Content-Type"] = "application/json"
    return response


def recording(recorded, given):
    """Wraps `Session.request`, and records changes of tasks instead of sending them."""

    def request(session, method, url, *arguments, **named):
        match = CHANGE.match(urlsplit(url).path) if _is_taskcluster(url) else None
        if match and method.upper() in ("PUT", "POST"):
            task_id, change = match.groups()
            if change:
                return _answer(url, getattr(recorded, change + "Task")(task_id))
            if method.upper() == "PUT":
                definition = named.get("json")
                if definition is None:
                    definition = json.loads(named["data"])
                return _answer(url, recorded.createTask(task_id, definition))
        return given(session, method, _current_address(url), *arguments, **named)

    return request
