//! beetmover: files at their places in the archive, and from candidates to releases.
//!
//! The archive is the space `archive` of the merged state: size and hashes of each file by its path, with the
//! artifact that holds the content. No content is copied.

use std::collections::BTreeMap;

use crate::base::digest::hex;
use crate::base::json;
use crate::base::value::{Value, json};
use crate::stage::archive::artifact_map::{Artifact, Files, Placed, plan};
use crate::stage::archive::balrog_manifest::{self, PreviousRelease, Properties, Target};
use crate::stage::archive::push::{Exclusion, Release};
use crate::stage::checksums::algorithm::Algorithm;
use crate::stage::checksums::file::{self, Sums};
use crate::stage::report::Table;
use crate::stage::work::Work;

/// The space of files in the archive.
pub const SPACE: &str = "archive";

/// The address of the archive, as manifests for the update server name it.
const ADDRESS: &str = "https://archive.mozilla.org";

/// Size and hashes of a content.
pub fn sums_of(content: &[u8]) -> Sums {
    let hashes = Algorithm::ALL.map(|algorithm| {
        let hash = hex(&algorithm.hash(&[content]));
        (algorithm.name().to_owned(), hash)
    });
    Sums {
        size: content.len() as u64,
        hashes: hashes.into(),
    }
}

/// The value of a file in the space.
fn value(placed: &Placed) -> Value {
    json!({
        "size": placed.sums.size,
        "sha512": placed.sums.hash(Algorithm::Sha512),
        "sha256": placed.sums.hash(Algorithm::Sha256),
        "type": placed.media_type,
        "content": {"taskId": placed.artifact.task_id, "artifact": placed.artifact.path},
    })
}

/// Publishes the files of the artifact map.
pub fn publish(work: &mut Work<'_>) {
    let text = json::compact(work.payload());
    let files: Files = match serde_json::from_str(&text) {
        Ok(files) => files,
        Err(error) => {
            work.report.problem(match work.payload().get("artifactMap") {
                Some(_) => format!("`payload.artifactMap` cannot be read: {error}"),
                None => "`payload.artifactMap` is missing: only tasks with a map of their files can be staged"
                    .to_owned(),
            });
            return;
        }
    };
    let mut known = BTreeMap::new();
    for upstream in &files.upstream {
        for path in &upstream.paths {
            if let Some(content) = work.artifact(&upstream.task_id, path) {
                let artifact = Artifact {
                    task_id: upstream.task_id.clone(),
                    path: path.clone(),
                };
                known.insert(artifact, sums_of(&content));
            }
        }
    }
    let count = files
        .upstream
        .iter()
        .map(|upstream| upstream.paths.len())
        .sum();
    work.report.checked(
        "each upstream artifact exists and has a place, each place an artifact",
        count,
    );
    let plan = match plan(&files, |artifact| known.get(artifact).cloned()) {
        Ok(plan) => plan,
        Err(errors) => {
            let errors = errors.iter().map(ToString::to_string);
            work.report.problems.extend(errors);
            return;
        }
    };
    let is_partner = work.staged.action.as_deref() == Some("push-to-partner");
    let mut rows = Vec::new();
    for (path, placed) in &plan.files {
        let new = value(placed);
        match work.all.get(SPACE, path) {
            // Files of partners are made again whenever a partner asks.
            Some(entry) if entry.value["sha512"] != new["sha512"] && is_partner => {
                let by = &entry.by;
                work.report.would.push(format!(
                    "{path} would be replaced, which the task {by} has put there"
                ));
            }
            Some(entry) if entry.value["sha512"] != new["sha512"] => work.report.problem(format!(
                "{path} already has other content, which the task {} has put there",
                entry.by
            )),
            _ => {}
        }
        rows.push(vec![
            path.clone(),
            placed.sums.size.to_string(),
            placed.media_type.unwrap_or("unknown").to_owned(),
            placed.artifact.to_string(),
        ]);
        work.change(SPACE, path.as_str(), new);
    }
    work.report.checked(
        "no file in the archive is replaced with other content",
        rows.len(),
    );
    work.report
        .would
        .push(format!("{} files would be uploaded", rows.len()));
    for skipped in &plan.skipped {
        work.report.would.push(format!(
            "{skipped} is optional and missing, and would be skipped"
        ));
    }
    work.report.tables.push(Table {
        title: "Files in the archive".to_owned(),
        columns: vec!["Path", "Bytes", "Type", "Artifact"],
        rows,
    });
    match file::write(
        plan.checksums
            .iter()
            .map(|(name, sums)| (name.as_str(), sums)),
    ) {
        Ok(text) => {
            let name = format!(
                "public/target{}.checksums",
                checksums_suffix(work.definition)
            );
            work.make(name, text.into_bytes(), "text/plain");
        }
        Err(error) => work.report.problem(error.to_string()),
    }
    manifest(work, &plan);
}

