#!/usr/bin/env python3
"""Makes decisions on Firefox's tree with its own program and with snowman, and compares what they leave behind:
artifacts, docker contexts, tasks in the queue, and index entries.

usage: $VENV/bin/python decision.py OUT [CASE...]

OUT is a folder, in which the results of the tree's own program are kept for the next run. The cases are in
decision_cases.py. Each decision runs in a sandbox of its own, as the task that the tree's `.taskcluster.yml`
defines for the event, with the flags of its command. Environment: see programs.py; the tree is a git checkout of
Firefox or Thunderbird.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time

import decision_cases
import jsone
import yaml
from documents import documents
from outcome import first_difference
from programs import FOLDER, PYTHON, SNOWMAN, TREE
from sandbox import Sandbox

HERE = pathlib.Path(__file__).resolve().parent


def decision_id(case):
    """The taskId of a case's decision task, which has the form of a random one."""
    return f"{case.replace('-', '')[-8:]:A<8}QtaSkAAAAAAAAA"


def cases_of_tree():
    """The names of the cases for the tree, which is Firefox's or Thunderbird's."""
    return [name for name, case in decision_cases.CASES.items() if case.folder == FOLDER]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def revisions():
    """The revision that is checked out, and the one before, if there is one."""
    git = ["git", "-C", TREE, "rev-list", "--max-count=2", "HEAD"]
    found = subprocess.run(git, check=True, capture_output=True, text=True).stdout.split()
    return found[0], found[-1]


def decision_task(case, revisions, task_id):
    """Renders the decision task of a case. Returns its definition, the flags of its command, and its variables."""
    template = yaml.safe_load((TREE / case.folder / ".taskcluster.yml").read_text())
    [task] = jsone.render(template, {**case.event(*revisions), "ownTaskId": task_id})["tasks"]
    task.pop("taskId")
    text = task["payload"]["command"][-1].partition(" decision ")[2]
    # The image of Thunderbird's decision tasks sets those of Firefox's repository.
    firefox = {"BASE_REPOSITORY": decision_cases.CENTRAL, "HEAD_REPOSITORY": decision_cases.CENTRAL}
    firefox.update(HEAD_REF="default", HEAD_REV=revisions[0])
    variables = {f"GECKO_{name}": value for name, value in firefox.items()}
    variables.update(task["payload"]["env"])
    text = re.sub(r"\$([A-Z_]+)", lambda found: variables[found[1]], text)
    return task, shlex.split(text), variables


def run(command, sandbox, task_id, folder, variables):
    """Runs one program in the task, and keeps what it leaves behind in the folder."""
    for name in ("artifacts", "docker-contexts"):
        shutil.rmtree(TREE / name, ignore_errors=True)
    (TREE / "artifacts").mkdir()
    environment = {
        **os.environ,
        "PATH": f"{HERE / 'services'}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE / "services"),
        "PYTHONHASHSEED": "0",
        "SNOWMAN_PYTHON": str(PYTHON),
        "SERVICES_LOG": str(folder / "requests.log"),
        **variables,
        "TASK_ID": task_id,
        "RUN_ID": "0",
        "TASKCLUSTER_ROOT_URL": sandbox.root,
        "TASKCLUSTER_PROXY_URL": f"{sandbox.root}/proxy/{task_id}/",
    }
    began = time.monotonic()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=TREE, env=environment, stdout=log, stderr=log)
        while True:
            try:
                status = process.wait(timeout=300)
                break
            except subprocess.TimeoutExpired:
                sandbox.queue.reclaimTask(task_id, "0")
    for name in ("artifacts", "docker-contexts"):
        if (TREE / name).exists():
            shutil.move(TREE / name, folder / name)
    (folder / "tasks.json").write_text(json.dumps(sandbox.tasks(task_id)))
    (folder / "index.json").write_text(json.dumps(sandbox.index_entries()))
    (folder / "run.json").write_text(json.dumps({"status": status, "seconds": round(time.monotonic() - began)}))


def succeeded(folder):
    result = folder / "run.json"
    return result.exists() and json.loads(result.read_text())["status"] == 0


def compare(case, theirs, ours):
    """Prints a row of the table for each document. Returns whether all of theirs are equal to ours."""
    same = True
    left, right = documents(theirs), documents(ours)
    for name in [*left, *(name for name in right if name not in left)]:
        items = ""
        if name not in right:
            result = "missing"
        elif name not in left:
            result = "only ours"
        else:
            document = left[name]()
            items = len(document) if isinstance(document, (dict, list)) else ""
            result = first_difference(document, right[name]()) or "same"
        same &= result in ("same", "only ours")
        print(f"| {case} | {name} | {items} | {result} |", flush=True)
    return same


class Runner:
    """Runs cases."""

    def __init__(self, out):
        self.out = out
        self.revisions = revisions()
        out.mkdir(parents=True, exist_ok=True)
        self.answers = out / "answers.json"
        self.answers.write_text(json.dumps(decision_cases.answers(self.revisions[0])))
        port = out / "port"
        if not port.exists():
            # The root URL is part of artifacts, so all runs need the same.
            port.write_text(str(free_port()))
        self.port = int(port.read_text())

    def write_config(self, case):
        """Writes what the push to Try contains."""
        path = TREE / case.folder / "try_task_config.json"
        path.unlink(missing_ok=True)
        config = case.config
        if callable(config):
            earlier = self.out / case.after / "theirs/artifacts/label-to-taskid.json"
            config = config(json.loads(earlier.read_text()))
        if config is not None:
            path.write_text(json.dumps(config))
        return path

    def decide(self, name, side):
        """Makes the decision of a case with one of the programs."""
        case, task_id = decision_cases.CASES[name], decision_id(name)
        task, flags, variables = decision_task(case, self.revisions, task_id)
        programs = {
            "theirs": [PYTHON, HERE / "peer_decision.py", *flags],
            "ours": [SNOWMAN, "decision", *flags],
        }
        folder = self.out / name / side
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if case.after:
            shutil.copytree(self.out / case.after / "theirs/sandbox", folder / "sandbox")
        config = self.write_config(case)
        variables.update(SERVICES_ANSWERS=str(self.answers), SERVICES_MESSAGE=case.message)
        with Sandbox(SNOWMAN, folder / "sandbox", self.port) as sandbox:
            sandbox.start_task(task_id, task)
            run(programs[side], sandbox, task_id, folder, variables)
            reused = any(name == other.after for other in decision_cases.CASES.values())
            if side == "theirs" and reused and succeeded(folder):
                sandbox.publish(task_id, folder / "artifacts")
        config.unlink(missing_ok=True)

    def compare(self, name):
        """Makes the decision with both programs, and prints the rows of its table."""
        folder = self.out / name
        if not succeeded(folder / "theirs"):
            self.decide(name, "theirs")
        self.decide(name, "ours")
        for side in ("theirs", "ours"):
            result = json.loads((folder / side / "run.json").read_text())
            print(f"| {name} | {side}: exit code {result['status']} | | {result['seconds']} s |")
        return compare(name, folder / "theirs", folder / "ours")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("cases", nargs="*", metavar="case")
    options = parser.parse_args()
    runner = Runner(options.out.resolve())
    print("| Case | Document | Items | Result |\n| --- | --- | ---: | --- |")
    same = [runner.compare(name) for name in options.cases or cases_of_tree()]
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
