"""Calls a Taskcluster with the official client, as users do; prints the name of each call that works.

It works with a real deployment as well: TASKCLUSTER_ROOT_URL, _CLIENT_ID and _ACCESS_TOKEN say which. The client
raises an exception for an answer that it does not accept, and each call is checked for what it has to return.
"""

import asyncio
import datetime
import io
import urllib.request

import taskcluster
import taskcluster.aio
from taskcluster import download, upload
from taskcluster.utils import fromNow, slugId, stringDate

options = taskcluster.optionsFromEnvironment()
queue = taskcluster.Queue(options)
index = taskcluster.Index(options)
auth = taskcluster.Auth(options)
secrets = taskcluster.Secrets(options)
purge_cache = taskcluster.PurgeCache(options)
objects = taskcluster.Object(options)

POOL = f"sandbox/{slugId().lower().replace('_', 'a')[:12].strip('-')}"
PROVISIONER, WORKER_TYPE = POOL.split("/")
WORKER = {"workerGroup": "group", "workerId": "worker"}
done = []


def call(name, answer, check=True):
    """Notes a call whose answer holds what it has to."""
    assert check(answer) if callable(check) else check, f"{name}: {answer}"
    done.append(name)
    print(f"ok {name}", flush=True)
    return answer


def later(hours):
    return stringDate(fromNow(f"{hours} hours"))


def definition(group, **more):
    return {
        "taskQueueId": POOL,
        "schedulerId": "clients",
        "taskGroupId": group,
        "created": later(0),
        "deadline": later(2),
        "expires": later(48),
        "payload": {},
        "metadata": {
            "name": "called",
            "description": "Made by a test of clients",
            "owner": "somebody@example.com",
            "source": "https://example.com/source",
        },
        **more,
    }


def tasks():
    group, after = slugId(), slugId()
    route = f"index.clients.{slugId().replace('-', 'a').replace('_', 'b')}.one"
    call("queue.ping", queue.ping(), lambda a: a["alive"])
    created = queue.createTask(group, definition(group, routes=[route]))
    call("queue.createTask", created, lambda a: a["status"]["state"] == "pending")
    queue.createTask(after, definition(group, dependencies=[group]))
    call("queue.task", queue.task(group), lambda a: a["metadata"]["name"] == "called")
    ids = {"taskIds": [group, after]}
    call("queue.tasks", queue.tasks(ids), lambda a: len(a["tasks"]) == 2)
    call("queue.status", queue.status(after), lambda a: a["status"]["state"] == "unscheduled")
    call("queue.statuses", queue.statuses(ids), lambda a: len(a["statuses"]) == 2)
    call("queue.listTaskGroup", queue.listTaskGroup(group), lambda a: len(a["tasks"]) == 2)
    call("queue.getTaskGroup", queue.getTaskGroup(group), lambda a: a["schedulerId"] == "clients")
    dependents = queue.listDependentTasks(group)
    call("queue.listDependentTasks", dependents, lambda a: a["tasks"][0]["status"]["taskId"] == after)
    pages = []
    queue.listTaskGroup(group, query={"limit": 1}, paginationHandler=lambda page: pages.append(page["tasks"]))
    call("queue.listTaskGroup in pages", pages, lambda a: [len(page) for page in a] == [1, 1])
    call("queue.scheduleTask", queue.scheduleTask(after), lambda a: a["status"]["state"] == "pending")
    call("queue.pendingTasks", queue.pendingTasks(POOL), lambda a: a["pendingTasks"] == 2)
    call("queue.taskQueueCounts", queue.taskQueueCounts(POOL), lambda a: a["claimedTasks"] == 0)
    call("queue.listPendingTasks", queue.listPendingTasks(POOL), lambda a: len(a["tasks"]) == 2)
    changed = queue.changeTaskPriority(after, {"newPriority": "high"})
    call("queue.changeTaskPriority", changed, lambda a: a["status"]["priority"] == "high")
    changed = queue.changeTaskGroupPriority(group, {"newPriority": "medium"})
    call("queue.changeTaskGroupPriority", changed, lambda a: a["tasksAffected"] == 2)
    call("queue.cancelTask", queue.cancelTask(after), lambda a: a["status"]["state"] == "exception")
    call("queue.rerunTask", queue.rerunTask(after), lambda a: a["status"]["state"] == "pending")
    changed = queue.changeTaskPriority(after, {"newPriority": "low"})
    call("queue.changeTaskPriority after a rerun", changed, lambda a: a["status"]["priority"] == "low")
    return group, after, route


