//! Payloads of worker implementations, built from the `worker` of a task description.

pub mod beetmover;
mod cache_key;
pub mod caches;
pub mod contract;
pub mod docker_worker;
pub mod generic_worker;
pub mod images;
pub mod plain;
pub mod scriptworker;
mod worker;

use crate::base::diagnostic::Diagnostic;
use crate::base::suggest;
use crate::base::value::Value;
use crate::transform::{Item, fields};

pub use contract::Payload;
pub use images::Images;

/// Every built-in payload.
pub static PAYLOADS: &[&Payload] = &[
    &plain::ALWAYS_OPTIMIZED,
    &scriptworker::balrog::BALROG,
    &beetmover::BEETMOVER,
    &scriptworker::archive::REGISTRY,
    &scriptworker::archive::MAVEN,
    &scriptworker::push_to_release::PUSH_TO_RELEASE,
    &scriptworker::bouncer::ALIASES,
    &scriptworker::bouncer::LOCATIONS,
    &scriptworker::bouncer::SUBMISSION,
    &docker_worker::DOCKER_WORKER,
    &generic_worker::GENERIC_WORKER,
    &plain::INVALID,
    &scriptworker::iscript::ISCRIPT,
    &scriptworker::trees::landoscript::LANDOSCRIPT,
    &scriptworker::stores::ADDONS,
    &scriptworker::stores::APK,
    &scriptworker::stores::FLATPAK,
    &scriptworker::stores::MSIX,
    &scriptworker::stores::SNAP,
    &scriptworker::archive::BUCKET,
    &scriptworker::beetmover_data::BEETMOVER_DATA,
    &scriptworker::bitrise::BITRISE_PAYLOAD,
    &scriptworker::stores::GITHUB,
    &scriptworker::lando::LANDO,
    &scriptworker::stores::PUSHAPK,
    &scriptworker::ship_it::SHIPIT,
    &scriptworker::signing::SIGNING,
    &scriptworker::ship_it::MAYBE_RELEASE,
    &scriptworker::ship_it::MERGED,
    &scriptworker::ship_it::SHIPPED,
    &scriptworker::ship_it::CHANNEL_VERSION,
    &plain::SUCCEED,
    &scriptworker::trees::treescript::TREESCRIPT,
];

/// The payload for an item's `worker.implementation`.
///
/// # Errors
/// If it does not exist.
pub fn find(item: &Item) -> Result<&'static Payload, Diagnostic> {
    let name = fields::get(item, &["worker", "implementation"])
        .and_then(Value::as_str)
        .unwrap_or_default();
    PAYLOADS
        .iter()
        .find(|payload| payload.name == name)
        .copied()
        .ok_or_else(|| {
            item.error_at(
                "worker-type",
                format!("unknown worker implementation `{name}`"),
            )
            .help(format!(
                "{} (`workers.aliases` in config.yml sets the implementation of each `worker-type`)",
                suggest::hint_native(name, PAYLOADS.iter().map(|payload| payload.name))
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    #[test]
    fn the_table_is_sorted_without_duplicates() {
        let names: Vec<_> = PAYLOADS.iter().map(|payload| payload.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(PAYLOADS.iter().all(|payload| !payload.doc.is_empty()));
    }

    #[test]
    fn unknown_implementations_come_with_a_suggestion() {
        let task = json!({"worker": {"implementation": "docker-woker"}});
        let item = Item::new(task.as_object().cloned().unwrap_or_default());
        assert_eq!(
            find(&item).map(|payload| payload.name).map_err(|d| d.to_string()),
            Err("unknown worker implementation `docker-woker`\n  help: did you mean `docker-worker`? \
                 (`workers.aliases` in config.yml sets the implementation of each `worker-type`)"
                .to_owned())
        );
    }
}
