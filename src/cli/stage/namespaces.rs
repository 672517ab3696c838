//! The commands `stage list` and `stage clean`: the namespaces of staged releases in the index.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tracing_subscriber::filter::LevelFilter;

use super::release::sandbox_of;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json::pretty;
use crate::base::name::TaskId;
use crate::base::text::{list_some, plural, text_table};
use crate::base::value::{Value, json};
use crate::cli::args::common::{ProjectArgs, PythonMode};
use crate::cli::args::{StageCleanArgs, StageIndexArgs, StageListArgs};
use crate::cli::context::runtime;
use crate::cli::helper::CommandHelper;
use crate::config::graph_config::GraphConfig;
use crate::ports::environment::Environment;
use crate::ports::taskcluster::{ApiError, Taskcluster};
use crate::release::staged::Staged;
use crate::sandbox::Sandbox;
use crate::taskcluster::{Client, IndexedTask};

/// The namespace of a release that has a task for each graph and product.
const GRAPHS: &str = "graphs";

/// How deep namespaces are looked at: a path has at most 255 characters.
const MAX_DEPTH: usize = 128;

/// A deployment, or the sandbox of a rehearsal, whose index is looked at.
struct Index {
    client: Client,
    runtime: Arc<Runtime>,
    /// The paths below which staged releases may be.
    paths: Vec<String>,
    /// The sandbox, if it is one.
    _sandbox: Option<Sandbox>,
}

/// A graph of a staged release, for one product.
struct Graph {
    /// The path below which the release is.
    index: String,
    /// The decision task of the release.
    decision: String,
    /// The task that has created the graph.
    graph: String,
    /// The staged task that stands for it.
    staged: Staged,
    /// When the entry of the index expires.
    expires: String,
}

