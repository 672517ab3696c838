//! Defects that people plant in a rehearsal, to see that it finds them.
//!
//! A defect changes what one staged task is asked to do, as a mistake in a kind would. That task turns red, and no
//! other. A *leak* lets a task of one release use something of another one that is rehearsed at the same time.

mod edits;
mod leaks;
mod planted;
mod table;

pub use leaks::{Other, Others};
pub use planted::Planting;
pub use table::{DEFECTS, Defect, defect};
