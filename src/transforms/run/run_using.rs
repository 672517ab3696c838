//! The contract of entries of the table of `run.using`.

use super::batch::Batch;
use crate::base::diagnostic::Outcome;
use crate::base::value::{Object, Value};
use crate::config::schema::Schema;
use crate::transform::Item;
use crate::transform::fields::{self, Presets};

/// A value of `run.using` on a worker implementation.
#[derive(Debug)]
pub struct RunUsing {
    /// Its name in `run.using`.
    pub name: &'static str,
    /// The worker implementation.
    pub worker: &'static str,
    /// What it does, for the reference.
    pub doc: &'static str,
    /// The schema of `run`.
    pub schema: &'static Schema,
    /// The default values of `run`.
    pub defaults: Presets,
    /// Sets up the task. `run` has been removed from it, filled with defaults and checked.
    pub configure: fn(&Batch<'_, '_>, &mut Item, Object) -> Outcome<()>,
}

impl RunUsing {
    /// Fills in the defaults of `run`, checks it, and sets the item up.
    ///
    /// # Errors
    /// Every violation of the schema, or the mistakes of the item.
    pub fn apply(&self, batch: &Batch<'_, '_>, item: &mut Item, mut run: Object) -> Outcome<()> {
        fields::fill(&mut run, self.defaults);
        item.check(&["run"], &run, self.schema)?;
        (self.configure)(batch, item, run)
    }
}

/// The worker implementation of an item.
#[must_use]
pub fn implementation(item: &Item) -> &str {
    fields::get(item, &["worker", "implementation"])
        .and_then(Value::as_str)
        .unwrap_or_default()
}
