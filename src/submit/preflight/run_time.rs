//! Tasks that may run longer than until their deadline.
//!
//! The queue accepts them. A run that is still going on at the deadline ends as an exception, without
//! artifacts, however much of its time is left.

use crate::base::text::list_some;
use crate::base::time::Timestamp;
use crate::model::reference::resolve_dates;
use crate::submit::plan::{Creation, Plan, creations};

/// Logs a warning about tasks whose `max-run-time` is longer than their deadline allows, even if they
/// start at once.
pub fn warn(plans: &[&Plan], now: Timestamp) {
    let first = creations(plans).filter(|creation| creation.copy == 0);
    let found: Vec<String> = first
        .filter_map(|creation| too_long(creation, now))
        .collect();
    if !found.is_empty() {
        tracing::warn!(
            "some tasks may run past their deadline, and would then end as `deadline-exceeded`, without \
             artifacts: {}\n  help: shorten `max-run-time`, or extend `deadline-after`",
            list_some(&found)
        );
    }
}

/// A task that may run longer than until its deadline, with both times.
fn too_long(creation: &Creation, now: Timestamp) -> Option<String> {
    let seconds = creation.definition["payload"]["maxRunTime"].as_i64()?;
    let definition = resolve_dates(&creation.definition, now).ok()?;
    let date = |name: &str| Timestamp::parse(definition[name].as_str()?);
    let left = date("deadline")?.seconds_since(date("created").unwrap_or(now));
    (seconds > left).then(|| {
        format!(
            "`{}` ({seconds} s until its end, {left} s until its deadline)",
            creation.label
        )
    })
}
