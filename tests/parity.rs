//! Compares whole graphs with those of the peer, without a peer: `parity/goldens`, written by
//! `tests/parity/run --update`.
//!
//! Every project of `parity/projects` is laid out in a repository of its own, and every phase is run
//! for every set of parameters. The index and the queue answer from the project's `index.json`. A
//! line of a golden file is `[command, label, task]`; a task that the full graph has already, or for
//! `morphed` the optimized one, is left out.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a golden file or a project that cannot be read fails the test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use snowman::base::diagnostic::{Diagnostics, Outcome};
use snowman::base::name::{IndexPath, TaskId};
use snowman::base::time::Timestamp;
use snowman::base::value::Object;
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::decision::{Phases, World};
use snowman::model::id_graph::IdGraph;
use snowman::ports::clock::SystemClock;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::ports::ids::DerivedIds;
use snowman::ports::taskcluster::{Answer, ApiError, GroupMember, TaskStatus, Taskcluster};
use snowman::transform::context::RunTask;

const HERE: &str = "tests/parity";
const COMMANDS: [&str; 6] = [
    "tasks",
    "full",
    "target",
    "target-graph",
    "optimized",
    "morphed",
];

/// An index and a queue that know the tasks of an `index.json`: a pattern of index paths, and the
/// state and the expiry of the task at them.
struct Stub(Vec<(String, TaskStatus)>);

impl Stub {
    fn read(project: &Path) -> Self {
        let Ok(text) = fs::read(project.join("index.json")) else {
            return Self(Vec::new());
        };
        let table: Object = serde_json::from_slice(&text).unwrap();
        let entry = |(pattern, status): (String, Value)| {
            let status = TaskStatus {
                state: status["state"].as_str().unwrap().to_owned(),
                expires: Timestamp::parse(status["expires"].as_str().unwrap()),
            };
            (pattern, status)
        };
        Self(table.into_iter().map(entry).collect())
    }

    /// The taskId of an entry; `tests/parity/run` makes the same one.
    fn task_id(pattern: &str) -> TaskId {
        let digest = Sha256::digest(pattern.as_bytes());
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        TaskId::parse(&format!("found{}", &digits[..17])).unwrap()
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path
            .strip_prefix(start)
            .is_some_and(|path| (0..=path.len()).any(|at| matches(rest, &path[at..]))),
    }
}

fn absent<T>(call: &str) -> Answer<'_, T>
where
    T: Send,
{
    let call = call.to_owned();
    Box::pin(async move {
        Err(ApiError {
            call,
            status: Some(404),
            message: "graphs that are only looked at do not ask for this".to_owned(),
        })
    })
}

impl Taskcluster for Stub {
    fn find_tasks<'a>(&'a self, paths: &'a [IndexPath]) -> Answer<'a, BTreeMap<IndexPath, TaskId>> {
        Box::pin(async move {
            let found = paths.iter().filter_map(|path| {
                let at = self.0.iter().find(|(p, _)| matches(p, path.as_str()));
                at.map(|(pattern, _)| (path.clone(), Self::task_id(pattern)))
            });
            Ok(found.collect())
        })
    }

    fn statuses<'a>(&'a self, task_ids: &'a [TaskId]) -> Answer<'a, BTreeMap<TaskId, TaskStatus>> {
        Box::pin(async move {
            let known = self
                .0
                .iter()
                .map(|(pattern, status)| (Self::task_id(pattern), status.clone()));
            Ok(known.filter(|(id, _)| task_ids.contains(id)).collect())
        })
    }

    fn create_task<'a>(&'a self, _: &'a TaskId, _: &'a Value) -> Answer<'a, ()> {
        absent("create_task")
    }
    fn task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, Value> {
        absent("task")
    }
    fn task_group<'a>(&'a self, _: &'a TaskId) -> Answer<'a, Vec<GroupMember>> {
        absent("task_group")
    }
    fn cancel_task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, ()> {
        absent("cancel_task")
    }
    fn rerun_task<'a>(&'a self, _: &'a TaskId) -> Answer<'a, ()> {
        absent("rerun_task")
    }
    fn artifact<'a>(&'a self, _: &'a TaskId, _: &'a str) -> Answer<'a, Vec<u8>> {
        absent("artifact")
    }
    fn list_index<'a>(&'a self, _: &'a IndexPath) -> Answer<'a, Vec<TaskId>> {
        absent("list_index")
    }
    fn current_scopes(&self) -> Answer<'_, Vec<String>> {
        absent("current_scopes")
    }
}

