"""Compares the graphs of every phase, as Firefox's or Thunderbird's own program and snowman make them from
parameter files.

usage: stages.py [--again] [--phases NAME,...] OUT [FILE...]

The files are in `taskcluster/test/params`; without any, all of them are used. The documents of the tree's program are
made once and kept in the folder `peer` of OUT, with their digests. `answers.json` has the digests of documents that
were made before, without taskIds, for the Git tree that they were made from: without `--again`, what is as recorded there
is not made again. Answers that are new are added to the file `answers.json` in OUT. The index is empty for both programs.
Environment: see programs.py.
"""

import argparse

import hashlib
import json
import pathlib
import subprocess
import sys

from fake_taskcluster import DEPLOYMENT, FakeTaskcluster
from outcome import first_difference, named
from programs import PROGRAMS, PYTHON, ROOT, TREE

PARAMS = TREE / ROOT / "test/params"
ROOT_URL = "https://" + DEPLOYMENT

# The graphs of the phases, which the tree's program makes one after the other.
PHASES = {
    "full": "full_task_graph",
    "target": "target_task_set",
    "target-graph": "target_task_graph",
    "optimized": "optimized_task_graph",
    "morphed": "morphed_task_graph",
}
PEER = """
import json, sys
import gecko_taskgraph.main
from taskgraph.generator import TaskGraphGenerator
from taskgraph.main import format_taskgraph_json
from taskgraph.parameters import parameters_loader

root, file, folder, phases = *sys.argv[1:4], json.loads(sys.argv[4])
made = TaskGraphGenerator(root, parameters_loader(file, strict=False))
for phase, attribute in phases.items():
    with open("%s/%s.json" % (folder, phase), "w") as out:
        out.write(format_taskgraph_json(getattr(made, attribute)))
"""
ANSWERS = pathlib.Path(__file__).with_name("answers.json")


class Pages(dict):
    """What other hosts answer: bugbug knows nothing about any push."""

    NOTHING = {
        "config_groups": {},
        "groups": {},
        "known_tasks": [],
        "reduced_tasks": {},
        "reduced_tasks_higher": {},
        "tasks": {},
    }

    def get(self, address, default=None):
        return self.NOTHING if address.startswith("bugbug.moz.tools/push/") else default


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def peers_documents(file, folder, environment):
    """Has the tree's program write the documents of all phases, unless they are there. Returns none if it fails."""
    sums = folder / "sums.json"
    documents = {phase: folder / (phase + ".json") for phase in PHASES}
    if sums.exists():
        kept = json.loads(sums.read_text())
        for phase, path in documents.items():
            if kept[phase] != digest(path):
                sys.exit("%s is not as it was written" % path)
        return documents
    folder.mkdir(parents=True, exist_ok=True)
    command = [PYTHON, "-c", PEER, ROOT, file, folder, json.dumps(PHASES)]
    with open(folder / "log", "w") as log:
        if subprocess.run(command, cwd=TREE, env=environment, stderr=log).returncode != 0:
            return {}
    sums.write_text(json.dumps({phase: digest(path) for phase, path in documents.items()}))
    return documents


def without_ids(document):
    """The graph in a document, with labels in place of taskIds."""
    graph = json.loads(document)
    return named(graph, {key: task["label"] for key, task in graph.items() if key != task["label"]})


def answer(graph):
    """What is recorded of a graph without taskIds: the number of its tasks and a digest."""
    text = json.dumps(graph, sort_keys=True, separators=(",", ":"))
    return {"tasks": len(graph), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def compare(ours, theirs):
    """Compares two documents. Returns what is to be recorded of theirs, whether they are the same, and how."""
    ours, theirs = (path.read_bytes().rstrip(b"\n") for path in (ours, theirs))
    same_bytes = ours == theirs
    theirs = without_ids(theirs)
    if same_bytes:
        return answer(theirs), True, "the same bytes"
    found = first_difference(without_ids(ours), theirs)
    return answer(theirs), not found, found or "the same but for taskIds"


class Comparison:
    """Compares the phases of parameter files, one after the other."""

    def __init__(self, out, environment, again):
        self.out = out
        self.environment = environment
        self.log = None
        self.own = out / "ours"
        self.own.mkdir(parents=True, exist_ok=True)
        tree = ["git", "rev-parse", "HEAD^{tree}"]
        self.tree = subprocess.run(tree, cwd=TREE, check=True, capture_output=True, text=True).stdout.strip()
        self.again = again
        self.recorded = {}
        for path in (ANSWERS, out / "answers.json"):
            if path.exists():
                self.recorded.update(json.loads(path.read_text()).get(self.tree, {}))

    def record(self, name, phase, given):
        self.recorded.setdefault(name, {})[phase] = given
        document = {self.tree: self.recorded}
        (self.out / "answers.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")

    def make(self, file, phases):
        """Has snowman make the documents of these phases. Returns whether it does."""
        for path in self.own.glob("*.json"):
            path.unlink()
        self.log = self.own / (file.stem + ".log")
        # The last phase makes those before it.
        last = [phase for phase in PHASES if phase in phases][-1]
        command = [*PROGRAMS["snowman"], last, "-r", ROOT, "--json", "-p", file, "-o", "/dev/null"]
        with open(self.log, "w") as stderr:
            done = subprocess.run(
                [*command, "--save-phases", self.own], cwd=TREE, env=self.environment, stderr=stderr
            )
        return done.returncode == 0

    def phase(self, file, phase):
        """Returns the number of tasks, whether both programs agree, and a description."""
        made = self.own / (phase + ".json")
        made = made if made.exists() else None
        recorded = self.recorded.get(file.stem, {}).get(phase)
        if made and recorded and not self.again and answer(without_ids(made.read_bytes())) == recorded:
            return recorded["tasks"], True, "the same as recorded, but for taskIds"
        theirs = peers_documents(file, self.out / "peer" / file.stem, self.environment).get(phase)
        if not theirs:
            return "-", not made, "only the tree's program fails" if made else "both programs fail"
        if not made:
            return "-", False, "failed, see %s" % self.log
        given, same, outcome = compare(made, theirs)
        self.record(file.stem, phase, given)
        return given["tasks"], same, outcome


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--phases", type=lambda text: text.split(","), default=list(PHASES))
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    out = options.out.resolve()
    files = [PARAMS / file for file in options.files] or sorted(PARAMS.glob("*.yml"))
    all_same = True
    with FakeTaskcluster({}) as taskcluster:
        taskcluster.pages = Pages()
        environment = taskcluster.environment(out / "module")
        environment.update(
            TASKCLUSTER_ROOT_URL=ROOT_URL, SNOWMAN_PYTHON=str(PYTHON), SNOWMAN_CACHE=str(out / "cache")
        )
        comparison = Comparison(out, environment, options.again)
        for file in files:
            comparison.make(file, options.phases)
            for phase in options.phases:
                count, same, outcome = comparison.phase(file, phase)
                all_same = all_same and same
                print("| %s | %s | %s | %s |" % (file.stem, phase, count, outcome), flush=True)
    return 0 if all_same else 1


if __name__ == "__main__":
    sys.exit(main())
