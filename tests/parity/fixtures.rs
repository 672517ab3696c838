//! Whole projects, in `projects` and `errors`.
//!
//! Every project gets a separate repository, and every phase runs for every set of parameters. The
//! index and the queue answer from the project's `index.json`. A line of a golden file is
//! `[command, label, task]`; tasks that are equal in the full graph, or for `morphed` in the
//! optimized graph, are omitted.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use snowman::base::value::{Object, Value, json};
use snowman::config::parameters::Parameters;

use super::bench::{Bench, COMMANDS, HERE, difference, lay_out, messages};
use super::stub::Stub;

/// Reads a JSON file of the project, if it exists.
fn read_json(project: &Path, name: &str) -> Object {
    fs::read(project.join(name)).map_or_else(
        |_| Object::new(),
        |text| serde_json::from_slice(&text).unwrap(),
    )
}

fn folders(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(HERE).join(path)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Reads the documents of a golden file.
fn goldens(path: &Path) -> BTreeMap<String, Object> {
    let mut documents: BTreeMap<String, Object> = BTreeMap::new();
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
            "morphed" => documents.get("optimized").cloned(),
            _ => Some(full.clone()),
        };
        let document = documents.entry(command).or_default();
        if let Some([_, Value::String(label), rest @ ..]) = line.as_array().map(|line| &**line) {
            let task = rest.first().cloned();
            let task = task
                .or_else(|| before?.get(label.as_str()).cloned())
                .unwrap();
            document.insert(label.clone(), task);
        }
    }
    // docs/differences.md, each dependency once.
    for command in ["optimized", "morphed"] {
        for task in documents
            .get_mut(command)
            .into_iter()
            .flat_map(|document| document.values_mut())
        {
            let listed = task["task"].get_mut("dependencies");
            if let Some(listed) = listed.and_then(Value::as_array_mut) {
                super::list_once(listed);
            }
        }
    }
    documents
}

#[test]
fn graphs_equal_the_peers() {
    let mut wrong = Vec::new();
    for project in folders("projects") {
        let name = project.file_name().unwrap().to_str().unwrap();
        let scratch = lay_out(&project, None);
        let bench = Bench::new(scratch.path(), &read_json(&project, "environment.json"));
        let stub = Stub::new(
            read_json(&project, "index.json"),
            read_json(&project, "graphs.json"),
        );
        for golden in folders(&format!("goldens/{name}")) {
            let stem = golden.file_name().unwrap().to_str().unwrap();
            let stem = stem.strip_suffix(".jsonl.gz").unwrap();
            let params = project.join("params").join(format!("{stem}.yml"));
            let theirs = goldens(&golden);
            let values = Parameters::read("params.yml", &fs::read(params).unwrap()).unwrap();
            let ours = match bench.documents(&stub, values) {
                Ok(ours) => ours,
                Err(refused) => {
                    wrong.push(format!("{name} {stem}: refused: {:?}", messages(&refused)));
                    continue;
                }
            };
            for command in COMMANDS {
                let found = match &ours[command] {
                    Ok(ours) => difference("", &json!(ours), &json!(theirs[command])),
                    Err(refused) => Some(format!("refused: {:?}", messages(refused))),
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
            let stub = Stub::new(Object::new(), Object::new());
            let done = Bench::new(scratch.path(), &Object::new()).documents(&stub, values);
            let accepted = done.is_ok_and(|documents| documents["morphed"].is_ok());
            accepted.then(|| case.display().to_string())
        })
        .collect();
    assert!(wrong.is_empty(), "taken: {}", wrong.join(", "));
}
