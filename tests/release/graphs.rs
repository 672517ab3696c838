//! The release tasks of real graphs follow the rules of their workers.
//!
//! `SNOWMAN_GRAPHS` names files that `snowman morphed --json` has written, separated by colons. Without it, there is
//! nothing to look at.

use std::collections::BTreeMap;

use snowman::base::json::read;
use snowman::base::value::Value;
use snowman::release::{check, recognize};

#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "reads where graphs are, and says what was found in them"
)]
#[test]
fn release_tasks_of_real_graphs_are_accepted() {
    let Some(files) = std::env::var_os("SNOWMAN_GRAPHS") else {
        eprintln!("skipped: SNOWMAN_GRAPHS names no graphs");
        return;
    };
    let mut refused = Vec::new();
    for file in std::env::split_paths(&files) {
        let graph = read("graph", &std::fs::read(&file).unwrap()).unwrap();
        let mut found: BTreeMap<(&str, String), (usize, Vec<String>)> = BTreeMap::new();
        for (_, task) in graph.as_object().unwrap() {
            let kind = task["kind"].as_str().unwrap();
            let definition = &task["task"];
            let Some(recognized) = recognize(kind, definition) else {
                continue;
            };
            let action = recognized.action.map_or("(unknown)", |action| action.name);
            let system = recognized.system.name;
            let name = format!("{system} {action}");
            let entry = found.entry((system, name)).or_default();
            entry.0 += 1;
            if !entry.1.iter().any(|known| known == kind) {
                entry.1.push(kind.to_owned());
            }
            // A task that depends on no other is created with a dependency on the decision task.
            for violation in check(recognized, definition, true) {
                refused.push(format!("{}: {}", label(task), violation.message));
            }
        }
        eprintln!("{}", file.display());
        for ((_, name), (count, kinds)) in &found {
            eprintln!("| {name} | {count} | {} |", kinds.join(", "));
        }
    }
    assert!(
        refused.is_empty(),
        "{}:\n{}",
        refused.len(),
        refused.join("\n")
    );
}

fn label(task: &Value) -> &str {
    task["label"].as_str().unwrap_or_default()
}
