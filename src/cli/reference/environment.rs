//! The page of environment variables.

use super::markdown::{Markdown, code};
use crate::base::diagnostic::Outcome;
use crate::base::text::sentence;
use crate::cli::environment_variables::VARIABLES;

/// Writes the page.
///
/// # Errors
/// None.
pub fn write(page: &mut Markdown) -> Outcome<()> {
    page.paragraph("The program reads these variables. A project's own Python may read more.");
    let rows: Vec<[String; 2]> = VARIABLES
        .iter()
        .map(|variable| {
            let names: Vec<String> = variable.name.split(", ").map(code).collect();
            [names.join(", "), sentence(variable.doc)]
        })
        .collect();
    page.table(["Variable", "Meaning"], &rows);
    Ok(())
}
