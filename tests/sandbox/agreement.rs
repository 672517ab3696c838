//! Compares the preflight with the queue and with the services' own schemas: they accept and refuse
//! the same definitions.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use snowman::base::diagnostic::Diagnostics;
use snowman::base::name::{KindName, Label, TaskId};
use snowman::base::time::Timestamp;
use snowman::sandbox::Credentials;
use snowman::submit::Plan;
use snowman::submit::plan::Creation;
use snowman::submit::preflight::{Facts, PreflightOptions, check};

use super::bench::{Bench, slug};
use super::schemas::schemas;

fn creation(task_id: &str, label: &str, definition: &Value) -> Creation {
    Creation {
        task_id: TaskId::parse(task_id).unwrap(),
        label: Label::parse(label).unwrap(),
        kind: KindName::parse("build").unwrap(),
        copy: 0,
        definition: definition.clone().into(),
        after: BTreeSet::new(),
        provenance: Arc::default(),
    }
}

/// Runs the preflight for one task that is created now.
fn preflight(
    task_id: &str,
    definition: &Value,
    now: Timestamp,
    facts: &Facts,
) -> Option<Diagnostics> {
    let plan = Plan::new(vec![creation(task_id, "build", definition)]);
    check(&[&plan], PreflightOptions::FULL, now, facts).err()
}

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// A rule: fields that satisfy it, fields that break it, and the preflight's message for the
/// latter. A null field is left out.
type Case = (&'static str, Value, Value, &'static str);

