//! The context of the steps of a landing.

use crate::transform::{Context, Item};

/// What a step knows besides its own settings.
pub(super) struct StepContext<'a> {
    pub context: &'a Context<'a>,
    pub item: &'a Item,
}
