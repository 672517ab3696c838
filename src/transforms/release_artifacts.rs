//! The transform `release_artifacts`: declares the artifacts of a release.
//!
//! Each path in `release-artifacts` becomes an artifact of the worker below `public/build`, and is
//! noted in the attribute `release-artifacts`, by which later tasks find it. The folder on the
//! worker depends on the worker implementation.

use crate::base::diagnostic::{Diagnostics, Outcome};
use crate::base::value::{Object, Value};
use crate::config::schema::{Schema, Type, optional};
use crate::transform::description::WORKER_TYPE;
use crate::transform::{Context, Item, Transform, checks, each, fields, naming};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "mozilla_taskgraph.transforms.scriptworker.release_artifacts",
    aliases: &[],
    doc: "declares release artifacts for the worker and for dependent tasks",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: true,
    run,
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "release_artifacts",
    fields: &[
        WORKER_TYPE,
        optional(
            "release-artifacts",
            Type::List(&Type::Str),
            "the paths of the artifacts, relative to the artifact folder",
        ),
    ],
    open: true,
    exclusive: &[],
};

/// Where the attribute with the artifacts is.
const ATTRIBUTE: [&str; 2] = ["attributes", "release-artifacts"];

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        checks::refuse_null(&item, "", &item.task, &["release-artifacts"])?;
        if !item.task.contains_key("release-artifacts") {
            return Ok([item]);
        }
        fields::list(&mut item, &ATTRIBUTE)?;
        let (implementation, _) = naming::worker(context, &item)?;
        let folder = match implementation.as_str() {
            "generic-worker" => "artifacts",
            _ => "/builds/worker/artifacts",
        };
        let paths = checks::strings(item.task.get("release-artifacts"));
        let mut wrong = Diagnostics::new();
        for path in paths.iter().filter(|path| path.starts_with('/')) {
            wrong.push(
                item.error_at(
                    "release-artifacts",
                    format!("the path {path:?} of a release artifact is absolute"),
                )
                .help(format!("write it relative to `{folder}`")),
            );
        }
        wrong.or_ok(())?;
        item.task.shift_remove("release-artifacts");
        let noted = fields::list(&mut item, &ATTRIBUTE)?;
        noted.extend(paths.iter().map(|path| artifact(folder, path)));
        let noted = noted.clone();
        fields::list(&mut item, &["worker", "artifacts"])?.extend(noted);
        Ok([item])
    })
}

fn artifact(folder: &str, path: &str) -> Value {
    let fields = [
        ("type", "file".to_owned()),
        ("name", format!("public/build/{path}")),
        ("path", format!("{folder}/{path}")),
    ];
    let fields = fields.map(|(key, value)| (key, Value::from(value)));
    Value::Object(Object::from_iter(fields))
}
