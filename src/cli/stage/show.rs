//! The command `stage show`: a staged release, from the states and reports of its tasks.

use std::collections::BTreeSet;
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::release::Release;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::json::pretty;
use crate::base::value::Value;
use crate::cli::args::StageShowArgs;
use crate::cli::context::runtime;
use crate::cli::helper::CommandHelper;
use crate::cli::overview::{Queued, Sandboxed, of_groups, of_sandbox, unreadable};
use crate::cli::repository::WorkingFolder;
use crate::overview::{self, Groups, Overview, ReleaseSource, TaskView, collect};
use crate::stage::merged::Merged;
use crate::stage::systems::DEFERRED;
use crate::taskcluster::Client;

/// Shows a release. The exit code is 1 if a task is red.
///
/// # Errors
/// When there is no release, or a part of it cannot be read.
pub fn show(args: &StageShowArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    command
        .output
        .log_at(command.global.level(LevelFilter::WARN));
    let folder = WorkingFolder::find(&command.environment)?;
    let html = args.html.as_deref();
    let html = html
        .map(|file| folder.output_paths().file(file))
        .transpose()?;
    let runtime = runtime()?;
    let release = Release::load(&runtime, &args.sources, command)?;
    let shown = match &release.sandbox {
        Some(state) => {
            let sources = of_sandbox(state).map_err(unreadable)?;
            read(sources, &Sandboxed(state.clone()))
        }
        None => {
            let queue = Queued::new(&runtime, Client::connect(&command.environment)?);
            let source = of_groups(&release.groups, &queue).map_err(unreadable)?;
            read(vec![source], &queue)
        }
    };
    let mut shown = shown?;
    // Tasks that fail leave no state.
    let staged = shown.tasks().filter(|task| !task.system.is_empty());
    let red: Vec<bool> = staged.map(TaskView::is_red).collect();
    let all_red = !red.is_empty() && red.iter().all(|red| *red);
    let merged = match all_red {
        true => Merged::default(),
        false => release.merged(command.output)?,
    };
    for release in &mut shown.releases {
        let own = release.tasks.iter().flat_map(|task| task.created());
        let own: BTreeSet<&str> = own.map(|event| event.task_id.as_str()).collect();
        release.deferred = merged
            .space(DEFERRED)
            .filter(|(_, entry)| entry.value["made"] != Value::Bool(true))
            .filter(|(_, entry)| entry.by.iter().any(|id| own.contains(id.as_str())))
            .map(|(key, entry)| {
                let check = entry.value["check"].as_str().unwrap_or_default();
                format!("{key}: {check}")
            })
            .collect();
    }
    if let Some(file) = &html {
        command
            .output
            .data_to(Some(file), &overview::page(&shown))?;
        let path = file.display_path().display();
        command.output.status(&format!("Page written to {path}"));
    }
    if args.json {
        command
            .output
            .data(&(pretty(&overview::json(&shown)) + "\n"))?;
    } else {
        command.output.data(&overview::text(&shown))?;
    }
    Ok(match shown.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

fn read(sources: Vec<ReleaseSource>, groups: &dyn Groups) -> Result<Overview, Diagnostic> {
    let releases = sources.into_iter().map(|source| collect(source, groups));
    Ok(Overview {
        title: "Staged release".to_owned(),
        releases: releases.collect::<Result<_, _>>().map_err(unreadable)?,
        ..Overview::default()
    })
}
