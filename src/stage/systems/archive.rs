//! beetmover: files at their places in the archive, and from candidates to releases.
//!
//! The archive is the space `archive` of the merged state: size and hashes of each file by its path, with the
//! artifact that holds the content. No content is copied.

use std::collections::BTreeMap;

use super::system_addons;
use crate::base::digest::hex;
use crate::base::json;
use crate::base::text::plural;
use crate::base::value::{Value, json};
use crate::stage::archive::SPACE;
use crate::stage::archive::artifact_map::{Artifact, Files, Plan, plan};
use crate::stage::archive::balrog_manifest::{self, PreviousRelease, Properties, Target};
use crate::stage::archive::push::{Exclusion, Release};
use crate::stage::checksums::algorithm::Algorithm;
use crate::stage::checksums::file::{self, Sums};
use crate::stage::keys::Hash;
use crate::stage::report::Table;
use crate::stage::work::Work;

/// The address of the archive, and that of the one for staging, as the workers of Mozilla name them.
const ADDRESSES: [&str; 2] = [
    "https://archive.mozilla.org",
    "https://ftp.stage.mozaws.net",
];

/// The actions whose workers publish checksums.
const WITH_CHECKSUMS: &[&str] = &[
    "push-to-candidates",
    "push-to-nightly",
    "push-to-partner",
    "push-to-system-addons",
];

/// The actions whose workers publish a manifest for the update server.
const WITH_MANIFEST: &[&str] = &["push-to-candidates", "push-to-nightly"];

/// What happens to a file in the archive that has other content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It is a mistake.
    Refused,
    /// It is replaced.
    Replaced,
}

/// The address of the archive, without a slash at its end: the declared one, or else that of the bucket.
fn address<'a>(work: &Work<'a>) -> &'a str {
    let [production, staging] = ADDRESSES;
    let is_staging = |scope: &String| scope.ends_with(":beetmover:bucket:dep");
    let default = match work.staged.scopes.iter().any(is_staging) {
        true => staging,
        false => production,
    };
    let declared = work.staged.archive.as_deref().unwrap_or(default);
    declared.trim_end_matches('/')
}

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
pub fn value(sums: &Sums, media_type: Option<&str>, content: Value) -> Value {
    json!({
        "size": sums.size,
        "sha512": sums.hash(Algorithm::Sha512),
        "sha256": sums.hash(Algorithm::Sha256),
        "type": media_type,
        "content": content,
    })
}

/// Where the content of a file is. What a task keeps private is not named in a public state.
pub fn content_of(task_id: &str, path: &str) -> Value {
    match path.starts_with("public/") {
        true => json!({"taskId": task_id, "artifact": path}),
        false => json!({"taskId": task_id, "nameSha256": Hash::Sha256.hex(path.as_bytes())}),
    }
}

/// Reports the files that would be uploaded: path, bytes, type, and what the last column says.
pub fn report_uploads(work: &mut Work<'_>, column: &'static str, rows: Vec<Vec<String>>) {
    work.report
        .would
        .push(format!("{} would be uploaded", plural(rows.len(), "file")));
    work.report.tables.push(Table {
        title: "Files in the archive".to_owned(),
        columns: vec!["Path", "Bytes", "Type", column],
        rows,
    });
}

/// The files that the payload names; `None` if that is reported as a problem.
pub fn files(work: &mut Work<'_>, needs_map: bool) -> Option<Files> {
    if needs_map && work.payload().get("artifactMap").is_none() {
        work.report.problem(
            "`payload.artifactMap` is missing: only tasks with a map of their files can be staged",
        );
        return None;
    }
    match serde_json::from_str(&json::compact(work.payload())) {
        Ok(files) => Some(files),
        Err(error) => {
            work.report.problem(format!(
                "`payload.upstreamArtifacts` and `payload.artifactMap` cannot be read: {error}"
            ));
            None
        }
    }
}

/// Publishes the files of the artifact map.
pub fn publish(work: &mut Work<'_>) {
    let action = work.staged.action.as_deref().unwrap_or_default();
    let publishes_checksums = WITH_CHECKSUMS.contains(&action);
    if let Some(files) = files(work, true) {
        let files = match publishes_checksums {
            true => files,
            false => files.without_checksums(),
        };
        place(work, &files, Existing::Refused);
    }
}

/// Puts files at their places in the archive.
pub fn place(work: &mut Work<'_>, files: &Files, existing: Existing) {
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
    let plan = match plan(files, |artifact| known.get(artifact).cloned()) {
        Ok(plan) => plan,
        Err(errors) => {
            let errors = errors.iter().map(ToString::to_string);
            work.report.problems.extend(errors);
            return;
        }
    };
    // The worker goes by the upstream artifacts. Firefox lists `ja` for macOS, where it is called `ja-JP-mac`.
    for locale in &plan.other_locales {
        work.report.warnings.push(format!(
            "the artifact map has entries for the locale {locale}, of which there are no upstream artifacts"
        ));
    }
    let mut rows = Vec::new();
    for (path, placed) in &plan.files {
        let Artifact {
            task_id,
            path: artifact,
        } = &placed.artifact;
        let content = content_of(task_id, artifact);
        let new = value(&placed.sums, placed.media_type, content);
        match work.all.get(SPACE, path) {
            Some(entry) if entry.value["sha512"] != new["sha512"] => match existing {
                Existing::Replaced => work.report.would.push(format!(
                    "{path}, published by {}, would be replaced",
                    entry.authors()
                )),
                Existing::Refused => work.report.problem(format!(
                    "{path} already has different content, published by {}",
                    entry.authors()
                )),
            },
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
    if existing == Existing::Refused {
        work.report.checked(
            "no file in the archive is replaced with other content",
            rows.len(),
        );
    }
    report_uploads(work, "Artifact", rows);
    for skipped in &plan.skipped {
        work.report.would.push(format!(
            "{skipped} is optional and missing, and would be skipped"
        ));
    }
    let action = work.staged.action.as_deref().unwrap_or_default();
    if WITH_CHECKSUMS.contains(&action) {
        checksums(work, &plan);
    }
    if WITH_MANIFEST.contains(&action) {
        manifest(work, &plan);
    } else if action == "push-to-system-addons" {
        system_addons::manifest(work, &plan, address(work));
    }
}

/// Makes the list of checksums.
fn checksums(work: &mut Work<'_>, plan: &Plan) {
    let sums = plan.checksums.iter();
    match file::write(sums.map(|(name, sums)| (name.as_str(), sums))) {
        Ok(text) => {
            let suffix = checksums_suffix(work.definition);
            let name = format!("public/target{suffix}.checksums");
            work.make(name, text.into_bytes(), "text/plain");
        }
        Err(error) => work.report.problem(error.to_string()),
    }
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
fn manifest(work: &mut Work<'_>, plan: &Plan) {
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
    match plan.manifest(address(work), &properties, &target, &previous) {
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
    let partners: Vec<&str> = payload["partners"].texts().collect();
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
    work.report.would.push(format!(
        "{} would be copied",
        plural(push.copied.len(), "file")
    ));
    work.report
        .would
        .extend((!push.identical.is_empty()).then(|| {
            format!(
                "nothing would change for {} with the same content",
                plural(push.identical.len(), "file")
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
            "nothing would be copied: all of the candidate is left out ({})",
            plural(left_out.len(), "file")
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
