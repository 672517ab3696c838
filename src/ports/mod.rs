//! Access to the outside, as traits or as values that are passed down.
//!
//! No other code reads the environment, the clock or the disk by itself: the composition root creates
//! these ports and passes them down. A dry run uses another [`taskcluster::Taskcluster`].

pub mod artifacts;
pub mod cache;
pub mod clock;
pub mod docker;
pub mod environment;
pub mod files;
pub mod fingerprint;
pub mod ids;
pub mod mask;
pub mod output_path;
pub mod python;
pub mod snapshot;
pub mod stop;
pub mod taskcluster;
pub mod vcs;
