//! What `--help` shows besides the table of flags: groups of commands, examples, and where to read more.

use std::fmt::Write as _;

use clap::Command;

/// The documentation of the program.
pub const DOCUMENTATION: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/main/docs");

/// Commands with something in common.
pub struct Group {
    /// What they are for.
    pub title: &'static str,
    /// Their names.
    pub commands: &'static [&'static str],
}

/// Every command that help shows, in one group.
pub const GROUPS: &[Group] = &[
    Group {
        title: "Graphs",
        commands: &[
            "tasks",
            "full",
            "target",
            "target-graph",
            "optimized",
            "morphed",
            "explain",
            "verify",
            "kind-graph",
        ],
    },
    Group {
        title: "In tasks",
        commands: &["decision", "action-callback", "stage"],
    },
    Group {
        title: "Actions and releases",
        commands: &[
            "actions",
            "test-action-callback",
            "promote",
            "try-release",
            "try-scriptworker",
            "rehearse",
            "sandbox",
        ],
    },
    Group {
        title: "Images and tasks on this machine",
        commands: &["image-digest", "build-image", "load-image", "load-task"],
    },
    Group {
        title: "Setup",
        commands: &["init", "completions", "man"],
    },
];

/// An example of a command.
pub struct Example {
    /// What it does.
    pub what: &'static str,
    /// The line to type.
    pub line: &'static str,
}

/// The examples of each command that has some; the first are those of the program.
pub const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "snowman",
        &[
            Example {
                what: "List the tasks that a push to this checkout would run",
                line: "snowman target",
            },
            Example {
                what: "Show how the current work changes the graph",
                line: "snowman target-graph --json --diff",
            },
            Example {
                what: "Check everything before a push",
                line: "snowman verify",
            },
        ],
    ),
    (
        "tasks",
        &[Example {
            what: "List the tasks of one kind",
            line: "snowman tasks -k build",
        }],
    ),
    (
        "full",
        &[
            Example {
                what: "Show one task as JSON",
                line: "snowman full --json --tasks '^build-linux$'",
            },
            Example {
                what: "Show what has changed since a revision",
                line: "snowman full --json --diff HEAD~1",
            },
        ],
    ),
    (
        "target",
        &[Example {
            what: "List the target tasks of the push of a decision task",
            line: "snowman target -p task-id=TASKID",
        }],
    ),
    (
        "target-graph",
        &[Example {
            what: "Write the graphs of several sets of parameters to files",
            line: "snowman target-graph -J -p parameters/ -o '{params}.json'",
        }],
    ),
    (
        "optimized",
        &[Example {
            what: "List what remains after optimization, with the parameters of the latest push",
            line: "snowman optimized -p project=PROJECT",
        }],
    ),
    (
        "morphed",
        &[Example {
            what: "Show the definitions that would be created if nothing were optimized",
            line: "snowman morphed --json --no-optimize",
        }],
    ),
    (
        "explain",
        &[Example {
            what: "Show why a task is there or not, in the graph of the latest push",
            line: "snowman explain build-linux -p project=PROJECT",
        }],
    ),
    (
        "verify",
        &[Example {
            what: "Check every task, with all sets of parameters in a folder",
            line: "snowman verify --no-optimize -p parameters/",
        }],
    ),
    (
        "kind-graph",
        &[Example {
            what: "Write a diagram of a kind and all that it depends on",
            line: "snowman kind-graph -k build -o kinds.mmd",
        }],
    ),
    (
        "decision",
        &[Example {
            what: "In a decision task: check everything, but create no task",
            line: "snowman decision --preflight-only --project=app --pushlog-id=0 --pushdate=0 \
                   --owner=me@example.com --level=1 --repository-type=git \
                   --base-repository=https://github.com/org/app \
                   --head-repository=https://github.com/org/app --head-ref=main --head-rev=HASH \
                   --tasks-for=github-push",
        }],
    ),
    (
        "test-action-callback",
        &[Example {
            what: "Show what retriggering a task would create",
            line: "snowman test-action-callback retrigger --task-id TASKID --task-group-id TASKID",
        }],
    ),
    (
        "promote",
        &[Example {
            what: "Show what promoting a push would build and reuse",
            line: "snowman promote --plan --previous TASKID promote_app",
        }],
    ),
    (
        "try-release",
        &[
            Example {
                what: "Show what a staging release of the first beta would push",
                line: "snowman try-release --version 94.0b1 --migration main-to-beta",
            },
            Example {
                what: "Write it to the working copy",
                line: "snowman try-release --version 94.0b1 --migration main-to-beta --apply",
            },
        ],
    ),
    (
        "try-scriptworker",
        &[
            Example {
                what: "List the types of workers that a release has tasks of",
                line: "snowman try-scriptworker list --from TASKID",
            },
            Example {
                what: "Run its tasks of Balrog's workers again, on the same builds",
                line: "snowman try-scriptworker balrog --from TASKID --apply",
            },
        ],
    ),
    (
        "rehearse",
        &[
            Example {
                what: "Rehearse a push and the releases of the first product",
                line: "snowman rehearse",
            },
            Example {
                what: "Rehearse five staging releases at once",
                line: "snowman rehearse --concurrent 5",
            },
            Example {
                what: "Rehearse one flavor, and keep the sandbox to look at",
                line: "snowman rehearse promote_app --folder /tmp/rehearsal",
            },
        ],
    ),
    (
        "sandbox",
        &[Example {
            what: "Look at an earlier rehearsal in a browser",
            line: "snowman sandbox --folder /tmp/rehearsal",
        }],
    ),
    (
        "load-task",
        &[Example {
            what: "Open a shell in a task that failed",
            line: "snowman load-task --interactive TASKID",
        }],
    ),
    (
        "init",
        &[Example {
            what: "Use an image of your own for the decision task",
            line: "snowman init --image registry.example.com/decision:1.0",
        }],
    ),
    (
        "completions",
        &[
            Example {
                what: "Complete commands in bash, for this user",
                line: "snowman completions bash > \
                       ~/.local/share/bash-completion/completions/snowman",
            },
            Example {
                what: "Complete commands in zsh, if the folder is in `fpath`",
                line: "snowman completions zsh > ~/.zfunc/_snowman",
            },
            Example {
                what: "Complete commands in fish",
                line: "snowman completions fish > ~/.config/fish/completions/snowman.fish",
            },
        ],
    ),
    (
        "man",
        &[Example {
            what: "Read the page of a command",
            line: "snowman man full | man -l -",
        }],
    ),
];

