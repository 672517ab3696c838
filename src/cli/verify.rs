//! The command `verify`: finds locally what would make a decision fail.

use std::path::Path;
use std::process::ExitCode;

use super::action::document;
use super::args::VerifyArgs;
use super::decision::counted;
use super::output::{self, Output};
use super::outside::Outside;
use super::parameters::overrides;
use super::{sets, show};
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::name::TaskId;
use crate::base::value::{Value, type_name};
use crate::config::parameters::Parameters;
use crate::decision::{self, Phases};
use crate::ports::environment::Environment;
use crate::ports::ids::DerivedIds;
use crate::ports::mask::Mask;
use crate::submit::preflight::{self, Care, Facts};

/// Looks at everything that a decision would create, once for each set of parameters.
///
/// # Errors
/// Everything that is wrong in the first phase in which anything is, or that stands against tasks.
pub fn run(args: &VerifyArgs, environment: Environment, output: &Output) -> Outcome<ExitCode> {
    output.log(&args.verbosity);
    let outside = Outside::open(&args.root, environment)?.with_python(
        &args.root,
        args.python.python.into(),
        args.verbosity.verbose,
    )?;
    let scopes = args.scopes.as_deref().map(held).transpose()?;
    let specs = show::specs(&args.parameters, &outside)?;
    let overrides = overrides(&outside, &args.target_kinds, false)?;
    let runtime = output::runtime()?;
    let mut wrong = Vec::new();
    for spec in &specs {
        let verified = runtime.block_on(async {
            let params = spec.load(&outside, &overrides).await?;
            verify(args, &outside, &params, scopes.clone()).await
        });
        match verified {
            Ok(tasks) => output.status(&format!(
                "Nothing stands against {} with parameters from {}{}",
                counted(tasks),
                spec.name(),
                match scopes {
                    Some(_) => "",
                    None => "; scopes were not looked at",
                }
            )),
            Err(diagnostics) => wrong.push((spec.name(), diagnostics)),
        }
    }
    sets::together(wrong, specs.len()).or_ok(ExitCode::SUCCESS)
}

/// Verifies for one set of parameters, and yields how many tasks there would be.
async fn verify(
    args: &VerifyArgs,
    outside: &Outside,
    params: &Parameters,
    scopes: Option<Vec<String>>,
) -> Outcome<usize> {
    let phases = Phases {
        context: outside.context(),
        graph_config: &outside.graph_config,
        params,
        verify: true,
        artifacts: None,
    };
    let full = phases.full()?;
    let targets = phases.target_set(&full)?;
    let mut target = phases.target_graph(&full, &targets)?;
    if args.no_optimize {
        target.do_not_optimize = target.graph.labels().cloned().collect();
    }
    // The rules expect real taskIds, so the placeholder for the decision task has the form of one.
    let stand_in = TaskId::parse(TaskId::STAND_IN);
    let ids = DerivedIds::new(stand_in.map_err(|error| Diagnostic::bug(error.to_string()))?);
    let optimized = phases.optimize(target, &ids).await?;
    let morphed = phases.morph(&optimized, &ids)?;
    let plan = decision::planned(&outside.graph_config, params, &morphed.graph, &ids)?;
    let mut facts = Facts::default();
    if let Some(taskcluster) = outside.taskcluster.as_deref() {
        facts.standing = preflight::standing(&[&plan], taskcluster).await?;
    }
    facts.scopes = scopes;
    facts.secrets = Mask::of(&outside.environment);
    let now = outside.clock.now();
    preflight::deadline::warn(&[&plan], now);
    preflight::check(&[&plan], Care::FULL, now, &facts)?;
    Ok(plan.len())
}

/// The scopes of a file.
fn held(path: &Path) -> Outcome<Vec<String>> {
    let value = document(path, "the scopes")?;
    let listed = value.get("scopes").unwrap_or(&value);
    let wrong = |found: &Value| {
        Diagnostic::user(format!(
            "the scopes {} hold {}, where a list of scopes is expected",
            path.display(),
            type_name(found)
        ))
        .help("`taskcluster api auth expandScopes` prints such a file")
    };
    let items = listed.as_array().ok_or_else(|| wrong(listed))?;
    let scopes = items.iter().map(|item| {
        let text = item.as_str().map(str::to_owned);
        text.ok_or_else(|| wrong(item))
    });
    let scopes: Vec<String> = scopes.collect::<Result<_, _>>()?;
    for role in scopes.iter().filter(|scope| scope.starts_with("assume:")) {
        tracing::warn!("What the role of {role} grants has to be in the file too; nobody is asked");
    }
    Ok(scopes)
}