/// The rules of the queue.
fn rules(bench: &Bench) -> Vec<Case> {
    let at = |seconds| json!(bench.at(seconds));
    let slugs = |many: usize| json!((0..many).map(|_| slug()).collect::<Vec<_>>());
    let routes = |many: usize| json!((0..many).map(|n| format!("r.{n}")).collect::<Vec<_>>());
    let long = |many: usize| json!("x".repeat(many));
    let metadata = |field: &str, value: Value| {
        let mut metadata = bench.task()["metadata"].clone();
        metadata[field] = value;
        if metadata[field].is_null() {
            metadata.as_object_mut().unwrap().shift_remove(field);
        }
        json!({"metadata": metadata})
    };
    let twice = slug();
    vec![
        (
            "created late",
            json!({"created": at(14 * 60)}),
            json!({"created": at(16 * 60)}),
            "15 minutes",
        ),
        (
            "created early",
            json!({"created": at(-14 * 60)}),
            json!({"created": at(-16 * 60)}),
            "15 minutes",
        ),
        (
            "created is there",
            json!({}),
            json!({"created": null}),
            "`created` is missing",
        ),
        (
            "created is a date",
            json!({}),
            json!({"created": "today"}),
            "expected a date and time",
        ),
        (
            "deadline far",
            json!({"deadline": at(5 * DAY + 14 * 60)}),
            json!({"deadline": at(5 * DAY + 16 * 60)}),
            "5 days",
        ),
        (
            "deadline over",
            json!({"deadline": at(60)}),
            json!({"created": at(-600), "deadline": at(-60)}),
            "is in the past",
        ),
        (
            "deadline first",
            json!({"created": at(60), "deadline": at(60)}),
            json!({"created": at(61), "deadline": at(60)}),
            "before `created`",
        ),
        (
            "deadline is there",
            json!({}),
            json!({"deadline": null}),
            "`deadline` is missing",
        ),
        (
            "deadline is a date",
            json!({"deadline": bench.at(DAY).replace('Z', "+00:00")}),
            json!({"deadline": 5}),
            "an integer",
        ),
        (
            "expires late",
            json!({"expires": at(DAY)}),
            json!({"expires": at(DAY - 1)}),
            "`expires` is before",
        ),
        (
            "expires is a date",
            json!({"expires": at(2 * DAY)}),
            json!({"expires": "2099-01-01"}),
            "expected a date and time",
        ),
        (
            "retries few",
            json!({"retries": 49}),
            json!({"retries": 50}),
            "must be at most 49",
        ),
        (
            "retries positive",
            json!({"retries": 0}),
            json!({"retries": -1}),
            "must be at least 0",
        ),
        (
            "retries whole",
            json!({"retries": 3.0}),
            json!({"retries": 3.5}),
            "a whole number",
        ),
        (
            "routes few",
            json!({"routes": routes(64)}),
            json!({"routes": routes(65)}),
            "at most 64",
        ),
        (
            "routes differ",
            json!({"routes": ["a", "b"]}),
            json!({"routes": ["a", "a"]}),
            "more than once",
        ),
        (
            "routes short",
            json!({"routes": [long(249)]}),
            json!({"routes": [long(250)]}),
            "a route of",
        ),
        (
            "routes filled",
            json!({"routes": ["x"]}),
            json!({"routes": [""]}),
            "a route of",
        ),
        (
            "routes in characters",
            json!({"routes": ["\u{e4}".repeat(249)]}),
            json!({"routes": ["\u{e4}".repeat(250)]}),
            "a route of",
        ),
        (
            "schedulerId plain",
            json!({"schedulerId": "a-B_9"}),
            json!({"schedulerId": "a b"}),
            "letters, digits",
        ),
        (
            "schedulerId short",
            json!({"schedulerId": long(38)}),
            json!({"schedulerId": long(39)}),
            "at most 38",
        ),
        (
            "schedulerId filled",
            json!({"schedulerId": "-"}),
            json!({"schedulerId": ""}),
            "at most 38",
        ),
        (
            "projectId plain",
            json!({"projectId": "a.B/9_-"}),
            json!({"projectId": "a b"}),
            "letters, digits",
        ),
        (
            "projectId short",
            json!({"projectId": long(500)}),
            json!({"projectId": long(501)}),
            "at most 500",
        ),
        (
            "projectId filled",
            json!({"projectId": "p"}),
            json!({"projectId": ""}),
            "at most 500",
        ),
        (
            "taskQueueId form",
            json!({"taskQueueId": "G_x-1/b-linux2"}),
            json!({"taskQueueId": "gecko-1/B"}),
            "a worker type",
        ),
        (
            "taskQueueId halves",
            json!({"taskQueueId": "a/b"}),
            json!({"taskQueueId": "a"}),
            "a worker type",
        ),
        (
            "taskQueueId length",
            json!({"taskQueueId": format!("{0}/{0}", "x".repeat(38))}),
            json!({"taskQueueId": format!("x/{}", "x".repeat(39))}),
            "a worker type",
        ),
        (
            "taskQueueId end",
            json!({"taskQueueId": "a/b-2"}),
            json!({"taskQueueId": "a/b-"}),
            "a worker type",
        ),
        (
            "taskQueueId begin",
            json!({"taskQueueId": "2/b"}),
            json!({"taskQueueId": "2/2"}),
            "a worker type",
        ),
        (
            "where it runs",
            json!({"taskQueueId": null, "provisionerId": "a", "workerType": "b"}),
            json!({"taskQueueId": null}),
            "has neither `taskQueueId` nor `provisionerId` and `workerType`",
        ),
        (
            "where it runs, in whole",
            json!({}),
            json!({"taskQueueId": null, "workerType": "b"}),
            "has neither `taskQueueId` nor `provisionerId` and `workerType`",
        ),
        (
            "where it runs, twice",
            json!({"provisionerId": "gecko-1", "workerType": "b-linux"}),
            json!({"provisionerId": "other", "workerType": "b-linux"}),
            "say",
        ),
        (
            "provisionerId form",
            json!({"provisionerId": "a_B-1"}),
            json!({"provisionerId": "a.b"}),
            "letters, digits",
        ),
        (
            "workerType form",
            json!({"workerType": "a-1"}),
            json!({"workerType": "a_1"}),
            "a worker type",
        ),
        (
            "priority known",
            json!({"priority": "very-low"}),
            json!({"priority": "normal"}),
            "one of highest",
        ),
        (
            "requires known",
            json!({"requires": "all-resolved"}),
            json!({"requires": "some"}),
            "one of all-completed",
        ),
        (
            "tags texts",
            json!({"tags": {"a": "1"}}),
            json!({"tags": {"a": 1}}),
            "a string",
        ),
        (
            "tags short",
            json!({"tags": {"a": long(4096)}}),
            json!({"tags": {"a": long(4097)}}),
            "at most 4096",
        ),
        (
            "payload mapping",
            json!({"payload": {}}),
            json!({"payload": []}),
            "a mapping",
        ),
        (
            "payload is there",
            json!({}),
            json!({"payload": null}),
            "`payload` is missing",
        ),
        (
            "extra mapping",
            json!({"extra": {"a": [1, null]}}),
            json!({"extra": "a"}),
            "a mapping",
        ),
        (
            "metadata name",
            metadata("name", long(255)),
            metadata("name", long(256)),
            "at most 255",
        ),
        (
            "metadata owner",
            metadata("owner", long(255)),
            metadata("owner", long(256)),
            "at most 255",
        ),
        (
            "metadata description",
            metadata("description", long(32_768)),
            metadata("description", long(32_769)),
            "at most 32768",
        ),
        (
            "metadata source",
            metadata("source", json!("git@x")),
            metadata("source", json!("file:///x")),
            "begins with http",
        ),
        (
            "metadata source length",
            metadata("source", json!(format!("https://{}", "x".repeat(4088)))),
            metadata("source", json!(format!("https://{}", "x".repeat(4089)))),
            "at most 4096",
        ),
        (
            "metadata source is there",
            json!({}),
            metadata("source", json!(null)),
            "`metadata.source` is missing",
        ),
        (
            "metadata else",
            json!({}),
            metadata("sources", json!("x")),
            "unknown field `metadata.sources`",
        ),
        (
            "metadata is there",
            json!({}),
            json!({"metadata": null}),
            "`metadata` is missing",
        ),
        (
            "scopes printable",
            json!({"scopes": ["a b~", "a:*"]}),
            json!({"scopes": ["\u{e4}"]}),
            "printable ASCII",
        ),
        (
            "scopes lines",
            json!({"scopes": [""]}),
            json!({"scopes": ["a\nb"]}),
            "printable ASCII",
        ),
        (
            "scopes open",
            json!({"scopes": ["a*", "a**b"]}),
            json!({"scopes": ["a**"]}),
            "`**`",
        ),
        (
            "scopes list",
            json!({"scopes": ["a", "a"]}),
            json!({"scopes": "a"}),
            "a list",
        ),
        (
            "dependencies form",
            json!({}),
            json!({"dependencies": ["x"]}),
            "a taskId",
        ),
        (
            "dependencies exist",
            json!({}),
            json!({"dependencies": [slug()]}),
            "does not exist",
        ),
        (
            "dependencies differ",
            json!({}),
            json!({"dependencies": [twice, twice]}),
            "more than once",
        ),
        (
            "dependencies few",
            json!({}),
            json!({"dependencies": slugs(10_001)}),
            "at most 10000",
        ),
        (
            "taskGroupId form",
            json!({"taskGroupId": slug()}),
            json!({"taskGroupId": "x"}),
            "a taskId",
        ),
        (
            "fields",
            json!({}),
            json!({"payloads": {}}),
            "unknown field `payloads`",
        ),
        (
            "size",
            json!({"payload": {"a": long(10_380_000)}}),
            json!({"payload": {"a": long(11_010_048)}}),
            "bytes as JSON",
        ),
        (
            "NUL in a text",
            json!({"extra": {"a": "\u{1}"}}),
            json!({"extra": {"a": ["\0"]}}),
            "NUL",
        ),
        (
            "NUL in a name",
            json!({"payload": {"\t": 1}}),
            json!({"payload": {"\0": 1}}),
            "NUL",
        ),
    ]
}

