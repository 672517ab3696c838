//! A release as a whole: what its task groups say about it, as data, text, JSON and a page.
//!
//! 1. [`collect()`] reads the groups of a release through [`Groups`], a sandbox or a real Taskcluster: the tasks and their
//!    states, the artifacts that decisions and promotions have written, and the reports of staged tasks.
//! 2. The result, an [`Overview`], has each label once, with what became of it in each phase.
//! 3. [`text`], [`json()`] and [`page()`] render it; [`figures`] computes the longest chain of tasks and how many run at
//!    one time.
//!
//! All that comes from tasks is untrusted: labels and texts are escaped, numbers are bounded, and what has another form
//! than expected counts as missing.

mod collect;
mod facts;
mod figures;
mod files;
mod json;
mod model;
mod page;
mod text;

pub use collect::{Group, Groups, Listed, PhaseSource, ReadError, ReleaseSource, collect};
pub use facts::phase_name;
pub use json::json;
pub use model::{AtOnce, Overview, ReleaseView, Rule, TaskView};
pub use page::page;
pub use text::text;
