//! Tests of the plan of a task's files.

use super::*;
use crate::base::value::{from_value, json};

/// Builds the payload of a task that moves a MAR and an installer of two locales.
fn payload() -> Value {
    let upstream = |locale: &str| {
        json!({
            "taskId": format!("build-{locale}"),
            "taskType": "build",
            "locale": locale,
            "paths": ["public/build/target.complete.mar", "public/build/target.tar.xz"],
        })
    };
    let entry = |locale: &str| {
        json!({
            "taskId": format!("build-{locale}"),
            "locale": locale,
            "paths": {
                "public/build/target.complete.mar": {
                    "destinations": [format!("pub/c/update/{locale}/f.mar")],
                    "checksums_path": format!("update/{locale}/f.mar"),
                    "update_balrog_manifest": true,
                },
                "public/build/target.tar.xz": {
                    "destinations": [format!("pub/c/{locale}/f.tar.xz"), format!("pub/latest/{locale}")],
                    "checksums_path": format!("{locale}/f.tar.xz"),
                    "expiry": "2027-01-01T00:00:00Z",
                },
            },
        })
    };
    json!({
        "upstreamArtifacts": [upstream("en-US"), upstream("de")],
        "artifactMap": [entry("en-US"), entry("de")],
    })
}

/// Every artifact has content of its own, except those that do not exist.
fn sums(artifact: &Artifact) -> Option<Sums> {
    let name = artifact.to_string();
    (!name.contains("missing")).then(|| Sums {
        size: name.len() as u64,
        hashes: BTreeMap::from([("sha512".to_owned(), format!("hash of {name}"))]),
    })
}

fn planned(payload: &Value) -> Result<Plan, Vec<String>> {
    let files: Files = from_value(payload.clone()).unwrap();
    let plan = plan(&files, sums);
    plan.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

#[test]
fn artifacts_go_to_their_places() {
    let plan = planned(&payload()).unwrap();
    let places: Vec<&str> = plan.files.keys().map(String::as_str).collect();
    assert_eq!(
        places,
        [
            "pub/c/de/f.tar.xz",
            "pub/c/en-US/f.tar.xz",
            "pub/c/update/de/f.mar",
            "pub/c/update/en-US/f.mar",
            "pub/latest/de",
            "pub/latest/en-US",
        ]
    );
    let latest = &plan.files["pub/latest/de"];
    assert_eq!(latest.artifact.task_id, "build-de");
    assert_eq!(latest.media_type, Some("application/x-tar"));
    assert_eq!(latest.expiry.as_deref(), Some("2027-01-01T00:00:00Z"));
    assert_eq!(latest.sums, plan.checksums["de/f.tar.xz"]);
    assert_eq!(plan.checksums.len(), 4);
}

#[test]
fn the_manifest_lists_the_mars_of_each_locale() {
    let plan = planned(&payload()).unwrap();
    let properties = Properties {
        app_name: "Firefox",
        app_version: "92.0.1",
        branch: "try",
        build_id: "20210922161155",
        hash_type: "sha512",
        platform: "linux64",
    };
    let manifest = |properties: &Properties<'_>| {
        plan.manifest(
            "https://archive.example.org",
            properties,
            &Target::Nightly,
            &[],
        )
    };
    let entries = manifest(&properties).unwrap();
    let found: Vec<(&Value, &Value)> = entries
        .iter()
        .map(|entry| (&entry["locale"], &entry["completeInfo"][0]["url"]))
        .collect();
    let url = |locale: &str| {
        json!(format!(
            "https://archive.example.org/pub/c/update/{locale}/f.mar"
        ))
    };
    assert_eq!(
        found,
        [(&json!("en-US"), &url("en-US")), (&json!("de"), &url("de"))]
    );
    let hash = &entries[1]["completeInfo"][0]["hash"];
    assert_eq!(
        hash,
        "hash of public/build/target.complete.mar of task build-de"
    );

    let errors = manifest(&Properties {
        hash_type: "sha1",
        ..properties
    });
    assert_eq!(
        errors.unwrap_err()[0].to_string(),
        "public/build/target.complete.mar of task build-en-US has no sha1 hash, which `hashType` of \
         the release properties names"
    );
}

