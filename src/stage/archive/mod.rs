//! The archive of releases: which file goes where, and what is refused.
//!
//! - [`access`]: which bucket or repository a task may write to, and what it does there;
//! - [`layout`]: the folders of candidates and releases, and the names of installers;
//! - [`artifact_map`]: the files of a task, from the artifacts of its upstream tasks to their places;
//! - [`globbed_map`]: the same for maps that contain patterns;
//! - [`balrog_manifest`], [`addon_manifest`]: what the update server has to know of the MARs and system add-ons
//!   among them;
//! - [`buildhub`]: the description of a build, which names the place of its installer;
//! - [`partner`], [`maven`], [`direct`]: files of partners, libraries, and data in payloads;
//! - [`packages`]: what packages for repositories say about themselves;
//! - [`push`]: from candidates to releases;
//! - [`media_type`]: how files are served.
//!
//! Everything is checked before anything counts as written. The real worker copies files one by one, so
//! a conflict leaves half a release behind.

pub mod access;
pub mod addon_manifest;
pub mod artifact_map;
pub mod balrog_manifest;
pub mod buildhub;
pub mod direct;
pub mod globbed_map;
pub mod layout;
pub mod maven;
pub mod media_type;
pub mod packages;
pub mod partner;
pub mod push;

/// The space of files in the archive, by path.
pub const SPACE: &str = "archive";
