//! Several releases at once, on one sandbox.
//!
//! 1. Each release is a push of its own ([`pushed`]). All are releases for staging, and build on the same earlier ones.
//! 2. A schedule decides which of them begins its next phase, and which tasks workers claim ([`turns`](super::turns)).
//! 3. When all have ended, the states, artifacts and index show whether one has seen anything of another
//!    ([`isolation`]).

mod isolation;
mod pushed;
mod report;
mod run;

pub use report::{ConcurrentRelease, ConcurrentReport};
pub use run::{Plan, run};
