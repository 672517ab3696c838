//! The command `try-scriptworker`.

use std::process::ExitCode;

use indexmap::IndexMap;
use tracing_subscriber::filter::LevelFilter;

use super::args::TryScriptworkerArgs;
use super::context::CommandContext;
use super::helper::CommandHelper;
use super::try_push::{TryPush, open};
use crate::actions::existing;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json::pretty;
use crate::base::name::{Label, TaskId};
use crate::base::pattern::Prefix;
use crate::base::text::{list_some, plural};
use crate::base::value::{Object, Value, json};
use crate::decision::vcs_diagnostic;
use crate::ports::vcs::VcsError;
use crate::try_push::edits::{Edit, Edits};
use crate::try_push::overrides::Overrides;
use crate::try_push::scriptworker::{self, Choice, Existing, Retried};
use crate::try_push::settings::Settings;

/// The type that lists all others.
const LIST: &str = "list";

/// The most bytes of a file that lists locales.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// Shows a push that runs the tasks of one type of worker, and writes it to the working copy if asked to.
///
/// # Errors
/// Everything that is wrong with the request, or with the release.
pub fn run(args: &TryScriptworkerArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let level = command.global.level(LevelFilter::WARN);
    let context = open(&args.push.project, command, level)?;
    let config = &context.graph_config;
    let settings = Settings::read(config)?;
    let pattern = args.tasks_regex.as_deref().map(Prefix::new).transpose();
    let pattern =
        pattern.map_err(|error| Diagnostic::usage(format!("`--tasks-regex`: {error}")))?;
    let existing = context.block_on(read(&context, &args.from))?;
    if args.worker_type == LIST {
        command.output.data(&list(args, &context, &existing))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut wrong = Diagnostics::new();
    let name = &args.worker_type;
    let overrides = Overrides {
        routes: &args.routes,
        ..args.push.overrides()
    };
    let overrides = wrong.keep(overrides.parameter(config, settings.in_python));
    let choice = Choice {
        name,
        pattern: pattern.as_ref(),
        overrides: overrides.unwrap_or_default(),
    };
    let planned = wrong.keep(scriptworker::plan(config, &existing, choice));
    let changes = wrong.keep(locales(&context, &settings, &existing));
    wrong.or_ok(())?;
    let (Some(planned), Some(changes)) = (planned, changes) else {
        return Err(Diagnostic::bug("tasks without a plan").into());
    };
    let push = TryPush {
        changes: &changes,
        task_config: &planned.task_config,
        message: &format!("scriptworker tests: {name}"),
        version: &format!("scriptworker-{}", name.replace(':', "-")),
    };
    let commands = push.commands(&args.push, &context, &settings);
    if args.push.apply {
        push.apply(&args.push, &context)?;
    }
    if args.push.json {
        let all = json!({
            "type": name,
            "from": existing.id.as_str(),
            "tasks": names(&planned.tasks),
            "leftOut": names(&planned.left_out),
            "changes": push.changes_json(),
            "tryTaskConfig": planned.task_config,
            "commands": commands.lines,
            "notes": notes(&planned),
            "applied": args.push.apply,
        });
        command.output.data(&(pretty(&all) + "\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let applied = args.push.apply;
    push.show(&commands, "", &notes(&planned), applied, command.output)?;
    Ok(ExitCode::SUCCESS)
}

fn names<'l>(labels: impl IntoIterator<Item = &'l Label>) -> Vec<&'l str> {
    labels.into_iter().map(Label::as_str).collect()
}

/// Reads the release whose decision or action task is given.
async fn read(context: &CommandContext, from: &str) -> Outcome<Existing> {
    let taskcluster = context.decision_context().taskcluster()?;
    let id = match TaskId::parse(from).ok().filter(TaskId::is_slugid) {
        Some(id) => id,
        None if from.contains('.') => context.task_at(from).await?,
        None => {
            return Err(Diagnostic::usage(format!(
                "`--from`: {from:?} is neither a taskId nor an index path"
            ))
            .help("pass the action task that has shipped or promoted the release")
            .into());
        }
    };
    let mut wrong = Diagnostics::new();
    let graph = wrong.keep(existing::full_task_graph(taskcluster, &id).await);
    let tasks = wrong.keep(existing::label_to_taskid(taskcluster, &id).await);
    let parameters = wrong.keep(existing::parameters(taskcluster, &id).await);
    let (Some(graph), Some(tasks), Some(parameters)) = (graph, tasks, parameters) else {
        return Err(wrong);
    };
    let tasks = tasks.ok_or_else(|| {
        Diagnostic::user(format!("the task {id} has no label-to-taskid.json"))
            .help("pass a decision or action task that has completed with `--from`")
    })?;
    Ok(Existing {
        id,
        graph,
        tasks,
        parameters,
    })
}

/// The files that list locales, as the release had them: the chunks of its tasks depend on them.
fn locales(
    context: &CommandContext,
    settings: &Settings<'_>,
    existing: &Existing,
) -> Outcome<IndexMap<String, Edit>> {
    let mut edits = Edits::new(&context.files);
    let mut wrong = Diagnostics::new();
    let text = |name: &str| existing.parameters.get(name).and_then(Value::as_str);
    let revision = text("head_rev").unwrap_or_default();
    let vcs = context.vcs.as_deref();
    for limited in &settings.limited_locales {
        let read = vcs.map(|vcs| vcs.file_at(revision, limited.file, MAX_FILE));
        match read {
            None => {}
            Some(Ok(content)) => {
                let content = content.map(|content| String::from_utf8_lossy(&content).into_owned());
                if let Some(content) = content {
                    wrong.keep(
                        edits
                            .write(limited.file, content)
                            .map_err(Diagnostics::from),
                    );
                }
            }
            Some(Err(VcsError::NoRevision(_))) => {
                let repository = text("head_repository").unwrap_or("REPOSITORY");
                wrong.push(
                    Diagnostic::user(format!(
                        "the revision of the release, {revision}, is not in this clone"
                    ))
                    .because(format!("{} must be as in the release", limited.file))
                    .help(format!("fetch it first from {repository}")),
                );
                break;
            }
            Some(Err(error)) => wrong.push(vcs_diagnostic(&error)),
        }
    }
    wrong.or_ok(edits.changes())
}

/// What a reader must know about the tasks that run.
fn notes(planned: &Retried) -> Vec<String> {
    let mut notes = Vec::new();
    if !planned.left_out.is_empty() {
        notes.push(format!(
            "{} left out, as tasks of other types would have to run again before: {}. To run them on the results of \
             the release, choose them alone with `--tasks-regex`",
            plural(planned.left_out.len(), "task"),
            list_some(&names(&planned.left_out))
        ));
    }
    if !planned.missing.is_empty() {
        notes.push(format!(
            "the release does not have {} that these depend on, so the decision finds or creates more than the tasks \
             of this type: {}",
            plural(planned.missing.len(), "task"),
            list_some(&names(&planned.missing))
        ));
    }
    notes
}

/// The types of workers that a release has tasks of.
fn list(args: &TryScriptworkerArgs, context: &CommandContext, existing: &Existing) -> String {
    let types = scriptworker::types(&context.graph_config, existing);
    if args.push.json {
        let types: Object = types
            .iter()
            .map(|(name, labels)| (name.as_str(), json!(names(labels))))
            .collect();
        return pretty(&Value::Object(types)) + "\n";
    }
    let width = types.keys().map(String::len).max().unwrap_or_default();
    let lines = types.iter().map(|(name, labels)| {
        format!(
            "{name:width$}  {:>5}  {}\n",
            labels.len(),
            list_some(&names(labels))
        )
    });
    lines.collect()
}
