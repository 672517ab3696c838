//! The environment variables that the program reads, for the manual pages and the reference.

/// An environment variable.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
}

const fn variable(name: &'static str, doc: &'static str) -> Variable {
    Variable { name, doc }
}

/// Every variable, by name.
pub const VARIABLES: &[Variable] = &[
    variable(
        "ACTION_CALLBACK, ACTION_INPUT, ACTION_TASK_GROUP_ID, ACTION_TASK_ID",
        "the request of an action task",
    ),
    variable(
        "CLICOLOR, CLICOLOR_FORCE",
        "no colors if CLICOLOR is 0; colors even without a terminal if CLICOLOR_FORCE is set and not 0",
    ),
    variable(
        "NO_COLOR",
        "no colors if it is set and not empty, unless the flag --color requests them",
    ),
    variable(
        "PYTHONPATH, VIRTUAL_ENV",
        "where the project's Python is found",
    ),
    variable(
        "SNOWMAN_CACHE",
        "the folder for what is kept from run to run, as an absolute path; 0 keeps nothing",
    ),
    variable(
        "SNOWMAN_CHECKOUT, SNOWMAN_HEAD_REPOSITORY, SNOWMAN_HEAD_REV",
        "in the decision image: the checkout that its entry point makes",
    ),
    variable(
        "SNOWMAN_ENTRY",
        "the Python package of the project's own decision, instead of snowman.entry in config.yml",
    ),
    variable(
        "SNOWMAN_PYTHON",
        "the Python interpreter; no other is tried",
    ),
    variable(
        "SNOWMAN_PYTHON_QUICK",
        "0 keeps all of taskgraph's functions, instead of faster ones",
    ),
    variable(
        "SNOWMAN_PYTHON_TIMEOUT",
        "how long a call of the project's Python may take, in seconds",
    ),
    variable(
        "SNOWMAN_PYTHON_WORKERS",
        "the number of processes of the project's Python",
    ),
    variable(
        "SNOWMAN_RUN_TASK_DIR",
        "the folder of run-task and fetch-content",
    ),
    variable(
        "TASK_ID, RUN_ID",
        "the decision or action task that the program runs in; lines of the log then have times",
    ),
    variable(
        "TASKCLUSTER_CLIENT_ID, TASKCLUSTER_ACCESS_TOKEN, TASKCLUSTER_CERTIFICATE",
        "the credentials for calls that do not go through a proxy",
    ),
    variable(
        "TASKCLUSTER_PROXY_URL",
        "the address of the proxy of a task",
    ),
    variable(
        "TASKCLUSTER_ROOT_URL",
        "the address of the Taskcluster deployment",
    ),
    variable(
        "TASKGRAPH_OPTIMIZE_STRATEGIES",
        "the table of optimization strategies in the project's Python, as in taskgraph",
    ),
    variable("TERM", "no colors and no moving lines if it is dumb"),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The names of variables that a file reads, as far as they begin with the program's name.
    fn own_names(text: &str, found: &mut Vec<String>) {
        for (start, _) in text.match_indices("\"SNOWMAN_") {
            let name = &text[start + 1..];
            let end = name.find('"').unwrap_or(name.len());
            found.push(name[..end].to_owned());
        }
    }

    fn read(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "rs" || extension == "py")
            {
                own_names(&std::fs::read_to_string(path).unwrap(), found);
            }
        }
    }

    #[test]
    fn every_variable_of_the_program_is_documented() {
        let mut found = Vec::new();
        read(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut found,
        );
        let documented: Vec<&str> = VARIABLES
            .iter()
            .flat_map(|variable| variable.name.split(", "))
            .collect();
        // Not their common beginning.
        found.retain(|name| !name.ends_with('_'));
        found.retain(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
        assert!(found.iter().any(|name| name == "SNOWMAN_PYTHON"));
        for name in found {
            assert!(
                documented.contains(&name.as_str()),
                "{name} is not in the table"
            );
        }
        let names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
        assert!(
            names.is_sorted_by_key(|name| name.replace('_', " ")),
            "{names:?}"
        );
    }
}
