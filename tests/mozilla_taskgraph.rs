//! Compares the transforms and worker implementations of mozilla-taskgraph with the peer's, over the
//! cases in `mozilla_taskgraph/cases.json` (made by `mozilla_taskgraph/make_cases.py`).
//!
//! A case has the peer's items or its error; in the latter case ours must be an error too. If ours
//! differs on purpose, the case has the reason and our items. Payloads are checked against the
//! schemas of the release workers, if these are available.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use snowman::base::diagnostic::{Diagnostic, Outcome};
use snowman::base::name::{IndexPath, KindName, TaskId};
use snowman::base::value::{List, Object, Value, json};
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::model::task::Task;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::task_scripts::TaskScripts;
use snowman::transform::context::{Project, Remote, TrackedFiles};
use snowman::transform::{Context, Item};
use snowman::transforms::find;

pub type Anything<T> = Result<T, Box<dyn std::error::Error>>;

/// Answers as a case says.
struct Answers(Value);

impl Remote for Answers {
    fn find_task(&self, path: &IndexPath) -> Result<Option<TaskId>, Diagnostic> {
        let found = self.0["index"][path.as_str()].as_str();
        Ok(found.and_then(|id| TaskId::parse(id).ok()))
    }

    fn definition(&self, task_id: &TaskId) -> Result<Option<Value>, Diagnostic> {
        Ok(self.0["tasks"].get(task_id.as_str()).cloned())
    }

    fn artifact(&self, task_id: &TaskId, name: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        assert_eq!(name, "public/task-graph.json");
        let failing = self.0["failing"].as_array().into_iter().flatten();
        if failing.clone().any(|id| id == task_id.as_str()) {
            return Err(Diagnostic::environment("no luck"));
        }
        let graph = self.0["graphs"].get(task_id.as_str());
        Ok(graph.map(|graph| graph.to_string().into_bytes()))
    }
}

fn object(value: &Value) -> Object {
    value.as_object().cloned().unwrap_or_default()
}

/// The mapping at `key` of the document, merged with that of the case.
fn over(document: &Value, case: &Value, key: &str) -> Object {
    let mut values = object(&document[key]);
    values.extend(object(&case[key]));
    values.retain(|_, value| value != "absent");
    values
}

/// What transforms make of a case.
pub fn run(document: &Value, case: &Value) -> Anything<Outcome<Vec<Item>>> {
    let folder = tempfile::tempdir()?;
    let text = Value::Object(over(document, case, "graph_config")).to_string();
    let graph_config = GraphConfig::read("taskcluster", "config.yml", text.as_bytes())?;
    let params = Parameters::new(over(document, case, "params"), Strictness::Lenient)?;
    let environment = case.get("environment").unwrap_or(&document["environment"]);
    let environment = object(environment).into_iter().map(|(name, value)| {
        (
            name.to_string(),
            value.as_str().unwrap_or_default().to_owned(),
        )
    });
    let answers = case.get("remote").cloned().map(Answers);
    let project = Project {
        graph_config: &graph_config,
        params: &params,
        files: &Disk::new(folder.path())?,
        environment: &Environment::new(environment),
        task_scripts: &TaskScripts::default(),
        tracked: &TrackedFiles::new(&|| Ok(Vec::new())),
        docker_contexts: None,
        fast: false,
        remote: answers.as_ref().map(|answers| answers as &dyn Remote),
    };
    let dependencies = case["dependencies"].as_array().cloned().unwrap_or_default();
    let dependencies = dependencies
        .iter()
        .map(|task| Ok(Arc::new(Task::from_json(task).map_err(|e| e.to_string())?)))
        .collect::<Result<Vec<_>, String>>()?;
    let kind = KindName::parse(case["kind"].as_str().unwrap_or("thing"))?;
    let context = Context {
        project: &project,
        kind: &kind,
        path: &format!("taskcluster/kinds/{kind}"),
        config: &Object::new(),
        dependencies: &dependencies,
    };
    let items = case["items"].as_array().cloned().unwrap_or_default();
    let mut items: Vec<Item> = items.iter().map(|item| Item::new(object(item))).collect();
    for name in case["transforms"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        let transform = find(name).ok_or_else(|| format!("there is no transform {name}"))?;
        items = match transform.apply(&context, items) {
            Ok(items) => items,
            Err(wrong) => return Ok(Err(wrong)),
        };
    }
    Ok(Ok(items))
}

fn items_value(outcome: Outcome<Vec<Item>>) -> Outcome<Value> {
    outcome.map(|items| items.into_iter().map(|i| Value::Object(i.task)).collect())
}

/// What is different, if anything is.
fn compare(case: &Value, ours: &Outcome<Value>) -> Option<String> {
    let (ours, theirs) = match (ours, case.get("expected")) {
        (Err(_), None) => return None,
        (Err(wrong), Some(_)) => return Some(format!("ours refuses: {wrong}")),
        (Ok(_), None) => return Some(format!("only the peer refuses: {}", case["error"])),
        (Ok(ours), Some(theirs)) => (ours, theirs),
    };
    // Mappings are equal whatever the order of their keys; texts are not. Payloads of workers that
    // run commands have an order of their own.
    let one = case["transforms"]
        .as_array()
        .is_some_and(|all| all.len() == 1);
    let [our_text, their_text] = [ours, theirs].map(Value::to_string);
    let same = ours == theirs && (!one || our_text == their_text);
    (!same).then(|| format!("\npeer: {their_text}\nours: {our_text}"))
}

