//! Determines which files become artifacts, as workers do from the payload.
//!
//! 1. Every file that the phase wrote gets the path that the command writes it to: below the
//!    working folder, following the links that the command creates.
//! 2. Each entry of `payload.artifacts` publishes the files at its path, under its name and with its expiry.
//! 3. A name that two entries publish with different properties is a breach: the queue would answer
//!    the second with 409, which generic-worker reports as a malformed payload.

use std::collections::BTreeMap;

use super::artifacts::Artifacts;
use super::command::{Command, TASK_FOLDER, Worker, absolute, below};
use crate::base::posix::join;
use crate::base::value::Value;
use crate::ports::artifacts::path_of;

/// An entry of `payload.artifacts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredArtifact {
    /// Its name.
    pub name: String,
    /// Its path on the worker.
    pub path: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// When its artifacts expire; by default, with the task.
    pub expires: Option<String>,
    /// Whether the task continues without it.
    pub optional: bool,
    content_type: Option<String>,
    content_encoding: Option<String>,
}

/// An artifact to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// When it expires.
    pub expires: String,
    /// Its `Content-Type`.
    pub content_type: String,
    /// Whether it is compressed with gzip for the upload.
    pub gzip: bool,
    /// Its content.
    pub content: Vec<u8>,
}

/// The entries of `payload.artifacts`: a mapping for docker-worker, a list for generic-worker.
pub fn declared(definition: &Value) -> Vec<DeclaredArtifact> {
    let worker = Worker::from_definition(definition);
    // docker-worker resolves paths from the root of the container.
    let base = match worker {
        Worker::Docker => "/",
        Worker::Generic => TASK_FOLDER,
    };
    let entry_of = |name: Option<&str>, entry: &Value| {
        let text = |key: &str| entry[key].as_str().map(str::to_owned);
        let path = text("path")?;
        Some(DeclaredArtifact {
            name: name
                .map(str::to_owned)
                .or_else(|| text("name"))
                .unwrap_or_else(|| path.clone()),
            path: absolute(base, &path),
            folder: entry["type"] != "file",
            expires: text("expires"),
            // docker-worker publishes an error artifact instead of a missing one, and the task
            // continues.
            optional: worker == Worker::Docker || entry["optional"] == true,
            content_type: text("contentType"),
            content_encoding: text("contentEncoding"),
        })
    };
    match &definition["payload"]["artifacts"] {
        Value::Object(map) => map
            .iter()
            .filter_map(|(name, entry)| entry_of(Some(name), entry))
            .collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(|entry| entry_of(None, entry))
            .collect(),
        _ => Vec::new(),
    }
}

/// The path that an artifact of a phase is written to, with links resolved.
fn written_to(command: &Command, name: &str) -> Option<String> {
    let path = path_of(name).to_string_lossy().replace('\\', "/");
    command
        .links_before
        .resolve(&absolute(&command.folder, &path))
}

/// The names under which a file is published, each with its entry.
fn names<'d>(
    command: &Command,
    declared: &'d [DeclaredArtifact],
    path: &str,
) -> Vec<(String, &'d DeclaredArtifact)> {
    let published_name = |entry: &'d DeclaredArtifact| {
        let at = command.links.resolve(&entry.path)?;
        let rest = below(path, &at)?;
        match (entry.folder, rest.is_empty()) {
            (true, false) => Some((join(&entry.name, rest), entry)),
            (false, true) => Some((entry.name.clone(), entry)),
            _ => None,
        }
    };
    declared.iter().filter_map(published_name).collect()
}

/// Artifacts of a decision or promotion that are read later: by later promotions, by whatever
/// triggers actions, and by chain of trust.
const READ_LATER: &[&str] = &[
    "actions.json",
    "full-task-graph.json",
    "label-to-taskid.json",
    "parameters.yml",
    "target-tasks.json",
    "task-graph.json",
];

/// Finds mistakes in `payload.artifacts` before anything is written.
pub fn check_before_run(definition: &Value, command: &Command) -> Vec<String> {
    unpublished(command, &declared(definition), READ_LATER.iter().copied())
}

/// The artifacts that no entry publishes as `public/NAME`: entry_of message for each cause.
fn unpublished<'n>(
    command: &Command,
    declared: &[DeclaredArtifact],
    files: impl Iterator<Item = &'n str>,
) -> Vec<String> {
    let mut missing: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in files {
        let Some(path) = written_to(command, name) else {
            missing
                .entry("symbolic links in the path form a loop".to_owned())
                .or_default()
                .push(name);
            continue;
        };
        let published = names(command, declared, &path);
        if published
            .iter()
            .any(|(as_name, _)| *as_name == format!("public/{name}"))
        {
            continue;
        }
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let why = match published.first() {
            Some((_, entry)) => format!("{folder} is published as `{}`", entry.name),
            None => format!(
                "{} written to {folder}, which is not among the paths of `payload.artifacts`",
                if name.contains('/') {
                    "it is"
                } else {
                    "they are"
                }
            ),
        };
        missing.entry(why).or_default().push(name);
    }
    let messages = missing
        .into_iter()
        .map(|(why, names)| match names.as_slice() {
            [] => why,
            [name] => format!(
                "public/{name} is not published: {}",
                why.replace("they are", "it is")
            ),
            [first, more @ ..] => format!(
                "public/{first} and {} more are not published: {why}",
                more.len()
            ),
        });
    messages.collect()
}

