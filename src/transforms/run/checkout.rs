//! Checking repositories out on a worker.

use std::convert::Infallible;
use std::sync::Arc;

use super::batch::Batch;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::json;
use crate::base::posix;
use crate::base::suggest;
use crate::base::value::{Object, Str, Value, truthy};
use crate::transform::Item;
use crate::transform::fields;
use crate::transforms::run::repository::Repository;

/// What a task can set about a repository that it checks out, as the keys of `run.checkout`.
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

/// The settings that the task sees in its environment, with the names that they have there.
static VARIABLES: &[(&str, &str)] = &[
    ("BASE_REPOSITORY", "base_repository"),
    ("HEAD_REPOSITORY", "head_repository"),
    ("HEAD_REV", "head_rev"),
    ("HEAD_REF", "head_ref"),
    ("REPOSITORY_TYPE", "type"),
    ("SSH_SECRET_NAME", "ssh_secret_name"),
];

/// One repository that a task checks out: its settings by name.
#[derive(Debug, Clone)]
struct Checkout(Object);

impl Checkout {
    fn new(repository: &Repository) -> Self {
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
        let settings = [
            ("prefix", Value::from(repository.prefix.as_str())),
            ("name", Value::from(repository.name.as_str())),
            (
                "base_repository",
                Value::from(repository.base_repository.as_str()),
            ),
            (
                "head_repository",
                Value::from(repository.head_repository.as_str()),
            ),
            ("head_ref", Value::from(repository.head_ref.as_str())),
            ("type", Value::from(repository.kind.as_str())),
            ("path", Value::from(repository.path.as_str())),
            ("head_rev", optional(&repository.head_rev)),
            ("ssh_secret_name", optional(&repository.ssh_secret_name)),
        ];
        Self(
            settings
                .map(|(key, value)| (key, value))
                .into_iter()
                .collect(),
        )
    }

    fn get(&self, setting: &str) -> Option<&str> {
        self.0.get(setting).and_then(Value::as_str)
    }

    fn need(&self, setting: &str) -> &str {
        self.get(setting).unwrap_or_default()
    }
}

/// Where the folder of a task's checkouts is.
#[must_use]
pub fn folder(item: &Item, run: &Object) -> String {
    let workdir = run
        .get("workdir")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (os(item), super::using::implementation(item)) {
        ("windows", _) => "build".to_owned(),
        (_, "docker-worker") => [workdir, "/checkouts"].concat(),
        _ => "checkouts".to_owned(),
    }
}

/// The name of the folder that repositories are checked out in.
#[must_use]
pub fn vcs_name(os: &str) -> &'static str {
    if os == "windows" { "src" } else { "vcs" }
}

