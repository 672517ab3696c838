//! The changes of what a staged task is asked to do: its `extra.staging`, with the payload of the release worker.

use crate::base::value::{Value, json};

/// The entries of a list, to be changed.
fn entries(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    let list = match value {
        Value::Array(list) => Some(list.iter_mut()),
        _ => None,
    };
    list.into_iter().flatten()
}

/// The values of a mapping, to be changed.
fn values(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    let map = match value {
        Value::Object(map) => Some(map.values_mut()),
        _ => None,
    };
    map.into_iter().flatten()
}

/// Changes a text, if there is one.
fn change(value: &mut Value, change: impl FnOnce(&str) -> String) -> bool {
    match value.as_str().map(change) {
        Some(text) => {
            *value = Value::from(text);
            true
        }
        None => false,
    }
}

/// A format of MARs for a file that is none.
pub fn wrong_format(staging: &mut Value) -> bool {
    let mut upstream = entries(&mut staging["payload"]["upstreamArtifacts"]);
    let other = upstream.find(|entry| {
        let mut paths = entry["paths"].texts();
        paths.next().is_some_and(|path| !path.ends_with(".mar"))
    });
    match other {
        Some(entry) => {
            entry["formats"] = json!(["autograph_hash_only_mar384"]);
            true
        }
        None => false,
    }
}

/// A file that is not there.
pub fn missing_artifact(staging: &mut Value) -> bool {
    if !staging["payload"]["artifactMap"].is_array() {
        return false;
    }
    let mut upstream = entries(&mut staging["payload"]["upstreamArtifacts"]);
    match upstream.next().map(|entry| &mut entry["paths"]) {
        Some(Value::Array(paths)) => {
            paths.push(Value::from("public/build/target.missing.txt"));
            true
        }
        _ => false,
    }
}

/// The destinations of one file for another one.
pub fn same_destination(staging: &mut Value) -> bool {
    let map = &mut staging["payload"]["artifactMap"];
    let mut files = entries(map).flat_map(|entry| values(&mut entry["paths"]));
    match (files.next(), files.next()) {
        (Some(one), Some(other)) => {
            other["destinations"] = one["destinations"].clone();
            true
        }
        _ => false,
    }
}

/// The number of the next build.
pub fn wrong_build(staging: &mut Value) -> bool {
    let payload = &mut staging["payload"];
    let number = payload["build_number"].as_u64();
    match number.filter(|_| payload.get("artifactMap").is_none()) {
        Some(number) => {
            payload["build_number"] = json!(number + 1);
            true
        }
        None => false,
    }
}

/// No scopes.
pub fn lost_scopes(staging: &mut Value) -> bool {
    let had_some = staging["scopes"]
        .as_array()
        .is_some_and(|scopes| !scopes.is_empty());
    staging["scopes"] = json!([]);
    had_some
}

/// A rule that does not exist.
pub fn unknown_rule(staging: &mut Value) -> bool {
    let mut rules = entries(&mut staging["payload"]["rules_to_update"]);
    let rule = rules.next();
    rule.is_some_and(|rule| change(rule, |_| "no-such-rule".to_owned()))
}

/// A time that is none.
pub fn malformed_time(staging: &mut Value) -> bool {
    let eta = &mut staging["payload"]["release_eta"];
    change(eta, |_| "tomorrow".to_owned())
}

/// A product that nobody has submitted.
pub fn unknown_product(staging: &mut Value) -> bool {
    let mut aliases = values(&mut staging["payload"]["aliases_entries"]);
    let product = aliases.next();
    product.is_some_and(|product| change(product, |product| format!("{product}-missing")))
}

/// A file that the worker does not change.
pub fn other_file(staging: &mut Value) -> bool {
    let mut files = entries(&mut staging["payload"]["version_bump_info"]["files"]);
    let file = files.next();
    file.is_some_and(|file| change(file, |_| "README.md".to_owned()))
}

/// The name of another release.
pub fn wrong_name(staging: &mut Value) -> bool {
    let name = &mut staging["payload"]["release_name"];
    change(name, |name| format!("{name}0"))
}
