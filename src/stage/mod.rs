//! What the release systems do when a release is staged: the rules of the archive, of signing and so on.
//!
//! A staged release task runs the rules of the real worker on what the release's own tasks have made, and
//! reports what production would have done. The rules are functions over data: nothing here reads a
//! clock, the network or the disk, so that the same task always has the same result. Where a rule is
//! stricter than the real worker, its documentation says so.
//!
//! - [`archive`]: files at their places in candidates and releases;
//! - [`attribution`]: codes in installers;
//! - [`balrog`]: which updates clients are offered;
//! - [`balrog_state`]: what the update server has, as the effects of tasks say it;
//! - [`balrog_worker`]: what the workers of the update server ask of it;
//! - [`bouncer`]: where download links lead;
//! - [`checksums`]: the lists of checksums of a release;
//! - [`history`]: earlier releases;
//! - [`ini`]: files with sections of options;
//! - [`keys`]: worthless keys with the names of the certificates of production;
//! - [`makers`]: small artifacts of builds, for the tasks of a rehearsed release;
//! - [`mar`]: the archives of updates;
//! - [`notice`]: messages about tasks;
//! - [`openpgp`]: detached signatures;
//! - [`partials`]: partial updates, made of two complete ones;
//! - [`partner_repack`]: builds for partners;
//! - [`public`]: history from what production publishes;
//! - [`python_json`]: JSON as the real workers write it;
//! - [`safe_path`], [`tar_stream`]: paths in archives, and archives that are read as a stream;
//! - [`ship_it`]: the record of what is released;
//! - [`signing`]: which files are signed in which way;
//! - [`stores`]: what is in packages for stores;
//! - [`trees`]: commits and tags in repositories;
//! - [`update_verify`]: which updates from earlier releases are verified;
//! - [`version_order`]: which of two versions is the newer one;
//! - [`run`]: runs a staged task: checks its payload, merges the [`state`]s of the tasks before it
//!   ([`merged`]), and lets its system ([`systems`]) do the [`work`];
//! - [`source`]: where artifacts of other tasks come from;
//! - [`report`], [`page`]: what a staged task reports;
//! - [`serve`]: what the servers of production would answer about a release.

pub mod archive;
pub mod attribution;
pub mod balrog;
pub mod balrog_state;
pub mod balrog_worker;
mod before;
pub mod bouncer;
pub mod checksums;
pub mod history;
pub mod ini;
mod kept;
pub mod keys;
pub mod makers;
pub mod mar;
pub mod merged;
pub mod notice;
pub mod openpgp;
pub mod page;
pub mod partials;
pub mod partner_repack;
pub mod public;
pub mod python_json;
pub mod report;
pub mod run;
pub mod safe_path;
pub mod serve;
pub mod ship_it;
pub mod signing;
pub mod source;
pub mod state;
pub mod stores;
pub mod systems;
pub mod tar_stream;
pub mod trees;
pub mod update_verify;
pub mod version_order;
pub mod work;