/// The examples of a command.
#[must_use]
pub fn examples(name: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(command, _)| *command == name);
    found.map_or(&[], |(_, examples)| examples)
}

/// Groups the commands in the help of the program, and adds examples.
#[must_use]
pub fn with_groups(cli: Command) -> Command {
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\nCommands:\n{}\nOptions:\n{{options}}{{after-help}}",
        groups(&cli)
    );
    let cli = cli.help_template(template).after_help(format!(
        "{}`--root` and `--parameters` may be before the command, too. `snowman COMMAND --help` describes a \
         command.\n{DOCUMENTATION}",
        text(examples("snowman"))
    ));
    // All of them, since clap moves each to the end.
    cli.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        with_address(command, &name).mut_subcommands(|inner| {
            let name = format!("{name} {}", inner.get_name());
            with_address(inner, &name)
        })
    })
}

/// Adds the examples of a command, and the address of its documentation.
fn with_address(command: Command, name: &str) -> Command {
    let examples = text(examples(name));
    let anchor = name.replace(' ', "-");
    command.after_help(format!(
        "{examples}{DOCUMENTATION}/reference/commands.md#{anchor}"
    ))
}

fn text(examples: &[Example]) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let mut out = String::from("Examples:\n");
    for example in examples {
        let _ = writeln!(out, "  {}:\n    {}", example.what, example.line);
    }
    out.push('\n');
    out
}

/// The commands of each group, with what they do.
fn groups(cli: &Command) -> String {
    let names = GROUPS.iter().flat_map(|group| group.commands);
    let width = names.map(|name| name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for group in GROUPS {
        let _ = writeln!(out, "  {}:", group.title);
        for name in group.commands {
            let about = cli.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(out, "    {name:width$}  {about}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    fn names(cli: &Command) -> Vec<&str> {
        cli.get_subcommands().map(Command::get_name).collect()
    }

    #[test]
    fn commands_stay_in_order_and_have_an_address() {
        let cli = with_groups(Cli::command());
        assert_eq!(names(&cli), names(&Cli::command()));
        for command in cli.get_subcommands() {
            let name = command.get_name();
            let mut shown = vec![(name.to_owned(), command)];
            shown.extend(
                command
                    .get_subcommands()
                    .map(|inner| (format!("{name}-{}", inner.get_name()), inner)),
            );
            for (anchor, command) in shown {
                let more = command.get_after_help().unwrap().to_string();
                let address = format!("/docs/reference/commands.md#{anchor}");
                assert!(more.ends_with(&address), "{more}");
            }
        }
    }

    #[test]
    fn every_command_is_in_one_group() {
        let cli = Cli::command();
        let shown = cli
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        let mut names: Vec<&str> = shown.map(Command::get_name).collect();
        names.sort_unstable();
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|group| group.commands.iter().copied())
            .collect();
        grouped.sort_unstable();
        assert_eq!(grouped, names);
    }
}
