//! The command `promote --plan`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use crate::base::value::json;
use tracing_subscriber::filter::LevelFilter;

use super::action;
use super::args::PromoteArgs;
use super::output::{self, Output};
use super::outside::{Outside, connect};
use super::parameters::Spec;
use crate::actions::callback::Runner;
use crate::actions::plan::{self, Fate, Plan};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::pretty;
use crate::base::name::TaskId;
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
/// The exit code is 1 when a task of an earlier phase would be built again that nobody asks for.
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
    let mut previous = Vec::new();
    let mut held = Vec::new();
    for given in &args.previous {
        let path = outside.working.join(given);
        let id = if metadata(&path)?.is_some_and(|found| found.is_dir()) {
            let (id, artifacts) = folder(given, &path)?;
            held.push((id.clone(), artifacts));
            id
        } else {
            TaskId::parse(given)
                .map_err(|error| Diagnostic::usage(format!("--previous: {error}")))?
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
    let input = input(args, previous)?;
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
        let mut world = outside.world();
        world.taskcluster = Some(&recorder);
        let runner = Runner {
            world,
            graph_config: &outside.graph_config,
            own: &own,
            artifacts: &artifacts,
            events: &|_| {},
            check_scope: false,
        };
        plan::run(runner, input, parameters).await
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
    let surprises = plan.surprises().count();
    if surprises == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    output.status(&format!(
        "{surprises} tasks of earlier phases would be built again, and nobody asks for it"
    ));
    Ok(ExitCode::from(1))
}

/// The action's input, as the flags say it.
fn input(args: &PromoteArgs, previous: Vec<String>) -> Outcome<Value> {
    let mut input = match action::input(args.input.as_deref())? {
        Value::Null => Object::new(),
        Value::Object(input) => input,
        _ => return Err(Diagnostic::usage("--input: the file holds no mapping").into()),
    };
    let flavor = match args.flavors.as_slice() {
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
            if metadata(&file)?.is_none() {
                continue;
            }
            let content = std::fs::read(&file).map_err(|error| {
                Diagnostic::environment(format!("cannot read {}", file.display())).because(error)
            })?;
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
            Fate::Reused {
                task_id,
                graph,
                state,
            } => {
                let graph = graph.as_ref().map_or("a graph before", TaskId::as_str);
                let state = state
                    .as_ref()
                    .map_or_else(String::new, |s| format!(", is {s}"));
                format!("{task_id} of {graph}{state}")
            }
            Fate::Found { task_id } => format!("{task_id} by the index"),
            Fate::Rebuilt { why, task_id, .. } => format!("{why}; was {task_id}"),
            Fate::New { why, .. } => why.clone(),
            Fate::Removed => "by its strategy".to_owned(),
        };
        let _ = writeln!(out, "{:<8} {label}: {more}", task.fate.word());
    }
    out
}

/// How many labels are named for one line of a summary.
const SHOWN: usize = 3;

/// What happens, counted by what, why and kind.
fn summary(plan: &Plan) -> String {
    let mut out = format!("{}\n", plan.flavors.join(", then "));
    for (graph, revision) in &plan.graphs {
        let _ = writeln!(out, "  on top of   {graph} (revision {revision})");
    }
    for word in ["reused", "found", "rebuilt", "new", "removed"] {
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (label, task) in plan.tasks.iter().filter(|(_, t)| t.fate.word() == word) {
            groups
                .entry(why(&task.fate))
                .or_default()
                .push(label.as_str());
        }
        let count: usize = groups.values().map(Vec::len).sum();
        let _ = writeln!(out, "  {word:<11} {count}");
        for (why, labels) in groups {
            let _ = writeln!(out, "    {:>5}  {why}: {}", labels.len(), some(&labels));
        }
    }
    let unfinished: Vec<String> = plan
        .unfinished()
        .map(|(label, state)| format!("{label} ({state})"))
        .collect();
    if !unfinished.is_empty() {
        let names: Vec<&str> = unfinished.iter().map(String::as_str).collect();
        let _ = writeln!(out, "  not done    {}: {}", names.len(), some(&names));
    }
    let mut roots: BTreeMap<String, usize> = BTreeMap::new();
    for (_, fate) in plan.surprises() {
        *roots.entry(why(fate)).or_default() += 1;
    }
    for (why, count) in roots {
        let _ = writeln!(out, "  surprise    {count}: {why}");
    }
    out
}

fn why(fate: &Fate) -> String {
    match fate {
        Fate::Reused {
            graph: Some(graph), ..
        } => format!("from {graph}"),
        Fate::Reused { graph: None, .. } => "from graphs below those".to_owned(),
        Fate::Found { .. } => "by the index".to_owned(),
        Fate::Rebuilt {
            root: (label, what),
            ..
        } => format!("because of {label}: {what}"),
        Fate::New { why, .. } => why.clone(),
        Fate::Removed => "by its strategy".to_owned(),
    }
}

fn some(labels: &[&str]) -> String {
    let shown = labels.iter().take(SHOWN).copied().collect::<Vec<_>>();
    let rest = labels.len().saturating_sub(SHOWN);
    match rest {
        0 => shown.join(", "),
        n => format!("{}, … ({n} more)", shown.join(", ")),
    }
}
