//! Transforms: what makes tasks out of the descriptions in kinds.
//!
//! A transform is a function from a batch of items to a batch of items, over plain data. A kind
//! names a sequence of them; between any two, the whole batch could be handed to another process.
//! [`TRANSFORMS`] is the table of all that are built in, by the names that kinds use.
//!
//! Transforms never stop at the first mistake: [`each`] runs one over every item and collects what
//! is wrong with any of them.

pub mod cache;
pub mod cached_tasks;
pub mod checks;
pub mod chunking;
pub mod code_review;
pub mod context;
pub mod description;
pub mod docker_context;
pub mod docker_image;
pub mod fetch;
pub mod fields;
pub mod from_deps;
pub mod item;
pub mod mark_as_shipped;
pub mod matrix;
pub mod naming;
pub mod notify;
pub mod order;
pub mod payload;
pub mod release_artifacts;
pub mod replicate;
pub mod repository;
pub mod run;
pub mod run_on_releases;
pub mod scripts;
pub mod task;
pub mod task_context;
#[cfg(test)]
pub(crate) mod test_support;

use rayon::prelude::*;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::config::schema::Schema;

pub use context::Context;
pub use item::{Item, Origin};

/// A built-in transform.
#[derive(Debug)]
pub struct Transform {
    /// The name under which kinds have it, without `:transforms`.
    pub name: &'static str,
    /// Older names that still resolve.
    pub aliases: &'static [&'static str],
    /// What it does, for the reference.
    pub doc: &'static str,
    /// What it takes, for the reference; it checks that itself.
    pub schema: Option<&'static Schema>,
    /// What it does first, with all items of a kind at once.
    pub prepare: Option<Step>,
    /// Whether `run` does to each item what it would do to it alone.
    pub by_item: bool,
    /// What it does.
    pub run: Step,
}

/// A function from items of a kind to such items.
pub type Step = fn(&Context<'_>, Vec<Item>) -> Outcome<Vec<Item>>;

impl Transform {
    /// What it makes of all items of a kind.
    ///
    /// # Errors
    /// Everything that is wrong with any item.
    pub fn apply(&self, context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
        let items = match self.prepare {
            Some(prepare) => prepare(context, items)?,
            None => items,
        };
        (self.run)(context, items)
    }

    /// The reference that names it in a kind.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}:transforms", self.name)
    }
}

/// Every built-in transform.
pub static TRANSFORMS: &[&Transform] = &[
    // One a line, sorted by name.
    &replicate::TRANSFORM,
    &release_artifacts::TRANSFORM,
    &mark_as_shipped::TRANSFORM,
    &run_on_releases::TRANSFORM,
    &cached_tasks::TRANSFORM,
    &chunking::TRANSFORM,
    &code_review::TRANSFORM,
    &docker_image::TRANSFORM,
    &fetch::TRANSFORM,
    &from_deps::TRANSFORM,
    &matrix::TRANSFORM,
    &notify::TRANSFORM,
    &run::RUN,
    &task::TASK,
    &task_context::TRANSFORM,
];

/// The built-in transform of a reference in a kind, e.g. `taskgraph.transforms.task:transforms`.
#[must_use]
pub fn find(reference: &str) -> Option<&'static Transform> {
    let name = match reference.split_once(':') {
        Some((name, "transforms")) => name,
        Some(_) => return None,
        None => reference,
    };
    TRANSFORMS
        .iter()
        .find(|t| t.name == name || t.aliases.contains(&name))
        .copied()
}

/// How many items are changed at a time, so that small kinds stay on one thread.
const SHARE: usize = 32;

/// Runs `change` over each item and collects its results, or everything that is wrong with any.
///
/// Several items are changed at the same time; results and mistakes keep the order of the items.
///
/// # Errors
/// All diagnostics of all items, each with kind, task and place.
pub fn each<I>(
    context: &Context<'_>,
    items: Vec<Item>,
    change: impl Fn(Item) -> Outcome<I> + Sync,
) -> Outcome<Vec<Item>>
where
    I: IntoIterator<Item = Item> + Send,
{
    let outcomes: Vec<_> = items
        .into_par_iter()
        .with_min_len(SHARE)
        .map(|item| one(context, item, &change))
        .collect();
    gather(outcomes)
}

/// Runs `change` over one item after the other, when it has to know of those before.
///
/// # Errors
/// As [`each`].
pub fn each_in_order<I>(
    context: &Context<'_>,
    items: Vec<Item>,
    mut change: impl FnMut(Item) -> Outcome<I>,
) -> Outcome<Vec<Item>>
where
    I: IntoIterator<Item = Item>,
{
    let outcomes = items.into_iter();
    gather(outcomes.map(|item| one(context, item, &mut change)))
}

fn one<I>(
    context: &Context<'_>,
    item: Item,
    change: impl FnOnce(Item) -> Outcome<I>,
) -> Outcome<I> {
    let name = item.name_for_messages();
    let origin = item.origin.clone();
    change(item).map_err(|diagnostics| {
        diagnostics.map(|d| {
            let d = d.in_kind(context.kind).at(origin.own_place());
            match &name {
                Some(name) => d.in_task(name.as_str()),
                None => d,
            }
        })
    })
}

fn gather<I: IntoIterator<Item = Item>>(
    outcomes: impl IntoIterator<Item = Outcome<I>>,
) -> Outcome<Vec<Item>> {
    let mut wrong = Diagnostics::new();
    let mut results = Vec::new();
    for outcome in outcomes {
        results.extend(wrong.keep(outcome).into_iter().flatten());
    }
    wrong.or_ok(results)
}

/// Checks each item against a schema.
///
/// # Errors
/// Every violation of every item, each with kind, task and place.
pub fn validate(context: &Context<'_>, items: &[Item], schema: &Schema) -> Outcome<()> {
    let found = items.par_iter().with_min_len(SHARE).flat_map_iter(|item| {
        schema.check(&item.task).into_iter().map(move |violation| {
            let mut diagnostic = Diagnostic::user(violation.message)
                .in_kind(context.kind)
                .at(item.origin.place(&violation.path));
            diagnostic.help = violation.help;
            diagnostic.task = item.name_for_messages().map(String::from);
            diagnostic
        })
    });
    let mut wrong = Diagnostics::new();
    for diagnostic in found.collect::<Vec<_>>() {
        wrong.push(diagnostic);
    }
    wrong.or_ok(())
}
