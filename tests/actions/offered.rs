//! `actions.json`: what interfaces offer, and the tasks that come of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use snowman::actions::ACTIONS;
use snowman::actions::render::actions_json;
use snowman::base::name::TaskId;
use snowman::config::graph_config::{GraphConfig, ON_DEMAND};
use snowman::config::parameters::{Parameters, Strictness};
use snowman::custom::actions::ProjectActions;
use snowman::ports::clock::{Clock, SystemClock};
use snowman::ports::files::Disk;
use snowman::rehearse::push::{Push, Service};
use snowman::rehearse::template;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const DECISION: &str = "fN1SbArXTPSVFUUvaOlinQ";

fn parameters(values: &Value) -> Parameters {
    Parameters::new(
        values.as_object().unwrap().clone().into(),
        Strictness::Strict,
    )
    .unwrap()
}

/// What taskcluster-taskgraph renders; `make_offered.py` asks it.
fn golden() -> Value {
    let path = Path::new(ROOT).join("tests/actions/offered.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn offered(folder: &Path, values: &Value) -> Value {
    render(folder, values).unwrap()
}

fn render(folder: &Path, values: &Value) -> Result<Value, String> {
    let files = Disk::new(folder).unwrap();
    let config = GraphConfig::load(&files, "taskcluster").unwrap();
    actions_json(
        ACTIONS,
        &files,
        &config,
        &parameters(values),
        DECISION,
        &ProjectActions::default(),
    )
    .map(Value::from)
    .map_err(|wrong| wrong.to_string())
}

fn cb_name(action: &Value) -> &str {
    action["hookPayload"]["decision"]["action"]["cb_name"]
        .as_str()
        .unwrap()
}

#[test]
fn actions_json_is_that_of_the_peer() {
    let golden = golden();
    assert_eq!(golden["decision"], DECISION);
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 7);
    for case in cases {
        let ours = offered(
            &Path::new(ROOT).join("tests/actions/offered"),
            &case["parameters"],
        );
        let theirs = case["actions"].clone();
        assert_eq!(ours, theirs, "{}", case["name"]);
        let usual = ACTIONS.len() - ON_DEMAND.len();
        assert_eq!(ours["actions"].as_array().unwrap().len(), usual);
    }
}

#[test]
fn actions_can_be_disabled() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        fs::read_to_string(Path::new(ROOT).join("tests/actions/offered/taskcluster/config.yml"))
            .unwrap();
    let write = |disabled: &str| {
        let config = config.replace(
            "taskgraph:\n",
            &format!("taskgraph:\n    disabled-actions: {disabled}\n"),
        );
        fs::create_dir_all(folder.path().join("taskcluster")).unwrap();
        fs::write(folder.path().join("taskcluster/config.yml"), config).unwrap();
    };
    let values = &golden()["cases"][0]["parameters"];
    write("[retrigger-disabled, rerun]");
    let missing = render(folder.path(), values).unwrap_err();
    assert!(
        missing.contains(".taskcluster.yml does not exist"),
        "{missing}"
    );
    fs::write(folder.path().join(".taskcluster.yml"), "version: 1\n").unwrap();
    let offered = offered(folder.path(), values);
    let names: Vec<&str> = offered["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(cb_name)
        .collect();
    assert_eq!(
        names,
        [
            "retrigger-decision",
            "retrigger",
            "add-new-jobs",
            "cancel",
            "cancel-all",
            "release-promotion",
            "rebuild-cached-tasks",
            "retrigger-multiple",
        ]
    );
    write("[retriger, cancel, nonsense]");
    let error = render(folder.path(), values).unwrap_err();
    assert!(error.contains("the unknown action `retriger`"), "{error}");
    assert!(error.contains("did you mean `retrigger`?"), "{error}");
    assert!(error.contains("the unknown action `nonsense`"), "{error}");
    assert!(!error.contains("`cancel`"), "{error}");
}

