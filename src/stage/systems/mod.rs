//! The systems that can be staged, each in its own file.

mod archive;
mod archived;
mod balrog;
mod bouncer;
mod checksums;
mod partials;
mod signing;
mod update_verify_config;

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
    ("beetmover", "push-to-releases", archive::push_to_releases),
    ("beetmover", "push-to-candidates", archive::publish),
    ("beetmover", "push-to-nightly", archive::publish),
    ("beetmover", "push-to-partner", archive::publish),
    ("beetmover", "push-to-maven", archive::publish),
    ("beetmover", "direct-push-to-bucket", archive::publish),
    ("beetmover", "push-to-system-addons", archive::publish),
    ("bouncer", "submission", bouncer::submission),
    ("bouncer", "aliases", bouncer::aliases),
    ("bouncer", "locations", bouncer::locations),
    ("checksums", "", checksums::generate),
    ("partials", "", partials::make_partials),
    ("signing", "", signing::sign),
    ("update-verify-config", "", update_verify_config::create),
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
