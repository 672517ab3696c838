//! The command `verify`: reports what would make a decision fail.

use std::path::Path;
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use super::args::VerifyArgs;
use super::context::CommandContext;
use super::counts::tasks;
use super::helper::CommandHelper;
use super::input_file::read_input_file;
use super::parameter_sets::merge_diagnostics;
use super::parameters::{ParameterSpec, overrides};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::scope::ScopeSet;
use crate::base::value::{Value, type_name};
use crate::config::parameters::Parameters;
use crate::decision;
use crate::ports::ids::DerivedIds;
use crate::ports::mask::Mask;
use crate::submit::preflight::{self, Facts, PreflightOptions};

/// Checks everything that a decision would create, once for each set of parameters.
///
/// # Errors
/// Every error of the first phase that has any, or every problem with the tasks to create.
pub fn run(args: &VerifyArgs, command: &CommandHelper<'_>) -> Outcome<ExitCode> {
    let context = command.open(&args.project, command.global.level(LevelFilter::INFO))?;
    let scopes = args.scopes.as_deref().map(read_scopes).transpose()?;
    let specs = ParameterSpec::read_all(&context.working_folder, &args.parameters)?;
    let overrides = overrides(&context, &args.target_kinds, false)?;
    let mut failed = Vec::new();
    for spec in &specs {
        let verified = context.block_on(async {
            let params = spec.load(&context, &overrides).await?;
            verify(args, &context, &params, scopes.clone()).await
        });
        match verified {
            Ok(count) => command.output.status(&format!(
                "Preflight passed: {} with parameters from {}{}",
                tasks(count),
                spec.name(),
                match scopes {
                    Some(_) => "",
                    None => "; scopes were not checked",
                }
            )),
            Err(diagnostics) => failed.push((spec.name(), diagnostics)),
        }
    }
    merge_diagnostics(failed, specs.len()).or_ok(ExitCode::SUCCESS)
}

/// Checks one set of parameters, and returns the number of tasks that would be created.
async fn verify(
    args: &VerifyArgs,
    context: &CommandContext,
    params: &Parameters,
    scopes: Option<ScopeSet>,
) -> Outcome<usize> {
    let phases = context.phases(params);
    let full = phases.full()?;
    let targets = phases.target_set(&full)?;
    let mut target = phases.target_graph(&full, &targets)?;
    if args.no_optimize {
        target.keep_all();
    }
    // The rules require real taskIds, so the placeholder of the decision task has the form of one.
    let stand_in = TaskId::parse(TaskId::STAND_IN);
    let ids = DerivedIds::new(stand_in.map_err(|error| Diagnostic::bug(error.to_string()))?);
    let optimized = phases.optimize(target, &ids).await?;
    let morphed = phases.morph(&optimized, &ids).await?;
    let plan = decision::plan_graph(&context.graph_config, params, &morphed.graph, &ids)?;
    let mut facts = Facts::default();
    if let Some(taskcluster) = context.taskcluster.as_deref() {
        facts.existing = preflight::existing_dependencies(&[&plan], taskcluster).await?;
    }
    facts.scopes = scopes;
    facts.secrets = Mask::from_environment(&context.environment);
    let now = context.clock.now();
    preflight::deadline::warn(&[&plan], now);
    preflight::run_time::warn(&[&plan], now);
    preflight::check(&[&plan], PreflightOptions::FULL, now, &facts)?;
    Ok(plan.len())
}

/// Reads a file of scopes.
fn read_scopes(path: &Path) -> Outcome<ScopeSet> {
    let value = read_input_file(path, "the scopes")?;
    let listed = value.get("scopes").unwrap_or(&value);
    let wrong = |expected: &str, found: &Value| {
        Diagnostic::user(format!(
            "the scopes {}: expected {expected}, found {}",
            path.display(),
            type_name(found)
        ))
        .help("use the output of `taskcluster api auth expandScopes`")
    };
    let items = listed
        .as_array()
        .ok_or_else(|| wrong("a list of scopes", listed))?;
    let scopes = items.iter().map(|item| {
        let text = item.as_str().map(str::to_owned);
        text.ok_or_else(|| wrong("a scope", item))
    });
    let scopes: Vec<String> = scopes.collect::<Result<_, _>>()?;
    for role in scopes.iter().filter(|scope| scope.starts_with("assume:")) {
        tracing::warn!(
            "{role} is not expanded: the file must also list the scopes that this role grants"
        );
    }
    Ok(scopes.into_iter().collect())
}
