//! The page of what phases can be configured with.

use super::markdown::{Markdown, code};
use crate::base::diagnostic::Outcome;
use crate::base::text::sentence;
use crate::morph::MORPHS;
use crate::optimize::STRATEGIES;
use crate::release::environments::check::RULES;
use crate::target::METHODS;
use crate::verify::{Check, VERIFICATIONS};

/// Writes the page.
///
/// # Errors
/// None.
pub fn write(page: &mut Markdown) -> Outcome<()> {
    page.heading(2, "Target-tasks methods");
    page.paragraph("The values of the parameter `target_tasks_method`.");
    let rows = METHODS
        .iter()
        .map(|one| [code(one.name), sentence(one.doc)]);
    page.table(["Method", "What it selects"], &rows.collect::<Vec<_>>());

    page.heading(2, "Optimization strategies");
    page.paragraph(
        "The `optimization` of a task is a mapping of one strategy to its argument. A task without \
         one is never removed, and only replaced if it is in `existing_tasks`.",
    );
    let rows = STRATEGIES
        .iter()
        .map(|one| [code(one.name), sentence(one.doc)]);
    page.table(["Strategy", "What it does"], &rows.collect::<Vec<_>>());

    page.heading(2, "Morphs");
    page.paragraph("Morphs run on the optimized graph, in this order.");
    let rows = MORPHS.iter().map(|one| [code(one.name), sentence(one.doc)]);
    page.table(["Morph", "What it does"], &rows.collect::<Vec<_>>());

    page.heading(2, "Verifications");
    page.paragraph("`snowman decision --no-verify` skips them.");
    let rows = VERIFICATIONS.iter().map(|one| {
        let phase = match one.check {
            Check::FullTaskGraph(_) => "full_task_graph",
            Check::OptimizedTaskGraph(_) => "optimized_task_graph",
        };
        [code(one.name), code(phase), sentence(one.doc)]
    });
    page.table(
        ["Verification", "After", "What must hold"],
        &rows.collect::<Vec<_>>(),
    );

    page.heading(2, "Environments of release services");
    page.paragraph(
        "What keeps production, staging and development apart, in the full task graph and in what actions add. \
         Violations are errors in projects that describe their environments in \
         [`environments.yml`](config.md#environmentsyml), and warnings in others.",
    );
    let rows = RULES
        .iter()
        .map(|rule| [code(rule.name), sentence(rule.doc)]);
    page.table(["Rule", "What must hold"], &rows.collect::<Vec<_>>());
    Ok(())
}
