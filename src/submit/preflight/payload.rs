//! The rules of workers for payloads.
//!
//! Payloads of workers that are not in the table are not checked. The tag `worker-implementation` of a
//! task names its worker, and the tag `os` names the system of the worker.

use super::queue::{Dates, TASK_ID};
use crate::base::path::ValuePath;
use crate::base::shape::{Choice, Field, List, Shape, TEXT, optional, pattern, required, text};
use crate::base::time::{Span, Timestamp};
use crate::base::value::Value;
use crate::config::mismatch::{self, DATE};
use crate::config::schema::Violation;

/// A worker with known rules.
pub struct Worker {
    /// The value of the tag `worker-implementation`.
    pub name: &'static str,
    /// Returns the rule for a payload on a system, if that is known.
    shape: fn(os: Option<&str>, payload: &Value) -> Shape,
    /// Whether artifacts must not expire before the deadline.
    artifacts_until_deadline: bool,
}

/// Every worker with known rules.
pub static WORKERS: &[Worker] = &[
    Worker {
        name: "docker-worker",
        shape: |_, _| Shape::Object(DOCKER),
        artifacts_until_deadline: false,
    },
    Worker {
        name: "generic-worker",
        shape: |os, payload| Shape::Object(generic(os, payload)),
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
        let payload = &definition["payload"];
        if !payload.is_object() {
            // The queue reports that.
            return Vec::new();
        }
        let path = ValuePath::keys(["payload"]);
        let os = definition["tags"]["os"].as_str();
        let mut found = mismatch::check(&(self.shape)(os, payload), payload, &path);
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
                let help = Some(help.to_owned());
                found.push(Violation::of_value(path.clone(), message, help));
            };
            if dates
                .expires
                .is_some_and(|task| expires > task.plus(second))
            {
                report(
                    format!("`{path}` is after the task's expiry"),
                    "keep the artifact no longer than the task",
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

const fn list(items: Shape, min: usize, unique: bool) -> List {
    List {
        items,
        min,
        max: usize::MAX,
        unique,
    }
}

const SECONDS: Shape = Shape::Integer {
    min: 1,
    max: i64::MAX,
};
const TEXTS: Shape = Shape::Map(&TEXT);

/// A payload of docker-worker, which generic-worker also accepts on all systems except Windows.
static DOCKER: &[Field] = &[
    required(
        "image",
        Shape::Choice(&Choice {
            doc: "the name of an image, or a mapping with a `type`",
            pick: image,
        }),
    ),
    required("maxRunTime", SECONDS),
    optional("command", Shape::List(&list(TEXT, 0, false))),
    optional("env", TEXTS),
    optional("cache", TEXTS),
    optional(
        "artifacts",
        Shape::Map(&Shape::Object(&[
            required("type", Shape::OneOf(&["file", "directory", "volume"])),
            required("path", TEXT),
            optional("expires", DATE),
        ])),
    ),
    optional(
        "features",
        Shape::Object(&[
            optional("allowPtrace", Shape::Boolean),
            optional("artifacts", Shape::Boolean),
            optional("bulkLog", Shape::Boolean),
            optional("chainOfTrust", Shape::Boolean),
            optional("interactive", Shape::Boolean),
            optional("localLiveLog", Shape::Boolean),
            optional("taskclusterProxy", Shape::Boolean),
        ]),
    ),
    optional(
        "capabilities",
        Shape::Object(&[
            optional("privileged", Shape::Boolean),
            optional("disableSeccomp", Shape::Boolean),
            optional(
                "devices",
                Shape::Object(&[
                    optional("hostSharedMemory", Shape::Boolean),
                    optional("kvm", Shape::Boolean),
                    optional("loopbackAudio", Shape::Boolean),
                    optional("loopbackVideo", Shape::Boolean),
                ]),
            ),
        ]),
    ),
    optional(
        "onExitStatus",
        Shape::Object(&[
            optional("retry", Shape::List(&list(ANY_STATUS, 0, false))),
            optional("purgeCaches", Shape::List(&list(ANY_STATUS, 0, false))),
        ]),
    ),
    optional("log", TEXT),
    optional("supersederUrl", TEXT),
];

const ANY_STATUS: Shape = Shape::Integer {
    min: i64::MIN,
    max: i64::MAX,
};

fn image(value: &Value) -> Option<&'static Shape> {
    static NAMED: Shape = Shape::Object(&[
        required("type", Shape::OneOf(&["docker-image"])),
        required("name", TEXT),
    ]);
    static INDEXED: Shape = Shape::Object(&[
        required("type", Shape::OneOf(&["indexed-image"])),
        required("namespace", TEXT),
        required("path", TEXT),
    ]);
    static FROM_TASK: Shape = Shape::Object(&[
        required("type", Shape::OneOf(&["task-image"])),
        required("taskId", TEXT),
        required("path", TEXT),
    ]);
    static OTHER: Shape = Shape::Object(&[required(
        "type",
        Shape::OneOf(&["docker-image", "indexed-image", "task-image"]),
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

/// The shape of a payload of generic-worker.
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
            required("command", Shape::List(&list($command, 1, false))),
            required("maxRunTime", SECONDS),
            optional("env", TEXTS),
            optional(
                "artifacts",
                Shape::List(&list(
                    Shape::Object(&[
                        required("type", Shape::OneOf(&["file", "directory"])),
                        required("path", TEXT),
                        optional("name", TEXT),
                        optional("expires", DATE),
                        optional("contentType", TEXT),
                        optional("contentEncoding", Shape::OneOf(&["identity", "gzip"])),
                        optional("optional", Shape::Boolean),
                    ]),
                    0,
                    true,
                )),
            ),
            optional("features", Shape::Object(&[$(optional($feature, Shape::Boolean)),*])),
            optional("logs", Shape::Object(&[optional("live", TEXT), optional("backing", TEXT)])),
            optional(
                "mounts",
                Shape::List(&list(Shape::Choice(&Choice { doc: "a mapping", pick: mount }), 0, false)),
            ),
            optional(
                "onExitStatus",
                Shape::Object(&[
                    optional("retry", Shape::List(&list(Shape::Integer { min: 1, max: i64::MAX }, 0, true))),
                    optional("purgeCaches", Shape::List(&list(Shape::Integer { min: 0, max: i64::MAX }, 0, true))),
                ]),
            ),
            optional("osGroups", Shape::List(&list(TEXT, 0, true))),
            optional("supersederUrl", TEXT),
            optional("taskclusterProxyInterface", Shape::OneOf(&["localhost", "docker-bridge"])),
            $($more),*
        ]
    };
}

/// A payload of generic-worker on Linux or macOS.
static POSIX: &[Field] = generic_worker!(
    Shape::List(&list(TEXT, 1, false)),
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
    [optional("rdpInfo", TEXT)]
);

const ARCHIVE: Shape = Shape::OneOf(&[
    "7z", "rar", "tar", "tar.br", "tar.bz2", "tar.gz", "tar.lz", "tar.lz4", "tar.mz", "tar.sz",
    "tar.xz", "tar.zst", "tar.zz", "zip",
]);

const CONTENT: Shape = Shape::Choice(&Choice {
    doc: "a mapping with one of taskId, namespace, url, raw, base64",
    pick: content,
});

/// A mount of generic-worker: a file, a cache, or a folder.
fn mount(value: &Value) -> Option<&'static Shape> {
    static FILE: Shape = Shape::Object(&[
        required("file", TEXT),
        required("content", CONTENT),
        optional(
            "format",
            Shape::OneOf(&[
                "br", "bz2", "gz", "lz", "lz4", "mz", "sz", "xz", "zst", "zz",
            ]),
        ),
    ]);
    static EMPTY_CACHE: Shape =
        Shape::Object(&[required("directory", TEXT), required("cacheName", TEXT)]);
    static FILLED_CACHE: Shape = Shape::Object(&[
        required("directory", TEXT),
        required("cacheName", TEXT),
        required("content", CONTENT),
        required("format", ARCHIVE),
    ]);
    static FOLDER: Shape = Shape::Object(&[
        required("directory", TEXT),
        required("content", CONTENT),
        required("format", ARCHIVE),
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
fn content(value: &Value) -> Option<&'static Shape> {
    const SHA256: Shape = pattern(
        "a SHA-256 hash of 64 lower-case hexadecimal digits",
        |text| {
            text.len() == 64
                && text
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        },
    );
    static FROM_TASK: Shape = Shape::Object(&[
        required("taskId", TASK_ID),
        required("artifact", text(1024)),
        optional("sha256", SHA256),
    ]);
    static FROM_INDEX: Shape = Shape::Object(&[
        required("namespace", text(255)),
        required("artifact", text(1024)),
    ]);
    static FROM_URL: Shape = Shape::Object(&[
        required(
            "url",
            pattern("a URL with a scheme", |text| {
                text.split_once(':').is_some_and(|(scheme, rest)| {
                    !rest.is_empty()
                        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                        && scheme
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
                })
            }),
        ),
        optional("sha256", SHA256),
    ]);
    static RAW: Shape = Shape::Object(&[required("raw", text(65_536))]);
    static BASE64: Shape = Shape::Object(&[required(
        "base64",
        pattern("at most 65536 characters of base64", |text| {
            let digits = text.trim_end_matches('=');
            text.len() <= 65_536
                && text.len() - digits.len() <= 2
                && !digits.is_empty()
                && digits
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'+')
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
    .map(|(_, shape)| shape)
}
