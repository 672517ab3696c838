//! The rules of workers for payloads.
//!
//! Payloads of workers that are not in the table are not checked. The tag `worker-implementation` of a
//! task names its worker, and the tag `os` names the system of the worker.

use super::queue::{Dates, TASK_ID};
use super::rule::{Either, Field, Form, List, Rule, TEXT, may, need};
use crate::base::path::ValuePath;
use crate::base::time::{Span, Timestamp};
use crate::base::value::Value;
use crate::config::schema::Violation;

/// A worker with known rules.
pub struct Worker {
    /// The value of the tag `worker-implementation`.
    pub name: &'static str,
    /// Returns the rule for a payload on a system, if that is known.
    rule: fn(os: Option<&str>, payload: &Value) -> Rule,
    /// Whether artifacts must not expire before the deadline.
    artifacts_until_deadline: bool,
}

/// Every worker with known rules.
pub static WORKERS: &[Worker] = &[
    Worker {
        name: "docker-worker",
        rule: |_, _| Rule::Fields(DOCKER),
        artifacts_until_deadline: false,
    },
    Worker {
        name: "generic-worker",
        rule: |os, payload| Rule::Fields(generic(os, payload)),
        artifacts_until_deadline: true,
    },
];

/// Returns the worker that a definition names, if it is known.
pub fn worker(definition: &Value) -> Option<&'static Worker> {
    let name = definition["tags"]["worker-implementation"].as_str()?;
    WORKERS.iter().find(|worker| worker.name == name)
}

/// Returns the worker that a definition names, or else the one that its payload fits.
pub fn likely_worker(definition: &Value) -> Option<&'static Worker> {
    let payload = &definition["payload"];
    let listed = payload["artifacts"].is_array() || payload.get("mounts").is_some();
    match definition["tags"].get("worker-implementation") {
        Some(_) => worker(definition),
        None if listed => WORKERS
            .iter()
            .find(|worker| worker.name == "generic-worker"),
        None => WORKERS.iter().find(|worker| worker.name == "docker-worker"),
    }
}

impl Worker {
    /// Returns the errors that the worker would report in the payload of a definition.
    pub fn check(&self, definition: &Value, dates: Dates) -> Vec<Violation> {
        let mut found = Vec::new();
        let payload = &definition["payload"];
        if !payload.is_object() {
            // The queue reports that.
            return found;
        }
        let path = ValuePath::keys(["payload"]);
        let os = definition["tags"]["os"].as_str();
        (self.rule)(os, payload).check(payload, &path, &mut found);
        self.check_artifacts(
            &payload["artifacts"],
            &path.key("artifacts"),
            dates,
            &mut found,
        );
        found
    }

    fn check_artifacts(
        &self,
        artifacts: &Value,
        path: &ValuePath,
        dates: Dates,
        found: &mut Vec<Violation>,
    ) {
        let listed = artifacts.as_array().into_iter().flatten().enumerate();
        let listed = listed.map(|(index, artifact)| (path.index(index), artifact));
        let named = artifacts.as_object().into_iter().flatten();
        let named = named.map(|(name, artifact)| (path.key(name), artifact));
        for (path, artifact) in listed.chain(named) {
            let Some(expires) = artifact["expires"].as_str().and_then(Timestamp::parse) else {
                continue;
            };
            // The worker allows a second for rounding.
            let second = Span::seconds(1);
            let path = path.key("expires");
            let mut report = |message: String, help: &str| {
                found.push(Violation {
                    path: path.clone(),
                    message,
                    help: Some(help.to_owned()),
                });
            };
            if dates
                .expires
                .is_some_and(|task| expires > task.plus(second))
            {
                report(
                    format!("`{path}` is after the expiry of the task"),
                    "an artifact cannot be kept longer than its task",
                );
            }
            let deadline = dates.deadline.filter(|_| self.artifacts_until_deadline);
            if deadline.is_some_and(|deadline| expires.plus(second) < deadline) {
                report(
                    format!("`{path}` is before the task's deadline"),
                    "keep the artifact at least until the deadline of the task",
                );
            }
        }
    }
}

const fn list(of: Rule, least: usize, distinct: bool) -> List {
    List {
        of,
        least,
        most: usize::MAX,
        distinct,
    }
}

const SECONDS: Rule = Rule::Whole(1, i64::MAX);
const TEXTS: Rule = Rule::Map(&TEXT);

