//! Checks of rendered tasks against the schemas of the services.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::ROOT;

/// Checks a task against the schemas of the queue and of docker-worker, if they are available.
pub(super) fn assert_valid(task: &Value) {
    let Some(schemas) = schemas() else {
        note("no Taskcluster schemas here: set SNOWMAN_SCHEMAS; this part is skipped");
        return;
    };
    let mut definition = task.clone();
    definition.as_object_mut().unwrap().shift_remove("taskId");
    assert_matches(
        &schemas.join("queue/v1"),
        "create-task-request.json",
        &["task.json", "task-metadata.json"],
        &definition,
    );
    assert_matches(
        &schemas.join("docker-worker/v1"),
        "payload.json",
        &[],
        &task["payload"],
    );
}

#[expect(
    clippy::print_stderr,
    reason = "tells why a part of a test did not run"
)]
pub(super) fn note(text: &str) {
    eprintln!("{text}");
}

/// Finds the folder of the Taskcluster schemas, which are not part of this repository.
fn schemas() -> Option<PathBuf> {
    let candidates = match option_env!("SNOWMAN_SCHEMAS") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => vec![
            Path::new(ROOT).join("../shared/schemas"),
            Path::new(ROOT).join("../../shared/schemas"),
        ],
    };
    candidates
        .into_iter()
        .map(|folder| folder.join("taskcluster/schemas"))
        .find(|folder| folder.is_dir())
}

fn assert_matches(folder: &Path, name: &str, others: &[&str], value: &Value) {
    let mut schema = read_schema(folder, name);
    let definitions = schema
        .as_object_mut()
        .unwrap()
        .entry("definitions")
        .or_insert_with(|| Value::Object(Map::new()));
    for other in others {
        definitions[*other] = read_schema(folder, other);
    }
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft6)
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let problems: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{name}: {problems:#?}\n{value:#}");
}

/// Reads a schema, with its references to other files turned into references to its definitions.
fn read_schema(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    let top = schema.as_object_mut().unwrap();
    top.shift_remove("$id");
    top.shift_remove("$schema");
    localize(&mut schema);
    schema
}

fn localize(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref")
                && let Some((file, pointer)) = reference.split_once('#')
                && !file.is_empty()
            {
                *reference = format!("#/definitions/{file}{pointer}");
            }
            object.values_mut().for_each(localize);
        }
        Value::Array(items) => items.iter_mut().for_each(localize),
        _ => {}
    }
}
