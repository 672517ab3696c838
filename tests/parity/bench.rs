//! Projects in separate repositories, and their graphs in each phase.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use snowman::base::diagnostic::{Diagnostics, Outcome};
use snowman::base::name::TaskId;
use snowman::base::value::{Object, Value};
use snowman::config::graph_config::GraphConfig;
use snowman::config::parameters::{Parameters, Strictness};
use snowman::decision::{Context, Phases};
use snowman::model::id_graph::IdGraph;
use snowman::ports::clock::SystemClock;
use snowman::ports::environment::Environment;
use snowman::ports::files::Disk;
use snowman::ports::ids::DerivedIds;
use snowman::ports::vcs::Vcs;
use snowman::task_scripts::TaskScripts;

use super::stub::Stub;

/// The folder of the suite.
pub const HERE: &str = "tests/parity";

/// The commands whose documents are compared.
pub const COMMANDS: [&str; 6] = [
    "tasks",
    "full",
    "target",
    "target-graph",
    "optimized",
    "morphed",
];

/// Copies a folder with the file modes of docker contexts.
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

/// A project in a separate repository; an overlay replaces some of its files.
pub fn lay_out(source: &Path, overlay: Option<&Path>) -> tempfile::TempDir {
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

/// The documents of all commands by label, if none fails.
pub type Documents = BTreeMap<&'static str, Outcome<Object>>;

/// A repository that projects are generated in.
pub struct Bench {
    vcs: Box<dyn Vcs>,
    files: Disk,
    environment: Environment,
}

impl Bench {
    /// Creates a bench with further environment variables.
    pub fn new(repository: &Path, more: &Object) -> Self {
        let environment = Environment::of_process()
            .without("TASK_ID")
            .without("MOZ_AUTOMATION")
            .without("TASKCLUSTER_PROXY_URL")
            .with("TASKCLUSTER_ROOT_URL", "https://taskcluster.example.com");
        let environment = more.iter().fold(environment, |environment, (name, value)| {
            environment.with(name, value.as_str().unwrap())
        });
        Self {
            vcs: snowman::vcs::discover(repository, &environment).unwrap(),
            files: Disk::new(repository).unwrap(),
            environment,
        }
    }

    /// Returns the document of every command.
    pub fn documents(&self, stub: &Stub, params: Object) -> Outcome<Documents> {
        let graph_config = GraphConfig::load(&self.files, "taskcluster")?;
        let params = Parameters::new(params, Strictness::Lenient)?;
        let phases = Phases {
            context: Context {
                files: &self.files,
                vcs: Some(self.vcs.as_ref()),
                environment: &self.environment,
                clock: &SystemClock,
                taskcluster: Some(stub),
                task_scripts: &TaskScripts::default(),
                python: None,
                cache: None,
                fast: false,
                stop: &snowman::ports::stop::NEVER,
            },
            graph_config: &graph_config,
            params: &params,
            verify: true,
            artifacts: None,
        };
        // Transforms query Taskcluster in the runtime of their caller.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let object = |value: Value| value.as_object().cloned().unwrap();
        let full = phases.full()?;
        let targets = phases.target_set(&full)?;
        let target = phases.target_graph(&full, &targets)?;
        let ids = DerivedIds::new(TaskId::parse(TaskId::PLACEHOLDER).unwrap());
        let optimized = runtime.block_on(phases.optimize(target.clone(), &ids));
        let morphed = match &optimized {
            Ok(optimized) => runtime
                .block_on(phases.morph(optimized, &ids))
                .map(|morphed| by_label(&morphed.graph)),
            Err(wrong) => Err(wrong.clone()),
        };
        Ok(BTreeMap::from([
            ("tasks", Ok(object(full.set.0.to_json()))),
            ("full", Ok(object(full.graph.0.to_json()))),
            ("target", Ok(object(targets.tasks.to_json()))),
            ("target-graph", Ok(object(target.graph.to_json()))),
            ("optimized", optimized.map(|done| by_label(&done.graph))),
            ("morphed", morphed),
        ]))
    }
}

/// Replaces each new taskId of a graph by `@` and the label.
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
        // Only texts of sufficient length can contain a taskId.
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

/// Returns the first place where two values differ.
pub fn difference(path: &str, ours: &Value, theirs: &Value) -> Option<String> {
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

pub fn messages(wrong: &Diagnostics) -> Vec<&str> {
    wrong.iter().map(|d| d.message.as_str()).collect()
}
