//! The payload builders of release workers.
//!
//! `builders/cases.json` has what Firefox's builders make of the workers of every case (made by
//! `firefox/builders.py`); ours make the same, or refuse what those refuse. All payloads that ours make are
//! judged by the schemas of the workers, and by the table of release systems.

use std::path::Path;

use snowman::base::diagnostic::Outcome;
use snowman::base::path::ValuePath;
use snowman::base::value::{Value, json};
use snowman::release::{check, recognize};

use crate::mozilla_taskgraph::{resolved, run, schemas};

fn document() -> Value {
    let text = std::fs::read("tests/builders/cases.json").unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The definition of the task that has the worker of a case.
fn definition(document: &Value, case: &Value) -> Outcome<Value> {
    let item = json!({
        "name": "t",
        "description": "d",
        "worker-type": case["implementation"].clone(),
        "worker": case["worker"].clone(),
        "attributes": case.get("attributes").cloned().unwrap_or(json!({})),
        "scopes": case.get("scopes").cloned().unwrap_or(json!([])),
    });
    let case = json!({
        "kind": "release-thing",
        "transforms": ["taskgraph.transforms.task"],
        "items": [item],
        "params": case.get("params").cloned().unwrap_or(json!({})),
    });
    let items = run(document, &case)
        .map_err(|error| error.to_string())
        .unwrap()?;
    Ok(items[0].task["task"].clone())
}

#[test]
fn payloads_match_those_of_firefox() {
    let document = document();
    let mut wrong = Vec::new();
    let (mut same, mut refused) = (0, 0);
    for case in document["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let expected = case.get("expected");
        let on_purpose = case.get("on_purpose").is_some();
        let failure = match (definition(&document, case), expected) {
            (Err(_), None) if !on_purpose => {
                refused += 1;
                continue;
            }
            (Err(_), Some(_)) | (Ok(_), None) if on_purpose => continue,
            (Err(error), _) => format!("ours refuses it: {error}"),
            (Ok(_), None) => format!("only Firefox refuses it: {}", case["error"]),
            (Ok(ours), Some(expected)) => {
                let parts = ["payload", "scopes"].map(|part| (&ours[part], &expected[part]));
                let equal = parts.iter().all(|(ours, theirs)| ours == theirs);
                if equal != on_purpose {
                    same += usize::from(equal);
                    continue;
                }
                let [payload, scopes] =
                    parts.map(|(ours, theirs)| format!("\n  ours    {ours}\n  Firefox {theirs}"));
                format!("{payload}{scopes}")
            }
        };
        wrong.push(format!("{name}: {failure}"));
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(
        same >= 50 && refused >= 30,
        "{same} same, {refused} refused"
    );
}

/// Workers that Firefox has no builder for, or not any more, with what their payloads have to be.
fn own() -> Value {
    json!([
        {
            "name": "push-apk", "implementation": "push-apk",
            "schema": "pushapkscript/pushapk_task_schema.json",
            "scopes": ["project:releng:googleplay:product:fenix"],
            "worker": {
                "google-play-track": "internal", "commit": false, "rollout-percentage": 10,
                "upstream-artifacts": [
                    {"taskId": {"task-reference": "<signing>"}, "taskType": "signing", "paths": ["public/a.apk"]},
                ],
            },
            "expected": {
                "payload": {
                    "commit": false, "google_play_track": "internal", "rollout_percentage": 10,
                    "upstreamArtifacts": [
                        {"taskId": {"task-reference": "<signing>"}, "taskType": "signing", "paths": ["public/a.apk"]},
                    ],
                },
                "scopes": ["project:releng:googleplay:product:fenix"],
            },
        },
        {
            "name": "push-snap", "implementation": "push-snap",
            "scopes": ["project:releng:snapcraft:firefox:candidate"],
            "worker": {
                "channel": "candidate",
                "upstream-artifacts": [
                    {"taskId": {"task-reference": "<snap>"}, "taskType": "build", "paths": ["public/a.snap"]},
                ],
            },
            "expected": {
                "payload": {
                    "channel": "candidate",
                    "upstreamArtifacts": [
                        {"taskId": {"task-reference": "<snap>"}, "taskType": "build", "paths": ["public/a.snap"]},
                    ],
                },
                "scopes": ["project:releng:snapcraft:firefox:candidate"],
            },
        },
        {
            "name": "scriptworker-github", "implementation": "scriptworker-github",
            "worker": {
                "action": "release", "github-project": "snowfox", "github-repo-url": "https://github.com/a/b",
                "git-tag": "v1", "git-revision": "abc", "release-name": "Snowfox 1", "is-prerelease": false,
                "artifact-map": [
                    {"taskId": {"task-reference": "<signing>"}, "paths": {"public/a.apk": {"destinations": ["a.apk"]}}},
                ],
                "upstream-artifacts": [
                    {"taskId": {"task-reference": "<signing>"}, "taskType": "signing", "paths": ["public/a.apk"]},
                ],
            },
            "expected": {
                "payload": {
                    "artifactMap": [
                        {"taskId": {"task-reference": "<signing>"}, "paths": {"public/a.apk": {"destinations": ["a.apk"]}}},
                    ],
                    "gitTag": "v1", "gitRevision": "abc", "githubRepoUrl": "https://github.com/a/b",
                    "isPrerelease": false, "releaseName": "Snowfox 1",
                    "upstreamArtifacts": [
                        {"taskId": {"task-reference": "<signing>"}, "taskType": "signing", "paths": ["public/a.apk"]},
                    ],
                },
                "scopes": ["project:releng:github:action:release", "project:releng:github:project:snowfox"],
            },
        },
        {
            "name": "iscript", "implementation": "iscript",
            "schema": "iscript/i_task_schema.json",
            "worker": {
                "signing-type": "dep-signing", "mac-behavior": "mac_sign_and_pkg_hardened", "max-run-time": 1800,
                "entitlements-url": "", "requirements-plist-url": "https://a.example/r.plist",
                "hardened-sign-config": [{"deep": false, "runtime": true, "force": true, "globs": ["/"]}],
                "provisioning-profile-config": [{"profile_name": "a.provisionprofile", "target_path": "/Contents/a"}],
                "upstream-artifacts": [{
                    "taskId": {"task-reference": "<build>"}, "taskType": "build", "paths": ["public/target.tar.gz"],
                    "formats": ["macapp", "autograph_widevine"],
                }],
            },
            "expected": {
                "payload": {
                    "behavior": "mac_sign_and_pkg_hardened", "maxRunTime": 1800,
                    "requirements-plist-url": "https://a.example/r.plist",
                    "hardened-sign-config": [{"deep": false, "runtime": true, "force": true, "globs": ["/"]}],
                    "provisioning-profile-config": [{"profile_name": "a.provisionprofile", "target_path": "/Contents/a"}],
                    "upstreamArtifacts": [{
                        "taskId": {"task-reference": "<build>"}, "taskType": "build", "paths": ["public/target.tar.gz"],
                        "formats": ["macapp", "autograph_widevine"],
                    }],
                },
                "scopes": ["project:releng:signing:cert:dep-signing"],
            },
        },
        {
            "name": "balrog: set-readonly", "implementation": "balrog",
            "schema": "balrogscript/balrog_set-readonly_schema.json",
            "scopes": ["project:releng:balrog:server:dep"],
            "worker": {"balrog-action": "set-readonly", "product": "firefox"},
            "expected": {
                "payload": {"behavior": "set-readonly", "build_number": 2, "product": "firefox", "version": "93.0b3"},
                "scopes": ["project:releng:balrog:server:dep"],
            },
        },
    ])
}

/// The document with the workers of [`own`].
fn own_document() -> Value {
    let mut document = document();
    for case in own().as_array().unwrap() {
        let name = case["implementation"].as_str().unwrap();
        let pool = format!("a-1-{}", name.trim_start_matches("scriptworker-"));
        let alias =
            json!({"provisioner": "p", "implementation": name, "os": "linux", "worker-type": pool});
        document["graph_config"]["workers"]["aliases"][name] = alias;
    }
    document["cases"] = own();
    document
}

#[test]
fn payloads_of_other_workers_are_those_that_they_read() {
    let document = own_document();
    for case in document["cases"].as_array().unwrap() {
        let made = definition(&document, case).unwrap();
        for part in ["payload", "scopes"] {
            assert_eq!(made[part], case["expected"][part], "{}", case["name"]);
        }
    }
}

#[expect(clippy::print_stderr, reason = "says that a part was skipped")]
#[test]
fn workers_accept_the_payloads() {
    let folder = schemas();
    if folder.is_none() {
        eprintln!("skipped: no schemas of release workers found; set SNOWMAN_SCHEMAS");
    }
    let (mut failures, mut judged, mut by_schema) = (Vec::new(), 0, 0);
    for document in [document(), own_document()] {
        for case in document["cases"].as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            let Ok(made) = definition(&document, case) else {
                continue;
            };
            let mut made = resolved(&made);
            made["dependencies"] = json!(["fN1SbArXTPSVFUUvaOlinQ"]);
            // What a worker asks of scopes comes with the kind, not with the builder.
            let Some(found) = recognize("release-thing", &made) else {
                failures.push(format!("{name}: no release system is recognized in {made}"));
                continue;
            };
            judged += 1;
            let violations = check(found, &made, true).into_iter();
            let violations = violations.filter(|one| one.path != ValuePath::keys(["scopes"]));
            failures.extend(violations.map(|one| format!("{name}: {}", one.message)));
            let schema = case["schema"].as_str().zip(folder.as_deref());
            if let Some((schema, folder)) = schema {
                by_schema += 1;
                let errors = refused(folder, schema, &made);
                failures.extend(errors.into_iter().map(|error| format!("{name}: {error}")));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(judged >= 55, "{judged} payloads");
    assert!(
        folder.is_none() || by_schema >= 50,
        "{by_schema} judged by schemas"
    );
}

fn refused(folder: &Path, schema: &str, definition: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(schema)).unwrap();
    // What Python takes for a pattern is not one elsewhere: a brace that is meant is escaped.
    let text = text.replace("^(.*{major_version}.*)$", r"^(.*\\{major_version\\}.*)$");
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let definition = definition.clone().into();
    let errors = validator.iter_errors(&definition);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn each_mistake_is_named() {
    let document = document();
    let error = |worker: Value| {
        let case = json!({"implementation": "balrog", "worker": worker});
        definition(&document, &case).unwrap_err().to_string()
    };
    for (worker, expected) in [
        (
            json!({"balrog-action": "schedule", "product": "firefox", "publish-rules": [1], "blob-sufix": "a"}),
            "did you mean `blob-suffix`?",
        ),
        (
            json!({"balrog-action": "schedule", "product": "firefox"}),
            "`worker.publish-rules` is missing, which `schedule` needs",
        ),
        (
            json!({"balrog-action": "schedul", "product": "firefox"}),
            "`schedule`",
        ),
        (
            json!({"balrog-action": "schedule", "product": "firefox", "publish-rules": {"by-release-type": {"betaa": [1]}}}),
            "did you mean `betaa`?",
        ),
    ] {
        let error = error(worker);
        assert!(error.contains(expected), "{error}");
    }
    let case =
        json!({"implementation": "landoscript", "worker": {"lando-repo": "a", "tags": ["buildN"]}});
    let error = definition(&document, &case).unwrap_err().to_string();
    assert!(
        error.contains("set the attribute `shipping_product`"),
        "{error}"
    );
}
