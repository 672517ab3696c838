//! When a release is offered: at the moment that its task names, but not earlier than five minutes from now.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::base::time::{Span, Timestamp};

/// How many seconds ahead a change is scheduled at least: the update server takes none of the past.
const SOON: i64 = 5 * 60;

/// Reports a text that is not a date and time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a date and time such as `2021-09-22T18:00:00Z`")]
pub struct NoMoment(pub String);

/// Reads a moment: a date, and after `T` or a blank the time with or without seconds and a zone. Without a zone,
/// it is in UTC.
///
/// # Errors
/// If it is not one.
pub fn moment(text: &str) -> Result<Timestamp, NoMoment> {
    read(text).ok_or_else(|| NoMoment(text.to_owned()))
}

fn read(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() {
        return None;
    }
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let date = match date.len() {
        8 if date.bytes().all(|digit| digit.is_ascii_digit()) => {
            NaiveDate::parse_from_str(date, "%Y%m%d")
        }
        _ => NaiveDate::parse_from_str(date, "%Y-%m-%d"),
    }
    .ok()?;
    let Some(time) = time else {
        return Some(at(date.and_time(NaiveTime::MIN), 0));
    };
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone);
    let patterns = ["%H:%M:%S%.f", "%H:%M", "%H%M%S%.f", "%H%M"];
    let mut times = patterns
        .iter()
        .filter_map(|pattern| NaiveTime::parse_from_str(time, pattern).ok());
    Some(at(date.and_time(times.next()?), offset(zone)?))
}

/// The moment of a local time, which is so many minutes ahead of UTC.
fn at(local: NaiveDateTime, ahead: i64) -> Timestamp {
    let utc = TimeDelta::try_minutes(ahead).and_then(|ahead| local.checked_sub_signed(ahead));
    Timestamp::new(utc.unwrap_or(local).and_utc())
}

/// The minutes that a zone is ahead of UTC: `Z`, `+02:00`, `+0200`, `-02` or nothing.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes() {
        [] | [b'Z'] => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let digits = zone[1..].replacen(':', "", 1);
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// When a change happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The moment.
    pub moment: Timestamp,
    /// Why it is this one.
    pub why: Why,
}

/// Why a change happens at its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The task names it.
    Named,
    /// The task names none.
    None,
    /// What the task names is over, or less than five minutes ahead.
    Late,
}

impl When {
    /// Determines it from what the task names, which may be nothing.
    ///
    /// # Errors
    /// If what it names is not a date and time.
    pub fn new(eta: Option<&str>, now: Timestamp) -> Result<Self, NoMoment> {
        let soon = now.plus(Span::seconds(SOON));
        let eta = eta.filter(|eta| !eta.is_empty()).map(moment).transpose()?;
        let (moment, why) = match eta {
            None => (soon, Why::None),
            Some(eta) if eta < soon => (soon, Why::Late),
            Some(eta) => (eta, Why::Named),
        };
        Ok(Self { moment, why })
    }

    /// Milliseconds since 1970, of whole seconds.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        self.moment.unix().saturating_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        for (text, unix) in [
            ("2021-09-22T16:11:55Z", 1_632_327_115),
            ("2021-09-22T18:11:55+02:00", 1_632_327_115),
            ("2021-09-22 14:11:55.75-0200", 1_632_327_115),
            ("20210922T161155Z", 1_632_327_115),
            ("2021-09-22T16:11", 1_632_327_060),
            ("2021-09-22T18:11+02", 1_632_327_060),
            ("2021-09-22", 1_632_268_800),
        ] {
            assert_eq!(moment(text).map(Timestamp::unix), Ok(unix), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "soon",
            "2021-13-01",
            "2021-02-30T00:00:00Z",
            "2021-09-22T",
            "2021-09-22T25:00:00Z",
            "2021-09-22T16:11:55+0",
            "2021-09-22T16:11:55+99:00",
            "2021-09-22T16:11:55Zx",
            "1632327115",
            "2021-09-22T16:11:55+é",
            "22.09.2021",
        ] {
            assert_eq!(moment(text), Err(NoMoment(text.into())), "{text}");
        }
    }
}