#[test]
fn the_hook_name_contains_the_hash_of_taskcluster_yml() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("taskcluster")).unwrap();
    let source = Path::new(ROOT).join("tests/actions/offered/taskcluster/config.yml");
    fs::copy(source, folder.path().join("taskcluster/config.yml")).unwrap();
    let hook = |text: &str| {
        fs::write(folder.path().join(".taskcluster.yml"), text).unwrap();
        offered(folder.path(), &golden()["cases"][0]["parameters"])["actions"][0]["hookId"].clone()
    };
    // The digits of the SHA-256 of nothing and of "abc".
    assert_eq!(hook(""), "in-tree-action-1-retrigger-decision/e3b0c44298");
    assert_eq!(
        hook("abc"),
        "in-tree-action-1-retrigger-decision/ba7816bf8f"
    );
}

/// This project's own actions after a push to its main branch.
fn own() -> Value {
    let mut values = golden()["cases"][0]["parameters"].clone();
    values["level"] = json!("3");
    values["project"] = json!("snowman");
    for key in ["head_repository", "base_repository"] {
        values[key] = json!("https://github.com/snowman-ci/snowman");
    }
    values["head_ref"] = json!("refs/heads/main");
    offered(Path::new(ROOT), &values)
}

/// The task that the hook of an action creates when an interface triggers it.
fn rendered(action: &Value, user: &Value) -> Value {
    let push = Push {
        service: Service::GitHub,
        repository: "https://github.com/snowman-ci/snowman".to_owned(),
        project: "snowman".to_owned(),
        head_ref: "refs/heads/main".to_owned(),
        head_rev: "cafe".to_owned(),
        owner: "dev@example.com".to_owned(),
    };
    let own = TaskId::parse("AbCdEfGhQJKLmnopqrStuA").unwrap();
    let files = Disk::new(Path::new(ROOT)).unwrap();
    let (action, user) = (action.clone().into(), user.clone().into());
    template::action_task(&files, &push, &action, &user, &own, SystemClock.now())
        .unwrap()
        .into()
}

fn input_of(action: &Value) -> Value {
    match cb_name(action) {
        "release-promotion" => json!({
            "release_promotion_flavor": "promote_snowfox", "build_number": 1,
            "previous_graph_ids": [DECISION],
        }),
        "retrigger" => json!({"times": 3}),
        "retrigger-disabled" => json!({"force": true}),
        "add-new-jobs" => json!({"tasks": ["build-linux64"]}),
        "rerun" => json!({}),
        "retrigger-multiple" => json!({"requests": [{"tasks": ["build-linux64"], "times": 2}]}),
        _ => json!(null),
    }
}

#[test]
fn each_hook_renders_a_task_that_calls_its_action() {
    let own = own();
    let actions = own["actions"].as_array().unwrap();
    assert_eq!(actions.len(), ACTIONS.len() - ON_DEMAND.len());
    for action in actions {
        let input = input_of(action);
        let target = "TtTtTtTtQtCtTtTtTtTtTQ";
        let user = json!({"input": input, "taskId": target, "taskGroupId": DECISION});
        let task = rendered(action, &user);
        let env = &task["payload"]["env"];
        assert_eq!(env["ACTION_CALLBACK"], cb_name(action));
        assert_eq!(env["ACTION_TASK_GROUP_ID"], DECISION);
        let json_in =
            |name: &str| -> Value { serde_json::from_str(env[name].as_str().unwrap()).unwrap() };
        assert_eq!(json_in("ACTION_TASK_ID"), target);
        assert_eq!(json_in("ACTION_INPUT"), input);
        // The task says the same of itself.
        let message = &task["extra"]["action"];
        assert_eq!(message["cb_name"], cb_name(action));
        assert_eq!(message["context"]["taskGroupId"], DECISION);
        assert_eq!(message["context"]["taskId"], target);
        assert_eq!(message["context"]["input"], input);
        assert_eq!(task["taskGroupId"], DECISION);
        assert_eq!(task["schedulerId"], "snowman-level-3");
        let permission = action["extra"]["actionPerm"].as_str().unwrap();
        let scope = format!("assume:repo:github.com/snowman-ci/snowman:action:{permission}");
        assert_eq!(task["scopes"], json!([scope]));
        let route = "index.snowman.v2.snowman.revision.cafe.actions.AbCdEfGhQJKLmnopqrStuA";
        assert!(task["routes"].as_array().unwrap().contains(&json!(route)));
        let input_shown = if cb_name(action) == "release-promotion" {
            "promote_snowfox"
        } else {
            action["hookPayload"]["decision"]["action"]["symbol"]
                .as_str()
                .unwrap()
        };
        assert_eq!(task["extra"]["treeherder"]["symbol"], input_shown);
        if let Some(schemas) = schemas() {
            assert_valid(&schemas.join("queue/v1/create-task-request.json"), &task);
        }
    }
}

