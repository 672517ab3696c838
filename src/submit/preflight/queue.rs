//! What the queue takes as the definition of a task.

use super::deadline::{DRIFT, is_further};
use super::rule::{Field, Form, List, Rule, may, need};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::graph_config::PRIORITIES;
use crate::config::schema::Violation;

/// The most bytes that a definition may have as JSON.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;

/// How many days after its deadline the queue keeps a task that does not say.
pub const KEPT_DAYS: i64 = 365;

/// A taskId, or the placeholder for one locally.
pub(super) const TASK_ID: Rule = Rule::Form(&Form {
    doc: "a taskId",
    // Decisions and actions that run for real have refused a placeholder before.
    fits: |text| TaskId::parse(text).is_ok_and(|id| id.is_slugid() || id.is_placeholder()),
});

const PROVISIONER: Rule = Rule::Form(&Form {
    doc: "a name of at most 38 letters, digits, `-` and `_`",
    fits: is_name,
});

/// What `createTask` takes.
static DEFINITION: &[Field] = &[
    may("provisionerId", PROVISIONER),
    may(
        "workerType",
        Rule::Form(&Form {
            doc: "a worker type (at most 38 lower-case letters, digits and `-`, a letter first and no `-` last)",
            fits: is_worker_type,
        }),
    ),
    may(
        "taskQueueId",
        Rule::Form(&Form {
            doc: "a provisioner and a worker type with a `/` between them (each at most 38 characters; of the \
                  type lower-case letters, digits and `-`, a letter first and no `-` last)",
            fits: |text| {
                text.split_once('/')
                    .is_some_and(|(provisioner, kind)| is_name(provisioner) && is_worker_type(kind))
            },
        }),
    ),
    may("schedulerId", PROVISIONER),
    may(
        "projectId",
        Rule::Form(&Form {
            doc: "a name of at most 500 letters, digits and `.`, `_`, `/`, `-`",
            fits: |text| {
                (1..=500).contains(&text.len())
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
            },
        }),
    ),
    may("taskGroupId", TASK_ID),
    may(
        "dependencies",
        Rule::List(&List {
            of: TASK_ID,
            least: 0,
            most: 10_000,
            distinct: true,
        }),
    ),
    may("requires", Rule::OneOf(&["all-completed", "all-resolved"])),
    may(
        "routes",
        Rule::List(&List {
            of: Rule::Form(&Form {
                doc: "a route of 1 to 249 characters",
                fits: |text| !text.is_empty() && text.chars().count() <= 249,
            }),
            least: 0,
            most: 64,
            distinct: true,
        }),
    ),
    may("priority", Rule::OneOf(PRIORITIES)),
    may("retries", Rule::Whole(0, 49)),
    need("created", Rule::Date),
    need("deadline", Rule::Date),
    may("expires", Rule::Date),
    may(
        "scopes",
        Rule::List(&List {
            of: Rule::Form(&Form {
                doc: "a scope (printable ASCII that does not end in `**`)",
                fits: |text| {
                    text.bytes().all(|b| (b' '..=b'~').contains(&b)) && !text.ends_with("**")
                },
            }),
            least: 0,
            most: usize::MAX,
            distinct: false,
        }),
    ),
    need("payload", Rule::Map(&Rule::Any)),
    need(
        "metadata",
        Rule::Fields(&[
            need("name", Rule::Text(255)),
            need("description", Rule::Text(32_768)),
            need("owner", Rule::Text(255)),
            need(
                "source",
                Rule::Form(&Form {
                    doc: "an address of at most 4096 characters that begins with http://, https://, ssh:// or git@",
                    fits: |text| {
                        text.chars().count() <= 4096
                            && ["http://", "https://", "ssh://", "git@"]
                                .iter()
                                .any(|start| text.starts_with(start))
                    },
                }),
            ),
        ]),
    ),
    may("tags", Rule::Map(&Rule::Text(4096))),
    may("extra", Rule::Map(&Rule::Any)),
];