def workers(group, after):
    claimed = queue.claimWork(POOL, {**WORKER, "tasks": 1})
    call("queue.claimWork", claimed, lambda a: a["tasks"][0]["status"]["taskId"] == group)
    own = taskcluster.Queue({**options, "credentials": claimed["tasks"][0]["credentials"]})
    reclaimed = own.reclaimTask(group, "0")
    call("queue.reclaimTask", reclaimed, lambda a: a["runId"] == 0)
    own = taskcluster.Queue({**options, "credentials": reclaimed["credentials"]})
    call("queue.listClaimedTasks", queue.listClaimedTasks(POOL), lambda a: len(a["tasks"]) == 1)
    artifacts(own, group)
    call("queue.reportCompleted", own.reportCompleted(group, "0"), lambda a: a["status"]["state"] == "completed")
    run = str(queue.status(after)["status"]["runs"][-1]["runId"])
    claim = queue.claimTask(after, run, WORKER)
    call("queue.claimTask", claim, lambda a: a["task"]["taskGroupId"] == group)
    own = taskcluster.Queue({**options, "credentials": claim["credentials"]})
    call("queue.reportFailed", own.reportFailed(after, run), lambda a: a["status"]["state"] == "failed")
    third = slugId()
    queue.createTask(third, definition(group))
    own = taskcluster.Queue({**options, "credentials": queue.claimTask(third, "0", WORKER)["credentials"]})
    reason = {"reason": "malformed-payload"}
    call("queue.reportException", own.reportException(third, "0", reason), lambda a: a["status"]["state"] == "exception")
    call("queue.sealTaskGroup", queue.sealTaskGroup(group), lambda a: "sealed" in a)
    call("queue.cancelTaskGroup", queue.cancelTaskGroup(group), lambda a: a["taskGroupSize"] == 3)
    of_pool = [entry for entry in queue.listTaskQueues()["taskQueues"] if entry["taskQueueId"] == POOL]
    call("queue.listTaskQueues", of_pool, lambda a: len(a) == 1)
    call("queue.getTaskQueue", queue.getTaskQueue(POOL), lambda a: a["taskQueueId"] == POOL)
    names = [entry["provisionerId"] for entry in queue.listProvisioners()["provisioners"]]
    call("queue.listProvisioners", names, PROVISIONER in names)
    call("queue.getProvisioner", queue.getProvisioner(PROVISIONER), lambda a: a["provisionerId"] == PROVISIONER)
    types = queue.listWorkerTypes(PROVISIONER)["workerTypes"]
    call("queue.listWorkerTypes", types, lambda a: WORKER_TYPE in [entry["workerType"] for entry in a])
    call("queue.getWorkerType", queue.getWorkerType(PROVISIONER, WORKER_TYPE), lambda a: a["workerType"] == WORKER_TYPE)
    known = queue.listWorkers(PROVISIONER, WORKER_TYPE)["workers"]
    call("queue.listWorkers", known, lambda a: a[0]["latestTask"] == {"taskId": third, "runId": 0})
    worker = queue.getWorker(PROVISIONER, WORKER_TYPE, "group", "worker")
    call("queue.getWorker", worker, lambda a: [task["taskId"] for task in a["recentTasks"]] == [group, after, third])
    until = {"quarantineUntil": later(1)}
    held = queue.quarantineWorker(PROVISIONER, WORKER_TYPE, "group", "worker", until)
    call("queue.quarantineWorker", held, lambda a: a["quarantineUntil"][:19] == until["quarantineUntil"][:19])