#[test]
fn actions_json_matches_its_schema() {
    let Some(schemas) = schemas() else {
        return;
    };
    let schema = schemas.join("common/action-schema-v1.json");
    assert_valid(&schema, &own());
    for case in golden()["cases"].as_array().unwrap() {
        let offered = offered(
            &Path::new(ROOT).join("tests/actions/offered"),
            &case["parameters"],
        );
        assert_valid(&schema, &offered);
    }
}

#[test]
fn the_schemas_of_inputs_are_schemas() {
    for action in own()["actions"].as_array().unwrap() {
        if let Some(schema) = action.get("schema") {
            assert!(jsonschema::meta::is_valid(schema), "{schema:#}");
            let validator = jsonschema::validator_for(schema).unwrap();
            assert!(validator.is_valid(&input_of(action)));
        }
    }
}

/// The folder of Taskcluster's schemas, where there is one.
fn schemas() -> Option<PathBuf> {
    let given = std::env::var_os("SNOWMAN_SCHEMAS").map(PathBuf::from);
    let beside =
        ["../shared/schemas", "../../shared/schemas"].map(|path| Path::new(ROOT).join(path));
    let found = given
        .into_iter()
        .chain(beside)
        .map(|folder| folder.join("taskcluster/schemas"))
        .find(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!(
            "skipped: there is no folder with Taskcluster's schemas; SNOWMAN_SCHEMAS can name it"
        );
    }
    found
}

#[track_caller]
fn assert_valid(path: &Path, value: &Value) {
    let mut schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let top = schema.as_object_mut().unwrap();
    top.shift_remove("$id");
    top.shift_remove("$schema");
    let folder = path.parent().unwrap();
    let mut definitions = serde_json::Map::new();
    bring_in(&mut schema, folder, &mut definitions);
    let top = schema.as_object_mut().unwrap();
    let own = top.entry("definitions").or_insert_with(|| json!({}));
    own.as_object_mut().unwrap().extend(definitions);
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft6)
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let problems: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:#?}\n{value:#}");
}

/// Turns references to other files into references to definitions, and reads these.
fn bring_in(value: &mut Value, folder: &Path, definitions: &mut serde_json::Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("$ref")
                && let Some((file, pointer)) = reference.clone().split_once('#')
                && file.ends_with(".json")
            {
                *reference = format!("#/definitions/{file}{pointer}");
                if !definitions.contains_key(file) {
                    let text = fs::read(folder.join(file)).unwrap();
                    let mut other: Value = serde_json::from_slice(&text).unwrap();
                    let top = other.as_object_mut().unwrap();
                    top.shift_remove("$id");
                    top.shift_remove("$schema");
                    definitions.insert(file.to_owned(), json!(true));
                    bring_in(&mut other, folder, definitions);
                    definitions.insert(file.to_owned(), other);
                }
            }
            fields
                .values_mut()
                .for_each(|value| bring_in(value, folder, definitions));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| bring_in(value, folder, definitions)),
        _ => {}
    }
}
