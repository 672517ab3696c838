//! The payload of shipitscript, which tells Ship-it what has been released.

use super::{Images, Payload, settle, take_worker};
use crate::base::diagnostic::Outcome;
use crate::base::value::Object;
use crate::config::schema::{Schema, Type, required};
use crate::transform::Item;

static SCHEMA: Schema = Schema {
    name: "worker: scriptworker-shipit",
    fields: &[
        required(
            "implementation",
            Type::Literal(&["scriptworker-shipit"]),
            "",
        ),
        required("release-name", Type::Str, "the release as Ship-it calls it"),
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
    settle(definition, [("release_name", release)]);
    Ok(())
}
