//! The command `reference`: writes the reference in Markdown from the tables of the house.
//!
//! A page is a pure function of the tables. `docs/reference` holds what this writes, and a test fails
//! when the two differ.

mod actions;
mod commands;
mod configuration;
mod markdown;
mod phases;
mod schema;
mod transforms;

use std::path::Path;
use std::process::ExitCode;

use super::output::Output;
use super::outside::Surroundings;
use crate::base::diagnostic::Outcome;
use crate::ports::environment::Environment;
use crate::ports::output_path::cannot_write;
use markdown::Markdown;

/// One file of the reference.
struct Page {
    /// Its name in the folder.
    file: &'static str,
    /// Its heading.
    title: &'static str,
    /// What it holds, for the list of pages.
    doc: &'static str,
    /// Writes it.
    write: fn(&mut Markdown) -> Outcome<()>,
}

/// Every page, in the order of the list.
static PAGES: &[Page] = &[
    Page {
        file: "commands.md",
        title: "Commands",
        doc: "commands and their flags",
        write: commands::write,
    },
    Page {
        file: "config.md",
        title: "config.yml",
        doc: "what the graph config may hold",
        write: configuration::config,
    },
    Page {
        file: "kind.md",
        title: "kind.yml",
        doc: "what the file of a kind may hold, and the loaders that read it",
        write: configuration::kind,
    },
    Page {
        file: "parameters.md",
        title: "Parameters",
        doc: "what a graph is generated for",
        write: configuration::parameters,
    },
    Page {
        file: "transforms.md",
        title: "Transforms",
        doc: "transforms and what each takes, with the ways to group, to name, to fetch and to notify",
        write: transforms::transforms,
    },
    Page {
        file: "run-using.md",
        title: "run.using",
        doc: "the ways to run a task on each worker implementation",
        write: transforms::run_using,
    },
    Page {
        file: "workers.md",
        title: "Worker implementations",
        doc: "what `worker` takes for each worker implementation",
        write: transforms::workers,
    },
    Page {
        file: "phases.md",
        title: "Phases",
        doc: "target-tasks methods, optimization strategies, morphs and verifications",
        write: phases::write,
    },
    Page {
        file: "actions.md",
        title: "Actions",
        doc: "actions and the input that each takes",
        write: actions::write,
    },
];

/// Writes the reference into a folder, or prints it without one.
///
/// # Errors
/// When a file cannot be written.
pub fn run(folder: Option<&Path>, environment: &Environment, output: &Output) -> Outcome<ExitCode> {
    let around = Surroundings::find(environment)?;
    for (file, text) in files()? {
        match folder {
            None => output.data(&text)?,
            Some(folder) => {
                let file = around.output_paths().file(&folder.join(file))?;
                std::fs::create_dir_all(folder)
                    .map_err(|error| cannot_write(file.shown(), error))?;
                output.data_to(Some(&file), &text)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The name and the text of each file, the list of pages first.
fn files() -> Outcome<Vec<(&'static str, String)>> {
    let mut list = Markdown::new("Reference");
    list.paragraph(
        "What commands, configuration files and kinds may say. These pages are written by \
         `snowman reference --folder docs/reference` from the tables that the program itself uses; \
         change the tables, not the pages.",
    );
    for page in PAGES {
        list.item(&format!("[{}]({}): {}", page.title, page.file, page.doc));
    }
    let mut files = vec![("README.md", list.finish())];
    for page in PAGES {
        let mut text = Markdown::new(page.title);
        (page.write)(&mut text)?;
        files.push((page.file, text.finish()));
    }
    Ok(files)
}
