//! The transform `partial_updates`: repeats parts of a task for each release that partial updates start from.
//!
//! In each of the chosen fields, the entries that mention an earlier release are repeated: items of a list, and
//! keys of a mapping with their values. Without earlier releases they are left out, or the whole task is. A key
//! must differ between the releases, since a mapping has each key once.
//! Only the placeholders of this transform are replaced, so other braces can stay for later transforms.

use crate::base::diagnostic::{Diagnostic, Outcome};
use crate::base::path::ValuePath;
use crate::base::value::{List, Object, Value, py_str};
use crate::config::schema::{Schema, Type, optional, required};
use crate::transform::{Context, Item, Transform, checks, each, fields};

/// The transform.
pub static TRANSFORM: Transform = Transform {
    name: "snowman.transforms.partial_updates",
    aliases: &[],
    doc: "repeats parts of a task for each release that partial updates start from",
    schema: Some(&SCHEMA),
    prepare: None,
    by_item: true,
    run,
};

static PARTIAL_UPDATES: Schema = Schema {
    name: "partial-updates",
    fields: &[
        required(
            "fields",
            Type::List(&Type::Str),
            "the fields with entries to repeat: lists or mappings. In them, `{previous_version}`, `{previous_build}`, `{previous_buildid}` and `{previous_number}`, which counts from 1, are replaced",
        ),
        optional(
            "required",
            Type::Bool,
            "whether the task is left out if there are no earlier releases (default: false)",
        ),
    ],
    open: false,
    exclusive: &[],
};

/// The schema of the transform.
pub static SCHEMA: Schema = Schema {
    name: "partial_updates",
    fields: &[optional(
        "partial-updates",
        Type::Struct(&PARTIAL_UPDATES),
        "what depends on the releases that partial updates start from. These are in the parameter `release_history`: versions, each with its `buildNumber`, and optionally with its `buildid` and `locales`. For a task with a locale, only those count that have it, or list none",
    )],
    open: true,
    exclusive: &[],
};

