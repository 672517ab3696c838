//! Compares the transforms `run` and `task` with the peer's, over the cases in
//! `run_and_task/cases.json` (made by `run_and_task/make_cases.py`).

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use snowman::base::diagnostic::{Diagnostic, Outcome};
use snowman::base::name::KindName;
use snowman::base::value::{List, Object, Value, from_value, json};
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::model::task::Task;
use snowman::ports::environment::Environment;
use snowman::ports::files::{FileError, Files, Found};
use snowman::task_scripts::TaskScripts;
use snowman::transform::context::{Project, TrackedFiles};
use snowman::transform::{Context, Item};
use snowman::transforms::find;

struct Memory(BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let text = self.0.get(path).map(|text| text.as_bytes().to_vec());
        text.ok_or_else(|| FileError::Missing(path.to_owned()))
    }

    fn mode(&self, _: &str) -> Result<u32, FileError> {
        Ok(0o100_644)
    }

    fn is_folder(&self, path: &str) -> Result<bool, FileError> {
        let folder = format!("{path}/");
        Ok(self.0.keys().any(|file| file.starts_with(&folder)))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Missing(path.to_owned()))
    }

    fn walk(&self, path: &str) -> Result<Vec<Found>, FileError> {
        Err(FileError::Missing(path.to_owned()))
    }
}

fn strings(map: &Value) -> BTreeMap<String, String> {
    from_value(map.clone()).expect("a mapping of strings")
}

fn object(value: &Value) -> Object {
    value.as_object().expect("a mapping").clone()
}

/// Runs a case as it is described; the items that came out are sorted by label.
fn transform(document: &Value, case: &Value) -> Outcome<Vec<Value>> {
    let named = |list: &str, key: &str| &document[list][case[key].as_str().expect("a name")];
    let files = Memory(strings(&document["files"]));
    let config = named("projects", "project").to_string();
    let graph_config =
        GraphConfig::read("taskcluster", "taskcluster/config.yml", config.as_bytes())?;
    let params = Parameters::new(object(named("parameters", "params")), Strictness::Lenient)?;
    let list = || Ok::<_, Diagnostic>(files.0.keys().cloned().collect());
    let tracked = TrackedFiles::new(&list);
    let project = Project {
        graph_config: &graph_config,
        params: &params,
        files: &files,
        environment: &Environment::new(strings(named("environments", "environment"))),
        task_scripts: &TaskScripts::default(),
        tracked: &tracked,
        docker_contexts: None,
        remote: None,
        fast: false,
    };
    let kind = case["kind"].as_str().expect("a kind");
    let upstream = document["upstream"].as_array().expect("a list");
    let dependencies: Vec<Arc<Task>> = upstream
        .iter()
        .filter(|_| case["upstream"] == Value::Bool(true))
        .map(|task| Arc::new(Task::from_json(task).expect("a task")))
        .collect();
    let context = Context {
        project: &project,
        kind: &KindName::parse(kind).expect("a kind"),
        path: &format!("taskcluster/kinds/{kind}"),
        config: &Object::new(),
        dependencies: &dependencies,
    };
    let items = case["items"].as_array().expect("a list");
    let mut items: Vec<Item> = items.iter().map(|item| Item::new(object(item))).collect();
    for name in case["transforms"].as_array().expect("a list") {
        let name = name.as_str().expect("a name");
        let reference = format!("taskgraph.transforms.{name}:transforms");
        items = find(&reference)
            .expect("a transform")
            .apply(&context, items)?;
    }
    let mut results: Vec<Value> = items.into_iter().map(|i| Value::Object(i.task)).collect();
    results.sort_by_key(|item| item["label"].as_str().map(str::to_owned));
    Ok(results)
}

fn document() -> Value {
    serde_json::from_str(include_str!("run_and_task/cases.json")).expect("cases")
}

/// The parts in which two values differ.
fn differences(path: &str, ours: &Value, theirs: &Value, out: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let get = |map: &Object| map.get(key).cloned().unwrap_or("<nothing>".into());
                differences(&format!("{path}.{key}"), &get(a), &get(b), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{i}]"), a, b, out);
            }
        }
        (ours, theirs) if ours == theirs => {}
        _ => out.push(format!("    {path}: ours {ours}, the peer's {theirs}")),
    }
}

