//! The table of release systems beside the workers themselves.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod builders;
mod graphs;
mod recognized;
mod shapes;
