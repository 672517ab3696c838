//! Kinds whose items are divided over processes.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::world::{World, document, flat, python};

const OURS: &[&str] = &[
    "full",
    "--json",
    "--python=whole",
    "-j2",
    "-p",
    "params/push.yml",
];
const PEERS: &[&str] = &["full", "--json", "-p", "params/push.yml"];

const KIND: &str = "loader: hail_taskgraph.many:loader
transforms:
  - hail_taskgraph.many
  - taskgraph.transforms.task
";

/// The number of items; each takes five milliseconds.
const ITEMS: usize = 300;

/// A loader, and transforms of which `BEFORE` and `AFTER` are the bodies of loops over items.
const MODULE: &str = r#"import os, time

from taskgraph.transforms.base import TransformSequence
from taskgraph.util.readonlydict import ReadOnlyDict

transforms = TransformSequence()


class Numbers:
    def __init__(self):
        self.last = 0

    def following(self):
        self.last += 1
        return self.last


NUMBERS = Numbers()
LIST = []


def loader(kind, path, config, parameters, loaded_tasks):
    for number in range(ITEMS):
        yield {
            "name": "item-%d" % number,
            "description": "an item",
            "worker-type": "linux",
            "worker": {"docker-image": "hail:1", "max-run-time": 60, "command": ["true"]},
            "attributes": {"number": number},
        }


def note(task):
    LIST.append(task["name"])


@transforms.add
def before(config, tasks):
    seen = []
    for task in tasks:
        BEFORE
        yield task


@transforms.add
def slow(config, tasks):
    for task in tasks:
        time.sleep(0.005)
        with open("runs.txt", "a") as runs:
            runs.write("%d\n" % os.getpid())
        yield task


@transforms.add
def after(config, tasks):
    seen = []
    for task in tasks:
        AFTER
        yield task


@transforms.add
def labels(config, tasks):
    for task in tasks:
        task["label"] = "many-" + task.pop("name")
        yield task
"#;

/// A project with a kind of many items.
fn project(before: &str, after: &str) -> Option<World> {
    let module = MODULE
        .replace("ITEMS", &ITEMS.to_string())
        .replace("BEFORE", before)
        .replace("AFTER", after);
    let world = World::new(python()?);
    let world = world.file("taskcluster/hail_taskgraph/many.py", &module);
    Some(world.file("taskcluster/kinds/many/kind.yml", KIND))
}

/// How a kind was run.
#[derive(Debug, PartialEq)]
enum Run {
    /// One process ran all items.
    Alone,
    /// Two processes ran a part of the items each.
    Divided,
    /// What another process had run was run again.
    Repeated,
}

/// Runs the kind with such bodies of its loops: the graph must be the peer's.
fn run(before: &str, after: &str) -> Option<Run> {
    let world = project(before, after)?;
    let peers = document(&world.peer(PEERS));
    let runs = world.root().join("runs.txt");
    std::fs::remove_file(&runs).unwrap();
    let ours = document(&world.ours(OURS));
    assert!(ours == peers, "{before} {after}");
    let text = std::fs::read_to_string(runs).unwrap();
    let processes: BTreeSet<_> = text.lines().collect();
    Some(match (processes.len(), text.lines().count()) {
        (1, ITEMS) => Run::Alone,
        // Some items are run in both to compare them.
        (2, ITEMS..310) => Run::Divided,
        (count, _) => {
            assert_eq!(count, 2);
            Run::Repeated
        }
    })
}

#[test]
fn items_are_divided_over_free_processors() {
    for (before, after) in [
        ("pass", "pass"),
        // What is kept for the next item is kept after the items have been joined.
        (
            "pass",
            "task[\"attributes\"][\"before\"] = list(seen); seen.append(task[\"name\"])",
        ),
        // Parts of parameters become parts of items.
        (
            "task[\"extra\"] = ReadOnlyDict(one=[1])",
            "assert type(task.pop(\"extra\")).__name__ == \"ReadOnlyDict\"",
        ),
        // What has not been divided up to then need not be plain data.
        (
            "task[\"attributes\"].update(x=1)",
            "task[\"worker\"][\"command\"] = [*{\"a\"}]",
        ),
    ] {
        let Some(run) = run(before, after) else {
            return;
        };
        assert_eq!(run, Run::Divided, "{before} {after}");
    }
}

