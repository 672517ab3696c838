//! Compares rendered tasks with those of JSON-e for Python (`make_rendered.py`). `SNOWMAN_TEMPLATES` is the path of
//! a file with further cases, such as those that `tests/firefox/taskcluster_yml.py` writes.

use std::fs;
use std::path::Path;

use serde_json::Value;
use snowman::base::name::TaskId;
use snowman::base::time::Timestamp;
use snowman::config::yaml;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::rehearse::push::{Push, Service};
use snowman::rehearse::template::action_task;

use super::ROOT;

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Renders the decision task of a case.
fn decision(case: &Value) -> Value {
    let template = yaml::load(".taskcluster.yml", text(case, "/template").as_bytes()).unwrap();
    let rendered = json_e::render(&template.value.into(), &case["context"]).unwrap();
    let [task] = rendered["tasks"].as_array().unwrap().as_slice() else {
        unreachable!("one task is rendered for each event");
    };
    task.clone()
}

/// Renders the action task of a case.
fn action(case: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join(".taskcluster.yml"), text(case, "/template")).unwrap();
    let decision = "/action/hookPayload/decision";
    let push = Push {
        service: Service::GitHub,
        repository: text(case, &format!("{decision}/repository/url")).to_owned(),
        project: text(case, &format!("{decision}/repository/project")).to_owned(),
        head_ref: "default".to_owned(),
        head_rev: text(case, &format!("{decision}/push/revision")).to_owned(),
        owner: text(case, &format!("{decision}/push/owner")).to_owned(),
    };
    let task_id = TaskId::parse("AbCdEfGhQJKLmnopqrStuA").unwrap();
    let now = Timestamp::parse("2026-06-01T12:00:00.000Z").unwrap();
    let mut action = case["action"].clone();
    action["kind"] = "hook".into();
    let (action, user) = (action.into(), case["user"].clone().into());
    let files = Disk::new(root).unwrap();
    action_task(&files, &push, &action, &user, &task_id, now)
        .unwrap()
        .into()
}

/// Replaces times with their distance from the creation of the task: JSON-e for Rust always uses the current time.
fn with_distances(task: &Value) -> Value {
    let created = Timestamp::parse(text(task, "/created")).unwrap();
    fn replace(value: &mut Value, created: Timestamp) {
        match value {
            Value::String(text) => {
                if let Some(time) = Timestamp::parse(text) {
                    *text = format!("{} s", time.unix() - created.unix());
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| replace(item, created)),
            Value::Object(map) => map.values_mut().for_each(|item| replace(item, created)),
            _ => {}
        }
    }
    let mut task = task.clone();
    replace(&mut task, created);
    task
}

#[test]
fn tasks_are_those_of_the_services() {
    let committed = Path::new(ROOT).join("tests/taskcluster_yml/rendered.json");
    let more = Environment::of_process()
        .filled("SNOWMAN_TEMPLATES")
        .map(Into::into);
    for path in [Some(committed), more].into_iter().flatten() {
        let cases: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for (number, case) in cases.iter().enumerate() {
            let task = match case.get("context") {
                Some(_) => decision(case),
                None => action(case),
            };
            let (ours, theirs) = (with_distances(&task), with_distances(&case["expected"]));
            assert_eq!(ours, theirs, "case {number} of {}", path.display());
        }
    }
}
