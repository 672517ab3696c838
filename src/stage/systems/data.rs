//! beetmover: data that the payload contains, and artifacts by patterns of their names.

use indexmap::IndexMap;

use super::archive::{content_of, report_uploads, sums_of, value};
use crate::base::json;
use crate::base::value::{Value, json};
use crate::stage::archive::SPACE;
use crate::stage::archive::artifact_map::is_path;
use crate::stage::archive::direct::{Data, place_data};
use crate::stage::archive::globbed_map::{PREFIXES, TaskMap, expand, message};
use crate::stage::archive::media_type::media_type;
use crate::stage::checksums::algorithm::Algorithm;
use crate::stage::checksums::file::Sums;
use crate::stage::source::no_artifact;
use crate::stage::work::Work;

/// How artifacts of an unknown type are served here.
const UNKNOWN: &str = "application/octet-stream";

/// Publishes the data of the payload. The state contains them, since no artifact does.
pub fn upload_data(work: &mut Work<'_>) {
    let text = json::compact(&work.payload()["dataMap"]);
    let items: Vec<Data> = match serde_json::from_str(&text) {
        Ok(items) => items,
        Err(error) => {
            let error = format!("`payload.dataMap` cannot be read: {error}");
            return work.report.problem(error);
        }
    };
    let places = match place_data(&items) {
        Ok(places) => places,
        Err(errors) => {
            let errors = errors.iter().map(ToString::to_string);
            return work.report.problems.extend(errors);
        }
    };
    if places.is_empty() {
        return work.report.problem("there is nothing to upload");
    }
    work.report.checked(
        "data is valid, and has one place in the archive",
        places.len(),
    );
    let mut rows = Vec::new();
    for (path, placed) in places {
        let sums = sums_of(&placed.content);
        replaced(work, &path, &sums);
        rows.push(row(&path, &sums, &placed.content_type, "the payload"));
        let number = items
            .iter()
            .position(|item| item.destinations.contains(&path));
        let content = json!({"data": number.and_then(|number| items.get(number)).map(|item| item.data.clone())});
        let mut value = value(&sums, Some(&placed.content_type), content);
        if let (Value::Object(map), Ok(text)) = (&mut value, std::str::from_utf8(&placed.content)) {
            map.insert("text", Value::from(text));
        }
        work.change(SPACE, path, value);
    }
    report_uploads(work, "Content", rows);
}

/// Publishes artifacts whose names match patterns. All of them are optional, as for the real worker.
pub fn upload_by_patterns(work: &mut Work<'_>) {
    let payload = work.payload();
    let list = |name: &str| payload[name].as_array().into_iter().flatten();
    let mut upstream: IndexMap<String, Vec<String>> = IndexMap::new();
    for artifacts in list("upstreamArtifacts") {
        let task = artifacts["taskId"].as_str().unwrap_or_default();
        let found = upstream.entry(task.to_owned()).or_default();
        let paths = artifacts["paths"].texts();
        for path in paths {
            match work.artifact(task, path) {
                Some(_) => found.push(path.to_owned()),
                None => work.report.would.push(format!(
                    "{}, and it would be skipped",
                    no_artifact(task, path)
                )),
            }
        }
    }
    let maps: Vec<TaskMap> = list("artifactMap").map(task_map).collect();
    for map in &maps {
        if !upstream.contains_key(&map.task_id) {
            work.report.problem(format!(
                "the artifact map has entries for the task {}, which is not among the upstream artifacts",
                map.task_id
            ));
        }
    }
    let expanded = match expand(&maps, &upstream, PREFIXES) {
        Ok(expanded) => expanded,
        Err(errors) => return work.report.problem(message(&errors)),
    };
    let overwrites = payload["allow_overwrites"] == true;
    let mut rows = Vec::new();
    let mut used = 0;
    for map in expanded {
        used += map.paths.len();
        for (artifact, destinations) in map.paths {
            let Some(content) = work.artifact(&map.task_id, &artifact) else {
                continue;
            };
            let sums = sums_of(&content);
            let kind = media_type(&artifact).unwrap_or(UNKNOWN);
            for path in destinations {
                if !is_path(&path) {
                    work.report.problem(format!(
                        "{artifact} goes to {path:?}, which is not a path in the archive"
                    ));
                }
                if overwrites {
                    replaced(work, &path, &sums);
                } else if let Some(entry) = work.all.get(SPACE, &path) {
                    work.report.problem(format!(
                        "{path} exists, published by {}; the payload does not allow overwriting it",
                        entry.authors()
                    ));
                }
                let from = format!("{artifact} of task {}", map.task_id);
                rows.push(row(&path, &sums, kind, &from));
                let content = content_of(&map.task_id, &artifact);
                work.change(SPACE, path, value(&sums, Some(kind), content));
            }
        }
    }
    let count: usize = upstream.values().map(Vec::len).sum();
    work.report.checked(
        "each artifact has one place, and each place one artifact",
        count,
    );
    if count > used {
        work.report.would.push(format!(
            "{} artifacts match no pattern, and would stay where they are",
            count - used
        ));
    }
    if rows.is_empty() && work.report.problems.is_empty() {
        work.report
            .problem("nothing would be uploaded: no artifact exists that a pattern matches");
    }
    report_uploads(work, "Content", rows);
}

fn task_map(entry: &Value) -> TaskMap {
    let paths = entry["paths"].as_object().into_iter().flatten();
    let paths = paths.map(|(pattern, place)| {
        let destinations = place["destinations"].texts();
        let destinations = destinations.map(str::to_owned);
        (pattern.to_string(), destinations.collect())
    });
    TaskMap {
        task_id: entry["taskId"].as_str().unwrap_or_default().to_owned(),
        paths: paths.collect(),
    }
}

/// Notes that a file would be replaced.
fn replaced(work: &mut Work<'_>, path: &str, sums: &Sums) {
    let entry = work.all.get(SPACE, path);
    let other =
        entry.filter(|entry| entry.value["sha512"].as_str() != sums.hash(Algorithm::Sha512));
    if let Some(entry) = other {
        work.report.would.push(format!(
            "{path}, published by {}, would be replaced",
            entry.authors()
        ));
    }
}

fn row(path: &str, sums: &Sums, kind: &str, from: &str) -> Vec<String> {
    vec![
        path.to_owned(),
        sums.size.to_string(),
        kind.to_owned(),
        from.to_owned(),
    ]
}
