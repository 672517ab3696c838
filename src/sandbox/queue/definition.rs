//! Task definitions in normal form.
//!
//! Defaults are filled in, timestamps have milliseconds, numbers are those of JavaScript, and
//! `taskQueueId` is present together with `provisionerId` and `workerType`. Thus equivalent
//! definitions compare equal.

use serde_json::{Map, Number, Value, json};

use crate::sandbox::error::ServiceError;
use crate::sandbox::patterns::PRIORITIES;
use crate::sandbox::time::{self, Moment};

/// How far `created` may be from the clock, in milliseconds.
const MAX_CREATED_DRIFT: i64 = 15 * 60 * 1000;
/// How many days ahead a deadline may be by default.
pub(crate) const DEFAULT_MAX_DEADLINE_DAYS: i64 = 5;

/// A definition in normal form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Definition {
    /// The definition as JSON for responses.
    pub(crate) json: Value,
    pub(crate) created: Moment,
    pub(crate) deadline: Moment,
    pub(crate) expires: Moment,
}

impl Definition {
    /// Returns a string field that is always present.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.json
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Returns a list of strings that is always present.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        let members = self.json.get(name).and_then(Value::as_array);
        members
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Returns the rank of the priority; 0 is the highest.
    pub(crate) fn rank(&self) -> usize {
        let priority = self.text("priority");
        PRIORITIES
            .iter()
            .position(|name| *name == priority)
            .unwrap_or(PRIORITIES.len())
    }

    /// Returns how often the task may be retried.
    pub(crate) fn retries(&self) -> u64 {
        self.json
            .get("retries")
            .and_then(Value::as_u64)
            .unwrap_or_default()
    }

    /// Returns whether failed dependencies satisfy the task as well as completed ones.
    pub(crate) fn accepts_any_resolution(&self) -> bool {
        self.text("requires") == "all-resolved"
    }

    /// Returns the task's label.
    pub(crate) fn label(&self) -> &str {
        let name = |object: &str, field: &str| {
            self.json
                .get(object)
                .and_then(|o| o.get(field))
                .and_then(Value::as_str)
        };
        name("metadata", "name")
            .or_else(|| name("tags", "label"))
            .unwrap_or_default()
    }

    /// Reads a definition that was stored in normal form.
    pub(crate) fn from_stored(json: Value) -> Option<Definition> {
        let date = |name: &str| json.get(name).and_then(Value::as_str).and_then(time::parse);
        let (created, deadline, expires) = (date("created")?, date("deadline")?, date("expires")?);
        Some(Definition {
            json,
            created,
            deadline,
            expires,
        })
    }
}

/// Fills in the defaults of a body of `createTask` that the scope check needs.
///
/// The body must match [`crate::sandbox::api::request_schemas::CREATE_TASK`].
pub(crate) fn with_defaults(
    task_id: &str,
    body: &Value,
) -> Result<Map<String, Value>, ServiceError> {
    let text_of = |name: &str| body.get(name).and_then(Value::as_str);
    let (provisioner, worker_type, queue) = match (
        text_of("provisionerId"),
        text_of("workerType"),
        text_of("taskQueueId"),
    ) {
        (Some(provisioner), Some(worker_type), Some(queue))
            if format!("{provisioner}/{worker_type}") != queue =>
        {
            return Err(ServiceError::input(
                "taskQueueId must match \"provisionerId/workerType\"",
            ));
        }
        (Some(provisioner), Some(worker_type), _) => (
            provisioner.to_owned(),
            worker_type.to_owned(),
            format!("{provisioner}/{worker_type}"),
        ),
        (_, _, Some(queue)) => {
            let (provisioner, worker_type) = queue.split_once('/').unwrap_or((queue, ""));
            (
                provisioner.to_owned(),
                worker_type.to_owned(),
                queue.to_owned(),
            )
        }
        _ => {
            return Err(ServiceError::input(
                "at least a provisionerId and a workerType or a taskQueueId must be provided\"",
            ));
        }
    };
    let text =
        |name: &str, default: &str| Value::String(text_of(name).unwrap_or(default).to_owned());
    let other = |name: &str, default: Value| body.get(name).map_or(default, normalize_numbers);
    let mut out = Map::new();
    for (name, value) in [
        ("provisionerId", Value::String(provisioner)),
        ("workerType", Value::String(worker_type)),
        ("taskQueueId", Value::String(queue)),
        ("schedulerId", text("schedulerId", "-")),
        ("projectId", text("projectId", "none")),
        ("taskGroupId", text("taskGroupId", task_id)),
        ("dependencies", other("dependencies", json!([]))),
        ("requires", text("requires", "all-completed")),
        ("routes", other("routes", json!([]))),
        ("priority", text("priority", "lowest")),
        ("retries", other("retries", json!(5))),
        ("created", text("created", "")),
        ("deadline", text("deadline", "")),
        ("expires", other("expires", Value::Null)),
        ("scopes", other("scopes", json!([]))),
        ("payload", other("payload", json!({}))),
        ("metadata", other("metadata", json!({}))),
        ("tags", other("tags", json!({}))),
        ("extra", other("extra", json!({}))),
    ] {
        out.insert(name.to_owned(), value);
    }
    Ok(out)
}

