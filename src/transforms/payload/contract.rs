//! The contract of payload builders.

use super::images::Images;
use crate::base::diagnostic::Outcome;
use crate::base::value::Object;
use crate::config::schema::Schema;
use crate::transform::Item;
use crate::transform::fields::Presets;

/// The payload of a worker implementation.
#[derive(Debug)]
pub struct Payload {
    /// The worker implementation.
    pub name: &'static str,
    /// What it is, for the reference.
    pub doc: &'static str,
    /// The schema of `worker`.
    pub schema: &'static Schema,
    /// The default values of `worker`.
    pub defaults: Presets,
    /// Whether `MOZ_AUTOMATION` is set in the environment of tasks.
    pub automation: bool,
    /// Adds the payload and its scopes to the definition. It may remove `worker` from the item, and
    /// add dependencies.
    pub build: fn(&Images<'_, '_>, &mut Item, &mut Object) -> Outcome<()>,
}
