//! Compares the transforms with those of taskgraph, over the cases in `transforms/cases.json`.
//!
//! A case has the peer's items or its error; in the latter case ours must be an error too. If ours
//! differs on purpose, the case gives the reason, and the test checks that it does differ.

#![cfg(unix)]

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use snowman::base::diagnostic::{Diagnostic, Outcome};
use snowman::base::name::KindName;
use snowman::base::value::{Object, Value, json};
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::model::task::Task;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::task_scripts::TaskScripts;
use snowman::transform::context::{DockerContexts, Project, TrackedFiles};
use snowman::transform::{Context, Item};
use snowman::transforms::find;

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

/// Keeps docker contexts in memory.
#[derive(Default)]
struct Kept(Mutex<Vec<(String, Vec<u8>)>>);

impl DockerContexts for Kept {
    fn keep(&self, name: &str, tar_gz: &[u8]) -> Result<(), Diagnostic> {
        let mut kept_artifacts = self.0.lock().map_err(|e| Diagnostic::bug(e.to_string()))?;
        kept_artifacts.push((name.to_owned(), tar_gz.to_vec()));
        Ok(())
    }
}

fn object(value: &Value) -> Object {
    value.as_object().cloned().unwrap_or_default()
}

/// The mapping at `key` of the document, merged with that of the case.
fn over(document: &Value, case: &Value, key: &str) -> Object {
    let mut values = object(&document[key]);
    values.extend(object(&case[key]));
    values
}

fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

fn lay_out(root: &Path, case: &Value) -> Anything<()> {
    let mut folders = vec![(
        Path::new("tests/transforms/project").to_owned(),
        root.to_owned(),
    )];
    while let Some((from, to)) = folders.pop() {
        std::fs::create_dir_all(&to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), target));
            } else {
                std::fs::write(&target, std::fs::read(entry.path())?)?;
                let script = target.extension().is_some_and(|ending| ending == "sh");
                set_mode(&target, if script { 0o755 } else { 0o644 })?;
            }
        }
    }
    for (name, file) in object(&case["files"]) {
        let path = root.join(&name);
        std::fs::create_dir_all(path.parent().unwrap_or(root))?;
        if let Some(target) = file["link"].as_str() {
            std::os::unix::fs::symlink(target, &path)?;
            continue;
        }
        if file.get("content").is_some() || !path.exists() {
            std::fs::write(&path, file["content"].as_str().unwrap_or_default())?;
        }
        set_mode(
            &path,
            u32::try_from(file["mode"].as_u64().unwrap_or(0o644))?,
        )?;
    }
    Ok(())
}

/// What a transform makes of a case, and the docker contexts that it kept.
fn run(document: &Value, case: &Value) -> Anything<(Outcome<Vec<Item>>, Kept)> {
    let folder = tempfile::tempdir()?;
    lay_out(folder.path(), case)?;
    let files = Disk::new(folder.path())?;
    let text = Value::Object(over(document, case, "graph_config")).to_string();
    let graph_config = GraphConfig::read("taskcluster", "config.yml", text.as_bytes())?;
    let params = Parameters::new(over(document, case, "params"), Strictness::Strict)?;
    let kept_artifacts = Kept::default();
    let keeps = case["write_artifacts"] == json!(true);
    let project = Project {
        graph_config: &graph_config,
        params: &params,
        files: &files,
        environment: &Environment::default(),
        task_scripts: &TaskScripts::default(),
        tracked: &TrackedFiles::new(&|| Ok(Vec::new())),
        docker_contexts: keeps.then_some(&kept_artifacts as &dyn DockerContexts),
        remote: None,
        fast: false,
    };
    let dependencies = case["dependencies"].as_array().cloned().unwrap_or_default();
    let dependencies = dependencies
        .into_iter()
        .map(|mut task| {
            // The peer's tasks have their kind among their attributes.
            task["attributes"]["kind"] = task["kind"].clone();
            Ok(Arc::new(Task::from_json(&task).map_err(|e| e.to_string())?))
        })
        .collect::<Result<Vec<_>, String>>()?;
    let kind = KindName::parse(case["kind"].as_str().unwrap_or("thing"))?;
    let context = Context {
        project: &project,
        kind: &kind,
        path: &format!("taskcluster/kinds/{kind}"),
        config: &object(&case["kind_config"]),
        dependencies: &dependencies,
    };
    let items = case["items"].as_array().cloned().unwrap_or_default();
    let items = items.iter().map(|item| Item::new(object(item))).collect();
    let name = case["transform"].as_str().unwrap_or_default();
    let transform = find(&format!("taskgraph.transforms.{name}:transforms"))
        .ok_or_else(|| format!("there is no transform {name}"))?;
    Ok((transform.apply(&context, items), kept_artifacts))
}

