//! The transform `publish`: where the artifacts of a beetmover task go.
//!
//! Each entry of `publish.files` names an artifact of a dependency and its places in the archive. From
//! these, `worker.upstream-artifacts` and `worker.artifact-map` are made, so that a file is named once.
//! Entries for dependencies that the task does not have are left out: one kind can publish what several
//! others make.

use indexmap::IndexMap;

use crate::base::diagnostic::{Diagnostic, Diagnostics, Outcome};
use crate::base::value::{List, Object, Value, json};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::{Context, Item, Transform, checks, each, fields};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "snowman.transforms.publish",
    aliases: &[],
    doc: "makes the artifact map of a beetmover task",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: true,
    run,
};

static FILE: Schema = Schema {
    name: "published file",
    fields: &[
        required(
            "from",
            Type::Str,
            "the name of the dependency that makes the file",
        ),
        required("artifact", Type::Str, "the name of the artifact"),
        required(
            "to",
            Type::OneOf(&[Type::Str, Type::List(&Type::Str)]),
            "its path below the folder, or several",
        ),
        optional(
            "checksums-path",
            Type::Str,
            "its name in the checksums (default: its first path)",
        ),
        optional(
            "update",
            Type::Bool,
            "whether it is an update that the update server has to know",
        ),
        optional(
            "from-build-id",
            Type::Str,
            "the build that a partial update updates from",
        ),
    ],
    open: false,
    exclusive: &[],
};

static PUBLISH: Schema = Schema {
    name: "publish",
    fields: &[
        required("folder", Type::Str, "the folder in the archive"),
        optional(
            "locale",
            Type::Str,
            "the locale of the files (default: `en-US`)",
        ),
        required(
            "files",
            Type::List(&Type::Struct(&FILE)),
            "the files, with the artifacts that have their content",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "publish",
    fields: &[optional(
        "publish",
        Type::Struct(&PUBLISH),
        "the files that the task publishes",
    )],
    open: true,
    exclusive: &[],
};

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        checks::refuse_null(&item, "", &item.task, &["publish"])?;
        let Some(publish) = item.task.shift_remove("publish") else {
            return Ok([item]);
        };
        let artifacts = artifacts(context, &item, &publish)?;
        let upstream = fields::list(&mut item, &["worker", "upstream-artifacts"])?;
        upstream.extend(artifacts.iter().map(|(from, entry)| entry.upstream(from)));
        let map = fields::list(&mut item, &["worker", "artifact-map"])?;
        map.extend(artifacts.iter().map(|(from, entry)| entry.map(from)));
        Ok([item])
    })
}

/// What is published of one dependency.
struct Published {
    locale: String,
    paths: IndexMap<String, Object>,
}

impl Published {
    fn upstream(&self, from: &str) -> Value {
        let paths: Vec<&str> = self.paths.keys().map(String::as_str).collect();
        json!({
            "taskId": {"task-reference": format!("<{from}>")},
            "taskType": from,
            "paths": paths,
            "locale": self.locale,
        })
    }

    fn map(&self, from: &str) -> Value {
        let paths = self.paths.iter();
        let paths = paths.map(|(name, place)| (name.clone(), Value::Object(place.clone())));
        json!({
            "taskId": {"task-reference": format!("<{from}>")},
            "locale": self.locale,
            "paths": Value::Object(paths.collect()),
        })
    }
}

/// The artifacts of each dependency.
fn artifacts(
    context: &Context<'_>,
    item: &Item,
    publish: &Value,
) -> Outcome<IndexMap<String, Published>> {
    let dependencies = dependencies(context, item);
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let folder = text(publish, "folder");
    let folder = folder.trim_end_matches('/');
    let locale = match text(publish, "locale") {
        none if none.is_empty() => "en-US".to_owned(),
        locale => locale,
    };
    let mut wrong = Diagnostics::new();
    let mut published: IndexMap<String, Published> = IndexMap::new();
    let mut left_out = Vec::new();
    for file in publish["files"].as_array().into_iter().flatten() {
        let from = text(file, "from");
        let found = dependencies.iter();
        let mut found = found.filter(|(name, kind)| *name == from || *kind == Some(from.as_str()));
        let Some((name, _)) = found.next() else {
            left_out.push(from);
            continue;
        };
        if found.next().is_some() {
            wrong.push(
                item.error_at(
                    "publish",
                    format!("the task depends on several tasks of the kind `{from}`"),
                )
                .help("name one of the dependencies in `from`"),
            );
            continue;
        }
        let from = (*name).to_owned();
        let to: Vec<String> = match &file["to"] {
            Value::Array(paths) => strings(paths),
            other => other.as_str().map(str::to_owned).into_iter().collect(),
        };
        let Some(first) = to.first() else {
            wrong.push(item.error_at("publish", "`to` of a published file is empty"));
            continue;
        };
        let outside = to
            .iter()
            .filter(|path| path.starts_with('/') || path.split('/').any(|part| part == ".."));
        for path in outside {
            wrong.push(outside_folder(item, path));
        }
        let destinations: Vec<String> = to.iter().map(|path| format!("{folder}/{path}")).collect();
        let mut place = Object::new();
        place.insert("destinations", Value::from(destinations));
        let checksums = text(file, "checksums-path");
        let checksums = if checksums.is_empty() {
            first.clone()
        } else {
            checksums
        };
        place.insert("checksums_path", Value::from(checksums));
        if file["update"] == true {
            place.insert("update_balrog_manifest", Value::from(true));
        }
        if let Some(build_id) = file.get("from-build-id") {
            place.insert("from_buildid", build_id.clone());
        }
        let entry = published.entry(from).or_insert_with(|| Published {
            locale: locale.clone(),
            paths: IndexMap::new(),
        });
        entry.paths.insert(text(file, "artifact"), place);
    }
    if published.is_empty() && wrong.is_empty() {
        left_out.dedup();
        wrong.push(
            item.error_at("publish", "the task publishes nothing")
                .because(format!(
                    "its files are those of `{}`, and it depends on none of these",
                    left_out.join("`, `")
                ))
                .help("name dependencies of the task in `from`"),
        );
    }
    wrong.or_ok(published)
}

