//! The pages of `config.yml`, `kind.yml` and parameters.

use super::markdown::{Markdown, code};
use super::schema;
use crate::base::diagnostic::Outcome;
use crate::config::graph_config::{ENVIRONMENTS, GRAPH_CONFIG, PRIORITIES};
use crate::config::parameters::{PARAMETERS, RELEASE_PARAMETERS};
use crate::config::release::DERIVED;
use crate::kind::definition::KIND;
use crate::kind::loader::LOADERS;

/// Writes the page of `config.yml`.
///
/// # Errors
/// None.
pub fn config(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "The graph config is the file `config.yml` in the root folder, which is `taskcluster` unless \
         `--root` is given. If an optional key has a default, its meaning ends with it.",
    );
    schema::write(page, &GRAPH_CONFIG, &[], 2);
    page.heading(2, "environments.yml");
    page.paragraph(
        "The file `environments.yml` next to config.yml describes the environments of release services, \
         [which are kept apart](phases.md#environments-of-release-services). Other top-level keys are allowed, \
         for `task-context.from-file`.",
    );
    schema::write(page, &ENVIRONMENTS, &[], 3);
    page.heading(2, "Priorities");
    let names: Vec<String> = PRIORITIES.iter().map(|name| code(name)).collect();
    page.paragraph(&format!("From highest to lowest: {}.", names.join(", ")));
    Ok(())
}

/// Writes the page of `kind.yml`.
///
/// # Errors
/// None.
pub fn kind(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "A kind is a folder with a `kind.yml`, in the folder `kinds` of the root folder or in the \
         folder that `snowman.kinds` in `config.yml` names. Other keys are for the kind's own \
         transforms.",
    );
    schema::write(page, &KIND, &[], 2);
    page.heading(2, "Loaders");
    page.paragraph("The values of `loader`; the first is the default.");
    let rows: Vec<[String; 2]> = LOADERS
        .iter()
        .map(|loader| [code(loader.name), loader.doc.to_owned()])
        .collect();
    page.table(["Loader", "What it does"], &rows);
    Ok(())
}

/// Writes the page of parameters.
///
/// # Errors
/// None.
pub fn parameters(page: &mut Markdown) -> Outcome<()> {
    page.paragraph(
        "A decision task requires exactly these parameters. Locally, missing parameters have defaults, \
         and unknown parameters are accepted.",
    );
    page.heading(2, "Every graph");
    schema::write(page, &PARAMETERS, &[], 3);
    page.heading(2, "Releases");
    page.paragraph("Release promotion adds these parameters.");
    schema::write(page, &RELEASE_PARAMETERS, &[], 3);
    page.heading(2, "Derived values");
    page.paragraph(
        "The transform `task_context` provides these values under the parameter `release`, e.g. \
         `from-parameters: {release-level: release.level}`. All are strings, so alternatives can be \
         keyed by them: `by-release-level: {production: …, default: …}`.",
    );
    let rows: Vec<[String; 2]> = DERIVED
        .iter()
        .map(|derived| {
            [
                code(&format!("release.{}", derived.name)),
                derived.doc.to_owned(),
            ]
        })
        .collect();
    page.table(["Value", "Meaning"], &rows);
    Ok(())
}
