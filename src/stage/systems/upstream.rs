//! The upstream artifacts of a task.

use std::sync::Arc;

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
