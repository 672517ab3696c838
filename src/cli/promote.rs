//! The command `promote --plan`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indexmap::IndexMap;
use tracing_subscriber::filter::LevelFilter;

use super::args::PromoteArgs;
use super::context::{CommandContext, connect};
use super::helper::CommandHelper;
use super::input_file::read_action_input;
use super::parameters::ParameterSpec;
use crate::actions::plan::{self, Disposition, Plan, ReusedState};
use crate::actions::request::Runner;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json::pretty;
use crate::base::name::{Label, TaskId};
use crate::base::text::{list_some, plural};
use crate::base::value::{Object, Value, json};
use crate::ports::artifacts::MemoryArtifacts;
use crate::ports::files::metadata;
use crate::submit::Recorder;

/// The artifacts of a graph that promotions read.
const ARTIFACTS: &[&str] = &[
    "parameters.yml",
    "full-task-graph.json",
    "label-to-taskid.json",
    "task-graph.json",
    "provenance.json",
];

/// Prints what a promotion would do.
///
/// The exit code is 1 if the action would refuse the promotion: if it would build a task of an earlier
/// phase that nothing asks for, or if a task to reuse has failed or is missing.
///
/// # Errors
/// Every error that would make the promotion fail.
pub fn run(args: &PromoteArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let context = command.open(&args.project, command.global.level(LevelFilter::WARN))?;
    let output = command.output;
    let (graphs, flavors) = graphs_and_flavors(args, &context)?;
    let mut previous = Vec::new();
    let mut in_folders = Vec::new();
    for graph in graphs {
        let id = match graph {
            PreviousGraph::Task(id) => id,
            PreviousGraph::Folder(argument, path) => {
                let (id, artifacts) = read_artifacts(&argument, &path)?;
                in_folders.push((id.clone(), artifacts));
                id
            }
        };
        previous.push(id.as_str().to_owned());
    }
    // If all graphs are in folders, Taskcluster is not needed.
    let reads = match in_folders.len() < previous.len() {
        true => connect(&context.environment)?,
        false => None,
    };
    let mut recorder = reads.map_or_else(Recorder::offline, Recorder::reading);
    for (id, artifacts) in in_folders {
        recorder = recorder.with_artifacts(id, artifacts);
    }
    let input = input(args, &flavors, previous)?;
    let own = TaskId::parse(TaskId::ACTION_PLACEHOLDER)
        .map_err(|error| Diagnostic::bug(error.to_string()))?;
    let artifacts = MemoryArtifacts::default();
    let plan = context.block_on(async {
        let parameters = match &args.parameters {
            None => None,
            Some(argument) => {
                let spec = ParameterSpec::read(&context.working_folder, argument)?.remove(0);
                Some(spec.load(&context, &Object::new()).await?.values().clone())
            }
        };
        let mut ports = context.decision_context();
        ports.taskcluster = Some(&recorder);
        let runner = Runner {
            context: ports,
            graph_config: &context.graph_config,
            action_task: &own,
            artifacts: &artifacts,
            events: &|_| {},
            check_scope: false,
        };
        plan::run(runner, input, parameters, recorder.is_reading()).await
    })?;
    let text = if args.json {
        pretty(&plan.to_json()) + "\n"
    } else if args.labels {
        by_label(&plan)
    } else {
        summary(&plan)
    };
    output.data(&text)?;
    for note in notes(&plan, recorder.is_reading()) {
        output.status(&note);
    }
    Ok(match plan.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// Describes what a reader must know about a plan besides its tasks.
fn notes(plan: &Plan, index_queried: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !index_queried {
        notes.push("The index was not queried, because all graphs are in folders".to_owned());
    }
    if plan.own_python {
        notes.push(
            "The project has its own release-promotion action in Python; this shows what the \
             built-in action would do"
                .to_owned(),
        );
    }
    let unusable = plan.unusable().count();
    if unusable > 0 {
        let tasks = plural(unusable, "task");
        notes.push(format!(
            "{tasks} cannot be reused: rerun failed tasks, or rebuild them with --do-not-optimize"
        ));
    }
    let unexpected = plan.unexpected().count();
    if unexpected > 0 {
        let tasks = plural(unexpected, "task");
        let advice = if plan.accepted {
            "This is accepted because `allow_earlier_phases` is set"
        } else if plan.own_python {
            "The project's own action runs the promotion and may handle this differently"
        } else {
            "Check that --previous lists every graph, in the order in which they were created, or \
             accept this with --allow-earlier-phases"
        };
        notes.push(format!(
            "Unexpected: {tasks} of earlier phases that neither the input nor the flavor requests. \
             {advice}"
        ));
    }
    notes
}

/// A previous graph named on the command line.
enum PreviousGraph {
    /// By its task.
    Task(TaskId),
    /// By the folder of its artifacts: the argument as given, and the path.
    Folder(String, PathBuf),
}

/// Separates graphs and flavors: `--previous` takes all values that follow it, including flavors that
/// come after the graphs.
fn graphs_and_flavors(
    args: &PromoteArgs,
    context: &CommandContext,
) -> Outcome<(Vec<PreviousGraph>, Vec<String>)> {
    let known = plan::phases(&context.graph_config);
    let mut graphs = Vec::new();
    let mut flavors = args.flavors.clone();
    let mut wrong = Diagnostics::new();
    for argument in &args.previous {
        let path = context.working_folder.join(argument);
        let id = TaskId::parse(argument);
        if known.contains_key(argument) && !argument.contains(std::path::MAIN_SEPARATOR) {
            flavors.push(argument.clone());
        } else if metadata(&path)?.is_some_and(|found| found.is_dir()) {
            graphs.push(PreviousGraph::Folder(argument.clone(), path));
        } else if let Some(id) = id.as_ref().ok().filter(|id| id.is_slugid()) {
            graphs.push(PreviousGraph::Task(id.clone()));
        } else if args.flavors.is_empty() && id.is_ok() {
            // It may be a misspelled flavor, which the action reports best.
            flavors.push(argument.clone());
        } else {
            wrong.push(
                Diagnostic::usage(format!(
                    "--previous {argument}: neither a taskId nor a folder"
                ))
                .help("pass the taskId of the decision or action task of a previous graph, or a folder with its artifacts"),
            );
        }
    }
    if graphs.is_empty() && wrong.is_empty() {
        wrong.push(
            Diagnostic::usage("no graph is given with --previous")
                .because(format!(
                    "neither a taskId nor a folder: {}",
                    args.previous.join(", ")
                ))
                .help("pass the taskIds of the decision or action tasks of the previous graphs"),
        );
    }
    if flavors.is_empty() {
        wrong.push(Diagnostic::usage("no flavor is given").help(format!(
            "available flavors: {}",
            known.into_keys().collect::<Vec<_>>().join(", ")
        )));
    }
    wrong.or_ok((graphs, flavors))
}

/// The action's input, as the flags describe it.
fn input(args: &PromoteArgs, flavors: &[String], previous: Vec<String>) -> Outcome<Value> {
    let mut input = match read_action_input(args.input.as_deref())? {
        Value::Null => Object::new(),
        Value::Object(input) => input,
        _ => return Err(Diagnostic::usage("--input: the file must contain a mapping").into()),
    };
    let flavor = match flavors {
        [one] => json!(one),
        several => json!(several),
    };
    input.insert("release_promotion_flavor", flavor);
    input.insert("previous_graph_ids", json!(previous));
    input.entry("build_number").or_insert(json!(1));
    for (key, flag) in [
        ("version", &args.version),
        ("next_version", &args.next_version),
    ] {
        if let Some(flag) = flag {
            input.insert(key, json!(flag));
        }
    }
    if args.allow_earlier_phases {
        input.insert(plan::EARLIER_PHASES, json!(true));
    }
    for (key, flag) in [
        ("rebuild_kinds", &args.rebuild_kinds),
        ("do_not_optimize", &args.do_not_optimize),
    ] {
        if !flag.is_empty() {
            input.insert(key, json!(flag));
        }
    }
    Ok(Value::Object(input))
}

/// The first bytes of gzip files.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Reads the artifacts in a folder that is named by the id of their task.
fn read_artifacts(
    argument: &str,
    path: &Path,
) -> Result<(TaskId, BTreeMap<String, Vec<u8>>), Diagnostic> {
    let name = path.file_name().and_then(|name| name.to_str());
    let id = TaskId::parse(name.unwrap_or_default()).map_err(|error| {
        Diagnostic::usage(format!("--previous {argument}: {error}"))
            .help("rename the folder to the taskId of the task that wrote the artifacts")
    })?;
    let mut artifacts = BTreeMap::new();
    for name in ARTIFACTS {
        for below in [path.to_owned(), path.join("public")] {
            let file = below.join(name);
            let Some(found) = metadata(&file)? else {
                continue;
            };
            // Reading a pipe would wait for another process to write to it.
            if !found.is_file() {
                return Err(Diagnostic::user(format!(
                    "{} is not a regular file",
                    file.display()
                )));
            }
            let content = std::fs::read(&file).map_err(|error| {
                Diagnostic::environment(format!("cannot read {}", file.display())).because(error)
            })?;
            if content.starts_with(GZIP) {
                return Err(Diagnostic::user(format!(
                    "{} is compressed with gzip",
                    file.display()
                ))
                .help(format!("decompress it: `gzip -dc {name} > FILE`")));
            }
            artifacts.insert(format!("public/{name}"), content);
        }
    }
    if artifacts.is_empty() {
        return Err(Diagnostic::user(format!(
            "the folder {argument} contains no artifacts of a graph"
        ))
        .help(format!(
            "copy these artifacts of the decision or action task into it: {}",
            ARTIFACTS.join(", ")
        )));
    }
    Ok((id, artifacts))
}

/// Formats one line for each task.
fn by_label(plan: &Plan) -> String {
    let mut out = String::new();
    for (label, task) in &plan.tasks {
        let more = match &task.disposition {
            Disposition::Reused { task_id, graph } => {
                let graph = graph.as_ref().map_or("a previous graph", TaskId::as_str);
                let state = task
                    .state
                    .as_ref()
                    .map_or_else(String::new, |s| format!(" ({s})"));
                format!("{task_id} of {graph}{state}")
            }
            Disposition::Found { task_id } => format!("{task_id} in the index"),
            Disposition::Rebuilt { why, task_id, .. } => format!("{why}; was {task_id}"),
            Disposition::New { why, .. } => why.clone(),
            Disposition::Removed => "by its strategy".to_owned(),
        };
        let unexpected = match task.unexpected {
            Some(_) => "; unexpected",
            None => "",
        };
        let _ = writeln!(
            out,
            "{:<8} {label}: {more}{unexpected}",
            task.disposition.name()
        );
    }
    out
}

/// Formats the number of tasks by outcome and reason.
fn summary(plan: &Plan) -> String {
    let mut out = format!("{}\n", plan.flavors.join(", then "));
    for (graph, revision) in &plan.graphs {
        let _ = writeln!(out, "  on top of   {graph} (revision {revision})");
    }
    for word in ["reused", "found", "rebuilt", "new", "removed"] {
        // Groups from graphs are in the order of the graphs, as taskIds have no meaningful order.
        let mut groups: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
        for (label, task) in plan
            .tasks
            .iter()
            .filter(|(_, t)| t.disposition.name() == word)
        {
            groups
                .entry((place(plan, &task.disposition), why(&task.disposition)))
                .or_default()
                .push(label.as_str());
        }
        let count: usize = groups.values().map(Vec::len).sum();
        let _ = writeln!(out, "  {word:<11} {count}");
        for ((_, why), labels) in groups {
            let _ = writeln!(
                out,
                "    {:>5}  {why}: {}",
                labels.len(),
                list_some(&labels)
            );
        }
    }
    let unfinished: Vec<String> = plan.unfinished().map(in_state).collect();
    let unusable: Vec<String> = plan.unusable().map(in_state).collect();
    for (word, tasks) in [("unfinished", unfinished), ("unusable", unusable)] {
        if !tasks.is_empty() {
            let names: Vec<&str> = tasks.iter().map(String::as_str).collect();
            let _ = writeln!(out, "  {word:<11} {}: {}", names.len(), list_some(&names));
        }
    }
    let mut roots: IndexMap<String, usize> = IndexMap::new();
    for (_, unexpected) in plan.unexpected() {
        *roots.entry(unexpected.reason()).or_default() += 1;
    }
    for (why, count) in roots {
        let _ = writeln!(out, "  unexpected  {count}: {why}");
    }
    out
}

fn in_state((label, state): (&Label, ReusedState)) -> String {
    format!("{label} ({state})")
}

/// The position of the previous graph that a task is reused from.
fn place(plan: &Plan, disposition: &Disposition) -> usize {
    let Disposition::Reused { graph, .. } = disposition else {
        return 0;
    };
    let mut graphs = plan.graphs.iter();
    let place = graphs.position(|(id, _)| Some(id) == graph.as_ref());
    place.unwrap_or(usize::MAX)
}

fn why(disposition: &Disposition) -> String {
    match disposition {
        Disposition::Reused {
            graph: Some(graph), ..
        } => format!("from {graph}"),
        Disposition::Reused { graph: None, .. } => "from earlier graphs".to_owned(),
        Disposition::Found { .. } => "in the index".to_owned(),
        Disposition::Rebuilt {
            root: (label, what),
            ..
        } => format!("because of {label}: {what}"),
        Disposition::New { why, .. } => why.clone(),
        Disposition::Removed => "by its strategy".to_owned(),
    }
}
