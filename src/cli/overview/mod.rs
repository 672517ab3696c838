//! Overviews of releases: of a rehearsal, of the folder of a sandbox, of task groups on Taskcluster.

mod queued;
mod read;
mod rehearsed;
mod sandboxed;

pub use queued::{Queued, of_groups};
pub use read::unreadable;
pub use rehearsed::of_rehearsal;
pub use sandboxed::{Sandboxed, of_sandbox};
