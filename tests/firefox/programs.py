"""The two programs that are compared.

Environment: TREE is the tree of Firefox or Thunderbird, whose folder `artifacts` is overwritten; VENV is a virtual
environment with the packages of that tree; SNOWMAN is the program.
"""

import os
import pathlib
import shutil
import subprocess

TREE, VENV, SNOWMAN = (pathlib.Path(os.environ[name]) for name in ("TREE", "VENV", "SNOWMAN"))
# The folder with `.taskcluster.yml`. Thunderbird's tree is a part of Firefox's.
FOLDER = "comm" if (TREE / "comm/.taskcluster.yml").exists() else "."
ROOT = str(pathlib.PurePath(FOLDER) / "taskcluster")
PYTHON = VENV / "bin/python"
PROGRAMS = {
    "gecko": [PYTHON, "-c", "from gecko_taskgraph.main import main; main()"],
    "snowman": [SNOWMAN],
}


def run(program, arguments, environment, folder):
    """Runs a program in the tree. Its output and artifacts are moved to the folder. Returns whether it succeeds."""
    environment = {**environment, "SNOWMAN_PYTHON": str(PYTHON)}
    shutil.rmtree(TREE / "artifacts", ignore_errors=True)
    with open(folder / "stdout", "w") as stdout, open(folder / "stderr", "w") as stderr:
        command = [*PROGRAMS[program], *arguments]
        done = subprocess.run(command, cwd=TREE, env=environment, stdout=stdout, stderr=stderr)
    if (TREE / "artifacts").exists():
        shutil.move(TREE / "artifacts", folder / "artifacts")
    return done.returncode == 0
