//! The repositories that a task may check out.

use indexmap::IndexMap;

use crate::base::diagnostic::{Diagnostic, Place};
use crate::base::path::ValuePath;
use crate::base::pattern::Prefix;
use crate::base::value::Value;
use crate::transform::Context;

/// One repository, as the current push sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The prefix of environment variables and arguments for it.
    pub prefix: String,
    /// Its name.
    pub name: String,
    /// The repository that it is a fork of.
    pub base_repository: String,
    /// The repository that is checked out.
    pub head_repository: String,
    /// The ref that is checked out.
    pub head_ref: String,
    /// The revision that is checked out.
    pub head_rev: Option<String>,
    /// `git` or `hg`.
    pub kind: String,
    /// Where it is checked out, below the folder for checkouts.
    pub path: String,
    /// The secret that holds the key to clone it with.
    pub ssh_secret_name: Option<String>,
}

/// The repositories of the graph config, the one that is built first.
///
/// If there are several, the one whose `project-regex` matches the project is built, and the others
/// are checked out at their `default-ref`.
///
/// # Errors
/// If not exactly one matches, or another one lacks its defaults.
pub fn repositories(context: &Context<'_>) -> Result<IndexMap<String, Repository>, Diagnostic> {
    let all = context.graph_config().repositories();
    let current = current_prefix(context)?;
    let mut repositories = IndexMap::new();
    if let Some(config) = all.get(current.as_str()) {
        let repository = current_repository(context, &current, config);
        repositories.insert(current.clone(), repository);
    }
    for (prefix, config) in all.iter().filter(|(prefix, _)| prefix.as_str() != current) {
        let repository = other_repository(context, prefix, config)?;
        repositories.insert(prefix.to_string(), repository);
    }
    Ok(repositories)
}

/// The key of the repository that is built.
fn current_prefix(context: &Context<'_>) -> Result<String, Diagnostic> {
    let (config, project) = (context.graph_config(), context.params().project());
    let all = config.repositories();
    if let Some(only) = all.keys().next()
        && all.len() == 1
    {
        return Ok(only.to_string());
    }
    let mut matching = Vec::new();
    for (prefix, repository) in all {
        let Some(regex) = text(repository, "project-regex") else {
            return Err(Diagnostic::user(format!(
                "the repository `{prefix}` has no `project-regex`"
            ))
            .at(place(context, prefix))
            .help(
                "add a `project-regex` that matches its projects; with several repositories, each needs one",
            ));
        };
        let pattern = Prefix::new(&regex)
            .map_err(|error| Diagnostic::user(error.to_string()).at(place(context, prefix)))?;
        if pattern.matches(project) {
            matching.push(prefix);
        }
    }
    match matching.as_slice() {
        [one] => Ok(one.to_string()),
        found => Err(Diagnostic::user(format!(
            "{} repositories match the project `{project}`",
            found.len()
        ))
        .at(config.place(&ValuePath::keys(["taskgraph", "repositories"])))
        .help("change `project-regex` so that exactly one repository matches")),
    }
}

/// The repository that is built, at the revision of the push.
fn current_repository(context: &Context<'_>, prefix: &str, config: &Value) -> Repository {
    let params = context.params();
    let head_rev = params.get("head_rev").and_then(Value::as_str);
    Repository {
        prefix: prefix.to_owned(),
        name: text(config, "name").unwrap_or_default(),
        base_repository: params.str("base_repository").to_owned(),
        head_repository: params.str("head_repository").to_owned(),
        head_ref: params.str("head_ref").to_owned(),
        head_rev: head_rev.map(str::to_owned),
        kind: params.str("repository_type").to_owned(),
        path: String::new(),
        ssh_secret_name: text(config, "ssh-secret-name"),
    }
}

/// Another repository, at its default ref.
fn other_repository(
    context: &Context<'_>,
    prefix: &str,
    config: &Value,
) -> Result<Repository, Diagnostic> {
    let needed = |key: &str| {
        text(config, key).ok_or_else(|| {
            Diagnostic::user(format!("the repository `{prefix}` has no `{key}`"))
                .at(place(context, prefix))
                .help("add the key; repositories other than the one being built require it")
        })
    };
    let default = needed("default-repository")?;
    Ok(Repository {
        prefix: prefix.to_owned(),
        name: text(config, "name").unwrap_or_default(),
        base_repository: default.clone(),
        head_repository: default,
        head_ref: needed("default-ref")?,
        head_rev: None,
        kind: needed("type")?,
        path: String::new(),
        ssh_secret_name: text(config, "ssh-secret-name"),
    })
}

fn text(repository: &Value, key: &str) -> Option<String> {
    repository
        .get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn place(context: &Context<'_>, prefix: &str) -> Option<Place> {
    let path = ValuePath::keys(["taskgraph", "repositories", prefix]);
    context.graph_config().place(&path)
}
