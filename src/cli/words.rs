//! The commands `completions` and `man`: what shells and manuals are told of the command line.
//!
//! Both come from the table of commands and flags that the command line itself is read by.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::output::Output;
use crate::base::diagnostic::{Diagnostic, Outcome};

/// The name that people call the program by.
const NAME: &str = "snowman";

/// Prints a script that completes commands and flags in a shell.
///
/// # Errors
/// When it cannot be printed.
pub fn completions(shell: Shell, output: &Output) -> Outcome<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut script);
    output.data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page of the program, or of one of its commands.
///
/// # Errors
/// When there is no such command, or it cannot be printed.
pub fn man(command: Option<&str>, output: &Output) -> Outcome<ExitCode> {
    let mut cli = Cli::command().name(NAME);
    cli.build();
    let shown = match command {
        None => cli,
        Some(name) => {
            let known: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
            let hint = crate::base::suggest::hint(name, known.iter().copied());
            let found = cli.find_subcommand(name).cloned();
            found.ok_or_else(|| {
                Diagnostic::usage(format!("there is no command `{name}`")).help(hint)
            })?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(shown)
        .render(&mut page)
        .map_err(|error| Diagnostic::bug("the manual cannot be written").because(error))?;
    output.data(&String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}
