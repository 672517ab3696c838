//! The schemas of request bodies.

use super::schema::{Field, Schema, Shape};
use crate::sandbox::patterns::{self, Pattern};

const fn need(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        required: true,
        shape,
    }
}

const fn may(name: &'static str, shape: Shape) -> Field {
    Field {
        name,
        required: false,
        shape,
    }
}

const fn text(max: usize) -> Shape {
    Shape::Text {
        min: 0,
        max,
        pattern: None,
    }
}

const fn matching(min: usize, max: usize, pattern: Pattern) -> Shape {
    Shape::Text {
        min,
        max,
        pattern: Some(pattern),
    }
}

const ANY_LENGTH: usize = usize::MAX;
const SLUG: Shape = matching(0, ANY_LENGTH, patterns::SLUG);
const WORKER: Shape = matching(1, 38, patterns::WORD);
const PLAIN_TEXT: Shape = text(ANY_LENGTH);
const SCOPE: Shape = matching(0, ANY_LENGTH, patterns::SCOPE);
const REQUIRES: &[&str] = &["all-completed", "all-resolved"];

/// The body of `createTask`.
pub(crate) const CREATE_TASK: Schema = Schema {
    name: "queue/v1/create-task-request.json#",
    shape: Shape::Object(&[
        may(
            "provisionerId",
            matching(0, ANY_LENGTH, patterns::GENERIC_ID),
        ),
        may("workerType", matching(0, ANY_LENGTH, patterns::WORKER_TYPE)),
        may(
            "taskQueueId",
            matching(0, ANY_LENGTH, patterns::TASK_QUEUE_ID),
        ),
        may("schedulerId", matching(1, 38, patterns::WORD)),
        may("projectId", matching(1, 500, patterns::PROJECT_ID)),
        may("taskGroupId", SLUG),
        may(
            "dependencies",
            Shape::List {
                items: &SLUG,
                max: 10_000,
                unique: true,
            },
        ),
        may("requires", Shape::OneOf(REQUIRES)),
        may(
            "routes",
            Shape::List {
                items: &Shape::Text {
                    min: 1,
                    max: 249,
                    pattern: None,
                },
                max: 64,
                unique: true,
            },
        ),
        may("priority", Shape::OneOf(patterns::PRIORITIES)),
        may("retries", Shape::Integer { min: 0, max: 49 }),
        need("created", Shape::DateTime),
        need("deadline", Shape::DateTime),
        may("expires", Shape::DateTime),
        may(
            "scopes",
            Shape::List {
                items: &SCOPE,
                max: ANY_LENGTH,
                unique: false,
            },
        ),
        need("payload", Shape::MapOf(&Shape::Anything)),
        need(
            "metadata",
            Shape::Object(&[
                need("name", text(255)),
                need("description", text(32_768)),
                need("owner", text(255)),
                need("source", matching(0, 4096, patterns::SOURCE)),
            ]),
        ),
        may(
            "tags",
            Shape::MapOf(&Shape::Text {
                min: 0,
                max: 4096,
                pattern: None,
            }),
        ),
        may("extra", Shape::MapOf(&Shape::Anything)),
    ]),
};

/// The body of `tasks` and `statuses`.
pub(crate) const TASK_IDS: Schema = Schema {
    name: "queue/v1/tasks-request.json#",
    shape: Shape::Object(&[may(
        "taskIds",
        Shape::List {
            items: &PLAIN_TEXT,
            max: ANY_LENGTH,
            unique: false,
        },
    )]),
};

/// The body of `claimWork`.
pub(crate) const CLAIM_WORK: Schema = Schema {
    name: "queue/v1/claim-work-request.json#",
    shape: Shape::Object(&[
        need("workerGroup", WORKER),
        need("workerId", WORKER),
        may("tasks", Shape::Integer { min: 1, max: 32 }),
    ]),
};

/// The body of `claimTask`.
pub(crate) const CLAIM_TASK: Schema = Schema {
    name: "queue/v1/task-claim-request.json#",
    shape: Shape::Object(&[need("workerGroup", WORKER), need("workerId", WORKER)]),
};

/// The body of `reportException`.
pub(crate) const EXCEPTION: Schema = Schema {
    name: "queue/v1/task-exception-request.json#",
    shape: Shape::Object(&[need(
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
    shape: Shape::Object(&[need("newPriority", Shape::OneOf(patterns::PRIORITIES))]),
};

const LENGTH: Shape = Shape::Integer {
    min: 0,
    max: i64::MAX,
};

/// The body of `createArtifact`.
pub(crate) const CREATE_ARTIFACT: Schema = Schema {
    name: "queue/v1/post-artifact-request.json#",
    shape: Shape::ByStorageType(&[
        (
            "s3",
            &[
                need("storageType", Shape::Anything),
                need("expires", Shape::DateTime),
                need("contentType", text(255)),
                may("contentLength", LENGTH),
            ],
        ),
        (
            "object",
            &[
                need("storageType", Shape::Anything),
                need("expires", Shape::DateTime),
                need("contentType", text(255)),
                may("contentLength", LENGTH),
            ],
        ),
        (
            "reference",
            &[
                need("storageType", Shape::Anything),
                need("expires", Shape::DateTime),
                need("url", Shape::Uri),
                need("contentType", text(255)),
            ],
        ),
        (
            "link",
            &[
                need("storageType", Shape::Anything),
                need("expires", Shape::DateTime),
                need("artifact", PLAIN_TEXT),
                may("contentType", text(255)),
            ],
        ),
        (
            "error",
            &[
                need("storageType", Shape::Anything),
                need("expires", Shape::DateTime),
                need(
                    "reason",
                    Shape::OneOf(&[
                        "file-missing-on-worker",
                        "invalid-resource-on-worker",
                        "too-large-file-on-worker",
                        "file-not-readable-on-worker",
                    ]),
                ),
                need("message", text(4096)),
            ],
        ),
    ]),
};

/// The body of `finishArtifact`.
pub(crate) const FINISH_ARTIFACT: Schema = Schema {
    name: "queue/v1/finish-artifact-request.json#",
    shape: Shape::Object(&[need("uploadId", SLUG)]),
};

/// The body of the index's `insertTask`.
pub(crate) const INSERT_TASK: Schema = Schema {
    name: "index/v1/insert-task-request.json#",
    shape: Shape::Object(&[
        need("taskId", SLUG),
        need("rank", Shape::Number),
        need("data", Shape::MapOf(&Shape::Anything)),
        need("expires", Shape::DateTime),
    ]),
};

/// The body of the index's `findTasksAtIndex`.
pub(crate) const INDEXES: Schema = Schema {
    name: "index/v1/list-tasks-at-index.json#",
    shape: Shape::Object(&[may(
        "indexes",
        Shape::List {
            items: &PLAIN_TEXT,
            max: ANY_LENGTH,
            unique: false,
        },
    )]),
};

/// The body of `purgeCache`.
pub(crate) const PURGE: Schema = Schema {
    name: "purge-cache/v1/purge-cache-request.json#",
    shape: Shape::Object(&[need("cacheName", text(ANY_LENGTH))]),
};

/// The body of `expandScopes`.
pub(crate) const SCOPES: Schema = Schema {
    name: "auth/v1/scopeset.json#",
    shape: Shape::Object(&[need(
        "scopes",
        Shape::List {
            items: &SCOPE,
            max: ANY_LENGTH,
            unique: true,
        },
    )]),
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
    fn each_rule_refuses_what_breaks_it() {
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
    fn every_mistake_is_reported() {
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
