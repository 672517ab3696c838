//! The command `man`: prints manual pages, generated from the table of commands and flags.

use std::process::ExitCode;

use clap::CommandFactory;

use super::args::Cli;
use super::output::Output;
use crate::base::diagnostic::{Diagnostic, Outcome};

/// Prints the manual page of the program, or of one of its commands.
///
/// # Errors
/// When the command does not exist, or the page cannot be printed.
pub fn run(command: Option<&str>, output: &Output) -> Outcome<ExitCode> {
    let mut cli = Cli::command();
    cli.build();
    let selected = match command {
        None => cli,
        Some(name) => {
            let known: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
            let hint = crate::base::suggest::hint(name, known.iter().copied());
            let found = cli.find_subcommand(name).cloned();
            found
                .ok_or_else(|| Diagnostic::usage(format!("unknown command `{name}`")).help(hint))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(selected)
        .render(&mut page)
        .map_err(|error| Diagnostic::bug("cannot write the manual page").because(error))?;
    output.data(&String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}
