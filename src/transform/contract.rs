//! The contract of transforms.

use super::context::Context;
use super::item::Item;
use crate::base::diagnostic::Outcome;
use crate::config::schema::Schema;

/// A built-in transform.
#[derive(Debug)]
pub struct Transform {
    /// The name that kinds use, without `:transforms`.
    pub name: &'static str,
    /// Older names that still resolve.
    pub aliases: &'static [&'static str],
    /// What it does, for the reference.
    pub doc: &'static str,
    /// Its schema, for the reference; the transform checks it itself.
    pub schema: Option<&'static Schema>,
    /// The step that runs first, with all items of a kind at once.
    pub prepare: Option<Step>,
    /// Whether `run` processes each item independently.
    pub by_item: bool,
    /// What it does.
    pub run: Step,
}

/// A function from items of a kind to items.
pub type Step = fn(&Context<'_>, Vec<Item>) -> Outcome<Vec<Item>>;

impl Transform {
    /// Transforms all items of a kind.
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
