"""`snowman sandbox` in a process of its own, and what its queue and index hold."""

import subprocess

import requests
import taskcluster


class Sandbox:
    """`snowman sandbox`, and what its queue and index hold."""

    def __init__(self, snowman, folder, port):
        self.process = subprocess.Popen(
            [snowman, "sandbox", "--listen", f"127.0.0.1:{port}", "--folder", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        printed = [self.process.stdout.readline().strip().partition("=")[2] for _ in range(3)]
        self.root, client, token = printed
        options = {"rootUrl": self.root, "credentials": {"clientId": client, "accessToken": token}}
        self.queue, self.index = taskcluster.Queue(options), taskcluster.Index(options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def start_task(self, task_id, definition):
        """Creates and claims a task. Its scopes are all, since the sandbox has no roles for repositories."""
        self.queue.createTask(task_id, {**definition, "scopes": ["*"]})
        self.queue.claimTask(task_id, "0", {"workerGroup": "local", "workerId": "local"})

    def publish(self, task_id, folder):
        """Publishes the files of a folder as a worker does, and completes the task."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            artifact = {
                "storageType": "s3",
                "contentType": "application/octet-stream",
                "expires": taskcluster.fromNowJSON("1 day"),
            }
            name = f"public/{path.relative_to(folder)}"
            created = self.queue.createArtifact(task_id, "0", name, artifact)
            put = requests.put(created["putUrl"], path.read_bytes(), headers={"Content-Type": artifact["contentType"]})
            put.raise_for_status()
        self.queue.reportCompleted(task_id, "0")

    def tasks(self, group):
        """The definitions of the tasks that a decision has created, by taskId."""
        found, query = {}, {}
        while True:
            page = self.queue.listTaskGroup(group, query=query)
            found.update((task["status"]["taskId"], task["task"]) for task in page["tasks"])
            if "continuationToken" not in page:
                del found[group]
                return found
            query = {"continuationToken": page["continuationToken"]}

    def index_entries(self, namespace=""):
        """All entries of the index, without the times when they expire."""
        found = []
        for entry in self.index.listTasks(namespace)["tasks"]:
            found.append({key: value for key, value in entry.items() if key != "expires"})
        for below in self.index.listNamespaces(namespace)["namespaces"]:
            found += self.index_entries(below["namespace"])
        return found