/// What is different, if anything is.
fn compare(document: &Value, case: &Value) -> Anything<Option<String>> {
    let (outcome, kept_artifacts) = run(document, case)?;
    let mut created: Vec<Value> = match (outcome, case.get("expected")) {
        (Err(_), None) => return Ok(None),
        (Err(wrong), Some(_)) => return Ok(Some(format!("ours refuses: {wrong}"))),
        (Ok(_), None) => return Ok(Some(format!("only the peer refuses: {}", case["error"]))),
        (Ok(created), Some(_)) => created.into_iter().map(|i| Value::Object(i.task)).collect(),
    };
    if case["transform"] == "cached_tasks" {
        created.sort_by_key(|item| item["label"].as_str().map(str::to_owned));
    }
    let (expected, created) = (&case["expected"], Value::from(created));
    if *expected != created {
        return Ok(Some(format!("peer: {expected}\nours: {created}")));
    }
    // Mappings are equal whatever the order of their keys; texts are not.
    let texts = [expected, &created].map(Value::to_string);
    if texts[0] != texts[1] {
        return Ok(Some(format!(
            "order of keys\npeer: {expected}\nours: {created}"
        )));
    }
    if let Some(contexts) = case.get("contexts") {
        let ours = contexts_of(&kept_artifacts)?;
        if *contexts != ours {
            return Ok(Some(format!("peer: {contexts}\nours: {ours}")));
        }
    }
    Ok(None)
}

/// What is kept of docker contexts, as the cases have it.
fn contexts_of(kept_artifacts: &Kept) -> Anything<Value> {
    let mut contexts = Object::new();
    let kept_artifacts = kept_artifacts.0.lock().map_err(|e| e.to_string())?;
    for (name, zipped) in kept_artifacts.iter() {
        let end = zipped.iter().skip(10).position(|byte| *byte == 0);
        let header = zipped.get(..end.map_or(10, |end| 10 + end + 1));
        let mut content = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(zipped.as_slice());
        std::io::Read::read_to_end(&mut reader, &mut content)?;
        let (mut members, mut dockerfile) = (Vec::new(), String::new());
        for entry in tar::Archive::new(content.as_slice()).entries()? {
            let mut entry = entry?;
            let path = String::from_utf8(entry.path_bytes().into_owned())?;
            if path == "Dockerfile" {
                std::io::Read::read_to_string(&mut entry, &mut dockerfile)?;
            }
            let mode = format!("{:o}", entry.header().mode()?);
            members.push(json!([path, mode, entry.size()]));
        }
        let hash = Sha256::digest(&content);
        let context = json!({
            "header": hex(header.unwrap_or_default()),
            "sha256": hex(&hash),
            "members": members,
            "dockerfile": dockerfile,
        });
        contexts.insert(format!("{name}.tar.gz"), context);
    }
    Ok(Value::Object(contexts))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_items_match_the_peer() -> Anything<()> {
    let document: Value = serde_json::from_slice(&std::fs::read("tests/transforms/cases.json")?)?;
    let failures = RefCell::new(Vec::new());
    let cases = document["cases"].as_array().cloned().unwrap_or_default();
    assert!(cases.len() > 500, "{} cases", cases.len());
    for case in &cases {
        let fail = |what: String| {
            failures
                .borrow_mut()
                .push(format!("{}: {what}", case["name"]))
        };
        match (compare(&document, case)?, case.get("on_purpose")) {
            (None, None) | (Some(_), Some(_)) => {}
            (Some(difference), None) => fail(difference),
            (None, Some(_)) => fail("differs on purpose, and does not differ".to_owned()),
        }
    }
    let failures = failures.into_inner();
    assert!(
        failures.is_empty(),
        "{} of {} cases differ:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
    Ok(())
}
