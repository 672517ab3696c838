//! Compares an existing task with a planned definition.
//!
//! The queue fills in fields that a definition omits, and the existing task was created at a different
//! time. So the planned definition is completed in the same way, its relative dates are resolved from
//! the time at which the existing task was created, and then both must be equal.
//!
//! Of several differences, the most significant one is reported: the name of the task before its
//! payload, and dates last, because the dates of different tasks always differ.

use std::fmt;

use crate::base::path::ValuePath;
use crate::base::text::shorten;
use crate::base::time::{Span, Timestamp};
use crate::base::value::{List, Object, Str, Value};
use crate::base::worker_pool::WorkerPool;
use crate::model::reference::resolve_dates;

/// How many characters of a value a message shows.
const SHOWN: usize = 200;

/// Fields in the order of their significance; all others follow.
const BY_SIGNIFICANCE: &[&str] = &[
    "metadata",
    "taskGroupId",
    "schedulerId",
    "provisionerId",
    "workerType",
    "payload",
];

/// Date fields of a definition.
const DATES: &[&str] = &["created", "deadline", "expires"];

/// The most significant difference between two definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path of the difference.
    pub path: ValuePath,
    /// The planned value, if any.
    pub ours: Option<Value>,
    /// The existing value, if any.
    pub theirs: Option<Value>,
    /// The number of other fields that differ.
    pub more: usize,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<Value>| match value {
            Some(value) => shorten(&value.to_string(), SHOWN),
            None => "absent".to_owned(),
        };
        write!(
            f,
            "`{}` should be {}, but is {}",
            self.path,
            side(&self.ours),
            side(&self.theirs)
        )?;
        match self.more {
            0 => Ok(()),
            1 => f.write_str(", and 1 more field differs"),
            n => write!(f, ", and {n} more fields differ"),
        }
    }
}

/// Returns the most significant difference between `ours`, whose dates may be relative, and `theirs` as
/// the queue returns it; `None` if they are the same task.
///
/// Absolute values of `created`, `deadline` and `expires` may differ.
#[must_use]
pub fn difference(ours: &Value, theirs: &Value) -> Option<Difference> {
    // A relative date that cannot be resolved is left as it is, and differs.
    let resolved = resolve_dates(ours, origin(ours, theirs)).unwrap_or_else(|_| ours.clone());
    let (Value::Object(mut left), Value::Object(mut right)) = (resolved, theirs.clone()) else {
        return Some(Difference {
            path: ValuePath::root(),
            ours: Some(ours.clone()),
            theirs: Some(theirs.clone()),
            more: 0,
        });
    };
    for side in [&mut left, &mut right] {
        complete(side);
    }
    for name in DATES.iter().copied() {
        let relative = ours.get(name).is_some_and(Value::is_object);
        let is_date = |side: &Object| {
            side.get(name)
                .and_then(Value::as_str)
                .is_none_or(|text| Timestamp::parse(text).is_some())
        };
        if !relative && is_date(&left) && is_date(&right) {
            left.shift_remove(name);
            right.shift_remove(name);
        }
    }
    most_significant(&left, &right)
}

