"""What versions of taskgraph before 18 ask of the queue: not through its client, but with requests of
their own to the proxy of the task.

What would change something is noted, as `actions` does for the client. The proxy is where the
environment says; those versions only know the name that it once had.
"""

import json
import os
import re
from urllib.parse import urlsplit

CHANGE = re.compile(r"^(?:/api)?/queue/v1/task/([A-Za-z0-9_-]{22})(?:/(cancel|rerun))?$")
OLD_NAME = "taskcluster"


def _moved(url):
    """An address at the proxy's old name as one where it is now."""
    parts = urlsplit(url)
    proxy = os.environ.get("TASKCLUSTER_PROXY_URL", "").rstrip("/")
    if parts.hostname != OLD_NAME or not proxy or urlsplit(proxy).hostname == OLD_NAME:
        return url
    path = parts.path[len("/api") :] if parts.path.startswith("/api/") else parts.path
    query = "?" + parts.query if parts.query else ""
    return "%s/api%s%s" % (proxy, path, query)


def _is_taskcluster(url):
    host = urlsplit(url).netloc
    named = [os.environ.get(name, "") for name in ("TASKCLUSTER_PROXY_URL", "TASKCLUSTER_ROOT_URL")]
    return host == OLD_NAME or host in [urlsplit(one).netloc for one in named if one]


def _answer(url, value):
    from requests import Response

    response = Response()
    response.status_code = 200
    response.url = url
    response._content = json.dumps(value).encode("utf-8")
    response.headers["Content-Type"] = "application/json"
    return response


def watched(noted, given):
    """A request of a session, which notes what would change a task."""

    def request(session, method, url, *arguments, **named):
        asked = CHANGE.match(urlsplit(url).path) if _is_taskcluster(url) else None
        if asked and method.upper() in ("PUT", "POST"):
            task_id, change = asked.groups()
            if change:
                return _answer(url, getattr(noted, change + "Task")(task_id))
            if method.upper() == "PUT":
                definition = named.get("json")
                if definition is None:
                    definition = json.loads(named["data"])
                return _answer(url, noted.createTask(task_id, definition))
        return given(session, method, _moved(url), *arguments, **named)

    return request
