//! The schemas of request bodies.

use super::schema::Schema;
use crate::base::shape::{Choice, List, Pattern, Shape, TEXT, optional, required, text};
use crate::base::value::Value;
use crate::sandbox::{patterns, time};

const fn matching(min: usize, max: usize, pattern: Pattern) -> Shape {
    Shape::Text {
        min,
        max,
        pattern: Some(pattern),
    }
}

const DATE_TIME: Shape = Shape::Format(Pattern {
    text: "date-time",
    matches: |text| time::parse(text).is_some(),
});
const URI: Shape = Shape::Format(Pattern {
    text: "uri",
    matches: |text| reqwest::Url::parse(text).is_ok(),
});
const ANY_LENGTH: usize = usize::MAX;
const SLUG: Shape = matching(0, ANY_LENGTH, patterns::SLUG);
const WORKER: Shape = matching(1, 38, patterns::WORD);
const SCOPE: Shape = matching(0, ANY_LENGTH, patterns::SCOPE);
const REQUIRES: &[&str] = &["all-completed", "all-resolved"];

/// The body of `createTask`.
pub(crate) const CREATE_TASK: Schema = Schema {
    name: "queue/v1/create-task-request.json#",
    shape: Shape::Object(&[
        optional(
            "provisionerId",
            matching(0, ANY_LENGTH, patterns::GENERIC_ID),
        ),
        optional("workerType", matching(0, ANY_LENGTH, patterns::WORKER_TYPE)),
        optional(
            "taskQueueId",
            matching(0, ANY_LENGTH, patterns::TASK_QUEUE_ID),
        ),
        optional("schedulerId", matching(1, 38, patterns::WORD)),
        optional("projectId", matching(1, 500, patterns::PROJECT_ID)),
        optional("taskGroupId", SLUG),
        optional(
            "dependencies",
            Shape::List(&List {
                items: SLUG,
                max: 10_000,
                unique: true,
                min: 0,
            }),
        ),
        optional("requires", Shape::OneOf(REQUIRES)),
        optional(
            "routes",
            Shape::List(&List {
                items: Shape::Text {
                    min: 1,
                    max: 249,
                    pattern: None,
                },
                max: 64,
                unique: true,
                min: 0,
            }),
        ),
        optional("priority", Shape::OneOf(patterns::PRIORITIES)),
        optional("retries", Shape::Integer { min: 0, max: 49 }),
        required("created", DATE_TIME),
        required("deadline", DATE_TIME),
        optional("expires", DATE_TIME),
        optional(
            "scopes",
            Shape::List(&List {
                items: SCOPE,
                max: ANY_LENGTH,
                unique: false,
                min: 0,
            }),
        ),
        required("payload", Shape::Map(&Shape::Any)),
        required(
            "metadata",
            Shape::Object(&[
                required("name", text(255)),
                required("description", text(32_768)),
                required("owner", text(255)),
                required("source", matching(0, 4096, patterns::SOURCE)),
            ]),
        ),
        optional(
            "tags",
            Shape::Map(&Shape::Text {
                min: 0,
                max: 4096,
                pattern: None,
            }),
        ),
        optional("extra", Shape::Map(&Shape::Any)),
    ]),
};

/// The body of `tasks` and `statuses`.
pub(crate) const TASK_IDS: Schema = Schema {
    name: "queue/v1/tasks-request.json#",
    shape: Shape::Object(&[optional(
        "taskIds",
        Shape::List(&List {
            items: TEXT,
            max: ANY_LENGTH,
            unique: false,
            min: 0,
        }),
    )]),
};

/// The body of `claimWork`.
pub(crate) const CLAIM_WORK: Schema = Schema {
    name: "queue/v1/claim-work-request.json#",
    shape: Shape::Object(&[
        required("workerGroup", WORKER),
        required("workerId", WORKER),
        optional("tasks", Shape::Integer { min: 1, max: 32 }),
    ]),
};

/// The body of `claimTask`.
pub(crate) const CLAIM_TASK: Schema = Schema {
    name: "queue/v1/task-claim-request.json#",
    shape: Shape::Object(&[
        required("workerGroup", WORKER),
        required("workerId", WORKER),
    ]),
};

/// The body of `reportException`.
pub(crate) const EXCEPTION: Schema = Schema {
    name: "queue/v1/task-exception-request.json#",
    shape: Shape::Object(&[required(
        "reason",
        Shape::OneOf(&[
            "worker-shutdown",
            "malformed-payload",
            "resource-unavailable",
            "internal-error",
            "intermittent-task",
        ]),
    )]),
};

/// The body of `changeTaskPriority` and `changeTaskGroupPriority`.
pub(crate) const PRIORITY: Schema = Schema {
    name: "queue/v1/change-task-priority-request.json#",
    shape: Shape::Object(&[required("newPriority", Shape::OneOf(patterns::PRIORITIES))]),
};

