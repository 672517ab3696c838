//! The page of commands.

use clap::{Arg, Command};

use super::markdown::{Markdown, code};
use crate::base::diagnostic::Outcome;
use crate::base::text::sentence;
use crate::cli::args::help::{Example, examples};
use crate::cli::command_line;
use crate::cli::exit_codes::EXIT_CODES;

/// The columns of tables of arguments.
const ARGUMENTS: [&str; 4] = ["Argument", "Required", "Default", "Meaning"];

/// Writes the page.
///
/// # Errors
/// None.
pub fn write(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "`snowman COMMAND --help` prints the same information in a terminal. Data is written to \
         standard output, status and logs to standard error.",
    );
    let cli = command_line::command();
    let visible: Vec<&Command> = cli
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
        .collect();
    let rows: Vec<[String; 2]> = visible
        .iter()
        .map(|command| {
            let name = command.get_name();
            [format!("[`{name}`](#{name})"), about(command)]
        })
        .collect();
    page.table(["Command", "What it does"], &rows);
    page.heading(2, "Exit codes");
    page.table(["Code", "Meaning"], &exit_codes());
    let mut known: Vec<(String, Vec<[String; 4]>)> = Vec::new();
    let with_subcommands = visible.into_iter().flat_map(|command| {
        let below = command.get_subcommands();
        let below = below.filter(|command| !command.is_hide_set() && command.get_name() != "help");
        let below =
            below.map(move |one| (format!("{} {}", command.get_name(), one.get_name()), one));
        std::iter::once((command.get_name().to_owned(), command)).chain(below)
    });
    page.heading(2, "Global options");
    page.paragraph(
        "Every command has these options, which may be before or after it, except that `-v` after `load-task` is \
         `--volume`. `--root` and `--parameters` may be before a command that has them, too. A long option may be abbreviated to any beginning that no other one has: \
         `--param` for `--parameters`. What is unambiguous among taskgraph's own options keeps its meaning.",
    );
    let global: Vec<[String; 4]> = cli
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .map(row)
        .collect();
    page.table(ARGUMENTS, &global);
    for (name, command) in with_subcommands {
        let arguments = arguments(command);
        write_usage(page, &name, command);
        write_examples(page, examples(&name));
        match known.iter().find(|(_, others)| *others == arguments) {
            Some((name, _)) => {
                let anchor = name.replace(' ', "-");
                page.paragraph(&format!(
                    "This command has the same arguments as [`{name}`](#{anchor})."
                ));
            }
            None => {
                page.table(ARGUMENTS, &arguments);
                known.push((name, arguments));
            }
        }
    }
    Ok(())
}

fn exit_codes() -> Vec<[String; 2]> {
    let rows = EXIT_CODES.iter();
    rows.map(|code| [code.number.to_string(), code.meaning.to_owned()])
        .collect()
}

fn write_usage(page: &mut Markdown, name: &str, command: &Command) {
    page.heading(2, name);
    page.paragraph(&sentence(&about(command)));
    let usage = command.clone().render_usage().to_string();
    page.code(usage.trim_start_matches("Usage: "));
}

fn write_examples(page: &mut Markdown, examples: &[Example]) {
    let lines = examples.iter();
    let lines: Vec<String> = lines
        .map(|one| format!("# {}\n{}", one.what, one.line))
        .collect();
    if !lines.is_empty() {
        page.code(&lines.join("\n"));
    }
}

fn arguments(command: &Command) -> Vec<[String; 4]> {
    command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !arg.is_global_set() && arg.get_id() != "help")
        .map(row)
        .collect()
}

fn about(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn row(arg: &Arg) -> [String; 4] {
    let defaults: Vec<String> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .filter(|value| arg.get_action().takes_values() && !value.is_empty())
        .collect();
    let required = if arg.is_required_set() { "yes" } else { "no" };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    [
        code(&spelling(arg)),
        required.to_owned(),
        code(&defaults.join(", ")),
        help,
    ]
}

/// The names of an argument and of its value, e.g. `-p, --parameters <SPEC>`.
fn spelling(arg: &Arg) -> String {
    let values: Vec<String> = arg
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(|name| format!("<{name}>"))
        .collect();
    let aliases = arg.get_visible_aliases().unwrap_or_default();
    let longs = arg.get_long().into_iter().chain(aliases);
    let names: Vec<String> = arg
        .get_short()
        .map(|short| format!("-{short}"))
        .into_iter()
        .chain(longs.map(|long| format!("--{long}")))
        .collect();
    let mut words = vec![names.join(", ")];
    if arg.get_action().takes_values() {
        words.extend(values);
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}
