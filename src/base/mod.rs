//! What everything else builds on: names, the ordered value tree, time, patterns, directed
//! acyclic graphs and diagnostics.
//!
//! Rank 0: nothing here knows about kinds or graphs, and nothing here has effects. Of Taskcluster it
//! knows the vocabulary: the states of tasks, scopes, worker pools.

pub mod dag;
pub mod diagnostic;
pub mod digest;
pub mod dotted;
pub mod file_name;
pub mod json;
pub mod json_schema;
pub mod memo;
pub mod name;
pub mod path;
pub mod pattern;
pub mod pause;
pub mod posix;
pub mod pyformat;
pub mod repo_url;
pub mod scope;
pub mod shape;
pub mod style;
pub mod suggest;
pub mod task_state;
pub mod text;
pub mod time;
pub mod value;
pub mod version;
pub mod worker_pool;
pub mod zstd;
