//! Partials: partial updates from earlier releases, made as production makes them.
//!
//! What is to be made is in `extra.funsize.partials`, how in the environment: `SIGNING_CERT`,
//! `MAR_CHANNEL_ID`, `EXTRA_PARAMS`. Each result is applied to the earlier build here, which production does
//! not do before update verification.

use std::sync::Arc;

use crate::base::text::plural;
use crate::base::value::Value;
use crate::stage::bouncer::database;
use crate::stage::keys::Certificate;
use crate::stage::mar::extract::extract;
use crate::stage::mar::install::install;
use crate::stage::mar::product_version::compare;
use crate::stage::mar::{Mar, ProductInfo};
use crate::stage::partials::funsize::{
    allow, artifact, check_channel, check_signature, converts, entry, option,
};
use crate::stage::partials::make::{Build, LIMIT, Partial, make};
use crate::stage::partials::rules::is_kept;
use crate::stage::python_json;
use crate::stage::report::Table;
use crate::stage::source::no_artifact;
use crate::stage::work::Work;

use super::archived;

/// The name of the manifest.
const MANIFEST: &str = "manifest.json";

/// What holds for all updates of a task.
struct Settings {
    certificate: &'static Certificate,
    channels: String,
    staging: bool,
    x86: bool,
}

/// An update that was read.
struct Read {
    bytes: Arc<[u8]>,
    build: Build,
}

/// Makes the partial updates of a task.
pub fn make_partials(work: &mut Work<'_>) {
    let Some(settings) = settings(work) else {
        return;
    };
    let list = work.definition["extra"]["funsize"]["partials"].as_array();
    let list: Vec<Value> = list.into_iter().flatten().cloned().collect();
    if list.is_empty() {
        let what = "`extra.funsize.partials` is missing or empty: the task makes no updates";
        work.report.problem(what);
    }
    let mut manifest = Vec::new();
    let mut rows = Vec::new();
    let mut made: Vec<(String, Vec<u8>)> = Vec::new();
    for definition in &list {
        let before = work.report.problems.len();
        let Some((partial, entry, from)) = one(work, &settings, definition) else {
            if work.report.problems.len() == before {
                let what = format!("{}: nothing was made", name(definition));
                work.report.problem(what);
            }
            continue;
        };
        rows.push(vec![
            name(definition).to_owned(),
            from,
            format!(
                "{} ({})",
                entry["version"].as_str().unwrap_or_default(),
                entry["to_buildid"].as_str().unwrap_or_default()
            ),
            partial.mar.len().to_string(),
            partial.patched.to_string(),
            partial.added.to_string(),
            partial.removed.to_string(),
            format!("{} of {}", partial.patches, partial.replaced),
        ]);
        manifest.push(entry);
        made.push((name(definition).to_owned(), partial.mar));
    }
    if !work.report.problems.is_empty() {
        return;
    }
    let text = python_json::indented(&Value::from(manifest), 2).into_bytes();
    made.push((MANIFEST.to_owned(), text));
    for (file, content) in made {
        let kind = match file.as_str() {
            MANIFEST => "application/json",
            _ => "application/octet-stream",
        };
        match work.declared(&file) {
            Some(name) => work.make(name, content, kind),
            None => work.report.problem(format!(
                "the task makes {file}, but `payload.artifacts` does not have it: nothing would be uploaded"
            )),
        }
    }
    let count = rows.len();
    for what in [
        "each complete update: address, signature, MAR channel id",
        "each partial update makes the new build of the earlier one",
        "each partial update is no larger than the complete one",
    ] {
        work.report.checked(what, count);
    }
    let would = format!("{} would be made", plural(count, "partial update"));
    work.report.would.push(would);
    work.report.tables.push(Table {
        title: "Partial updates".to_owned(),
        columns: vec![
            "File",
            "From",
            "To",
            "Bytes",
            "Patched",
            "Whole",
            "Removed",
            "Bytes of patches",
        ],
        rows,
    });
}

/// The name of the file that is to be made.
fn name(definition: &Value) -> &str {
    definition["dest_mar"].as_str().unwrap_or_default()
}

fn settings(work: &mut Work<'_>) -> Option<Settings> {
    let environment = &work.payload()["env"];
    let text = |name: &str| environment[name].as_str().unwrap_or_default();
    let certificate = match text("SIGNING_CERT") {
        // The first key for staging.
        "dep1" => "dep",
        other => other,
    };
    let certificate = match Certificate::named(certificate) {
        Ok(certificate) => Some(certificate),
        Err(error) => {
            work.report.problem(format!("`SIGNING_CERT`: {error}"));
            None
        }
    };
    let channels = text("MAR_CHANNEL_ID").to_owned();
    if channels.is_empty() {
        let what = "`MAR_CHANNEL_ID` is missing: the updates would belong to no channel";
        work.report.problem(what);
    }
    let x86 = match converts(text("EXTRA_PARAMS")) {
        Ok(x86) => Some(x86),
        Err(error) => {
            work.report.problem(error.to_string());
            None
        }
    };
    let staging = text("FUNSIZE_ALLOW_STAGING_PREFIXES").to_ascii_lowercase();
    let staging = ["y", "yes", "t", "true", "on", "1"].contains(&staging.as_str());
    let settings = Settings {
        certificate: certificate?,
        channels,
        staging,
        x86: x86?,
    };
    (!settings.channels.is_empty()).then_some(settings)
}

