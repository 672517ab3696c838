"""Runs a function of Firefox's `mach try`, and prints what it would push.

usage: peer_try.py release|scriptworker FOLDER < arguments
       peer_try.py inputs TREE < inputs

FOLDER stands for the tree that is changed. The arguments are a mapping of the function's own, with `flags`: those that
several functions have. For `scriptworker`, `previous` is the action task of the release, and files of its revision are
those of FOLDER. `inputs` checks a list of inputs against the schema of the action `release-promotion`, and prints what
is wrong with each.
"""

import argparse
import json
import os
import pathlib
import sys
import types

SELECTOR, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path.insert(0, str(pathlib.Path(os.environ["TREE"]) / "tools"))
from tryselect import task_config  # noqa: E402
from tryselect.selectors import release, scriptworker  # noqa: E402
from tryselect.util.dicttools import merge  # noqa: E402

PARSERS = {"release": release.ReleaseParser, "scriptworker": scriptworker.ScriptworkerParser}


def captured(method, message, **push):
    json.dump({"message": message, "config": push["try_task_config"], "files": push["files_to_change"]}, sys.stdout)


def parameters(flags):
    """What the flags add, as `mach try` computes it before it calls the function."""
    parser = argparse.ArgumentParser()
    configs = [task_config.all_task_configs[name]() for name in PARSERS[SELECTOR].task_configs]
    for config in configs:
        config.add_arguments(parser)
    values = vars(parser.parse_args(flags))
    found = {}
    for config in configs:
        found = merge(found, config.get_parameters(**values) or {})
    return found


def check(inputs):
    import jsonschema
    from gecko_taskgraph.actions import render_actions_json
    from taskgraph.generator import TaskGraphGenerator
    from taskgraph.parameters import parameters_loader

    made = TaskGraphGenerator("taskcluster", parameters_loader("taskcluster/test/params/try-config.yml", strict=False))
    actions = render_actions_json(made.parameters, made.graph_config, "DECISION-TASK")["actions"]
    schema = next(action["schema"] for action in actions if action["name"] == "release-promotion")
    validator = jsonschema.Draft4Validator(schema)
    return [[error.message for error in validator.iter_errors(value)] for value in inputs]


def main():
    os.chdir(FOLDER)
    arguments = json.load(sys.stdin)
    if SELECTOR == "inputs":
        json.dump({"wrong": check(arguments)}, sys.stdout)
        return
    arguments["try_config_params"] = parameters(arguments.pop("flags"))
    if SELECTOR == "release":
        release.vcs = types.SimpleNamespace(path=str(FOLDER))
        release.push_to_try = captured
        arguments["version"] = release.FirefoxVersion.parse(arguments["version"])
        release.run(**arguments)
        return
    previous = arguments.pop("previous")
    phases = [{"name": "ship_firefox", "actionTaskId": previous}]
    scriptworker.get_releases = lambda branch: [{"phases": phases}]
    scriptworker.get_hg_file = lambda parameters, path: (FOLDER / path).read_text()
    scriptworker.push_to_try = captured
    scriptworker.run(release_type="beta", **arguments)


main()
