//! The command line: arguments, the composition root, output and exit codes.
//!
//! Each command has a file with a function that takes its arguments and a [`helper::CommandHelper`],
//! which opens the project as a [`context::CommandContext`].

mod actions;
mod args;
mod command_line;
mod completions;
mod context;
mod counts;
mod decision;
mod diff;
mod environment_variables;
mod exit_codes;
mod explain;
mod graph;
mod graph_document;
mod helper;
mod images;
mod init;
mod input_file;
mod log;
mod man;
mod output;
mod overview;
mod own_task;
mod parameter_sets;
mod parameters;
mod promote;
mod reference;
mod rehearse;
mod render;
mod repository;
mod sandbox;
mod show;
mod signals;
mod stage;
mod task_arguments;
mod timings;
mod try_push;
mod try_release;
mod try_scriptworker;
mod verify;

use std::panic::UnwindSafe;
use std::process::ExitCode;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::ports::environment::Environment;
use crate::ports::mask::Mask;

use args::Command;
use args::common::{GlobalArgs, LogFormat};
use graph::Phase;
use helper::CommandHelper;
use output::Output;
use render::Purpose;
pub use task_arguments::parse as parse_arguments;

/// Runs the command that the arguments name.
///
/// Exit codes: 0 success, 1 an error in the project or its input, 2 an error on the command line, 3 an
/// error of the environment or the network, 70 a bug in snowman.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let environment = Environment::of_process();
    let mask = Mask::from_environment(&environment);
    let cli = match command_line::parse(arguments) {
        Ok(cli) => cli,
        Err(unparsed) => {
            let error = &unparsed.error;
            if error.use_stderr() && unparsed.log_format == LogFormat::Json {
                let global = GlobalArgs {
                    log_format: LogFormat::Json,
                    ..GlobalArgs::default()
                };
                let message = task_arguments::in_one_line(&error.to_string());
                let all = Diagnostics::from(Diagnostic::usage(message));
                Output::of_process(global, &environment, mask).diagnostics(&all, Purpose::Show);
            } else {
                // Help and version are not errors; clap knows the stream of each.
                let _ = error.print();
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let output = Output::of_process(cli.global, &environment, mask);
    let helper = CommandHelper {
        global: cli.global,
        environment,
        output: &output,
    };
    output.report_panics();
    finish(&output, purpose(&cli.command), || {
        run(&cli.command, &helper)
    })
}

/// Runs a command, and reports why it has failed.
fn finish(
    output: &Output,
    purpose: Purpose,
    run: impl FnOnce() -> Outcome<ExitCode> + UnwindSafe,
) -> ExitCode {
    let (diagnostics, purpose) = match std::panic::catch_unwind(run) {
        Ok(Ok(code)) => return code,
        Ok(Err(diagnostics)) => (diagnostics, purpose),
        Err(_) => {
            let bug = Diagnostic::bug("snowman has panicked, as reported above")
                .help("please report it with the lines above");
            // What it has done before is not known.
            (Diagnostics::from(bug), Purpose::Show)
        }
    };
    // Before lines are wrapped, which could split a secret at a space.
    let diagnostics = diagnostics.map(|diagnostic| mask_secrets(diagnostic, output));
    output.diagnostics(&diagnostics, purpose);
    ExitCode::from(diagnostics.class().exit_code())
}

fn mask_secrets(diagnostic: Diagnostic, output: &Output) -> Diagnostic {
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

fn run(command: &Command, helper: &CommandHelper<'_>) -> Outcome<ExitCode> {
    match command {
        Command::Tasks(args) => show::run(args, Phase::FullTaskSet, helper),
        Command::Full(args) => show::run(args, Phase::FullTaskGraph, helper),
        Command::Target(args) => show::run(args, Phase::TargetTaskSet, helper),
        Command::TargetGraph(args) => show::run(args, Phase::TargetTaskGraph, helper),
        Command::Optimized(args) => show::run(args, Phase::OptimizedTaskGraph, helper),
        Command::Morphed(args) => show::run(args, Phase::MorphedTaskGraph, helper),
        Command::Explain(args) => explain::run(args, helper),
        Command::Verify(args) => verify::run(args, helper),
        Command::KindGraph(args) => show::kind_graph(args, helper),
        Command::Decision(args) => decision::run(args, helper),
        Command::Actions(args) => actions::actions(args, helper),
        Command::ActionCallback(args) => actions::callback(args, helper),
        Command::TestActionCallback(args) => actions::test_callback(args, helper),
        Command::Promote(args) => promote::run(args, helper),
        Command::Init(args) => init::run(args, helper),
        Command::Completions { shell } => completions::run(*shell, helper.output),
        Command::Man { command } => man::run(command.as_deref(), helper.output),
        Command::ImageDigest(args) => images::print_digest(args, helper),
        Command::BuildImage(args) => images::build(args, helper),
        Command::LoadImage(args) => images::load(args, helper),
        Command::LoadTask(args) => images::load_task(args, helper),
        Command::Sandbox(args) => sandbox::run(args, helper),
        Command::Rehearse(args) => rehearse::run(args, helper),
        Command::TryRelease(args) => try_release::run(args, helper),
        Command::TryScriptworker(args) => try_scriptworker::run(args, helper),
        Command::Stage(args) => stage::run(args, helper),
        Command::Reference(args) => reference::run(args.folder.as_deref(), helper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // It would look different in JSON.
    const SECRET: &str = "open \"sesame\"";

    #[test]
    #[ignore = "run by the test below, in a process of its own"]
    fn panics() {
        let environment = Environment::default().with("A_TOKEN", SECRET);
        let flags = GlobalArgs {
            log_format: LogFormat::Json,
            ..GlobalArgs::default()
        };
        let mask = Mask::from_environment(&environment);
        let output = Output::of_process(flags, &environment, mask);
        output.report_panics();
        let code = finish(&output, Purpose::Create, || {
            panic!("{SECRET} does not open")
        });
        assert_eq!(code, ExitCode::from(70));
        let wrong = || {
            Diagnostic::user(SECRET)
                .in_task(SECRET)
                .because(SECRET)
                .help(SECRET)
        };
        let code = finish(&output, Purpose::Create, || Err(wrong().into()));
        assert_eq!(code, ExitCode::from(1));
        output.failure("failed");
        output.warning("warned");
        output.status("done");
    }

    #[test]
    fn panics_and_failures_have_levels_in_json() {
        let program = std::env::current_exe().unwrap();
        let ran = std::process::Command::new(program)
            .args(["--exact", "cli::tests::panics", "--ignored", "--nocapture"])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let lines = String::from_utf8(ran.stderr).unwrap();
        let lines: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{lines}")))
            .collect();
        let told: Vec<(&str, Option<&str>)> = lines
            .iter()
            .map(|line| {
                (
                    line["level"].as_str().unwrap(),
                    line["fields"]["class"].as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("ERROR", Some("bug")),
                ("ERROR", Some("bug")),
                ("ERROR", None),
                ("ERROR", Some("user")),
                ("ERROR", None),
                ("ERROR", None),
                ("WARN", None),
                ("INFO", None)
            ]
        );
        let first = lines[0]["message"].as_str().unwrap();
        assert!(
            first.contains("[masked] does not open") && first.contains("src/cli/mod.rs"),
            "{first}"
        );
        // Nobody knows what has been done before.
        assert_eq!(lines[2]["message"], "1 bug in snowman (please report it)");
        assert_eq!(lines[3]["message"], "[masked]");
        for field in ["task", "cause", "help"] {
            assert_eq!(lines[3]["fields"][field], "[masked]", "{field}");
        }
    }
}
