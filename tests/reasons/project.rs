//! The reasons for every task of a project with Python code, of which the Python is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::python::world::{World, document, python};

/// The sets of parameters of the project.
const PARAMS: [&str; 3] = ["push", "everything", "others"];

/// The full graph and the explanations of all its tasks.
fn explained(world: &World, params: &str, more: &[&str]) -> (Value, BTreeMap<String, Value>) {
    let params = format!("params/{params}.yml");
    let full = document(&world.ours(&["full", "--json", "-p", &params]));
    let labels: Vec<&str> = full
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let arguments = ["explain", "--json", "-p", &params];
    let done = world.ours(&[&arguments[..], more, &labels].concat());
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    let tasks = told[0]["tasks"].as_object().unwrap().clone();
    assert_eq!(tasks.len(), labels.len());
    (full.clone(), tasks.into_iter().collect())
}

/// A dependency: the task that has it, its list and its name.
type Edge = (String, String, String);

/// The dependencies of a task, each with what has given it its present value.
fn authors(label: &str, told: &Value) -> BTreeMap<Edge, Value> {
    let edges = told["dependencies"].as_array().unwrap().iter();
    let author = |edge: &Value| {
        let text = |key: &str| edge[key].as_str().unwrap().to_owned();
        let changes = edge["changes"].as_array().unwrap();
        let last = changes
            .last()
            .unwrap_or_else(|| panic!("nothing has added {edge}"));
        assert_eq!(last["to"], edge["task"], "{edge}");
        (
            (label.to_owned(), text("list"), text("name")),
            last["by"].clone(),
        )
    };
    edges.map(author).collect()
}

/// Something that is written in Python: its name, its file and its line.
type Written = (String, String, usize);

/// Reads `NAME at FILE:LINE`.
fn written(text: &str) -> Option<Written> {
    let (name, place) = text.split_once(" at ")?;
    let (file, line) = place.rsplit_once(':')?;
    Some((name.to_owned(), file.to_owned(), line.parse().ok()?))
}

/// The lines of a file, and the position of the line in which a function or class begins.
fn lines(world: &World, (name, file, line): &Written, word: &str) -> (Vec<String>, usize) {
    let text = std::fs::read_to_string(world.root().join(file)).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let short = name.rsplit('.').next().unwrap();
    let is_head = |line: &String| line.starts_with(&format!("{word} {short}("));
    let position = lines.iter().position(is_head).unwrap();
    // The line may be that of a decorator.
    assert!(
        (line - 1..line + 1).contains(&position),
        "{name} is not at {file}:{line}"
    );
    (lines, position)
}

/// The project with other lines in a file.
fn rewritten(world: World, (_, file, _): &Written, lines: &[String]) -> World {
    world.file(file, &(lines.join("\n") + "\n"))
}

/// The dependencies in a full graph.
fn edges(full: &Value) -> BTreeSet<Edge> {
    let mut found = BTreeSet::new();
    for (label, task) in full.as_object().unwrap() {
        let named = task["dependencies"].as_object().unwrap().keys();
        found.extend(named.map(|name| (label.clone(), "dependencies".to_owned(), name.clone())));
    }
    found
}

/// What takes the dependencies away that a transform adds.
const WITHOUT: &str = "def _without(function):
    def changed(config, tasks):
        for task in function(config, tasks):
            task.pop(\"dependencies\", None)
            yield task
    return changed

";

#[test]
fn without_the_function_that_is_named_there_is_no_dependency() {
    let Some(python) = python() else { return };
    let (full, told) = explained(&World::new(python.clone()), "everything", &[]);
    let mut by_function: BTreeMap<Written, BTreeSet<Edge>> = BTreeMap::new();
    for (label, told) in &told {
        for (edge, by) in authors(label, told) {
            let function = by["function"].as_str().and_then(written);
            if let Some(function) = function.filter(|one| one.1.starts_with("taskcluster/")) {
                by_function.entry(function).or_default().insert(edge);
            }
        }
    }
    let names: Vec<&str> = by_function.keys().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["describe", "per_build", "without_tasks"]);
    for (function, claimed) in by_function {
        let world = World::new(python.clone());
        let (mut lines, position) = lines(&world, &function, "def");
        lines.insert(position, "@_without".to_owned());
        let decorated = lines[..position]
            .iter()
            .rposition(|line| !line.starts_with('@'));
        lines.insert(decorated.unwrap() + 1, WITHOUT.to_owned());
        let world = rewritten(world, &function, &lines);
        let changed = document(&world.ours(&["full", "--json", "-p", "params/everything.yml"]));
        let gone: BTreeSet<Edge> = edges(&full).difference(&edges(&changed)).cloned().collect();
        assert_eq!(gone, claimed, "{function:?}");
    }
}

