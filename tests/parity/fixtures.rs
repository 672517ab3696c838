//! Whole projects, in `projects` and `errors`.
//!
//! Every project is laid out in a repository of its own, and every phase is run for every set of
//! parameters. The index and the queue answer from the project's `index.json`. A line of a golden
//! file is `[command, label, task]`; a task that the full graph has already, or for `morphed` the
//! optimized one, is left out.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use snowman::base::value::Object;
use snowman::config::parameters::Parameters;

use super::bench::{Bench, COMMANDS, HERE, difference, lay_out, told};
use super::stub::Stub;

/// The entries of the project's `index.json`.
fn index(project: &Path) -> Stub {
    let text = fs::read(project.join("index.json"));
    Stub::new(text.map_or_else(
        |_| Object::new(),
        |text| serde_json::from_slice(&text).unwrap(),
    ))
}

fn folders(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(HERE).join(path)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The documents of a golden file; `None` for a command that the peer refuses.
fn goldens(path: &Path) -> BTreeMap<String, Option<Object>> {
    let mut documents: BTreeMap<String, Option<Object>> = BTreeMap::new();
    let file = fs::File::open(path).unwrap();
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let full: Object = lines
        .iter()
        .filter(|line| line[0] == "full" && line.as_array().is_some_and(|l| l.len() == 3))
        .map(|line| (line[1].as_str().unwrap().to_owned(), line[2].clone()))
        .collect();
    for line in lines {
        let command = line[0].as_str().unwrap().to_owned();
        let before = match command.as_str() {
            "morphed" => documents.get("optimized").cloned().flatten(),
            _ => Some(full.clone()),
        };
        let document = documents
            .entry(command)
            .or_insert_with(|| Some(Object::new()));
        match line.as_array().map(Vec::as_slice) {
            Some([_, Value::Null]) => *document = None,
            Some([_, Value::String(label), rest @ ..]) => {
                let task = rest.first().cloned();
                let task = task.or_else(|| before?.get(label).cloned()).unwrap();
                document.as_mut().unwrap().insert(label.clone(), task);
            }
            _ => {}
        }
    }
    // docs/differences.md, each dependency once.
    for command in ["optimized", "morphed"] {
        for task in documents
            .get_mut(command)
            .into_iter()
            .flatten()
            .flat_map(|document| document.values_mut())
        {
            let listed = task["task"].get_mut("dependencies");
            if let Some(listed) = listed.and_then(Value::as_array_mut) {
                listed.dedup();
            }
        }
    }
    documents
}

#[test]
fn graphs_are_those_of_the_peer() {
    let mut wrong = Vec::new();
    for project in folders("projects") {
        let name = project.file_name().unwrap().to_str().unwrap();
        let scratch = lay_out(&project, None);
        let bench = Bench::new(scratch.path());
        let stub = index(&project);
        for golden in folders(&format!("goldens/{name}")) {
            let stem = golden.file_name().unwrap().to_str().unwrap();
            let stem = stem.strip_suffix(".jsonl.gz").unwrap();
            let params = project.join("params").join(format!("{stem}.yml"));
            let theirs = goldens(&golden);
            let values = Parameters::read("params.yml", &fs::read(params).unwrap()).unwrap();
            let ours = match bench.documents(&stub, values) {
                Ok(ours) => ours,
                Err(refused) => {
                    wrong.push(format!("{name} {stem}: refused: {:?}", told(&refused)));
                    continue;
                }
            };
            for command in COMMANDS {
                let found = match (&ours[command], &theirs[command]) {
                    (Ok(ours), Some(theirs)) => difference("", &json!(ours), &json!(theirs)),
                    (Err(_), None) => None,
                    (Ok(_), None) => Some("only the peer refuses".to_owned()),
                    (Err(refused), Some(_)) => Some(format!("refused: {:?}", told(refused))),
                };
                wrong.extend(found.map(|found| format!("{name} {stem} {command}: {found}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn projects_with_mistakes_are_refused() {
    let wrong: Vec<_> = folders("errors/cases")
        .into_iter()
        .filter(|case| !case.ends_with("none"))
        .filter_map(|case| {
            let scratch = lay_out(&Path::new(HERE).join("errors/base"), Some(&case));
            let params = fs::read(Path::new(HERE).join("errors/push.yml")).unwrap();
            let values = Parameters::read("push.yml", &params).unwrap();
            let done = Bench::new(scratch.path()).documents(&Stub::new(Object::new()), values);
            let taken = done.is_ok_and(|documents| documents["morphed"].is_ok());
            taken.then(|| case.display().to_string())
        })
        .collect();
    assert!(wrong.is_empty(), "taken: {}", wrong.join(", "));
}
