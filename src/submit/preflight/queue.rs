//! The rules of the queue for task definitions.

use super::deadline::{DRIFT, is_further};
use super::rule::{Field, Form, List, Rule, may, need};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::graph_config::PRIORITIES;
use crate::config::schema::Violation;

/// The size limit of a definition as JSON, in bytes.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// How many days after its deadline a task without `expires` expires.
pub const KEPT_DAYS: i64 = 365;

/// A taskId, or its local placeholder.
pub(super) const TASK_ID: Rule = Rule::Form(&Form {
    doc: "a taskId",
    // Real decisions and actions have rejected a placeholder before.
    fits: |text| TaskId::parse(text).is_ok_and(|id| id.is_slugid() || id.is_placeholder()),
});

const PROVISIONER: Rule = Rule::Form(&Form {
    doc: "a name of at most 38 letters, digits, `-` and `_`",
    fits: is_name,
});

/// The rules of `createTask`.
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

/// The dates of a definition; `None` for missing or malformed ones.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// When the task is created.
    pub created: Option<Timestamp>,
    /// When it must be resolved.
    pub deadline: Option<Timestamp>,
    /// When it expires; by default a year after the deadline.
    pub expires: Option<Timestamp>,
}

/// Returns the dates of a definition whose relative dates are resolved.
pub fn dates(definition: &Value) -> Dates {
    let date = |name: &str| definition[name].as_str().and_then(Timestamp::parse);
    Dates {
        created: date("created"),
        deadline: date("deadline"),
        expires: date("expires"),
    }
}

/// Returns the errors that the queue would report for a definition whose relative dates are resolved.
/// `max_deadline_days` is how many days ahead the queue accepts deadlines, if that is known.
pub fn check(definition: &Value, now: Timestamp, max_deadline_days: Option<i64>) -> Vec<Violation> {
    let mut found = Vec::new();
    Rule::Fields(DEFINITION).check(definition, &ValuePath::root(), &mut found);
    check_queue(definition, &mut found);
    check_dates(dates(definition), now, max_deadline_days, &mut found);
    check_nul(definition, &ValuePath::root(), &mut found);
    let bytes = definition.to_string().len();
    if bytes > MAX_BYTES {
        found.push(violation(
            ValuePath::root(),
            format!("the definition has {bytes} bytes as JSON, and the limit is {MAX_BYTES}"),
            "put large content into an artifact that the task fetches",
        ));
    }
    found
}

/// Checks that the definition names its worker pool once.
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
                "remove one of them",
            ));
        }
        ((Some(_), Some(_)), _) | (_, Some(_)) => {}
        _ => found.push(violation(
            ValuePath::root(),
            "the definition has neither `taskQueueId` nor `provisionerId` and `workerType`"
                .to_owned(),
            "set the worker type",
        )),
    }
}

fn check_dates(
    dates: Dates,
    now: Timestamp,
    max_deadline_days: Option<i64>,
    found: &mut Vec<Violation>,
) {
    let mut report = |name: &str, message: &str, help: &str| {
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
        report(
            "created",
            "`created` is more than 15 minutes from now",
            "remove `created`: snowman sets it when it creates the task",
        );
    }
    if let Some(deadline) = deadline {
        if created.is_some_and(|created| created > deadline) {
            report(
                "deadline",
                "`deadline` is before `created`",
                "set `deadline-after` to a duration, e.g. `1 day`",
            );
        } else if deadline < now {
            report(
                "deadline",
                "`deadline` is in the past",
                "set `deadline-after` to a duration, e.g. `1 day`",
            );
        }
        let too_far = max_deadline_days.filter(|days| is_further(deadline, *days, now));
        if let Some(days) = too_far {
            report(
                "deadline",
                &format!("`deadline` is more than {days} days ahead"),
                &format!("set `deadline-after` to at most `{days} days`"),
            );
        } else if expires.is_some_and(|expires| expires < deadline) {
            report(
                "expires",
                "`expires` is before `deadline`",
                "set `expires-after` to at least the value of `deadline-after`",
            );
        }
    }
}

/// Checks that no text contains NUL, which the queue's database cannot store.
fn check_nul(value: &Value, path: &ValuePath, found: &mut Vec<Violation>) {
    const HELP: &str = "remove it, or encode the text";
    match value {
        Value::String(text) if text.contains('\0') => found.push(violation(
            path.clone(),
            format!("`{path}` contains a NUL character, which the queue cannot store"),
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
                            "{key:?} in `{path}` contains a NUL character, which the queue cannot store"
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
