//! The rules of the queue for task definitions.

use super::deadline::{DRIFT, is_further};
use crate::base::name::TaskId;
use crate::base::path::ValuePath;
use crate::base::shape::{Field, List, Shape, optional, pattern, required, text};
use crate::base::time::Timestamp;
use crate::base::value::Value;
use crate::config::graph_config::PRIORITIES;
use crate::config::mismatch::{self, DATE};
use crate::config::schema::Violation;

/// The size limit of a definition as JSON, in bytes.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// How many days after its deadline a task without `expires` expires.
pub const KEPT_DAYS: i64 = 365;

/// A taskId, or its local placeholder.
pub(super) const TASK_ID: Shape = pattern(
    "a taskId",
    // Real decisions and actions have rejected a placeholder before.
    |text| TaskId::parse(text).is_ok_and(|id| id.is_slugid() || id.is_placeholder()),
);

const PROVISIONER: Shape = pattern("a name of at most 38 letters, digits, `-` and `_`", is_name);

/// The rules of `createTask`.
static DEFINITION: &[Field] = &[
    optional("provisionerId", PROVISIONER),
    optional(
        "workerType",
        pattern(
            "a worker type (at most 38 lower-case letters, digits and `-`, beginning with a letter and not \
             ending in `-`)",
            is_worker_type,
        ),
    ),
    optional(
        "taskQueueId",
        pattern(
            "a provisioner, `/` and a worker type (each at most 38 characters; the worker type consists of \
             lower-case letters, digits and `-`, begins with a letter and does not end in `-`)",
            |text| {
                text.split_once('/')
                    .is_some_and(|(provisioner, kind)| is_name(provisioner) && is_worker_type(kind))
            },
        ),
    ),
    optional("schedulerId", PROVISIONER),
    optional(
        "projectId",
        pattern(
            "a name of at most 500 letters, digits and `.`, `_`, `/`, `-`",
            |text| {
                (1..=500).contains(&text.len())
                    && text
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
            },
        ),
    ),
    optional("taskGroupId", TASK_ID),
    optional(
        "dependencies",
        Shape::List(&List {
            items: TASK_ID,
            min: 0,
            max: 10_000,
            unique: true,
        }),
    ),
    optional("requires", Shape::OneOf(&["all-completed", "all-resolved"])),
    optional(
        "routes",
        Shape::List(&List {
            items: pattern("a route of 1 to 249 characters", |text| {
                !text.is_empty() && text.chars().count() <= 249
            }),
            min: 0,
            max: 64,
            unique: true,
        }),
    ),
    optional("priority", Shape::OneOf(PRIORITIES)),
    optional("retries", Shape::Integer { min: 0, max: 49 }),
    required("created", DATE),
    required("deadline", DATE),
    optional("expires", DATE),
    optional(
        "scopes",
        Shape::List(&List {
            items: pattern(
                "a scope (printable ASCII that does not end in `**`)",
                |text| text.bytes().all(|b| (b' '..=b'~').contains(&b)) && !text.ends_with("**"),
            ),
            min: 0,
            max: usize::MAX,
            unique: false,
        }),
    ),
    required("payload", Shape::Map(&Shape::Any)),
    required(
        "metadata",
        Shape::Object(&[
            required("name", text(255)),
            required("description", text(32_768)),
            required("owner", text(255)),
            required(
                "source",
                pattern(
                    "a URL of at most 4096 characters that begins with http://, https://, \
                     ssh:// or git@",
                    |text| {
                        text.chars().count() <= 4096
                            && ["http://", "https://", "ssh://", "git@"]
                                .iter()
                                .any(|start| text.starts_with(start))
                    },
                ),
            ),
        ]),
    ),
    optional("tags", Shape::Map(&text(4096))),
    optional("extra", Shape::Map(&Shape::Any)),
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
    let mut found = mismatch::check(&Shape::Object(DEFINITION), definition, &ValuePath::root());
    check_queue(definition, &mut found);
    check_dates(dates(definition), now, max_deadline_days, &mut found);
    check_nul(definition, &ValuePath::root(), &mut found);
    let bytes = definition.to_string().len();
    if bytes > MAX_BYTES {
        found.push(violation(
            ValuePath::root(),
            format!("the definition has {bytes} bytes as JSON, but the limit is {MAX_BYTES}"),
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
                    "`taskQueueId` is {queue:?}, but `provisionerId` and `workerType` give {:?}",
                    format!("{provisioner}/{kind}")
                ),
                "remove `taskQueueId`, or `provisionerId` and `workerType`",
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
        }
        if expires.is_some_and(|expires| expires < deadline) {
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
    Violation::of_value(path, message, Some(help.to_owned()))
}