/// Changes the payload, and expects one error.
#[track_caller]
fn refused(change: impl FnOnce(&mut Value), expected: &str) {
    let mut changed = payload();
    change(&mut changed);
    assert_eq!(planned(&changed).unwrap_err(), [expected]);
}

fn place<'v>(payload: &'v mut Value, entry: usize, name: &str) -> &'v mut Value {
    let entries = payload["artifactMap"].as_array_mut().unwrap();
    &mut entries.as_mut()[entry]["paths"][format!("public/build/target.{name}").as_str()]
}

#[test]
fn files_that_do_not_fit_are_refused() {
    refused(
        |payload| {
            place(payload, 1, "complete.mar")["destinations"] = json!(["pub/c/update/en-US/f.mar"])
        },
        "public/build/target.complete.mar of task build-en-US and public/build/target.complete.mar of \
         task build-de differ, but both go to pub/c/update/en-US/f.mar",
    );
    refused(
        |payload| place(payload, 1, "complete.mar")["checksums_path"] = json!("update/en-US/f.mar"),
        "public/build/target.complete.mar of task build-de differs from the artifact whose checksums \
         have the name update/en-US/f.mar",
    );
    for path in [
        "../f.mar",
        "/f.mar",
        "a/../f.mar",
        "a//f.mar",
        "a/",
        "",
        ".",
    ] {
        refused(
            |payload| place(payload, 1, "complete.mar")["destinations"] = json!([path]),
            &format!(
                "public/build/target.complete.mar of task build-de goes to {path:?}, which is not a \
                 path in the archive"
            ),
        );
    }
    refused(
        |payload| place(payload, 1, "complete.mar")["destinations"] = json!([]),
        "public/build/target.complete.mar of task build-de has no destination",
    );
}

#[test]
fn artifacts_and_entries_belong_together() {
    let upstream = |payload: &mut Value, paths: Value, optional: bool| {
        let more =
            json!({"taskId": "missing", "paths": paths, "locale": "de", "optional": optional});
        payload["upstreamArtifacts"]
            .as_array_mut()
            .unwrap()
            .push(more);
    };
    let entry = |payload: &mut Value, path: &str| {
        let place = json!({"destinations": ["pub/x"], "checksums_path": "x"});
        let more = json!({"taskId": "missing", "locale": "de", "paths": {path: place}});
        payload["artifactMap"].as_array_mut().unwrap().push(more);
    };
    refused(
        |payload| upstream(payload, json!(["public/x"]), false),
        "No artifact map entry for missing/de public/x",
    );
    refused(
        |payload| entry(payload, "public/x"),
        "the artifact map has an entry for public/x of task missing (de), which is not among the \
         upstream artifacts",
    );
    refused(
        |payload| {
            upstream(payload, json!(["public/x"]), false);
            entry(payload, "public/x");
        },
        "the task missing has no artifact `public/x`",
    );
    refused(
        |payload| {
            upstream(payload, json!(["public/build/target.tar.xz"]), true);
            entry(payload, "public/build/target.tar.xz");
        },
        "public/build/target.tar.xz of task build-de and public/build/target.tar.xz of task missing \
         have the same path and locale (de); only the second one is used",
    );
    let mut optional = payload();
    upstream(&mut optional, json!(["public/x", "public/x"]), true);
    entry(&mut optional, "public/x");
    let skipped = planned(&optional).unwrap().skipped;
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].to_string(), "public/x of task missing");
}

#[test]
fn a_build_description_needs_an_installer() {
    let payload = json!({
        "upstreamArtifacts": [{"taskId": "a", "paths": ["public/build/buildhub.json"]}],
        "artifactMap": [{"taskId": "a", "locale": "en-US", "paths": {
            "public/build/buildhub.json": {"destinations": ["pub/b.json"], "checksums_path": "b"},
        }}],
    });
    assert_eq!(
        planned(&payload).unwrap_err(),
        ["could not determine installer path from task payload (locale en-US)"]
    );
}