/// Whether ours is what it shall be where it differs.
fn is_ours(case: &Value, ours: &Outcome<Value>) -> bool {
    let Ok(ours) = ours else { return false };
    let ours = serde_json::Value::from(ours.clone());
    let expected = object(&case["ours"]);
    let at = |pointer: &str| -> Value { ours.pointer(pointer).cloned().unwrap_or_default().into() };
    !expected.is_empty()
        && expected
            .iter()
            .all(|(pointer, value)| at(pointer) == *value)
}

fn cases() -> Anything<(Value, List)> {
    let document: Value =
        serde_json::from_slice(&std::fs::read("tests/mozilla_taskgraph/cases.json")?)?;
    let cases = document["cases"].as_array().cloned().unwrap_or_default();
    assert!(cases.len() > 300, "{} cases", cases.len());
    Ok((document, cases))
}

fn assert_none(failures: &[String], of: usize) {
    let count = failures.len();
    assert!(
        failures.is_empty(),
        "{count} of {of}:\n{}",
        failures.join("\n")
    );
}

#[test]
fn the_items_match_the_peer() -> Anything<()> {
    let (document, cases) = cases()?;
    let mut failures = Vec::new();
    for case in &cases {
        let ours = items_value(run(&document, case)?);
        let failure = match (compare(case, &ours), case.get("on_purpose")) {
            (None, None) => continue,
            (Some(_), Some(_)) if is_ours(case, &ours) => continue,
            (Some(difference), _) => difference,
            (None, Some(_)) => "differs on purpose, and does not differ".to_owned(),
        };
        failures.push(format!("{}: {failure}", case["name"]));
    }
    assert_none(&failures, cases.len());
    Ok(())
}

/// Each message has its place in the graph, is in lower case and ends without a full stop.
#[test]
fn errors_describe_the_mistake() -> Anything<()> {
    let (document, cases) = cases()?;
    for case in &cases {
        let Err(wrong) = run(&document, case)? else {
            continue;
        };
        assert!(!wrong.is_empty(), "{}", case["name"]);
        for diagnostic in wrong.iter() {
            assert_ne!(diagnostic.class.exit_code(), 70, "{diagnostic}");
            assert!(diagnostic.kind.is_some(), "{diagnostic}");
            assert!(!diagnostic.message.ends_with('.'), "{diagnostic}");
            let first = diagnostic.message.chars().next();
            assert!(first.is_some_and(|c| !c.is_uppercase()), "{diagnostic}");
        }
    }
    Ok(())
}

/// The folder with the schemas of release workers, if there is one.
#[expect(clippy::disallowed_methods, reason = "says where the schemas are")]
pub fn schemas() -> Option<PathBuf> {
    let given = std::env::var_os("SNOWMAN_SCHEMAS").map(PathBuf::from);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beside = ["../shared/schemas", "../../shared/schemas"].map(|path| here.join(path));
    let folders = given.into_iter().chain(beside);
    folders
        .map(|folder| folder.join("scriptworkers"))
        .find(|folder| folder.is_dir())
}

/// A definition as the worker sees it: references are resolved, and it depends on something.
pub fn resolved(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.contains_key("task-reference") => json!("fN1SbArXTPSVFUUvaOlinQ"),
        Value::Object(map) if map.contains_key("artifact-reference") => json!("https://a.example"),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (key.clone(), resolved(value)));
            Value::Object(entries.collect())
        }
        Value::Array(items) => items.iter().map(resolved).collect(),
        other => other.clone(),
    }
}

#[expect(clippy::print_stderr, reason = "says that a test was skipped")]
#[test]
fn payloads_match_the_schemas_of_release_workers() -> Anything<()> {
    let Some(folder) = schemas() else {
        eprintln!("skipped: no schemas of release workers found; set SNOWMAN_SCHEMAS");
        return Ok(());
    };
    let (document, cases) = cases()?;
    let (mut failures, mut held) = (Vec::new(), 0);
    for case in &cases {
        let Some(name) = case["schema"].as_str().filter(|name| !name.is_empty()) else {
            continue;
        };
        let Ok(items) = run(&document, case)? else {
            continue;
        };
        let schema = std::fs::read_to_string(folder.join(name))?;
        // What Python takes for a pattern is not one elsewhere: a brace that is meant is escaped.
        let schema = schema.replace("^(.*{major_version}.*)$", r"^(.*\\{major_version\\}.*)$");
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema)?)?;
        for item in items {
            let mut definition = resolved(&item.task["task"]);
            definition["dependencies"] = json!(["fN1SbArXTPSVFUUvaOlinQ"]);
            held += 1;
            for error in validator.iter_errors(&definition.clone().into()) {
                let path = error.instance_path();
                failures.push(format!("{}: {path}: {error}", case["name"]));
            }
        }
    }
    assert!(held > 50, "{held} definitions");
    assert_none(&failures, held);
    Ok(())
}
