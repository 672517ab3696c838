//! The caches that tasks run by `run-task` may have.

use super::batch::Batch;
use super::checkout;
use super::run_using::implementation;
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::sha256;
use crate::base::posix;
use crate::base::value::{Object, Value, truthy};
use crate::transform::Item;
use crate::transform::fields;
use crate::transform::item::Variables;

/// A cache for a common tool.
#[derive(Debug)]
pub struct Cache {
    /// Its name.
    pub name: &'static str,
    /// The environment variable with the cache's path for the tool.
    pub variable: Option<&'static str>,
}

/// Every cache, in the order in which tasks get them.
pub static CACHES: &[Cache] = &[
    tool("cargo", "CARGO_HOME"),
    Cache {
        name: CHECKOUT,
        variable: None,
    },
    tool("npm", "npm_config_cache"),
    tool("pip", "PIP_CACHE_DIR"),
    tool("uv", "UV_CACHE_DIR"),
];

const CHECKOUT: &str = "checkout";

const fn tool(name: &'static str, variable: &'static str) -> Cache {
    Cache {
        name,
        variable: Some(variable),
    }
}

/// Adds the caches in `run.use-caches`, or else those in the graph config, or else the one of the
/// checkout. Returns the variables with the paths for tools.
///
/// # Errors
/// If a part of the worker has the wrong type, or the repositories are misconfigured.
pub fn add(batch: &Batch<'_, '_>, item: &mut Item, run: &Object) -> Result<Variables, Diagnostic> {
    let mut variables = Vec::new();
    let graph_config = batch.context.graph_config();
    let chosen = run.get("use-caches").filter(|chosen| !chosen.is_null());
    let chosen = chosen.or_else(|| graph_config.taskgraph("run")?.get("use-caches"));
    let has_checkout = run.get("checkout").is_some_and(truthy);
    for cache in CACHES {
        let selected = match chosen {
            Some(Value::Bool(all)) => *all,
            Some(Value::Array(names)) => names.iter().any(|name| name == cache.name),
            _ => cache.name == CHECKOUT,
        };
        // Tasks without a checkout may have it among the defaults.
        if !selected || (cache.name == CHECKOUT && !has_checkout) {
            continue;
        }
        let (name, folder) = if cache.name == CHECKOUT {
            (checkout_cache(batch)?, checkout::folder(item, run))
        } else {
            (cache.name.to_owned(), tool_folder(item, run, cache.name))
        };
        let variable = cache.variable;
        variables.extend(variable.map(|variable| (variable, Value::from(folder.as_str()))));
        mount(item, name, folder)?;
    }
    Ok(variables)
}

fn tool_folder(item: &Item, run: &Object, name: &str) -> String {
    let base = if implementation(item) == "docker-worker" {
        let workdir = run.get("workdir").and_then(Value::as_str);
        let workdir = workdir.filter(|workdir| !workdir.is_empty());
        posix::join(workdir.unwrap_or("/builds/worker"), ".task-cache")
    } else {
        ".task-cache".to_owned()
    };
    format!("{base}/{name}")
}

/// The name of the cache of checkouts.
///
/// `run-task` does not clean up repositories in which another one was checked out, so tasks that
/// may check out several have a cache by the paths and prefixes of all. They go into the hash one
/// a line, sorted; the peer hashes them in an order that changes from run to run.
fn checkout_cache(batch: &Batch<'_, '_>) -> Result<String, Diagnostic> {
    let repositories = batch.repositories()?;
    if repositories.len() < 2 {
        return Ok("checkouts".to_owned());
    }
    let mut lines: Vec<_> = repositories
        .values()
        .map(|repository| format!("{}\t{}", repository.path, repository.prefix))
        .collect();
    lines.sort_unstable();
    let digest = sha256(lines.join("\n").as_bytes());
    Ok(format!("checkouts-repos-{digest}"))
}

fn mount(item: &mut Item, name: String, folder: String) -> Result<(), Diagnostic> {
    let (list, entry) = if implementation(item) == "docker-worker" {
        let entry = [
            ("type", Value::from("persistent")),
            ("name", Value::from(name)),
            ("mount-point", Value::from(folder)),
            ("skip-untrusted", Value::from(false)),
        ];
        ("caches", Object::from_entries(entry))
    } else {
        let entry = [
            ("cache-name", Value::from(name)),
            ("directory", Value::from(folder)),
        ];
        ("mounts", Object::from_entries(entry))
    };
    fields::list(item, &["worker", list])?.push(Value::Object(entry));
    Ok(())
}
