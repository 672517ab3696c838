"""A Taskcluster for one run of a program: it answers from what it is given, and records what it is asked to change.

Requests of Python programs to all other hosts reach it as well, if they run with `environment()`.
"""

import base64
import collections
import datetime
import gzip
import hashlib
import http.server
import json
import os
import pathlib
import re
import threading
import urllib.parse

EXPIRES = "2099-01-01T00:00:00.000Z"
# The deployment that it stands in for, if a Python program sends requests there.
DEPLOYMENT = "firefox-ci-tc.services.mozilla.com"

# Sends every request that Python's `requests` makes to this Taskcluster.
REDIRECT = '''
import os, urllib.parse
import requests.adapters

given = requests.adapters.HTTPAdapter.send


def send(self, request, **named):
    address = urllib.parse.urlsplit(request.url)
    if address.hostname != "127.0.0.1":
        request.url = os.environ["FAKE_TASKCLUSTER"] + "/outside/" + request.url.partition("://")[2]
    return given(self, request, **named)


requests.adapters.HTTPAdapter.send = send
'''


def task_id(name):
    """A valid taskId, the same in each run."""
    digest = bytearray(hashlib.sha256(name.encode()).digest()[:16])
    digest[0], digest[6], digest[8] = digest[0] & 0x7F, digest[6] & 0x0F | 0x40, digest[8] & 0x3F | 0x80
    return base64.urlsafe_b64encode(digest).decode()[:22]


class FullIndex(dict):
    """An index with a completed task at every path that begins in a given way. `tasks` gets their definitions."""

    def __init__(self, beginning, tasks):
        self.beginning = beginning
        self.tasks = tasks

    def __missing__(self, path):
        if not path.startswith(self.beginning):
            raise KeyError(path)
        found = self[path] = task_id(path)
        self.tasks[found] = {"taskGroupId": found, "expires": EXPIRES, "metadata": {"name": path}}
        return found

    def __contains__(self, path):
        return path.startswith(self.beginning)

    def get(self, path, default=None):
        return self[path] if path in self else default


def resolve_timestamps(value, now):
    """Replaces relative dates with absolute ones."""
    if isinstance(value, dict):
        if list(value) == ["relative-datestamp"]:
            number, unit = value["relative-datestamp"].split()
            days = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1}
            days.update(week=7, month=30, year=365)
            moment = now + datetime.timedelta(days=int(number) * days[unit.rstrip("s")])
            return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return {key: resolve_timestamps(item, now) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_timestamps(item, now) for item in value]
    return value