/// Checks the timestamps and scopes of a definition and creates its normal form.
///
/// A deadline may be at most `days` days ahead.
pub(crate) fn build_definition(
    mut fields: Map<String, Value>,
    now: Moment,
    days: i64,
) -> Result<Definition, ServiceError> {
    let date = |name: &str| {
        fields
            .get(name)
            .and_then(Value::as_str)
            .and_then(time::parse)
            .ok_or_else(|| ServiceError::input(format!("`{name}` is not a date")))
    };
    let (created, deadline) = (date("created")?, date("deadline")?);
    let ahead = |moment: Moment| moment.timestamp_millis() - now.timestamp_millis();
    if ahead(created) < -MAX_CREATED_DRIFT {
        return Err(ServiceError::input(
            "`created` cannot be in the past (max 15min drift)",
        ));
    }
    if ahead(created) > MAX_CREATED_DRIFT {
        return Err(ServiceError::input(
            "`created` cannot be in the future (max 15min drift)",
        ));
    }
    if created > deadline {
        return Err(ServiceError::input(
            "`deadline` cannot be later than `created`",
        ));
    }
    if ahead(deadline) < 0 {
        return Err(ServiceError::input("`deadline` cannot be in the past"));
    }
    if ahead(deadline) > days * 24 * 60 * 60 * 1000 + MAX_CREATED_DRIFT {
        return Err(ServiceError::input(format!(
            "`deadline` cannot be more than {days} days into the future"
        )));
    }
    let expires = match fields.get("expires") {
        None | Some(Value::Null) => time::one_year_after(deadline),
        Some(_) => date("expires")?,
    };
    if deadline > expires {
        return Err(ServiceError::input("`expires` cannot be before `deadline`"));
    }
    let scopes = fields.get("scopes").and_then(Value::as_array);
    if scopes
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|scope| scope.ends_with("**"))
    {
        return Err(ServiceError::input("scopes must not end with `**`"));
    }
    for (name, moment) in [
        ("created", created),
        ("deadline", deadline),
        ("expires", expires),
    ] {
        fields.insert(name.to_owned(), Value::String(time::format(moment)));
    }
    Ok(Definition {
        json: Value::Object(fields),
        created,
        deadline,
        expires,
    })
}

