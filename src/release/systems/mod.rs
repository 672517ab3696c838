//! The table of release systems.

mod files;
mod records;
mod stores;
mod updates;

use super::system::System;

/// Every release system. The first one that fits a task is that of the task.
pub static SYSTEMS: &[&System] = &[
    &files::MAC_SIGNING,
    &files::SIGNING,
    &files::BEETMOVER,
    &updates::BALROG,
    &updates::BOUNCER,
    &records::SHIPIT,
    &records::LANDO,
    &records::TREE,
    &stores::PUSHAPK,
    &stores::PUSHSNAP,
    &stores::PUSHFLATPAK,
    &stores::PUSHMSIX,
    &stores::ADDONS,
    &stores::IMAGE,
    &records::GITHUB,
    &records::BITRISE,
    &updates::PARTIALS,
    &files::PARTNER_REPACK,
    &files::ATTRIBUTION,
    &files::CHECKSUMS,
    &updates::UPDATE_VERIFY_CONFIG,
    &updates::UPDATE_VERIFY,
    &updates::FINAL_VERIFY,
    &updates::BOUNCER_CHECK,
    &records::NOTIFY,
];
