//! The command `stage`.

mod clone;
mod history;
mod namespaces;
mod public;
mod public_reader;
mod queue;
mod release;
mod run_task;
mod serve;
mod show;

use std::process::ExitCode;

use self::history::history;
use self::namespaces::{clean, list};
use self::run_task::run_task;
use self::serve::serve;
use self::show::show;
use super::args::{StageArgs, StageCommand};
use super::helper::CommandHelper;
use crate::base::diagnostic::Outcome;

/// Runs a subcommand.
///
/// # Errors
/// Those of the subcommand.
pub fn run(args: &StageArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    match &args.command {
        StageCommand::Run(args) => run_task(args, command),
        StageCommand::List(args) => list(args, command),
        StageCommand::Clean(args) => clean(args, command),
        StageCommand::Show(args) => show(args, command),
        StageCommand::Serve(args) => serve(args, command),
        StageCommand::History(args) => history(args, command),
    }
}