/// Rewrites numbers as JavaScript prints them: doubles, without a fraction if they are whole.
pub(crate) fn normalize_numbers(value: &Value) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(double) if double.fract() == 0.0 && double.abs() <= EXACT => {
                Value::Number((double as i64).into())
            }
            Some(double) if double.fract() == 0.0 && double.abs() < 9.2e18 => {
                Value::Number((double as i64).into())
            }
            Some(double) => Number::from_f64(double).map_or_else(|| value.clone(), Value::Number),
            None => value.clone(),
        },
        Value::Array(members) => Value::Array(members.iter().map(normalize_numbers).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), normalize_numbers(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Returns whether a string or name contains NUL, which the database cannot store.
pub(crate) fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(members) => members.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "fN1SbArXTPSVFNUvaOlinQ";

    fn now() -> Moment {
        time::parse("2026-03-01T12:00:00Z").unwrap()
    }

    fn body() -> Value {
        json!({
            "taskQueueId": "gecko-1/b-linux",
            "created": "2026-03-01T12:00:00Z",
            "deadline": "2026-03-02T12:00:00Z",
            "payload": {},
            "metadata": {"name": "n", "description": "d", "owner": "o", "source": "https://e"},
        })
    }

    fn defined(body: &Value) -> Result<Definition, ServiceError> {
        build_definition(with_defaults(ID, body)?, now(), DEFAULT_MAX_DEADLINE_DAYS)
    }

    #[test]
    fn equivalent_definitions_are_equal() {
        let short = defined(&body()).unwrap();
        let mut long = body();
        for (name, value) in [
            ("taskQueueId", json!("gecko-1/b-linux")),
            ("provisionerId", json!("gecko-1")),
            ("workerType", json!("b-linux")),
            ("schedulerId", json!("-")),
            ("projectId", json!("none")),
            ("taskGroupId", json!(ID)),
            ("requires", json!("all-completed")),
            ("priority", json!("lowest")),
            ("retries", json!(5.0)),
            ("created", json!("2026-03-01T12:00:00.000000Z")),
            ("deadline", json!("2026-03-02T13:00:00.000+01:00")),
            ("expires", json!("2027-03-02T12:00:00.000Z")),
            ("dependencies", json!([])),
            ("scopes", json!([])),
            ("routes", json!([])),
            ("tags", json!({})),
            ("extra", json!({})),
        ] {
            long[name] = value;
        }
        assert_eq!(short, defined(&long).unwrap());
        let mut halves = body();
        halves.as_object_mut().unwrap().shift_remove("taskQueueId");
        halves["provisionerId"] = json!("gecko-1");
        halves["workerType"] = json!("b-linux");
        assert_eq!(short, defined(&halves).unwrap());
    }

    #[test]
    fn numbers_are_stored_as_doubles() {
        assert_eq!(
            normalize_numbers(&json!(9_007_199_254_740_993_u64)),
            json!(9_007_199_254_740_992_u64)
        );
        assert_eq!(
            normalize_numbers(&json!({"a": [1.0, 1.5]})),
            json!({"a": [1, 1.5]})
        );
    }

    #[test]
    fn dates_have_limits() {
        for (field, value, message) in [
            (
                "created",
                "2026-03-01T11:44:00Z",
                "`created` cannot be in the past",
            ),
            (
                "created",
                "2026-03-01T12:16:00Z",
                "`created` cannot be in the future",
            ),
            (
                "deadline",
                "2026-03-01T11:59:00Z",
                "`deadline` cannot be later than `created`",
            ),
            (
                "deadline",
                "2026-03-06T12:16:00Z",
                "`deadline` cannot be more than 5 days",
            ),
            (
                "expires",
                "2026-03-02T11:00:00Z",
                "`expires` cannot be before `deadline`",
            ),
        ] {
            let mut wrong = body();
            wrong[field] = json!(value);
            let error = defined(&wrong).unwrap_err();
            assert!(
                error.message.starts_with(message),
                "{field} {value}: {error}"
            );
        }
        let mut late = body();
        late["deadline"] = json!("2026-03-06T12:15:00Z");
        late["created"] = json!("2026-03-01T11:45:00Z");
        assert!(defined(&late).is_ok());
    }

    #[test]
    fn scopes_must_not_end_in_two_stars() {
        let mut wrong = body();
        wrong["scopes"] = json!(["queue:**"]);
        assert_eq!(
            defined(&wrong).unwrap_err().message,
            "scopes must not end with `**`"
        );
    }
}
