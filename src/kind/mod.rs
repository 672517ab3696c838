//! Kinds: folders with a `kind.yml` that describe tasks of one sort, and the order among them.

pub mod definition;
pub mod graph;
pub mod loader;

pub use definition::KindDefinition;
pub use graph::KindGraph;

#[cfg(test)]
mod tests;
