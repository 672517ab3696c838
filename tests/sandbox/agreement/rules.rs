//! The rules of the queue, with fields that satisfy and fields that break each of them.

use serde_json::{Value, json};

use super::super::bench::{Bench, slug};
use super::DAY;

/// A rule: fields that satisfy it, fields that break it, and the preflight's message for the
/// latter. A null field is left out.
type Case = (&'static str, Value, Value, &'static str);

/// The rules of the queue.
pub(super) fn rules(bench: &Bench) -> Vec<Case> {
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
            "at most 49",
        ),
        (
            "retries positive",
            json!({"retries": 0}),
            json!({"retries": -1}),
            "at least 0",
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
            "give",
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
pub(super) const BEYOND_SCHEMA: &[&str] = &[
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
