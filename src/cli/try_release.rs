//! The command `try-release`.

use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::args::TryReleaseArgs;
use super::context::CommandContext;
use super::helper::CommandHelper;
use super::try_push::{TryPush, open, section};
use crate::actions::{existing, proposal};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json::pretty;
use crate::base::name::TaskId;
use crate::base::suggest;
use crate::base::value::{Object, Value, json};
use crate::base::version::Version;
use crate::try_push::overrides::Overrides;
use crate::try_push::release::{self, Options};
use crate::try_push::settings::Settings;

/// Shows a push with a staging release, and writes it to the working copy if asked to.
///
/// # Errors
/// Everything that is wrong with the request, and with the files that it changes.
pub fn run(args: &TryReleaseArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let level = command.global.level(LevelFilter::WARN);
    let context = open(&args.push.project, command, level)?;
    let config = &context.graph_config;
    let settings = Settings::read(config)?;
    let options = Options {
        version: args.version.clone(),
        migrations: args.migrations.clone(),
        tasks: args.tasks.clone(),
        limits_locales: !args.no_limit_locales,
        parameters: parameters(args, &context, &settings)?,
    };
    let mut wrong = Diagnostics::new();
    let planned = wrong.keep(release::plan(&context.files, config, &settings, &options));
    let promotions = wrong.keep(promotions(args, &context));
    wrong.or_ok(())?;
    let (Some(planned), Some(promotions)) = (planned, promotions) else {
        return Err(Diagnostic::bug("a staging release without a plan").into());
    };
    let push = TryPush {
        changes: &planned.changes,
        task_config: &planned.task_config,
        message: &format!("staging release: {}", args.version),
        version: &args.version,
    };
    let commands = push.commands(&args.push, &context, &settings);
    if args.push.apply {
        push.apply(&args.push, &context)?;
    }
    if args.push.json {
        let all = json!({
            "version": args.version,
            "migrations": planned.migrations,
            "changes": push.changes_json(),
            "tryTaskConfig": planned.task_config,
            "commands": commands.lines,
            "promotions": promotions,
            "notes": planned.notes,
            "applied": args.push.apply,
        });
        command.output.data(&(pretty(&all) + "\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let inputs = promotions.iter().map(|promotion| {
        let flavor = promotion["release_promotion_flavor"].as_str();
        let heading = format!(
            "\n# Input of release-promotion: {}",
            flavor.unwrap_or_default()
        );
        section(&heading, &pretty(promotion))
    });
    let inputs: String = inputs.collect();
    let applied = args.push.apply;
    push.show(&commands, &inputs, &planned.notes, applied, command.output)?;
    Ok(ExitCode::SUCCESS)
}

/// The parameters that flags ask for.
fn parameters(
    args: &TryReleaseArgs,
    context: &CommandContext,
    settings: &Settings<'_>,
) -> Outcome<Object> {
    let mut parameters = Object::new();
    let overrides = Overrides {
        disables_pgo: args.disable_pgo,
        ..args.push.overrides()
    };
    let overrides = overrides.parameter(&context.graph_config, settings.in_python)?;
    if !overrides.is_empty() {
        parameters.insert("try_task_config", Value::Object(overrides));
    }
    if let Some(task) = &args.existing_tasks {
        let id = TaskId::parse(task).ok().filter(TaskId::is_slugid);
        let id = id.ok_or_else(|| {
            Diagnostic::usage(format!("`--existing-tasks`: {task:?} is not a taskId"))
                .help("pass the taskId of the decision or action task of an earlier push")
        })?;
        let taskcluster = context.decision_context().taskcluster()?;
        let labels = context.block_on(existing::label_to_taskid(taskcluster, &id))?;
        let labels = labels.ok_or_else(|| {
            Diagnostic::user(format!("the task {id} has no label-to-taskid.json"))
                .help("pass the taskId of a decision or action task that has completed")
        })?;
        let labels = labels.iter();
        let labels: Object = labels
            .map(|(label, id)| (label.to_string(), Value::from(id.as_str())))
            .collect();
        parameters.insert("existing_tasks", Value::Object(labels));
    }
    Ok(parameters)
}

/// The inputs of the promotions that follow the push.
fn promotions(args: &TryReleaseArgs, context: &CommandContext) -> Outcome<Vec<Value>> {
    let config = &context.graph_config;
    let mut wrong = Diagnostics::new();
    let flavors = match &args.product {
        None => proposal::of_first_product(config),
        Some(product) => {
            let flavors = proposal::of_product(config, product);
            if flavors.is_empty() {
                wrong.push(
                    Diagnostic::usage(format!("no flavor releases the product `{product}`"))
                        .help(suggest::hint(product, proposal::products(config))),
                );
            }
            flavors
        }
    };
    for version in &args.update_from {
        if let Err(error) = version.parse::<Version>() {
            wrong.push(Diagnostic::usage(format!("`--update-from`: {error}")));
        }
    }
    let updates: Vec<(&str, u64)> = args
        .update_from
        .iter()
        .map(|version| (version.as_str(), 1))
        .collect();
    let mut previous = vec!["DECISION-TASK".to_owned()];
    let mut inputs = Vec::new();
    for flavor in &flavors {
        let input = proposal::Proposal {
            flavor,
            version: Some(&args.version),
            previous: &previous,
            updates: &updates,
        }
        .input(config);
        wrong.keep(proposal::check(config, input.clone()));
        inputs.push(input);
        previous.push(format!("TASK-OF-{}", flavor.to_uppercase()));
    }
    wrong.or_ok(inputs)
}
