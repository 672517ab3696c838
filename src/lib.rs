//! snowman: a Taskcluster decision task in one native binary.

pub mod sandbox;
