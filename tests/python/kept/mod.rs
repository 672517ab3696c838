//! Kinds whose tasks are kept for the next run.

mod depends;
mod meanwhile;
mod moments;
mod reasons;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::services::{DECISION, Services};
use super::tables::decision_arguments;
use super::world::{World, document, flat, python};

const MODULE: &str = "taskcluster/hail_taskgraph/kept.py";
const KIND: &str = "taskcluster/kinds/kept/kind.yml";

/// A loader whose task shows its process and what `BODY` has found.
const LOADER: &str = r#"import logging, os, sys, time

COLUMNS = os.environ.get("COLUMNS")

def read(path):
    with open(path) as file:
        return file.read()


def find(parameters, loaded_tasks):
    found = []
    BODY
    return found


def loader(kind, path, config, parameters, loaded_tasks):
    time.sleep(0.12)
    yield {
        "name": "one",
        "label": "kept-one",
        "description": "a task",
        "worker-type": "linux",
        "worker": {"docker-image": "hail:1", "max-run-time": 60, "command": ["true"]},
        "attributes": {"process": os.getpid(), "found": find(parameters, loaded_tasks)},
    }


def before(kind, path, config, parameters, loaded_tasks):
    for task in loader(kind, path, config, parameters, loaded_tasks):
        # It is not kept because of this, and the number of columns does not matter to other kinds.
        os.environ["BEFORE"] = "1"
        task["label"] = "before-one"
        task["attributes"] = {"found": [COLUMNS]}
        yield task
"#;

const ARGUMENTS: &[&str] = &[
    "full",
    "--json",
    "--python=whole",
    "--target-kind=kept",
    "-p",
    "params/push.yml",
];

fn kind(name: &str, loader: &str, rest: &str) -> (String, String) {
    (
        format!("taskcluster/kinds/{name}/kind.yml"),
        format!(
            "loader: hail_taskgraph.kept:{loader}\ntransforms: [taskgraph.transforms.task]\n{rest}"
        ),
    )
}

/// A project with a kind that finds something.
fn project(body: &str) -> Option<World> {
    let (file, text) = kind("kept", "loader", "");
    let module = LOADER.replace("BODY", body);
    let world = World::new(python()?).file(MODULE, &module);
    let world = world.file(&file, &text);
    world.git(&["add", "--all"]);
    world.git(&["commit", "--quiet", "--message=kept"]);
    Some(world)
}

/// A run of the kind.
#[derive(Debug)]
struct Run {
    /// The process that has made its task.
    process: u64,
    /// What it has found.
    found: Value,
    /// The log.
    log: String,
}

fn run_with(world: &World, more: &[&str]) -> Run {
    let done = world.ours(&[ARGUMENTS, more].concat());
    let task = document(&done)["kept-one"]["attributes"].clone();
    Run {
        process: task["process"].as_u64().unwrap(),
        found: task["found"].clone(),
        log: flat(&String::from_utf8_lossy(&done.stderr)),
    }
}

fn run(world: &World) -> Run {
    run_with(world, &[])
}

/// Runs the kind, whose task must be kept from then on.
fn kept(world: &World, why: &str) -> Run {
    // A file that changes while a run starts may have been read before or after.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let first = run_with(world, &["--verbose"]);
    let second = run(world);
    assert_eq!(first.process, second.process, "{why}: {}", first.log);
    assert_eq!(first.found, second.found, "{why}");
    first
}

/// The folder of the cache.
fn files(world: &World) -> Vec<PathBuf> {
    let cache = world.root().parent().unwrap().join(".cache/snowman");
    let below = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten();
    let projects = below(cache).map(|project| project.unwrap().path());
    let files = projects.flat_map(|project| below(project).map(|file| file.unwrap().path()));
    files
        .filter(|file| {
            file.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("kind-cache-")
        })
        .collect()
}

#[test]
fn what_a_kind_logs_is_logged_again() {
    let Some(world) = project("logging.warning('hail is coming'); print('a', 'stone')") else {
        return;
    };
    let first = kept(&world, "");
    let second = run(&world);
    for log in [first.log, second.log] {
        assert!(log.contains("WARN hail is coming"), "{log}");
        assert!(log.contains("INFO python: a stone"), "{log}");
        assert!(log.contains("Generated 1 task for kind kept"), "{log}");
    }
}

#[test]
fn damaged_files_are_ignored() {
    let Some(world) = project("pass") else {
        return;
    };
    for damage in [
        |text: &[u8]| text[..text.len() - 1].to_vec(),
        |_: &[u8]| Vec::new(),
        |_: &[u8]| b"something else".to_vec(),
        |text: &[u8]| text.iter().rev().copied().collect(),
    ] {
        let first = kept(&world, "");
        for only_entries in [true, false] {
            let is_list = |file: &PathBuf| file.to_string_lossy().ends_with("-list");
            for file in files(&world)
                .iter()
                .filter(|file| !(only_entries && is_list(file)))
            {
                std::fs::write(file, damage(&std::fs::read(file).unwrap())).unwrap();
            }
            let second = run(&world);
            assert_ne!(second.process, first.process);
        }
    }
    // A file of another kind.
    let names = files(&world);
    let [one, other] = names.as_slice() else {
        panic!("{names:?}");
    };
    let first = kept(&world, "");
    let (one_text, other_text) = (std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    std::fs::write(one, other_text).unwrap();
    std::fs::write(other, one_text).unwrap();
    assert_ne!(run(&world).process, first.process);
}

#[test]
fn the_cache_can_be_turned_off() {
    let Some(world) = project("pass") else {
        return;
    };
    run_with(&world, &["--no-cache"]);
    let world = world.variable("SNOWMAN_CACHE", "0");
    run(&world);
    let world = world.without("SNOWMAN_CACHE");
    assert!(files(&world).is_empty());
    let first = kept(&world, "");
    assert_ne!(run_with(&world, &["--no-cache"]).process, first.process);
    let world = world.variable("SNOWMAN_CACHE", "0");
    assert_ne!(run(&world).process, first.process);
    // What kinds leave in the only process may be used by others.
    let world = world
        .without("SNOWMAN_CACHE")
        .variable("SNOWMAN_PYTHON_WORKERS", "1");
    let alone = run_with(&world, &["--verbose"]);
    assert!(
        alone.log.contains("all kinds run in one process"),
        "{}",
        alone.log
    );
    // The worker has the same environment otherwise, so nothing else can have made it run again.
    assert_ne!(run(&world).process, alone.process);
}

#[test]
fn decisions_generate_every_kind() {
    let Some(world) = project("pass") else {
        return;
    };
    let services = Services::start(&["queue:*", "docker-worker:*", "hail:*", "assume:*"]);
    let world = services.inside(world, DECISION);
    let mut arguments = decision_arguments(&world);
    let more = ["--python=whole", "--preflight-only", "--verbose"];
    arguments.extend(more.map(str::to_owned));
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = world.ours(&arguments);
    let log = flat(&String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{log}");
    assert!(log.contains("decisions generate every kind"), "{log}");
    assert!(files(&world).is_empty());
}

#[test]
fn a_repository_inside_must_not_differ() {
    let Some(world) = project("pass") else {
        return;
    };
    world.git(&["init", "--quiet", "inside"]);
    let first = run_with(&world, &["--verbose"]);
    assert!(
        first.log.contains("inside/ is a repository of its own"),
        "{}",
        first.log
    );
    assert!(files(&world).is_empty());
    assert_eq!(first.found, json!([]));
}
