//! The worker's replacements for functions of taskgraph give the results of the originals.

use std::path::Path;
use std::process::Command;

use super::world::{World, document, python};

#[test]
fn replacements_equal_the_originals_on_random_input() {
    let Some(python) = python() else { return };
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .arg(top.join("tests/python/quick/compare.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}{errors}");
}

/// taskgraph copies only tasks of its own class.
#[test]
fn tasks_of_other_kinds_are_copied_with_and_without_replacements() {
    let Some(python) = python() else { return };
    let arguments = ["full", "--json", "-p", "params/push.yml"];
    let expected = document(&World::new(python.clone()).ours(&arguments));
    let line = "            copied = deepcopy(task)\n";
    let copies = "            again, [inner] = deepcopy(build), deepcopy({\"x\": [build]})[\"x\"]
            assert again.task == inner.task == build.task and again.task is not build.task
            assert again.label == inner.label == label
";
    for quick in ["0", "1"] {
        let world = World::new(python.clone())
            .variable("SNOWMAN_PYTHON_QUICK", quick)
            .with(
                "taskcluster/hail_taskgraph/transforms/test.py",
                line,
                &format!("{copies}{line}"),
            );
        for mode in ["--python=mixed", "--python=whole"] {
            let done = world.ours(&[&arguments[..], &[mode]].concat());
            assert!(document(&done) == expected, "{quick} {mode}");
        }
    }
}
