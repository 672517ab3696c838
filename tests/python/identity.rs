//! Objects have the same identity in the worker as under taskgraph.
//!
//! Names of the same object under taskgraph are names of the same object in the worker, however
//! they are imported and whichever is used first: a class in an `except`, a patched module, a name
//! that taskgraph has imported from another module.

use super::imports::difference;
use super::services::{DECISION, Services};
use super::world::{World, document, python};

/// Groups the names of the modules that taskgraph imports by object, after running `first`. Each
/// module is read from `sys.modules`, by an import, and as an attribute of its package; annotations
/// are included.
fn groups(first: &str) -> String {
    r#"
import hashlib as digests
import importlib
import sys
import types

NAMES = """
    gzip hashlib importlib.metadata mozilla_repo_urls multiprocessing multiprocessing.connection
    multiprocessing.pool multiprocessing.util pickle requests requests.exceptions requests.packages
    requests.packages.urllib3 requests.packages.urllib3.util.retry requests.sessions slugid slugid.slugid
    taskcluster taskcluster.client taskcluster.exceptions taskcluster.utils unittest unittest.main
    unittest.mock urllib urllib.error urllib.request urllib3 urllib3.util.retry yaml yaml.error
    taskgraph taskgraph.actions.registry taskgraph.actions.util taskgraph.config taskgraph.create
    taskgraph.decision taskgraph.generator taskgraph.loader.transform taskgraph.main taskgraph.morph
    taskgraph.optimize.base taskgraph.optimize.strategies taskgraph.parameters taskgraph.target_tasks
    taskgraph.transforms.cached_tasks taskgraph.transforms.docker_image taskgraph.transforms.fetch
    taskgraph.transforms.run taskgraph.transforms.run.common taskgraph.transforms.run.index_search
    taskgraph.transforms.run.run_task taskgraph.transforms.run.toolchain taskgraph.transforms.task taskgraph.util.docker taskgraph.util.hash
    taskgraph.util.python_path taskgraph.util.schema taskgraph.util.taskcluster taskgraph.util.vcs
    taskgraph.util.yaml mozilla_taskgraph mozilla_taskgraph.actions mozilla_taskgraph.worker_types
    mozilla_taskgraph.transforms.replicate
""".split()
# These are of a file or of the import that came last.
LEFT_OUT = ("__builtins__", "__cached__", "__loader__", "__spec__", "__warningregistry__")
VALUES = (bool, int, str, bytes, float, tuple, frozenset, type(None))


def first():
    pass


def groups():
    found, kept = {}, []

    def see(value, name):
        if not isinstance(value, VALUES):
            kept.append(value)
            found.setdefault(id(value), set()).add(name)

    for name in NAMES:
        importlib.import_module(name)
    for name in NAMES:
        module = sys.modules[name]
        see(module, name)
        for key in dir(module):
            value = getattr(module, key)
            if key in LEFT_OUT:
                continue
            see(value, name + "." + key)
            # The code of some of taskgraph's modules sees quicker ones.
            if key not in ("get_repository", "inspect"):
                see(vars(module)[key], name + "." + key + " in its namespace")
            if isinstance(value, types.FunctionType) and value.__module__.startswith("taskgraph"):
                for argument, annotation in value.__annotations__.items():
                    see(annotation, name + "." + key + "(" + argument + ")") if isinstance(annotation, type) else None
    return sorted(" ".join(sorted(names)) for names in found.values() if len(names) > 1)


def seen(config):
    did = first()
    listed = groups()
    wanted = ("taskgraph.parameters.Mock ", "taskcluster.client.requests ", "taskgraph.util.taskcluster.Retry ")
    shown = [line for line in listed if any(name in line for name in wanted)]
    return did, len(listed), digests.sha256("\n".join(listed).encode()).hexdigest(), shown
"#
    .replace("def first():\n    pass\n", first)
}

#[test]
fn objects_are_identical_by_every_name() {
    let seen = groups("def first():\n    return None\n");
    if let Some(differences) = difference(&seen, "") {
        assert!(
            differences.contains("taskcluster.client.requests"),
            "{differences}"
        );
        assert!(differences.contains("unittest.mock.Mock"), "{differences}");
    }
}

#[test]
fn objects_are_identical_if_submodules_are_imported_first() {
    let first = r#"
import multiprocessing.pool
import requests.exceptions
import requests.packages.urllib3.exceptions
import unittest.main
import urllib

import yaml


def first():
    importlib.reload(yaml)
    try:
        raise requests.packages.urllib3.exceptions.HTTPError
    except sys.modules["urllib3"].exceptions.HTTPError:
        pass
    return unittest.main.__name__, urllib.error.URLError.__name__, yaml.__doc__ is None
"#;
    if let Some(differences) = difference(&groups(first), "") {
        assert!(
            differences.contains("'TestProgram', 'URLError'"),
            "{differences}"
        );
    }
}