/// Returns the most significant difference between the fields of two definitions.
fn most_significant(left: &Object, right: &Object) -> Option<Difference> {
    let mut keys: Vec<&Str> = left.keys().chain(right.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let root = ValuePath::root();
    let found = keys.into_iter().filter_map(|key| {
        let difference = compare_fields(left.get(key), right.get(key), || root.key(key))?;
        let place = BY_SIGNIFICANCE
            .iter()
            .position(|name| *name == key.as_str());
        let is_date = difference.is_date();
        Some((
            (is_date, place.unwrap_or(BY_SIGNIFICANCE.len())),
            difference,
        ))
    });
    let found: Vec<_> = found.collect();
    let more = found.len().saturating_sub(1);
    let (_, difference) = found.into_iter().min_by_key(|(rank, _)| *rank)?;
    Some(Difference { more, ..difference })
}

impl Difference {
    /// Returns whether both values are dates.
    fn is_date(&self) -> bool {
        let date = |side: &Option<Value>| {
            let text = side.as_ref().and_then(Value::as_str);
            text.is_some_and(|text| Timestamp::parse(text).is_some())
        };
        date(&self.ours) && date(&self.theirs)
    }
}

/// Returns the time from which the dates of `theirs` were resolved, derived from its `created`.
fn origin(ours: &Value, theirs: &Value) -> Timestamp {
    let start = Timestamp::from_unix(0);
    let date = |value: &Value| Timestamp::parse(value.as_str()?);
    let offset = ours
        .get("created")
        .filter(|created| created.is_object())
        .and_then(|created| date(&resolve_dates(created, start).ok()?))
        .map_or(0, |created| created.seconds_since(start));
    theirs
        .get("created")
        .and_then(date)
        .map_or(start, |created| created.plus(Span::seconds(-offset)))
}

/// Fills in the defaults of the queue, and sorts lists whose order is irrelevant.
fn complete(task: &mut Object) {
    if let Some(queue) = task.get("taskQueueId").and_then(Value::as_str) {
        if let Some(pool) = WorkerPool::from_id(queue) {
            task.insert("provisionerId", Value::from(pool.provisioner));
            task.insert("workerType", Value::from(pool.worker_type));
        }
        task.shift_remove("taskQueueId");
    }
    let defaults = [
        ("projectId", Value::from("none")),
        ("priority", Value::from("lowest")),
        ("requires", Value::from("all-completed")),
        ("retries", Value::from(5)),
        ("dependencies", Value::Array(List::new())),
        ("routes", Value::Array(List::new())),
        ("scopes", Value::Array(List::new())),
        ("tags", Value::Object(Object::new())),
        ("extra", Value::Object(Object::new())),
    ];
    for (name, value) in defaults {
        task.entry(name).or_insert(value);
    }
    for name in ["dependencies", "routes", "scopes"] {
        if let Some(Value::Array(items)) = task.get_mut(name) {
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
    }
}

/// Returns the first difference between two values that is not a date, or else the first difference.
fn compare_values(ours: &Value, theirs: &Value, path: &ValuePath) -> Option<Difference> {
    let differs = || {
        Some(Difference {
            path: path.clone(),
            ours: Some(ours.clone()),
            theirs: Some(theirs.clone()),
            more: 0,
        })
    };
    match (ours, theirs) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<&Str> = left.keys().chain(right.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            // The name is the most significant field.
            keys.sort_by_key(|key| key.as_str() != "name");
            let found = keys.into_iter();
            first_significant(
                found.filter_map(|key| {
                    compare_fields(left.get(key), right.get(key), || path.key(key))
                }),
            )
        }
        (Value::Array(left), Value::Array(right)) => {
            let found = 0..left.len().max(right.len());
            first_significant(
                found.filter_map(|i| compare_fields(left.get(i), right.get(i), || path.index(i))),
            )
        }
        (Value::String(left), Value::String(right)) => {
            if left == right || is_same_time(left, right) {
                None
            } else {
                differs()
            }
        }
        (Value::Number(left), Value::Number(right)) => {
            if left == right || left.as_f64() == right.as_f64() {
                None
            } else {
                differs()
            }
        }
        _ if ours == theirs => None,
        _ => differs(),
    }
}

/// Returns the first difference that is not a date, or else the first one.
fn first_significant(found: impl Iterator<Item = Difference>) -> Option<Difference> {
    let mut date = None;
    for difference in found {
        if !difference.is_date() {
            return Some(difference);
        }
        date.get_or_insert(difference);
    }
    date
}

fn compare_fields(
    ours: Option<&Value>,
    theirs: Option<&Value>,
    path: impl Fn() -> ValuePath,
) -> Option<Difference> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => compare_values(ours, theirs, &path()),
        (None, None) => None,
        (ours, theirs) => Some(Difference {
            path: path(),
            ours: ours.cloned(),
            theirs: theirs.cloned(),
            more: 0,
        }),
    }
}

