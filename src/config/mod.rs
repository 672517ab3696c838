//! What people write: YAML, its schemas, keyed-by values, the graph config and parameters.

pub mod graph_config;
pub mod keyed_by;
pub mod mismatch;
pub mod parameters;
pub mod release;
pub mod schema;
pub mod shipping;
pub mod yaml;

#[cfg(test)]
pub(crate) mod test_support;
