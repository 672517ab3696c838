//! The command `completions`: prints completion scripts, generated from the table of commands and
//! flags.

use std::process::ExitCode;

use clap_complete::Shell;

use super::command_line;
use super::output::Output;
use crate::base::diagnostic::Outcome;

/// The name of the program.
const NAME: &str = "snowman";

/// Prints a script that completes commands and flags in a shell.
///
/// # Errors
/// When it cannot be printed.
pub fn run(shell: Shell, output: &Output) -> Outcome<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_line::command(), NAME, &mut script);
    output.data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
