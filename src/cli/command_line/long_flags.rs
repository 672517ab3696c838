//! Completes the beginnings of long flags.

use std::collections::BTreeMap;

use clap::error::ErrorKind;
use clap::{Arg, Command};

/// The long flags of taskgraph 24.5.1, by command. A beginning that is unambiguous there keeps its
/// meaning, whatever further flags snowman has.
pub const TASKGRAPH: &[(&[&str], &[&str])] = &[
    (
        &[
            "tasks",
            "full",
            "target",
            "target-graph",
            "optimized",
            "morphed",
        ],
        &[
            "diff",
            "exclude-key",
            "fast",
            "force-local-files-changed",
            "json",
            "labels",
            "max-workers",
            "no-optimize",
            "output-file",
            "parameters",
            "quiet",
            "root",
            "target-kind",
            "tasks",
            "tasks-regex",
            "verbose",
            "yaml",
        ],
    ),
    (
        &["kind-graph"],
        &[
            "output-file",
            "parameters",
            "quiet",
            "root",
            "target-kind",
            "verbose",
        ],
    ),
    (&["build-image"], &["context-only", "root"]),
    (&["load-image"], &["tag", "task-id"]),
    (
        &["load-task"],
        &[
            "develop",
            "image",
            "interactive",
            "keep",
            "root",
            "use-local-checkout",
            "user",
            "volume",
        ],
    ),
    (
        &["decision"],
        &[
            "allow-parameter-override",
            "base-ref",
            "base-repository",
            "base-rev",
            "head-ref",
            "head-repository",
            "head-rev",
            "head-tag",
            "level",
            "message",
            "no-verify",
            "owner",
            "project",
            "pushdate",
            "pushlog-id",
            "repository-type",
            "root",
            "target-tasks-method",
            "tasks-for",
            "try-task-config-file",
            "verbose",
        ],
    ),
    (&["actions"], &["parameters", "root", "verbose"]),
    (&["action-callback"], &["root"]),
    (
        &["test-action-callback"],
        &["input", "parameters", "root", "task-group-id", "task-id"],
    ),
    (&["init"], &["force"]),
];

/// The whole word for a long flag without its dashes, of which only the beginning of the name may be
/// given; `None` if it stays as it is.
///
/// # Errors
/// If several flags begin so.
pub fn complete(
    command: &mut Command,
    name: &str,
    word: &str,
) -> Result<Option<String>, clap::Error> {
    let (begin, value) = match word.split_once('=') {
        Some((begin, value)) => (begin, Some(value)),
        None => (word, None),
    };
    let names: BTreeMap<String, String> = command.get_arguments().flat_map(names).collect();
    if begin.is_empty() || names.contains_key(begin) {
        return Ok(None);
    }
    let candidates: Vec<(&String, &String)> = names
        .iter()
        .filter(|(long, _)| long.starts_with(begin))
        .collect();
    let of_taskgraph = candidates.iter().copied();
    let of_taskgraph = of_taskgraph.filter(|(long, _)| is_of_taskgraph(name, long));
    let of_taskgraph: Vec<_> = of_taskgraph.collect();
    let found = single(&candidates).or_else(|| single(&of_taskgraph));
    match found {
        Some(long) => Ok(Some(match value {
            Some(value) => format!("--{long}={value}"),
            None => format!("--{long}"),
        })),
        None if candidates.is_empty() => Ok(None),
        None => {
            let longs: Vec<&str> = candidates.iter().map(|(long, _)| long.as_str()).collect();
            Err(ambiguous(command, begin, &longs))
        }
    }
}

/// The long names of a flag, each with the flag's identity.
fn names(arg: &Arg) -> Vec<(String, String)> {
    let aliases = arg.get_all_aliases().unwrap_or_default();
    let longs = arg.get_long().into_iter().chain(aliases);
    let id = arg.get_id().to_string();
    longs.map(|long| (long.to_owned(), id.clone())).collect()
}

/// The flag that all candidates are names of.
fn single<'n>(candidates: &[(&'n String, &String)]) -> Option<&'n str> {
    let (first, id) = candidates.first()?;
    let alike = candidates.iter().all(|(_, other)| other == id);
    alike.then_some(first.as_str())
}

fn is_of_taskgraph(command: &str, long: &str) -> bool {
    let mut rows = TASKGRAPH.iter();
    rows.any(|(commands, longs)| commands.contains(&command) && longs.contains(&long))
}

/// The error for a beginning of several flags.
pub fn ambiguous(command: &mut Command, begin: &str, candidates: &[&str]) -> clap::Error {
    let candidates: Vec<String> = candidates
        .iter()
        .map(|long| format!("'--{long}'"))
        .collect();
    let (last, others) = candidates
        .split_last()
        .map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
    let others = others.join(", ");
    command.error(
        ErrorKind::InvalidValue,
        format!("ambiguous argument '--{begin}': it could be {others} or {last}"),
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;

    fn command() -> Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    fn completed(name: &str, word: &str) -> Result<Option<String>, String> {
        let mut command = command();
        let command = command.find_subcommand_mut(name).unwrap();
        complete(command, name, word).map_err(|error| error.to_string())
    }

    #[test]
    fn unambiguous_beginnings_are_completed() {
        for (command, word, expected) in [
            ("full", "param", Some("--parameters")),
            ("full", "out=x", Some("--output-file=x")),
            ("full", "lab", Some("--labels")),
            ("full", "log", Some("--log-format")),
            ("full", "timi", Some("--timings")),
            // Both are names of one flag.
            ("full", "task", Some("--tasks")),
            // An exact name, of which another begins.
            ("full", "tasks", None),
            // taskgraph has no `--profile`, `--python` and `--no-cache`.
            ("full", "p", Some("--parameters")),
            ("full", "no", Some("--no-optimize")),
            ("decision", "mess=x", Some("--message=x")),
            ("load-task", "use-", Some("--use-local-checkout")),
            ("full", "nothing", None),
        ] {
            let whole = completed(command, word).unwrap();
            assert_eq!(whole.as_deref(), expected, "{command} --{word}");
        }
    }

    #[test]
    fn ambiguous_beginnings_are_errors_that_list_the_candidates() {
        for (command, word, candidates) in [
            ("full", "f", "'--fast' or '--force-local-files-changed'"),
            (
                "decision",
                "base-re",
                "'--base-ref', '--base-repository' or '--base-rev'",
            ),
            (
                "promote",
                "p",
                "'--parameters', '--plan', '--previous' or '--python'",
            ),
        ] {
            let error = completed(command, word).unwrap_err();
            let expected = format!("ambiguous argument '--{word}': it could be {candidates}");
            assert!(error.contains(&expected), "{error}");
            assert!(error.contains("Usage: snowman"), "{error}");
        }
    }

    #[test]
    fn every_flag_of_taskgraph_exists() {
        let mut command = command();
        for (commands, longs) in TASKGRAPH {
            for name in *commands {
                let command = command.find_subcommand_mut(name).unwrap();
                let known: Vec<_> = command.get_arguments().flat_map(names).collect();
                for long in *longs {
                    assert!(
                        known.iter().any(|(name, _)| name == long),
                        "{name} --{long}"
                    );
                }
            }
        }
    }
}
