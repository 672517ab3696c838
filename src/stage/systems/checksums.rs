//! The lists of checksums of a candidate.

use std::collections::BTreeMap;

use super::upstream;
use crate::base::text::plural;
use crate::base::value::Value;
use crate::stage::archive::SPACE;
use crate::stage::archive::push::Release;
use crate::stage::checksums::algorithm::Algorithm;
use crate::stage::checksums::collect::{collect, sources};
use crate::stage::checksums::file::Sums;
use crate::stage::checksums::lists::{self, summary_name, sums_name};
use crate::stage::source::no_artifact;
use crate::stage::work::Work;

/// Collects the `.checksums` files of the candidate, and writes the lists.
pub fn generate(work: &mut Work<'_>) {
    let release = &work.staged.release;
    let folder = Release {
        product: &release.product,
        version: &release.version,
        build_number: release.build_number,
        partners: &[],
    }
    .candidates_folder();
    let files: BTreeMap<String, Value> = work
        .merged
        .space(SPACE)
        .filter_map(|(path, entry)| {
            Some((path.strip_prefix(&folder)?.to_owned(), entry.value.clone()))
        })
        .collect();
    if files.is_empty() {
        work.report.problem(format!(
            "there are no files in {folder}, so there is nothing to list"
        ));
        return;
    }
    let mut texts = Vec::new();
    for path in sources(files.keys().map(String::as_str)) {
        let content = &files[path]["content"];
        let task = content["taskId"].as_str().unwrap_or_default();
        let artifact = content["artifact"].as_str().unwrap_or_default();
        match work
            .artifact(task, artifact)
            .as_deref()
            .map(std::str::from_utf8)
        {
            Some(Ok(text)) => texts.push((path, text.to_owned())),
            Some(Err(_)) => work.report.problem(format!("{path} is not UTF-8")),
            None => work.report.problem(format!(
                "{path} is in the archive, but its content is gone: {}",
                no_artifact(task, artifact)
            )),
        }
    }
    // A project may fetch them from the tasks that have published the files.
    let fetched = fetches(work);
    for (task, artifact) in &fetched {
        match work
            .artifact(task, artifact)
            .as_deref()
            .map(std::str::from_utf8)
        {
            Some(Ok(text)) => texts.push((artifact.as_str(), text.to_owned())),
            Some(Err(_)) => work
                .report
                .problem(format!("{artifact} of the task {task} is not UTF-8")),
            None => work.report.problem(no_artifact(task, artifact)),
        }
    }
    if !work.report.problems.is_empty() {
        return;
    }
    work.report.checked("files with checksums", texts.len());
    let collected = collect(texts.iter().map(|(path, text)| (*path, text.as_str())));
    let checksums = match collected {
        Ok(checksums) => checksums,
        Err(errors) => {
            let errors = errors.iter().map(ToString::to_string);
            work.report.problems.extend(errors);
            return;
        }
    };
    let in_archive: BTreeMap<&str, Sums> = files
        .iter()
        .map(|(path, value)| (path.as_str(), sums(value)))
        .collect();
    let in_archive = in_archive
        .iter()
        .map(|(path, sums)| (*path, sums))
        .collect();
    let errors = checksums.compare(&in_archive);
    work.report
        .problems
        .extend(errors.iter().map(ToString::to_string));
    work.report.checked(
        "the checksums of each file against the file in the archive",
        checksums.files.len(),
    );
    work.report.would.push(format!(
        "{} would be listed",
        plural(checksums.files.len(), "file")
    ));
    for algorithm in Algorithm::ALL {
        let name = format!("public/build/{}", sums_name(algorithm));
        work.make(
            name,
            lists::sums(&checksums, algorithm).into_bytes(),
            "text/plain",
        );
        if let Some(summary) = lists::summary(&checksums, algorithm) {
            let name = format!("public/build/{}", summary_name(algorithm));
            work.make(name, summary.into_bytes(), "text/plain");
        }
    }
}

/// The `.checksums` files that the task fetches: taskId and artifact.
fn fetches(work: &Work<'_>) -> Vec<(String, String)> {
    let fetches = upstream::fetches(work).into_iter();
    let lists = fetches.filter(|fetch| fetch.artifact.ends_with(".checksums"));
    lists.map(|fetch| (fetch.task, fetch.artifact)).collect()
}

/// Size and hashes of a file in the archive.
fn sums(value: &Value) -> Sums {
    let hashes = Algorithm::ALL.iter().filter_map(|algorithm| {
        let name = algorithm.name();
        Some((name.to_owned(), value[name].as_str()?.to_owned()))
    });
    Sums {
        size: value["size"].as_u64().unwrap_or_default(),
        hashes: hashes.collect(),
    }
}
