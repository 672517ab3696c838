//! What reaches outside the house, as traits or as values handed in.
//!
//! Nothing in the house reads the environment, the clock or the disk by itself: the composition
//! root makes these ports and passes them down. A dry run is another [`taskcluster::Taskcluster`].

pub mod artifacts;
pub mod clock;
pub mod docker;
pub mod environment;
pub mod files;
pub mod ids;
pub mod mask;
pub mod output_path;
pub mod python;
pub mod stop;
pub mod taskcluster;
pub mod vcs;