/// Returns whether two texts are the same time, with the precision of the queue.
fn is_same_time(left: &str, right: &str) -> bool {
    match (Timestamp::parse(left), Timestamp::parse(right)) {
        (Some(left), Some(right)) => {
            left.plus(Span::seconds(1)) > right && right.plus(Span::seconds(1)) > left
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::json;

    fn ours() -> Value {
        json!({
            "created": {"relative-datestamp": "0 seconds"},
            "deadline": {"relative-datestamp": "1 day"},
            "taskQueueId": "snow/linux",
            "scopes": ["b", "a"],
            "payload": {"artifacts": [{"expires": {"relative-datestamp": "1 day"}}], "n": 1},
        })
    }

    fn first_artifact(task: &mut Value) -> &mut Value {
        let listed = task["payload"]["artifacts"].as_array_mut();
        &mut listed.expect("a list")[0]
    }

    fn theirs() -> Value {
        json!({
            "created": "2030-01-01T00:00:00.000Z",
            "deadline": "2030-01-02T00:00:00.000Z",
            "expires": "2031-01-02T00:00:00.000Z",
            "provisionerId": "snow", "workerType": "linux", "taskQueueId": "snow/linux",
            "scopes": ["a", "b"], "routes": [], "dependencies": [], "tags": {}, "extra": {},
            "priority": "lowest", "requires": "all-completed", "retries": 5, "projectId": "none",
            "payload": {"artifacts": [{"expires": "2030-01-02T00:00:00.000Z"}], "n": 1.0},
        })
    }

    #[test]
    fn the_time_of_creation_makes_no_difference() {
        assert_eq!(difference(&ours(), &theirs()), None);
    }

    #[test]
    fn tasks_may_be_created_later() {
        let later = |days: &str| json!({"relative-datestamp": days});
        let mut ours = ours();
        ours["created"] = later("1 day");
        ours["deadline"] = later("2 days");
        first_artifact(&mut ours)["expires"] = later("2 days");
        assert_eq!(difference(&ours, &theirs()), None);
    }

    #[test]
    fn absolute_dates_of_a_task_may_differ() {
        let mut ours = ours();
        for name in ["created", "deadline"] {
            ours[name] = json!("2029-05-05T00:00:00Z");
        }
        assert_eq!(difference(&ours, &theirs()), None);
    }

    #[test]
    fn the_order_of_some_lists_is_ignored() {
        for name in ["dependencies", "routes", "scopes"] {
            let (mut ours, mut theirs) = (ours(), theirs());
            ours[name] = json!(["x", "y", "z"]);
            theirs[name] = json!(["z", "x", "y"]);
            assert_eq!(difference(&ours, &theirs), None, "{name}");
        }
        // The order in a payload matters.
        let (mut ours, mut theirs) = (ours(), theirs());
        ours["payload"]["command"] = json!(["x", "y"]);
        theirs["payload"]["command"] = json!(["y", "x"]);
        assert!(difference(&ours, &theirs).is_some());
    }

    #[test]
    fn dates_are_compared_to_the_second() {
        let message = |expires: &str| {
            let mut theirs = theirs();
            first_artifact(&mut theirs)["expires"] = json!(expires);
            difference(&ours(), &theirs)
        };
        assert_eq!(message("2030-01-02T00:00:00.999Z"), None);
        assert!(message("2030-01-02T00:00:01.000Z").is_some());
        assert_eq!(message("2030-01-01T23:59:59.001Z"), None);
        assert!(message("2030-01-01T23:59:59.000Z").is_some());
    }

    #[test]
    fn the_most_significant_difference_is_reported() {
        // A different task, whose dates come first in alphabetical order.
        let mut other = theirs();
        other["deadline"] = json!("2030-01-03T00:00:00.000Z");
        other["extra"] = json!({"a": 1});
        other["payload"]["n"] = json!(7);
        other["payload"]["artifacts"] = json!([{"expires": "2030-04-04T00:00:00.000Z"}]);
        let message =
            |ours: &Value, theirs: &Value| difference(ours, theirs).map(|d| d.to_string());
        assert_eq!(
            message(&ours(), &other).as_deref(),
            Some("`payload.n` should be 1, but is 7, and 2 more fields differ")
        );
        let mut ours = ours();
        ours["metadata"] = json!({"description": "Builds", "name": "build"});
        other["metadata"] = json!({"description": "Breaks", "name": "squatter"});
        assert_eq!(
            message(&ours, &other).as_deref(),
            Some(
                "`metadata.name` should be \"build\", but is \"squatter\", and 3 more fields differ"
            )
        );
        ours["metadata"] = other["metadata"].clone();
        ours["payload"] = json!({"artifacts": [], "n": 7});
        other["payload"] = json!({"n": 7});
        other["extra"] = json!({});
        assert_eq!(
            message(&ours, &other).as_deref(),
            Some("`payload.artifacts` should be [], but is absent, and 1 more field differs")
        );
    }

    #[test]
    fn the_difference_is_reported() {
        let message = |change: fn(&mut Value)| {
            let mut theirs = theirs();
            change(&mut theirs);
            difference(&ours(), &theirs).map(|d| d.to_string())
        };
        assert_eq!(
            message(|t| t["payload"]["n"] = json!(2)).as_deref(),
            Some("`payload.n` should be 1, but is 2")
        );
        assert_eq!(
            message(|t| t["scopes"] = json!(["a"])).as_deref(),
            Some("`scopes[1]` should be \"b\", but is absent")
        );
        assert_eq!(
            message(|t| first_artifact(t)["expires"] = json!("2030-02-02T00:00:00.000Z"))
                .as_deref(),
            Some(
                "`payload.artifacts[0].expires` should be \"2030-01-02T00:00:00.000Z\", but is \
                 \"2030-02-02T00:00:00.000Z\""
            )
        );
        assert_eq!(
            message(|t| t["deadline"] = json!("2030-01-03T00:00:00.000Z")).as_deref(),
            Some(
                "`deadline` should be \"2030-01-02T00:00:00.000Z\", but is \
                 \"2030-01-03T00:00:00.000Z\""
            )
        );
        assert!(message(|t| *t = json!(null)).is_some());
    }
}
