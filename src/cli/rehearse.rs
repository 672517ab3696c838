//! The command `rehearse`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::filter::LevelFilter;

use super::action::input;
use super::args::RehearseArgs;
use super::asked;
use super::output::{self, Output};
use super::outside::Outside;
use super::sandbox::state_folder;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::pretty;
use crate::base::value::{Object, Value, type_name};
use crate::ports::environment::Environment;
use crate::rehearse::{self, Event, Options};

/// The variable that says which Taskcluster a program is for.
const ROOT_URL: &str = "TASKCLUSTER_ROOT_URL";

/// Work that is done sooner shows no progress.
const PATIENCE: Duration = Duration::from_millis(250);

/// Rehearses a release and prints what happened.
///
/// The exit code is 1 when something does not hold.
///
/// # Errors
/// When a phase could not be run.
pub fn run(args: &RehearseArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    // Progress says enough, unless more is asked for.
    output.log_at(match (args.verbosity.quiet, args.verbosity.verbose) {
        (true, _) => LevelFilter::OFF,
        (_, true) => LevelFilter::DEBUG,
        _ => LevelFilter::WARN,
    });
    // Projects ask which Taskcluster they are for as soon as they are loaded. Each phase is told the
    // sandbox's.
    let root_url = environment.root_url().map(str::to_owned);
    let environment = match root_url {
        Some(_) => environment,
        None => environment.with(ROOT_URL, "http://127.0.0.1"),
    };
    let outside = Outside::open(&args.root, environment)?.with_python(
        &args.root,
        args.python.python.into(),
        args.verbosity.verbose,
    )?;
    let graph_config = &outside.graph_config;
    let options = Options {
        flavors: args.flavors.clone(),
        rebuild_kinds: args.rebuild_kinds.clone(),
        do_not_optimize: args.do_not_optimize.clone(),
        branch: args.branch.clone(),
        root_url,
        indexed: args.indexed.clone(),
        input: more_input(args.input.as_deref())?,
        folder: state_folder(args.folder.as_deref(), &outside.output_paths())?,
        python: args.python.python.into(),
        accept_unread_command: args.accept_unread_command,
    };
    let progress = Arc::new(Progress::new(output, args.verbosity.quiet));
    let heard = Arc::clone(&progress);
    let report = output::runtime()?.block_on(rehearse::run(
        outside.context(),
        graph_config,
        &options,
        asked::parse,
        Arc::new(move |event| heard.show(&event)),
    ));
    progress.bar.finish_and_clear();
    let report = report?;
    let text = if args.json {
        pretty(&report.to_json()) + "\n"
    } else {
        report.to_text()
    };
    output.data(&text)?;
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// The mapping in the file of `--input`.
fn more_input(path: Option<&Path>) -> Outcome<Object> {
    match (input(path)?, path) {
        (Value::Object(map), _) => Ok(map),
        (_, None) => Ok(Object::new()),
        (other, Some(path)) => Err(Diagnostic::user(format!(
            "{} holds {}, where a mapping is expected",
            path.display(),
            type_name(&other)
        ))
        .help("it is laid over the input of every action")
        .into()),
    }
}

/// Shows progress on standard error: a line that moves on a terminal, a line for each phase elsewhere.
struct Progress {
    bar: ProgressBar,
    plain: bool,
    output: Output,
}

impl Progress {
    fn new(output: &Output, quiet: bool) -> Self {
        let moves = output.colour() && !quiet;
        let target = if moves {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {prefix}: {pos} tasks, {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(PATIENCE);
        Self {
            bar,
            plain: !moves && !quiet,
            output: output.clone(),
        }
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Started { root_url } => {
                let line = format!("A sandbox for this rehearsal listens at {root_url}");
                if self.plain {
                    self.line(&line);
                } else {
                    self.bar.println(line);
                }
            }
            Event::Phase { name } => {
                self.bar.set_position(0);
                self.bar.set_prefix(name.clone());
                if self.plain {
                    self.line(&format!("Rehearsing {name}"));
                }
            }
            Event::Created { label } => {
                self.bar.inc(1);
                self.bar.set_message(format!("created {label}"));
            }
            Event::Resolved { label, state } => {
                self.bar.set_message(format!("{state} {label}"));
            }
        }
    }

    fn line(&self, text: &str) {
        self.output.status(text);
    }
}
