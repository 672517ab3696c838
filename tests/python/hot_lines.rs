//! `--timings` shows the lines of a project that take the time.

use super::world::{World, flat, python};

const BUILD: &str = "taskcluster/hail_taskgraph/transforms/build.py";

#[test]
fn timings_show_the_lines_that_take_the_time() {
    let before = "\n        attributes[\"size\"] =";
    // A function that is not written in Python, and calls of one of Python's own modules.
    let slow = "\n        sorted(range(300_000, 0, -1), key=str)\
                \n        [json.loads(\"[1, 2, 3]\") for _ in range(60_000)]";
    let Some(world) = python().map(World::new) else {
        return;
    };
    let world = world.with(BUILD, before, &format!("{slow}{before}")).with(
        BUILD,
        "import os\n",
        "import json\nimport os\n",
    );
    let text = std::fs::read_to_string(world.root().join(BUILD)).unwrap();
    let place = |part: &str| {
        let line = text.lines().position(|line| line.contains(part)).unwrap();
        format!("{BUILD}:{} in size", line + 1)
    };
    for mode in ["--python=mixed", "--python=whole"] {
        let done = world.ours(&["full", "-p", "params/push.yml", "--timings", mode]);
        assert!(done.status.success(), "{done:?}");
        let shown = flat(&String::from_utf8_lossy(&done.stderr));
        for part in ["sorted(", "json.loads("] {
            assert!(shown.contains(&place(part)), "{mode} {part}: {shown}");
        }
        let done = world.ours(&["full", "-p", "params/push.yml", mode]);
        let shown = flat(&String::from_utf8_lossy(&done.stderr));
        assert!(!shown.contains("in size"), "{shown}");
    }
}
