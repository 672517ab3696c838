//! The payload of shipitscript, which marks releases as shipped in Ship-it.

use super::definition::set_payload;
use crate::base::diagnostic::Outcome;
use crate::base::value::Object;
use crate::config::schema::{Schema, Type, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::take_worker;

static SCHEMA: Schema = Schema {
    name: "worker: scriptworker-shipit",
    fields: &[
        required(
            "implementation",
            Type::Literal(&["scriptworker-shipit"]),
            "",
        ),
        required(
            "release-name",
            Type::Str,
            "the name of the release in Ship-it",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `scriptworker-shipit`
pub static SHIPIT: Payload = Payload {
    name: "scriptworker-shipit",
    doc: "Marks a release as shipped in Ship-it.",
    schema: &SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

fn build(_: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let release = worker.get("release-name").cloned().unwrap_or_default();
    set_payload(definition, [("release_name", release)]);
    Ok(())
}
