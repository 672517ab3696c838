//! What the workers of the update server ask of it: which requests a task makes, and with which bodies.
//!
//! - [`access`]: which server and action the scopes and the payload of a task name;
//! - [`names`]: the names of releases, and the versions that clients can be pinned to;
//! - [`platforms`]: how the update server, the archive and bouncer name platforms;
//! - [`request`]: a request;
//! - [`merge`]: how new data are laid over what a release already has;
//! - [`locale`]: the files of one locale (`submit-locale`);
//! - [`file_urls`]: where each channel finds the files of a release;
//! - [`toplevel`]: a release without its locales, and the rules of test channels (`submit-toplevel`);
//! - [`schedule`]: the change of rules that offers a release to users (`schedule`), and the protection of a
//!   release (`set-readonly`);
//! - [`eta`]: when that happens;
//! - [`system_addons`]: a release of system add-ons (`submit-system-addons`);
//! - [`whats_new`]: what users see after the update.

pub mod access;
pub mod eta;
pub mod file_urls;
pub mod locale;
pub mod merge;
pub mod names;
pub mod platforms;
pub mod request;
pub mod schedule;
pub mod system_addons;
pub mod toplevel;
pub mod whats_new;
