//! The contract of transforms, and their shared helpers.
//!
//! A transform is a function from a batch of items to a batch of items, over plain data. A kind
//! names a sequence of them; between any two, the whole batch could be handed to another process.
//! The room `transforms` has the built-in ones.
//!
//! Transforms never stop at the first mistake: [`each()`] runs one over every item and collects
//! the mistakes of all of them.

pub mod cache;
pub mod checks;
pub mod context;
mod contract;
pub mod description;
mod each;
pub mod edge_notes;
pub mod fields;
pub mod item;
pub mod naming;
#[cfg(test)]
pub(crate) mod test_support;

pub use context::Context;
pub use contract::{Step, Transform};
pub use each::{each, each_in_order, validate};
pub use item::{Item, Origin};
