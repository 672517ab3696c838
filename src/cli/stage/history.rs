//! The command `stage history`: what a staged release leaves to later ones, in a file.

use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::release::Release;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::text::{list_some, plural};
use crate::cli::args::StageHistoryArgs;
use crate::cli::context::runtime;
use crate::cli::helper::CommandHelper;
use crate::stage::history::Bundle;

/// Writes the history that a staged release, on top of its own, is for later releases.
///
/// # Errors
/// When there is no state, or the file cannot be written.
pub fn history(args: &StageHistoryArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    command.output.log_at(LevelFilter::WARN);
    let runtime = runtime()?;
    let release = Release::load(&runtime, &args.sources, command)?;
    let merged = release.merged(command.output)?;
    let origin = format!("the staged release of {}", list_some(&args.sources));
    let bundle = Bundle::of(&merged, release.groups, origin);
    std::fs::write(&args.output, bundle.write()).map_err(|error| {
        Diagnostic::environment(format!("cannot write {}", args.output.display())).because(error)
    })?;
    command.output.status(&format!(
        "Wrote {} of the release to {}",
        plural(bundle.effects.len(), "fact"),
        args.output.display()
    ));
    Ok(ExitCode::SUCCESS)
}
