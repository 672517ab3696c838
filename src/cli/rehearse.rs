//! The command `rehearse`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::filter::LevelFilter;

use super::args::RehearseArgs;
use super::helper::CommandHelper;
use super::input_file::read_action_input;
use super::output::Output;
use super::overview::{of_rehearsal, unreadable};
use super::sandbox::state_folder;
use super::task_arguments;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::pretty;
use crate::base::value::{Object, Value, type_name};
use crate::overview;
use crate::rehearse::defects::{self, Defect};
use crate::rehearse::{self, Concurrent, Detail, Event, Options, Updates};

/// The variable that names a Taskcluster deployment.
const ROOT_URL: &str = "TASKCLUSTER_ROOT_URL";

/// The delay until progress is shown.
const PROGRESS_DELAY: Duration = Duration::from_millis(250);

/// Rehearses a release and prints a report.
///
/// The exit code is 1 if a check of the rehearsal fails.
///
/// # Errors
/// When a phase could not be run.
pub fn run(args: &RehearseArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    // Progress replaces the usual log.
    let level = command.global.level(LevelFilter::WARN);
    // A project's Python may read the root URL as soon as it is loaded. Each phase later gets the
    // sandbox's.
    let root_url = command.environment.root_url().map(str::to_owned);
    let context = match root_url {
        Some(_) => command.open(&args.project, level)?,
        None => command
            .with_variable(ROOT_URL, "http://127.0.0.1")
            .open(&args.project, level)?,
    };
    let html = args.html.as_deref();
    let html = html
        .map(|file| context.output_paths().file(file))
        .transpose()?;
    let graph_config = &context.graph_config;
    let options = Options {
        flavors: args.flavors.clone(),
        updates: match args.update_from.as_slice() {
            [] => Updates::Previous,
            versions => Updates::From(versions.to_vec()),
        },
        rebuild_kinds: args.rebuild_kinds.clone(),
        do_not_optimize: args.do_not_optimize.clone(),
        repository: args.target.repository.clone(),
        branch: args.target.branch.clone(),
        root_url,
        indexed: args.indexed.clone(),
        concurrent: args.concurrent.map(|count| Concurrent {
            count: count.into(),
            versions: args.release_versions.clone(),
            seed: args.seed,
            disturb: args.disturb,
        }),
        defect: defect(args)?,
        fails: args.fails.clone(),
        input: more_input(args.input.as_deref())?,
        folder: state_folder(args.folder.as_deref(), &context.output_paths())?,
        python: args.project.python.into(),
        accept_unread_command: args.accept_unread_command,
    };
    let progress = Arc::new(Progress::new(command.output, command.global.quiet > 0));
    let shared_progress = Arc::clone(&progress);
    let rehearsed = context.block_on(rehearse::run(
        context.decision_context(),
        graph_config,
        &options,
        task_arguments::parse,
        Arc::new(move |event| shared_progress.show(&event)),
    ));
    progress.bar.finish_and_clear();
    let rehearsed = rehearsed?;
    if let Some(file) = &html {
        let overview = of_rehearsal(&rehearsed).map_err(unreadable)?;
        command
            .output
            .data_to(Some(file), &overview::page(&overview))?;
        let path = file.display_path().display();
        command.output.status(&format!("Page written to {path}"));
    }
    let report = rehearsed.report;
    let text = if args.json {
        pretty(&report.to_json()) + "\n"
    } else {
        report.to_text(match command.global.verbose {
            0 => Detail::Short,
            _ => Detail::Long,
        })
    };
    command.output.data(&text)?;
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// The defect to plant.
fn defect(args: &RehearseArgs) -> Outcome<Option<&'static Defect>> {
    let Some(name) = &args.defect else {
        return Ok(None);
    };
    let defect = defects::defect(name)?;
    if defect.is_leak() && args.concurrent.is_none() {
        return Err(Diagnostic::usage(format!(
            "`--defect`: `{name}` is between two releases, but only one is rehearsed"
        ))
        .help("rehearse several with `--concurrent 2`")
        .into());
    }
    Ok(Some(defect))
}

/// Reads the mapping in the file of `--input`.
fn more_input(path: Option<&Path>) -> Outcome<Object> {
    match (read_action_input(path)?, path) {
        (Value::Object(map), _) => Ok(map),
        (_, None) => Ok(Object::new()),
        (other, Some(path)) => Err(Diagnostic::user(format!(
            "{}: expected a mapping, found {}",
            path.display(),
            type_name(&other)
        ))
        .help("write a mapping, whose keys are added to the input of every action")
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
        let moves = output.moves() && !quiet;
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
        bar.set_prefix("Starting");
        bar.enable_steady_tick(PROGRESS_DELAY);
        Self {
            bar,
            plain: !moves && !quiet,
            output: output.clone(),
        }
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Started { root_url } => {
                let line = format!("The sandbox of this rehearsal is listening on {root_url}");
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
