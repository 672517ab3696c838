//! The second worker, and how it is started.

use std::collections::BTreeMap;

use serde_json::Value;

use super::world::{World, document, python};

const ARGUMENTS: &[&str] = &["full", "--json", "--python=whole", "-p", "params/push.yml"];
const INIT: &str = "taskcluster/hail_taskgraph/__init__.py";

/// Each of two kinds waits until the other runs.
const MEET: &str = r#"import os, time

def meet(name):
    open(name + ".here", "w").close()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if all(os.path.exists(name + ".here") for name in ("odd", "test")):
            return
        time.sleep(0.02)
"#;

/// Loading the project takes longer than the start of a worker.
const SLOW_LOAD: &str = "import time\ntime.sleep(0.4)\nfrom importlib import import_module\n";

/// A project in which two kinds run at the same time, and add the numbers of their process and its
/// parent to each task. The kind before them is slow: a second worker is only started if that saves time.
pub fn project(python: std::path::PathBuf) -> World {
    let line = "    for number, task in enumerate(tasks):\n";
    let slow = format!("    import time\n    time.sleep(1)\n{line}");
    let file = "taskcluster/hail_taskgraph/transforms/build.py";
    fast_project(python).with(file, line, &slow)
}

/// The same without a slow kind.
fn fast_project(python: std::path::PathBuf) -> World {
    let kinds = [
        ("odd", "        primary = task.pop(\"primary\")\n", "task"),
        (
            "test",
            "            copied[\"optimization\"] = {\"hail-found\": None}\n",
            "copied",
        ),
    ];
    let mut world = World::new(python).file("taskcluster/hail_taskgraph/meet.py", MEET);
    for (kind, line, task) in kinds {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let file = format!("taskcluster/hail_taskgraph/transforms/{kind}.py");
        let new = format!(
            "{line}{indent}import os; from hail_taskgraph import meet; meet.meet(\"{kind}\")\n\
             {indent}{task}.setdefault(\"attributes\", {{}})\n\
             {indent}{task}[\"attributes\"][\"process\"] = [os.getpid(), os.getppid()]\n"
        );
        world = world.with(&file, line, &new);
    }
    world
}

/// Runs the project, whose graph must be the expected one. Returns the processes of the two kinds, each
/// with its parent.
fn processes(world: &World, expected: &Value) -> [[u64; 2]; 2] {
    let mut graph = document(&world.ours(ARGUMENTS));
    let mut processes = BTreeMap::new();
    for (label, task) in graph.as_object_mut().unwrap() {
        let attributes = task["attributes"].as_object_mut().unwrap();
        if let Some(found) = attributes.shift_remove("process") {
            processes.insert(label.clone(), serde_json::from_value(found).unwrap());
        }
    }
    // The second worker gets the same tasks as the first one.
    assert!(&graph == expected);
    [processes["odd-one"], processes["test-one-unit"]]
}

/// A second worker is started as soon as that saves time, whatever the first one does.
#[test]
fn a_kind_does_not_wait_for_a_long_one() {
    let Some(python) = python() else { return };
    let expected = document(&World::new(python.clone()).ours(ARGUMENTS));
    let [odd, test] = processes(&fast_project(python), &expected);
    assert_ne!(odd[0], test[0]);
}

#[test]
fn independent_kinds_run_in_two_workers() {
    let Some(python) = python() else { return };
    let expected = document(&World::new(python.clone()).ours(ARGUMENTS));
    let world = project(python);
    let [odd, test] = processes(&world, &expected);
    assert_ne!(odd[0], test[0]);
}

#[test]
fn a_second_worker_is_forked_from_the_first() {
    let Some(python) = python() else { return };
    let expected = document(&World::new(python.clone()).ours(ARGUMENTS));
    let slow = |text: &str| {
        let world = project(python.clone());
        let import = "from importlib import import_module\n";
        world.with(INIT, import, &format!("{SLOW_LOAD}{text}"))
    };
    let [odd, test] = processes(&slow(""), &expected);
    assert!(odd[0] == test[1] || odd[1] == test[0], "{odd:?} {test:?}");
    // It is not safe to fork a process with threads or open files.
    for text in [
        "import threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n",
        "FILE = open(__file__)\n",
        "import subprocess, sys\nRUNS = subprocess.Popen([sys.executable], stdin=subprocess.PIPE)\n",
    ] {
        let [odd, test] = processes(&slow(text), &expected);
        assert_ne!(odd[0], test[0], "{text}");
        assert_eq!(odd[1], test[1], "{text}");
    }
}