/// A payload of docker-worker, which generic-worker also accepts on all systems except Windows.
static DOCKER: &[Field] = &[
    need(
        "image",
        Rule::Either(&Either {
            doc: "the name of an image, or a mapping with a `type`",
            pick: image,
        }),
    ),
    need("maxRunTime", SECONDS),
    may("command", Rule::List(&list(TEXT, 0, false))),
    may("env", TEXTS),
    may("cache", TEXTS),
    may(
        "artifacts",
        Rule::Map(&Rule::Fields(&[
            need("type", Rule::OneOf(&["file", "directory", "volume"])),
            need("path", TEXT),
            may("expires", Rule::Date),
        ])),
    ),
    may(
        "features",
        Rule::Fields(&[
            may("allowPtrace", Rule::Flag),
            may("artifacts", Rule::Flag),
            may("bulkLog", Rule::Flag),
            may("chainOfTrust", Rule::Flag),
            may("interactive", Rule::Flag),
            may("localLiveLog", Rule::Flag),
            may("taskclusterProxy", Rule::Flag),
        ]),
    ),
    may(
        "capabilities",
        Rule::Fields(&[
            may("privileged", Rule::Flag),
            may("disableSeccomp", Rule::Flag),
            may(
                "devices",
                Rule::Fields(&[
                    may("hostSharedMemory", Rule::Flag),
                    may("kvm", Rule::Flag),
                    may("loopbackAudio", Rule::Flag),
                    may("loopbackVideo", Rule::Flag),
                ]),
            ),
        ]),
    ),
    may(
        "onExitStatus",
        Rule::Fields(&[
            may("retry", Rule::List(&list(ANY_STATUS, 0, false))),
            may("purgeCaches", Rule::List(&list(ANY_STATUS, 0, false))),
        ]),
    ),
    may("log", TEXT),
    may("supersederUrl", TEXT),
];

const ANY_STATUS: Rule = Rule::Whole(i64::MIN, i64::MAX);

fn image(value: &Value) -> Option<&'static Rule> {
    static NAMED: Rule = Rule::Fields(&[
        need("type", Rule::OneOf(&["docker-image"])),
        need("name", TEXT),
    ]);
    static INDEXED: Rule = Rule::Fields(&[
        need("type", Rule::OneOf(&["indexed-image"])),
        need("namespace", TEXT),
        need("path", TEXT),
    ]);
    static FROM_TASK: Rule = Rule::Fields(&[
        need("type", Rule::OneOf(&["task-image"])),
        need("taskId", TEXT),
        need("path", TEXT),
    ]);
    static OTHER: Rule = Rule::Fields(&[need(
        "type",
        Rule::OneOf(&["docker-image", "indexed-image", "task-image"]),
    )]);
    if value.is_string() {
        return Some(&TEXT);
    }
    value.as_object()?;
    Some(match value["type"].as_str() {
        Some("docker-image") => &NAMED,
        Some("indexed-image") => &INDEXED,
        Some("task-image") => &FROM_TASK,
        _ => &OTHER,
    })
}

/// The rule for a payload of generic-worker.
///
/// On Windows, commands are lines; on other systems, they are lists of words. If the system is unknown,
/// the form of the command decides.
fn generic(os: Option<&str>, payload: &Value) -> &'static [Field] {
    let lines = || {
        payload["command"]
            .as_array()
            .is_some_and(|all| all.iter().any(Value::is_string))
    };
    match os {
        Some("windows") => WINDOWS,
        None if lines() && payload.get("image").is_none() => WINDOWS,
        _ if payload.get("image").is_some() => DOCKER,
        _ => POSIX,
    }
}

macro_rules! generic_worker {
    ($command:expr, [$($feature:literal),*], [$($more:expr),*]) => {
        &[
            need("command", Rule::List(&list($command, 1, false))),
            need("maxRunTime", SECONDS),
            may("env", TEXTS),
            may(
                "artifacts",
                Rule::List(&list(
                    Rule::Fields(&[
                        need("type", Rule::OneOf(&["file", "directory"])),
                        need("path", TEXT),
                        may("name", TEXT),
                        may("expires", Rule::Date),
                        may("contentType", TEXT),
                        may("contentEncoding", Rule::OneOf(&["identity", "gzip"])),
                        may("optional", Rule::Flag),
                    ]),
                    0,
                    true,
                )),
            ),
            may("features", Rule::Fields(&[$(may($feature, Rule::Flag)),*])),
            may("logs", Rule::Fields(&[may("live", TEXT), may("backing", TEXT)])),
            may(
                "mounts",
                Rule::List(&list(Rule::Either(&Either { doc: "a mapping", pick: mount }), 0, false)),
            ),
            may(
                "onExitStatus",
                Rule::Fields(&[
                    may("retry", Rule::List(&list(Rule::Whole(1, i64::MAX), 0, true))),
                    may("purgeCaches", Rule::List(&list(Rule::Whole(0, i64::MAX), 0, true))),
                ]),
            ),
            may("osGroups", Rule::List(&list(TEXT, 0, true))),
            may("supersederUrl", TEXT),
            may("taskclusterProxyInterface", Rule::OneOf(&["localhost", "docker-bridge"])),
            $($more),*
        ]
    };
}

