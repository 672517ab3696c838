//! A release as a whole: what its task groups say about it, and the page that shows it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod browsed;
mod collected;
mod project;
