//! The time by the clock of the services, from the `Date` of their responses.

use std::sync::{Mutex, PoisonError};

use reqwest::header::{DATE, HeaderMap};
use tokio::time::Instant;

use crate::base::time::{Span, Timestamp};

/// The time in the last response that had one, and when it arrived.
#[derive(Default)]
pub(super) struct ServerClock(Mutex<Option<(Timestamp, Instant)>>);

impl ServerClock {
    /// Notes the `Date` of an answer.
    ///
    /// Responses that report failures do not count: a proxy between here and the service, which may
    /// have the clock of this machine, responds with failures of its own.
    pub(super) fn note(&self, headers: &HeaderMap) {
        if let Some(date) = date(headers) {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some((date, Instant::now()));
        }
    }

    /// The time there now.
    pub(super) fn now(&self) -> Option<Timestamp> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (date, at) = last?;
        let since = i64::try_from(at.elapsed().as_secs()).ok()?;
        Some(date.plus(Span::seconds(since)))
    }
}

/// The date of an answer.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let date = chrono::DateTime::parse_from_rfc2822(date).ok()?;
    Some(Timestamp::from_unix(date.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn the_latest_date_header_is_used() {
        let clock = ServerClock::default();
        assert_eq!(clock.now(), None);
        for date in ["Sat, 28 Nov 2026 19:00:00 GMT", "never", ""] {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, HeaderValue::from_static(date));
            clock.note(&headers);
        }
        clock.note(&HeaderMap::new());
        let expected = Timestamp::parse("2026-11-28T19:00:00Z").unwrap();
        assert!(
            clock
                .now()
                .is_some_and(|now| now.seconds_since(expected) < 60)
        );
    }
}
