//! The rules for payloads accept exactly what the JSON schemas of the workers accept.
//!
//! From each schema, a task is made that it accepts, and many tasks with one thing wrong. Both the schema
//! and the rules judge all of them.

use std::path::PathBuf;

use serde_json::{Value, json};
use snowman::base::path::ValuePath;
use snowman::base::value::Value as Own;
use snowman::release::payload::TaskShape;
use snowman::release::{Action, SYSTEMS};

use crate::mozilla_taskgraph::schemas;

/// The schema of each worker, with the system and the action that it is for.
const SCHEMAS: &[(&str, &str, &str)] = &[
    ("addonscript/addonscript_task_schema", "addons", ""),
    ("balrogscript/balrog_schedule_schema", "balrog", "schedule"),
    (
        "balrogscript/balrog_set-readonly_schema",
        "balrog",
        "set-readonly",
    ),
    (
        "balrogscript/balrog_submit-locale_schema",
        "balrog",
        "submit-locale",
    ),
    (
        "balrogscript/balrog_submit-system-addons_schema",
        "balrog",
        "submit-system-addons",
    ),
    (
        "balrogscript/balrog_submit-toplevel_schema",
        "balrog",
        "submit-toplevel",
    ),
    (
        "beetmoverscript/artifactMap_beetmover_task_schema",
        "beetmover",
        "push-to-candidates",
    ),
    (
        "beetmoverscript/beetmover_task_schema",
        "beetmover",
        "push-to-candidates",
    ),
    (
        "beetmoverscript/import_from_gcs_to_artifact_registry_task_schema",
        "beetmover",
        "import-from-gcs-to-artifact-registry",
    ),
    (
        "beetmoverscript/maven_beetmover_task_schema",
        "beetmover",
        "push-to-maven",
    ),
    (
        "beetmoverscript/release_beetmover_task_schema",
        "beetmover",
        "push-to-releases",
    ),
    (
        "beetmoverscript/upload_data_task_schema",
        "beetmover",
        "upload-data",
    ),
    (
        "beetmoverscript/upload_translations_artifacts_task_schema",
        "beetmover",
        "upload-translations-artifacts",
    ),
    ("bitrisescript/bitrisescript_task_schema", "bitrise", ""),
    (
        "bouncerscript/bouncer_aliases_task_schema",
        "bouncer",
        "aliases",
    ),
    (
        "bouncerscript/bouncer_locations_task_schema",
        "bouncer",
        "locations",
    ),
    (
        "bouncerscript/bouncer_submission_task_schema",
        "bouncer",
        "submission",
    ),
    ("iscript/i_task_schema", "mac-signing", ""),
    ("landoscript/landoscript_task_schema", "lando", ""),
    ("pushapkscript/pushapk_task_schema", "pushapk", ""),
    (
        "pushflatpakscript/push_flatpak_task_schema",
        "pushflatpak",
        "",
    ),
    ("pushmsixscript/push_msix_task_schema", "pushmsix", ""),
    (
        "shipitscript/create_new_nightly_release_task_schema",
        "shipit",
        "create-new-nightly-release",
    ),
    (
        "shipitscript/create_new_release_task_schema",
        "shipit",
        "create-new-release",
    ),
    (
        "shipitscript/mark_as_merged_task_schema",
        "shipit",
        "mark-as-merged",
    ),
    (
        "shipitscript/mark_as_shipped_task_schema",
        "shipit",
        "mark-as-shipped",
    ),
    (
        "shipitscript/update_product_channel_version_schema",
        "shipit",
        "update-product-channel-version",
    ),
    ("signingscript/signing_task_schema", "signing", ""),
    ("treescript/treescript_task_schema", "tree", ""),
];

/// Schemas that are not for a release worker.
const OTHERS: &[&str] = &["scriptworker_client/basic_schema"];

#[expect(clippy::print_stderr, reason = "says that a test was skipped")]
fn folder() -> Option<PathBuf> {
    let found = schemas();
    if found.is_none() {
        eprintln!("skipped: no schemas of release workers found; set SNOWMAN_SCHEMAS");
    }
    found
}