fn is_name(text: &str) -> bool {
    (1..=38).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_worker_type(text: &str) -> bool {
    text.len() <= 38
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The dates of a definition, as far as they are any.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// When the task is created.
    pub created: Option<Timestamp>,
    /// When it has to be done.
    pub deadline: Option<Timestamp>,
    /// When it is forgotten; the queue takes a year after the deadline without one.
    pub expires: Option<Timestamp>,
}

/// The dates of a definition whose relative dates are resolved.
pub fn dates(definition: &Value) -> Dates {
    let date = |name: &str| definition[name].as_str().and_then(Timestamp::parse);
    Dates {
        created: date("created"),
        deadline: date("deadline"),
        expires: date("expires"),
    }
}

/// Everything that the queue would object to in a definition by itself; its relative dates are
/// resolved. `furthest` is how many days ahead it takes deadlines, if that is known.
pub fn check(definition: &Value, now: Timestamp, furthest: Option<i64>) -> Vec<Violation> {
    let mut found = Vec::new();
    Rule::Fields(DEFINITION).check(definition, &ValuePath::root(), &mut found);
    check_queue(definition, &mut found);
    check_dates(dates(definition), now, furthest, &mut found);
    check_nul(definition, &ValuePath::root(), &mut found);
    let bytes = definition.to_string().len();
    if bytes > MOST_BYTES {
        found.push(violation(
            ValuePath::root(),
            format!("the definition has {bytes} bytes as JSON, and may have at most {MOST_BYTES}"),
            "put large content into an artifact, and let the task fetch it",
        ));
    }
    found
}

/// A task has to say where it runs, once.
fn check_queue(definition: &Value, found: &mut Vec<Violation>) {
    let text = |name: &str| definition[name].as_str();
    let halves = (text("provisionerId"), text("workerType"));
    match (halves, text("taskQueueId")) {
        ((Some(provisioner), Some(kind)), Some(queue))
            if format!("{provisioner}/{kind}") != queue =>
        {
            found.push(violation(
                ValuePath::keys(["taskQueueId"]),
                format!(
                    "`taskQueueId` is {queue:?}, and `provisionerId` and `workerType` say {:?}",
                    format!("{provisioner}/{kind}")
                ),
                "leave one of both out",
            ));
        }
        ((Some(_), Some(_)), _) | (_, Some(_)) => {}
        _ => found.push(violation(
            ValuePath::root(),
            "neither `taskQueueId` nor `provisionerId` and `workerType` say where the task runs"
                .to_owned(),
            "name the worker type",
        )),
    }
}

fn check_dates(dates: Dates, now: Timestamp, furthest: Option<i64>, found: &mut Vec<Violation>) {
    let mut tell = |name: &str, message: &str, help: &str| {
        found.push(violation(ValuePath::keys([name]), message.to_owned(), help));
    };
    let Dates {
        created,
        deadline,
        expires,
    } = dates;
    let ahead = |date: Timestamp| date.moment() - now.moment();
    let seconds = |seconds: i64| chrono::TimeDelta::seconds(seconds);
    if created.is_some_and(|date| ahead(date).abs() > seconds(DRIFT)) {
        tell(
            "created",
            "`created` is more than 15 minutes from now",
            "the queue takes tasks only as they are created; leave it to snowman",
        );
    }
    if let Some(deadline) = deadline {
        if created.is_some_and(|created| created > deadline) {
            tell(
                "deadline",
                "`deadline` is before `created`",
                "set `deadline-after` to a span of time, e.g. `1 day`",
            );
        } else if deadline < now {
            tell(
                "deadline",
                "`deadline` is over",
                "set `deadline-after` to a span of time, e.g. `1 day`",
            );
        }
        let too_far = furthest.filter(|days| is_further(deadline, *days, now));
        if let Some(days) = too_far {
            tell(
                "deadline",
                &format!("`deadline` is more than {days} days ahead"),
                &format!("set `deadline-after` to at most `{days} days`"),
            );
        } else if expires.is_some_and(|expires| expires < deadline) {
            tell(
                "expires",
                "`expires` is before `deadline`",
                "set `expires-after` to at least what `deadline-after` is",
            );
        }
    }
}

/// The queue's database holds no NUL.
fn check_nul(value: &Value, path: &ValuePath, found: &mut Vec<Violation>) {
    const HELP: &str = "leave it out, or encode the text";
    match value {
        Value::String(text) if text.contains('\0') => found.push(violation(
            path.clone(),
            format!("`{path}` holds a NUL character, which the queue cannot keep"),
            HELP,
        )),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_nul(item, &path.index(index), found);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                if key.contains('\0') {
                    found.push(violation(
                        path.clone(),
                        format!(
                            "{key:?} in `{path}` holds a NUL character, which the queue cannot keep"
                        ),
                        HELP,
                    ));
                }
                check_nul(item, &path.key(key), found);
            }
        }
        _ => {}
    }
}

fn violation(path: ValuePath, message: String, help: &str) -> Violation {
    Violation {
        path,
        message,
        help: Some(help.to_owned()),
    }
}
