//! `run-task`, which creates the checkout and then runs the rest of its command line.

use std::collections::BTreeSet;

use super::expand::{Field, Variables};
use super::places::absolute;
use crate::base::suggest;

/// A checkout that a command creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its folder.
    pub folder: String,
    /// The revision that is checked out, if known.
    pub revision: Option<String>,
}

/// What `run-task` was asked for.
#[derive(Debug, Default)]
pub struct RunTask {
    /// The checkouts that it creates.
    pub checkouts: Vec<Checkout>,
    /// The folder that the rest runs in.
    pub folder: String,
    /// The rest of the command line.
    pub rest: Vec<Field>,
    /// The variables that it sets.
    pub variables: Vec<(String, String)>,
    /// Errors that `run-task` would report.
    pub wrong: Vec<String>,
}

/// Options with a value, of any version.
const VALUED: &[&str] = &[
    "--user",
    "--group",
    "--task-cwd",
    "--chown",
    "--chown-recursive",
    "--sparse-profile",
];
/// Options without a value, of any version.
const FLAGS: &[&str] = &["--fetch-hgfingerprint"];
/// The suffixes of a repository's options, and whether they have a value.
const OF_REPOSITORY: [(&str, bool); 3] = [
    ("-checkout", true),
    ("-shallow-clone", false),
    ("-sparse-profile", true),
];

/// Reads the arguments of `run-task`.
pub fn read(arguments: &[Field], folder: &str, variables: &Variables) -> RunTask {
    let mut read = RunTask {
        folder: folder.to_owned(),
        ..RunTask::default()
    };
    read.variables
        .push(("TASK_WORKDIR".to_owned(), folder.to_owned()));
    let end = arguments.iter().position(|argument| argument.text == "--");
    let own = &arguments[..end.unwrap_or(arguments.len())];
    read.rest = end
        .map(|end| arguments[end + 1..].to_vec())
        .unwrap_or_default();
    let repositories = repositories(variables, &mut read.wrong);
    let mut own = own.iter();
    while let Some(argument) = own.next() {
        let (option, value) = match argument.text.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (argument.text.as_str(), None),
        };
        let Some((repository, kind, valued)) = option_of(option, repositories.as_ref()) else {
            read.wrong.push(unknown(option, repositories.as_ref()));
            continue;
        };
        let mut value = value;
        if valued && value.is_none() {
            value = own.next().map(|next| next.text.clone());
            if value.is_none() {
                read.wrong.push(format!("run-task: {option} needs a value"));
            }
        }
        match (kind, value) {
            ("-checkout", Some(value)) => {
                let folder = absolute(folder, &value);
                read.checkout(repository, folder, repositories.is_some(), variables);
            }
            ("--task-cwd", Some(value)) => read.folder = absolute(folder, &value),
            _ => {}
        }
    }
    read
}

impl RunTask {
    /// Notes a checkout, and the variables that are missing for it.
    fn checkout(&mut self, repository: &str, folder: String, typed: bool, variables: &Variables) {
        let prefix = repository.to_uppercase();
        let filled = |suffix: &str| {
            let name = format!("{prefix}_{suffix}");
            variables
                .get(&name)
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let revision = filled("HEAD_REV");
        let mut missing = Vec::new();
        if filled("HEAD_REPOSITORY").is_none() {
            missing.push(format!("{prefix}_HEAD_REPOSITORY"));
        }
        if revision.is_none() && filled("HEAD_REF").is_none() {
            missing.push(format!("{prefix}_HEAD_REV"));
        }
        if typed && filled("REPOSITORY_TYPE").is_none() {
            missing.push(format!("{prefix}_REPOSITORY_TYPE"));
        }
        for name in missing {
            self.wrong.push(format!(
                "run-task: --{repository}-checkout needs the variable {name}, which the task's `env` does not set"
            ));
        }
        self.variables
            .push((format!("{prefix}_PATH"), folder.clone()));
        self.checkouts.push(Checkout { folder, revision });
    }
}

/// The names in `REPOSITORIES`, if it is set.
fn repositories(variables: &Variables, wrong: &mut Vec<String>) -> Option<BTreeSet<String>> {
    let text = variables
        .get("REPOSITORIES")
        .filter(|text| !text.is_empty())?;
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(map) => Some(map.keys().cloned().collect()),
        Err(error) => {
            wrong.push(format!(
                "run-task: REPOSITORIES in `env` is not a JSON object: {error}"
            ));
            None
        }
    }
}

/// The repository of an option, what it is, and whether it has a value.
fn option_of<'o>(
    option: &'o str,
    known: Option<&BTreeSet<String>>,
) -> Option<(&'o str, &'o str, bool)> {
    if VALUED.contains(&option) {
        return Some(("", option, true));
    }
    if FLAGS.contains(&option) {
        return Some(("", option, false));
    }
    let name = option.strip_prefix("--")?;
    let (repository, ending, valued) = OF_REPOSITORY.into_iter().find_map(|(ending, valued)| {
        let repository = name.strip_suffix(ending).filter(|name| !name.is_empty())?;
        Some((repository, ending, valued))
    })?;
    // Without REPOSITORIES, only the project's own run-task knows the names.
    let fits = known.is_none_or(|known| known.contains(repository));
    fits.then_some((repository, ending, valued))
}

fn unknown(option: &str, known: Option<&BTreeSet<String>>) -> String {
    let own = known.into_iter().flatten();
    let of_repositories =
        own.flat_map(|name| OF_REPOSITORY.map(|(ending, _)| format!("--{name}{ending}")));
    let all = VALUED
        .iter()
        .chain(FLAGS)
        .map(|option| (*option).to_owned());
    let all: Vec<String> = all.chain(of_repositories).collect();
    let near = suggest::nearest(option, all.iter().map(String::as_str));
    let hint = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
    format!("run-task has no option `{option}`{hint}")
}
