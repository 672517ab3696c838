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
        "HOME, XDG_CACHE_HOME",
        "the cache without SNOWMAN_CACHE: `snowman` in XDG_CACHE_HOME, or else in `.cache` in HOME",
    ),
    variable(
        "MOZ_AUTOMATION",
        "if it is set, TASK_ID must be set to generate tasks for generic-worker, which download scripts from that task",
    ),
    variable(
        "MOZ_SCM_LEVEL",
        "the level of the tasks of docker images that commands look for; by default, 3",
    ),
    variable(
        "NO_COLOR",
        "no colors if it is set and not empty, unless the flag --color requests them",
    ),
    variable("PATH", "where git, hg, docker and Python are found"),
    variable(
        "PYTHONHASHSEED",
        "the hash seed of the project's Python, 0 by default; with `random`, kinds are not cached",
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
        "TASKGRAPH_HEAD_REPOSITORY, TASKGRAPH_HEAD_REV",
        "the source that the task for code review names",
    ),
    variable(
        "TASKGRAPH_LOAD_TASK_NO_WARN",
        "no question before load-task --develop if it is set and not empty",
    ),
    variable(
        "TASKGRAPH_OPTIMIZE_STRATEGIES",
        "the table of optimization strategies in the project's Python, as in taskgraph",
    ),
    variable("TERM", "no colors and no moving lines if it is dumb"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    /// The sources of the program without their tests, and without blanks, so that a call is in one piece.
    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                sources(&path, found);
            } else if (name.ends_with(".rs") || name.ends_with(".py"))
                && name != "environment_variables.rs"
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]").next().unwrap();
                found.push(text.split_whitespace().collect());
            }
        }
    }

    fn is_name(text: &str) -> bool {
        text.len() > 2
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    }

    /// The literals that look like names of variables, or of several.
    fn literals(text: &str) -> impl Iterator<Item = &str> {
        text.split('"').skip(1).filter(|text| is_name(text))
    }

    /// The texts that constants stand for; several files may use the same name.
    fn constants(sources: &[String]) -> BTreeMap<&str, Vec<&str>> {
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for text in sources {
            for (end, _) in text.match_indices(":&str=\"") {
                let name = text[..end].rsplit("const").next().unwrap();
                let value = text[end..].split('"').nth(1).unwrap();
                found.entry(name).or_default().push(value);
            }
        }
        found
    }

    /// The names of the variables that the program reads.
    fn read(sources: &[String]) -> Vec<&str> {
        const CALLS: [&str; 4] = [
            "environment.get(",
            ".filled(",
            "os.environ.get(",
            "os.environ[",
        ];
        let constants = constants(sources);
        let mut found = Vec::new();
        for text in sources {
            // Those of its own, however they are read.
            let own = literals(text).filter(|name| name.starts_with("SNOWMAN_"));
            // Not their common beginning.
            found.extend(own.filter(|name| !name.ends_with('_')));
            // In Python, the variable `environment` is that of a task.
            let is_python = text.contains("import");
            let calls = CALLS.iter().skip(usize::from(is_python));
            for (start, call) in calls.flat_map(|call| text.match_indices(call)) {
                let argument = text[start + call.len()..].split([')', ']', ',']);
                let argument = argument.clone().next().unwrap_or_default();
                let constant = argument.rsplit("::").next().unwrap();
                match argument.strip_prefix('"') {
                    Some(name) => found.push(name.trim_end_matches('"')),
                    None if is_name(constant) => found.extend(&constants[constant]),
                    // Names that the project gives.
                    None if is_python => {}
                    // One of several that the file names.
                    None => found.extend(literals(text).filter(|name| name.contains('_'))),
                }
            }
        }
        found
    }

    #[test]
    fn every_variable_of_the_program_is_documented() {
        let mut all = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        let mut read = read(&all);
        read.sort_unstable();
        read.dedup();
        let names = VARIABLES
            .iter()
            .flat_map(|variable| variable.name.split(", "));
        let mut documented: Vec<&str> = names.collect();
        documented.sort_unstable();
        assert_eq!(read, documented);
        let names: Vec<&str> = VARIABLES.iter().map(|variable| variable.name).collect();
        assert!(
            names.is_sorted_by_key(|name| name.replace('_', " ")),
            "{names:?}"
        );
    }
}
