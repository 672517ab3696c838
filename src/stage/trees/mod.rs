//! Repositories: the commits and tags of a release.
//!
//! The workers send *actions* to the service that changes repositories: tags, commits as diffs, merges.
//! The functions here compute the actions of a task from the files of a [`tree::Tree`], and change nothing.
//!
//! - [`access`]: which actions a task may take;
//! - [`action`]: what is sent to the service, and why a task fails;
//! - [`version`]: the versions in files;
//! - [`bump`]: commits that change the versions in files;
//! - [`tag`]: tags, and whether they may be set;
//! - [`merge_day`]: what happens when a version moves to the next branch;
//! - [`payload`]: what a task asks for;
//! - [`place`]: the files whose version a task may change, by repository;
//! - [`replace`]: texts that are replaced on such a day;
//! - [`l10n`]: commits that change the revisions of translations;
//! - [`contents`]: a tree that a version control system holds;
//! - [`diff`]: differences of files as git writes them, with [`sequence`], and [`apply`], which proves that
//!   they can be applied.

pub mod access;
pub mod action;
pub mod apply;
pub mod bump;
pub mod contents;
pub mod diff;
pub mod l10n;
pub mod merge_day;
pub mod payload;
pub mod place;
pub mod replace;
pub mod sequence;
pub mod tag;
pub mod tree;
pub mod version;
