//! Target tasks and optimization of small random graphs.
//!
//! A line contains a graph and the peer's results. There are several if the peer's result depends
//! on the order of Python's hashes; ours must be one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use snowman::base::json::ToJson;
use snowman::base::name::{IndexPath, Label, TaskId};
use snowman::base::task_state::TaskState;
use snowman::base::time::Timestamp;
use snowman::base::value::{Object, Value, json};
use snowman::config::parameters::{Parameters, Strictness};
use snowman::generate::FullTaskGraph;
use snowman::model::label_graph::LabelGraph;
use snowman::optimize::{self, IndexAnswers, OptimizeInputs};
use snowman::ports::environment::Environment;
use snowman::ports::ids::DerivedIds;
use snowman::ports::taskcluster::TaskStatus;
use snowman::target;

const GOLDENS: &str = "tests/parity/goldens/graphs.jsonl.gz";
const NOW: &str = "2026-03-01T12:00:00.000Z";

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn object(value: &Value) -> Object {
    value.as_object().cloned().unwrap()
}

/// Adds the parameters that a graph does not need but that are required.
fn parameters(given: &Value) -> Parameters {
    let mut values = object(&json!({
        "base_repository": "https://github.com/snow/snow",
        "build_date": 0,
        "build_number": 1,
        "head_repository": "https://github.com/snow/snow",
        "head_tag": "",
        "level": "1",
        "moz_build_date": "19700101000000",
        "owner": "someone@example.com",
        "pushdate": 0,
        "pushlog_id": "0",
    }));
    values.extend(object(given));
    Parameters::new(values, Strictness::Strict).unwrap()
}

fn answers(case: &Value) -> IndexAnswers {
    let tasks = object(&case["index"]);
    let statuses = object(&case["statuses"]);
    let id = |value: &str| TaskId::parse(value).unwrap();
    IndexAnswers {
        tasks: tasks
            .iter()
            .map(|(path, to)| (IndexPath::parse(path).unwrap(), id(&text(to))))
            .collect(),
        statuses: statuses
            .iter()
            .map(|(task_id, status)| {
                let status = TaskStatus {
                    state: TaskState::from_name(&text(&status["state"])).unwrap(),
                    expires: Timestamp::parse(&text(&status["expires"])),
                    ..TaskStatus::default()
                };
                (id(task_id), status)
            })
            .collect(),
        not_asked: false,
    }
}

/// Replaces new taskIds in a value by `@` and the label.
fn plain(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (text(&plain(&json!(key), names)), plain(item, names)))
            .collect::<Object>()
            .into(),
        Value::Array(items) => items.iter().map(|item| plain(item, names)).collect(),
        Value::String(text) => names
            .iter()
            .fold(text.clone(), |text, (id, label)| {
                text.replace(id, &format!("@{label}"))
            })
            .into(),
        other => other.clone(),
    }
}

