//! snowman: a Taskcluster decision task in one native binary.

pub mod base;
pub mod config;
pub mod model;
pub mod ports;
pub mod submit;
pub mod taskcluster;
pub mod transform;
