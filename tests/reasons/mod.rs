//! Every reason that `snowman explain` states, held against what happens without it.
//!
//! The reasons are read from the program's JSON. Then the graph is changed: the file, attribute, dependency or
//! task that a reason names is taken away or put there, with everything else that could have the same effect
//! taken out of the graph. Optimization runs on the changed graph, and only what becomes of the task is looked
//! at, never the reason that is given for it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod checks;
mod empty_index;
mod pipeline;
mod project;
mod subject;