/// What the worker adds to the name of the checksums for some kinds, which otherwise would have the same name
/// in a folder of the archive.
fn checksums_suffix(definition: &Value) -> &'static str {
    match definition["tags"]["kind"].as_str() {
        Some("beetmover-source") => "-source",
        Some("release-beetmover-signed-langpacks") => "-langpack",
        _ => "",
    }
}

/// Makes the manifest for the update server, if there are updates among the files.
fn manifest(work: &mut Work<'_>, plan: &crate::stage::archive::artifact_map::Plan) {
    let payload = work.payload();
    let properties = &payload["releaseProperties"];
    let text = |name: &str| properties[name].as_str().unwrap_or_default();
    let properties = Properties {
        app_name: text("appName"),
        app_version: text("appVersion"),
        branch: text("branch"),
        build_id: text("buildid"),
        hash_type: text("hashType"),
        platform: text("platform"),
    };
    let build_number = &payload["build_number"];
    let version = payload["version"].as_str();
    let target = match version {
        Some(version) if work.staged.action.as_deref() == Some("push-to-candidates") => {
            Target::Candidate {
                version,
                build_number,
            }
        }
        _ => Target::Nightly,
    };
    let partials = work.definition["extra"]["partials"].as_array();
    let previous: Vec<PreviousRelease<'_>> = partials
        .into_iter()
        .flatten()
        .map(|partial| PreviousRelease {
            build_id: partial["buildid"].as_str().unwrap_or_default(),
            version: &partial["previousVersion"],
            build_number: &partial["previousBuildNumber"],
        })
        .collect();
    match plan.manifest(ADDRESS, &properties, &target, &previous) {
        Ok(entries) if entries.is_empty() => {}
        Ok(entries) => {
            work.report.checked(
                "each update has an entry for the update server",
                entries.len(),
            );
            let text = balrog_manifest::text(entries);
            work.make(
                "public/manifest.json",
                text.into_bytes(),
                "application/json",
            );
        }
        Err(errors) => {
            let errors = errors.iter().map(ToString::to_string);
            work.report.problems.extend(errors);
        }
    }
}

/// Copies a candidate to the folder of its release.
pub fn push_to_releases(work: &mut Work<'_>) {
    let payload = work.payload();
    let partners = payload["partners"].as_array().into_iter().flatten();
    let partners: Vec<&str> = partners.filter_map(Value::as_str).collect();
    let release = Release {
        product: work.text("product"),
        version: work.text("version"),
        build_number: payload["build_number"].as_u64().unwrap_or_default(),
        partners: &partners,
    };
    let files = work.all.space(SPACE);
    let archive: BTreeMap<String, String> = files
        .filter_map(|(path, entry)| {
            Some((path.to_owned(), entry.value["sha512"].as_str()?.to_owned()))
        })
        .collect();
    work.report.checked("files of the archive", archive.len());
    let push = match release.push(&archive) {
        Ok(push) => push,
        Err(errors) => {
            let errors = errors.iter().map(ToString::to_string);
            work.report.problems.extend(errors);
            return;
        }
    };
    let mut rows = Vec::new();
    for (source, destination) in &push.copied {
        if let Some(entry) = work.all.get(SPACE, source) {
            work.change(SPACE, destination.as_str(), entry.value.clone());
        }
        rows.push(vec![source.clone(), destination.clone()]);
    }
    let count = push.copied.len() + push.identical.len();
    work.report.checked(
        "no file of the release is replaced with other content",
        count,
    );
    work.report
        .would
        .push(format!("{} files would be copied", push.copied.len()));
    work.report
        .would
        .extend((!push.identical.is_empty()).then(|| {
            format!(
                "{} files are there already, with the same content",
                push.identical.len()
            )
        }));
    let mut left_out = Vec::new();
    for (path, exclusion) in &push.left_out {
        let why = match exclusion {
            Exclusion::Pattern(pattern) => (*pattern).to_owned(),
            Exclusion::Partner => "a partner that the task does not name".to_owned(),
        };
        left_out.push(vec![path.clone(), why]);
    }
    if count == 0 {
        work.report.problem(format!(
            "nothing would be copied: all {} files of the candidate are left out",
            left_out.len()
        ));
    }
    for (title, columns, rows) in [
        ("Copied", vec!["From", "To"], rows),
        ("Left out", vec!["Path", "Why"], left_out),
    ] {
        if !rows.is_empty() {
            let title = title.to_owned();
            work.report.tables.push(Table {
                title,
                columns,
                rows,
            });
        }
    }
}
