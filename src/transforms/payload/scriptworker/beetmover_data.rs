//! The payload of beetmover for data in the task definition.

use super::definition::set_payload;
use super::fields::implementation;
use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value, py_str};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::Item;
use crate::transforms::payload::contract::Payload;
use crate::transforms::payload::images::Images;
use crate::transforms::payload::worker::{add_scope, take_worker};

static DATA: Schema = Schema {
    name: "data",
    fields: &[
        required("data", Type::Str, "the content, in base64"),
        required("content-type", Type::Str, "the media type of the content"),
        required(
            "destinations",
            Type::List(&Type::TaskRef),
            "the destination paths in the bucket",
        ),
    ],
    open: false,
    exclusive: &[],
};

static SCHEMA: Schema = Schema {
    name: "worker: scriptworker-beetmover-data",
    fields: &[
        implementation(&["scriptworker-beetmover-data"]),
        required("app-name", Type::Str, "the name of the product"),
        required(
            "bucket",
            Type::Str,
            "the bucket, which is part of the scope",
        ),
        required(
            "project",
            Type::Str,
            "the project, which is part of the scopes",
        ),
        required(
            "data-map",
            Type::List(&Type::Struct(&DATA)),
            "the data to publish, with the destinations",
        ),
        optional(
            "dry-run",
            Type::Bool,
            "accepted but ignored, as in taskgraph",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// `scriptworker-beetmover-data`
pub static BEETMOVER_DATA: Payload = Payload {
    name: "scriptworker-beetmover-data",
    doc: "Publishes data from the task definition for download.",
    schema: &SCHEMA,
    defaults: &[],
    automation: false,
    build,
};

fn build(_: &Images<'_, '_>, item: &mut Item, definition: &mut Object) -> Outcome<()> {
    let worker = take_worker(item)?;
    let mut wrong = Diagnostics::new();
    let mut entries = Vec::new();
    let data_map = worker.get("data-map").and_then(Value::as_array);
    for (i, entry) in data_map.into_iter().flatten().enumerate() {
        let get = |key: &str| entry.get(key).cloned().unwrap_or_default();
        if let Err(why) = check_base64(entry["data"].as_str().unwrap_or_default()) {
            wrong.push(
                item.error_at(
                    "worker.data-map",
                    format!("`worker.data-map[{i}].data` is not valid base64: {why}"),
                )
                .help("encode the content, e.g. with `base64 --wrap=0`"),
            );
        }
        let fields = [
            ("data", get("data")),
            ("contentType", get("content-type")),
            ("destinations", get("destinations")),
        ];
        let fields = fields.map(|(key, value)| (key, value));
        entries.push(Value::Object(Object::from_iter(fields)));
    }
    wrong.or_ok(())?;
    let text = |key: &str| worker.get(key).map(py_str).unwrap_or_default();
    let name = [("appName", Value::from(text("app-name")))];
    let payload = [
        (
            "releaseProperties",
            Value::Object(name.into_iter().collect()),
        ),
        ("dataMap", Value::from(entries)),
    ];
    set_payload(definition, payload);
    let prefix = format!("project:{}:releng:beetmover", text("project"));
    add_scope(definition, format!("{prefix}:bucket:{}", text("bucket")));
    add_scope(definition, format!("{prefix}:action:upload-data"));
    Ok(())
}

/// Checks base64 as Python's `b64decode` does: characters outside the alphabet are ignored, and
/// nothing is read after the padding that completes a group of four.
fn check_base64(data: &str) -> Result<(), &'static str> {
    if !data.is_ascii() {
        return Err("it contains non-ASCII characters");
    }
    let (mut digits, mut padding) = (0, 0);
    for byte in data.bytes() {
        match byte {
            b'=' if digits >= 2 => {
                padding += 1;
                if digits + padding >= 4 {
                    return Ok(());
                }
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                digits = (digits + 1) % 4;
                padding = 0;
            }
            _ => {}
        }
    }
    match digits {
        0 => Ok(()),
        1 => Err("its length is invalid"),
        _ => Err("its padding is incorrect"),
    }
}
