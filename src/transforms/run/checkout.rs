//! Checking repositories out on a worker.

use std::convert::Infallible;
use std::sync::Arc;

use super::batch::Batch;
use super::run_using::implementation;
use super::setup::{Checkout, Setup, SetupKey};
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::suggest;
use crate::base::value::{Object, Value, truthy};
use crate::transform::Item;
use crate::transform::fields;

/// The settings of a checkout, which are keys of `run.checkout`.
static SETTINGS: &[&str] = &[
    "prefix",
    "name",
    "base_repository",
    "head_repository",
    "head_ref",
    "type",
    "path",
    "head_rev",
    "ssh_secret_name",
];

/// The settings that cannot be null.
static NEEDED: &[&str] = &["prefix", "name", "path"];

/// Where the folder of a task's checkouts is.
#[must_use]
pub fn folder(item: &Item, run: &Object) -> String {
    let workdir = run
        .get("workdir")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (os(item), implementation(item)) {
        ("windows", _) => "build".to_owned(),
        (_, "docker-worker") => [workdir, "/checkouts"].concat(),
        _ => "checkouts".to_owned(),
    }
}

/// The operating system of an item's worker.
#[must_use]
pub fn os(item: &Item) -> &str {
    fields::get(item, &["worker", "os"])
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Sets up the checkouts in `run.checkout`. Returns the folder of the checkouts and the arguments for
/// `run-task`, or `None` without checkouts.
///
/// # Errors
/// If `run.checkout` does not match the repositories, or the worker does not support checkouts.
pub fn add(
    batch: &Batch<'_, '_>,
    item: &mut Item,
    run: &Object,
) -> Outcome<Option<(Value, Vec<Value>)>> {
    let Some(checkout) = run.get("checkout").filter(|checkout| truthy(checkout)) else {
        return Ok(None);
    };
    // Mistakes in the checkouts are reported first.
    let own = match checkout {
        Value::Object(_) => Some(checkouts(batch, item, checkout)?),
        _ if batch.repositories()?.len() > 1 => Some(checkouts(batch, item, checkout)?),
        _ => None,
    };
    if !["linux", "macosx", "windows"].contains(&os(item)) {
        return Err(item
            .error_at(
                "run.checkout",
                format!("workers on `{}` do not support checkouts", os(item)),
            )
            .help("set `run.checkout` to `false`")
            .into());
    }
    let docker = implementation(item) == "docker-worker";
    let key = (folder(item, run), os(item).to_owned(), docker);
    let add = |setup: &Setup, mut env: Object| {
        env.extend(setup.environment.iter().cloned());
        env
    };
    let env = fields::mapping(item, &["worker", "env"])?.clone();
    let (setup, env) = match own {
        Some(own) => {
            let setup = Arc::new(Setup::new(&own, &key));
            let env = add(&setup, env);
            (setup, env)
        }
        None => {
            let setup = batch.setups.get(key.clone(), |key| {
                let checkouts = checkouts(batch, item, checkout)?;
                Ok::<_, Diagnostics>(Arc::new(Setup::new(&checkouts, key)))
            })?;
            let find =
                |(env, _): &(Object, SetupKey)| Ok::<_, Infallible>(add(&setup, env.clone()));
            let Ok(env) = batch.environments.get((env, key), find);
            (setup, env)
        }
    };
    *fields::mapping(item, &["worker", "env"])? = env;
    if !setup.scopes.is_empty() {
        fields::list(item, &["scopes"])?.extend(setup.scopes.iter().cloned());
    }
    // `run-task` reads secrets through the proxy, which only this implementation has.
    if docker {
        fields::mapping(item, &["worker"])?.insert("taskcluster-proxy", Value::Bool(true));
    }
    Ok(Some((setup.vcs.clone(), setup.arguments.clone())))
}

fn checkouts(batch: &Batch<'_, '_>, item: &Item, requested: &Value) -> Outcome<Vec<Checkout>> {
    let repositories = batch.repositories()?;
    let known = || repositories.keys().map(String::as_str);
    let Value::Object(requested) = requested else {
        return match repositories.len() {
            0 | 1 => Ok(repositories.values().map(Checkout::new).collect()),
            several => Err(item
                .error_at(
                    "run.checkout",
                    format!("the project has {several} repositories"),
                )
                .help(format!(
                    "list those to check out in `run.checkout`, e.g. `{}: {{path: …}}`",
                    known().next().unwrap_or_default()
                ))
                .into()),
        };
    };
    let mut wrong = Diagnostics::new();
    let mut checkouts = Vec::new();
    for (prefix, settings) in requested {
        let field = format!("run.checkout.{prefix}");
        let Some(repository) = repositories.get(prefix.as_str()) else {
            wrong.push(
                item.error_at(&field, format!("unknown repository `{prefix}`"))
                    .help(suggest::hint(prefix, known())),
            );
            continue;
        };
        let mut checkout = Checkout::new(repository);
        for (setting, value) in settings.as_object().into_iter().flatten() {
            match check_setting(item, &field, setting, value) {
                Ok(()) => {
                    checkout.0.insert(setting.clone(), value.clone());
                }
                Err(diagnostic) => wrong.push(diagnostic),
            }
        }
        checkouts.push(checkout);
    }
    wrong.or_ok(checkouts)
}

fn check_setting(item: &Item, field: &str, setting: &str, value: &Value) -> Result<(), Diagnostic> {
    let path = format!("{field}.{setting}");
    if !SETTINGS.contains(&setting) {
        return Err(item
            .error_at(&path, format!("unknown checkout setting `{setting}`"))
            .help(suggest::hint(setting, SETTINGS.iter().copied())));
    }
    if value.is_string() || (value.is_null() && !NEEDED.contains(&setting)) {
        return Ok(());
    }
    let way: Vec<_> = path.split('.').collect();
    Err(fields::wrong_type(&item.origin, &way, "a string", value))
}
