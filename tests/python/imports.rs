//! Lazy imports and cached queries of the worker.

use serde_json::Value;

use super::world::{World, document, python};

/// A project with a kind whose transform puts the result of `seen(config)` into the description of
/// its task. `more` is run by the project's registration function.
pub fn world(seen: &str, more: &str) -> Option<World> {
    let register = "import mozilla_taskgraph\n\n\ndef register(graph_config):\n    \
                    mozilla_taskgraph.register(graph_config)\n";
    let transform = "from taskgraph.transforms.base import TransformSequence\n\n\
                     transforms = TransformSequence()\n\n\n\
                     @transforms.add\ndef tell(config, tasks):\n    for task in tasks:\n        \
                     task[\"description\"] = repr(seen(config))\n        yield task\n";
    let kind = "transforms: [hail_taskgraph.transforms.seen]\n\
                kind-dependencies: [before]\n\
                tasks:\n  one:\n    description: none yet\n    worker-type: linux\n    \
                worker: {docker-image: \"hail:1\", max-run-time: 60}\n    \
                run: {using: run-task, command: \"true\"}\n";
    let before = "tasks:\n  first:\n    description: comes first\n    worker-type: linux\n    \
                  attributes: {size: 7}\n    optimization: {skip-unless-changed: [a/**]}\n    \
                  worker: {docker-image: \"hail:1\", max-run-time: 60}\n    \
                  run: {using: run-task, command: \"true\"}\n";
    let world = World::new(python()?)
        .file(
            "taskcluster/hail_taskgraph/__init__.py",
            &format!("{register}{more}"),
        )
        .file(
            "taskcluster/hail_taskgraph/transforms/seen.py",
            &format!("{seen}\n\n{transform}"),
        )
        .file("taskcluster/kinds/before/kind.yml", before)
        // With `-k`, the peer always includes this kind.
        .file("taskcluster/kinds/docker-image/kind.yml", "tasks: {}\n")
        .with("params/push.yml", "no_odd_tasks, ", "")
        .with("params/push.yml", "method: hail", "method: default")
        .file("taskcluster/kinds/seen/kind.yml", kind);
    Some(world)
}

pub const ARGUMENTS: [&str; 6] = ["full", "--json", "-k", "seen", "-p", "params/push.yml"];

fn description(document: &Value) -> &str {
    document["seen-one"]["description"].as_str().unwrap()
}

/// Returns the description of the task, which must be the same with the peer and in each mode.
pub fn difference(seen: &str, more: &str) -> Option<String> {
    world_difference(&world(seen, more)?)
}

fn world_difference(world: &World) -> Option<String> {
    let theirs = document(&world.peer(&ARGUMENTS));
    for mode in ["--python=mixed", "--python=whole"] {
        let ours = document(&world.ours(&[&ARGUMENTS[..], &[mode]].concat()));
        assert_eq!(description(&ours), description(&theirs), "{mode}");
        assert_eq!(ours, theirs, "{mode}");
    }
    Some(description(&theirs).to_owned())
}

#[test]
fn unused_modules_are_not_imported() {
    let seen = r#"
import linecache
import sys

NAMES = """
    gzip mozilla_repo_urls mozilla_taskgraph.actions mozilla_taskgraph.worker_types multiprocessing pickle requests
    taskcluster taskgraph.actions taskgraph.decision taskgraph.generator taskgraph.optimize.base
    taskgraph.transforms.task taskgraph.util.vcs taskgraph.util.yaml unittest urllib.request yaml
""".split()


def seen(config):
    imported = [name for name in NAMES if type(sys.modules.get(name)).__name__ not in ("NoneType", "LazyModule")]
    # The standard library reads the sources of all callers to find one.
    return imported, [name for name in linecache.cache if "site-packages" in name]
"#;
    let Some(world) = world(seen, "") else { return };
    let ours = document(&world.ours(&ARGUMENTS));
    assert_eq!(description(&ours), "([], [])");
}