fn folders(path: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(HERE).join(path)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Copies a folder with the file modes that docker contexts hold.
fn copy(from: &Path, to: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        fs::copy(entry.path(), &target).unwrap();
        let executable = entry.metadata().unwrap().permissions().mode() & 0o100 != 0;
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// A project in a repository of its own; an overlay takes the place of some of its files.
fn lay_out(source: &Path, overlay: Option<&Path>) -> tempfile::TempDir {
    let scratch = tempfile::tempdir().unwrap();
    copy(source, scratch.path());
    if let Some(overlay) = overlay {
        copy(overlay, scratch.path());
    }
    for arguments in [
        vec!["init", "--quiet", "--initial-branch", "main"],
        vec!["remote", "add", "origin", "https://github.com/frost/frost"],
        vec!["add", "--all"],
        vec!["commit", "--quiet", "--message", "all"],
    ] {
        let done = Command::new("git")
            .current_dir(scratch.path())
            .args([
                "-c",
                "user.name=parity",
                "-c",
                "user.email=parity@example.com",
            ])
            .args(["-c", "commit.gpgsign=false"])
            .args(&arguments)
            .status();
        assert!(done.unwrap().success(), "git {arguments:?}");
    }
    scratch
}

/// What every command shows, by label.
fn documents(
    project: &Path,
    stub: &Stub,
    params: &Path,
) -> Outcome<BTreeMap<&'static str, Outcome<Object>>> {
    let environment = Environment::of_process()
        .without("TASK_ID")
        .without("MOZ_AUTOMATION")
        .without("TASKCLUSTER_PROXY_URL")
        .with("TASKCLUSTER_ROOT_URL", "https://taskcluster.example.com");
    let vcs = snowman::vcs::discover(project, &environment).unwrap();
    let files = Disk::new(project).unwrap();
    let graph_config = GraphConfig::load(&files, "taskcluster")?;
    let values = Parameters::read("params.yml", &fs::read(params).unwrap())?;
    let params = Parameters::new(values, Strictness::Lenient)?;
    let phases = Phases {
        world: World {
            files: &files,
            vcs: Some(vcs.as_ref()),
            environment: &environment,
            clock: &SystemClock,
            taskcluster: Some(stub),
            run_task: &RunTask::default(),
            fast: false,
        },
        graph_config: &graph_config,
        params: &params,
        verify: true,
        artifacts: None,
    };
    let object = |value: Value| value.as_object().cloned().unwrap();
    let full = phases.full()?;
    let targets = phases.target_set(&full)?;
    let target = phases.target_graph(&full, &targets)?;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ids = DerivedIds::new(TaskId::parse(TaskId::PLACEHOLDER).unwrap());
    let optimized = runtime.block_on(phases.optimize(&target, &ids));
    let morphed = match &optimized {
        Ok(optimized) => phases
            .morph(optimized, &ids)
            .map(|morphed| by_label(&morphed.graph)),
        Err(wrong) => Err(wrong.clone()),
    };
    Ok(BTreeMap::from([
        ("tasks", Ok(object(full.set.0.to_json()))),
        ("full", Ok(object(full.graph.0.to_json()))),
        ("target", Ok(object(targets.0.to_json()))),
        ("target-graph", Ok(object(target.graph.to_json()))),
        ("optimized", optimized.map(|done| by_label(&done.graph))),
        ("morphed", morphed),
    ]))
}

/// The graph with each taskId that was made for it replaced by `@` and the label.
fn by_label(graph: &IdGraph) -> Object {
    fn plain(value: &Value, names: &BTreeMap<String, String>) -> Value {
        match value {
            Value::Object(map) => map
                .iter()
                .map(|(key, item)| (plain_text(key, names), plain(item, names)))
                .collect::<Object>()
                .into(),
            Value::Array(items) => items.iter().map(|item| plain(item, names)).collect(),
            Value::String(text) => plain_text(text, names).into(),
            other => other.clone(),
        }
    }
    fn plain_text(text: &str, names: &BTreeMap<String, String>) -> String {
        // Ids stand where a text may be cut, so only texts that are long enough hold one.
        if text.len() < 22 {
            return text.to_owned();
        }
        names.iter().fold(text.to_owned(), |text, (id, label)| {
            text.replace(id.as_str(), label)
        })
    }
    let names = graph
        .tasks()
        .map(|task| (task.task_id.to_string(), format!("@{}", task.label)))
        .collect();
    let mut tasks = plain(&graph.to_json(), &names)
        .as_object()
        .cloned()
        .unwrap();
    for task in tasks.values_mut() {
        if let Some(listed) = task["task"]
            .get_mut("dependencies")
            .and_then(Value::as_array_mut)
        {
            listed.sort_by_key(Value::to_string);
        }
    }
    tasks
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

/// The first place where two values differ.
fn difference(path: &str, ours: &Value, theirs: &Value) -> Option<String> {
    if ours == theirs {
        return None;
    }
    if let (Value::Object(a), Value::Object(b)) = (ours, theirs) {
        let mut keys: Vec<_> = a.keys().chain(b.keys()).collect();
        keys.sort();
        return keys
            .into_iter()
            .find_map(|key| match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => difference(&format!("{path}/{key}"), a, b),
                (Some(a), None) => Some(format!("{path}/{key}: only we have it: {a}")),
                (None, b) => Some(format!("{path}/{key}: only the peer has it: {b:?}")),
            });
    }
    if let (Value::Array(a), Value::Array(b)) = (ours, theirs)
        && a.len() == b.len()
    {
        return a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(i, (a, b))| difference(&format!("{path}/{i}"), a, b));
    }
    Some(format!("{path}: ours {ours}, the peer's {theirs}"))
}

fn told(wrong: &Diagnostics) -> Vec<&str> {
    wrong.iter().map(|d| d.message.as_str()).collect()
}

#[test]
fn graphs_are_those_of_the_peer() {
    let mut wrong = Vec::new();
    for project in folders("projects") {
        let name = project.file_name().unwrap().to_str().unwrap();
        let scratch = lay_out(&project, None);
        let stub = Stub::read(&project);
        for golden in folders(&format!("goldens/{name}")) {
            let stem = golden.file_name().unwrap().to_str().unwrap();
            let stem = stem.strip_suffix(".jsonl.gz").unwrap();
            let params = project.join("params").join(format!("{stem}.yml"));
            let theirs = goldens(&golden);
            let ours = match documents(scratch.path(), &stub, &params) {
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
            let params = Path::new(HERE).join("errors/push.yml");
            let done = documents(scratch.path(), &Stub(Vec::new()), &params);
            let taken = done.is_ok_and(|documents| documents["morphed"].is_ok());
            taken.then(|| case.display().to_string())
        })
        .collect();
    assert!(wrong.is_empty(), "taken: {}", wrong.join(", "));
}
