"""Runs the decision of the tree's own program, as `mach taskgraph decision` does.

    cd TREE; PYTHON peer_decision.py FLAG...
"""

import importlib.util
import logging
import sys

from mach.registrar import Registrar

COMMANDS = "taskcluster/mach_commands.py"

Registrar.register_category("ci", "CI", "Commands for CI")
spec = importlib.util.spec_from_file_location("mach_commands", COMMANDS)
commands = importlib.util.module_from_spec(spec)
spec.loader.exec_module(commands)
logging.basicConfig(format="%(levelname)s - %(message)s", level=logging.INFO)
options = vars(commands.get_taskgraph_decision_parser().parse_args(sys.argv[1:]))
run = options.pop("func")
sys.exit(run(options))
