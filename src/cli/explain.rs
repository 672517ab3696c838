//! The command `explain`: says why tasks are in a graph or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::args::ExplainArgs;
use super::context::CommandContext;
use super::helper::CommandHelper;
use super::parameter_sets::merge_diagnostics;
use super::parameters::{ParameterSpec, overrides};
use crate::actions::recorded::{ARTIFACTS, RecordedGraph};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::pretty;
use crate::base::name::{Label, TaskId};
use crate::base::value::{Value, json};
use crate::config::parameters::Parameters;
use crate::decision::Phases;
use crate::explain::{self, AddedTasks, Explanation, Graphs, Mentions};
use crate::ports::files::metadata;
use crate::ports::ids::DerivedIds;

/// Explains tasks, once for each set of parameters.
///
/// # Errors
/// Every error of the first phase that has any, and labels that no task has.
pub fn run(args: &ExplainArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let level = command.global.level(LevelFilter::WARN);
    let mut context = command.open_without_python(&args.project, level)?;
    context.fast = args.fast;
    let context = context.with_python(&args.project, level)?;
    let sources = sources(&context, &args.parameters)?;
    let overrides = overrides(&context, &args.target_kinds, false)?;
    let mut failed = Vec::new();
    let mut sets = Vec::new();
    for Source { name, spec, folder } in &sources {
        let explained = context.block_on(async {
            let params = spec.load(&context, &overrides).await?;
            let recorded = match (spec, folder) {
                (_, Some(folder)) => Some(recorded_in(folder)?),
                (ParameterSpec::Task(id), None) => Some(recorded_by(&context, id).await?),
                _ => None,
            };
            explain(args, &context, &params, recorded.as_ref()).await
        });
        match explained {
            Ok(explanations) => sets.push((name.clone(), explanations)),
            Err(diagnostics) => failed.push((name.clone(), diagnostics)),
        }
    }
    let text = match args.json {
        true => pretty(&document(&sets)) + "\n",
        false => text(&sets, sources.len() > 1),
    };
    if !sets.is_empty() {
        command.output.data(&text)?;
    }
    merge_diagnostics(failed, sources.len()).or_ok(ExitCode::SUCCESS)
}

/// A set of parameters to explain tasks with.
struct Source {
    /// Its name in messages and in the output.
    name: String,
    /// The parameters.
    spec: ParameterSpec,
    /// The folder with the artifacts of the task that made the graph, if they come from one.
    folder: Option<PathBuf>,
}

/// The sets of parameters that `-p` names. A folder with `parameters.yml` contains the artifacts of one task.
fn sources(context: &CommandContext, parameters: &[String]) -> Result<Vec<Source>, Diagnostic> {
    let given = |spec: ParameterSpec| Source {
        name: spec.name(),
        spec,
        folder: None,
    };
    let mut sources = Vec::new();
    for argument in parameters {
        let folder = context.working_folder.join(argument);
        let below = [folder.clone(), folder.join("public")];
        let mut found = None;
        for folder in below {
            let file = folder.join("parameters.yml");
            if metadata(&file)?.is_some_and(|file| file.is_file()) {
                found = found.or(Some((folder, file)));
            }
        }
        match found {
            Some((folder, file)) => sources.push(Source {
                name: argument.clone(),
                spec: ParameterSpec::File(file),
                folder: Some(folder),
            }),
            None => {
                let specs = ParameterSpec::read(&context.working_folder, argument)?;
                sources.extend(specs.into_iter().map(given));
            }
        }
    }
    if sources.is_empty() {
        sources.push(given(ParameterSpec::Defaults));
    }
    Ok(sources)
}

/// Reads what a decision or action task has recorded, from a folder with its artifacts.
fn recorded_in(folder: &Path) -> Outcome<RecordedGraph> {
    let mut artifacts = BTreeMap::new();
    for name in ARTIFACTS {
        let file = folder.join(name);
        // Reading a pipe would wait for another process to write to it.
        if !metadata(&file)?.is_some_and(|found| found.is_file()) {
            continue;
        }
        let content = std::fs::read(&file).map_err(|error| {
            Diagnostic::environment(format!("cannot read {}", file.display())).because(error)
        })?;
        artifacts.insert(name.to_owned(), content);
    }
    RecordedGraph::from_artifacts(&artifacts)
}

/// Reads what a decision or action task has recorded, from Taskcluster.
async fn recorded_by(context: &CommandContext, id: &str) -> Outcome<RecordedGraph> {
    let id = TaskId::parse(id)
        .map_err(|error| Diagnostic::usage(format!("-p task-id={id}: {error}")))?;
    let taskcluster = context.decision_context().taskcluster()?;
    RecordedGraph::fetch(taskcluster, &context.graph_config, &id).await
}

/// Explains tasks of the graph for one set of parameters.
async fn explain(
    args: &ExplainArgs,
    context: &CommandContext,
    params: &Parameters,
    recorded: Option<&RecordedGraph>,
) -> Outcome<Vec<Explanation>> {
    // A graph that is refused may need an explanation most.
    let phases = Phases {
        verify: false,
        ..context.phases(params)
    };
    let full = phases.full()?;
    let targets = phases.target_set(&full)?;
    let mut target = phases.target_graph(&full, &targets)?;
    if args.no_optimize {
        target.keep_all();
    }
    let decision_task = TaskId::parse(TaskId::PLACEHOLDER);
    let decision_task = decision_task.map_err(|error| Diagnostic::bug(error.to_string()))?;
    let ids = DerivedIds::new(decision_task);
    let optimized = phases.optimize_to_explain(target.clone(), &ids).await?;
    let is_known = |name: &String| {
        let label = Label::parse(name);
        label.is_ok_and(|label| full.graph.0.get(&label).is_some())
    };
    let added = match args.labels.iter().all(is_known) {
        true => AddedTasks::default(),
        false => AddedTasks::new(&optimized, &phases.morph(&optimized, &ids).await?),
    };
    let labels = explain::find(&full, &added, &args.labels)?;
    let log = recorded.map_or("", |recorded| recorded.log.as_str());
    let of_record = recorded
        .into_iter()
        .flat_map(|recorded| recorded.label_to_taskid.keys());
    let known = full.graph.0.labels().chain(of_record).chain(&labels);
    let mentions = Mentions::new(log, known);
    let graphs = Graphs {
        params,
        full: &full,
        targets: &targets,
        target: &target,
        optimized: &optimized,
        added: &added,
        recorded,
        mentions: &mentions,
    };
    let traces = phases.trace(&full, &labels)?;
    let explanations = labels
        .iter()
        .map(|label| explain::explain(graphs, label, traces.get(label)));
    Ok(explanations.collect::<Result<_, _>>()?)
}

/// The explanations for each set of parameters.
type Sets = [(String, Vec<Explanation>)];

fn document(sets: &Sets) -> Value {
    let sets = sets.iter();
    sets.map(|(name, explanations)| {
        json!({"parameters": name, "tasks": explain::json::json(explanations)})
    })
    .collect()
}

/// The explanations for people, with the names of the sets if there are several.
fn text(sets: &Sets, several: bool) -> String {
    let mut blocks = Vec::new();
    for (name, explanations) in sets {
        for explanation in explanations {
            let text = explain::text::text(explanation);
            blocks.push(match several {
                true => format!("With parameters from {name}: {text}"),
                false => text,
            });
        }
    }
    blocks.join("\n")
}