/// Where a worker does not check what its schema says, and other programs write something else.
const UNCHECKED: &[(&str, &str)] = &[
    (
        "bitrisescript/bitrisescript_task_schema",
        "/properties/payload/properties/global_params/properties",
    ),
    (
        "bitrisescript/bitrisescript_task_schema",
        "/properties/payload/properties/workflow_params/additionalProperties/items/properties",
    ),
];

/// Bitrise has a list of pairs, so a mapping is only one of two forms.
fn loosen(path: &str, schema: &mut Value) {
    for (_, at) in UNCHECKED.iter().filter(|(of, _)| *of == path) {
        let environments = &mut schema.pointer_mut(at).unwrap()["environments"];
        assert_eq!(environments["type"], "object");
        let mapping = environments.take();
        let pair = json!({
            "type": "object",
            "properties": {"mapped_to": {"type": "string"}, "value": {"type": "string"}},
            "required": ["mapped_to", "value"],
        });
        let list = json!({"type": "array", "items": pair});
        *environments = json!({"anyOf": [mapping, list]});
    }
}

/// Makes a value that a schema accepts, with all its properties.
fn instance(schema: &Value, root: &Value) -> Value {
    if let Some(path) = schema["$ref"].as_str() {
        let pointer = path.strip_prefix('#').unwrap();
        return instance(root.pointer(pointer).unwrap(), root);
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices[0].clone();
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return instance(&choices[0], root);
    }
    let properties = schema["properties"].as_object();
    let kind = match schema["type"].as_str() {
        Some(kind) => kind,
        None if properties.is_some() => "object",
        None => "string",
    };
    match kind {
        "object" => {
            let mut made = serde_json::Map::new();
            for (name, property) in properties.into_iter().flatten() {
                // A list of names, where a list belongs one level higher, is no schema.
                if property.is_object() {
                    made.insert(name.clone(), instance(property, root));
                }
            }
            // One that is needed may have no schema.
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                made.entry(name).or_insert(json!("text"));
            }
            let others = &schema["additionalProperties"];
            if others.is_object() {
                made.insert("any".to_owned(), instance(others, root));
            }
            Value::Object(made)
        }
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(1).max(1);
            let items = &schema["items"];
            let mut made = Vec::new();
            for number in 0..count {
                let mut item = instance(items, root);
                if number > 0 && item.is_string() && items["enum"].is_null() {
                    item = json!(format!("text-{number}"));
                }
                made.push(item);
            }
            Value::Array(made)
        }
        "boolean" => json!(true),
        "integer" | "number" => json!(7),
        "string" if schema["format"] == "date-time" => json!("2030-01-31T12:00:00.000Z"),
        "string" if schema["pattern"].is_string() => json!("TAG_{major_version}_END"),
        "string" => json!("text"),
        other => panic!("{other}"),
    }
}

/// Copies of a value, each with one change.
fn changed(value: &Value) -> Vec<Value> {
    let mut copies = Vec::new();
    let mut pointers = vec![String::new()];
    while let Some(pointer) = pointers.pop() {
        let part = value.pointer(&pointer).unwrap();
        let mut add = |change: &dyn Fn(&mut Value)| {
            let mut copy = value.clone();
            change(copy.pointer_mut(&pointer).unwrap());
            copies.push(copy);
        };
        let others = [
            json!(null),
            json!(1.5),
            json!(-3),
            json!(500),
            json!(""),
            json!("other"),
            json!("submit-locale"),
            json!(false),
            json!([]),
            json!(["a", "a"]),
            json!({}),
        ];
        for other in others {
            add(&|part| *part = other.clone());
        }
        match part {
            Value::Object(map) => {
                add(&|part| part["unexpected"] = json!("x"));
                for key in map.keys() {
                    add(&|part| {
                        part.as_object_mut().unwrap().shift_remove(key);
                    });
                    pointers.push(format!("{pointer}/{key}"));
                }
            }
            Value::Array(list) => {
                add(&|part| {
                    let list = part.as_array_mut().unwrap();
                    list.push(list[0].clone());
                });
                pointers.extend((0..list.len()).map(|index| format!("{pointer}/{index}")));
            }
            _ => {}
        }
    }
    copies
}