#[test]
fn names_imported_by_taskgraph_are_not_patched() {
    let first = r#"
import copy
import pickle
from unittest import mock

import requests
import taskgraph.config
import taskgraph.parameters
import taskgraph.util.hash
import taskgraph.util.schema
import taskgraph.util.vcs
import taskgraph.util.yaml


def first():
    results = []
    given = requests.Session
    requests.Session = "replaced"
    results.append(sys.modules["taskcluster.client"].requests.Session if "taskcluster.client" in sys.modules else "replaced")
    results.append(taskgraph.util.taskcluster.requests.Session)
    requests.Session = given
    # What is put into a module later is not what was taken from it before.
    given = taskgraph.util.yaml.load_yaml
    taskgraph.util.yaml.load_yaml = "replaced"
    results.append(taskgraph.config.load_yaml is given)
    taskgraph.util.yaml.load_yaml = given
    with mock.patch("taskgraph.parameters.urlopen") as patched:
        results.append(sys.modules["taskgraph.parameters"].urlopen is patched)
    with mock.patch("taskgraph.util.hash.get_repository") as patched:
        results.append(taskgraph.util.hash.get_repository is patched)
    with mock.patch.object(requests, "get") as patched:
        results.append(sys.modules["requests"].get is patched)
    results.append(taskgraph.util.hash.get_repository is taskgraph.util.vcs.get_repository)
    results.append(taskgraph.util.schema.inspect is sys.modules["inspect"])
    results.append(pickle.loads(pickle.dumps(taskgraph.config.get_repository)) is taskgraph.util.vcs.get_repository)
    results.append(copy.deepcopy(taskgraph.parameters.Mock) is mock.Mock)
    results.append([type(sys.modules[name]).__name__ for name in ("taskgraph.config", "requests", "yaml")])
    return results
"#;
    if let Some(differences) = difference(&groups(first), "") {
        assert!(!differences.contains("False"), "{differences}");
    }
}

/// A strategy that queries the index, as in many projects, and ignores a missing task.
const STRATEGY: &str = r#"
from taskcluster.exceptions import TaskclusterRestFailure
from taskgraph.optimize.base import OptimizationStrategy, register_strategy
from taskgraph.util.taskcluster import find_task_id, get_session, get_taskcluster_client


@register_strategy("hail-index")
class Index(OptimizationStrategy):
    def should_replace_task(self, task, params, deadline, arg):
        from requests import HTTPError

        for path in arg:
            try:
                return find_task_id(path)
            except (KeyError, TaskclusterRestFailure):
                pass
            try:
                return get_taskcluster_client("index").findTask(path)["taskId"]
            except TaskclusterRestFailure as error:
                assert error.status_code == 404
            try:
                get_session().get("ROOT/api/index/v1/task/" + path).raise_for_status()
            except HTTPError as error:
                assert error.response.status_code == 404
        return False
"#;

#[test]
fn a_strategy_catches_exceptions_of_the_client() {
    let Some(python) = python() else { return };
    let services = Services::start(&[]);
    let world = services.inside(World::new(python), DECISION);
    let strategy = STRATEGY.replace("ROOT", &services.root_url());
    let init =
        "from hail_taskgraph import index\n\n\ndef register(graph_config):\n    assert index\n";
    let kind = "loader: taskgraph.loader.transform:loader\n\
                transforms: [taskgraph.transforms.task]\n\
                tasks:\n  one:\n    label: indexed-one\n    description: is built once\n    \
                worker-type: linux\n    optimization: {hail-index: [hail.v2.nothing.there]}\n    run-on-projects: [all]\n    \
                worker: {docker-image: \"hail:1\", max-run-time: 60}\n";
    let world = world
        .file("taskcluster/hail_taskgraph/__init__.py", init)
        .file("taskcluster/hail_taskgraph/index.py", &strategy)
        .with(
            "taskcluster/config.yml",
            "  decision-parameters: hail_taskgraph.parameters:decision_parameters\n",
            "",
        )
        .with("params/push.yml", "no_odd_tasks, ", "")
        .with("params/push.yml", "method: hail", "method: default")
        .with("params/push.yml", "hail_reason: push\n", "")
        .file("taskcluster/kinds/docker-image/kind.yml", "tasks: {}\n")
        .file("taskcluster/kinds/indexed/kind.yml", kind);
    let arguments = [
        "optimized",
        "--json",
        "-k",
        "indexed",
        "-p",
        "params/push.yml",
    ];
    let theirs = document(&world.peer(&arguments));
    assert_eq!(theirs.as_object().unwrap().len(), 1);
    for mode in ["--python=mixed", "--python=whole"] {
        let ours = document(&world.ours(&[&arguments[..], &[mode]].concat()));
        assert_eq!(ours, theirs, "{mode}");
    }
}
