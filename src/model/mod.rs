//! Tasks and the graphs that they make.
//!
//! There are two graphs, and they are two types: a [`label_graph::LabelGraph`] is keyed by label
//! and holds tasks as kinds describe them, an [`id_graph::IdGraph`] is keyed by taskId and holds
//! definitions whose references are resolved.

pub mod edge_trail;
pub mod id_graph;
pub mod label_graph;
pub mod planned_dependencies;
pub mod reference;
pub mod task;

#[cfg(test)]
pub(crate) mod test_support;
