//! Parses the arguments of snowman that a rehearsal finds in a task's command.

use std::ffi::OsString;

use clap::error::ErrorKind;

use super::args::Command;
use super::command_line::{self, Unparsed};
use super::decision;
use crate::base::diagnostic::Diagnostics;
use crate::rehearse::command::{ParsedArguments, Subcommand};

/// Parses arguments, without the program's name, as the program itself does.
///
/// # Errors
/// The program's message, in one line.
pub fn parse(arguments: &[String]) -> Result<ParsedArguments, String> {
    let words = std::iter::once("snowman").chain(arguments.iter().map(String::as_str));
    let command = match command_line::parse(words.map(OsString::from)) {
        Ok(cli) => cli.command,
        Err(Unparsed { error, .. }) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return Ok(other()),
            _ => return Err(in_one_line(&error.to_string())),
        },
    };
    Ok(match command {
        Command::Decision(args) => ParsedArguments {
            root: args.project_args.root.clone(),
            python: args.project_args.python.into(),
            subcommand: Subcommand::Decision {
                flags: Box::new(decision::flags(&args).map_err(|wrong| messages(&wrong))?),
                verify: !args.no_verify,
                creates: !args.preflight_only,
            },
        },
        Command::ActionCallback(args) => ParsedArguments {
            root: args.project.root,
            python: args.project.python.into(),
            subcommand: Subcommand::Action,
        },
        _ => other(),
    })
}

fn other() -> ParsedArguments {
    ParsedArguments {
        root: None,
        python: crate::ports::python::Mode::default(),
        subcommand: Subcommand::Other,
    }
}

/// Joins the messages of several mistakes.
fn messages(wrong: &Diagnostics) -> String {
    let messages: Vec<&str> = wrong.iter().map(|one| one.message.as_str()).collect();
    messages.join("; ")
}

/// Joins a message of clap in one line, without the usage.
pub fn in_one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim);
    let lines = lines.take_while(|line| {
        !line.starts_with("Usage:") && !line.starts_with("For more information")
    });
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines
        .join("; ")
        .trim_start_matches("error: ")
        .replace(":;", ":")
}