/// The files of its phase that a task publishes, and their errors.
pub fn plan_uploads(
    definition: &Value,
    command: Option<&Command>,
    artifacts: &Artifacts,
) -> (Vec<Upload>, Vec<String>) {
    let declared = declared(definition);
    let task = definition["expires"].as_str().unwrap_or_default();
    let Some(command) = command else {
        return (uploads_by_name(&declared, task, artifacts), Vec::new());
    };
    let mut breaches = unpublished(command, &declared, artifacts.keys().map(String::as_str));
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let (before, after) = &command.written;
    let echoed = |(path, content): &(String, String)| {
        Some((command.links.resolve(path)?, content.clone().into_bytes()))
    };
    files.extend(before.iter().filter_map(echoed));
    files.extend(
        artifacts
            .iter()
            .filter_map(|(name, content)| Some((written_to(command, name)?, content.clone()))),
    );
    files.extend(after.iter().filter_map(echoed));

    let mut uploads: BTreeMap<String, (Upload, &DeclaredArtifact)> = BTreeMap::new();
    let mut twice: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let mut published: Vec<&DeclaredArtifact> = Vec::new();
    for (path, content) in &files {
        for (name, entry) in names(command, &declared, path) {
            published.push(entry);
            let upload = upload(name.clone(), path, content.clone(), task, entry);
            match uploads.get(&name) {
                None => drop(uploads.insert(name, (upload, entry))),
                Some((first, other)) if is_conflict(first, &upload) => {
                    twice
                        .entry((&other.name, &entry.name))
                        .or_default()
                        .push(name);
                }
                Some(_) => {}
            }
        }
    }
    for ((first, second), names) in twice {
        let more = match names.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        breaches.push(format!(
            "{}{more}: published twice with different properties, by `{first}` and by `{second}`; \
             the queue rejects the second (409), and generic-worker resolves the task as \
             malformed-payload",
            names.first().map_or("", String::as_str)
        ));
    }
    for entry in declared
        .iter()
        .filter(|entry| !entry.optional && !published.contains(entry))
    {
        breaches.push(format!(
            "`{}`: {} does not exist, so generic-worker would fail the task",
            entry.name, entry.path
        ));
    }
    (
        uploads.into_values().map(|(upload, _)| upload).collect(),
        breaches,
    )
}

/// What is published if the command is not known: everything, each file with the expiry of the
/// entry whose name it is below.
fn uploads_by_name(
    declared: &[DeclaredArtifact],
    task: &str,
    artifacts: &Artifacts,
) -> Vec<Upload> {
    let all = artifacts.iter().map(|(name, content)| {
        let name = format!("public/{name}");
        let mut entries: Vec<&DeclaredArtifact> = declared.iter().collect();
        entries.retain(|entry| below(&name, &entry.name).is_some());
        entries.sort_by_key(|entry| entry.name.len());
        let none = DeclaredArtifact {
            name: String::new(),
            path: String::new(),
            folder: true,
            expires: None,
            optional: true,
            content_type: None,
            content_encoding: None,
        };
        let entry = entries.last().copied().unwrap_or(&none);
        upload(name.clone(), &name, content.clone(), task, entry)
    });
    all.collect()
}

fn upload(
    name: String,
    path: &str,
    content: Vec<u8>,
    task: &str,
    entry: &DeclaredArtifact,
) -> Upload {
    let extension = extension(path);
    Upload {
        name,
        expires: entry.expires.clone().unwrap_or_else(|| task.to_owned()),
        content_type: entry
            .content_type
            .clone()
            .unwrap_or_else(|| content_type(extension).to_owned()),
        gzip: match entry.content_encoding.as_deref() {
            Some(encoding) => encoding == "gzip",
            None => !COMPRESSED.contains(&extension),
        },
        content,
    }
}

fn is_conflict(first: &Upload, second: &Upload) -> bool {
    first.expires != second.expires || first.content_type != second.content_type
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Extensions of files that workers do not compress, since they already are.
const COMPRESSED: &[&str] = &[
    "7z", "aab", "apk", "br", "bz2", "deb", "dmg", "flv", "gif", "gz", "jar", "jpeg", "jpg", "lz",
    "lz4", "mz", "npz", "pkg", "png", "swf", "sz", "tbz", "tgz", "wasm", "webp", "whl", "woff",
    "woff2", "xpi", "xz", "zip", "zst", "zz",
];

fn content_type(extension: &str) -> &'static str {
    match extension {
        "json" => "application/json",
        "jsonl" => "application/jsonl",
        "yml" | "yaml" => "application/yaml",
        "gz" | "tgz" => "application/gzip",
        "zst" => "application/zstd",
        "log" => "text/plain",
        "txt" | "md" => "text/plain; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}
