//! beetmover: libraries for a Maven repository.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::archive::{Existing, files, place};
use crate::base::digest::hex;
use crate::stage::archive::artifact_map::Files;
use crate::stage::archive::maven::check;
use crate::stage::keys::Hash;
use crate::stage::makers::md5;
use crate::stage::work::Work;

/// Publishes the libraries of the payload.
pub fn push_to_maven(work: &mut Work<'_>) {
    let Some(files) = files(work, true) else {
        return;
    };
    let payload = work.payload();
    let product = payload["releaseProperties"]["appName"]
        .as_str()
        .unwrap_or_default();
    let Some(version) = payload["version"].as_str() else {
        return work.report.problem(
            "`payload.version` is missing; the worker compares it with the folder of each library",
        );
    };
    let errors = check(product, version, &files.map);
    let errors = errors.iter().map(ToString::to_string);
    work.report.problems.extend(errors);
    let paths = files.map.iter().map(|entry| entry.paths.len()).sum();
    work.report
        .checked("folder and name of each library contain the version", paths);
    companions(work, &files);
    if work.report.problems.is_empty() {
        place(work, &files, Existing::Refused);
    }
}

/// Checks the files that contain the hash of another file, as `library.jar.sha256` does of `library.jar`.
///
/// The worker does not check them, but whoever downloads the library does.
fn companions(work: &mut Work<'_>, files: &Files) {
    let mut contents: BTreeMap<(&str, &str), Arc<[u8]>> = BTreeMap::new();
    for upstream in &files.upstream {
        for path in &upstream.paths {
            if let Some(content) = work.artifact(&upstream.task_id, path) {
                contents.insert((&upstream.task_id, path), content);
            }
        }
    }
    let mut count = 0;
    for ((task, path), content) in &contents {
        let Some((stem, end)) = path.rsplit_once('.') else {
            continue;
        };
        let Some(of) = contents.get(&(*task, stem)) else {
            continue;
        };
        let expected = match end {
            "md5" => hex(&md5(of)),
            "sha1" => Hash::Sha1.hex(of),
            "sha256" => Hash::Sha256.hex(of),
            "sha512" => Hash::Sha512.hex(of),
            _ => continue,
        };
        count += 1;
        let text = String::from_utf8_lossy(content);
        let given = text.split_whitespace().next().unwrap_or_default();
        if !given.eq_ignore_ascii_case(&expected) {
            work.report.problem(format!(
                "{path} of task {task} is not the hash of {stem}, which is {expected}"
            ));
        }
    }
    work.report.checked(
        "files with the hash of a library against the library",
        count,
    );
}