class FakeTaskcluster:
    """`tasks` are definitions by taskId, `states` those that are not `completed`, `artifacts` contents
    or paths by taskId and name, `index` taskIds by path, `pages` what other
    hosts answer, by address; a function gets the query."""

    def __init__(self, tasks, states=(), artifacts=(), index=(), pages=(), scopes=("*",)):
        self.tasks = collections.ChainMap({}, tasks)
        self.states = dict(states)
        self.artifacts = dict(artifacts)
        self.index = index if isinstance(index, FullIndex) else dict(index)
        self.pages = dict(pages)
        self.scopes = list(scopes)
        self.changes = []
        self.unknown = []
        self.lock = threading.Lock()

    # Each has the same address, as tasks contain it.
    port = 0

    def __enter__(self):
        handler = type("Handler", (Handler,), {"taskcluster": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", FakeTaskcluster.port), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        FakeTaskcluster.port = self.server.server_port
        self.url = "http://127.0.0.1:%d" % self.port
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def environment(self, folder):
        """The environment of a program that talks to it; `folder` is for a module that this needs."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sitecustomize.py").write_text(REDIRECT)
        return {
            **os.environ,
            "FAKE_TASKCLUSTER": self.url,
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TASKCLUSTER_ROOT_URL": self.url,
            "TASKCLUSTER_PROXY_URL": self.url,
        }

    def status(self, task_id):
        definition = self.tasks[task_id]
        state = self.states.get(task_id, "completed")
        status = {"taskId": task_id, "taskGroupId": definition.get("taskGroupId", task_id)}
        status.update(schedulerId=definition.get("schedulerId", "-"), state=state, runs=[], expires=EXPIRES)
        if state != "unscheduled":
            status["runs"].append({"runId": 0, "state": state, "reasonCreated": "scheduled"})
        return status

    def answer(self, method, path, query, body):
        """Returns the answer to a request, or None if there is none."""
        for pattern, reply in ROUTES:
            match = re.fullmatch(pattern, method + " " + path)
            if match:
                return reply(self, *match.groups(), *([body] if method in ("PUT", "POST") else []))
        if path.startswith("/outside/"):
            host, _, rest = path[len("/outside/") :].partition("/")
            if host == DEPLOYMENT:
                return self.answer(method, "/" + rest, query, body)
            return self.page(host + "/" + rest, query)
        if method != "GET":
            # The answer suits those who look for the task that a hook creates.
            self.changes.append({"call": method + " " + path, "body": body})
            return {"status": {"taskId": "TheTaskThatAHookMakesA"}}
        return None

    def page(self, address, query):
        page = self.pages.get(address)
        return page(query) if callable(page) else page

    def definition(self, task_id):
        return self.tasks.get(task_id)

    def task_status(self, task_id):
        return {"status": self.status(task_id)} if task_id in self.tasks else None

    def create(self, task_id, definition):
        self.changes.append({"create": task_id, "definition": definition})
        self.tasks[task_id] = definition
        self.states[task_id] = "unscheduled"
        return {"status": self.status(task_id)}

    def change(self, task_id, change, body):
        self.changes.append({change: task_id})
        self.states[task_id] = {"cancel": "exception", "rerun": "pending"}[change]
        return {"status": self.status(task_id)}

    def artifact(self, task_id, name):
        return self.artifacts.get((task_id, name))

    def list_artifacts(self, task_id):
        names = [name for owner, name in self.artifacts if owner == task_id]
        return {"artifacts": [{"name": name, "storageType": "object"} for name in names]}

    def statuses(self, body):
        found = [task_id for task_id in body["taskIds"] if task_id in self.tasks]
        return {"statuses": [{"taskId": one, "status": self.status(one)} for one in found]}

    def definitions(self, body):
        found = [task_id for task_id in body["taskIds"] if task_id in self.tasks]
        return {"tasks": [{"taskId": one, "task": self.tasks[one]} for one in found]}

    def group(self, task_group_id):
        members = self.members(task_group_id)
        if not members:
            return None
        scheduler = self.tasks[members[0]].get("schedulerId", "-")
        return {"taskGroupId": task_group_id, "schedulerId": scheduler, "expires": EXPIRES}

    def members(self, task_group_id):
        return [one for one, task in self.tasks.items() if task.get("taskGroupId", one) == task_group_id]

    def list_group(self, task_group_id):
        members = self.members(task_group_id)
        if not members:
            return None
        listed = [{"status": self.status(one), "task": self.tasks[one]} for one in members]
        return {"taskGroupId": task_group_id, "tasks": listed}

    def indexed(self, path):
        if path in self.index:
            return {"namespace": path, "taskId": self.index[path], "rank": 0, "data": {}, "expires": EXPIRES}
        return None

    def indexed_artifact(self, path, name):
        return self.artifacts.get((self.index.get(path), name))

    def find_tasks(self, body):
        found = [self.indexed(path) for path in body["indexes"]]
        return {"tasks": [one for one in found if one]}

    def list_index(self, namespace, body):
        found = [path for path in self.index if path.rpartition(".")[0] == namespace]
        return {"tasks": [self.indexed(path) for path in found]}

    def current_scopes(self):
        return {"scopes": self.scopes}


# What it knows, by method and path. Paths of the old proxy have no `/api`.
QUEUE, INDEX = r"(?:/api)?/queue/v1/", r"(?:/api)?/index/v1/"
ROUTES = [
    ("GET " + QUEUE + "task/([^/]+)", FakeTaskcluster.definition),
    ("GET " + QUEUE + "task/([^/]+)/status", FakeTaskcluster.task_status),
    ("PUT " + QUEUE + "task/([^/]+)", FakeTaskcluster.create),
    ("POST " + QUEUE + "task/([^/]+)/(cancel|rerun)", FakeTaskcluster.change),
    ("GET " + QUEUE + "task/([^/]+)/artifacts", FakeTaskcluster.list_artifacts),
    ("GET " + QUEUE + "task/([^/]+)(?:/runs/[0-9]+)?/artifacts/(.+)", FakeTaskcluster.artifact),
    ("POST " + QUEUE + "tasks/status", FakeTaskcluster.statuses),
    ("POST " + QUEUE + "tasks", FakeTaskcluster.definitions),
    ("GET " + QUEUE + "task-group/([^/]+)", FakeTaskcluster.group),
    ("GET " + QUEUE + "task-group/([^/]+)/list", FakeTaskcluster.list_group),
    ("GET " + INDEX + "task/([^/]+)/artifacts/(.+)", FakeTaskcluster.indexed_artifact),
    ("GET " + INDEX + "task/([^/]+)", FakeTaskcluster.indexed),
    ("POST " + INDEX + "tasks/indexes", FakeTaskcluster.find_tasks),
    ("POST " + INDEX + "tasks/([^/]+)", FakeTaskcluster.list_index),
    ("GET (?:/api)?/auth/v1/scopes/current", FakeTaskcluster.current_scopes),
]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        body = json.loads(body or b"null")
        address = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(address.path)
        with self.taskcluster.lock:
            answer = self.taskcluster.answer(self.command, path, address.query, body)
            if answer is None:
                self.taskcluster.unknown.append(self.command + " " + self.path)
        if answer is None:
            self.send(404, b'{"code": "ResourceNotFound", "message": "it is not here"}')
        elif isinstance(answer, pathlib.Path):
            self.send(200, answer.read_bytes())
        else:
            self.send(200, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    do_GET = do_PUT = do_POST = reply

    def send(self, code, content):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
