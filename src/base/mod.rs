//! What everything else is made of: names, the ordered value tree, time, patterns, directed
//! acyclic graphs and diagnostics.
//!
//! Rank 0: nothing here knows about kinds, tasks or Taskcluster, and nothing here has effects.

pub mod dag;
pub mod diagnostic;
pub mod digest;
pub mod dotted;
pub mod file_name;
pub mod json;
pub mod listing;
pub mod memo;
pub mod name;
pub mod path;
pub mod pattern;
pub mod pause;
pub mod posix;
pub mod pyformat;
pub mod repo_url;
pub mod suggest;
pub mod time;
pub mod value;
pub mod version;
