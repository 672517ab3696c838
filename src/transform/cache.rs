//! Cached tasks: index routes by which tasks with the same inputs are found.

use super::checks;
use super::context::Context;
use super::item::Item;
use crate::base::diagnostic::Diagnostic;
use crate::base::digest::sha256;
use crate::base::time::Timestamp;
use crate::base::value::{Object, Value};

/// The highest level whose cache is searched.
const HIGHEST_LEVEL: u8 = 3;

/// What is cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// The type of result, e.g. `docker-images.v2`.
    pub kind: String,
    /// The name of the cached result.
    pub name: String,
    /// The SHA-256 of its inputs, in hex.
    pub digest: String,
}

/// The SHA-256 of all inputs, each on a line of its own, in hex.
#[must_use]
pub fn digest(inputs: &[String]) -> String {
    sha256(inputs.join("\n").as_bytes())
}

impl CacheEntry {
    /// Its form in the digests of dependent tasks.
    #[must_use]
    pub fn digest_input(&self) -> String {
        [self.kind.as_str(), &self.name, &self.digest].join("/")
    }

    /// Its form in the attribute `cached_task`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(Object::from_iter([
            ("type", Value::from(self.kind.as_str())),
            ("name", Value::from(self.name.as_str())),
            ("digest", Value::from(self.digest.as_str())),
        ]))
    }

    /// Reads the attribute `cached_task`.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        Some(Self {
            kind: text("type")?,
            name: text("name")?,
            digest: text("digest")?,
        })
    }

    fn index(&self, prefix: &str, cache: &str, rest: &str) -> String {
        format!("{prefix}.cache.{cache}.{}.{}.{rest}", self.kind, self.name)
    }
}

/// Replaces the task with an earlier one with the same inputs, and lets later ones find it.
///
/// Earlier tasks are looked for at every level from the highest down to that of the parameters, and
/// by pull requests among those of pull requests. This one is indexed at its own level, or among
/// those of pull requests if these are cached at all.
///
/// # Errors
/// If the level is not a number, or the task has no mapping `attributes`.
pub fn add_optimization(
    context: &Context<'_>,
    item: &mut Item,
    cached: &CacheEntry,
) -> Result<(), Diagnostic> {
    let (config, params) = (context.graph_config(), context.params());
    let prefix = config.cached_task_prefix();
    let hash = format!("hash.{}", cached.digest);
    let lowest: u8 = params.level().trim().parse().map_err(|_| {
        Diagnostic::user(format!("the level {:?} is not a number", params.level()))
            .help("set the parameter `level` to `1` or `3`")
    })?;
    let at = |level: &str, rest: &str| cached.index(prefix, &format!("level-{level}"), rest);
    let of_pull_requests = cached.index(prefix, "pr", &hash);

    let tasks_for = params.tasks_for();
    let comment = tasks_for == "github-issue-comment";
    let pull_request = comment || tasks_for.starts_with("github-pull-request");
    let mut earlier: Vec<Value> = (lowest..=HIGHEST_LEVEL)
        .rev()
        .map(|level| Value::from(at(&level.to_string(), &hash)))
        .collect();
    // An untrusted pull request fills the cache of pull requests, and may not be replaced from it.
    if config.cache_pull_requests() && (comment || tasks_for == "github-pull-request") {
        earlier.push(Value::from(of_pull_requests.as_str()));
    }
    let search = Object::from_iter([("index-search", Value::from(earlier))]);
    item.task.insert("optimization", Value::Object(search));

    let mut routes = Vec::new();
    if !pull_request {
        let level = params.level();
        let date = Timestamp::from_unix(params.build_date()).strftime("%Y.%m.%d.%Y%m%d%H%M%S");
        routes.push(at(level, &hash));
        routes.push(at(level, "latest"));
        routes.push(at(level, &format!("pushdate.{date}")));
    } else if config.cache_pull_requests() {
        routes.push(of_pull_requests);
    }
    if !routes.is_empty() {
        let routes = routes
            .into_iter()
            .map(|route| Value::from(format!("index.{route}")));
        checks::list(item, "routes")?.extend(routes);
    }
    match item.task.get_mut("attributes") {
        Some(Value::Object(attributes)) => {
            attributes.insert("cached_task", cached.to_value());
            Ok(())
        }
        _ => Err(item
            .error_at(
                "attributes",
                "the `attributes` of a cached task must be a mapping",
            )
            .help(
                "put the transform that adds attributes before `cached_tasks`, or write `attributes: {}`",
            )),
    }
}
