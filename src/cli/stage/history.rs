//! The command `stage history`: what earlier releases leave to later ones, in a file.

use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::public::public_history;
use super::release::Release;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::text::{list_some, plural};
use crate::cli::args::StageHistoryArgs;
use crate::cli::args::common::{ProjectArgs, PythonMode};
use crate::cli::context::runtime;
use crate::cli::helper::CommandHelper;
use crate::stage::history::Bundle;

/// Writes the history that a staged release, on top of its own, is for later releases; or what is public of earlier
/// ones.
///
/// # Errors
/// When there is no state, nothing can be read, or the file cannot be written.
pub fn history(args: &StageHistoryArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let bundle = match args.public {
        true => {
            let project = ProjectArgs {
                root: Some(args.root.clone()),
                python: PythonMode::Never,
                no_cache: true,
            };
            let context =
                command.open_without_python(&project, command.global.level(LevelFilter::WARN))?;
            public_history(args, &context, command.output)?
        }
        false => of_release(args, command)?,
    };
    std::fs::write(&args.output, bundle.write()).map_err(|error| {
        Diagnostic::environment(format!("cannot write {}", args.output.display())).because(error)
    })?;
    command.output.status(&format!(
        "Wrote {} to {}, about {}",
        plural(bundle.effects.len(), "fact"),
        args.output.display(),
        bundle.origin
    ));
    Ok(ExitCode::SUCCESS)
}

/// What a staged release leaves.
fn of_release(args: &StageHistoryArgs, command: &CommandHelper<'_>) -> Outcome<Bundle> {
    command
        .output
        .log_at(command.global.level(LevelFilter::WARN));
    let runtime = runtime()?;
    let release = Release::load(&runtime, &args.sources, command)?;
    let merged = release.merged(command.output)?;
    let origin = format!("the staged release of {}", list_some(&args.sources));
    Ok(Bundle::of(&merged, release.groups, origin))
}
