//! The manifest that a task of the update server reads: what another task has put into the archive.

use crate::base::json;
use crate::base::value::Value;
use crate::stage::source::no_artifact;
use crate::stage::work::Work;

/// A manifest.
pub struct Manifest {
    /// Its name and its task, for messages.
    pub place: String,
    /// What it says.
    pub content: Value,
}

/// Reads the manifest of a task, which lists `what`. What is wrong is a problem.
pub fn read(work: &mut Work<'_>, what: &str) -> Option<Manifest> {
    let upstream = work.payload()["upstreamArtifacts"].as_array();
    let files = upstream.into_iter().flatten().flat_map(|from| {
        let task = from["taskId"].as_str().unwrap_or_default();
        let paths = from["paths"].as_array().into_iter().flatten();
        paths.filter_map(move |path| Some((task.to_owned(), path.as_str()?.to_owned())))
    });
    let files: Vec<(String, String)> = files.collect();
    let others = files.iter().skip(1).map(|(_, name)| name);
    let is_manifest = |name: &&String| name.rsplit('/').next() == Some("manifest.json");
    let (manifests, rest): (Vec<&String>, Vec<&String>) = others.partition(is_manifest);
    if !manifests.is_empty() {
        work.report.problem(format!(
            "the worker reads only the first of the {} manifests: the {what} of the others would be missing",
            manifests.len() + 1
        ));
    }
    work.report.warnings.extend(rest.iter().map(|name| {
        format!("{name} is downloaded for nothing: the worker reads only the first of its upstream artifacts")
    }));
    let Some((task, name)) = files.into_iter().next() else {
        work.report
            .problem("`payload.upstreamArtifacts` names no manifest");
        return None;
    };
    let Some(content) = work.artifact(&task, &name) else {
        work.report.problem(no_artifact(&task, &name));
        return None;
    };
    let place = format!("{name} of the task {task}");
    match json::read(&name, &content) {
        Ok(content) => Some(Manifest { place, content }),
        Err(error) => {
            work.report.problem(format!("{place}: {}", error.message));
            None
        }
    }
}
