//! The systems that can be staged, each in its own file.

mod addons;
mod archive;
mod archived;
mod attribution;
mod balrog;
mod bitrise;
mod bouncer;
mod bouncer_check;
mod checksums;
mod data;
mod final_verify;
mod github;
mod images;
mod import;
mod mac_signing;
mod maven;
mod notify;
mod partials;
mod partner_repack;
mod partners;
mod push_apk;
mod push_flatpak;
mod push_msix;
mod push_snap;
mod repository;
mod ship_it;
mod signing;
mod system_addons;
mod update_server;
mod update_verify;
mod update_verify_config;
mod uploads;
mod upstream;

pub use bouncer::DEFERRED;

use super::work::Work;
use crate::release::staged::Staged;

/// Does the work of a task.
pub type System = fn(&mut Work<'_>);

/// The work of each action of each system; an empty action stands for any.
static SYSTEMS: &[(&str, &str, System)] = &[
    ("balrog", "submit-locale", balrog::submit_locale),
    ("balrog", "submit-toplevel", balrog::submit_toplevel),
    ("balrog", "schedule", balrog::schedule),
    ("balrog", "set-readonly", balrog::set_readonly),
    (
        "balrog",
        "submit-system-addons",
        balrog::submit_system_addons,
    ),
    ("beetmover", "push-to-releases", archive::push_to_releases),
    ("beetmover", "push-to-candidates", archive::publish),
    ("beetmover", "push-to-nightly", archive::publish),
    ("beetmover", "push-to-partner", partners::push_to_partner),
    ("beetmover", "push-to-maven", maven::push_to_maven),
    ("beetmover", "direct-push-to-bucket", archive::publish),
    ("beetmover", "push-to-system-addons", archive::publish),
    (
        "beetmover",
        "import-from-gcs-to-artifact-registry",
        import::import,
    ),
    ("beetmover", "upload-data", data::upload_data),
    (
        "beetmover",
        "upload-translations-artifacts",
        data::upload_by_patterns,
    ),
    ("bitrise", "", bitrise::run),
    ("bouncer", "submission", bouncer::submission),
    ("bouncer", "aliases", bouncer::aliases),
    ("bouncer", "locations", bouncer::locations),
    ("bouncer-check", "", bouncer_check::check),
    ("checksums", "", checksums::generate),
    ("final-verify", "", final_verify::verify),
    ("partials", "", partials::make_partials),
    ("attribution", "", attribution::write_codes),
    ("partner-repack", "", partner_repack::make),
    ("mac-signing", "", mac_signing::sign),
    ("signing", "", signing::sign),
    ("update-verify", "", update_verify::verify),
    ("update-verify-config", "", update_verify_config::create),
    ("addons", "", addons::push),
    ("github", "release", github::release),
    ("image", "", images::push),
    ("lando", "", repository::lando),
    ("notify", "", notify::show),
    ("pushapk", "", push_apk::push),
    ("pushflatpak", "", push_flatpak::push),
    ("pushmsix", "", push_msix::push),
    ("pushsnap", "", push_snap::push),
    (
        "shipit",
        "create-new-nightly-release",
        ship_it::create_nightly,
    ),
    ("shipit", "create-new-release", ship_it::create_release),
    ("shipit", "mark-as-merged", ship_it::mark_as_merged),
    ("shipit", "mark-as-shipped", ship_it::mark_as_shipped),
    (
        "shipit",
        "update-product-channel-version",
        ship_it::update_channel_version,
    ),
    ("tree", "", repository::tree),
];

/// The work of a staged task, if this version can do it.
#[must_use]
pub fn find(staged: &Staged) -> Option<System> {
    let action = staged.action.as_deref().unwrap_or_default();
    let mut systems = SYSTEMS.iter();
    systems
        .find(|(system, of, _)| *system == staged.system && (of.is_empty() || *of == action))
        .map(|(_, _, work)| *work)
}