#[test]
fn items_that_depend_on_those_before_them_are_not_divided() {
    for before in [
        "task[\"attributes\"][\"before\"] = len(seen); seen.append(1)",
        "task[\"attributes\"][\"last\"] = last if \"item-0\" != task[\"name\"] else 0; last = task[\"name\"]",
        "note(task); task[\"attributes\"][\"before\"] = len(LIST)",
        "LIST.append(1); task[\"attributes\"][\"before\"] = len(LIST)",
    ] {
        let Some(run) = run(before, "pass") else {
            return;
        };
        assert_eq!(run, Run::Alone, "{before}");
    }
}

#[test]
fn what_does_not_show_in_the_code_is_found_by_comparing() {
    for (before, after) in [
        (
            "task[\"attributes\"][\"before\"] = NUMBERS.following()",
            "pass",
        ),
        // These are not plain data.
        (
            "task[\"numbers\"] = NUMBERS",
            "del task[\"numbers\"]; seen.append(1)",
        ),
    ] {
        let Some(run) = run(before, after) else {
            return;
        };
        assert_eq!(run, Run::Repeated, "{before}");
    }
}

#[test]
fn what_another_process_does_is_reported() {
    let Some(world) = project(
        "task[\"attributes\"][\"number\"] > 290 and time.time()",
        "pass",
    ) else {
        return;
    };
    let log = |more: &[&str]| {
        let done = world.ours(&[OURS, &["--verbose"], more].concat());
        let log = flat(&String::from_utf8_lossy(&done.stderr));
        assert!(log.contains("items are divided over 2 processes"), "{log}");
        let reason = "reads the clock (taskcluster/hail_taskgraph/many.py";
        assert_eq!(log.contains(reason), more.is_empty(), "{log}");
    };
    log(&[]);
    // Without a cache, nothing is watched.
    log(&["--no-cache"]);
}

#[test]
fn a_mistake_in_another_process_is_reported_as_if_there_were_one() {
    let mistake = "assert task[\"name\"] != \"item-250\", \"a mistake\"";
    let Some(world) = project(mistake, "pass") else {
        return;
    };
    let alone = OURS
        .iter()
        .map(|one| if *one == "-j2" { "-j1" } else { one });
    let [divided, alone] = [OURS, &alone.collect::<Vec<_>>()].map(|arguments| {
        let text = flat(&world.failure(arguments));
        let (_, message) = text.split_once('×').unwrap();
        message.split_once("cause:").unwrap().0.to_owned()
    });
    assert!(divided.contains("task `item-250`") && divided.contains("a mistake"));
    assert_eq!(divided, alone);
}

/// What a worker does that reads a call after the message for it has arrived.
const LATE: &str = r#"
import select
from snowman_worker.wire import Pipe

def serve(requests, answers, lifeline):
    pipe = Pipe(requests, answers)
    first, blobs = pipe.read()
    asked = select.poll()
    asked.register(pipe.requests, select.POLLIN)
    print(first["call"], [len(blob) for blob in blobs], len(asked.poll(0)), pipe.read()[0]["call"])
"#;

#[test]
fn a_message_that_has_arrived_before_the_call_was_read_is_noticed() {
    let Some(python) = python() else {
        return;
    };
    let boot = include_str!("../../src/python/worker/boot.py");
    let wire = include_str!("../../src/python/worker/wire.py");
    let message = |head: &Value, blob: &[u8]| {
        let head = head.to_string();
        let numbers = [head.len(), 1, blob.len()].map(|number| (number as u32).to_be_bytes());
        [numbers.concat(), head.into_bytes(), blob.to_vec()].concat()
    };
    let sources = json!({"sources": {"main": LATE, "wire": wire}}).to_string();
    let start = [(sources.len() as u32).to_be_bytes(), [0; 4]].concat();
    let sent = [
        start,
        sources.into_bytes(),
        message(&json!({"call": "generate_kind"}), &[b' '; 10_000]),
        message(&json!({"call": "divide"}), b""),
    ]
    .concat();
    let mut worker = Command::new(python)
        .args(["-c", boot])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    worker.stdin.take().unwrap().write_all(&sent).unwrap();
    let printed = worker.wait_with_output().unwrap().stderr;
    let printed = String::from_utf8(printed).unwrap();
    assert_eq!(printed, "generate_kind [10000] 1 divide\n");
}
