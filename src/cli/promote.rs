//! The command `promote --plan`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::base::value::json;
use indexmap::IndexMap;
use tracing_subscriber::filter::LevelFilter;

use super::action;
use super::args::PromoteArgs;
use super::output::{self, Output};
use super::outside::{Outside, connect};
use super::parameters::Spec;
use crate::actions::callback::Runner;
use crate::actions::plan::{self, Fate, Plan, counted, some};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json::pretty;
use crate::base::name::{Label, TaskId};
use crate::base::value::{Object, Value};
use crate::ports::artifacts::MemoryArtifacts;
use crate::ports::environment::Environment;
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
/// The exit code is 1 if the action would refuse it: if a task of an earlier phase would be built
/// without being asked for, or if a task that would be reused has failed or is missing.
///
/// # Errors
/// What keeps the promotion from being done.
pub fn run(args: &PromoteArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    output.log_at(match (args.verbosity.quiet, args.verbosity.verbose) {
        (true, _) => LevelFilter::OFF,
        (_, true) => LevelFilter::DEBUG,
        _ => LevelFilter::WARN,
    });
    let outside = Outside::open(&args.root, environment)?.with_python(
        &args.root,
        args.python.python.into(),
        args.verbosity.verbose,
    )?;
    let (graphs, flavors) = told_apart(args, &outside)?;
    let mut previous = Vec::new();
    let mut held = Vec::new();
    for graph in graphs {
        let id = match graph {
            Given::Task(id) => id,
            Given::Folder(given, path) => {
                let (id, artifacts) = folder(&given, &path)?;
                held.push((id.clone(), artifacts));
                id
            }
        };
        previous.push(id.as_str().to_owned());
    }
    // Where all graphs are files, nothing has to be reached.
    let reads = match held.len() < previous.len() {
        true => connect(&outside.environment)?,
        false => None,
    };
    let mut recorder = reads.map_or_else(Recorder::offline, Recorder::over);
    for (id, artifacts) in held {
        recorder = recorder.holding(id, artifacts);
    }
    let input = input(args, &flavors, previous)?;
    let own = TaskId::parse(TaskId::ACTION_PLACEHOLDER)
        .map_err(|error| Diagnostic::bug(error.to_string()))?;
    let artifacts = MemoryArtifacts::default();
    let plan = output::runtime()?.block_on(async {
        let parameters = match &args.parameters {
            None => None,
            Some(given) => {
                let spec = Spec::read(&outside.working, given)?.remove(0);
                Some(spec.load(&outside, &Object::new()).await?.values().clone())
            }
        };
        let mut context = outside.context();
        context.taskcluster = Some(&recorder);
        let runner = Runner {
            context,
            graph_config: &outside.graph_config,
            own: &own,
            artifacts: &artifacts,
            events: &|_| {},
            check_scope: false,
        };
        plan::run(runner, input, parameters, recorder.reads()).await
    })?;
    let text = if args.json {
        pretty(&plan.to_json()) + "\n"
    } else if args.labels {
        by_label(&plan)
    } else {
        summary(&plan)
    };
    output.data(&text)?;
    if !recorder.reads() {
        output.status("The index was not asked, since all graphs are files");
    }
    if plan.own_python {
        output.status(
            "The release-promotion action is in the project's own Python; this is what the built-in one would do",
        );
    }
    let unusable = plan.unusable().count();
    if unusable > 0 {
        let tasks = counted(unusable, "task");
        output.status(&format!(
            "{tasks} would be reused but cannot be: rerun what failed, or build it again with \
             --do-not-optimize"
        ));
    }
    let surprises = plan.surprises().count();
    if surprises > 0 {
        let tasks = counted(surprises, "task");
        output.status(&format!(
            "Surprise: {tasks} of earlier phases that nothing asks for. {}",
            match plan.accepted || plan.own_python {
                true if plan.accepted => "The input accepts it",
                true =>
                    "The project's own Python does the promotion and may handle this differently",
                false =>
                    "Does --previous name every graph, in the order in which they were created? \
                     --allow-earlier-phases accepts it",
            }
        ));
    }
    Ok(match plan.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

/// A graph given on the command line.
enum Given {
    /// By its task.
    Task(TaskId),
    /// By the folder of its artifacts: the argument as given, and the path.
    Folder(String, PathBuf),
}

/// Separates graphs and flavors: `--previous` takes all values that follow it, including flavors
/// that come after the graphs.
fn told_apart(args: &PromoteArgs, outside: &Outside) -> Outcome<(Vec<Given>, Vec<String>)> {
    let known = plan::phases(&outside.graph_config);
    let mut graphs = Vec::new();
    let mut flavors = args.flavors.clone();
    let mut wrong = Diagnostics::new();
    for given in &args.previous {
        let path = outside.working.join(given);
        let id = TaskId::parse(given);
        if known.contains_key(given) && !given.contains(std::path::MAIN_SEPARATOR) {
            flavors.push(given.clone());
        } else if metadata(&path)?.is_some_and(|found| found.is_dir()) {
            graphs.push(Given::Folder(given.clone(), path));
        } else if let Some(id) = id.as_ref().ok().filter(|id| id.is_slugid()) {
            graphs.push(Given::Task(id.clone()));
        } else if args.flavors.is_empty() && id.is_ok() {
            // It may be a misspelt flavor, which the action reports best.
            flavors.push(given.clone());
        } else {
            wrong.push(
                Diagnostic::usage(format!(
                    "--previous {given}: neither a taskId nor a folder"
                ))
                .help("name the decision or action task of a previous graph, or a folder with its artifacts"),
            );
        }
    }
    if graphs.is_empty() && wrong.is_empty() {
        wrong.push(
            Diagnostic::usage("--previous names no graph")
                .because(format!(
                    "neither a taskId nor a folder: {}",
                    args.previous.join(", ")
                ))
                .help("name the decision or action tasks of the previous graphs"),
        );
    }
    if flavors.is_empty() {
        wrong.push(Diagnostic::usage("no flavor is given").help(format!(
            "there are: {}",
            known.into_keys().collect::<Vec<_>>().join(", ")
        )));
    }
    wrong.or_ok((graphs, flavors))
}

/// The action's input, as the flags say it.
fn input(args: &PromoteArgs, flavors: &[String], previous: Vec<String>) -> Outcome<Value> {
    let mut input = match action::input(args.input.as_deref())? {
        Value::Null => Object::new(),
        Value::Object(input) => input,
        _ => return Err(Diagnostic::usage("--input: the file holds no mapping").into()),
    };
    let flavor = match flavors {
        [one] => json!(one),
        several => json!(several),
    };
    input.insert("release_promotion_flavor", flavor);
    input.insert("previous_graph_ids", json!(previous));
    input.entry("build_number").or_insert(json!(1));
    for (key, given) in [
        ("version", &args.version),
        ("next_version", &args.next_version),
    ] {
        if let Some(given) = given {
            input.insert(key, json!(given));
        }
    }
    if args.allow_earlier_phases {
        input.insert(plan::EARLIER_PHASES, json!(true));
    }
    for (key, given) in [
        ("rebuild_kinds", &args.rebuild_kinds),
        ("do_not_optimize", &args.do_not_optimize),
    ] {
        if !given.is_empty() {
            input.insert(key, json!(given));
        }
    }
    Ok(Value::Object(input))
}

/// What files begin with that gzip has compressed.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The artifacts in a folder, as of a task that is named like it.
fn folder(given: &str, path: &Path) -> Result<(TaskId, BTreeMap<String, Vec<u8>>), Diagnostic> {
    let name = path.file_name().and_then(|name| name.to_str());
    let id = TaskId::parse(name.unwrap_or_default()).map_err(|error| {
        Diagnostic::usage(format!("--previous {given}: {error}"))
            .help("name the folder like the task that has left the artifacts")
    })?;
    let mut artifacts = BTreeMap::new();
    for name in ARTIFACTS {
        for below in [path.to_owned(), path.join("public")] {
            let file = below.join(name);
            let Some(found) = metadata(&file)? else {
                continue;
            };
            // Reading a pipe would wait for somebody to write into it.
            if !found.is_file() {
                return Err(Diagnostic::user(format!(
                    "{} is no regular file",
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
        return Err(
            Diagnostic::user(format!("the folder {given} holds no artifacts of a graph")).help(
                format!("put there what its task has left: {}", ARTIFACTS.join(", ")),
            ),
        );
    }
    Ok((id, artifacts))
}

/// A line for each task.
fn by_label(plan: &Plan) -> String {
    let mut out = String::new();
    for (label, task) in &plan.tasks {
        let more = match &task.fate {
            Fate::Reused { task_id, graph } => {
                let graph = graph.as_ref().map_or("a previous graph", TaskId::as_str);
                let state = task
                    .state
                    .as_ref()
                    .map_or_else(String::new, |s| format!(", is {s}"));
                format!("{task_id} of {graph}{state}")
            }
            Fate::Found { task_id } => format!("{task_id} by the index"),
            Fate::Rebuilt { why, task_id, .. } => format!("{why}; was {task_id}"),
            Fate::New { why, .. } => why.clone(),
            Fate::Removed => "by its strategy".to_owned(),
        };
        let surprise = match task.surprise {
            Some(_) => "; a surprise",
            None => "",
        };
        let _ = writeln!(out, "{:<8} {label}: {more}{surprise}", task.fate.word());
    }
    out
}

/// What happens, counted by what, why and kind.
fn summary(plan: &Plan) -> String {
    let mut out = format!("{}\n", plan.flavors.join(", then "));
    for (graph, revision) in &plan.graphs {
        let _ = writeln!(out, "  on top of   {graph} (revision {revision})");
    }
    for word in ["reused", "found", "rebuilt", "new", "removed"] {
        // Groups from graphs are in the order of the graphs, as taskIds have no meaningful order.
        let mut groups: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
        for (label, task) in plan.tasks.iter().filter(|(_, t)| t.fate.word() == word) {
            groups
                .entry((place(plan, &task.fate), why(&task.fate)))
                .or_default()
                .push(label.as_str());
        }
        let count: usize = groups.values().map(Vec::len).sum();
        let _ = writeln!(out, "  {word:<11} {count}");
        for ((_, why), labels) in groups {
            let _ = writeln!(out, "    {:>5}  {why}: {}", labels.len(), some(&labels));
        }
    }
    let unfinished: Vec<String> = plan.unfinished().map(in_state).collect();
    let unusable: Vec<String> = plan.unusable().map(in_state).collect();
    for (word, tasks) in [("not done", unfinished), ("not usable", unusable)] {
        if !tasks.is_empty() {
            let names: Vec<&str> = tasks.iter().map(String::as_str).collect();
            let _ = writeln!(out, "  {word:<11} {}: {}", names.len(), some(&names));
        }
    }
    let mut roots: IndexMap<String, usize> = IndexMap::new();
    for (_, surprise) in plan.surprises() {
        *roots.entry(surprise.why()).or_default() += 1;
    }
    for (why, count) in roots {
        let _ = writeln!(out, "  surprise    {count}: {why}");
    }
    out
}

fn in_state((label, state): (&Label, &str)) -> String {
    format!("{label} ({state})")
}

/// The position, among the previous graphs, of the one that a task is reused from.
fn place(plan: &Plan, fate: &Fate) -> usize {
    let Fate::Reused { graph, .. } = fate else {
        return 0;
    };
    let mut graphs = plan.graphs.iter();
    let place = graphs.position(|(id, _)| Some(id) == graph.as_ref());
    place.unwrap_or(usize::MAX)
}

fn why(fate: &Fate) -> String {
    match fate {
        Fate::Reused {
            graph: Some(graph), ..
        } => format!("from {graph}"),
        Fate::Reused { graph: None, .. } => "from earlier graphs".to_owned(),
        Fate::Found { .. } => "by the index".to_owned(),
        Fate::Rebuilt {
            root: (label, what),
            ..
        } => format!("because of {label}: {what}"),
        Fate::New { why, .. } => why.clone(),
        Fate::Removed => "by its strategy".to_owned(),
    }
}