/// The operating system of an item's worker.
#[must_use]
pub fn os(item: &Item) -> &str {
    fields::get(item, &["worker", "os"])
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// What checking out takes: the same for all tasks that check out the same on workers of one sort.
#[derive(Debug)]
pub(super) struct Setup {
    /// The folder of the checkouts.
    vcs: Value,
    /// The environment of the task.
    environment: Vec<(Str, Value)>,
    scopes: Vec<Value>,
    /// The arguments for `run-task`.
    arguments: Vec<Value>,
}

/// What [`Setup`] depends on, where a task checks out all that there is: the folder, the operating
/// system, and whether the worker is docker-worker.
pub(super) type Sort = (String, String, bool);

impl Setup {
    fn new(checkouts: &[Checkout], (folder, os, docker): &Sort) -> Self {
        let vcs = format!("{folder}/{}", vcs_name(os));
        let store = match (os.as_str(), docker) {
            ("windows", _) => "y:/hg-shared".to_owned(),
            (_, true) => format!("{folder}/hg-store"),
            _ => format!("{folder}/hg-shared"),
        };
        let names: Object = checkouts
            .iter()
            .map(|one| (one.need("prefix"), one.need("name")))
            .collect();
        let mut environment = vec![
            (Str::from("HG_STORE_PATH"), Value::from(store)),
            (
                Str::from("REPOSITORIES"),
                Value::from(json::compact(&Value::Object(names))),
            ),
            (Str::from("VCS_PATH"), Value::from(vcs.as_str())),
        ];
        let mut scopes = Vec::new();
        let mut arguments = Vec::new();
        for one in checkouts {
            let prefix = one.need("prefix");
            for (name, setting) in VARIABLES {
                if let Some(value) = one.get(setting) {
                    let name = format!("{}_{name}", prefix.to_uppercase());
                    environment.push((name.into(), Value::from(value)));
                }
            }
            let secret = one.get("ssh_secret_name").filter(|name| !name.is_empty());
            scopes.extend(secret.map(|secret| Value::from(format!("secrets:get:{secret}"))));
            let path = posix::join(&vcs, one.need("path"));
            arguments.push(Value::from(format!("--{prefix}-checkout={path}")));
        }
        Self {
            vcs: vcs.into(),
            environment,
            scopes,
            arguments,
        }
    }
}

/// Makes a task check out what `run.checkout` asks for; yields the arguments for `run-task` and the
/// folder of the checkouts, or nothing when nothing is asked for.
///
/// # Errors
/// When `run.checkout` does not fit the repositories, or the worker cannot check anything out.
pub fn add(
    batch: &Batch<'_, '_>,
    item: &mut Item,
    run: &Object,
) -> Outcome<Option<(Value, Vec<Value>)>> {
    let Some(asked) = run.get("checkout").filter(|asked| truthy(asked)) else {
        return Ok(None);
    };
    // What is wrong with the checkouts is told first.
    let own = match asked {
        Value::Object(_) => Some(checkouts(batch, item, asked)?),
        _ if batch.repositories()?.len() > 1 => Some(checkouts(batch, item, asked)?),
        _ => None,
    };
    if !["linux", "macosx", "windows"].contains(&os(item)) {
        return Err(item
            .wrong(
                "run.checkout",
                format!("workers on `{}` check nothing out", os(item)),
            )
            .help("set `run.checkout` to `false`")
            .into());
    }
    let docker = super::using::implementation(item) == "docker-worker";
    let sort = (folder(item, run), os(item).to_owned(), docker);
    let add = |setup: &Setup, mut env: Object| {
        env.extend(setup.environment.iter().cloned());
        env
    };
    let env = fields::mapping(item, &["worker", "env"])?.clone();
    let (setup, env) = match own {
        Some(own) => {
            let setup = Arc::new(Setup::new(&own, &sort));
            let env = add(&setup, env);
            (setup, env)
        }
        None => {
            let setup = batch.setups.get(sort.clone(), |sort| {
                let checkouts = checkouts(batch, item, asked)?;
                Ok::<_, Diagnostics>(Arc::new(Setup::new(&checkouts, sort)))
            })?;
            let find = |(env, _): &(Object, Sort)| Ok::<_, Infallible>(add(&setup, env.clone()));
            let Ok(env) = batch.environments.get((env, sort), find);
            (setup, env)
        }
    };
    *fields::mapping(item, &["worker", "env"])? = env;
    if !setup.scopes.is_empty() {
        fields::list(item, &["scopes"])?.extend(setup.scopes.iter().cloned());
    }
    // Only this implementation has the proxy that `run-task` asks for secrets.
    if docker {
        fields::mapping(item, &["worker"])?.insert("taskcluster-proxy", Value::Bool(true));
    }
    Ok(Some((setup.vcs.clone(), setup.arguments.clone())))
}

fn checkouts(batch: &Batch<'_, '_>, item: &Item, asked: &Value) -> Outcome<Vec<Checkout>> {
    let repositories = batch.repositories()?;
    let known = || repositories.keys().map(String::as_str);
    let Value::Object(asked) = asked else {
        return match repositories.len() {
            0 | 1 => Ok(repositories.values().map(Checkout::new).collect()),
            several => Err(item
                .wrong(
                    "run.checkout",
                    format!("the project has {several} repositories"),
                )
                .help(format!(
                    "name those to check out in `run.checkout`, e.g. `{}: {{path: …}}`",
                    known().next().unwrap_or_default()
                ))
                .into()),
        };
    };
    let mut wrong = Diagnostics::new();
    let mut checkouts = Vec::new();
    for (prefix, settings) in asked {
        let field = format!("run.checkout.{prefix}");
        let Some(repository) = repositories.get(prefix.as_str()) else {
            wrong.push(
                item.wrong(&field, format!("there is no repository `{prefix}`"))
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
            .wrong(&path, format!("a checkout has no setting `{setting}`"))
            .help(suggest::hint(setting, SETTINGS.iter().copied())));
    }
    if value.is_string() || (value.is_null() && !NEEDED.contains(&setting)) {
        return Ok(());
    }
    let way: Vec<_> = path.split('.').collect();
    Err(fields::unfit(&item.origin, &way, "a string", value))
}