#[test]
fn lazy_modules_work_when_they_are_used() {
    let seen = r#"
import gzip
import hashlib
import multiprocessing.pool
import pickle

import mozilla_repo_urls
import yaml
from taskgraph.util.vcs import get_repository
from taskgraph.util.yaml import load_yaml


class Loader(yaml.SafeLoader):
    pass


def seen(config):
    try:
        yaml.safe_load("{")
    except yaml.YAMLError as error:
        refused = isinstance(error, yaml.error.MarkedYAMLError)
    return (
        refused,
        yaml.load("a: 1", Loader),
        load_yaml.__name__,
        load_yaml("taskcluster", "config.yml")["trust-domain"],
        get_repository(".").tool,
        pickle.loads(pickle.dumps({"a": 1})),
        gzip.decompress(gzip.compress(b"snow")),
        hashlib.sha256(b"snow").hexdigest(),
        multiprocessing.pool.ThreadPool.__name__,
        mozilla_repo_urls.parse("https://github.com/hail/hail").repo_name,
    )
"#;
    if let Some(differences) = difference(seen, "") {
        assert!(
            differences.contains("'ThreadPool', 'hail'"),
            "{differences}"
        );
    }
}

#[test]
fn tables_are_filled_when_they_are_read() {
    let more = "    from mozilla_taskgraph.actions import enable_action\n    \
                from taskgraph.actions.registry import callbacks\n    \
                from taskgraph.transforms.task import payload_builders\n\n    \
                global found\n    enable_action(\"release-promotion\")\n    \
                found = sorted(callbacks), sorted(payload_builders)\n";
    let seen = "import hail_taskgraph\n\n\ndef seen(config):\n    return hail_taskgraph.found\n";
    if let Some(differences) = difference(seen, more) {
        assert!(differences.contains("'release-promotion'"), "{differences}");
        assert!(
            differences.contains("'scriptworker-signing'"),
            "{differences}"
        );
    }
}

#[test]
fn callers_are_found() {
    let seen = r#"
import inspect
import sys

from taskgraph.util.schema import Schema

Size = Schema.from_dict({"size": int}, name="Size")


def seen(config):
    own = inspect.stack()[0]
    return Size.__module__, own.function, own.code_context, inspect.getmodule(seen).__name__, [
        name for name in sys.modules if name.startswith("hail_taskgraph.near.")
    ]
"#;
    let Some(world) = world(seen, "    import hail_taskgraph.near\n") else {
        return;
    };
    let near = "from taskgraph.util.python_path import import_sibling_modules\n\n\
                import_sibling_modules()\n";
    let world = world
        .file("taskcluster/hail_taskgraph/near/__init__.py", near)
        .file("taskcluster/hail_taskgraph/near/neighbour.py", "");
    if let Some(differences) = world_difference(&world) {
        assert!(
            differences.contains("own = inspect.stack()[0]"),
            "{differences}"
        );
        assert!(
            differences.contains("hail_taskgraph.near.neighbour"),
            "{differences}"
        );
    }
}

#[test]
fn tasks_of_other_kinds_are_complete() {
    let seen = r#"
import copy
import dataclasses
import pickle

from taskgraph.task import Task


def show(task):
    return {**dataclasses.asdict(task), "task": sorted(task.task)}


def seen(config):
    task = config.kind_dependencies_tasks["before-first"]
    fresh = copy.deepcopy(task)
    fresh.attributes = {"size": 8}
    fresh.task["priority"] = "lowest"
    untouched = copy.copy(task)
    replaced = copy.deepcopy(task)
    replaced.task = {}
    return (
        [getattr(copy.deepcopy(task), name) for name in ("description", "optimization", "task_id", "kind", "label")],
        show(fresh),
        show(replaced),
        show(pickle.loads(pickle.dumps(untouched))),
        task == untouched,
        task == fresh,
        task.task["priority"],
        hasattr(task, "colour"),
        [one.__class__ is Task and one == Task(**vars(dataclasses.replace(one))) for one in (task, untouched, fresh)],
    )
"#;
    if let Some(differences) = difference(seen, "") {
        assert!(differences.contains("comes first"), "{differences}");
    }
}

#[test]
fn tracked_files_are_listed_once() {
    let seen = r#"
from taskgraph.util import hash as hashes

LISTED = getattr(hashes._get_all_files, "cache_info", None)


def seen(config):
    patterns = [["taskcluster/config.yml"], ["taskcluster/kinds/**"], ["params", "taskcluster/**/*.py"]]
    digests = [hashes.hash_paths(".", some) for some in patterns]
    return digests, LISTED().misses if asked else None


asked = False
"#;
    // taskgraph itself lists them for each pattern, so the number is not compared.
    if let Some(differences) = difference(seen, "") {
        assert_eq!(differences.matches("', '").count(), 2, "{differences}");
    }
    let Some(world) = world(&seen.replace("asked = False", "asked = True"), "") else {
        return;
    };
    let ours = document(&world.ours(&ARGUMENTS));
    let differences = description(&ours);
    assert!(differences.ends_with("], 1)"), "{differences}");
}
