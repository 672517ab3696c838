//! `--timings` shows the lines of a project that take the time.

use std::path::Path;
use std::process::Command;

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

/// Runs a script with the folder of the worker's modules and an empty one.
fn assert_printed(script: &str, expected: &str) {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/python/worker");
    let output = Command::new(python)
        .args(["-B", "-c", script])
        .args([&modules, folder.path()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, expected, "{output:?}");
}

/// Two functions, and what is answered after each of them has run for some time.
const ANSWERS: &str = "
import sys
import time

sys.path.insert(0, sys.argv[1])
import hot_lines

with open(sys.argv[2] + '/busy.py', 'w') as file:
    for name in 'first', 'second':
        file.write('def %s(until):\\n    while until():\\n        sum(range(1000))\\n' % name)
sys.path.insert(0, sys.argv[2])
import busy

hot_lines.start(sys.argv[2], sys.argv[2])
for run in busy.first, busy.second:
    end = time.process_time() + 0.2
    run(lambda: time.process_time() < end)
    answer = hot_lines.hot_lines({})
    print(sorted({function for _, function, _ in answer['lines']}), answer['all'] < 390)
";

/// A function whose instructions belong to no line.
const WITHOUT_LINES: &str = "
import sys
import time

sys.path.insert(0, sys.argv[1])
import hot_lines

with open(sys.argv[2] + '/busy.py', 'w') as file:
    file.write('\\ndef busy(until):\\n    while until():\\n        sum(range(1000))\\n')
sys.path.insert(0, sys.argv[2])
from busy import busy

code = busy.__code__
if hasattr(code, 'co_linetable'):
    busy.__code__ = code.replace(co_linetable=b'')
hot_lines.start(sys.argv[2], sys.argv[2])
end = time.process_time() + 0.2
busy(lambda: time.process_time() < end)
print({line.partition(':')[0] for line, _, _ in hot_lines.hot_lines({})['lines']})
";

#[test]
fn instructions_without_a_line_are_counted_for_their_function() {
    assert_printed(WITHOUT_LINES, "{'busy.py'}\n");
}

#[test]
fn each_answer_is_about_the_time_since_the_one_before() {
    assert_printed(ANSWERS, "['first'] True\n['second'] True\n");
}
