//! The command `man`: prints manual pages, generated from the table of commands and flags.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap_mangen::Man;

use super::args::help::{DOCUMENTATION, examples};
use super::command_line;
use super::environment_variables::VARIABLES;
use super::exit_codes::EXIT_CODES;
use super::output::Output;
use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::text::sentence;

/// The name and version at the bottom of each page.
const SOURCE: &str = concat!("snowman ", env!("CARGO_PKG_VERSION"));

/// Prints the manual page of the program, or of one of its commands.
///
/// # Errors
/// When the command does not exist, or the page cannot be printed.
pub fn run(command: Option<&str>, output: &Output) -> Outcome<ExitCode> {
    let cli = command_line::command();
    let selected = match command {
        None => cli,
        Some(name) => {
            let known: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
            let hint = crate::base::suggest::hint(name, known.iter().copied());
            let found = cli.find_subcommand(name).cloned();
            found
                .ok_or_else(|| Diagnostic::usage(format!("unknown command `{name}`")).help(hint))?
        }
    };
    let page = page(selected, command)
        .map_err(|error| Diagnostic::bug("cannot write the manual page").because(error))?;
    output.data(&page)?;
    Ok(ExitCode::SUCCESS)
}

/// The page of the program, or of a command, with sections that clap does not know.
fn page(selected: clap::Command, command: Option<&str>) -> std::io::Result<String> {
    // The sections at the end have examples and the address of the documentation.
    let selected = selected
        .after_help(None::<&str>)
        .after_long_help(None::<&str>);
    let has_commands = selected.has_subcommands();
    let man = Man::new(selected).source(SOURCE).manual("Snowman Manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    let mut page = String::from_utf8_lossy(&page).into_owned();
    let variables = VARIABLES
        .iter()
        .map(|variable| (variable.name, variable.doc));
    list(&mut page, "ENVIRONMENT", variables);
    let codes: Vec<(String, &str)> = EXIT_CODES
        .iter()
        .map(|code| (code.number.to_string(), code.meaning))
        .collect();
    let codes = codes
        .iter()
        .map(|(number, meaning)| (number.as_str(), *meaning));
    list(&mut page, "EXIT STATUS", codes);
    let examples = examples(command.unwrap_or("snowman"));
    if !examples.is_empty() {
        list(
            &mut page,
            "EXAMPLES",
            examples.iter().map(|one| (one.line, one.what)),
        );
    }
    let _ = writeln!(page, ".SH \"SEE ALSO\"\n{}", escaped(DOCUMENTATION));
    Ok(page)
}

/// Appends a section with a list of terms.
fn list<'t>(page: &mut String, title: &str, terms: impl IntoIterator<Item = (&'t str, &'t str)>) {
    let _ = writeln!(page, ".SH \"{title}\"");
    for (term, meaning) in terms {
        let _ = writeln!(
            page,
            ".TP\n\\fB{}\\fR\n{}",
            escaped(term),
            escaped(&sentence(meaning))
        );
    }
}

/// A text that roff takes literally.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}