/// Lists staged releases.
///
/// # Errors
/// When the index cannot be read.
pub fn list(args: &StageListArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let index = Index::open(&args.index, command)?;
    let runtime = Arc::clone(&index.runtime);
    let graphs = runtime.block_on(index.graphs())?;
    if args.json {
        let all = graphs.iter().map(Graph::to_json).collect::<Value>();
        command.output.data(&(pretty(&all) + "\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    if graphs.is_empty() {
        let paths: Vec<&str> = index.paths.iter().map(String::as_str).collect();
        command.output.status(&format!(
            "No staged release is indexed below {}",
            list_some(&paths)
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let heads = [
        "Decision task",
        "Product",
        "Version",
        "Build",
        "Revision",
        "Graph",
        "Expires",
        "Index",
    ];
    let rows = graphs.iter().map(|graph| {
        let release = &graph.staged.release;
        let revision: String = release.revision.chars().take(12).collect();
        [
            graph.decision.clone(),
            release.product.clone(),
            release.version.clone(),
            release.build_number.to_string(),
            revision,
            graph.graph.clone(),
            graph.expires.chars().take(10).collect(),
            graph.index.clone(),
        ]
    });
    command
        .output
        .data(&text_table(heads.len(), heads, rows.collect()))?;
    Ok(ExitCode::SUCCESS)
}

/// Removes staged releases from the index.
///
/// # Errors
/// When a release is not in the index, or cannot be removed.
pub fn clean(args: &StageCleanArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let mut wrong = Diagnostics::new();
    for decision in &args.decisions {
        if TaskId::parse(decision).is_err() {
            wrong.push(
                Diagnostic::usage(format!("`{decision}` is not the id of a decision task"))
                    .help("`snowman stage list` shows the releases and their decision tasks"),
            );
        }
    }
    wrong.or_ok(())?;
    let index = Index::open(&args.index, command)?;
    let runtime = Arc::clone(&index.runtime);
    // All are found before any is removed.
    let mut found = Vec::new();
    let mut wrong = Diagnostics::new();
    for decision in &args.decisions {
        let entries = runtime.block_on(index.entries(decision))?;
        if entries.is_empty() {
            let paths: Vec<&str> = index.paths.iter().map(String::as_str).collect();
            wrong.push(
                Diagnostic::user(format!(
                    "no staged release of the decision task {decision} is indexed below {}",
                    list_some(&paths)
                ))
                .help("`snowman stage list` shows the releases; `--index` names another path"),
            );
        }
        found.push((decision, entries));
    }
    wrong.or_ok(())?;
    for (decision, entries) in found {
        for entry in &entries {
            if args.dry_run {
                command.output.data(&format!("{}\n", entry.path))?;
                continue;
            }
            let removed = runtime.block_on(index.client.remove_from_index(&entry.path));
            removed.map_err(|error| unreachable_index(&error))?;
        }
        let paths = plural(entries.len(), "index path");
        command.output.status(&match args.dry_run {
            true => format!("Would remove {paths} of the release of {decision}"),
            false => format!("Removed {paths} of the release of {decision}"),
        });
    }
    Ok(ExitCode::SUCCESS)
}

fn unreachable_index(error: &ApiError) -> Diagnostic {
    let message = "cannot read or change the index";
    match error.status {
        Some(401 | 403) => Diagnostic::user(message).because(error).help(
            "listing needs `index:list-namespaces:…` and `index:list-tasks:…`, removing `index:delete-task:…`, \
             and TASKCLUSTER_CLIENT_ID and TASKCLUSTER_ACCESS_TOKEN have to be those of a client with them",
        ),
        _ => Diagnostic::environment(message).because(error),
    }
}

impl Index {
    /// Opens the index of the deployment, or that of the sandbox in a folder.
    fn open(args: &StageIndexArgs, command: &CommandHelper<'_>) -> Outcome<Self> {
        command
            .output
            .log_at(command.global.level(LevelFilter::WARN));
        let runtime = Arc::new(runtime()?);
        let (sandbox, environment) = match &args.folder {
            None => (None, command.environment.clone()),
            Some(folder) => {
                let sandbox = sandbox_of(&runtime, folder)?;
                let environment = root_of(&sandbox);
                (Some(sandbox), environment)
            }
        };
        let mut index = Self {
            client: Client::connect(&environment)?,
            runtime: Arc::clone(&runtime),
            paths: args.paths.clone(),
            _sandbox: sandbox,
        };
        if index.paths.is_empty() {
            let project = ProjectArgs {
                root: args.root.clone(),
                python: PythonMode::Never,
                no_cache: true,
            };
            let level = command.global.level(LevelFilter::WARN);
            let context = command.open_without_python(&project, level)?;
            index.paths = runtime.block_on(index.default_paths(&context.graph_config))?;
        }
        Ok(index)
    }

    /// The setting of a project, or else the default for every project with its trust domain.
    async fn default_paths(&self, config: &GraphConfig) -> Outcome<Vec<String>> {
        let staging = config.get("snowman").and_then(|own| own.get("staging"));
        let own = staging.and_then(|staging| staging.get("index")?.as_str());
        if let Some(path) = own {
            return Ok(vec![path.trim_matches('.').to_owned()]);
        }
        let domain = config.get("trust-domain").and_then(Value::as_str);
        let above = format!("{}.v2", domain.unwrap_or_default());
        let projects = self.client.index_namespaces(&above).await;
        let projects = projects.map_err(|error| unreachable_index(&error))?;
        let paths = projects.iter();
        Ok(paths
            .map(|project| format!("{above}.{project}.staging"))
            .collect())
    }

    /// The graphs of all staged releases, by release.
    async fn graphs(&self) -> Outcome<Vec<Graph>> {
        let mut graphs = Vec::new();
        for path in &self.paths {
            let releases = self.client.index_namespaces(path).await;
            for decision in releases.map_err(|error| unreachable_index(&error))? {
                let namespace = format!("{path}.{decision}.{GRAPHS}");
                let tasks = self.client.index_tasks(&namespace).await;
                for task in tasks.map_err(|error| unreachable_index(&error))? {
                    graphs.extend(self.graph(path, &decision, task).await?);
                }
            }
        }
        Ok(graphs)
    }

    /// The graph that a task stands for; `None` if it is no staged task.
    async fn graph(&self, path: &str, decision: &str, task: IndexedTask) -> Outcome<Option<Graph>> {
        let definition = match self.client.task(&task.task_id).await {
            Ok(definition) => definition,
            // The entry of the index can outlive the task.
            Err(error) if error.status == Some(404) => return Ok(None),
            Err(error) => return Err(unreachable_index(&error).into()),
        };
        let Ok(staged) = Staged::of_definition(&definition) else {
            return Ok(None);
        };
        Ok(Some(Graph {
            index: path.to_owned(),
            decision: decision.to_owned(),
            graph: definition["taskGroupId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            staged,
            expires: task.expires,
        }))
    }

    /// Everything that is indexed for a release.
    async fn entries(&self, decision: &str) -> Outcome<Vec<IndexedTask>> {
        let paths = self.paths.iter();
        let mut left: Vec<(String, usize)> = paths
            .map(|path| (format!("{path}.{decision}"), 0))
            .collect();
        let mut entries = Vec::new();
        while let Some((namespace, depth)) = left.pop() {
            let tasks = self.client.index_tasks(&namespace).await;
            entries.extend(tasks.map_err(|error| unreachable_index(&error))?);
            if depth < MAX_DEPTH {
                let below = self.client.index_namespaces(&namespace).await;
                let below = below.map_err(|error| unreachable_index(&error))?;
                let below = below.iter();
                left.extend(below.map(|name| (format!("{namespace}.{name}"), depth + 1)));
            }
        }
        entries.sort();
        Ok(entries)
    }
}

impl Graph {
    fn to_json(&self) -> Value {
        let release = &self.staged.release;
        json!({
            "index": self.index,
            "decision": self.decision,
            "graph": self.graph,
            "product": release.product,
            "version": release.version,
            "buildNumber": release.build_number,
            "revision": release.revision,
            "phase": self.staged.phase,
            "expires": self.expires,
        })
    }
}

/// The environment of a client of a sandbox with all scopes.
fn root_of(sandbox: &Sandbox) -> Environment {
    let credentials = sandbox.root_credentials();
    Environment::default()
        .with("TASKCLUSTER_ROOT_URL", &sandbox.root_url())
        .with("TASKCLUSTER_CLIENT_ID", &credentials.client_id)
        .with("TASKCLUSTER_ACCESS_TOKEN", &credentials.access_token)
}
