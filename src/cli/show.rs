//! The commands that show graphs, and the graph of kinds.

use std::path::Path;
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::args::{KindGraphArgs, ShowArgs};
use super::diff;
use super::graph::Phase;
use super::helper::CommandHelper;
use super::output;
use super::parameter_sets::{ParameterSets, merge_diagnostics};
use super::parameters::{ParameterSpec, overrides};
use super::timings;
use crate::base::diagnostic::Outcome;
use crate::ports::output_path::cannot_write;

/// Shows a graph, once for each set of parameters.
///
/// # Errors
/// Every error of the first phase that has any, for each set of parameters.
pub fn run(args: &ShowArgs, phase: Phase, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let timed = args.timings || args.profile.is_some();
    if timed {
        output::record_timings();
    }
    // The log of several generations at once would be interleaved.
    let several = args.parameters.len() > 1
        || args
            .parameters
            .iter()
            .any(|source| Path::new(source).is_dir());
    let level = command.global.level(match several {
        true => LevelFilter::WARN,
        false => LevelFilter::INFO,
    });
    let mut context = command.open_without_python(&args.project, level)?;
    context.fast = args.fast;
    let context = context.with_python(&args.project, level)?;
    let specs = ParameterSpec::read_all(&context.working_folder, &args.parameters)?;
    // Without parameters, the changed files are those of the working copy anyway.
    let local = args.force_local_files_changed && specs != [ParameterSpec::Defaults];
    let overrides = overrides(&context, &args.target_kinds, local)?;
    let sets = ParameterSets {
        args,
        phase,
        specs: &specs,
        overrides: &overrides,
        output: command.output,
    };
    sets.limit_threads();
    if let Some(revision) = &args.diff {
        return diff::run(&sets, context, revision, level, command.output);
    }
    let files = sets.output_files(&context)?;
    let profile = args.profile.as_deref();
    let profile = profile.map(|file| context.output_paths().file(file));
    let profile = profile.transpose()?;
    if let Some(file) = &profile {
        file.check_writable()?;
    }
    let documents = sets.generate(&context);
    // Python workers end while the documents are written.
    drop(context);
    let mut failed = Vec::new();
    for ((spec, document), file) in specs.iter().zip(documents).zip(files) {
        match document {
            Ok(document) => {
                if file.is_none() {
                    tracing::info!("Dumping result with parameters from {}", spec.name());
                }
                let output = command.output;
                output.write_to(file.as_ref(), |out| document.write(out))?;
                // The process ends soon; dropping a large graph would only delay it.
                std::mem::forget(document);
            }
            Err(diagnostics) => failed.push((spec.name(), diagnostics)),
        }
    }
    if args.timings {
        command.output.status(&timings::table());
    }
    if let Some(file) = profile {
        std::fs::write(file.path(), timings::trace())
            .map_err(|error| cannot_write(file.display_path(), error))?;
    }
    merge_diagnostics(failed, specs.len()).or_ok(ExitCode::SUCCESS)
}

/// Shows the graph of kinds.
///
/// # Errors
/// Every error in the files of kinds.
pub fn kind_graph(args: &KindGraphArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let context = command.open(&args.project, command.global.level(LevelFilter::INFO))?;
    let parameters = args.parameters.as_deref().unwrap_or_default();
    let specs = ParameterSpec::read(&context.working_folder, parameters)?;
    let overrides = overrides(&context, &args.target_kinds, false)?;
    let file = args.output_file.as_deref();
    let file = file.map(|file| context.output_paths().file(file));
    let file = file.transpose()?;
    for spec in specs {
        let params = context.block_on(spec.load(&context, &overrides))?;
        let text = context.phases(&params).kind_graph()?.to_mermaid() + "\n";
        command.output.data_to(file.as_ref(), &text)?;
        if let Some(file) = &file {
            let file = file.display_path().display();
            command
                .output
                .status(&format!("Kind graph written to {file}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}
