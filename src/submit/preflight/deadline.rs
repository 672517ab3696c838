//! How far ahead deadlines may be.
//!
//! That is a setting of the deployment (`queue.max_task_deadline_days`, by default 5 days, and 90 on
//! Firefox CI), which the API does not report. So, if a plan has a deadline that not every deployment
//! accepts, the queue is asked to create a task with the latest of these deadlines that expires before
//! its deadline. No queue creates such a task. The queue checks the deadline first, so if it rejects
//! `expires`, it accepts the deadline.

use crate::base::time::{Span, Timestamp};
use crate::base::value::Value;
use crate::model::reference::resolve_dates;
use crate::ports::taskcluster::{ApiError, Taskcluster};
use crate::submit::plan::{Creation, Plan, creations};

/// How many days ahead every deployment accepts deadlines.
const DEFAULT_DAYS: i64 = 5;

/// The most attempts while the queue fails.
const MAX_ATTEMPTS: usize = 5;

const DAY: i64 = 24 * 60 * 60;

/// The difference of clocks that the queue accepts, in seconds.
pub const DRIFT: i64 = 15 * 60;

/// Returns whether a deadline is more than so many days ahead, as the queue counts them.
pub fn is_further(deadline: Timestamp, days: i64, now: Timestamp) -> bool {
    let most = days.saturating_mul(DAY).saturating_add(DRIFT);
    deadline.moment() - now.moment() > chrono::TimeDelta::seconds(most)
}

/// Returns the task with the latest deadline that not every deployment accepts, with its dates
/// resolved.
fn latest_deadline<'p>(
    plans: &'p [&'p Plan],
    now: Timestamp,
) -> Option<(&'p Creation, Value, Timestamp)> {
    let far = creations(plans).filter_map(|creation| {
        let definition = resolve_dates(&creation.definition, now).ok()?;
        let deadline = Timestamp::parse(definition["deadline"].as_str()?)?;
        is_further(deadline, DEFAULT_DAYS, now).then_some((creation, definition, deadline))
    });
    far.max_by_key(|(_, _, deadline)| deadline.unix())
}

/// Finds out how many days ahead the queue accepts deadlines, if the plans need more than the default.
/// Returns `None` if the queue does not say.
pub(super) async fn max_days(
    plans: &[&Plan],
    taskcluster: &dyn Taskcluster,
    now: Timestamp,
) -> Option<i64> {
    let Some((creation, mut definition, deadline)) = latest_deadline(plans, now) else {
        return Some(DEFAULT_DAYS);
    };
    let days = deadline.seconds_since(now) / DAY + 1;
    // Scopes and routes are checked separately.
    for name in ["routes", "scopes"] {
        definition[name] = Value::Array(Default::default());
    }
    definition["expires"] = Value::from(deadline.plus(Span::seconds(-1)).to_string());
    for _ in 0..MAX_ATTEMPTS {
        let answer = taskcluster.create_task(&creation.task_id, &definition);
        let error = match answer.await {
            Err(error) => error,
            Ok(()) => {
                // No known queue does this. The task must not block the real one.
                let _ = taskcluster.cancel_task(&creation.task_id).await;
                return None;
            }
        };
        tracing::debug!("the queue's response to the check of the maximum deadline: {error}");
        if !error.is_transient() {
            return accepted_days(&error, days);
        }
        // Reads are retried until the queue answers again.
        let id = std::slice::from_ref(&creation.task_id);
        taskcluster.statuses(id).await.ok()?;
    }
    None
}

/// Derives how many days ahead the queue accepts deadlines from its error about a deadline so many
/// days ahead.
fn accepted_days(error: &ApiError, days: i64) -> Option<i64> {
    let limit = error.message.split_once("`deadline` cannot be more than ");
    let limit = limit.and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    match error.status {
        Some(400) if error.message.contains("`expires`") => Some(days),
        Some(400) => limit,
        // Nothing can be created with these scopes anyway.
        Some(403) => Some(DEFAULT_DAYS),
        _ => None,
    }
}

/// Logs a warning that a queue may reject deadlines, if the queue does not say.
pub fn warn(plans: &[&Plan], now: Timestamp) {
    if let Some((creation, _, deadline)) = latest_deadline(plans, now) {
        tracing::warn!(
            "Deadlines are up to {} days ahead (`{}`); a queue accepts more than {DEFAULT_DAYS} days \
             only if `queue.max_task_deadline_days` of its deployment allows it",
            deadline.seconds_since(now) / DAY,
            creation.label
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_the_queue_shows_how_far_ahead_deadlines_may_be() {
        for (status, message, expected) in [
            (400, "`expires` cannot be before `deadline`", Some(20)),
            (
                400,
                "`deadline` cannot be more than 10 days into the future",
                Some(10),
            ),
            // The queue did not check the deadline, or uses different words.
            (400, "Schema Validation Failed", None),
            (400, "`deadline` cannot be more than a week ahead", None),
            (403, "Insufficient scopes", Some(5)),
            (500, "`expires`", None),
        ] {
            let error = ApiError {
                call: String::new(),
                status: Some(status),
                message: message.to_owned(),
            };
            assert_eq!(accepted_days(&error, 20), expected, "{message}");
        }
    }
}