/// Returns our result in the format of the peer's.
fn answer(case: &Value) -> Value {
    let tasks = case["tasks"].as_array().unwrap();
    let by_label: Object = tasks
        .iter()
        .map(|task| (text(&task["label"]), task.clone()))
        .collect();
    let full = FullTaskGraph(LabelGraph::from_json(&Value::Object(by_label)).unwrap());
    let params = parameters(&case["params"]);
    let targets = target::target_task_set(&full, &params, None).unwrap();
    let graph = target::target_task_graph(&full, &targets, &params, Default::default()).unwrap();
    let sorted = |graph: &LabelGraph| {
        let mut labels: Vec<_> = graph.labels().map(Label::as_str).collect();
        labels.sort_unstable();
        json!(labels)
    };
    let mut answer = object(&json!({
        "targets": sorted(&targets.tasks),
        "graph": sorted(&graph.graph),
    }));
    let existing = object(&case["params"]["existing_tasks"]);
    let existing = existing
        .iter()
        .map(|(label, id)| {
            (
                Label::parse(label).unwrap(),
                TaskId::parse(&text(id)).unwrap(),
            )
        })
        .collect();
    let ids = DerivedIds::new(TaskId::parse(TaskId::PLACEHOLDER).unwrap());
    let environment =
        Environment::default().with("TASKCLUSTER_ROOT_URL", "https://taskcluster.example.com");
    let optimized = optimize::optimize(
        graph,
        OptimizeInputs {
            params: &params,
            index: &answers(case),
            existing: &existing,
            ids: &ids,
            now: Timestamp::parse(NOW).unwrap(),
            environment: &environment,
            custom: None,
        },
    );
    let optimized = match optimized {
        Ok(optimized) => optimized,
        Err(wrong) => {
            let messages: Vec<_> = wrong.iter().map(|d| d.message.as_str()).collect();
            let removed = messages
                .iter()
                .all(|message| message.ends_with("but optimization has removed that task"));
            let why = if removed { "removed" } else { "reference" };
            answer.insert("refused".to_owned(), json!(why));
            return answer.into();
        }
    };
    let names: BTreeMap<String, String> = optimized
        .label_to_taskid
        .iter()
        .filter(|(label, id)| **id == ids.id(label, 0))
        .map(|(label, id)| (id.to_string(), label.to_string()))
        .collect();
    let kept_tasks: Object = optimized
        .graph
        .tasks()
        .map(|task| {
            let mut definition = plain(&Value::Object(task.task.clone()), &names);
            let listed = definition["dependencies"].as_array_mut().unwrap();
            listed.sort_by_key(text);
            let dependencies = plain(&task.to_json()["dependencies"], &names);
            (
                task.label.to_string(),
                json!({"dependencies": dependencies, "task": definition}),
            )
        })
        .collect();
    answer.insert("kept", kept_tasks);
    answer.insert(
        "ids".to_owned(),
        plain(&json!(optimized.label_to_taskid), &names),
    );
    answer.into()
}

/// The peer lists a taskId once for each name of the dependency; we list it once.
fn each_once(mut answer: Value) -> Value {
    let kept_tasks = answer.get_mut("kept").and_then(Value::as_object_mut);
    for task in kept_tasks
        .into_iter()
        .flat_map(|kept_tasks| kept_tasks.values_mut())
    {
        if let Some(listed) = task["task"]["dependencies"].as_array_mut() {
            super::list_once(listed);
        }
    }
    answer
}

/// Returns the first place where two values differ.
fn difference(path: &str, ours: &Value, theirs: &Value) -> String {
    if let (Value::Object(a), Value::Object(b)) = (ours, theirs) {
        let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
        for key in keys {
            let (a, b) = (&ours[key], &theirs[key]);
            if a != b {
                return difference(&format!("{path}/{key}"), a, b);
            }
        }
    }
    format!("{path}: ours {ours}, theirs {theirs}")
}

/// Graphs that fail with an "Optimization error" in the peer and are optimized here: a task that
/// would be pruned is kept for a dependent, but the peer still prunes its dependencies.
/// `docs/differences.md` has the entry.
const KEPT_WITH_WHAT_THEY_NEED: &[usize] = &[316];

#[test]
fn graphs_are_optimized_as_by_the_peer() {
    let file = std::fs::File::open(GOLDENS).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (number, line) in BufReader::new(GzDecoder::new(file)).lines().enumerate() {
        let golden: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let theirs = golden["answers"].as_array().cloned().unwrap();
        let theirs: Vec<_> = theirs.into_iter().map(each_once).collect();
        let ours = answer(&golden["case"]);
        if KEPT_WITH_WHAT_THEY_NEED.contains(&number) {
            let refused = theirs.iter().all(|answer| answer["ids"].is_null());
            assert!(refused && !ours["ids"].is_null(), "{number}: {ours}");
        } else if !theirs.contains(&ours) {
            wrong.push((number, ours, theirs));
        }
        count += 1;
    }
    assert!(count >= 500, "{GOLDENS} holds only {count} graphs");
    let lines: Vec<_> = wrong
        .iter()
        .map(|(number, ours, theirs)| format!("{number}: {}", difference("", ours, &theirs[0])))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {count} graphs differ:\n{}",
        wrong.len(),
        lines.join("\n")
    );
}