def artifacts(own, task):
    text = b"Hello, artifact"
    put = own.createArtifact(
        task, "0", "public/hello.txt", {"storageType": "s3", "contentType": "text/plain", "expires": later(24)}
    )
    request = urllib.request.Request(put["putUrl"], text, {"Content-Type": "text/plain"}, method="PUT")
    with urllib.request.urlopen(request) as answer:
        call("queue.createArtifact", answer.status, lambda a: a == 200)
    # Short data is sent inline, and other data to a URL.
    for name, length in (("public/object.txt", len(text)), ("public/large.txt", 20000)):
        fields = {"storageType": "object", "contentType": "text/plain", "expires": later(24)}
        created = own.createArtifact(task, "0", name, fields)
        upload.uploadFromBuf(
            projectId=created["projectId"],
            name=created["name"],
            contentType="text/plain",
            contentLength=length,
            uploadId=created["uploadId"],
            expires=parse(created["expires"]),
            data=(text * 2000)[:length],
            objectService=taskcluster.Object({**options, "credentials": created["credentials"]}),
        )
        call(f"upload of {length} bytes", True)
        own.finishArtifact(task, "0", name, {"uploadId": created["uploadId"]})
    call("queue.finishArtifact", True)
    names = [entry["name"] for entry in queue.listArtifacts(task, "0")["artifacts"]]
    call("queue.listArtifacts", sorted(names), lambda a: a == ["public/hello.txt", "public/large.txt", "public/object.txt"])
    call("queue.listLatestArtifacts", queue.listLatestArtifacts(task), lambda a: len(a["artifacts"]) == 3)
    call("queue.artifactInfo", queue.artifactInfo(task, "0", "public/hello.txt"), lambda a: a["storageType"] == "s3")
    call("queue.latestArtifactInfo", queue.latestArtifactInfo(task, "public/object.txt"), lambda a: a["storageType"] == "object")
    call("queue.artifact", queue.artifact(task, "0", "public/hello.txt"), lambda a: a["storageType"] == "s3")
    call("queue.latestArtifact", queue.latestArtifact(task, "public/object.txt"), lambda a: a["storageType"] == "object")
    url = queue.buildUrl("getLatestArtifact", task, "public/hello.txt")
    call("queue.getLatestArtifact", urllib.request.urlopen(url).read(), lambda a: a == text)
    url = queue.buildSignedUrl("getArtifact", task, "0", "public/hello.txt")
    call("queue.getArtifact with a signed URL", urllib.request.urlopen(url).read(), lambda a: a == text)
    for name in ("hello", "object"):
        found = download.downloadArtifactToBuf(taskId=task, name=f"public/{name}.txt", queueService=queue)
        call(f"download of {name}", found, lambda a: (bytes(a[0]), a[1]) == (text, "text/plain"))
    file = io.BytesIO()
    download.downloadArtifactToFile(file, taskId=task, runId="0", name="public/large.txt", queueService=queue)
    call("download to a file", file.getvalue(), lambda a: a == (text * 2000)[:20000])


def parse(moment):
    return datetime.datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)


def indexed(group, route):
    path = route.removeprefix("index.")
    call("index.findTask", index.findTask(path), lambda a: a["taskId"] == group)
    other = path.replace(".one", ".two")
    entry = {"taskId": group, "rank": 1, "data": {"a": 1}, "expires": later(24)}
    call("index.insertTask", index.insertTask(other, entry), lambda a: a["namespace"] == other)
    parent = path.rsplit(".", 1)[0]
    call("index.listTasks", index.listTasks(parent), lambda a: len(a["tasks"]) == 2)
    names = [entry["namespace"] for entry in index.listNamespaces("clients")["namespaces"]]
    call("index.listNamespaces", names, parent in names)
    found = index.findTasksAtIndex({"indexes": [path, other, "clients.nothing"]})
    call("index.findTasksAtIndex", found, lambda a: len(a["tasks"]) == 2)
    url = index.buildUrl("findArtifactFromTask", path, "public/hello.txt")
    call("index.findArtifactFromTask", urllib.request.urlopen(url).read(), lambda a: a == b"Hello, artifact")
    index.deleteTask(other)
    call("index.deleteTask", index.listTasks(parent), lambda a: len(a["tasks"]) == 1)


