//! Small random projects, some with a mistake: `random/make.py` generates them, and
//! `random/answer.py` runs the peer.
//!
//! A line contains a project and the peer's results. There are several if the peer's result depends
//! on the order of Python's hashes; each of our tasks must be as in one of them. A project that the
//! peer refuses must be refused.
//!
//! `SNOWMAN_PROJECTS` names a file with other projects, which `tests/parity/run --projects` writes.

use std::collections::BTreeSet;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use snowman::base::diagnostic::Outcome;
use snowman::base::value::{Object, Value, json};
use snowman::ports::environment::Environment;

use super::bench::{Bench, Documents, HERE, difference, lay_out, messages};
use super::stub::Stub;

const PHASES: [&str; 5] = ["full", "target", "target-graph", "optimized", "morphed"];

/// Writes config.yml and the files of the kinds. JSON is YAML.
fn write(project: &Value, repository: &Path) {
    let folder = repository.join("taskcluster");
    let kinds = folder.join("kinds");
    let _ = fs::remove_dir_all(&kinds);
    fs::write(folder.join("config.yml"), project["config"].to_string()).unwrap();
    for (kind, files) in project["kinds"].as_object().unwrap() {
        fs::create_dir_all(kinds.join(kind)).unwrap();
        for (name, document) in files.as_object().unwrap() {
            fs::write(kinds.join(kind).join(name), document.to_string()).unwrap();
        }
    }
}

/// A file with other projects than the committed ones.
fn other_projects() -> Option<PathBuf> {
    let environment = Environment::of_process();
    environment.filled("SNOWMAN_PROJECTS").map(Into::into)
}

/// Reads the lines of a file, compressed with xz because projects are similar over long distances.
fn lines() -> Vec<Value> {
    let golden = || Path::new(HERE).join("goldens/random.jsonl.xz");
    let path = other_projects().unwrap_or_else(golden);
    let mut file = BufReader::new(fs::File::open(path).unwrap());
    let mut lines = Vec::new();
    lzma_rs::xz_decompress(&mut file, &mut lines).unwrap();
    let lines = serde_json::Deserializer::from_slice(&lines).into_iter();
    lines.map(Result::unwrap).collect()
}

/// Returns whether each of our tasks is as in some answer, and an answer has the same tasks.
fn assembled(ours: &Object, theirs: &[&Value]) -> bool {
    let labels: BTreeSet<_> = ours.keys().collect();
    let same =
        |answer: &&Value| answer.as_object().unwrap().keys().collect::<BTreeSet<_>>() == labels;
    theirs.iter().any(same)
        && ours
            .iter()
            .all(|(label, task)| theirs.iter().any(|answer| answer.get(label) == Some(task)))
}

/// docs/differences.md: each dependency once. The peer's order of soft dependencies is arbitrary.
fn on_purpose(answer: &mut Value) {
    for phase in ["full", "optimized", "morphed"] {
        let tasks = answer.get_mut(phase).and_then(Value::as_object_mut);
        for task in tasks.into_iter().flat_map(|tasks| tasks.values_mut()) {
            let soft = task["soft_dependencies"].as_array_mut().unwrap();
            soft.sort_by_key(Value::to_string);
            if let Some(listed) = task["task"]
                .get_mut("dependencies")
                .and_then(Value::as_array_mut)
            {
                super::list_once(listed);
            }
        }
    }
}

/// Projects that intentionally fail on one side only: the entry in docs/differences.md, and the
/// text of our error or the peer's.
const REFUSALS: &[(&str, &str)] = &[
    (
        "spans-of-time-are-checked-in-every-graph",
        "units are second, minute",
    ),
    (
        "spans-of-time-are-checked-in-every-graph",
        "is not a time span",
    ),
    ("taskids-and-dates-are-checked", "`existing_tasks`: taskId "),
    ("taskids-and-dates-are-checked", "which is not in the years"),
    ("kinds-are-checked", "`tasks-from`: "),
    ("kinds-are-checked", "`kind-dependencies`: "),
    ("two-tasks-with-the-same-label", "two tasks have the label"),
    ("labels-are-not-empty", "label is empty"),
    ("null-means-that-a-key-is-not-given", "'NoneType'"),
    (
        "null-means-that-a-key-is-not-given",
        "`worker.artifacts.name`: expected a string, found null",
    ),
];

