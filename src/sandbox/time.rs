//! Reads and writes timestamps as the services' JavaScript does.
//!
//! Requests may contain any RFC 3339 date-time; responses always have milliseconds and `Z`. Digits
//! beyond milliseconds are dropped, so different spellings of one moment compare equal.

use std::sync::Arc;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

/// Returns the current moment.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A moment in UTC and whole milliseconds.
pub(crate) type Moment = DateTime<Utc>;

/// Parses an RFC 3339 date-time and truncates it to milliseconds.
pub(crate) fn parse(text: &str) -> Option<Moment> {
    let parsed = DateTime::parse_from_rfc3339(text).ok()?;
    Some(truncate_to_millis(parsed.with_timezone(&Utc)))
}

/// Formats a moment as `2026-01-02T03:04:05.678Z`.
pub(crate) fn format(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Truncates a moment to milliseconds.
pub(crate) fn truncate_to_millis(moment: Moment) -> Moment {
    DateTime::from_timestamp_millis(moment.timestamp_millis()).unwrap_or(moment)
}

/// Adds a calendar year; 29 February becomes 1 March.
pub(crate) fn one_year_after(moment: Moment) -> Moment {
    moment
        .with_year(moment.year() + 1)
        .unwrap_or_else(|| moment + chrono::Duration::days(366))
}

/// Adds whole seconds; the moment stays as it is if the result is out of range.
pub(crate) fn plus_seconds(moment: Moment, seconds: i64) -> Moment {
    chrono::Duration::try_seconds(seconds)
        .and_then(|span| moment.checked_add_signed(span))
        .unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_beyond_milliseconds_are_dropped() {
        let short = parse("2026-01-02T03:04:05Z").unwrap();
        let long = parse("2026-01-02T03:04:05.000999+00:00").unwrap();
        assert_eq!(short, long);
        assert_eq!(format(short), "2026-01-02T03:04:05.000Z");
    }

    #[test]
    fn a_bare_date_is_refused() {
        assert_eq!(parse("2026-01-02"), None);
    }

    #[test]
    fn leap_days_move_to_march() {
        let leap = parse("2028-02-29T12:00:00Z").unwrap();
        assert_eq!(format(one_year_after(leap)), "2029-03-01T12:00:00.000Z");
    }
}
