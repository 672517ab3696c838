//! Compares the preflight of payloads with the schemas of the workers.

use serde_json::{Value, json};
use snowman::base::time::Timestamp;
use snowman::submit::Plan;
use snowman::submit::preflight::{Facts, PreflightOptions, check};

use super::super::bench::{Bench, slug};
use super::super::schemas::schemas;
use super::{DAY, HOUR, creation, preflight, variants};

/// Payloads with every field that a worker accepts.
pub(super) fn payloads(bench: &Bench) -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let flags = |names: &[&str]| {
        let pairs = names.iter().map(|name| ((*name).to_owned(), json!(true)));
        Value::Object(pairs.collect())
    };
    let expires = bench.at(DAY + HOUR);
    let docker = |image: Value| {
        json!({
            "image": image, "maxRunTime": 600, "command": ["a", "b"], "env": {"A": "b"},
            "cache": {"name": "/path"},
            "artifacts": {"public/a": {"type": "file", "path": "/a", "expires": expires}},
            "features": flags(&["allowPtrace", "artifacts", "bulkLog", "chainOfTrust", "interactive",
                "localLiveLog", "taskclusterProxy"]),
            "capabilities": {"privileged": true, "disableSeccomp": false, "devices": flags(
                &["hostSharedMemory", "kvm", "loopbackAudio", "loopbackVideo"])},
            "onExitStatus": {"retry": [4], "purgeCaches": [72]},
            "log": "public/x.log", "supersederUrl": "https://example.com",
        })
    };
    let sha256 = "0".repeat(64);
    let generic = |command: Value, features: &[&str]| {
        json!({
            "command": command, "maxRunTime": 600, "env": {"A": "b"},
            "artifacts": [{"type": "directory", "path": "a", "name": "public/a", "expires": expires,
                "contentType": "text/plain", "contentEncoding": "gzip", "optional": true}],
            "features": flags(features),
            "logs": {"live": "public/l.log", "backing": "public/b.log"},
            "mounts": [
                {"cacheName": "c", "directory": "d"},
                {"cacheName": "c", "directory": "d", "format": "zip", "content": {"raw": "x"}},
                {"file": "f", "format": "xz", "content": {"url": "https://example.com", "sha256": sha256}},
                {"directory": "d", "format": "tar.gz", "content": {"taskId": slug(), "artifact": "a"}},
                {"directory": "d", "format": "zip", "content": {"namespace": "a.b", "artifact": "a"}},
                {"file": "f", "content": {"base64": "YQ=="}},
            ],
            "onExitStatus": {"retry": [1], "purgeCaches": [0]},
            "osGroups": ["g"], "supersederUrl": "https://example.com",
            "taskclusterProxyInterface": "localhost",
        })
    };
    let mut windows = generic(
        json!(["a b"]),
        &[
            "backingLog",
            "chainOfTrust",
            "hideCmdWindow",
            "interactive",
            "liveLog",
            "resourceMonitor",
            "runAsAdministrator",
            "runTaskAsCurrentUser",
            "taskclusterProxy",
        ],
    );
    windows["rdpInfo"] = json!("public/rdp");
    let posix = generic(
        json!([["a", "b"]]),
        &[
            "backingLog",
            "chainOfTrust",
            "interactive",
            "liveLog",
            "loopbackAudio",
            "loopbackVideo",
            "resourceMonitor",
            "runTaskAsCurrentUser",
            "taskclusterProxy",
        ],
    );
    const DOCKER: &str = "docker-worker/v1/payload.json";
    const POSIX: &str = "generic-worker/multiuser_posix.json";
    vec![
        ("docker-worker", "linux", DOCKER, docker(json!("debian:12"))),
        (
            "docker-worker",
            "linux",
            DOCKER,
            docker(json!({"type": "docker-image", "name": "a"})),
        ),
        (
            "docker-worker",
            "linux",
            DOCKER,
            docker(json!({"type": "indexed-image", "namespace": "a", "path": "b"})),
        ),
        (
            "docker-worker",
            "linux",
            DOCKER,
            docker(json!({"type": "task-image", "taskId": slug(), "path": "b"})),
        ),
        ("generic-worker", "macosx", POSIX, posix.clone()),
        ("generic-worker", "linux", POSIX, posix),
        ("generic-worker", "linux", POSIX, docker(json!("debian:12"))),
        (
            "generic-worker",
            "windows",
            "generic-worker/multiuser_windows.json",
            windows,
        ),
    ]
}

#[tokio::test]
async fn worker_and_preflight_agree_on_every_payload() {
    let Some(schemas) = schemas() else {
        return;
    };
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (worker, os, file, payload) in payloads(&bench) {
        let schema = schemas.payload(file);
        let variants = variants(&payload).into_iter();
        let all = [("as it is".to_owned(), payload)]
            .into_iter()
            .chain(variants);
        for (what, variant) in all.filter(|(_, variant)| variant.is_object()) {
            let task = bench.task_with(json!({
                "tags": {"worker-implementation": worker, "os": os}, "payload": variant,
            }));
            judged += 1;
            let refusal = preflight(&slug(), &task, now, &Facts::default());
            if refusal.is_none() != schema.is_valid(&variant) {
                wrong.push(format!("{worker} {os} {what}: {refusal:?}"));
            }
        }
    }
    assert!(judged > 1000);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn payloads_of_unknown_workers_are_not_checked() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let is_refused = |tags: Value, options: PreflightOptions| {
        let task = bench.task_with(json!({"tags": tags, "payload": {"anything": 1}}));
        let plan = Plan::new(vec![creation(&slug(), "build", &task)]);
        check(&[&plan], options, now, &Facts::default()).is_err()
    };
    let known = json!({"worker-implementation": "docker-worker"});
    assert!(is_refused(known.clone(), PreflightOptions::FULL));
    assert!(!is_refused(known, PreflightOptions { payloads: false }));
    assert!(!is_refused(
        json!({"worker-implementation": "scriptworker-signing"}),
        PreflightOptions::FULL
    ));
    assert!(!is_refused(json!({}), PreflightOptions::FULL));
}
