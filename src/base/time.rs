//! Moments as Taskcluster writes them, and spans of time as kinds write them.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use fancy_regex::Regex;
use std::sync::LazyLock;

/// A moment in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Wraps a moment.
    #[must_use]
    pub fn new(moment: DateTime<Utc>) -> Self {
        Self(moment)
    }

    /// The moment so many seconds after 1970.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH))
    }

    /// Reads `2024-01-31T12:00:00.000Z` (any number of fractional digits, or none).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(moment.with_timezone(&Utc)));
        }
        NaiveDateTime::parse_from_str(text.strip_suffix('Z')?, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()
            .map(|naive| Self(naive.and_utc()))
    }

    /// The moment `span` later; the greatest moment there is when that is past it.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(
            self.0
                .checked_add_signed(span.0)
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
        )
    }

    /// Whole seconds from `earlier` to this, cut towards zero.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_seconds()
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.timestamp()
    }

    /// The moment in chrono's terms.
    #[must_use]
    pub fn moment(self) -> DateTime<Utc> {
        self.0
    }

    /// The moment in a `strftime` pattern, in UTC.
    #[must_use]
    pub fn strftime(self, pattern: &str) -> String {
        self.0.format(pattern).to_string()
    }
}

impl fmt::Display for Timestamp {
    /// Milliseconds and `Z`, as the queue writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// A span of time written as `14 days`, `1 year`, `2h`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span(TimeDelta);

/// Explains why a text is not a time span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// It is not a number followed by a unit.
    #[error("{0:?} is not a time span; write a number and a unit, e.g. `14 days`")]
    Form(String),
    /// The number is not whole, or too large.
    #[error("the number in {0:?} is not an integer, or is too large")]
    Number(String),
    /// The unit is not known.
    #[error(
        "unknown unit {unit:?} in {text:?}; units are second, minute, hour, day, week, month, year (also plural, or s, min, h, d, w, mo, y)"
    )]
    Unit {
        /// The whole text.
        text: String,
        /// The unit in it.
        unit: String,
    },
}

impl Span {
    /// A span of whole seconds.
    #[must_use]
    pub fn seconds(seconds: i64) -> Self {
        Self(TimeDelta::try_seconds(seconds).unwrap_or(TimeDelta::MAX))
    }

    /// Reads the first number and unit in `text`, as the peer does.
    ///
    /// A month has 30 days and a year 365. The peer does not support weeks, although its comments mention them.
    ///
    /// # Errors
    /// [`SpanError`] if there is none, or if its number or unit is invalid.
    pub fn parse(text: &str) -> Result<Self, SpanError> {
        static PATTERN: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"((?:[0-9]+)?\.?[0-9]+) *([a-z]+)").ok());
        let found = PATTERN
            .as_ref()
            .and_then(|p| p.captures(text).ok().flatten());
        let Some((Some(number), Some(unit))) = found.as_ref().map(|f| (f.get(1), f.get(2))) else {
            return Err(SpanError::Form(text.to_owned()));
        };
        let seconds: i64 = match unit.as_str() {
            "seconds" | "second" | "s" => 1,
            "minutes" | "minute" | "min" => 60,
            "hours" | "hour" | "h" => 3600,
            "days" | "day" | "d" => 86_400,
            "weeks" | "week" | "w" => 7 * 86_400,
            "months" | "month" | "mo" => 30 * 86_400,
            "years" | "year" | "y" => 365 * 86_400,
            unit => {
                return Err(SpanError::Unit {
                    text: text.to_owned(),
                    unit: unit.to_owned(),
                });
            }
        };
        number
            .as_str()
            .parse::<i64>()
            .ok()
            .and_then(|n| n.checked_mul(seconds))
            .and_then(TimeDelta::try_seconds)
            .map(Self)
            .ok_or_else(|| SpanError::Number(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_has_its_length() {
        let hours = |hours: i64| Ok(Span::seconds(hours * 3600));
        for (text, span) in [
            ("7200 seconds", hours(2)),
            ("3600 s", hours(1)),
            ("120 minutes", hours(2)),
            ("60min", hours(1)),
            ("3 hours", hours(3)),
            ("1 day", hours(24)),
            ("1 week", hours(7 * 24)),
            ("1 month", hours(30 * 24)),
            ("2 mo", hours(60 * 24)),
            ("1 year", hours(365 * 24)),
        ] {
            assert_eq!(Span::parse(text), span, "{text}");
        }
    }

    #[test]
    fn spans_are_added_to_timestamps() {
        let start = Timestamp::parse("2024-02-28T23:59:59.5Z").map(|t| t.to_string());
        assert_eq!(start.as_deref(), Some("2024-02-28T23:59:59.500Z"));
        let day = Span::parse("1 day").map(|span| Timestamp::from_unix(0).plus(span).to_string());
        assert_eq!(day, Ok("1970-01-02T00:00:00.000Z".to_owned()));
        assert_eq!(Span::parse("2y"), Ok(Span::seconds(2 * 365 * 86_400)));
        assert_eq!(Span::parse("2 weeks"), Span::parse("14 days"));
        assert_eq!(Span::parse("soon"), Err(SpanError::Form("soon".to_owned())));
        assert!(matches!(Span::parse("1.5 days"), Err(SpanError::Number(_))));
        assert!(matches!(
            Span::parse("1 fortnight"),
            Err(SpanError::Unit { .. })
        ));
    }
}
