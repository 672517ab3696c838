"""Measures how fast Firefox's own program and snowman show a graph, in turns, and prints what they need.

usage: speed.py [--pairs N] [--phase NAME] [--parameters FILE]

In each turn, Firefox's program runs, then snowman with an empty folder for its cache, and then snowman again. The
documents must be the same. Times, CPU times and memory are those of the whole process tree; the table shows medians, and
medians of the ratios to the run of Firefox's program in the same turn. The numbers depend on the machine, and on what else
it does. The index is empty. Environment: see programs.py.
"""

import argparse
import pathlib
import shutil
import statistics
import sys
import tempfile

from fake_taskcluster import FakeTaskcluster
from programs import PROGRAMS, PYTHON, ROOT, TREE
from stages import PARAMS, ROOT_URL, Pages, compare

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benches"))

from resources import TreeRun, adopt  # noqa: E402

FIELDS = ("wall", "cpu", "memory")


class Turns:
    """Runs of both programs."""

    def __init__(self, options, folder, environment):
        self.folder = folder
        self.environment = {**environment, "SNOWMAN_CACHE": str(folder / "cache")}
        self.arguments = [options.phase, "-r", ROOT, "--json", "-p", PARAMS / options.parameters]
        self.runs = {"gecko": [], "cold": [], "warm": []}

    def run(self, name, program):
        path = self.folder / (name + ".json")
        log = self.folder / (name + ".log")
        command = [*PROGRAMS[program], *self.arguments, "-o", path]
        with open(log, "w") as stderr:
            run = TreeRun(command, cwd=TREE, env=self.environment, stdout=stderr, stderr=stderr)
        if run.status != 0:
            sys.exit(log.read_text()[-2000:])
        self.runs[name].append(run)
        return path

    def turn(self):
        theirs = self.run("gecko", "gecko")
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        (self.folder / "cache").mkdir()
        for name in ("cold", "warm"):
            _, same, outcome = compare(self.run(name, "snowman"), theirs)
            if not same:
                sys.exit("%s: %s" % (name, outcome))

    def row(self, name):
        cells = [name]
        for field in FIELDS:
            values = [getattr(run, field) for run in self.runs[name]]
            theirs = [getattr(run, field) for run in self.runs["gecko"]]
            ratio = statistics.median(ours / their for ours, their in zip(values, theirs))
            unit = "MiB" if field == "memory" else "s"
            cells.append("%.1f %s (%.2f)" % (statistics.median(values), unit, ratio))
        return "| %s |" % " | ".join(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--phase", default="full")
    parser.add_argument("--parameters", default="mc-onpush.yml")
    options = parser.parse_args()
    adopt()
    with tempfile.TemporaryDirectory() as folder, FakeTaskcluster({}) as taskcluster:
        folder = pathlib.Path(folder)
        taskcluster.pages = Pages()
        environment = taskcluster.environment(folder / "module")
        environment.update(TASKCLUSTER_ROOT_URL=ROOT_URL, SNOWMAN_PYTHON=str(PYTHON), PYTHONHASHSEED="0")
        turns = Turns(options, folder, environment)
        for _ in range(options.pairs):
            turns.turn()
        print("| %s of %s | wall | CPU | memory |\n| --- | --- | --- | --- |" % (options.phase, options.parameters))
        for name in turns.runs:
            print(turns.row(name), flush=True)


if __name__ == "__main__":
    main()