def scopes():
    current = auth.currentScopes()["scopes"]
    call("auth.currentScopes", current, lambda a: a == ["*"])
    name = f"clients-{slugId()}"
    role = {"scopes": ["queue:route:clients.<..>"], "description": "Of a test"}
    call("auth.createRole", auth.createRole(f"{name}:*", role), lambda a: a["scopes"] == role["scopes"])
    expanded = auth.expandScopes({"scopes": [f"assume:{name}:x"]})["scopes"]
    call("auth.expandScopes", expanded, lambda a: "queue:route:clients.x" in a)
    role = {"scopes": ["queue:route:other"], "description": "Of the same test"}
    updated = auth.updateRole(f"{name}:*", role)
    call("auth.updateRole", updated, lambda a: (a["scopes"], a["description"]) == (role["scopes"], role["description"]))
    call("auth.role", auth.role(f"{name}:*"), lambda a: a["roleId"] == f"{name}:*")
    ids = [entry["roleId"] for entry in auth.listRoles()]
    call("auth.listRoles", ids, f"{name}:*" in ids)
    call("auth.listRoleIds", auth.listRoleIds()["roleIds"], lambda a: f"{name}:*" in a)
    auth.deleteRole(f"{name}:*")
    call("auth.deleteRole", auth.listRoleIds()["roleIds"], lambda a: f"{name}:*" not in a)
    temporary = taskcluster.createTemporaryCredentials(
        options["credentials"]["clientId"],
        options["credentials"]["accessToken"],
        fromNow("-1 minutes"),
        fromNow("1 hour"),
        ["queue:ping:a"],
        name="clients/temporary",
    )
    temporary = taskcluster.Auth({**options, "credentials": temporary})
    call("auth.currentScopes of temporary credentials", temporary.currentScopes(), lambda a: "queue:ping:a" in a["scopes"])
    limited = taskcluster.Auth({**options, "authorizedScopes": ["queue:ping:b"]})
    call("auth.currentScopes with authorized scopes", limited.currentScopes(), lambda a: "*" not in a["scopes"])
    tester = taskcluster.Auth(
        {"rootUrl": options["rootUrl"], "credentials": {"clientId": "tester", "accessToken": "no-secret"}}
    )
    seen = tester.testAuthenticate({"clientScopes": ["test:a"], "requiredScopes": ["test:a"]})
    expected = {"clientId": "tester", "scopes": ["assume:anonymous", "test:a"]}
    call("auth.testAuthenticate", seen, lambda a: a == expected)
    seen = tester.testAuthenticateGet()
    call("auth.testAuthenticateGet", seen, lambda a: "auth:create-client:test:*" in a["scopes"])
    hawk = auth.authenticateHawk({"method": "get", "resource": "/a", "host": "example.com", "port": 80})
    call("auth.authenticateHawk", hawk, lambda a: a["status"] == "no-auth")


def others():
    name = f"clients/{slugId()}"
    secret = {"secret": {"key": "value"}, "expires": later(1)}
    secrets.set(name, secret)
    call("secrets.set", True)
    call("secrets.get", secrets.get(name), lambda a: a["secret"] == secret["secret"])
    call("secrets.list", secrets.list()["secrets"], lambda a: name in a)
    secrets.remove(name)
    try:
        secrets.get(name)
    except taskcluster.exceptions.TaskclusterRestFailure as error:
        call("secrets.remove", error.status_code, lambda a: a == 404)
    purge_cache.purgeCache(POOL, {"cacheName": "checkout"})
    call("purgeCache.purgeCache", True)
    requests = purge_cache.purgeRequests(POOL)["requests"]
    call("purgeCache.purgeRequests", requests, lambda a: a[0]["cacheName"] == "checkout")
    requests = purge_cache.allPurgeRequests()["requests"]
    call("purgeCache.allPurgeRequests", requests, lambda a: "checkout" in [entry["cacheName"] for entry in a])
    upload.uploadFromBuf(
        projectId="clients",
        name=name,
        contentType="text/plain",
        contentLength=5,
        expires=fromNow("1 hour"),
        data=b"alone",
        objectService=objects,
    )
    call("upload of any object", True)
    found = download.downloadToBuf(name=name, objectService=objects)
    call("download of any object", found, lambda a: bytes(a[0]) == b"alone")
    call("object.object", objects.object(name), lambda a: a["projectId"] == "clients" and "sha256" in a["hashes"])


async def asynchronous():
    async with taskcluster.aio.createSession() as session:
        queue = taskcluster.aio.Queue(options, session=session)
        group = slugId()
        created = await queue.createTask(group, definition(group))
        call("aio queue.createTask", created, lambda a: a["status"]["taskId"] == group)
        call("aio queue.status", await queue.status(group), lambda a: a["status"]["state"] == "pending")
        call("aio queue.cancelTask", await queue.cancelTask(group), lambda a: a["status"]["state"] == "exception")


group, after, route = tasks()
workers(group, after)
indexed(group, route)
scopes()
others()
asyncio.run(asynchronous())
print(f"{len(done)} calls")
