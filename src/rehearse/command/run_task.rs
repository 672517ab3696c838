//! `run-task`, which creates the checkout and then runs the rest of its command line.

use std::collections::BTreeSet;

use super::expand::{Field, Variables, home};
use super::worker_path::absolute;
use crate::base::suggest;

/// A checkout that a command creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its folder.
    pub folder: String,
    /// The repository that is checked out, if known.
    pub repository: Option<String>,
    /// The revision that is checked out, if known.
    pub revision: Option<String>,
}

/// The arguments of `run-task`.
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
    pub errors: Vec<String>,
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
const REPOSITORY_OPTIONS: [(&str, bool); 3] = [
    ("-checkout", true),
    ("-shallow-clone", false),
    ("-sparse-profile", true),
];

/// Reads the arguments of `run-task`.
pub fn parse(arguments: &[Field], folder: &str, variables: &Variables) -> RunTask {
    let mut parsed = RunTask {
        folder: folder.to_owned(),
        ..RunTask::default()
    };
    parsed
        .variables
        .push(("TASK_WORKDIR".to_owned(), folder.to_owned()));
    let end = arguments.iter().position(|argument| argument.text == "--");
    let own = &arguments[..end.unwrap_or(arguments.len())];
    parsed.rest = end
        .map(|end| arguments[end + 1..].to_vec())
        .unwrap_or_default();
    let repositories = repositories(variables, &mut parsed.errors);
    let mut own = own.iter().peekable();
    while let Some(argument) = own.next() {
        let (option, value) = match argument.text.split_once('=') {
            Some((option, value)) => (option, Some(value.to_owned())),
            None => (argument.text.as_str(), None),
        };
        let candidates = candidates(option, repositories.as_ref());
        let option = match candidates.as_slice() {
            [only] => only.as_str(),
            [] => option,
            several => {
                parsed.errors.push(format!(
                    "run-task: `{option}` is ambiguous: it could be {}",
                    several.join(" or ")
                ));
                continue;
            }
        };
        let Some((repository, kind, valued)) = parse_option(option, repositories.as_ref()) else {
            parsed.errors.push(unknown(option, repositories.as_ref()));
            continue;
        };
        let mut value = value;
        if valued && value.is_none() {
            // To argparse, what begins with a dash is the next option.
            let next = own.next_if(|next| !next.text.starts_with('-') || next.text == "-");
            value = next.map(|next| next.text.clone());
            if value.is_none() {
                parsed
                    .errors
                    .push(format!("run-task: `{option}` needs a value"));
            }
        }
        match (kind, value) {
            ("-checkout", Some(value)) => {
                let folder = absolute(folder, &expand_user(&value, variables));
                parsed.checkout(repository, folder, repositories.is_some(), variables);
            }
            ("--task-cwd", Some(value)) => parsed.folder = absolute(folder, &value),
            _ => {}
        }
    }
    parsed
}

impl RunTask {
    /// Records a checkout, and the variables that it lacks.
    fn checkout(&mut self, repository: &str, folder: String, typed: bool, variables: &Variables) {
        let prefix = repository.to_uppercase();
        let filled = |suffix: &str| {
            let name = format!("{prefix}_{suffix}");
            variables
                .get(&name)
                .filter(|value| !value.is_empty())
                .map(str::to_owned)
        };
        let is_missing = |suffix: &str| {
            filled(suffix).is_none() && variables.unknown(&format!("{prefix}_{suffix}")).is_none()
        };
        let (repository_url, revision) = (filled("HEAD_REPOSITORY"), filled("HEAD_REV"));
        let mut missing = Vec::new();
        if is_missing("HEAD_REPOSITORY") {
            missing.push(format!("{prefix}_HEAD_REPOSITORY"));
        }
        if is_missing("HEAD_REV") && is_missing("HEAD_REF") {
            missing.push(format!("{prefix}_HEAD_REV"));
        }
        if typed && is_missing("REPOSITORY_TYPE") {
            missing.push(format!("{prefix}_REPOSITORY_TYPE"));
        }
        for name in missing {
            self.errors.push(format!(
                "run-task: `--{repository}-checkout` needs the variable {name}, which is not set in \
                 the task's `env`"
            ));
        }
        self.variables
            .push((format!("{prefix}_PATH"), folder.clone()));
        self.checkouts.push(Checkout {
            folder,
            repository: repository_url,
            revision,
        });
    }
}

/// The names in `REPOSITORIES`, if it is set.
fn repositories(variables: &Variables, errors: &mut Vec<String>) -> Option<BTreeSet<String>> {
    let text = variables
        .get("REPOSITORIES")
        .filter(|text| !text.is_empty())?;
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(map) => Some(map.keys().cloned().collect()),
        Err(error) => {
            errors.push(format!(
                "run-task: REPOSITORIES in `env` is not a JSON object: {error}"
            ));
            None
        }
    }
}

/// The repository of an option, what it is, and whether it has a value.
fn parse_option<'o>(
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
    let (repository, ending, valued) =
        REPOSITORY_OPTIONS
            .into_iter()
            .find_map(|(ending, valued)| {
                let repository = name.strip_suffix(ending).filter(|name| !name.is_empty())?;
                Some((repository, ending, valued))
            })?;
    // Without REPOSITORIES, only the project's own run-task knows the names.
    let fits = known.is_none_or(|known| known.contains(repository));
    fits.then_some((repository, ending, valued))
}

/// The options that a text names: itself, or all that begin with it, as argparse has it.
fn candidates(option: &str, known: Option<&BTreeSet<String>>) -> Vec<String> {
    if parse_option(option, known).is_some() || option.len() <= "--".len() {
        return vec![option.to_owned()];
    }
    let mut all = options(known);
    all.retain(|candidate| candidate.starts_with(option));
    all
}

/// Replaces a leading `~` with the home folder, like `os.path.expanduser`.
fn expand_user(path: &str, variables: &Variables) -> String {
    home(path, variables).unwrap_or_else(|| path.to_owned())
}

/// All options.
fn options(known: Option<&BTreeSet<String>>) -> Vec<String> {
    // The default name if REPOSITORIES is not set.
    let usual = BTreeSet::from(["vcs".to_owned()]);
    let own = known.unwrap_or(&usual).iter();
    let of_repositories =
        own.flat_map(|name| REPOSITORY_OPTIONS.map(|(ending, _)| format!("--{name}{ending}")));
    let all = VALUED
        .iter()
        .chain(FLAGS)
        .map(|option| (*option).to_owned());
    all.chain(of_repositories).collect()
}

fn unknown(option: &str, known: Option<&BTreeSet<String>>) -> String {
    let all = options(known);
    let near = suggest::nearest(option, all.iter().map(String::as_str));
    let hint = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
    format!("run-task has no option `{option}`{hint}")
}
