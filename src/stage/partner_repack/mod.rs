//! Builds for partners: the files of a build with a few more, which customize it.
//!
//! - [`config`]: what `repack.cfg` says: locales, platforms, and what is done with them;
//! - [`platform`]: the names of platforms, of files and of folders;
//! - [`customization`]: the files of a partner, as the build gets them;
//! - [`package`]: adds files to the archive of a build;
//! - [`request`]: what a task asks for.

pub mod config;
pub mod customization;
pub mod package;
pub mod platform;
pub mod request;
