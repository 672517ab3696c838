//! The command line: argument types, the composition root, what is printed, and exit codes.

mod action;
mod args;
mod asked;
mod decision;
mod diff;
mod docker;
mod document;
mod init;
mod output;
mod outside;
mod parameters;
mod promote;
mod reference;
mod rehearse;
mod render;
mod sandbox;
mod scripts;
mod sets;
mod show;
mod signals;
mod timings;
mod verify;
mod words;

use std::process::ExitCode;

use clap::Parser;

use crate::base::diagnostic::{Class, Diagnostic, Outcome};
use crate::ports::environment::Environment;
use crate::ports::mask::Mask;

use args::{Cli, Command};
pub use asked::parse as parse_arguments;
use output::Output;
use render::Purpose;

/// Runs the command that the arguments name.
///
/// Exit codes: 0 done, 1 a mistake of the user's, 2 a mistake on the command line, 3 the environment
/// or the network, 70 a mistake in snowman.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistakes; clap knows where each goes.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let environment = Environment::of_process();
    let output = Output::of_process(Mask::of(&environment));
    let ran = std::panic::catch_unwind(|| run(&cli, environment, &output));
    match ran {
        Ok(Ok(code)) => code,
        Ok(Err(diagnostics)) => {
            // Before lines are broken: a secret that has a space in it may be broken there.
            let diagnostics = diagnostics.map(|diagnostic| without_secrets(diagnostic, &output));
            let purpose = purpose(&cli.command);
            output.status(&render::diagnostics(&diagnostics, purpose, output.colour()));
            ExitCode::from(diagnostics.class().exit_code())
        }
        Err(_) => {
            output.status(
                "error: this is a mistake in snowman; please report it with the text above",
            );
            ExitCode::from(Class::Bug.exit_code())
        }
    }
}

fn without_secrets(diagnostic: Diagnostic, output: &Output) -> Diagnostic {
    let masked = |text: String| output.mask().text(&text).into_owned();
    Diagnostic {
        message: masked(diagnostic.message),
        task: diagnostic.task.map(masked),
        help: diagnostic.help.map(masked),
        cause: diagnostic.cause.map(masked),
        ..diagnostic
    }
}

fn purpose(command: &Command) -> Purpose {
    match command {
        Command::Decision(_) => Purpose::Create,
        Command::ActionCallback(_) => Purpose::Act,
        _ => Purpose::Show,
    }
}

fn run(cli: &Cli, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    match &cli.command {
        Command::Tasks(show) => show::run(show, show::Phase::FullTaskSet, environment, output),
        Command::Full(show) => show::run(show, show::Phase::FullTaskGraph, environment, output),
        Command::Target(show) => show::run(show, show::Phase::TargetTaskSet, environment, output),
        Command::TargetGraph(show) => {
            show::run(show, show::Phase::TargetTaskGraph, environment, output)
        }
        Command::Optimized(show) => {
            show::run(show, show::Phase::OptimizedTaskGraph, environment, output)
        }
        Command::Morphed(show) => {
            show::run(show, show::Phase::MorphedTaskGraph, environment, output)
        }
        Command::Verify(args) => verify::run(args, environment, output),
        Command::KindGraph(args) => show::kind_graph(args, environment, output),
        Command::Decision(args) => decision::run(args, environment, output),
        Command::Actions(args) => action::actions(args, environment, output),
        Command::ActionCallback(args) => action::callback(args, environment, output),
        Command::TestActionCallback(args) => action::test_callback(args, environment, output),
        Command::Promote(args) => promote::run(args, environment, output),
        Command::Init(args) => init::run(args, &environment, output),
        Command::Completions { shell } => words::completions(*shell, output),
        Command::Man { command } => words::man(command.as_deref(), output),
        Command::ImageDigest(args) => docker::image_digest(args, environment, output),
        Command::BuildImage(args) => docker::build_image(args, environment, output),
        Command::LoadImage(args) => docker::load_image(args, environment, output),
        Command::LoadTask(args) => docker::load_task(args, environment, output),
        Command::Sandbox(args) => sandbox::run(args, &environment, output),
        Command::Rehearse(args) => rehearse::run(args, environment, output),
        Command::Reference(args) => reference::run(args.folder.as_deref(), &environment, output),
    }
}
