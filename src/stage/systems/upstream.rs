//! The upstream artifacts of a task.

use std::sync::Arc;

use crate::base::json;
use crate::stage::source::no_artifact;
use crate::stage::work::Work;

/// An artifact that a task reads.
pub struct Artifact {
    /// Its name.
    pub path: String,
    /// The locale, if the payload says one.
    pub locale: Option<String>,
    /// Its content.
    pub content: Arc<[u8]>,
}

/// Reads all upstream artifacts; those that are missing are problems.
pub fn read(work: &mut Work<'_>) -> Vec<Artifact> {
    let upstream = work.payload()["upstreamArtifacts"].as_array();
    let mut found = Vec::new();
    for entry in upstream.into_iter().flatten() {
        let task = entry["taskId"].as_str().unwrap_or_default();
        let locale = entry["locale"].as_str().map(str::to_owned);
        let paths = entry["paths"].texts();
        for path in paths {
            match work.artifact(task, path) {
                Some(content) => found.push(Artifact {
                    path: path.to_owned(),
                    locale: locale.clone(),
                    content,
                }),
                None if entry["optional"].as_bool() == Some(true) => work.report.would.push(
                    format!("{path} is optional and missing, and would be skipped"),
                ),
                None => work.report.problem(no_artifact(task, path)),
            }
        }
    }
    work.report.checked("upstream artifacts", found.len());
    if found.is_empty() {
        work.report.problem("there is no artifact to push");
    }
    found
}

/// An artifact that an ordinary task fetches before it begins.
pub struct Fetch {
    /// The task.
    pub task: String,
    /// The name of the artifact.
    pub artifact: String,
}

/// The artifacts that the task fetches. A list that cannot be read is empty.
pub fn fetches(work: &Work<'_>) -> Vec<Fetch> {
    let list = work.payload()["env"]["MOZ_FETCHES"].as_str();
    let list = list.and_then(|list| json::read("MOZ_FETCHES", list.as_bytes()).ok());
    let items = list.as_ref().and_then(|list| list.as_array());
    let fetches = items.into_iter().flatten().filter_map(|fetch| {
        Some(Fetch {
            task: fetch["task"].as_str()?.to_owned(),
            artifact: fetch["artifact"].as_str()?.to_owned(),
        })
    });
    fetches.collect()
}

/// The ends of the scopes of a task that contain a text.
pub fn scope_ends<'w>(work: &Work<'w>, part: &str) -> Vec<&'w str> {
    let scopes = work.staged.scopes.iter();
    scopes
        .filter_map(|scope| scope.split_once(part).map(|(_, end)| end))
        .collect()
}

/// Checks that a channel is one that the worker knows.
pub fn check_channel(work: &mut Work<'_>, known: &[&str]) {
    let channel = work.text("channel");
    if !known.contains(&channel) {
        work.report.problem(format!(
            "the channel {channel:?} is not one of {}",
            known.join(", ")
        ));
    }
}