#[test]
fn the_authors_of_dependencies_are_those_of_taskgraphs_own_code() {
    let Some(python) = python() else { return };
    let world = World::new(python);
    for params in PARAMS {
        let (_, mixed) = explained(&world, params, &[]);
        let (_, whole) = explained(&world, params, &["--python=whole"]);
        for (label, told) in &mixed {
            let theirs = &whole[label];
            assert_eq!(told["written"], theirs["written"], "{label}");
            let without_function = |told: &Value| {
                let mut authors = authors(label, told);
                for by in authors.values_mut() {
                    // What runs here has no function in Python.
                    by["function"] = Value::Null;
                }
                authors
            };
            assert_eq!(without_function(told), without_function(theirs), "{label}");
            for key in ["result", "target"] {
                assert_eq!(told[key], theirs[key], "{label} {key}");
            }
        }
    }
}

/// Transforms that do more with the tasks than iterate over them, and the last of which adds a dependency.
const AT_ONCE: &str = "import copy

def as_list(config, tasks):
    return list(tasks)

def as_tuple(config, tasks):
    assert isinstance(tasks, list), type(tasks)
    tasks.sort(key=lambda task: task[\"name\"], reverse=True)
    names = [task[\"name\"] for task in tasks]
    assert names == sorted(names, reverse=True) and len(set(names)) > 1, names
    assert copy.deepcopy(tasks) == tasks and type(copy.deepcopy(tasks)) is list
    return tuple(tasks[:len(tasks)])

def soft(config, tasks):
    assert isinstance(tasks, tuple), type(tasks)
    for task in tasks[:1] + tasks[1:]:
        label = task[\"dependencies\"][\"build\"]
        yield {**task, \"soft-dependencies\": [label], \"if-dependencies\": [\"build\"]}
";

#[test]
fn transforms_get_lists_where_the_one_before_returns_a_list() {
    let Some(python) = python() else { return };
    let module = "hail_taskgraph.transforms.at_once";
    let transforms = ["as_list", "as_tuple", "soft"].map(|name| format!("\n  - {module}:{name}"));
    let world = World::new(python)
        .file("taskcluster/hail_taskgraph/transforms/at_once.py", AT_ONCE)
        .with(
            "taskcluster/kinds/test/kind.yml",
            "\n  - hail_taskgraph.transforms.test",
            &format!(
                "\n  - hail_taskgraph.transforms.test{}",
                transforms.concat()
            ),
        );
    for more in [&[][..], &["--python=whole"]] {
        let (full, told) = explained(&world, "everything", more);
        let tests = told.iter().filter(|(_, told)| told["kind"] == "test");
        let mut counts = BTreeMap::new();
        for (label, told) in tests {
            let build = full[label]["dependencies"]["build"].as_str().unwrap();
            let authors = authors(label, told);
            for (list, name, by) in [
                ("dependencies", "build", "hail_taskgraph.transforms.test"),
                (
                    "soft-dependencies",
                    build,
                    "hail_taskgraph.transforms.at_once:soft",
                ),
                (
                    "if-dependencies",
                    build,
                    "hail_taskgraph.transforms.at_once:soft",
                ),
            ] {
                let edge = (label.clone(), list.to_owned(), name.to_owned());
                assert_eq!(authors[&edge]["name"], by, "{label} {list} {more:?}");
                *counts.entry(list).or_insert(0) += 1;
            }
        }
        // One for each build.
        assert!(counts.values().all(|count| *count == 4), "{counts:?}");
        assert_eq!(counts.len(), 3);
    }
}

#[test]
fn a_kind_whose_own_loader_reads_other_files_is_not_taken_for_empty() {
    let Some(python) = python() else { return };
    let world = World::new(python).with(
        "taskcluster/kinds/listed/kind.yml",
        "tasks:\n  written:\n    description: written in the file\n",
        "",
    );
    let full = document(&world.ours(&["full", "--json", "-p", "params/push.yml"]));
    let labels = full.as_object().unwrap().keys();
    let listed = labels.filter(|label| full[*label]["kind"] == "listed");
    let listed: Vec<&str> = listed.map(String::as_str).collect();
    assert!(!listed.is_empty());
    let done = world.ours(&[&["explain", "-p", "params/push.yml"], &listed[..]].concat());
    let log = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && !log.contains("has no tasks"),
        "{log}"
    );
}

#[test]
fn without_what_the_method_or_filter_that_is_named_decides_tasks_are_targets() {
    let Some(python) = python() else { return };
    let (_, told) = explained(&World::new(python.clone()), "push", &[]);
    let mut excluded: BTreeMap<Written, BTreeSet<String>> = BTreeMap::new();
    let mut kept: BTreeMap<Written, BTreeSet<String>> = BTreeMap::new();
    for (label, told) in &told {
        for filter in told["target"]["filters"].as_array().unwrap() {
            let function = written(filter["function"].as_str().unwrap()).unwrap();
            let decided = match filter["keeps"].as_bool().unwrap() {
                true => &mut kept,
                false => &mut excluded,
            };
            decided.entry(function).or_default().insert(label.clone());
        }
    }
    let names: Vec<&str> = excluded.keys().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["hail", "no_odd_tasks"]);
    for (function, labels) in &excluded {
        let filter = match function.0.as_str() {
            "hail" => "target_tasks_method",
            other => other,
        };
        // This filter alone, with another answer.
        let target = |answer: Option<&str>| {
            let both = "filters: [no_odd_tasks, target_tasks_method]";
            let world = World::new(python.clone());
            let mut world = world.with("params/push.yml", both, &format!("filters: [{filter}]"));
            if let Some(answer) = answer {
                let (mut lines, position) = lines(&world, function, "def");
                let arguments = lines[position].split_once('(').unwrap().1;
                let graph = arguments.split_once(',').unwrap().0;
                let answer = format!("    return {}", answer.replace("GRAPH", graph));
                lines.insert(position + 1, answer);
                world = rewritten(world, function, &lines);
            }
            let selected = world.ours(&["target", "--json", "-p", "params/push.yml"]);
            let selected = document(&selected).as_object().unwrap().clone();
            let selected = selected.into_iter().map(|(label, _)| label);
            selected.collect::<BTreeSet<String>>()
        };
        let before = target(None);
        assert!(before.is_disjoint(labels), "{function:?}: {before:?}");
        assert!(
            before.is_superset(&kept[function]),
            "{function:?}: {before:?}"
        );
        let all = target(Some("list(GRAPH.tasks)"));
        assert!(all.is_superset(labels), "{function:?}: {all:?}");
        let none = target(Some("[]"));
        assert!(none.is_disjoint(&kept[function]), "{function:?}: {none:?}");
    }
}

/// A kind whose tasks are optimized by strategies of the project, and nothing depends on them.
const ALONE: &str = "loader: taskgraph.loader.transform:loader
transforms: [taskgraph.transforms.task]
kind-dependencies: []
task-defaults:
  description: is optimized
  worker-type: linux
  worker: {docker-image: \"hail:1\", max-run-time: 60, command: [\"true\"]}
  run-on-projects: [all]
tasks:
  small: {attributes: {size: 1}, optimization: {hail-skip: null}}
  large: {attributes: {size: 99}, optimization: {hail-skip: null}}
  found: {optimization: {hail-found: fN1SbArXTPSVFUUvaOlinQ}}
  missing: {optimization: {hail-found: null}}
  unchanged: {optimization: {hail-any: [docs/**]}}
  changed: {optimization: {skip-unless-changed: [src/**]}}
";

/// The project with these tasks.
fn with_strategies(python: PathBuf) -> World {
    World::new(python).file("taskcluster/kinds/alone/kind.yml", ALONE)
}

#[test]
fn with_another_answer_of_the_strategy_that_is_named_tasks_are_created() {
    let Some(python) = python() else { return };
    let (_, told) = explained(&with_strategies(python.clone()), "everything", &[]);
    let results = ["small", "large", "found", "missing", "unchanged", "changed"];
    let results = results.map(|name| told[&format!("alone-{name}")]["result"].clone());
    assert_eq!(
        results,
        [
            "created", "removed", "replaced", "created", "removed", "created"
        ]
    );
    for (name, phase, class) in [
        ("large", "removing", "Skip"),
        ("found", "replacing", "Found"),
    ] {
        let label = format!("alone-{name}");
        let finding = &told[&label]["optimization"][phase];
        let finding = finding.get(0).unwrap_or(finding);
        let log = finding["asked"][0]["evidence"]["log"].as_array().unwrap();
        let line = log.last().unwrap().as_str().unwrap();
        let place = line.split_once('(').unwrap().1.split_once(')').unwrap().0;
        let strategy = written(place).unwrap();
        assert_eq!(strategy.0, class);
        let world = with_strategies(python.clone());
        let (lines, position) = lines(&world, &strategy, "class");
        let (before, after) = lines.split_at(position + 1);
        let mut changed: Vec<String> = before.to_vec();
        for line in after {
            changed.push(line.clone());
            if line.starts_with("    def should_") {
                changed.push("        return False".to_owned());
            }
        }
        let world = rewritten(world, &strategy, &changed);
        let left = world.ours(&["optimized", "--json", "-p", "params/everything.yml"]);
        let left = document(&left);
        let mut left = left.as_object().unwrap().values();
        assert!(left.any(|task| task["label"] == *label), "{label}: {line}");
    }
}

#[test]
fn the_parts_of_a_strategy_say_what_they_have_found() {
    let Some(python) = python() else { return };
    let (_, told) = explained(&with_strategies(python), "everything", &[]);
    let log = |name: &str| {
        let finding = &told[&format!("alone-{name}")]["optimization"]["removing"][0];
        let log = finding["asked"][0]["evidence"]["log"]
            .as_array()
            .unwrap()
            .iter();
        log.map(|line| line.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let unchanged = log("unchanged");
    let [message, part, whole] = unchanged.as_slice() else {
        panic!("{unchanged:?}");
    };
    assert!(message.contains("skip-unless-changed") && message.contains("alone-unchanged"));
    assert!(
        part.starts_with("skip-unless-changed (SkipUnlessChanged at taskgraph/"),
        "{part}"
    );
    assert!(part.ends_with(" says: remove"), "{part}");
    assert!(
        whole.starts_with("skip-unless-changed-or-always (Any at "),
        "{whole}"
    );
}

#[test]
fn the_log_has_what_strategies_log() {
    let Some(python) = python() else { return };
    let world = with_strategies(python).with(
        "taskcluster/hail_taskgraph/strategies.py",
        "        return task.attributes.get(\"size\", 0) > params[\"hail_size\"]",
        "        import logging
        logging.getLogger(\"optimization\").debug(\"%s is weighed\", task.label)
        logging.getLogger(\"optimization\").warning(\"%s is measured\", task.label)
        return task.attributes.get(\"size\", 0) > params[\"hail_size\"]",
    );
    let log = |more: &[&str]| {
        let arguments = ["optimized", "-p", "params/everything.yml"];
        let done = world.ours(&[&arguments[..], more].concat());
        String::from_utf8(done.stderr).unwrap()
    };
    let usual = log(&[]);
    assert!(!usual.contains("is weighed"), "{usual}");
    assert_eq!(
        usual.matches("alone-large is measured").count(),
        1,
        "{usual}"
    );
    let verbose = log(&["-v"]);
    let line = "remove_tasks: alone-large is removed by hail-skip (hail-skip): alone-large is weighed; \
                alone-large is measured\n";
    assert!(verbose.contains(line), "{verbose}");
}
