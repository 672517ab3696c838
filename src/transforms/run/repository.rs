//! The repositories that a task may check out.

use indexmap::IndexMap;

use crate::base::diagnostic::Diagnostic;
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
    let (config, params) = (context.graph_config(), context.params());
    let all = config.repositories();
    let place =
        |prefix: &str| config.place(&ValuePath::keys(["taskgraph", "repositories", prefix]));
    let text = |repository: &Value, key: &str| {
        repository
            .get(key)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let current = match all.keys().next() {
        Some(only) if all.len() == 1 => only.clone(),
        _ => {
            let mut matching = Vec::new();
            for (prefix, repository) in all {
                let Some(regex) = text(repository, "project-regex") else {
                    return Err(Diagnostic::user(format!(
                        "the repository `{prefix}` has no `project-regex`"
                    ))
                    .at(place(prefix))
                    .help("with several repositories, each needs a `project-regex` that matches its projects"));
                };
                let pattern = Prefix::new(&regex)
                    .map_err(|error| Diagnostic::user(error.to_string()).at(place(prefix)))?;
                if pattern.matches(params.project()) {
                    matching.push(prefix.clone());
                }
            }
            match matching.as_slice() {
                [one] => one.clone(),
                found => {
                    return Err(Diagnostic::user(format!(
                        "{} repositories match the project `{}`",
                        found.len(),
                        params.project()
                    ))
                    .at(config.place(&ValuePath::keys(["taskgraph", "repositories"])))
                    .help("exactly one `project-regex` must match"));
                }
            }
        }
    };
    let mut repositories = IndexMap::new();
    if let Some(repository) = all.get(&current) {
        repositories.insert(
            current.to_string(),
            Repository {
                prefix: current.to_string(),
                name: text(repository, "name").unwrap_or_default(),
                base_repository: params.str("base_repository").to_owned(),
                head_repository: params.str("head_repository").to_owned(),
                head_ref: params.str("head_ref").to_owned(),
                head_rev: params
                    .get("head_rev")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                kind: params.str("repository_type").to_owned(),
                path: String::new(),
                ssh_secret_name: text(repository, "ssh-secret-name"),
            },
        );
    }
    for (prefix, repository) in all.iter().filter(|(prefix, _)| **prefix != current) {
        let needed = |key: &str| {
            text(repository, key).ok_or_else(|| {
                Diagnostic::user(format!("the repository `{prefix}` has no `{key}`"))
                    .at(place(prefix))
                    .help("repositories other than the one being built need this key")
            })
        };
        let default = needed("default-repository")?;
        repositories.insert(
            prefix.to_string(),
            Repository {
                prefix: prefix.to_string(),
                name: text(repository, "name").unwrap_or_default(),
                base_repository: default.clone(),
                head_repository: default,
                head_ref: needed("default-ref")?,
                head_rev: None,
                kind: needed("type")?,
                path: String::new(),
                ssh_secret_name: text(repository, "ssh-secret-name"),
            },
        );
    }
    Ok(repositories)
}
