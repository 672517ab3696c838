//! What people write: YAML, its schemas, keyed-by values, the graph config and parameters.

pub mod yaml;
