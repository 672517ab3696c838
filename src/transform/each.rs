//! Runs a function over each item of a batch, and collects results and mistakes.

use rayon::prelude::*;

use super::context::Context;
use super::item::Item;
use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::config::schema::Schema;

/// The number of items that are changed at a time, so that small kinds use one thread.
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
        .map(|item| change_one(context, item, &change))
        .collect();
    collect_outcomes(outcomes)
}

/// Runs `change` over the items one by one, for changes that depend on earlier items.
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
    collect_outcomes(outcomes.map(|item| change_one(context, item, &mut change)))
}

fn change_one<I>(
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

fn collect_outcomes<I: IntoIterator<Item = Item>>(
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
