//! beetmover: the files of partners, and those without the decryption plugin.
//!
//! The real worker goes by the `locale` of each artifact, which is its folder below the candidates of Firefox, and
//! by the name of the artifact. It does not look at an artifact map. So a payload without a map is read as the
//! worker reads it. A map is followed, but must not say anything else than the worker would do.

use std::collections::BTreeMap;

use super::archive::{Existing, files, place};
use crate::stage::archive::artifact_map::{Entry, Files, Place};
use crate::stage::archive::partner::{destination, is_folder};
use crate::stage::archive::push::Release;
use crate::stage::work::Work;

/// The product whose candidates have partners.
const PRODUCT: &str = "firefox";

/// Publishes the files of partners.
pub fn push_to_partner(work: &mut Work<'_>) {
    let payload = work.payload();
    let (Some(version), Some(build_number)) = (
        payload["version"].as_str(),
        payload["build_number"].as_u64(),
    ) else {
        work.report.problem(
            "`payload.version` or `payload.build_number` is missing; the worker needs both for files of partners",
        );
        return;
    };
    let release = Release {
        product: PRODUCT,
        version,
        build_number,
        partners: &[],
    };
    let Some(mut files) = files(work, false) else {
        return;
    };
    let problems = match payload.get("artifactMap") {
        None => map(&mut files, &release),
        Some(_) => misplaced(&files, &release),
    };
    let count = files.upstream.iter().map(|one| one.paths.len()).sum();
    work.report
        .checked("each file has a place in the folder of its partner", count);
    work.report.problems.extend(problems);
    if work.report.problems.is_empty() {
        // Files of partners are made again whenever a partner asks.
        place(work, &files, Existing::Replaced);
    }
}

/// Makes the map that the worker goes by. Returns what it does not accept.
fn map(files: &mut Files, release: &Release<'_>) -> Vec<String> {
    let folder = release.candidates_folder();
    let mut problems = Vec::new();
    let mut entries = Vec::new();
    for upstream in &files.upstream {
        let mut paths = BTreeMap::new();
        for path in &upstream.paths {
            match destination(&folder, &upstream.locale, path, release.version) {
                Ok((destination, checksums_path)) => {
                    let place = Place {
                        destinations: vec![destination],
                        checksums_path,
                        update_balrog_manifest: false,
                        balrog_format: String::new(),
                        from_buildid: None,
                        expiry: None,
                    };
                    paths.insert(path.clone(), place);
                }
                Err(error) => problems.push(error.to_string()),
            }
        }
        entries.push(Entry {
            task_id: upstream.task_id.clone(),
            locale: upstream.locale.clone(),
            paths,
        });
    }
    files.map = entries;
    problems
}

/// The places of a map where no files of partners are, or others than the worker would choose.
fn misplaced(files: &Files, release: &Release<'_>) -> Vec<String> {
    let folder = release.candidates_folder();
    let mut problems = Vec::new();
    for entry in &files.map {
        for (path, place) in &entry.paths {
            let expected = is_folder(&entry.locale)
                .then(|| destination(&folder, &entry.locale, path, release.version));
            for to in &place.destinations {
                problems.extend(match &expected {
                    Some(Ok((expected, _))) => (expected != to).then(|| {
                        format!("{path} goes to {to}, but the worker ignores the map and puts it to {expected}")
                    }),
                    Some(Err(error)) => Some(error.to_string()),
                    None => (!is_of_partner(to, release)).then(|| {
                        format!(
                            "{path} goes to {to}, which is not in a folder of partners of {} build {}",
                            release.version, release.build_number
                        )
                    }),
                });
            }
        }
    }
    problems
}

/// Whether a path is in the candidates of a release of any product, in a folder of a partner or of builds
/// without the decryption plugin.
fn is_of_partner(path: &str, release: &Release<'_>) -> bool {
    let Some((product, _)) = path
        .strip_prefix("pub/")
        .and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    let folder = Release {
        product,
        ..*release
    }
    .candidates_folder();
    let Some(inner) = path.strip_prefix(&folder) else {
        return false;
    };
    let inner = inner.strip_prefix("beetmover-checksums/").unwrap_or(inner);
    let first = inner.split('/').next().unwrap_or_default();
    inner.contains('/') && (first == "partner-repacks" || first.ends_with("-EME-free"))
}