/// A payload of generic-worker on Linux or macOS.
static POSIX: &[Field] = generic_worker!(
    Rule::List(&list(TEXT, 1, false)),
    [
        "backingLog",
        "chainOfTrust",
        "interactive",
        "liveLog",
        "loopbackAudio",
        "loopbackVideo",
        "resourceMonitor",
        "runTaskAsCurrentUser",
        "taskclusterProxy"
    ],
    []
);

/// A payload of generic-worker on Windows.
static WINDOWS: &[Field] = generic_worker!(
    TEXT,
    [
        "backingLog",
        "chainOfTrust",
        "hideCmdWindow",
        "interactive",
        "liveLog",
        "resourceMonitor",
        "runAsAdministrator",
        "runTaskAsCurrentUser",
        "taskclusterProxy"
    ],
    [may("rdpInfo", TEXT)]
);

const ARCHIVE: Rule = Rule::OneOf(&[
    "7z", "rar", "tar", "tar.br", "tar.bz2", "tar.gz", "tar.lz", "tar.lz4", "tar.mz", "tar.sz",
    "tar.xz", "tar.zst", "tar.zz", "zip",
]);

const CONTENT: Rule = Rule::Either(&Either {
    doc: "a mapping with one of taskId, namespace, url, raw, base64",
    pick: content,
});

/// A mount of generic-worker: a file, a cache, or a folder.
fn mount(value: &Value) -> Option<&'static Rule> {
    static FILE: Rule = Rule::Fields(&[
        need("file", TEXT),
        need("content", CONTENT),
        may(
            "format",
            Rule::OneOf(&[
                "br", "bz2", "gz", "lz", "lz4", "mz", "sz", "xz", "zst", "zz",
            ]),
        ),
    ]);
    static EMPTY_CACHE: Rule = Rule::Fields(&[need("directory", TEXT), need("cacheName", TEXT)]);
    static FILLED_CACHE: Rule = Rule::Fields(&[
        need("directory", TEXT),
        need("cacheName", TEXT),
        need("content", CONTENT),
        need("format", ARCHIVE),
    ]);
    static FOLDER: Rule = Rule::Fields(&[
        need("directory", TEXT),
        need("content", CONTENT),
        need("format", ARCHIVE),
    ]);
    let map = value.as_object()?;
    let has = |name: &str| map.contains_key(name);
    Some(match (has("file"), has("cacheName")) {
        (true, _) => &FILE,
        (_, true) if has("content") || has("format") => &FILLED_CACHE,
        (_, true) => &EMPTY_CACHE,
        _ => &FOLDER,
    })
}

/// Where the content of a mount comes from.
fn content(value: &Value) -> Option<&'static Rule> {
    const SHA256: Rule = Rule::Form(&Form {
        doc: "a SHA-256 of 64 hexadecimal digits in lower case",
        fits: |text| {
            text.len() == 64
                && text
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        },
    });
    static FROM_TASK: Rule = Rule::Fields(&[
        need("taskId", TASK_ID),
        need("artifact", Rule::Text(1024)),
        may("sha256", SHA256),
    ]);
    static FROM_INDEX: Rule = Rule::Fields(&[
        need("namespace", Rule::Text(255)),
        need("artifact", Rule::Text(1024)),
    ]);
    static FROM_URL: Rule = Rule::Fields(&[
        need(
            "url",
            Rule::Form(&Form {
                doc: "an address with its scheme",
                fits: |text| {
                    text.split_once(':').is_some_and(|(scheme, rest)| {
                        !rest.is_empty()
                            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                            && scheme
                                .bytes()
                                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
                    })
                },
            }),
        ),
        may("sha256", SHA256),
    ]);
    static RAW: Rule = Rule::Fields(&[need("raw", Rule::Text(65_536))]);
    static BASE64: Rule = Rule::Fields(&[need(
        "base64",
        Rule::Form(&Form {
            doc: "at most 65536 characters of base64",
            fits: |text| {
                let digits = text.trim_end_matches('=');
                text.len() <= 65_536
                    && text.len() - digits.len() <= 2
                    && !digits.is_empty()
                    && digits
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'+')
            },
        }),
    )]);
    let map = value.as_object()?;
    [
        ("taskId", &FROM_TASK),
        ("namespace", &FROM_INDEX),
        ("url", &FROM_URL),
        ("raw", &RAW),
        ("base64", &BASE64),
    ]
    .into_iter()
    .find(|(name, _)| map.contains_key(name))
    .map(|(_, rule)| rule)
}