/// The placeholders of an earlier release, with their values.
type Placeholders = [(&'static str, Value); 4];

/// All placeholders.
const NAMES: [&str; 4] = [
    "{previous_version}",
    "{previous_build}",
    "{previous_buildid}",
    "{previous_number}",
];

fn run(context: &Context<'_>, items: Vec<Item>) -> Outcome<Vec<Item>> {
    each(context, items, |mut item| {
        item.check(&[], &item.task, &SCHEMA)?;
        checks::refuse_null(&item, "", &item.task, &["partial-updates"])?;
        let Some(settings) = item.task.shift_remove("partial-updates") else {
            return Ok(vec![item]);
        };
        let releases = releases(context, &item);
        if releases.is_empty() && settings["required"] == true {
            return Ok(Vec::new());
        }
        for field in checks::strings(settings.get("fields")) {
            repeat_in(&mut item, &field, &releases)?;
        }
        Ok(vec![item])
    })
}

/// The earlier releases that count for an item.
fn releases(context: &Context<'_>, item: &Item) -> Vec<Placeholders> {
    let history = context.params().get("release_history");
    let history = history.and_then(Value::as_object).into_iter().flatten();
    let locale = fields::get(item, &["attributes", "locale"]).and_then(Value::as_str);
    let counts = |info: &Value| {
        let locales = info.get("locales").and_then(Value::as_array);
        let (Some(locale), Some(locales)) = (locale, locales) else {
            return true;
        };
        locales.is_empty() || locales.iter().any(|one| one.as_str() == Some(locale))
    };
    let numbered = history.filter_map(|(version, info)| {
        let build = info.get("buildNumber")?;
        counts(info).then_some((version, info, build))
    });
    let releases = (1_i64..).zip(numbered);
    releases
        .map(|(number, (version, info, build))| {
            let build_id = match info.get("buildid") {
                Some(id) => id.clone(),
                // Nothing but the release itself identifies it.
                None => Value::from(format!("{version}build{}", py_str(build))),
            };
            let values = [
                Value::from(version.as_str()),
                build.clone(),
                build_id,
                number.into(),
            ];
            let mut values = values.into_iter();
            NAMES.map(|name| (name, values.next().unwrap_or_default()))
        })
        .collect()
}

fn repeat_in(item: &mut Item, field: &str, releases: &[Placeholders]) -> Result<(), Diagnostic> {
    let path: Vec<&str> = field.split('.').collect();
    let missing = match fields::get(item, &path) {
        Some(Value::Array(_) | Value::Object(_)) => None,
        Some(other) => Some(fields::wrong_type(
            &item.origin,
            &path,
            "a list or a mapping",
            other,
        )),
        None => Some(
            item.error_at("partial-updates", format!("the task has no `{field}`"))
                .help("remove it from `partial-updates.fields`, or add it to the task"),
        ),
    };
    if let Some(missing) = missing {
        return Err(missing);
    }
    let Some((last, way)) = path.split_last() else {
        return Ok(());
    };
    let Some(slot) = fields::mapping(item, way)?.get_mut(last) else {
        return Ok(());
    };
    let lost = match slot {
        Value::Array(entries) => {
            *entries = repeated_items(entries, releases);
            None
        }
        Value::Object(entries) => match repeated_entries(entries, releases) {
            Ok(all) => {
                *entries = all;
                None
            }
            Err(lost) => Some(lost),
        },
        _ => None,
    };
    match lost {
        None => Ok(()),
        Some(Lost { key, message }) => {
            let place = ValuePath::keys(path.iter().copied()).key(&key);
            Err(Diagnostic::user(message)
                .at(item.origin.place(&place))
                .help("give each earlier release a key of its own, e.g. with `{previous_number}`"))
        }
    }
}

/// The items of a list, with those repeated that mention an earlier release.
fn repeated_items(items: &List, releases: &[Placeholders]) -> List {
    let mut all = List::new();
    for item in items.iter() {
        if mentions(item) {
            all.extend(releases.iter().map(|release| fill(item, release)));
        } else {
            all.push(item.clone());
        }
    }
    all
}

/// An entry of a mapping that another one would replace.
struct Lost {
    /// Its key in the kind.
    key: String,
    /// What is wrong.
    message: String,
}

/// The entries of a mapping, with those repeated that mention an earlier release.
fn repeated_entries(entries: &Object, releases: &[Placeholders]) -> Result<Object, Lost> {
    let mut all = Object::new();
    for (key, value) in entries.iter() {
        let lost = |message: String| Lost {
            key: key.to_string(),
            message,
        };
        let in_key = is_placeholder_in(key.as_str());
        if !in_key && mentions(value) {
            return Err(lost(format!(
                "`{key}` is repeated for each earlier release, but is the same key for all of them"
            )));
        }
        if !in_key {
            if all.insert(key.clone(), value.clone()).is_some() {
                return Err(lost(format!("two entries have the key `{key}`")));
            }
            continue;
        }
        for release in releases {
            let filled = fill_text(key.as_str(), release);
            if all.insert(filled.as_str(), fill(value, release)).is_some() {
                return Err(lost(format!("two entries have the key `{filled}`")));
            }
        }
    }
    Ok(all)
}

fn is_placeholder_in(text: &str) -> bool {
    NAMES.iter().any(|name| text.contains(name))
}

/// Whether a value mentions an earlier release.
fn mentions(value: &Value) -> bool {
    match value {
        Value::String(text) => is_placeholder_in(text.as_str()),
        Value::Array(items) => items.iter().any(mentions),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| is_placeholder_in(key.as_str()) || mentions(value)),
        _ => false,
    }
}

/// A value with an earlier release in its placeholders.
fn fill(value: &Value, release: &Placeholders) -> Value {
    match value {
        Value::String(text) => match release.iter().find(|(name, _)| text.as_str() == *name) {
            // Alone, a placeholder keeps its type.
            Some((_, value)) => value.clone(),
            None => Value::from(fill_text(text.as_str(), release)),
        },
        Value::Array(items) => items.iter().map(|item| fill(item, release)).collect(),
        Value::Object(map) => {
            let entries = map.iter();
            let entries = entries
                .map(|(key, value)| (fill_text(key.as_str(), release), fill(value, release)));
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

fn fill_text(text: &str, release: &Placeholders) -> String {
    let fill = |text: String, (name, value): &(&str, Value)| text.replace(name, &py_str(value));
    release.iter().fold(text.to_owned(), fill)
}

#[cfg(test)]
mod tests {
    use super::TRANSFORM;
    use crate::base::value::{Value, json};
    use crate::transform::test_support::TestProject;

    fn project(history: Value) -> TestProject {
        TestProject {
            params: json!({"release_history": history}),
            ..TestProject::default()
        }
    }

    fn task(locale: &str, required: bool) -> Value {
        json!([{
            "name": "x",
            "attributes": {"locale": locale},
            "partial-updates": {"fields": ["worker.paths", "worker.entries"], "required": required},
            "worker": {
                "paths": ["a", {"name": "b-{previous_number}.mar", "build": "{previous_build}"}],
                "entries": {"A-{version}": 1, "A-Partial-{previous_version}": "{previous_buildid} {{x}}"},
            },
        }])
    }

    #[test]
    fn entries_are_repeated_for_each_earlier_release() {
        let history = json!({
            "1.1": {"buildNumber": 2, "locales": ["de"]},
            "1.0": {"buildNumber": 1, "locales": [], "buildid": "2026"},
            "linux64": {"de": {}},
        });
        let made = project(history.clone())
            .run(&TRANSFORM, task("de", true))
            .unwrap();
        assert_eq!(
            made[0]["worker"],
            json!({
                "paths": ["a", {"name": "b-1.mar", "build": 2}, {"name": "b-2.mar", "build": 1}],
                "entries": {
                    "A-{version}": 1,
                    "A-Partial-1.1": "1.1build2 {{x}}",
                    "A-Partial-1.0": "2026 {{x}}",
                },
            })
        );
        let other = project(history).run(&TRANSFORM, task("fr", true)).unwrap();
        assert_eq!(
            other[0]["worker"]["paths"],
            json!(["a", {"name": "b-1.mar", "build": 1}])
        );
    }

    #[test]
    fn without_earlier_releases_nothing_is_repeated() {
        let made = project(json!({}))
            .run(&TRANSFORM, task("de", false))
            .unwrap();
        assert_eq!(
            made[0]["worker"],
            json!({"paths": ["a"], "entries": {"A-{version}": 1}})
        );
        let made = project(Value::Null)
            .run(&TRANSFORM, task("de", true))
            .unwrap();
        assert_eq!(made, json!([]));
    }

    #[test]
    fn entries_that_would_replace_each_other_are_reported() {
        let error = |entries: Value| {
            let task = json!([{
                "name": "x", "partial-updates": {"fields": ["worker.entries"]}, "worker": {"entries": entries},
            }]);
            let history = json!({"1.1": {"buildNumber": 1}, "1.0": {"buildNumber": 1}});
            project(history).error(&TRANSFORM, task)
        };
        let same = error(json!({"A": "{previous_version}"}));
        assert!(
            same.contains("`A` is repeated for each earlier release, but is the same key"),
            "{same}"
        );
        for entries in [
            json!({"A-{previous_build}": 1}),
            json!({"A-{previous_number}": 1, "A-1": 2}),
            json!({"A-1": 2, "A-{previous_number}": 1}),
        ] {
            let twice = error(entries);
            assert!(twice.contains("two entries have the key `A-1`"), "{twice}");
        }
    }

    #[test]
    fn fields_that_cannot_be_repeated_are_reported() {
        let error = |field: &str| {
            let task =
                json!([{"name": "x", "description": "d", "partial-updates": {"fields": [field]}}]);
            project(json!({})).error(&TRANSFORM, task)
        };
        assert!(error("worker.paths").contains("the task has no `worker.paths`"));
        assert!(error("description").contains("expected a list or a mapping"));
    }
}
