//! How far ahead deadlines may be.
//!
//! Deployments of Taskcluster differ in that (`queue.max_task_deadline_days`; 5 days where nobody has
//! set it, 90 on Firefox CI) and do not tell. So, where a plan has deadlines that not every deployment
//! takes, the queue is asked for a task with the furthest of them that expires before it. No queue
//! creates that one. It looks at the deadline first, so when it objects to `expires`, the deadline is
//! not too far ahead.

use super::{Creation, Plan, creations};
use crate::base::time::{Span, Timestamp};
use crate::base::value::Value;
use crate::model::reference::resolve_dates;
use crate::ports::taskcluster::{ApiError, Taskcluster};

/// How many days ahead every deployment takes deadlines.
const EVERYWHERE: i64 = 5;

/// How often the queue is asked while it fails.
const ASKED: usize = 5;

const DAY: i64 = 24 * 60 * 60;

/// By how much the queue lets clocks differ, in seconds.
pub const DRIFT: i64 = 15 * 60;

/// Whether a deadline is more than so many days ahead, as the queue counts them.
pub fn is_further(deadline: Timestamp, days: i64, now: Timestamp) -> bool {
    let most = days.saturating_mul(DAY).saturating_add(DRIFT);
    deadline.moment() - now.moment() > chrono::TimeDelta::seconds(most)
}

/// The task whose deadline is the furthest, of those that are further ahead than every deployment
/// takes; its dates are resolved.
fn furthest<'p>(plans: &'p [&'p Plan], now: Timestamp) -> Option<(&'p Creation, Value, Timestamp)> {
    let far = creations(plans).filter_map(|creation| {
        let definition = resolve_dates(&creation.definition, now).ok()?;
        let deadline = Timestamp::parse(definition["deadline"].as_str()?)?;
        is_further(deadline, EVERYWHERE, now).then_some((creation, definition, deadline))
    });
    far.max_by_key(|(_, _, deadline)| deadline.unix())
}

/// How many days ahead the queue takes deadlines, as far as the plans want to know; `None` where it
/// does not say.
pub async fn ask(plans: &[&Plan], taskcluster: &dyn Taskcluster, now: Timestamp) -> Option<i64> {
    let Some((creation, mut definition, deadline)) = furthest(plans, now) else {
        return Some(EVERYWHERE);
    };
    let days = deadline.seconds_since(now) / DAY + 1;
    // What these take is looked at elsewhere.
    for name in ["routes", "scopes"] {
        definition[name] = Value::Array(Default::default());
    }
    definition["expires"] = Value::from(deadline.plus(Span::seconds(-1)).to_string());
    for _ in 0..ASKED {
        let answer = taskcluster.create_task(&creation.task_id, &definition);
        let error = match answer.await {
            Err(error) => error,
            Ok(()) => {
                // This is no queue that anybody knows. The task must not stand in the way of the real
                // one.
                let _ = taskcluster.cancel_task(&creation.task_id).await;
                return None;
            }
        };
        tracing::debug!("how far ahead deadlines may be is asked for: {error}");
        if !error.is_passing() {
            return told(&error, days);
        }
        // Reading is repeated until the queue answers again.
        let id = std::slice::from_ref(&creation.task_id);
        taskcluster.statuses(id).await.ok()?;
    }
    None
}

/// How many days ahead the queue takes deadlines, told from its objection to one so many days ahead.
fn told(error: &ApiError, days: i64) -> Option<i64> {
    let limit = error.message.split_once("`deadline` cannot be more than ");
    let limit = limit.and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    match error.status {
        Some(400) if error.message.contains("`expires`") => Some(days),
        Some(400) => limit,
        // Nothing can be created with these scopes, so it does no harm to say more than needs be.
        Some(403) => Some(EVERYWHERE),
        _ => None,
    }
}

/// Says that a queue may object to deadlines, where it has not been asked.
pub fn warn(plans: &[&Plan], now: Timestamp) {
    if let Some((creation, _, deadline)) = furthest(plans, now) {
        tracing::warn!(
            "Deadlines are up to {} days ahead (`{}`); a queue takes more than {EVERYWHERE} where \
             `queue.max_task_deadline_days` of its deployment allows it",
            deadline.seconds_since(now) / DAY,
            creation.label
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_queue_objects_to_tells_how_far_ahead_deadlines_may_be() {
        for (status, message, wanted) in [
            (400, "`expires` cannot be before `deadline`", Some(20)),
            (
                400,
                "`deadline` cannot be more than 10 days into the future",
                Some(10),
            ),
            // It has not come to the deadline, or tells of it otherwise.
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
            assert_eq!(told(&error, 20), wanted, "{message}");
        }
    }
}