const LENGTH: Shape = Shape::Integer {
    min: 0,
    max: i64::MAX,
};

/// The body of `createArtifact`.
pub(crate) const CREATE_ARTIFACT: Schema = Schema {
    name: "queue/v1/post-artifact-request.json#",
    shape: Shape::Choice(&Choice {
        doc: "an artifact of a known `storageType`",
        pick: artifact,
    }),
};

/// The shape of an artifact, which its `storageType` decides.
fn artifact(value: &Value) -> Option<&'static Shape> {
    static S3: Shape = Shape::Object(&[
        required("storageType", Shape::Any),
        required("expires", DATE_TIME),
        required("contentType", text(255)),
        optional("contentLength", LENGTH),
    ]);
    static OBJECT: Shape = Shape::Object(&[
        required("storageType", Shape::Any),
        required("expires", DATE_TIME),
        required("contentType", text(255)),
        optional("contentLength", LENGTH),
    ]);
    static REFERENCE: Shape = Shape::Object(&[
        required("storageType", Shape::Any),
        required("expires", DATE_TIME),
        required("url", URI),
        required("contentType", text(255)),
    ]);
    static LINK: Shape = Shape::Object(&[
        required("storageType", Shape::Any),
        required("expires", DATE_TIME),
        required("artifact", TEXT),
        optional("contentType", text(255)),
    ]);
    static ERROR: Shape = Shape::Object(&[
        required("storageType", Shape::Any),
        required("expires", DATE_TIME),
        required(
            "reason",
            Shape::OneOf(&[
                "file-missing-on-worker",
                "invalid-resource-on-worker",
                "too-large-file-on-worker",
                "file-not-readable-on-worker",
            ]),
        ),
        required("message", text(4096)),
    ]);
    match value.get("storageType")?.as_str()? {
        "s3" => Some(&S3),
        "object" => Some(&OBJECT),
        "reference" => Some(&REFERENCE),
        "link" => Some(&LINK),
        "error" => Some(&ERROR),
        _ => None,
    }
}

/// The body of `finishArtifact`.
pub(crate) const FINISH_ARTIFACT: Schema = Schema {
    name: "queue/v1/finish-artifact-request.json#",
    shape: Shape::Object(&[required("uploadId", SLUG)]),
};

/// The body of the index's `insertTask`.
pub(crate) const INSERT_TASK: Schema = Schema {
    name: "index/v1/insert-task-request.json#",
    shape: Shape::Object(&[
        required("taskId", SLUG),
        required("rank", Shape::Number),
        required("data", Shape::Map(&Shape::Any)),
        required("expires", DATE_TIME),
    ]),
};

/// The body of the index's `findTasksAtIndex`.
pub(crate) const INDEXES: Schema = Schema {
    name: "index/v1/list-tasks-at-index.json#",
    shape: Shape::Object(&[optional(
        "indexes",
        Shape::List(&List {
            items: TEXT,
            max: ANY_LENGTH,
            unique: false,
            min: 0,
        }),
    )]),
};

/// The body of `purgeCache`.
pub(crate) const PURGE: Schema = Schema {
    name: "purge-cache/v1/purge-cache-request.json#",
    shape: Shape::Object(&[required("cacheName", text(ANY_LENGTH))]),
};

/// The body of `expandScopes`.
pub(crate) const SCOPES: Schema = Schema {
    name: "auth/v1/scopeset.json#",
    shape: Shape::Object(&[required(
        "scopes",
        Shape::List(&List {
            items: SCOPE,
            max: ANY_LENGTH,
            unique: true,
            min: 0,
        }),
    )]),
};

const SCOPE_LIST: Shape = Shape::List(&List {
    items: SCOPE,
    max: ANY_LENGTH,
    unique: true,
    min: 0,
});

/// The body of `createRole` and `updateRole`.
pub(crate) const ROLE: Schema = Schema {
    name: "auth/v1/create-role-request.json#",
    shape: Shape::Object(&[
        required("scopes", SCOPE_LIST),
        required("description", text(10_240)),
    ]),
};

/// The body of `authenticateHawk`.
pub(crate) const HAWK: Schema = Schema {
    name: "auth/v1/authenticate-hawk-request.json#",
    shape: Shape::Object(&[
        required("method", TEXT),
        required("resource", TEXT),
        required("host", TEXT),
        required(
            "port",
            Shape::Integer {
                min: 0,
                max: 65_535,
            },
        ),
        optional("authorization", TEXT),
        optional("sourceIp", TEXT),
    ]),
};