#[test]
fn the_items_match_the_peer() {
    let document = document();
    let cases = document["cases"].as_array().expect("a list");
    let mut failures = Vec::new();
    let mut on_purpose = 0;
    for case in cases {
        let ours = transform(&document, case);
        let same = match (&ours, case.get("tasks")) {
            (Ok(ours), Some(theirs)) => Value::from(ours.clone()) == *theirs,
            (Err(_), None) => true,
            _ => false,
        };
        if case.get("differs").is_some() {
            on_purpose += 1;
            if same {
                failures.push(format!("{}: does not differ any more", case["name"]));
            }
        } else if !same {
            let mut text = vec![case["name"].to_string()];
            match (ours, case.get("tasks")) {
                (Ok(ours), Some(theirs)) => {
                    differences("", &Value::from(ours), theirs, &mut text);
                }
                (Ok(_), None) => text.push(format!("    the peer refuses: {}", case["error"])),
                (Err(wrong), _) => text.push(format!("    we refuse: {wrong}")),
            }
            failures.push(text.join("\n"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases differ ({on_purpose} on purpose):\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

/// What we say of everything that is refused: each message has its place in the graph, is in lower
/// case and ends without a full stop.
#[test]
fn errors_describe_the_mistake() {
    let document = document();
    for case in document["cases"].as_array().expect("a list") {
        let Err(wrong) = transform(&document, case) else {
            continue;
        };
        assert!(!wrong.is_empty(), "{}", case["name"]);
        for diagnostic in wrong.iter() {
            assert_ne!(diagnostic.class.exit_code(), 70, "{diagnostic}");
            assert!(diagnostic.kind.is_some(), "{diagnostic}");
            assert!(!diagnostic.message.ends_with('.'), "{diagnostic}");
            let first = diagnostic.message.chars().next();
            assert!(
                first.is_some_and(|c| !c.is_uppercase() || diagnostic.message.starts_with("TASK")),
                "{diagnostic}"
            );
        }
    }
}
/// What comes of a case when its items are changed.
fn changed(name: &str, change: impl FnOnce(&mut List)) -> Outcome<Vec<Value>> {
    let document = document();
    let cases = document["cases"].as_array().expect("a list");
    let found = cases.iter().find(|case| case["name"] == name);
    let mut case = found.expect("a case").clone();
    change(case["items"].as_array_mut().expect("a list"));
    transform(&document, &case)
}

fn as_is(name: &str) -> Outcome<Vec<Value>> {
    changed(name, |_| {})
}

fn errors(outcome: Outcome<Vec<Value>>) -> String {
    outcome.expect_err("a refusal").to_string()
}

#[test]
fn all_mistakes_of_all_items_are_reported() {
    let outcome = changed("task: several", |items| {
        items[0]["worker"]["max-run-time"] = "long".into();
        items[0]["priorty"] = "high".into();
        items[1]["worker-type"] = "g-linus".into();
        items[2]["scopes"] = json!(["{levl}", "{"]);
    });
    assert_eq!(
        errors(outcome),
        "\
kind `build`, task `a`: unknown key `priorty`
  help: did you mean `priority`?
kind `build`, task `a`: in `worker`: `max-run-time`: expected an integer, found the string \"long\"
kind `build`, task `b`: unknown worker alias `g-linus`
  help: did you mean `g-linux`? (`workers.aliases` in taskcluster/config.yml)
kind `build`, task `c`: \"{levl}\" uses `levl`, which is not defined here; did you mean `level`? (write literal braces twice)
  help: use only `{level}` and `{project}` in braces; write literal braces twice
kind `build`, task `c`: \"{\" is not a valid template: single `{`; write literal braces twice
  help: use only `{level}` and `{project}` in braces; write literal braces twice"
    );
}

#[test]
fn intended_differences_are_as_expected() {
    let first = |name: &str| as_is(name).map(|items| items[0].clone()).expect("an item");
    let item = first("run: fetches by one alias of several");
    assert_eq!(item["dependencies"]["toolchain-many"], "toolchain-many");
    let item = first("run: a dependency that only begins like the kind");
    assert_eq!(item["dependencies"]["up"], "build-linux-x");
    let item = first("generic: a reference");
    let words = item["task"]["payload"]["command"][1]
        .as_array()
        .expect("words");
    let reference = json!({"task-reference": "make <b>"});
    assert!(words.ends_with(&["bash".into(), "-cx".into(), reference]));
    let item = first("toolchain: no environment");
    assert_eq!(item["worker"]["env"]["MOZ_SCM_LEVEL"], "3");
    let item = first("task: invalid");
    assert_eq!(
        item["task"]["payload"],
        "invalid task - should never be created"
    );
    assert_eq!(
        errors(as_is("run: a label twice")),
        "kind `build`: two tasks have the label `build-t`\n  help: rename one of them"
    );
    assert_eq!(
        errors(as_is("generic: a reference on windows")),
        "kind `build`, task `build-t`: expected the words of the command to be strings, found a mapping\n  \
         help: use references in `worker.env` instead; on Windows, the words are joined into one string"
    );
}
