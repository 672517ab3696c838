//! The programs that lead to a decision: finds the words of a command that are arguments of
//! taskgraph.

use super::expand::Field;
use crate::base::posix::basename;

/// What a command runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Program<'w> {
    /// taskgraph, with these arguments.
    Taskgraph(&'w [Field]),
    /// snowman, with these arguments.
    Snowman(&'w [Field]),
    /// A program that runs the rest as it is, in the folder that it is given.
    Wrapper(&'w [Field], Option<String>),
    /// `env`: it sets variables and runs the rest.
    Env(&'w [Field]),
    /// A shell with a text to run, after these options.
    Shell(&'w Field, &'w [Field]),
    /// run-task, with these arguments.
    RunTask(&'w [Field]),
    /// Anything else.
    Other,
}

/// Options with a value, of `uv run` and similar commands.
const VALUED: &[&str] = &[
    "--with",
    "--with-editable",
    "--with-requirements",
    "--package",
    "--group",
    "--only-group",
    "--no-group",
    "--extra",
    "--no-extra",
    "--python",
    "-p",
    "--project",
    "--directory",
    "--env-file",
    "--index",
    "--index-url",
    "--from",
    "-C",
    "-P",
];

/// What the words of a command run.
pub fn program(words: &[Field]) -> Program<'_> {
    let Some((first, rest)) = words.split_first() else {
        return Program::Other;
    };
    match basename(&first.text) {
        "taskgraph" => Program::Taskgraph(rest),
        "snowman" => Program::Snowman(rest),
        "mach" => mach(rest),
        "run-task" => Program::RunTask(rest),
        "exec" | "command" | "nohup" | "time" => Program::Wrapper(rest, None),
        "timeout" => {
            let after = after_options(rest, &["-s", "--signal", "-k", "--kill-after"]);
            Program::Wrapper(after.get(1..).unwrap_or_default(), None)
        }
        "nice" => Program::Wrapper(after_options(rest, &["-n", "--adjustment"]), None),
        "stdbuf" => Program::Wrapper(after_options(rest, &["-i", "-o", "-e"]), None),
        "env" => Program::Env(rest),
        "bash" | "sh" | "dash" | "zsh" => shell(rest),
        name @ ("uv" | "poetry" | "pipenv" | "hatch" | "pdm") => {
            // `uv --directory x run` is the same as `uv run --directory x`.
            let command = after_options(rest, VALUED);
            let after = match command.split_first() {
                Some((tool, after)) if name == "uv" && tool.text == "tool" => after,
                _ => command,
            };
            match after.split_first() {
                Some((run, after)) if run.text == "run" => {
                    let after = after_options(after, VALUED);
                    let options = &rest[..rest.len() - after.len()];
                    let folder = directory(options).filter(|_| name == "uv");
                    Program::Wrapper(after, folder)
                }
                _ => Program::Other,
            }
        }
        "uvx" => {
            let after = after_options(rest, VALUED);
            Program::Wrapper(after, directory(&rest[..rest.len() - after.len()]))
        }
        name if name.starts_with("python") || name == "pypy3" => python(rest),
        _ => Program::Other,
    }
}

/// The folder that uv changes to before it runs a program.
fn directory(options: &[Field]) -> Option<String> {
    let mut options = options.iter().map(|option| option.text.as_str());
    options
        .find_map(|option| match option.split_once('=') {
            Some(("--directory", folder)) => Some(Some(folder.to_owned())),
            None if option == "--directory" => Some(None),
            _ => None,
        })?
        .or_else(|| options.next().map(str::to_owned))
}

/// The words after leading options.
fn after_options<'w>(words: &'w [Field], valued: &[&str]) -> &'w [Field] {
    let mut rest = words;
    while let Some((first, more)) = rest.split_first() {
        if first.text == "--" {
            return more;
        }
        if !first.text.starts_with('-') {
            return rest;
        }
        let skipped = usize::from(valued.contains(&first.text.as_str()));
        rest = more.get(skipped..).unwrap_or_default();
    }
    rest
}

/// `mach`, whose subcommand `taskgraph` runs taskgraph.
fn mach(arguments: &[Field]) -> Program<'_> {
    const VALUED: &[&str] = &["-l", "--log-file", "--settings"];
    match after_options(arguments, VALUED).split_first() {
        Some((command, rest)) if command.text == "taskgraph" => Program::Taskgraph(rest),
        _ => Program::Other,
    }
}

/// Python with a module or a script.
fn python(arguments: &[Field]) -> Program<'_> {
    const VALUED: &[&str] = &["-W", "-X"];
    let mut rest = arguments;
    while let Some((first, more)) = rest.split_first() {
        match first.text.as_str() {
            "-m" => {
                let module = more.first().map(|module| module.text.as_str());
                return match module {
                    Some("taskgraph" | "taskgraph.main") => Program::Taskgraph(&more[1..]),
                    _ => Program::Other,
                };
            }
            "-c" => return Program::Other,
            option if VALUED.contains(&option) => rest = more.get(1..).unwrap_or_default(),
            option if option.starts_with('-') => rest = more,
            // A script is treated as if it were run by its own name.
            script => {
                let known = ["mach", "run-task", "taskgraph"].contains(&basename(script));
                return if known { program(rest) } else { Program::Other };
            }
        }
    }
    Program::Other
}

/// A shell: the text after the options that contain `c`.
fn shell(arguments: &[Field]) -> Program<'_> {
    const VALUED: &[&str] = &["-o", "+o", "-O", "+O", "--rcfile", "--init-file"];
    let mut rest = arguments;
    while let Some((first, more)) = rest.split_first() {
        let option = first.text.as_str();
        let short = option.starts_with('-') && !option.starts_with("--");
        if short && option.contains('c') {
            // In `-euxo pipefail -c` the value of `o` comes before `c`, in `-exco pipefail` after
            // it.
            let skipped = usize::from(option.ends_with('o'));
            let options = &arguments[..arguments.len() - more.len() + skipped];
            return more
                .get(skipped)
                .map_or(Program::Other, |text| Program::Shell(text, options));
        }
        if !option.starts_with(['-', '+']) {
            return Program::Other;
        }
        let valued = VALUED.contains(&option) || (short && option.ends_with('o'));
        rest = more.get(usize::from(valued)..).unwrap_or_default();
    }
    Program::Other
}