fn action(system: &str, name: &str) -> &'static Action {
    let system = SYSTEMS
        .iter()
        .copied()
        .find(|one| one.name == system)
        .unwrap();
    system.actions.iter().find(|one| one.name == name).unwrap()
}

/// The verdict of the rules.
fn accepts(shape: &TaskShape, task: &Value) -> bool {
    let own = |part: &Value| own(part);
    let Some(payload) = task.get("payload") else {
        return false;
    };
    let together = shape
        .together
        .iter()
        .all(|[a, b]| payload.get(a).is_some() == payload.get(b).is_some());
    shape
        .payload
        .check(&own(payload), &ValuePath::root())
        .is_empty()
        && together
}

#[test]
fn the_rules_are_those_of_the_workers() {
    let Some(folder) = folder() else { return };
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (path, system, name) in SCHEMAS {
        let text = std::fs::read_to_string(folder.join(format!("{path}.json"))).unwrap();
        // What Python takes for a pattern is not one elsewhere: a brace that is meant is escaped.
        let text = text.replace("^(.*{major_version}.*)$", r"^(.*\\{major_version\\}.*)$");
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        loosen(path, &mut schema);
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            .should_validate_formats(false)
            .build(&schema)
            .unwrap();
        let mut task = instance(&schema, &schema);
        task["scopes"] = json!(["one", "two"]);
        task["dependencies"] = json!(["a"]);
        assert!(validator.is_valid(&task), "{path}: {task:#}");
        let payloads = changed(&task["payload"]);
        let tasks = payloads.into_iter().map(|payload| {
            let mut copy = task.clone();
            copy["payload"] = payload;
            copy
        });
        for task in tasks.chain([task.clone()]) {
            let payload = own(&task["payload"]);
            let shape = (action(system, name).shape)(&payload).unwrap();
            // Without a map, beetmover has another schema.
            let map = path.contains("artifactMap");
            if (map && payload.get("artifactMap").is_none())
                || (path.ends_with("/beetmover_task_schema")
                    && payload.get("artifactMap").is_some())
            {
                continue;
            }
            judged += 1;
            let (theirs, ours) = (validator.is_valid(&task), accepts(shape, &task));
            if theirs != ours {
                wrong.push(format!(
                    "{path}: the schema says {theirs}: {}",
                    task["payload"]
                ));
            }
        }
        let shape = (action(system, name).shape)(&own(&task["payload"])).unwrap();
        for (key, needed) in [
            ("scopes", shape.needs.scopes.is_some()),
            ("dependencies", shape.needs.dependencies),
        ] {
            let mut without = task.clone();
            without.as_object_mut().unwrap().shift_remove(key);
            assert_eq!(!validator.is_valid(&without), needed, "{path}: {key}");
        }
        for count in 0..3 {
            let mut few = task.clone();
            few["scopes"] = json!(["a", "b"][..count]);
            let enough = shape.needs.scopes.is_none_or(|least| count >= least);
            assert_eq!(validator.is_valid(&few), enough, "{path}: {count} scopes");
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {judged}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(judged > 3_000, "{judged}");
}

#[test]
fn every_schema_has_rules() {
    let Some(folder) = folder() else { return };
    let mut found = Vec::new();
    for worker in std::fs::read_dir(&folder).unwrap() {
        let worker = worker.unwrap();
        for file in std::fs::read_dir(worker.path()).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            let worker = worker.file_name().into_string().unwrap();
            found.push(format!("{worker}/{}", file.strip_suffix(".json").unwrap()));
        }
    }
    let known = SCHEMAS
        .iter()
        .map(|(path, ..)| *path)
        .chain(OTHERS.iter().copied());
    let mut known: Vec<_> = known.map(str::to_owned).collect();
    known.sort();
    found.sort();
    assert_eq!(found, known);
}

/// The value as the program has it.
fn own(value: &Value) -> Own {
    snowman::base::json::read("task", value.to_string().as_bytes()).unwrap()
}
