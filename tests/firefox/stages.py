"""Compares the graphs of every phase, as Firefox's or Thunderbird's own program and snowman make them from
parameter files.

usage: stages.py OUT [FILE...]

The files are in `taskcluster/test/params`; without any, all of them are used. The documents of the tree's program are
made once and kept in the folder `peer` of OUT, with their digests. The index is empty for both programs. Environment:
see programs.py.
"""

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


def compare(ours, theirs):
    """Compares two documents. Returns the number of tasks, whether they are the same, and how."""
    ours, theirs = (path.read_bytes().rstrip(b"\n") for path in (ours, theirs))
    tasks = json.loads(theirs)
    if ours == theirs:
        return len(tasks), True, "the same bytes"
    ours = json.loads(ours)
    ours, theirs = (
        named(graph, {key: task["label"] for key, task in graph.items() if key != task["label"]})
        for graph in (ours, tasks)
    )
    found = first_difference(ours, theirs)
    return len(tasks), not found, found or "the same but for taskIds"


def main(out, *files):
    out = pathlib.Path(out).resolve()
    own = out / "ours"
    own.mkdir(parents=True, exist_ok=True)
    files = [PARAMS / file for file in files] or sorted(PARAMS.glob("*.yml"))
    all_same = True
    with FakeTaskcluster({}) as taskcluster:
        taskcluster.pages = Pages()
        environment = taskcluster.environment(out / "module")
        environment.update(
            TASKCLUSTER_ROOT_URL=ROOT_URL, SNOWMAN_PYTHON=str(PYTHON), SNOWMAN_CACHE=str(out / "cache")
        )
        for file in files:
            theirs = peers_documents(file, out / "peer" / file.stem, environment)
            for phase in theirs or ["full"]:
                path, log = own / "graph.json", own / ("%s.%s.log" % (file.stem, phase))
                command = [*PROGRAMS["snowman"], phase, "-r", ROOT, "--json", "-p", file, "-o", path]
                with open(log, "w") as stderr:
                    done = subprocess.run(command, cwd=TREE, env=environment, stderr=stderr)
                if not theirs:
                    count, same = "-", done.returncode != 0
                    outcome = "both programs fail" if same else "only the tree's program fails"
                elif done.returncode == 0:
                    count, same, outcome = compare(path, theirs[phase])
                else:
                    count, same, outcome = "-", False, "failed, see %s" % log
                all_same = all_same and same
                print("| %s | %s | %s | %s |" % (file.stem, phase, count, outcome), flush=True)
    return 0 if all_same else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