/// The rules that a schema cannot express.
const BEYOND_SCHEMA: &[&str] = &[
    "created late",
    "created early",
    "deadline far",
    "deadline over",
    "deadline first",
    "expires late",
    "where it runs",
    "where it runs, in whole",
    "where it runs, twice",
    "provisionerId form",
    "workerType form",
    "scopes open",
    "dependencies exist",
    "size",
    "NUL in a text",
    "NUL in a name",
];

fn merged(base: &Value, fields: &Value) -> Value {
    let mut task = base.clone();
    for (name, value) in fields.as_object().unwrap() {
        task[name] = value.clone();
        if value.is_null() {
            task.as_object_mut().unwrap().shift_remove(name);
        }
    }
    task
}

#[tokio::test]
async fn queue_and_preflight_have_the_same_rules() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let facts = Facts {
        scopes: None,
        existing: Some(Default::default()),
        max_deadline_days: Some(5),
        ..Facts::default()
    };
    let mut wrong = Vec::new();
    for (rule, keeps, breaks, expected) in rules(&bench) {
        // These are ignored on their own: the other half is in `taskQueueId`.
        let good = merged(&bench.task(), &keeps);
        let bad = merged(&bench.task(), &breaks);
        for (task, passes) in [(&good, true), (&bad, false)] {
            let id = slug();
            let refusal = preflight(&id, task, now, &facts);
            let answer = bench.create(&id, task).await;
            if refusal.is_none() != passes {
                wrong.push(format!("{rule}: the preflight says {refusal:?}"));
            }
            if (answer.status == 200) != passes {
                wrong.push(format!(
                    "{rule}: the queue says {:.300}",
                    answer.body.to_string()
                ));
            }
            if let Some(refusal) = refusal
                && !refusal.to_string().contains(expected)
            {
                wrong.push(format!("{rule}: {expected:?} is not in: {refusal}"));
            }
            if let Some(schemas) = schemas().filter(|_| !BEYOND_SCHEMA.contains(&rule))
                && schemas.definition.is_valid(task) != passes
            {
                wrong.push(format!("{rule}: the schema disagrees"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns variants of a value: each part left out, or replaced by a value of each type.
fn variants(value: &Value) -> Vec<(String, Value)> {
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!(""),
        json!([]),
        json!(["x"]),
        json!([["x"]]),
        json!({}),
        json!({"x": "x"}),
        json!({"x": 1}),
    ];
    let mut all: Vec<(String, Value)> = others
        .into_iter()
        .map(|other| (format!(" = {other}"), other))
        .collect();
    match value {
        Value::Object(map) => {
            for (key, part) in map {
                let mut less = map.clone();
                less.shift_remove(key);
                all.push((format!(".{key} left out"), Value::Object(less)));
                for (what, variant) in variants(part) {
                    let mut changed = map.clone();
                    changed.insert(key.clone(), variant);
                    all.push((format!(".{key}{what}"), Value::Object(changed)));
                }
            }
            let mut more = map.clone();
            more.insert("another".to_owned(), json!("x"));
            all.push((".another".to_owned(), Value::Object(more)));
        }
        Value::Array(items) => {
            for (index, part) in items.iter().enumerate() {
                for (what, variant) in variants(part) {
                    let mut changed = items.clone();
                    changed[index] = variant;
                    all.push((format!("[{index}]{what}"), Value::Array(changed)));
                }
            }
            let twice: Vec<Value> = items.iter().chain(items).cloned().collect();
            all.push((" twice".to_owned(), Value::Array(twice)));
        }
        _ => {}
    }
    all
}

#[tokio::test]
async fn queue_and_preflight_agree_on_every_definition() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let facts = Facts {
        scopes: None,
        existing: Some(Default::default()),
        max_deadline_days: Some(5),
        ..Facts::default()
    };
    let task = bench.task_with(json!({
        "projectId": "none", "priority": "low", "requires": "all-completed", "retries": 5,
        "expires": bench.at(2 * DAY), "dependencies": [], "routes": ["a.b"], "scopes": ["a:b"],
        "tags": {"kind": "build"}, "extra": {"a": 1}, "taskGroupId": slug(),
    }));
    let mut wrong = Vec::new();
    let variants = variants(&task);
    assert!(variants.len() > 300);
    for (what, variant) in variants.iter().filter(|(_, variant)| variant.is_object()) {
        let id = slug();
        let refusal = preflight(&id, variant, now, &facts);
        let answer = bench.create(&id, variant).await;
        // A group has one scheduler, which a definition alone does not show.
        let taken = [200, 409].contains(&answer.status);
        if refusal.is_none() != taken {
            wrong.push(format!(
                "{what}: {refusal:?} and {:.300}",
                answer.body.to_string()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Payloads with every field that a worker accepts.
fn payloads(bench: &Bench) -> Vec<(&'static str, &'static str, &'static str, Value)> {
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

#[tokio::test]
async fn artifacts_expire_between_deadline_and_task_expiry() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let refusal_of = |worker: &str, seconds: i64| {
        let expires = bench.at(seconds);
        let (payload, os) = match worker {
            "docker-worker" => (
                json!({"image": "i", "maxRunTime": 1, "artifacts": {"a": {"type": "file", "path": "a", "expires": expires}}}),
                "linux",
            ),
            _ => (
                json!({"command": ["a"], "maxRunTime": 1, "artifacts": [{"type": "file", "path": "a", "expires": expires}]}),
                "windows",
            ),
        };
        let task = bench.task_with(json!({
            "tags": {"worker-implementation": worker, "os": os}, "payload": payload,
            "expires": bench.at(2 * DAY),
        }));
        let refusal = preflight(&slug(), &task, now, &Facts::default());
        refusal
            .map(|refusal| refusal.to_string())
            .unwrap_or_default()
    };
    for worker in ["docker-worker", "generic-worker"] {
        assert_eq!(refusal_of(worker, 2 * DAY), "");
        assert!(refusal_of(worker, 2 * DAY + 2).contains("is after the task's expiry"));
    }
    assert_eq!(refusal_of("generic-worker", DAY), "");
    assert!(refusal_of("generic-worker", DAY - 2).contains("is before the task's deadline"));
    assert_eq!(refusal_of("docker-worker", DAY - 2), "");
}

#[tokio::test]
async fn queue_and_preflight_require_dependencies_to_outlive_dependents() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    for (expires, passes) in [(DAY, true), (DAY - 1, false)] {
        let (first, second) = (slug(), slug());
        let dependency = bench.task_with(json!({
            "deadline": bench.at(HOUR), "expires": bench.at(expires),
        }));
        let dependent =
            bench.task_with(json!({"dependencies": [first], "deadline": bench.at(DAY)}));
        // In one plan, and as an existing task.
        let plan = Plan::new(vec![
            creation(&first, "first", &dependency),
            creation(&second, "second", &dependent),
        ]);
        let together = check(&[&plan], PreflightOptions::FULL, now, &Facts::default());
        bench.create(&first, &dependency).await.expect(200);
        let status = snowman::ports::taskcluster::TaskStatus {
            state: snowman::base::task_state::TaskState::Pending,
            expires: Timestamp::parse(&bench.at(expires)),
            ..Default::default()
        };
        let facts = Facts {
            scopes: None,
            existing: Some([(TaskId::parse(&first).unwrap(), status)].into()),
            max_deadline_days: Some(5),
            ..Facts::default()
        };
        let alone = preflight(&second, &dependent, now, &facts);
        let answer = bench.create(&second, &dependent).await;
        assert_eq!(together.is_ok(), passes, "{together:?}");
        assert_eq!(alone.is_none(), passes, "{alone:?}");
        assert_eq!(answer.status == 200, passes, "{:#}", answer.body);
    }
}

#[test]
fn relative_dates_of_later_tasks_are_later() {
    let relative = |span: &str| json!({"relative-datestamp": span});
    let task = |deadline: Value, expires: Value, dependencies: Value| {
        json!({
            "taskQueueId": "a/b", "created": relative("0 seconds"), "deadline": deadline,
            "expires": expires, "dependencies": dependencies, "payload": {},
            "metadata": {"name": "n", "description": "d", "owner": "o", "source": "https://example.com"},
        })
    };
    let (first, second) = (slug(), slug());
    let checked = |expires: &str| {
        let plan = Plan::new(vec![
            creation(
                &first,
                "first",
                &task(relative("1 hour"), relative(expires), json!([])),
            ),
            creation(
                &second,
                "second",
                &task(relative("1 day"), relative("2 days"), json!([first])),
            ),
        ]);
        check(
            &[&plan],
            PreflightOptions::FULL,
            Timestamp::from_unix(0),
            &Facts::default(),
        )
    };
    // The first task is sent before the second, so it would expire before the second's deadline.
    let refusal = checked("1 day").unwrap_err().to_string();
    assert!(
        refusal.contains("it depends on the task `first`, which expires before"),
        "{refusal}"
    );
    assert!(checked("2 days").is_ok());
}

#[tokio::test]
async fn preflight_refuses_tasks_that_never_start() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let id = slug();
    let task = bench.task_with(json!({"dependencies": [id]}));
    let refusal = preflight(&id, &task, now, &Facts::default()).unwrap();
    assert!(
        refusal.to_string().contains("the task depends on itself"),
        "{refusal}"
    );
    let created = bench.create(&id, &task).await.expect(200);
    assert_eq!(created["status"]["state"], "unscheduled");

    let (first, second) = (slug(), slug());
    let plan = Plan::new(vec![
        creation(
            &first,
            "first",
            &bench.task_with(json!({"dependencies": [second]})),
        ),
        creation(
            &second,
            "second",
            &bench.task_with(json!({"dependencies": [first]})),
        ),
    ]);
    let refusal = check(&[&plan], PreflightOptions::FULL, now, &Facts::default()).unwrap_err();
    assert_eq!(refusal.len(), 1);
    let refusal = refusal.to_string();
    assert!(
        refusal.contains("depend on each other") && refusal.contains("first -> "),
        "{refusal}"
    );
}

#[tokio::test]
async fn scopes_are_satisfied_as_in_auth() {
    let bench = Bench::new().await;
    let now = Timestamp::new(bench.now());
    let own = Credentials {
        client_id: "tester".to_owned(),
        access_token: "a-token-of-some-length".to_owned(),
        certificate: None,
    };
    let enough = [
        "queue:create-task:low:gecko-1/b-linux",
        "queue:scheduler-id:gecko-level-1",
        "queue:create-task:project:none",
        "secrets:get:a",
        "queue:route:index.a.*",
    ];
    let task = |fields: Value| {
        let base = json!({"priority": "low", "scopes": ["secrets:get:a"], "routes": ["index.a.b"]});
        merged(&bench.task_with(base), &fields)
    };
    let mut cases: Vec<(Vec<&str>, Value, &str)> = vec![
        (enough.to_vec(), json!({}), ""),
        (enough.to_vec(), json!({"priority": "lowest"}), ""),
        (
            enough.to_vec(),
            json!({"priority": "medium"}),
            "queue:create-task:medium:gecko-1/b-linux",
        ),
        (
            enough.to_vec(),
            json!({"projectId": "p"}),
            "queue:create-task:project:p",
        ),
        (
            enough.to_vec(),
            json!({"schedulerId": "other"}),
            "queue:scheduler-id:other",
        ),
        (
            enough.to_vec(),
            json!({"routes": ["index.b.c"]}),
            "queue:route:index.b.c",
        ),
        (
            enough.to_vec(),
            json!({"scopes": ["secrets:get:*"]}),
            "secrets:get:*",
        ),
        (
            enough.to_vec(),
            json!({"scopes": ["secrets:get:ab"]}),
            "secrets:get:ab",
        ),
        (
            enough.to_vec(),
            json!({"taskQueueId": "gecko-1/b-win"}),
            "queue:create-task:low:gecko-1/b-win",
        ),
        (
            enough.to_vec(),
            json!({"taskQueueId": null, "provisionerId": "gecko-1", "workerType": "b-mac"}),
            "queue:create-task:low:gecko-1/b-mac",
        ),
        (
            vec!["*"],
            json!({"priority": "highest", "projectId": "p"}),
            "",
        ),
        (
            vec!["queue:*", "secrets:get:a*"],
            json!({"scopes": ["secrets:get:ab"]}),
            "",
        ),
        (
            vec![],
            json!({"scopes": [], "routes": []}),
            "queue:scheduler-id:gecko-level-1",
        ),
    ];
    // Without any one of them it is missing.
    for left_out in enough {
        let rest = enough
            .into_iter()
            .filter(|scope| *scope != left_out)
            .collect();
        let missing = if left_out.ends_with('*') {
            "queue:route:index.a.b"
        } else {
            left_out
        };
        cases.push((rest, json!({}), missing));
    }
    for (held, fields, missing) in cases {
        bench.sandbox.add_client("tester", &own.access_token, &held);
        let task = task(fields);
        let id = slug();
        let facts = Facts {
            scopes: Some(held.iter().map(|scope| (*scope).to_owned()).collect()),
            existing: None,
            max_deadline_days: Some(5),
            ..Facts::default()
        };
        let refusal = preflight(&id, &task, now, &facts);
        let path = format!("/api/queue/v1/task/{id}");
        let answer = bench.signed(&own, "PUT", &path, Some(&task)).await;
        assert_eq!(
            refusal.is_none(),
            missing.is_empty(),
            "{held:?}: {refusal:?}"
        );
        match refusal {
            None => drop(answer.expect(200)),
            Some(refusal) => {
                assert!(
                    refusal.to_string().contains(&format!("`{missing}`")),
                    "{missing}: {refusal}"
                );
                answer.refused(403, "InsufficientScopes", missing);
            }
        }
    }
}