fn excused(refusal: &str) -> bool {
    REFUSALS.iter().any(|(_, text)| refusal.contains(text))
}

fn sorted(ours: &Object) -> Object {
    let mut ours = json!({ "full": ours });
    on_purpose(&mut ours);
    ours["full"].as_object().unwrap().clone()
}

/// Describes the differences between our result and the peer's.
fn compare(ours: &Outcome<Documents>, answers: &[Value]) -> Option<String> {
    let refused = match ours {
        Err(wrong) => Some(wrong),
        Ok(documents) => documents
            .values()
            .find_map(|document| document.as_ref().err()),
    };
    let theirs: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.get("refused"))
        .collect();
    match (refused, theirs.len()) {
        (Some(wrong), 0) => {
            let only_ours = !messages(wrong).into_iter().any(excused);
            return only_ours.then(|| format!("only ours refuses: {:?}", messages(wrong)));
        }
        (None, all) if all == answers.len() => {
            let only_theirs = !excused(theirs[0].as_str().unwrap());
            return only_theirs.then(|| format!("only the peer refuses: {}", theirs[0]));
        }
        _ => {}
    }
    PHASES.into_iter().find_map(|phase| {
        let ours = ours.as_ref().ok()?[phase].as_ref().ok()?;
        let theirs: Vec<_> = answers
            .iter()
            .filter_map(|answer| answer.get(phase))
            .collect();
        let first = theirs.first()?;
        if first.is_array() {
            let labels: BTreeSet<_> = ours.keys().collect();
            let found = theirs.contains(&&json!(labels));
            return (!found).then(|| format!("{phase}: {labels:?}, not {first}"));
        }
        let ours = &sorted(ours);
        let found = difference("", &json!(ours), first)?;
        (!assembled(ours, &theirs)).then(|| format!("{phase}: {found}"))
    })
}

/// Returns the differences in every `step`th project, beginning with the one at `start`.
fn differences(lines: &[Value], start: usize, step: usize) -> Vec<(usize, String)> {
    let scratch = lay_out(&Path::new(HERE).join("random/base"), None);
    let bench = Bench::new(scratch.path(), &Object::new());
    let numbered = lines.iter().enumerate().skip(start).step_by(step);
    let compared = numbered.filter_map(|(number, line)| {
        let project = &line["project"];
        write(project, scratch.path());
        let stub = Stub::new(project["index"].as_object().unwrap().clone(), Object::new());
        let params = project["params"].as_object().unwrap().clone();
        let mut answers = line["answers"].as_array().unwrap().clone();
        answers.iter_mut().for_each(on_purpose);
        let found = compare(&bench.documents(&stub, params), &answers)?;
        let mistake = project["mistake"].as_str().unwrap_or("no mistake");
        Some((number, format!("{number} ({mistake}): {found}")))
    });
    compared.collect()
}

#[test]
fn intended_differences_have_an_entry() {
    let lines = fs::read_to_string("docs/differences.md").unwrap();
    let anchor = |heading: &str| {
        heading
            .trim_start_matches("# ")
            .to_lowercase()
            .replace(' ', "-")
    };
    let anchors: BTreeSet<_> = lines
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(anchor)
        .collect();
    for (entry, _) in REFUSALS {
        assert!(
            anchors.contains(&anchor(&format!("### {entry}"))),
            "{entry}"
        );
    }
}

#[test]
fn random_projects_are_generated_as_by_the_peer() {
    let lines = lines();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut found: Vec<_> = std::thread::scope(|scope| {
        let lines = &lines;
        let running: Vec<_> = (0..threads)
            .map(|start| scope.spawn(move || differences(lines, start, threads)))
            .collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(lines.len() >= 300 || other_projects().is_some());
    found.sort();
    let differences: Vec<_> = found.into_iter().map(|(_, found)| found).collect();
    assert!(
        differences.is_empty(),
        "{} of {} projects differ:\n{}",
        differences.len(),
        lines.len(),
        differences.join("\n")
    );
}