/// Makes a partial update; returns it, its entry in the manifest, and what it updates.
fn one(
    work: &mut Work<'_>,
    settings: &Settings,
    definition: &Value,
) -> Option<(Partial, Value, String)> {
    let from = read(work, settings, definition, "from_mar", false);
    let to = read(work, settings, definition, "to_mar", true);
    let (from, to) = (from?, to?);
    let problem = |work: &mut Work<'_>, why: String| {
        work.report.problem(format!("{}: {why}", name(definition)));
    };
    let version = option(&to.build.tree, "application.ini", "App", "Version");
    let version = version
        .map_err(|error| problem(work, error.to_string()))
        .ok()?;
    let product = ProductInfo {
        channel: settings.channels.clone(),
        version,
    };
    let partial = make(&from.build, &to.build, &product, settings.x86);
    let partial = partial
        .map_err(|error| problem(work, error.to_string()))
        .ok()?;
    let installed = &from.build.product.version;
    if compare(installed, &product.version).is_gt() {
        let what = format!(
            "clients would refuse it (status 23): it downgrades {installed} to {}",
            product.version
        );
        problem(work, what);
    }
    if partial.mar.len() > to.bytes.len() {
        let what = format!(
            "it has {}, more than the complete update with {}: update verification would reject it",
            plural(partial.mar.len(), "byte"),
            to.bytes.len()
        );
        problem(work, what);
    }
    if let Err(why) = applies(&partial, &from.build, &to.build) {
        problem(work, why);
    }
    let (from_side, to_side) = ((&from.build, &*from.bytes), (&to.build, &*to.bytes));
    let entry = entry(definition, &settings.channels, from_side, to_side, &partial);
    let entry = entry
        .map_err(|error| problem(work, error.to_string()))
        .ok()?;
    expect(work, definition, &entry);
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let from = format!(
        "{installed} ({}), {}",
        text("from_buildid"),
        text("from_mar")
    );
    Some((partial, entry, from))
}

/// Checks what the task says about the builds.
fn expect(work: &mut Work<'_>, definition: &Value, entry: &Value) {
    if entry["from_buildid"] == entry["to_buildid"] {
        work.report.problem(format!(
            "{}: it would update the build {} to itself",
            name(definition),
            entry["to_buildid"].as_str().unwrap_or_default()
        ));
    }
    let previous = definition["previousVersion"].as_str();
    let address = definition["from_mar"].as_str().unwrap_or_default();
    let is_named = |version: &&str| !address.contains(&format!("/{version}"));
    if let Some(version) = previous
        .filter(|_| artifact(address).is_none())
        .filter(is_named)
    {
        work.report.problem(format!(
            "{}: it is to update {version}, but {address} is not an update of that version",
            name(definition)
        ));
    }
}

/// Checks that a partial update makes the new build of the earlier one, except for files that belong to users.
fn applies(partial: &Partial, from: &Build, to: &Build) -> Result<(), String> {
    let mar = Mar::read(&partial.mar).map_err(|error| error.to_string())?;
    let update = extract(&mar, LIMIT).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        errors.join(", ")
    })?;
    let updated = install(&update, &from.tree);
    let updated = updated.map_err(|error| format!("it does not apply: {error}"))?;
    let mut expected = to.tree.clone();
    for (path, file) in from.tree.iter().filter(|(path, _)| is_kept(path)) {
        expected.insert(path.clone(), file.clone());
    }
    let mut paths = expected.keys().chain(updated.keys());
    match paths.find(|path| expected.get(*path) != updated.get(*path)) {
        Some(path) => Err(format!("it does not make the new build: {path} differs")),
        None => Ok(()),
    }
}

/// Reads a complete update that a task names.
fn read(
    work: &mut Work<'_>,
    settings: &Settings,
    definition: &Value,
    key: &'static str,
    is_new: bool,
) -> Option<Read> {
    let address = definition[key].as_str().unwrap_or_default();
    let problem = |work: &mut Work<'_>, why: String| {
        let name = name(definition);
        work.report.problem(format!("{name}: `{key}`: {why}"));
    };
    if let Err(error) = allow(address, settings.staging) {
        problem(work, error.to_string());
        return None;
    }
    let bytes = match artifact(address) {
        Some((task, file)) => {
            let content = work.artifact(task, file);
            if content.is_none() {
                problem(work, no_artifact(task, file));
            }
            content?
        }
        None => match published(work, address) {
            Ok(bytes) => bytes,
            Err(why) => {
                problem(work, why);
                return None;
            }
        },
    };
    // The new build is not signed yet.
    if artifact(address).is_none() {
        let key = settings.certificate.key();
        let key = key.map_err(|error| problem(work, error.to_string())).ok()?;
        let checked = check_signature(&bytes, settings.certificate.name, key.public());
        checked
            .map_err(|error| problem(work, format!("{address}: {error}")))
            .ok()?;
    }
    let build = Build::unpack(&bytes).map_err(|errors| {
        for error in errors {
            problem(work, format!("{address}: {error}"));
        }
    });
    let build = build.ok()?;
    if is_new {
        // An earlier build may be of another channel: a beta is updated to a release.
        let checked = check_channel(&build.product.channel, &settings.channels);
        checked
            .map_err(|error| problem(work, format!("{address}: {error}")))
            .ok()?;
    }
    Some(Read { bytes, build })
}

/// The content of a file of the archive.
fn published(work: &mut Work<'_>, address: &str) -> Result<Arc<[u8]>, String> {
    let path = archived::path_of(&database::of(work.all), address);
    let path = path.map_err(|why| why.to_string())?;
    match archived::file(work, &path) {
        Some(file) => file.content.map_err(|why| format!("{path}: {why}")),
        None => Err(format!(
            "neither this release nor its history has {path}: give the release a history with it, or promise no \
             partial updates from there"
        )),
    }
}
