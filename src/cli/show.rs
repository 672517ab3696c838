//! The commands that show graphs.

use std::path::Path;
use std::process::ExitCode;

use super::args::{KindGraphArgs, ShowArgs};
use super::diff;
use super::document::Document;
use super::output::{self, Output};
use super::outside::Outside;
use super::parameters::{Spec, overrides};
use super::sets::{self, Sets};
use super::timings;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::config::parameters::Parameters;
use crate::decision::Phases;
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;

/// The phase after which a graph is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// `tasks`
    FullTaskSet,
    /// `full`
    FullTaskGraph,
    /// `target`
    TargetTaskSet,
    /// `target-graph`
    TargetTaskGraph,
    /// `optimized`
    OptimizedTaskGraph,
    /// `morphed`
    MorphedTaskGraph,
}

impl Phase {
    /// The name that the peer has for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FullTaskSet => "full_task_set",
            Self::FullTaskGraph => "full_task_graph",
            Self::TargetTaskSet => "target_task_set",
            Self::TargetTaskGraph => "target_task_graph",
            Self::OptimizedTaskGraph => "optimized_task_graph",
            Self::MorphedTaskGraph => "morphed_task_graph",
        }
    }
}

/// Shows a graph, once for each set of parameters.
///
/// # Errors
/// Everything that is wrong in the first phase in which anything is, for each set of parameters.
pub fn run(
    args: &ShowArgs,
    phase: Phase,
    environment: Environment,
    output: &Output,
) -> Outcome<ExitCode> {
    let timed = args.timings || args.profile.is_some();
    if timed {
        output::time();
    }
    // The lines of several generations at once would say nothing.
    let several = args.parameters.len() > 1
        || args
            .parameters
            .iter()
            .any(|given| Path::new(given).is_dir());
    if several {
        output.log_several(&args.verbosity);
    } else {
        output.log(&args.verbosity);
    }
    let mut outside = Outside::open(&args.root, environment)?;
    outside.fast = args.fast;
    let outside = outside.with_python(
        &args.root,
        args.python.python.into(),
        args.verbosity.verbose,
    )?;
    let specs = specs(&args.parameters, &outside)?;
    // Without parameters, changed files are those of the working copy anyway.
    let local = args.force_local_files_changed && specs != [Spec::Defaults];
    let overrides = overrides(&outside, &args.target_kinds, local)?;
    let sets = Sets {
        args,
        phase,
        specs: &specs,
        overrides: &overrides,
    };
    sets.limit();
    if let Some(revision) = &args.diff {
        return diff::run(&sets, outside, revision, output);
    }
    let files = sets.files(&outside)?;
    let profile = args.profile.as_deref();
    let profile = profile.map(|file| outside.output_paths().file(file));
    let profile = profile.transpose()?;
    let documents = sets.generate(&outside)?;
    // Workers end while documents are written.
    drop(outside);
    let mut wrong = Vec::new();
    for ((spec, document), file) in specs.iter().zip(documents).zip(files) {
        match document {
            Ok(document) => {
                if file.is_none() {
                    tracing::info!("Dumping result with parameters from {}", spec.name());
                }
                output.write_to(file.as_ref(), |out| document.write(out))?;
                // The process ends soon; taking a large graph apart would only keep it waiting.
                std::mem::forget(document);
            }
            Err(diagnostics) => wrong.push((spec.name(), diagnostics)),
        }
    }
    if timed {
        timings::tell(args.timings, profile.as_ref(), output)?;
    }
    sets::together(wrong, specs.len()).or_ok(ExitCode::SUCCESS)
}

/// The sets of parameters that are given, or the defaults.
///
/// # Errors
/// When there are none of a name.
pub fn specs(parameters: &[String], outside: &Outside) -> Result<Vec<Spec>, Diagnostic> {
    let mut specs = Vec::new();
    for given in parameters {
        specs.extend(Spec::read(&outside.working, given)?);
    }
    if specs.is_empty() {
        specs.push(Spec::Defaults);
    }
    Ok(specs)
}

/// What is shown of a graph for one set of parameters.
pub async fn show(
    args: &ShowArgs,
    phase: Phase,
    outside: &Outside,
    params: &Parameters,
) -> Outcome<Document> {
    let phases = Phases {
        context: outside.context(),
        graph_config: &outside.graph_config,
        params,
        verify: true,
        artifacts: None,
    };
    match phase {
        Phase::FullTaskSet => return Document::of(args, phases.full_set()?.0),
        Phase::FullTaskGraph => return Document::of(args, phases.full()?.graph.0),
        _ => {}
    }
    let full = phases.full()?;
    let targets = phases.target_set(&full)?;
    if phase == Phase::TargetTaskSet {
        return Document::of(args, targets.0);
    }
    let mut target = phases.target_graph(&full, &targets)?;
    if phase == Phase::TargetTaskGraph {
        return Document::of(args, target.graph);
    }
    if args.no_optimize {
        target.do_not_optimize = target.graph.labels().cloned().collect();
    }
    // What is not shown needs no room any more, and tasks that are nobody else's are moved.
    drop((full, targets));
    let ids = DerivedIds::new(placeholder()?);
    let optimized = phases.optimize(target, &ids).await?;
    if phase == Phase::OptimizedTaskGraph {
        return Document::of(args, optimized.graph);
    }
    Document::of(args, phases.morph(&optimized, &ids)?.graph)
}

/// The decision task of graphs that are only looked at.
///
/// # Errors
/// Never; the name is one.
pub fn placeholder() -> Result<TaskId, Diagnostic> {
    TaskId::parse(TaskId::PLACEHOLDER).map_err(|error| Diagnostic::bug(error.to_string()))
}

/// Shows the graph of kinds.
///
/// # Errors
/// Everything that is wrong with any kind's file.
pub fn kind_graph(
    args: &KindGraphArgs,
    environment: Environment,
    output: &Output,
) -> Outcome<ExitCode> {
    output.log(&args.verbosity);
    let outside = Outside::open(&args.root, environment)?.with_python(
        &args.root,
        args.python.python.into(),
        args.verbosity.verbose,
    )?;
    let graph_config = &outside.graph_config;
    let given = args.parameters.as_deref().unwrap_or_default();
    let specs = Spec::read(&outside.working, given)?;
    let overrides = overrides(&outside, &args.target_kinds, false)?;
    let file = args.output_file.as_deref();
    let file = file.map(|file| outside.output_paths().file(file));
    let file = file.transpose()?;
    let runtime = output::runtime()?;
    for spec in specs {
        let params = runtime.block_on(spec.load(&outside, &overrides))?;
        let phases = Phases {
            context: outside.context(),
            graph_config,
            params: &params,
            verify: true,
            artifacts: None,
        };
        let text = phases.kind_graph()?.to_mermaid() + "\n";
        output.data_to(file.as_ref(), &text)?;
        if let Some(file) = &file {
            let file = file.shown().display();
            output.status(&format!("Kind graph written to {file}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