/// The names of the dependencies of a task, with their kinds.
fn dependencies<'i>(context: &'i Context<'_>, item: &'i Item) -> Vec<(&'i str, Option<&'i str>)> {
    let names = item.task.get("dependencies").and_then(Value::as_object);
    let names = names.into_iter().flatten();
    names
        .map(|(name, label)| {
            let mut tasks = context.dependencies.iter();
            let task = tasks.find(|task| Some(task.label.as_str()) == label.as_str());
            (name.as_str(), task.map(|task| task.kind.as_str()))
        })
        .collect()
}

fn strings(list: &List) -> Vec<String> {
    list.iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn outside_folder(item: &Item, path: &str) -> Diagnostic {
    item.error_at(
        "publish",
        format!("the path {path:?} leads out of the folder"),
    )
    .help("write it relative to `publish.folder`, without `..`")
}

#[cfg(test)]
mod tests {
    use super::TRANSFORM;
    use crate::base::value::{Value, json};
    use crate::transform::test_support::TestProject;

    fn task(files: Value) -> Value {
        json!([{
            "name": "x",
            "dependencies": {"build": "build-x", "signing": "signing-x"},
            "publish": {"folder": "pub/hail/1.0/", "locale": "de", "files": files},
        }])
    }

    #[test]
    fn a_file_is_named_once() {
        let files = json!([
            {"from": "build", "artifact": "public/a.txt", "to": "de/a.txt"},
            {"from": "signing", "artifact": "public/b.mar", "to": ["update/b.mar", "latest.mar"], "update": true},
            {"from": "build", "artifact": "public/c.txt", "to": "c.txt", "checksums-path": "de/c"},
            {"from": "l10n", "artifact": "public/d.txt", "to": "d.txt"},
        ]);
        let made = TestProject::default().run(&TRANSFORM, task(files)).unwrap();
        assert_eq!(
            made[0]["worker"],
            json!({
                "upstream-artifacts": [
                    {
                        "taskId": {"task-reference": "<build>"}, "taskType": "build", "locale": "de",
                        "paths": ["public/a.txt", "public/c.txt"],
                    },
                    {
                        "taskId": {"task-reference": "<signing>"}, "taskType": "signing", "locale": "de",
                        "paths": ["public/b.mar"],
                    },
                ],
                "artifact-map": [
                    {
                        "taskId": {"task-reference": "<build>"}, "locale": "de",
                        "paths": {
                            "public/a.txt": {
                                "destinations": ["pub/hail/1.0/de/a.txt"], "checksums_path": "de/a.txt",
                            },
                            "public/c.txt": {
                                "destinations": ["pub/hail/1.0/c.txt"], "checksums_path": "de/c",
                            },
                        },
                    },
                    {
                        "taskId": {"task-reference": "<signing>"}, "locale": "de",
                        "paths": {"public/b.mar": {
                            "destinations": ["pub/hail/1.0/update/b.mar", "pub/hail/1.0/latest.mar"],
                            "checksums_path": "update/b.mar",
                            "update_balrog_manifest": true,
                        }},
                    },
                ],
            })
        );
    }

    #[test]
    fn every_mistake_is_reported() {
        let error = |files| TestProject::default().error(&TRANSFORM, task(files));
        let none = error(json!([{"from": "l10n", "artifact": "a", "to": "a"}]));
        assert!(none.contains("the task publishes nothing"), "{none}");
        assert!(none.contains("`l10n`"), "{none}");
        let outside = error(json!([
            {"from": "build", "artifact": "a", "to": "../a"},
            {"from": "build", "artifact": "b", "to": ["b", "/b"]},
        ]));
        for path in ["../a", "/b"] {
            assert!(
                outside.contains(&format!("{path:?} leads out")),
                "{outside}"
            );
        }
    }
}