/// The body of `testAuthenticate`.
pub(crate) const TEST_AUTHENTICATE: Schema = Schema {
    name: "auth/v1/test-authenticate-request.json#",
    shape: Shape::Object(&[
        required("clientScopes", SCOPE_LIST),
        required("requiredScopes", SCOPE_LIST),
    ]),
};

/// The body of the secrets service's `set`.
pub(crate) const SECRET: Schema = Schema {
    name: "secrets/v1/secret.json#",
    shape: Shape::Object(&[
        required("secret", Shape::Map(&Shape::Any)),
        required("expires", DATE_TIME),
    ]),
};

/// The body of `quarantineWorker`.
pub(crate) const QUARANTINE: Schema = Schema {
    name: "queue/v1/quarantine-worker-request.json#",
    shape: Shape::Object(&[
        required("quarantineUntil", DATE_TIME),
        optional("quarantineInfo", text(4000)),
    ]),
};

/// The body of `declareWorker`.
pub(crate) const DECLARE_WORKER: Schema = Schema {
    name: "queue/v1/update-worker-request.json#",
    shape: Shape::Object(&[required("expires", DATE_TIME)]),
};

const PROJECT: Shape = matching(1, 500, patterns::PROJECT_ID);
const HASHES: Shape = Shape::Map(&TEXT);

/// The body of the object service's `createUpload`.
pub(crate) const CREATE_UPLOAD: Schema = Schema {
    name: "object/v1/create-upload-request.json#",
    shape: Shape::Object(&[
        required("projectId", PROJECT),
        required("uploadId", SLUG),
        required("expires", DATE_TIME),
        optional("hashes", HASHES),
        required(
            "proposedUploadMethods",
            Shape::Object(&[
                optional("dataInline", Shape::Map(&Shape::Any)),
                optional("putUrl", Shape::Map(&Shape::Any)),
            ]),
        ),
    ]),
};

/// The body of the object service's `finishUpload`.
pub(crate) const FINISH_UPLOAD: Schema = Schema {
    name: "object/v1/finish-upload-request.json#",
    shape: Shape::Object(&[
        required("projectId", PROJECT),
        required("uploadId", SLUG),
        optional("hashes", HASHES),
    ]),
};

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn task() -> Value {
        json!({
            "created": "2026-01-01T00:00:00Z",
            "deadline": "2026-01-02T00:00:00Z",
            "payload": {},
            "metadata": {"name": "n", "description": "d", "owner": "o@example.com", "source": "https://example.com"},
        })
    }

    fn with(path: &str, value: Value) -> Value {
        let mut body = task();
        match path.split_once('.') {
            Some((outer, inner)) => body[outer][inner] = value,
            None => body[path] = value,
        }
        body
    }

    #[test]
    fn a_small_task_is_accepted() {
        assert_eq!(CREATE_TASK.check(&task()), Ok(()));
    }

    #[test]
    fn each_rule_refuses_violations() {
        let long = "x".repeat(250);
        for (path, value) in [
            ("created", json!("2026-01-01")),
            ("expires", json!("2027-01-01")),
            ("priority", json!("normal")),
            ("retries", json!(50)),
            ("retries", json!(-1)),
            ("retries", json!("5")),
            ("routes", json!(["a", "a"])),
            ("routes", json!([long])),
            ("routes", json!([""])),
            (
                "routes",
                json!((0..65).map(|n| n.to_string()).collect::<Vec<_>>()),
            ),
            ("schedulerId", json!("a.b")),
            ("schedulerId", json!("")),
            ("schedulerId", json!("x".repeat(39))),
            ("projectId", json!("a b")),
            ("projectId", json!("")),
            ("taskQueueId", json!("a/B")),
            ("dependencies", json!(["short"])),
            (
                "dependencies",
                json!(["fN1SbArXTPSVFNUvaOlinQ", "fN1SbArXTPSVFNUvaOlinQ"]),
            ),
            ("tags", json!({"a": 1})),
            ("tags", json!({"a": "x".repeat(4097)})),
            ("payload", json!([])),
            ("scopes", json!(["ä"])),
            ("metadata.name", json!("x".repeat(256))),
            ("metadata.description", json!("x".repeat(32_769))),
            ("metadata.source", json!("ftp://example.com")),
            ("metadata.more", json!("x")),
            ("more", json!(1)),
        ] {
            let refused = CREATE_TASK.check(&with(path, value.clone()));
            assert!(refused.is_err(), "{path} = {value}");
        }
    }

    #[test]
    fn every_violation_of_the_schema_is_reported() {
        let error = CREATE_TASK
            .check(&json!({"priority": "normal", "more": 1}))
            .unwrap_err();
        for part in [
            "data must have required property 'created'",
            "data must have required property 'metadata'",
            "data/priority must be equal to one of the allowed values",
            "data must NOT have additional properties: \"more\"",
        ] {
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}
