//! Partial updates, as the tasks that make them do.
//!
//! 1. [`diff`] makes a patch from one content to another, by its sorted suffixes ([`suffix`]).
//! 2. [`make`] compares two unpacked complete updates, and makes the partial one between them by the
//!    [`rules`] of the release's own scripts.
//! 3. [`funsize`] is what a task says about its updates, what is checked, and the manifest about them.

pub mod diff;
pub mod funsize;
pub mod make;
pub mod rules;
pub mod suffix;
